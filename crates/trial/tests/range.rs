//! A cone (`kind: range`) sees what lies below the range finder's plane, and keeps the body off it; recorded, it replays to the bit.

use std::path::{Path, PathBuf};

use neuraxis_core::senses::Range;
use neuraxis_record::{Recorder, Recording};
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;
use neuraxis_trial::{PlannedScene, Trial, replay};
use tempfile::TempDir;

/// A box of 10 cm in the way, below the plane of the burger's range finder (18 cm).
const SCENE: &str = "
name: low_box
time_limit: 25
world: [{ kind: box, at: [1.5, 0], size: [0.3, 0.8, 0.1] }]
robots: [{ robot: robot.yaml, spawn: { at: [0, 0], yaw: 0 }, goal: { at: [3, 0] } }]
";
/// So near the ground, and so narrow, that it does not see the ground itself.
const SONAR: &str = "sensors:
  - { name: sonar, kind: range, link: imu_link, field_of_view: 0.3, range: [0.05, 0.5], rate: 20, noise: { std: 0.003 } }
";

/// The burger, with and without a sonar, before the box; the folder of its files.
fn planned(has_sonar: bool) -> (TempDir, PlannedScene) {
    let burger: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../robots/burger");
    let text = std::fs::read_to_string(burger.join("burger.yaml")).expect("a robot");
    let model = format!("model: {}", burger.join("burger.urdf").display());
    let text = text.replace("model: burger.urdf", &model);
    let text = if has_sonar { text.replace("sensors:\n", SONAR) } else { text };
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("robot.yaml"), text).expect("it is written");
    let scene = folder.path().join("scene.yaml");
    std::fs::write(&scene, SCENE).expect("it is written");
    let planned = PlannedScene::load(&scene, &Changes::default());
    (folder, planned.map_err(|errors| format!("{errors:?}")).expect("the scene loads"))
}

/// The hardest collision (m/s), the greatest belief in an obstacle before the first, and the last distance that the sonar told.
fn drive(mut trial: Trial) -> (f64, f64, f32) {
    let (mut obstacle, mut nearest) = (0.0_f64, f32::INFINITY);
    while !trial.is_over() {
        trial.step();
        let robot = trial.robot(0);
        if robot.score.collisions.is_empty()
            && let Some(brain) = robot.brain
        {
            obstacle = obstacle.max(brain.decision().belief.events.obstacle);
        }
        for slot in robot.percepts.slots() {
            nearest = nearest.min(slot.get::<Range>().map_or(f32::INFINITY, |cone| cone.range));
        }
    }
    let hardest = trial.robot(0).score.collisions.iter().map(|c| c.speed).fold(0.0, f64::max);
    (hardest, obstacle, nearest)
}

#[test]
fn a_low_box_is_hit_without_a_sonar_and_kept_off_with_one() {
    let (_folder, blind) = planned(false);
    let (hardest, obstacle, _) = drive(blind.trial(0, 3).expect("a trial"));
    assert!(hardest > 0.1, "the range finder looks over the box: {hardest} m/s");
    assert!(obstacle < 0.5, "nothing tells of it before: {obstacle}");
    let (_folder, seeing) = planned(true);
    let (hardest, obstacle, nearest) = drive(seeing.trial(0, 3).expect("a trial"));
    assert!(nearest < 0.4, "the sonar sees it: {nearest} m");
    assert!(hardest < 0.02, "{hardest} m/s");
    assert!(obstacle > 0.0, "{obstacle}");
}

#[test]
fn a_recorded_sonar_replays_to_the_bit() {
    let (folder, planned) = planned(true);
    let mut trial = planned.trial(0, 3).expect("a trial");
    let recorder = Recorder::start(false).expect("a recorder");
    let path = folder.path().join("trial.mcap");
    let session = SessionFiles::of(&planned).expect("its files").session(&planned, &trial, "a test");
    trial.set_observer(Box::new(recorder.open(&path, session).expect("a tap")));
    while trial.now().seconds() < 6.0 {
        trial.step();
    }
    drop(trial.take_observer());
    assert_eq!(recorder.close().len(), 1);
    let recording = Recording::open(&path).expect("it opens");
    let robot = &recording.robots[0];
    let readings = robot.ticks.iter().flat_map(|tick| &tick.senses).filter(|sense| sense.slot == 0).count();
    assert!(readings > 100, "{readings}");
    let verified = replay::verify(&recording, robot, |_, _| true).expect("it replays");
    assert!(verified.difference.is_none(), "{:?}", verified.difference);
}
