//! The burger in a physics world, driven from outside: what it commands is what it does.

mod common;

use neuraxis_core::World as _;
use neuraxis_core::body::Body as _;
use neuraxis_core::{Pose2, Reading, Twist2, math};
use neuraxis_sim::SoloBody;

use common::{OPEN, burger, root, solo, solo_of};

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
fn energy_counts_acceleration_only() {
    let mut body = solo(OPEN, 1);
    // What the electronics draw besides the motors, W.
    let idle = 4.0;
    let spent = |body: &SoloBody| {
        let energy = body.arena().truth(0).expect("a robot").energy;
        energy - idle * body.arena().now().seconds()
    };
    drive(&mut body, Twist2::new(0.2, 0.0), 1.0);
    let kinetic = 0.5 * f64::from(burger().model.mass()) * 0.2 * 0.2;
    let paid = spent(&body);
    assert!((0.9..10.0).contains(&(paid / kinetic)), "{paid} J for {kinetic} J of motion");
    drive(&mut body, Twist2::new(0.0, 0.0), 1.0);
    let braked = spent(&body) - paid;
    assert!((-1e-6..0.25 * kinetic).contains(&braked), "{braked} J for braking");
}

#[test]
fn turning_in_place_turns() {
    let mut body = solo(OPEN, 1);
    let pose = drive(&mut body, Twist2::new(0.0, 1.0), 3.0);
    assert!((pose.yaw - 3.0).abs() < 0.15, "{pose:?}");
    assert!(math::hypot(pose.x, pose.y) < 0.05, "{pose:?}");
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
    let speed = body.first_touch().expect("it touched the wall");
    assert!((speed - 0.2).abs() < 0.03, "{speed}");
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

/// The burger's body with its file changed.
fn burger_with(from: &str, to: &str) -> SoloBody {
    let path = root().join("robots/burger");
    let read = |name: &str| std::fs::read_to_string(path.join(name)).expect("it is read");
    let robot = read("burger.yaml");
    assert!(robot.contains(from), "{from}");
    let robot = robot.replace(from, to);
    let robot = robot.split("\nbrain:").next().expect("body").to_owned() + "\nbrain: null\n";
    solo_of(&robot, ("burger.urdf", &read("burger.urdf")), OPEN, 1)
}

#[test]
fn weak_motors_take_their_time() {
    let way = |torque: &str| {
        let mut body = burger_with(
            "wheel_right_joint }\nlimits",
            &format!("wheel_right_joint, torque: {torque} }}\nlimits"),
        );
        drive(&mut body, Twist2::new(0.22, 0.0), 0.6).x
    };
    // Two wheels of 33 mm with 2 mN·m more on each move 1 kg faster by 0.12 m/s², whatever the caster takes.
    let gained = way("0.004") - way("0.002");
    let wanted = 0.5 * (2.0 * 0.002 / 0.033 / 1.002) * 0.6 * 0.6;
    assert!((gained / wanted - 1.0).abs() < 0.1, "{gained} m, not {wanted} m");
}

#[test]
fn wheel_odometry_overestimates_on_a_slippery_floor() {
    let ice = OPEN.replace("world:", "friction: 0.01\nworld:");
    let mut body = solo(&ice, 1);
    let truth = drive(&mut body, Twist2::new(0.22, 0.0), 1.0);
    let percepts = body.arena().robots()[0].percepts();
    match percepts.slots()[percepts.find("odom").expect("slot")].reading() {
        Some(Reading::Odometry(odometry)) => {
            assert!(odometry.pose.x > 0.18 && truth.x < 0.1, "{odometry:?} {truth:?}");
        }
        other => panic!("odometry, not {other:?}"),
    }
}

#[test]
fn every_sense_has_its_own_rate_and_delay() {
    let mut body = burger_with("rate: 10, noise", "rate: 10, transport: { delay: 0.12 }, noise");
    drive(&mut body, Twist2::default(), 2.0);
    let mut percepts = body.description().percepts();
    body.sense(&mut percepts).expect("senses");
    let count = |name: &str| percepts.slots()[percepts.find(name).expect("slot")].sequence();
    // From 0 to 2 s, both ends counted; the last two scans are still under way.
    assert_eq!((count("imu"), count("odom"), count("scan"), count("battery")), (401, 101, 19, 3));
    let scan = &percepts.slots()[percepts.find("scan").expect("slot")];
    let age = scan.age(percepts.now).expect("a scan");
    assert!((0.12..0.22).contains(&age), "{age}");
}
