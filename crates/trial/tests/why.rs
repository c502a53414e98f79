//! What `why` says is so: at random ticks, taking the named cause away changes what it is said to cause, and
//! taking another away does not.

use std::path::Path;

use neuraxis_core::Decision;
use neuraxis_core::file::Override;
use neuraxis_core::reasons::{MotionMode, SpeedLimit};
use neuraxis_record::{Recorder, Recording};
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;
use neuraxis_trial::replay::{self, ReplayError};
use neuraxis_trial::{PlannedScene, why};

fn record(scene: &str, seed: u64, scene_settings: &[&str]) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes").join(scene);
    let scene_overrides = scene_settings.iter().map(|s| s.parse().expect("a setting")).collect();
    let changes = Changes { scene_overrides, ..Changes::default() };
    let planned =
        PlannedScene::load(&path, &changes).map_err(|errors| format!("{errors:?}")).expect("it loads");
    let mut trial = planned.trial(0, seed).expect("a trial");
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("it.mcap");
    let recorder = Recorder::start(false).expect("a recorder");
    let session = SessionFiles::of(&planned).expect("its files").session(&planned, &trial, "a test");
    trial.set_observer(Box::new(recorder.open(&target, session).expect("a tap")));
    trial.run();
    drop(trial.take_observer());
    assert!(recorder.close().iter().all(|finished| finished.error.is_none()));
    Recording::open(&target).expect("it opens")
}

/// What a brain with other settings would have thought at each tick, on the same senses.
fn thoughts(recording: &Recording, settings: &[&str]) -> Vec<Decision> {
    let settings: Vec<Override> = settings.iter().map(|s| s.parse().expect("a setting")).collect();
    let mut all = Vec::new();
    replay::follow(recording, &recording.robots[0], &settings, |decision| {
        all.push(decision.clone());
        true
    })
    .expect("it thinks");
    all
}

/// Random ticks, the same at each run of the test.
fn ticks(count: usize, below: usize) -> Vec<usize> {
    let mut state = 7_u64;
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % below
        })
        .collect()
}

#[test]
fn the_named_limit_of_speed_is_the_one_whose_absence_shows() {
    let recording = record("rooms.yaml", 5, &["time_limit=60"]);
    let count = recording.robots[0].ticks.len();
    // Without the margin there is more room; with a lower cruising speed, less speed where nothing else limits it.
    let roomy = thoughts(&recording, &["brain.cognition.local.margin=0.0"]);
    let slow = thoughts(&recording, &["brain.cognition.local.cruise=0.98"]);
    let awake = thoughts(&recording, &["brain.settle=0"]);
    let mut seen = [0; 4];
    for tick in ticks(50, count) {
        let said =
            why::explain(&recording, &recording.robots[0], Some(tick as f64 * 0.01)).expect("a reason");
        assert_eq!((said.tick, said.difference), (tick, None));
        let (top, room, cruise) =
            (said.decision.reasons.motion.top, roomy[tick].reasons.motion.top, slow[tick].reasons.motion.top);
        match (said.decision.reasons.motion.mode, said.decision.reasons.motion.limit) {
            (MotionMode::Follow, SpeedLimit::Room) => {
                seen[0] += 1;
                assert!(
                    room > top * 1.001 || said.decision.reasons.motion.gap < 0.05,
                    "tick {tick}: {top} and {room}"
                );
            }
            (MotionMode::Follow, SpeedLimit::Cruise) => {
                seen[1] += 1;
                assert!((room - top).abs() < 1e-9, "tick {tick}: room has no say, {top} and {room}");
                assert!((cruise - 0.98 * top).abs() < 1e-9, "tick {tick}: {top} and {cruise}");
            }
            (MotionMode::Follow, SpeedLimit::Braking) => {
                seen[2] += 1;
                assert!((room - top).abs() < 1e-9, "tick {tick}: room has no say, {top} and {room}");
            }
            (MotionMode::Settle, _) => {
                seen[3] += 1;
                assert_ne!(awake[tick].reasons.motion.mode, MotionMode::Settle, "tick {tick}");
            }
            _ => {}
        }
    }
    assert!(seen[0] > 3 && seen[1] > 3 && seen[3] > 0, "{seen:?}");
}

#[test]
fn the_named_silence_is_the_one_that_stops() {
    let fault = "faults=[{ sensor: scan, kind: silent, from: 4, until: 6 }]";
    let recording = record("umaze.yaml", 3, &["time_limit=9", fault]);
    let robot = &recording.robots[0];
    let patient = thoughts(&recording, &["sensors.scan.deadline=30"]);
    let silent = why::explain(&recording, robot, Some(5.2)).expect("a reason");
    assert_eq!(silent.stop.as_deref(), Some("`scan` is silent"));
    assert_eq!(patient[silent.tick].safety.stop, None, "with a longer deadline it would have gone on");
    let deaf = replay::follow(
        &recording,
        robot,
        &["sensors.scan.noise.std=0.5".parse().expect("a setting")],
        |_| true,
    );
    assert!(deaf.is_err_and(|e| e.to_string().contains("`scan`")), "noise is in the senses already");
    let before = why::explain(&recording, robot, Some(3.9)).expect("a reason");
    assert_eq!(before.stop, None);
}

#[test]
fn the_chosen_way_is_the_cheapest_and_the_chosen_arc_the_best() {
    let recording = record("rooms.yaml", 5, &["time_limit=30"]);
    for tick in ticks(50, recording.robots[0].ticks.len()) {
        let said =
            why::explain(&recording, &recording.robots[0], Some(tick as f64 * 0.01)).expect("a reason");
        let choices = &said.decision.reasons.plan.choices[..said.decision.reasons.plan.count];
        assert!(choices.is_sorted_by(|a, b| a.cost <= b.cost), "{choices:?}");
        if said.decision.reasons.plan.is_complete
            && said.decision.reasons.plan.has_way
            && said.decision.reasons.plan.cost > 0.3
        {
            assert!(
                (choices[0].cost - said.decision.reasons.plan.cost).abs() < 1e-9,
                "tick {tick}: {:?}",
                said.decision.reasons.plan
            );
        }
        if said.decision.reasons.motion.mode == MotionMode::Follow {
            assert!(said.decision.reasons.motion.chosen.score >= said.decision.reasons.motion.rival.score);
            assert!(said.decision.reasons.motion.refused < said.decision.reasons.motion.tried);
            assert!(said.decision.reasons.motion.chosen.speed <= said.decision.reasons.motion.top + 1e-12);
        }
    }
}

#[test]
fn a_time_outside_is_refused() {
    let recording = record("umaze.yaml", 3, &["time_limit=2"]);
    for time in [2.5, -1.0, f64::NAN] {
        let error = why::explain(&recording, &recording.robots[0], Some(time)).expect_err("outside");
        assert!(matches!(error, ReplayError::Outside { .. }), "{error}");
    }
}
