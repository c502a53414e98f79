//! One brain, other bodies: the navigation block of wheels takes a worm through water, and a circuit of one's own moves it too.

use std::fs;
use std::path::{Path, PathBuf};

use neuraxis_record::{Recorder, Recording};
use neuraxis_scenario::book::Files;
use neuraxis_scenario::plan::Changes;
use neuraxis_scenario::{PlannedScene, TrialResult, replay};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root")
}

fn planned(path: &Path, changes: &Changes) -> PlannedScene {
    PlannedScene::load(path, changes).map_err(|errors| format!("{errors:?}")).expect("it loads")
}

#[test]
fn a_worm_swims_round_a_wall_with_the_navigation_of_wheels() {
    let scene = planned(&root().join("scenes/pool.yaml"), &Changes::default());
    let mut arena = scene.arena(0, 3).expect("an arena");
    while !arena.is_over() {
        arena.step();
    }
    let result = TrialResult::of(&arena).remove(0);
    assert_eq!((result.outcome.as_str(), result.touches), ("reached", 0), "{result:?}");
    assert!(result.time < 300.0, "{} s", result.time);
    // Without the circuit's turns it swims straight on, whatever the navigation wants.
    let straight = "brain.motor.turn=false".parse().expect("a setting");
    let changes = Changes { robot_overrides: vec![straight], ..Changes::default() };
    let scene = planned(&root().join("scenes/pool.yaml"), &changes);
    let mut arena = scene.arena(0, 3).expect("an arena");
    while !arena.is_over() {
        arena.step();
    }
    assert_ne!(TrialResult::of(&arena)[0].outcome, "reached");
}

#[test]
fn a_circuit_of_ones_own_moves_a_body_and_stands_in_the_recording() {
    let folder = tempfile::tempdir().expect("a folder");
    let swimmer = root().join("robots/swimmer");
    fs::copy(swimmer.join("swimmer6.xml"), folder.path().join("swimmer6.xml")).expect("a model");
    let robot = fs::read_to_string(swimmer.join("swimmer6.yaml")).expect("a robot");
    let own =
        robot.replace("{ circuit: swimmer }", "{ circuit: wired, file: circuits/swing.yaml, scale: 5e-4 }");
    assert_ne!(robot, own);
    fs::write(folder.path().join("robot.yaml"), &own).expect("a robot");
    fs::create_dir(folder.path().join("circuits")).expect("a folder");
    let swing = "name: swing\nstep: 0.03\nunits:\n  - { kind: square, name: left, period: 0.9 }\n  \
                 - { kind: linear, name: both }\nsynapses:\n  - { from: left, to: both, weight: 1 }\noutputs:\n  \
                 - { name: joint_0, from: [{ unit: both }] }\n";
    fs::write(folder.path().join("circuits/swing.yaml"), swing).expect("a circuit");
    let scene = folder.path().join("scene.yaml");
    fs::write(
        &scene,
        "name: pond\nmedium: { density: 3000 }\nphysics: { timestep: 0.005, iterations: 1 }\nworld:\n  \
         - { kind: cylinder, at: [9, 9], radius: 0.1 }\nrobots:\n  \
         - { robot: robot.yaml, spawn: { at: [0, 0], yaw: 0 }, goal: { at: [5, 0] } }\ntime_limit: 3\n",
    )
    .expect("a scene");
    let scene = planned(&scene, &Changes::default());
    let mut arena = scene.arena(0, 1).expect("an arena");
    let recorder = Recorder::start(false).expect("a recorder");
    let session = Files::of(&scene).expect("its files").session(&scene, &arena, "a test");
    let target = folder.path().join("pond.mcap");
    arena.set_observer(Box::new(recorder.open(&target, session).expect("a tap")));
    while !arena.is_over() {
        arena.step();
    }
    let bent = arena.robots()[0].joint(0).expect("a joint").0;
    assert!(bent.abs() > 0.01, "the circuit bends the head: {bent} rad");
    drop(arena.take_observer());
    assert_eq!(recorder.close()[0].error, None);
    fs::remove_dir_all(folder.path().join("circuits")).expect("the recording has it");
    let recording = Recording::open(&target).expect("it opens");
    let verified = replay::verify(&recording, &recording.robots[0], |_, _| true).expect("it replays");
    assert!(verified.difference.is_none(), "{:?}", verified.difference);
    // Without the file the robot is told of, with the place.
    let errors =
        PlannedScene::load(&folder.path().join("scene.yaml"), &Changes::default()).expect_err("no file");
    let text = format!("{errors:?}");
    assert!(text.contains("swing.yaml"), "{text}");
}
