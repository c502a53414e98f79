//! A sense that falls silent or talks nonsense stops the body; when it is back, the body goes on.

use std::path::Path;

use neuraxis_core::StopReason;
use neuraxis_core::file::{self, Override};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_trial::plan::Changes;
use neuraxis_trial::{Outcome, PlannedScene, Trial};

const FROM: f64 = 8.0;
const UNTIL: f64 = 11.0;

fn trial(sensor: &str, kind: &str) -> Trial {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/umaze.yaml");
    let faults: Override =
        format!("faults=[{{ sensor: {sensor}, kind: {kind}, from: {FROM}, until: {UNTIL} }}]")
            .parse()
            .expect("set");
    assert!(file::load::<SceneSpec>(&path, std::slice::from_ref(&faults)).is_ok());
    let changes = Changes { scene_overrides: vec![faults], ..Changes::default() };
    let scene = PlannedScene::load(&path, &changes).map_err(|e| format!("{e:?}")).expect("the scene loads");
    scene.trial(0, 1).expect("a trial")
}

/// When the body was first held after the fault began, for what, and how the trial ended.
fn watch(sensor: &str, kind: &str) -> (f64, Option<StopReason>, Option<Outcome>) {
    let mut trial = trial(sensor, kind);
    let mut held = (f64::INFINITY, None);
    while !trial.is_over() {
        trial.step();
        let now = trial.now().seconds();
        let stop = trial.robot(0).brain.and_then(|brain| brain.decision().safety.stop);
        if now > FROM && stop.is_some() && held.1.is_none() {
            held = (now, stop);
        }
        if (FROM + 1.5..UNTIL).contains(&now) {
            assert!(stop.is_some(), "{sensor} {kind}: driving at {now} s");
        }
    }
    (held.0, held.1, trial.robot(0).score.outcome.clone())
}

#[test]
fn a_silent_lidar_stops_the_body_at_its_deadline() {
    let (when, why, outcome) = watch("scan", "silent");
    assert!(matches!(why, Some(StopReason::SenseSilent(_))), "{why:?}");
    // The last sweep came up to 0.1 s before the fault; the deadline is 0.5 s; a tick is 0.01 s.
    assert!((FROM + 0.39..FROM + 0.52).contains(&when), "{when}");
    assert_eq!(outcome, Some(Outcome::Reached), "it goes on when the sense is back");
}

#[test]
fn silent_wheels_stop_the_body_at_their_deadline() {
    let (when, why, outcome) = watch("odom", "silent");
    assert!(matches!(why, Some(StopReason::SenseSilent(_))), "{why:?}");
    assert!((FROM + 0.07..FROM + 0.13).contains(&when), "{when}");
    assert_eq!(outcome, Some(Outcome::Reached));
}

#[test]
fn nonsense_stops_the_body_at_once() {
    let (when, why, outcome) = watch("odom", "not_a_number");
    assert!(matches!(why, Some(StopReason::SenseInvalid(_))), "{why:?}");
    assert!(when < FROM + 0.04, "{when}");
    assert_eq!(outcome, Some(Outcome::Reached));
}
