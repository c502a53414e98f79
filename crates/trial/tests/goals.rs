//! Goals one after the other: reached, explored and returned from, judged by the truth, and replayed to the bit.

use std::fs;
use std::path::{Path, PathBuf};

use neuraxis_record::{Recorder, Recording};
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;
use neuraxis_trial::{OutcomeKind, PlannedScene, Trial, TrialResult, replay};
use tempfile::TempDir;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root")
}

/// A room of 3 m by 2 m, and a robot in it with these goals.
fn room(folder: &TempDir, robot: &str, goals: &str) -> PathBuf {
    let path = folder.path().join("room.yaml");
    let robot = root().join("robots").join(robot);
    let text = format!(
        "name: room\ndescription: A room.\nworld:\n\
         - {{ kind: wall, from: [0, 0], to: [3, 0] }}\n- {{ kind: wall, from: [3, 0], to: [3, 2] }}\n\
         - {{ kind: wall, from: [3, 2], to: [0, 2] }}\n- {{ kind: wall, from: [0, 2], to: [0, 0] }}\n\
         robots:\n- robot: {}\n  spawn: {{ at: [0.6, 0.7], yaw: 0 }}\n  tolerance: 0.2\n  goals:\n{goals}time_limit: 600\n",
        robot.display()
    );
    fs::write(&path, text).expect("a scene");
    path
}

fn planned(path: &Path) -> PlannedScene {
    PlannedScene::load(path, &Changes::default()).map_err(|errors| format!("{errors:?}")).expect("it loads")
}

fn run(trial: &mut Trial) -> TrialResult {
    trial.run();
    TrialResult::of(trial).remove(0)
}

#[test]
fn goals_are_reached_in_order_and_replayed_to_the_bit() {
    let folder = tempfile::tempdir().expect("a folder");
    let goals = "  - { kind: reach, at: [2.3, 1.3] }\n  - { kind: return, to: start }\n  - { kind: return, to: previous }\n";
    let scene = planned(&room(&folder, "burger/burger.yaml", goals));
    let mut trial = scene.trial(0, 5).expect("a trial");
    let recorder = Recorder::start(false).expect("a recorder");
    let session = SessionFiles::of(&scene).expect("its files").session(&scene, &trial, "a test");
    let target = folder.path().join("room.mcap");
    trial.set_observer(Box::new(recorder.open(&target, session).expect("a tap")));
    let result = run(&mut trial);
    drop(trial.take_observer());
    assert_eq!(recorder.close()[0].error, None);
    assert_eq!((result.outcome, result.explored), (OutcomeKind::Reached, None));
    // There, back, and there again: less the tolerance each time.
    let once = (1.7_f64 * 1.7 + 0.6 * 0.6).sqrt();
    assert!((result.shortest - (3.0 * once - 0.2)).abs() < 0.05, "{} m at best", result.shortest);
    assert!(result.path_length > 2.4 * once, "{} m", result.path_length);
    let end = trial.robot(0).sim.pose().translation;
    assert!(
        neuraxis_core::math::hypot(end.x - 2.3, end.y - 1.3) < 0.45,
        "it ends where it was before its last goal: {end}"
    );
    let recording = Recording::open(&target).expect("it opens");
    let verified = replay::verify(&recording, &recording.robots[0], |_, _| true).expect("it replays");
    assert!(verified.difference.is_none(), "{:?}", verified.difference);
}

#[test]
fn a_room_is_explored_by_touch_and_what_was_not_seen_is_a_mistake() {
    let folder = tempfile::tempdir().expect("a folder");
    let goals = "  - { kind: explore, radius: 0.75 }\n  - { kind: return, to: start }\n";
    let scene = planned(&room(&folder, "feeler/feeler.yaml", goals));
    let mut trial = scene.trial(0, 5).expect("a trial");
    let result = run(&mut trial);
    assert_eq!(result.outcome, OutcomeKind::Reached, "{:?}", result.explored);
    assert!(result.explored >= Some(0.95) && result.spl == 1.0, "{result:?}");
    assert!(result.path_length > 3.0, "it went round: {} m", result.path_length);
    // Who is content with less than was asked for is told.
    let mut lazy = scene.trial(0, 5).expect("a trial");
    let task = lazy.scorer_mut().task_mut(0);
    task.coverage = Some(neuraxis_sim::scene::coverage::Coverage::new(
        &neuraxis_sim::scene::route::FreeSpace::new(&[], [-9.0, -9.0], [9.0, 9.0], 0.1, 0.2),
        [0.6, 0.7],
        0.75,
    ));
    assert_eq!(run(&mut lazy).outcome, OutcomeKind::Mistaken);
}

#[test]
fn a_scene_that_asks_a_planner_to_explore_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = room(&folder, "burger/burger.yaml", "  - { kind: explore, radius: 0.75 }\n");
    let errors = PlannedScene::load(&path, &Changes::default()).expect_err("it cannot");
    let text = format!("{errors:?}");
    assert!(text.contains("cannot explore"), "{text}");
    let path = room(&folder, "feeler/feeler.yaml", "  - { kind: wander }\n");
    let errors = PlannedScene::load(&path, &Changes::default()).expect_err("there is no such goal");
    let text = format!("{errors:?}");
    assert!(text.contains("explore") && text.contains("return"), "{text}");
}
