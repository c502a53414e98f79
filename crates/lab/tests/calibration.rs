//! How bodies answer the drive: measured, written into robot files, and used.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use neuraxis_brain::RobotFile;
use neuraxis_core::calibration::{Calibration, Inverse};
use neuraxis_core::{Drive, Twist2, file};
use neuraxis_lab::motor::calibrate::{ResponseRig, block, insert};
use neuraxis_trial::plan::PlannedRobot;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the root")
}

fn robot(name: &str) -> PlannedRobot {
    let path = root().join("robots").join(name);
    PlannedRobot::load(&path, &[]).map_err(|error| error.to_string()).expect("it loads")
}

fn tank(name: &str) -> ResponseRig {
    ResponseRig::new(&robot(name)).expect("it fits")
}

fn measured(name: &str, points: usize) -> Calibration {
    tank(name).measure(points, 0, 2, &AtomicBool::new(false)).expect("it was measured")
}

#[test]
fn wheels_do_what_the_drive_says() {
    let map = measured("burger/burger.yaml", 3);
    let limits = robot("burger/burger.yaml").model.description.limits.clone();
    for (i, speed) in map.speed.iter().enumerate() {
        for (j, turn) in map.turn.iter().enumerate() {
            let (v, w) = (map.linear[i][j], map.angular[i][j]);
            assert!((v - speed * limits.linear).abs() < 0.03 * limits.linear, "{speed} {turn}: {v} m/s");
            assert!((w - turn * limits.angular).abs() < 0.03 * limits.angular, "{speed} {turn}: {w} rad/s");
        }
    }
    // So its inverse changes next to nothing.
    let inverse = Inverse::new(&map);
    for (speed, turn) in [(0.8, 0.3), (-0.4, -0.6), (0.0, 0.5), (0.5, 0.0)] {
        let drive = inverse.drive(&Twist2::new(speed * limits.linear, turn * limits.angular));
        assert!((drive.speed - speed).abs() < 0.03 && (drive.turn - turn).abs() < 0.03, "{drive:?}");
    }
}

#[test]
fn a_worms_turn_saturates_and_a_car_cannot_turn_on_the_spot() {
    let eel = tank("swimmer/eel.yaml");
    let turn = |turn| eel.motion(&Drive::new(1.0, turn), 0).expect("it swims");
    let (half, most, beyond) = (turn(0.5), turn(0.75), turn(1.0));
    assert!(most.angular > 1.2 * half.angular, "{half:?} {most:?}");
    assert!((beyond.angular - most.angular).abs() < 0.05 * most.angular, "{most:?} {beyond:?}");
    assert!(most.linear < 0.85 * half.linear, "who turns hard is slow: {half:?} {most:?}");

    let car = tank("car/car.yaml").motion(&Drive::new(0.0, 1.0), 0).expect("it drives");
    assert!(car.linear > 0.05 && car.angular > 0.1, "it creeps round: {car:?}");
}

#[test]
fn with_its_map_a_worm_swims_as_fast_as_it_is_asked_to() {
    let (eel, map) = (tank("swimmer/eel.yaml"), measured("swimmer/eel.yaml", 9));
    let inverse = Inverse::new(&map);
    let limits = robot("swimmer/eel.yaml").model.description.limits.clone();
    // Its share of the limits falls short: a worm's speed is not in proportion to its drive. (Turning at low speeds is too rough
    // for a grid as coarse as this: it is not judged.)
    let miss = |asked: &Drive, wanted: &Twist2| {
        let found = eel.motion(asked, 0).expect("it swims");
        (found.linear - wanted.linear).abs() / limits.linear
    };
    let (mut plain, mut calibrated) = (0.0, 0.0);
    for speed in [0.35, 0.5, 0.65] {
        let wanted = Twist2::new(speed * limits.linear, 0.0);
        plain += miss(&Drive::new(speed, 0.0), &wanted);
        calibrated += miss(&inverse.drive(&wanted), &wanted);
    }
    assert!(calibrated < 0.5 * plain, "{calibrated} with its map, {plain} without");
}

#[test]
fn the_block_goes_into_the_file_and_comes_back() {
    let path = root().join("robots/burger/burger.yaml");
    let text = file::read(&path).expect("a robot");
    let grid = vec![-1.0, 0.0, 1.0];
    let map = |scale: f64| Calibration {
        speed: grid.clone(),
        turn: grid.clone(),
        linear: grid.iter().map(|s| vec![scale * s; 3]).collect(),
        angular: vec![grid.clone(); 3],
    };
    let load =
        |text: &str| file::parse::<RobotFile>(&path, text.to_owned(), &[]).map_err(|error| error.to_string());
    let once = insert(&text, &block(&map(0.2)));
    assert!(once.starts_with(&text), "nothing else changes");
    assert_eq!(load(&once).expect("it loads").value.calibration, Some(map(0.2)));
    // Once more, with something after it: only the block is another.
    let followed = once + "# The end.\n";
    let twice = insert(&followed, &block(&map(0.3)));
    assert_eq!(load(&twice).expect("it loads").value.calibration, Some(map(0.3)));
    assert_eq!(twice, insert(&text, &block(&map(0.3))) + "# The end.\n");

    // What is wrong is said, with its place.
    for (from, to, message) in [
        ("turn: [-1, 0, 1]", "turn: [-1, 1, 0]", "0 does not lie above 1"),
        ("turn: [-1, 0, 1]", "turn: [-1, 1]", "3 numbers for 2 turns"),
        ("    - [0, 0, 0]\n", "", "2 rows for 3 speeds"),
        ("[0.3, 0.3, 0.3]", "[0.3, .nan, 0.3]", ""),
        ("[0.3, 0.3, 0.3]", "[0.3, 1e9, 0.3]", "1000000000 is no motion of a body"),
    ] {
        let wrong = twice.replacen(from, to, 1);
        assert_ne!(wrong, twice, "{from}");
        let error = load(&wrong).expect_err("it is wrong");
        assert!(error.contains(message) && error.contains("burger.yaml:"), "{error}");
    }
}
