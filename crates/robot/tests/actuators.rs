//! A robot's file and its URDF give every actuator its limits and its stop, or are refused with what to do.

use std::path::PathBuf;

use neuraxis_core::file;
use neuraxis_core::robot::Robot;
use neuraxis_core::{Interface, StopBehaviour};
use neuraxis_robot::Fitted;

fn robots() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../robots")
}

/// The robot `name` of ours with `from` in its file replaced by `to`, and whatever its brain's block says.
fn fitted(name: &str, from: &str, to: &str) -> Result<Fitted, String> {
    let path = robots().join(name);
    let text = file::read(&path).map_err(|e| e.to_string())?;
    assert!(text.contains(from), "{name} has no `{from}`");
    let text = text.replacen(from, to, 1);
    let body = text.split("\nbrain:").next().unwrap_or_default().to_owned() + "\nbrain: null\n";
    let loaded = file::parse::<Robot<()>>(&path, body, &[]).map_err(|e| e.to_string())?;
    Fitted::new(&loaded).map_err(|e| e.to_string())
}

#[test]
fn legs_have_the_range_and_the_limits_of_their_joints_and_stop_as_the_file_says() {
    let body = fitted("quadruped/quadruped.yaml", "name:", "name:").expect("it fits").description;
    assert_eq!(body.interface(), Some(Interface::Position));
    let calf = body.actuators.iter().find(|actuator| actuator.joint == "FL_calf_joint").expect("a calf");
    let [low, high] = calf.limits.position.expect("a range");
    assert!((low + 2.7).abs() < 1e-6 && (high + 0.92).abs() < 1e-6, "{low} {high}");
    assert_eq!((calf.limits.velocity, calf.limits.effort), (Some(21.0), Some(33.5)));
    assert_eq!((calf.stop, calf.start), (StopBehaviour::Relax, -1.6));
    assert!(body.mobility.turns_on_spot);
}

#[test]
fn a_car_is_two_wheels_with_speeds_and_two_that_steer_by_position_and_cannot_turn_on_the_spot() {
    let body = fitted("car/car.yaml", "name:", "name:").expect("it fits").description;
    let interfaces: Vec<Interface> = body.actuators.iter().map(|actuator| actuator.interface).collect();
    let (velocity, position) = (Interface::Velocity, Interface::Position);
    assert_eq!(interfaces, [velocity, velocity, position, position]);
    assert_eq!(body.interface(), None);
    assert_eq!(body.actuators[0].stop, StopBehaviour::Brake);
    assert_eq!(body.actuators[2].stop, StopBehaviour::Hold);
    assert!(!body.mobility.turns_on_spot && body.mobility.min_turning_radius > 0.5, "{:?}", body.mobility);
    let steering = body.ackermann.expect("steering");
    assert_eq!(body.mobility.curvature(), steering.curvature());
}

#[test]
fn a_stop_that_the_interface_cannot_do_is_refused_at_its_place() {
    let why = fitted("quadruped/quadruped.yaml", "stop: relax", "stop: brake").expect_err("refused");
    assert!(why.contains("commanded by position cannot brake"), "{why}");
    let actuators = "kind: differential_drive, ";
    let why = fitted("burger/burger.yaml", actuators, "kind: differential_drive, stop: hold, ")
        .expect_err("refused");
    assert!(why.contains("cannot hold a position"), "{why}");
}

#[test]
fn limits_beyond_those_of_the_model_are_refused() {
    let wide = "stop: relax\n  limits: { position: [-9, 9] }";
    let why = fitted("quadruped/quadruped.yaml", "stop: relax", wide).expect_err("refused");
    assert!(why.contains("in the model, and no further"), "{why}");
    let fast = "stop: relax\n  limits: { velocity: 50 }";
    let why = fitted("quadruped/quadruped.yaml", "stop: relax", fast).expect_err("refused");
    assert!(why.contains("has a limit of 21 in the model"), "{why}");
    let slow = "stop: relax\n  limits: { velocity: 5 }";
    let body = fitted("quadruped/quadruped.yaml", "stop: relax", slow).expect("it fits").description;
    assert!(body.actuators.iter().all(|actuator| actuator.limits.velocity == Some(5.0)));
}

#[test]
fn a_joint_that_is_commanded_by_position_and_has_no_limits_is_refused_with_what_to_do() {
    let wheels = "kind: joint_position, joints: [wheel_left_joint], kp: 1, kd: 1 } # ";
    let why = fitted("burger/burger.yaml", "kind: differential_drive, ", wheels).expect_err("refused");
    assert!(why.contains("`wheel_left_joint` is commanded by position and has no range"), "{why}");
}
