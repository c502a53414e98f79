//! The burger in a physics world, driven from outside: what it commands is what it does.

mod common;

use neuraxis_core::body::Body as _;
use neuraxis_core::{Pose2, Reading, Twist2, ops};
use neuraxis_sim::SoloBody;

use common::{OPEN, burger, solo};

/// Drives with a constant twist for `seconds`; the true pose then.
fn drive(body: &mut SoloBody, twist: Twist2, seconds: f64) -> Pose2 {
    let drive = body.description().drive.expect("wheels");
    let (left, right) = drive.wheels(&twist);
    let mut percepts = body.description().percepts();
    let mut command = body.description().command();
    for _ in 0..(seconds * 100.0) as usize {
        body.sense(&mut percepts).expect("senses");
        command.values.copy_from_slice(&[left, right]);
        command.stamp = percepts.now;
        body.act(&command).expect("acts");
    }
    Pose2::from_spatial(&body.arena().robots()[0].pose())
}

#[test]
fn the_measures_are_taken_from_the_model() {
    let robot = burger();
    let drive = robot.description.drive.expect("wheels");
    assert!((drive.wheel_radius - 0.033).abs() < 1e-6);
    assert!((drive.track - 0.160).abs() < 1e-6);
    assert!((robot.model.mass() - 1.002).abs() < 1e-4, "{}", robot.model.mass());
    assert_eq!(robot.model.links.len(), 3, "fixed links are merged");
    assert!((0.09..0.14).contains(&robot.description.radius), "{}", robot.description.radius);
    let scan = &robot.description.sensors[0];
    assert!(
        (scan.mount.translation.x + 0.032).abs() < 1e-6 && (scan.mount.translation.z - 0.172).abs() < 1e-6
    );
}

#[test]
fn straight_ahead_is_straight() {
    let pose = drive(&mut solo(OPEN, 1), Twist2::new(0.2, 0.0), 10.0);
    assert!((pose.x - 2.0).abs() < 0.04, "{pose:?}");
    assert!(pose.y.abs() < 0.03, "{pose:?}");
}

#[test]
fn turning_in_place_turns() {
    let mut body = solo(OPEN, 1);
    let pose = drive(&mut body, Twist2::new(0.0, 1.0), 3.0);
    assert!((pose.yaw - 3.0).abs() < 0.15, "{pose:?}");
    assert!(ops::hypot(pose.x, pose.y) < 0.05, "{pose:?}");
}

#[test]
fn senses_agree_with_the_truth() {
    let scene = "
name: box
world: [{ kind: box, at: [1.0, 0.0], size: [0.2, 2.0, 0.5] }]
robots: [{ robot: burger.yaml, spawn: { at: [0, 0], yaw: 0 }, goal: { at: [5, 0] } }]
";
    let mut body = solo(scene, 3);
    drive(&mut body, Twist2::default(), 0.5);
    let mut percepts = body.description().percepts();
    body.sense(&mut percepts).expect("senses");
    let slot =
        |name: &str| percepts.slots()[percepts.find(name).expect("slot")].reading().expect("reading").clone();
    let Reading::Scan(scan) = slot("scan") else { panic!("a scan") };
    // The lidar sits 32 mm behind the middle; the box's face is at 0.9 m.
    assert!((scan.ranges[0] - 0.932).abs() < 0.05, "{}", scan.ranges[0]);
    assert!(scan.ranges[180].is_infinite() || scan.ranges[180].is_nan());
    let Reading::Imu(imu) = slot("imu") else { panic!("an imu") };
    assert!((imu.linear_acceleration.z - 9.81).abs() < 0.3, "{}", imu.linear_acceleration);
    let Reading::Odometry(odometry) = slot("odom") else { panic!("odometry") };
    assert!(odometry.pose.x.abs() < 0.01, "{odometry:?}");

    let truth = drive(&mut body, Twist2::new(0.2, 0.3), 2.0);
    body.sense(&mut percepts).expect("senses");
    let slot =
        |name: &str| percepts.slots()[percepts.find(name).expect("slot")].reading().expect("reading").clone();
    let Reading::Odometry(odometry) = slot("odom") else { panic!("odometry") };
    assert!(odometry.pose.distance(&truth) < 0.04, "{odometry:?} {truth:?}");
    assert!((odometry.twist.linear - 0.2).abs() < 0.03);
    let Reading::Imu(imu) = slot("imu") else { panic!("an imu") };
    assert!((imu.angular_velocity.z - 0.3).abs() < 0.08, "{}", imu.angular_velocity);
}

#[test]
fn a_wall_is_a_collision_with_the_speed_of_the_impact() {
    let scene = "
name: wall
world: [{ kind: box, at: [1.0, 0.0], size: [0.2, 2.0, 0.5] }]
robots: [{ robot: burger.yaml, spawn: { at: [0, 0], yaw: 0 }, goal: { at: [5, 0] } }]
";
    let mut body = solo(scene, 3);
    drive(&mut body, Twist2::new(0.2, 0.0), 8.0);
    let score = &body.arena().robots()[0].score;
    assert!(!score.collisions.is_empty());
    assert!((score.collisions[0].speed - 0.2).abs() < 0.03, "{:?}", score.collisions);
    let mut percepts = body.description().percepts();
    body.sense(&mut percepts).expect("senses");
    let bumper = percepts.slots()[percepts.find("bumper").expect("slot")].reading();
    assert!(matches!(bumper, Some(Reading::Contact(c)) if c.touching && c.bearing.abs() < 0.5), "{bumper:?}");
}

#[test]
fn wheels_roll_without_sinking_in() {
    let mut body = solo(OPEN, 1);
    drive(&mut body, Twist2::new(0.2, 0.0), 1.0);
    let turns = |body: &SoloBody| {
        let percepts = body.arena().robots()[0].percepts();
        match percepts.slots()[percepts.find("joints").expect("slot")].reading() {
            Some(Reading::Joints(joints)) => 0.5 * (joints.position[0] + joints.position[1]),
            other => panic!("joints, not {other:?}"),
        }
    };
    let (a, x) = (turns(&body), body.arena().robots()[0].pose().translation.x);
    drive(&mut body, Twist2::new(0.2, 0.0), 8.0);
    let rolled = (turns(&body) - a) * 0.033;
    let gone = body.arena().robots()[0].pose().translation.x - x;
    assert!((rolled / gone - 1.0).abs() < 0.005, "the wheels rolled {rolled} m, the body went {gone} m");
}
