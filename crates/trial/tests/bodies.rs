//! One brain, other bodies: the navigation block of wheels takes a worm through water, and a circuit of one's own moves it too.

use std::fs;
use std::path::{Path, PathBuf};

use neuraxis_core::world::World as _;
use neuraxis_core::{Drive, Pose2, file, math};
use neuraxis_record::{Recorder, Recording};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::{Arena, Scene};
use neuraxis_trial::plan::{Changes, PlannedRobot};
use neuraxis_trial::recording_header::SessionFiles;
use neuraxis_trial::{OutcomeKind, PlannedScene, TrialResult, replay};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root")
}

fn planned(path: &Path, changes: &Changes) -> PlannedScene {
    PlannedScene::load(path, changes).map_err(|errors| format!("{errors:?}")).expect("it loads")
}

#[test]
fn a_swimmer_navigates_with_the_brain_block_of_wheels() {
    let scene = planned(&root().join("scenes/pool.yaml"), &Changes::default());
    let mut trial = scene.trial(0, 3).expect("a trial");
    trial.run();
    let result = TrialResult::of(&trial).remove(0);
    assert_eq!((result.outcome, result.touches), (OutcomeKind::Reached, 0), "{result:?}");
    assert!(result.time < 300.0, "{} s", result.time);
    // Without the circuit's turns it swims straight on, whatever the navigation wants.
    let straight = "brain.motor.turn=false".parse().expect("a setting");
    let changes = Changes { robot_overrides: vec![straight], ..Changes::default() };
    let scene = planned(&root().join("scenes/pool.yaml"), &changes);
    let mut trial = scene.trial(0, 3).expect("a trial");
    trial.run();
    assert_ne!(TrialResult::of(&trial)[0].outcome, OutcomeKind::Reached);
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
    let mut trial = scene.trial(0, 1).expect("a trial");
    let recorder = Recorder::start(false).expect("a recorder");
    let session = SessionFiles::of(&scene).expect("its files").session(&scene, &trial, "a test");
    let target = folder.path().join("pond.mcap");
    trial.set_observer(Box::new(recorder.open(&target, session).expect("a tap")));
    trial.run();
    let bent = trial.robot(0).sim.joint(0).expect("a joint").0;
    assert!(bent.abs() > 0.01, "the circuit bends the head: {bent} rad");
    drop(trial.take_observer());
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

#[test]
fn a_car_navigates_with_the_brain_block_of_wheels() {
    let car = root().join("robots/car/car.yaml");
    let scene =
        planned(&root().join("scenes/corridor.yaml"), &Changes { robot: Some(car), ..Changes::default() });
    let mut trial = scene.trial(0, 3).expect("a trial");
    trial.run();
    let result = TrialResult::of(&trial).remove(0);
    assert_eq!((result.outcome, result.touches), (OutcomeKind::Reached, 0), "{result:?}");
}

/// What a drive made of a body: its mean forward speed (m/s) and how far it turned (rad) in the last part, and whether it stands.
struct Moved {
    speed: f64,
    turned: f64,
    stands: bool,
}

/// The body of a robot file is given one drive for `seconds`; the second half is looked at.
fn moved(robot: &str, world: &str, drive: Drive, seconds: f64) -> Moved {
    let path = root().join("robots").join(robot);
    let robot = PlannedRobot::load(&path, &[]).map_err(|error| error.to_string()).expect("it loads");
    let text = format!(
        "name: open\nworld: []\nrobots: [{{ robot: it.yaml, spawn: {{ at: [0, 0], yaw: 0 }}, goal: {{ at: [50, 0] }} }}]\n\
         time_limit: 1000\n{world}"
    );
    let loaded = file::parse::<SceneSpec>(Path::new("open.yaml"), text, &[]).map_err(|e| e.to_string());
    let scene = Scene::load(&loaded.expect("it loads")).expect("a scene");
    let layout = scene.layout(1, &[robot.model.size()]).expect("a layout");
    let mut arena = Arena::new(1, &scene.spec, layout, vec![robot.model.clone()]);
    let motor = &robot.file.value.brain.motor;
    let mut circuit = neuraxis_motor::build(motor, &robot.model.description).expect("it fits");
    let body = &robot.model.description;
    let (mut percepts, mut command) = (body.percepts(), body.command());
    let period = 1.0 / robot.file.value.brain.rate;
    let (mut next, mut yaw, mut half) = (0.0, 0.0, None);
    // It stands or rolls for a moment before it is asked to rest.
    let is_rest = drive == Drive::REST;
    while arena.now().seconds() < seconds {
        let now = arena.now().seconds();
        arena.sense(0, &mut percepts).expect("it senses");
        if now >= next - 1e-9 {
            next += period;
            let asked = if is_rest && now < 0.25 * seconds { Drive::new(0.5, 0.0) } else { drive };
            circuit.step(&asked, &percepts, period, &mut command);
            arena.act(0, &command).expect("it acts");
        }
        arena.advance().expect("time goes on");
        let here = Pose2::from_spatial(&arena.robots()[0].pose());
        yaw += math::wrap(here.yaw - yaw);
        if half.is_none() && now >= 0.5 * seconds {
            half = Some((here, yaw, now));
        }
    }
    let (from, from_yaw, since) = half.expect("half of the time");
    let end = Pose2::from_spatial(&arena.robots()[0].pose());
    let (s, c) = math::sin_cos(0.5 * (from_yaw + yaw));
    let way = (end.x - from.x) * c + (end.y - from.y) * s;
    let up = arena.robots()[0].pose().rotation * nalgebra::Vector3::z();
    Moved { speed: way / (seconds - since), turned: yaw - from_yaw, stands: up.z > 0.8 }
}

/// The waist holds: wheels, a car, a worm and legs take the same drives, and each does what they say.
#[test]
fn the_same_drives_move_all_kinds_of_body() {
    let water = "physics: { timestep: 0.005, iterations: 1 }\nmedium: { density: 3000 }\n";
    // A period of the worm's circuit is 1.8 s; the least speed of each is some tenth of what it can.
    for (robot, world, seconds, least) in [
        ("burger/burger.yaml", "", 4.0, 0.08),
        ("car/car.yaml", "", 4.0, 0.2),
        ("swimmer/eel.yaml", water, 28.8, 0.015),
        ("quadruped/quadruped.yaml", "", 12.0, 0.2),
    ] {
        let forward = moved(robot, world, Drive::new(0.5, 0.0), seconds);
        assert!(forward.stands && forward.speed > least, "{robot}: {} m/s", forward.speed);
        assert!(forward.turned.abs() < 0.35, "{robot} goes straight on: {} rad", forward.turned);
        let rest = moved(robot, world, Drive::REST, seconds);
        assert!(rest.stands && rest.speed.abs() < 0.2 * forward.speed, "{robot} rests: {} m/s", rest.speed);
        // Water lets a worm drift for long.
        let drift = rest.turned.abs() / (0.5 * seconds);
        assert!(drift < 0.03, "{robot} rests: {drift} rad/s");
        let left = moved(robot, world, Drive::new(0.5, 0.5), seconds);
        let right = moved(robot, world, Drive::new(0.5, -0.5), seconds);
        assert!(left.turned > 0.2 && right.turned < -0.2, "{robot}: {} and {}", left.turned, right.turned);
        assert!(left.speed > 0.0 && right.speed > 0.0, "{robot} goes on: {} {}", left.speed, right.speed);
    }
}
