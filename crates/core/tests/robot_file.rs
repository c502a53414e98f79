//! A robot file is read whole: every problem at once, each with its line, column and nearest name.

use std::path::Path;

use neuraxis_core::file::{self, Loaded, Override};
use neuraxis_core::robot::{Actuators, Robot};
use neuraxis_core::senses::{LidarSpec, Sensor};

const GOOD: &str = "\
name: burger
model: burger.urdf
sensors:
  - { name: scan, kind: lidar, link: base_scan, beams: 360, range: [0.12, 3.5], rate: 10, noise: { std: 0.01 } }
  - { name: imu, kind: imu, link: imu_link, rate: 200 }
  - { name: odom, kind: wheel_odometry, left: wheel_left_joint, right: wheel_right_joint, rate: 50 }
actuators: { kind: differential_drive, left: wheel_left_joint, right: wheel_right_joint }
limits: { linear: 0.22, angular: 2.84 }
brain: null
";

fn load(text: &str, overrides: &[&str]) -> Result<Loaded<Robot<()>>, String> {
    let overrides: Vec<Override> = overrides.iter().map(|o| o.parse().expect("override")).collect();
    file::parse(Path::new("burger.yaml"), text.to_owned(), &overrides).map_err(|e| e.to_string())
}

#[test]
fn a_good_file_loads() {
    let robot = load(GOOD, &[]).expect("good").value;
    assert_eq!(robot.actuators.joints(), ["wheel_left_joint", "wheel_right_joint"]);
    assert!(
        matches!(&robot.sensors[0], Sensor::Lidar(LidarSpec { beams: 360, noise, .. }) if noise.std == 0.01)
    );
    assert_eq!(robot.sensors[0].deadline(), Some(0.5), "five periods by default");
    assert_eq!(robot.sensors[1].deadline(), None);
    assert!(matches!(robot.actuators, Actuators::DifferentialDrive { torque: None, .. }));
}

#[test]
fn all_problems_come_in_one_pass() {
    let bad = GOOD
        .replace("beams: 360", "beans: 360")
        .replace("kind: imu", "kind: imo")
        .replace("rate: 50", "rate: -50")
        .replace("linear: 0.22, ", "")
        .replace("name: burger\n", "name: [burger]\n");
    insta::assert_snapshot!(load(&bad, &[]).expect_err("bad"));
}

#[test]
fn what_no_schema_can_say_is_said_too() {
    let bad = GOOD.replace("name: imu,", "name: scan,").replace("[0.12, 3.5]", "[3.5, 0.12]");
    insta::assert_snapshot!(load(&bad, &[]).expect_err("bad"));
}

#[test]
fn overrides_reach_into_mappings_and_lists_by_name() {
    let robot =
        load(GOOD, &["limits.linear=0.1", "sensors.scan.noise.std=0.5", "sensors.2.rate=20"]).expect("good");
    assert_eq!(robot.value.limits.linear, 0.1);
    assert!(matches!(&robot.value.sensors[0], Sensor::Lidar(LidarSpec { noise, .. }) if noise.std == 0.5));
    assert_eq!(robot.value.sensors[2].rate(), 20.0);
}

#[test]
fn a_wrong_override_says_so() {
    insta::assert_snapshot!(load(GOOD, &["limits.linaer=0.1"]).expect_err("bad"));
    insta::assert_snapshot!(load(GOOD, &["sensors.scam.rate=1"]).expect_err("bad"));
    insta::assert_snapshot!(load(GOOD, &["limits.linear=fast"]).expect_err("bad"));
}

#[test]
fn text_that_is_not_yaml_is_placed() {
    insta::assert_snapshot!(load("name: burger\nsensors: [\n", &[]).expect_err("bad"));
    insta::assert_snapshot!(load("", &[]).expect_err("bad"));
    insta::assert_snapshot!(load("name: a\nname: b\n", &[]).expect_err("bad").lines().last().expect("line"));
}

proptest::proptest! {
    /// Whatever stands in a file, reading it ends in a value or in an error, never in a panic.
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(0_u8..=255, 0..400)) {
        let _ = load(&String::from_utf8_lossy(&bytes), &[]);
    }

    #[test]
    fn a_mutated_file_never_panics(at in 0..GOOD.len(), with in "[\\PC\n]{0,6}", cut in 0..8_usize) {
        let mut text = GOOD.to_owned();
        text.replace_range(at..(at + cut).min(GOOD.len()), &with);
        let _ = load(&text, &[]);
    }
}
