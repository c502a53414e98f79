//! Legs find their way with the brain of wheels.

use std::path::{Path, PathBuf};

use neuraxis_brain::RobotFile;
use neuraxis_core::file;
use neuraxis_trial::plan::Changes;
use neuraxis_trial::{OutcomeKind, PlannedScene, TrialResult};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn trial(scene: &str, seed: u64) -> TrialResult {
    let path = root().join("scenes/legs").join(scene);
    let scene =
        PlannedScene::load(&path, &Changes::default()).map_err(|e| format!("{e:?}")).expect("it loads");
    let mut trial = scene.trial(0, seed).expect("a trial");
    trial.run();
    TrialResult::of(&trial).remove(0)
}

#[test]
fn legs_navigate_with_the_brain_block_of_wheels() {
    let brain = |name: &str| {
        let path = root().join("robots").join(name);
        file::load::<RobotFile>(&path, &[]).map_err(|e| e.to_string()).expect("it loads").value.brain
    };
    assert_eq!(brain("quadruped/navigating.yaml").cognition, brain("burger/burger.yaml").cognition);
}

#[test]
fn legs_reach_a_goal_on_level_ground_and_know_where_they_are() {
    for seed in 0..2 {
        let row = trial("flat.yaml", seed);
        assert_eq!(row.outcome, OutcomeKind::Reached, "seed {seed}");
        assert!(row.worst_error < 0.1, "seed {seed}: off by {} m", row.worst_error);
        assert_eq!(row.touches, 0, "seed {seed}");
    }
}

#[test]
fn legs_turn_through_a_maze_over_bumps_and_up_a_slope() {
    for scene in ["umaze.yaml", "bumps.yaml", "slope.yaml"] {
        for seed in 0..2 {
            let row = trial(scene, seed);
            assert_eq!(row.outcome, OutcomeKind::Reached, "{scene}, seed {seed}");
            assert_eq!(row.touches, 0, "{scene}, seed {seed}");
        }
    }
}
