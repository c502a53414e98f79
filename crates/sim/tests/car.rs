//! The car in a physics world, driven from outside: wheels roll, steering steers, a stop holds both.

mod common;

use neuraxis_core::body::Body as _;
use neuraxis_core::{Pose2, Reading, StopReason, Twist2, math};
use neuraxis_sim::SoloBody;

use common::{OPEN, place, robot, root, solo_of};

fn car() -> SoloBody {
    place(robot("car/car.yaml"), OPEN, 1)
}

fn pose(body: &SoloBody) -> Pose2 {
    Pose2::from_spatial(&body.arena().robots()[0].pose())
}

/// Where the odometry says that it is.
fn told(body: &SoloBody) -> Pose2 {
    let percepts = body.arena().robots()[0].percepts();
    let reading = percepts.slots()[percepts.find("odom").expect("odometry")].reading();
    let told = if let Some(Reading::Odometry(told)) = reading { Some(told.pose) } else { None };
    told.expect("odometry")
}

/// Drives at `speed` (m/s) along a curve (1/m) for `seconds`, and is stopped if `stop` says so.
fn drive(body: &mut SoloBody, speed: f64, curvature: f64, seconds: f64, stop: Option<StopReason>) {
    let description = body.description().clone();
    let (wheels, steering) = (description.drive.expect("wheels"), description.ackermann.expect("steering"));
    let (mut percepts, mut command) = (description.percepts(), description.command());
    let (left, right) = wheels.wheels(&Twist2::new(speed, speed * curvature));
    let (first, second) = steering.angles(curvature);
    for _ in 0..(seconds * 100.0) as usize {
        body.sense(&mut percepts).expect("senses");
        command.values.copy_from_slice(&[left, right, first, second]);
        command.stop = stop;
        body.act(&command).expect("acts");
    }
}

/// Where a joint is, rad, and how fast it turns, rad/s.
fn joint(body: &SoloBody, name: &str) -> (f64, f64) {
    let robot = &body.arena().robots()[0];
    robot.joint(robot.model.model.joint(name).expect("a joint")).expect("a state")
}

neuraxis_testing::body_laws!(simulated_car, car);

#[test]
fn the_measures_are_taken_from_the_model() {
    let description = car().description().clone();
    let (wheels, steering) = (description.drive.expect("wheels"), description.ackermann.expect("steering"));
    assert!((wheels.wheel_radius - 0.05).abs() < 1e-6 && (wheels.track - 0.24).abs() < 1e-6, "{wheels:?}");
    assert!(
        (steering.wheelbase - 0.3).abs() < 1e-6 && (steering.kingpins - 0.24).abs() < 1e-6,
        "{steering:?}"
    );
    assert!((steering.angle - 0.6).abs() < 1e-6);
}

#[test]
fn a_car_drives_the_curvature_of_its_steering() {
    for (speed, curvature) in [(0.5, 1.0), (0.5, -1.0), (-0.3, 1.2), (0.5, 0.0)] {
        let mut body = car();
        drive(&mut body, speed, curvature, 1.0, None);
        let (from, told_from) = (pose(&body), told(&body));
        drive(&mut body, speed, curvature, 2.0, None);
        let (to, told_to) = (pose(&body), told(&body));
        let turned = math::wrap(to.yaw - from.yaw) / 2.0;
        assert!((turned - speed * curvature).abs() < 0.05, "{speed} {curvature}: {turned} rad/s");
        // The odometry of the rear axle tells the same way, but for its errors and a little slip of broad wheels.
        let (way, told) = (from.inverse().compose(&to), told_from.inverse().compose(&told_to));
        let off = math::hypot(told.x - way.x, told.y - way.y);
        assert!(off < 0.08, "{speed} {curvature}: {told:?} instead of {way:?}");
    }
}

#[test]
fn a_stop_holds_the_wheels_and_keeps_the_steering() {
    let mut body = car();
    drive(&mut body, 0.5, 1.2, 1.5, None);
    let before = joint(&body, "steering_left_joint").0;
    assert!(before > 0.3, "{before} rad");
    drive(&mut body, 0.5, -1.2, 1.5, Some(StopReason::EmergencyStop));
    let after = joint(&body, "steering_left_joint").0;
    assert!((after - before).abs() < 0.05, "{after} rad after {before}");
    assert!(body.arena().robots()[0].forward_speed().abs() < 0.01);
    assert!(joint(&body, "wheel_left_joint").1.abs() < 0.2);
}

/// The car with the frame of its root link, `chassis`, moved by `x` and `z` (m), in a room with a box to look at.
fn with_its_root_at(x: f64, z: f64) -> SoloBody {
    let folder = root().join("robots/car");
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).expect(name);
    let mut urdf = text("car.urdf");
    // All that is written in the root's frame: its inertia, its shape, and the joint to `base_link`.
    for (written, at) in [
        ("-0.0019615 0 -0.0071923", [-0.001_961_5, -0.007_192_3]),
        ("0.005 0 0.005", [0.005, 0.005]),
        ("-0.150 0 -0.020", [-0.150, -0.020]),
    ] {
        let from = format!("<origin xyz=\"{written}\"/>");
        assert_eq!(urdf.matches(&from).count(), 1, "{from}");
        urdf = urdf.replace(&from, &format!("<origin xyz=\"{} 0 {}\"/>", at[0] - x, at[1] - z));
    }
    let robot = text("car.yaml").split("\nbrain:").next().expect("body").to_owned() + "\nbrain: null\n";
    let scene = OPEN.replace("world: []", "world: [{ kind: box, at: [2, 0.8], size: [0.4, 0.4, 0.5] }]");
    solo_of(&robot, ("car.urdf", &urdf), &scene, 1)
}

#[test]
fn driving_and_sensing_do_not_depend_on_the_roots_frame() {
    let ranges = |body: &SoloBody| {
        let percepts = body.arena().robots()[0].percepts();
        let reading = percepts.slots()[percepts.find("scan").expect("a scan")].reading();
        let scan = if let Some(Reading::Scan(scan)) = reading { Some(scan.ranges.clone()) } else { None };
        scan.expect("a scan")
    };
    let mut wanted = with_its_root_at(0.0, 0.0);
    drive(&mut wanted, 0.5, 1.0, 2.0, None);
    for (x, z) in [(0.08, 0.0), (-0.15, -0.02), (0.0, 0.1)] {
        let mut body = with_its_root_at(x, z);
        drive(&mut body, 0.5, 1.0, 2.0, None);
        let off = pose(&wanted).inverse().compose(&pose(&body));
        assert!(off.x.abs() < 0.004 && off.y.abs() < 0.004 && off.yaw.abs() < 0.01, "{x} {z}: {off:?}");
        // All but the beams that pass an edge see the same box at the same distance.
        let (seen, as_seen) = (ranges(&body), ranges(&wanted));
        let both = seen.iter().zip(&as_seen).filter(|(a, b)| a.is_finite() && b.is_finite());
        let same = both.filter(|(a, b)| (*a - *b).abs() < 0.02).count();
        let all = as_seen.iter().filter(|range| range.is_finite()).count();
        assert!(all >= 15 && same + 4 >= all, "{x} {z}: {same} of {all} beams");
    }
}
