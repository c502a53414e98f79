//! A beacon is seen and heard in the simulator: weak senses help one another, walls hide, and an idle body turns to it.

use std::path::Path;

use neuraxis_brain::RobotBrain;
use neuraxis_core::{Body as _, Brain as _, Pose2, math};
use neuraxis_sim::{Arena, SoloBody};
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::Changes;

/// What a run of some seconds showed: mean response of the detector and root mean square error of the bearing (rad) over
/// the last five, the same before the beacon was there, and the direction in which the beacon lies at the end, rad.
struct Seen {
    before: f64,
    response: f64,
    bearing: f64,
    ahead: f64,
}

fn watch(scene_settings: &[&str], robot_settings: &[&str]) -> Seen {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benchmarks/fusion/beacon.yaml");
    let parse = |settings: &[&str]| settings.iter().map(|s| s.parse().expect("a setting")).collect();
    let changes = Changes {
        scene_overrides: parse(scene_settings),
        robot_overrides: parse(robot_settings),
        ..Changes::default()
    };
    let scene =
        PlannedScene::load(&path, &changes).map_err(|errors| format!("{errors:?}")).expect("it loads");
    let robot = &scene.robots[0];
    let layout = scene.layout(3).expect("layout");
    let start = layout.assignments[0].start;
    // It has no goal: it stands there.
    let mut brain = RobotBrain::new(&robot.file.value.brain, &robot.model.description, start).expect("brain");
    let mut body = SoloBody::new(Arena::new(3, &scene.scene.spec, layout, vec![robot.model.clone()]), 100.0)
        .expect("body");
    let (mut percepts, mut command) = (body.description().percepts(), body.description().command());
    let [x, y, _] = scene.scene.spec.beacons[0].at;
    let mut seen = Seen { before: 0.0, response: 0.0, bearing: 0.0, ahead: 0.0 };
    for tick in 0..1500 {
        body.sense(&mut percepts).expect("senses");
        brain.tick(&percepts, &mut command);
        let events = brain.decision().belief.events;
        let truth = Pose2::from_spatial(&body.arena().robots()[0].pose());
        seen.ahead = math::wrap(math::atan2(y - truth.y, x - truth.x) - truth.yaw);
        if (100..500).contains(&tick) {
            seen.before += events.beacon / 400.0;
        }
        if tick >= 1000 {
            seen.response += events.beacon / 500.0;
            let off = math::wrap(events.beacon_bearing - seen.ahead);
            seen.bearing += off * off / 500.0;
        }
        body.act(&command).expect("acts");
    }
    seen.bearing = seen.bearing.sqrt();
    seen
}

#[test]
fn an_idle_body_turns_to_what_it_hears_behind_it_and_another_does_not() {
    let turned = watch(&[], &[]);
    assert!(turned.before < 0.05, "nothing was there: {}", turned.before);
    assert!(turned.response > 0.9 && turned.bearing < 0.15, "{} {}", turned.response, turned.bearing);
    assert!(turned.ahead.abs() < 0.2, "the beacon lies {} rad off its nose", turned.ahead);
    let stays = watch(&[], &["brain.orienting=false"]);
    assert!(stays.ahead.abs() > 2.5, "it is asked not to turn, and it did: {}", stays.ahead);
}

#[test]
fn weak_camera_and_microphones_together_detect_what_neither_does_alone() {
    let ahead = "beacons=[{ at: [1.5, 0.2, 0.2], strength: 0.55, from: 5 }]";
    let still = "brain.orienting=false";
    let deaf = "faults=[{ sensor: ears, kind: silent, from: 0 }]";
    let blind = "faults=[{ sensor: eye, kind: silent, from: 0 }]";
    let strong = "beacons=[{ at: [1.5, 0.2, 0.2], strength: 3, from: 5 }]";
    let enhancement = |beacon: &str| {
        let (both, eye, ears) =
            (watch(&[beacon], &[still]), watch(&[beacon, deaf], &[still]), watch(&[beacon, blind], &[still]));
        (both.response / eye.response.max(ears.response) - 1.0, both.response)
    };
    let (weak, response) = enhancement(ahead);
    let (least, certain) = enhancement(strong);
    assert!(weak > 0.3 && weak > 5.0 * least.abs(), "weak {weak} ({response}), strong {least} ({certain})");
    assert!(certain > 0.99);
}

#[test]
fn a_wall_hides_a_beacon_from_the_eye_and_muffles_it() {
    let hidden = "beacons=[{ at: [-2.4, -1.4, 0.2], strength: 4, from: 5 }]";
    let facing = "robots.0.spawn.yaw=3.5";
    let still = "brain.orienting=false";
    let blind = "faults=[{ sensor: eye, kind: silent, from: 0 }]";
    let deaf = "faults=[{ sensor: ears, kind: silent, from: 0 }]";
    let eye = watch(&[hidden, facing, deaf], &[still]);
    let ears = watch(&[hidden, facing, blind], &[still]);
    assert!(eye.response < 0.05, "the eye sees through the wall: {}", eye.response);
    assert!(ears.response > 0.5, "the ears hear round it: {}", ears.response);
}
