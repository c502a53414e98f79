//! The bench of navigators: it reaches, it learns, and it is the same on one thread and on two.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use neuraxis_lab::bench::navigation::{
    self, CONTENDERS, ContenderRobot, NavigationBench, NavigationBenchConfig,
};
use neuraxis_lab::bench::navigation_table::{maze_rows, measures};
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::{Changes, PlannedRobot};

fn bench(maze: &str, jobs: usize) -> NavigationBench {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let robot: PathBuf = root.join("robots/feeler/feeler.yaml");
    let changes = Changes { robot: Some(robot.clone()), ..Changes::default() };
    let maze = PlannedScene::load(&root.join("benchmarks/navigation").join(maze), &changes).expect("a maze");
    let robot = PlannedRobot::load(&robot, &[]).expect("a robot");
    let contenders = [ContenderRobot { navigator: CONTENDERS[0], robot }];
    let config = NavigationBenchConfig { pairs: 2, seed: 3, jobs, budget: 60.0 };
    let stop = AtomicBool::new(false);
    navigation::run(&[maze], &contenders, &config, &stop, &|_, _, _, _| {})
        .expect("set up")
        .expect("not stopped")
}

#[test]
fn the_bench_reaches_learns_and_is_deterministic() {
    let one = bench("umaze.yaml", 1);
    let ours: Vec<_> = one.pairs.iter().flat_map(|pair| &pair.lives).collect();
    assert_eq!(ours.len(), 2);
    for life in &ours {
        assert!(life.drives().all(navigation::Drive::is_good), "{life:?}");
        assert!(
            life.drives().all(|drive| drive.ratio() > 0.97),
            "no way is shorter than the optimum: {life:?}"
        );
        let [first, .., last] = &life.trials[..] else { panic!("five trials") };
        assert!(last.ratio() < first.ratio().max(1.3) + 0.1, "{life:?}");
        assert!(life.trials[1].ratio() < 4.0, "{life:?}");
    }
    assert_eq!(measures(&one)[0].mean.value, 1.0);
    assert_eq!(maze_rows(&one)[0].success, [10, 10], "a maze with one way has no wall to close");
    assert_eq!(one, bench("umaze.yaml", 2));
}
