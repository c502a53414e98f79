//! Bodies of any actuators, and commands that are nonsense: no value leaves its limits, and a stop moves no joint.

use nalgebra::Isometry3;
use neuraxis_brain::safety::{SafetySpec, Supervisor, SupervisorError};
use neuraxis_core::StopReason;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::kinematics::{Ackermann, DifferentialDrive};
use neuraxis_core::robot::Limits;
use neuraxis_core::senses::{JointNoise, JointStateSpec, Sensor, Transport};
use neuraxis_core::{
    Actuator, Belief, Interface, JointLimits, Mobility, Pose2, Reading, Stamp, StopBehaviour, Twist2,
};
use proptest::prelude::*;

/// What drives the body besides its joints.
#[derive(Clone, Copy, Debug)]
enum Base {
    None,
    Wheels,
    Car,
}

const ANGLE: f64 = 0.6;
const STEERING_SPEED: f64 = 8.0;

fn body(base: Base, joints: Vec<Actuator>, is_felt: bool) -> BodyDescription {
    let ackermann = Ackermann { wheelbase: 0.3, kingpins: 0.2, angle: ANGLE };
    let mut actuators = match base {
        Base::None => Vec::new(),
        _ => Actuator::all(["l", "r"], Interface::Velocity, JointLimits::default()),
    };
    if matches!(base, Base::Car) {
        let limits = JointLimits {
            position: Some([-ANGLE, ANGLE]),
            velocity: Some(STEERING_SPEED),
            ..JointLimits::default()
        };
        actuators.extend(Actuator::all(["first", "second"], Interface::Position, limits));
    }
    actuators.extend(joints);
    let sensor = Sensor::JointState(JointStateSpec {
        name: "joints".to_owned(),
        joints: None,
        rate: 100.0,
        noise: JointNoise::default(),
        transport: Transport::default(),
        deadline: None,
    });
    let names = actuators.iter().map(|actuator| actuator.joint.clone()).collect();
    let sense = SensorDescription { sensor, mount: Isometry3::identity(), joints: names, limb: None };
    BodyDescription {
        name: "any".to_owned(),
        sensors: if is_felt { vec![sense] } else { Vec::new() },
        actuators,
        mobility: Mobility::default(),
        drive: (!matches!(base, Base::None)).then_some(DifferentialDrive { wheel_radius: 0.05, track: 0.3 }),
        ackermann: matches!(base, Base::Car).then_some(ackermann),
        radius: 0.2,
        limits: Limits { linear: 0.5, angular: 1.0, linear_acceleration: 1.0, angular_acceleration: 2.0 },
        other_actuators: 0,
        calibration: None,
    }
}

fn joint() -> impl Strategy<Value = Actuator> {
    let interface =
        prop_oneof![Just(Interface::Position), Just(Interface::Velocity), Just(Interface::Effort)];
    let numbers = (-3.0..0.5_f64, 0.0..4.0_f64, 0.01..30.0_f64, 0.01..200.0_f64, 0.1..100.0_f64);
    (interface, numbers, any::<bool>(), any::<bool>()).prop_map(
        |(interface, (low, width, velocity, effort, acceleration), relaxes, ramps)| {
            let limits = JointLimits {
                position: Some([low, low + width]),
                velocity: Some(velocity),
                effort: Some(effort),
                acceleration: ramps.then_some(acceleration),
            };
            let stop = if relaxes { StopBehaviour::Relax } else { interface.default_stop() };
            Actuator { stop, start: low, ..Actuator::new("j", interface).limited(limits) }
        },
    )
}

/// A number as a broken circuit commands it.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        6 => -5.0..5.0_f64,
        2 => -1e3..1e3_f64,
        1 => Just(f64::NAN),
        1 => prop_oneof![Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(f64::MAX), Just(f64::MIN)],
        1 => any::<f64>(),
    ]
}

#[derive(Clone, Debug)]
struct Tick {
    ms: u64,
    values: Vec<f64>,
    /// Where the joints are, as a share of their range; a sense that says nothing if none.
    felt: Option<f64>,
    is_pressed: bool,
    has_wrong_length: bool,
}

fn tick() -> impl Strategy<Value = Tick> {
    (
        0..40_u64,
        prop_oneof![4 => proptest::collection::vec(-5.0..5.0_f64, 8), 1 => proptest::collection::vec(number(), 8)],
        proptest::option::weighted(0.8, prop_oneof![9 => 0.0..1.0_f64, 1 => Just(f64::NAN)]),
        proptest::bool::weighted(0.1),
        proptest::bool::weighted(0.05),
    )
        .prop_map(|(ms, values, felt, is_pressed, has_wrong_length)| Tick {
            ms,
            values,
            felt,
            is_pressed,
            has_wrong_length,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_command_to_any_body_leaves_its_limits_and_no_stop_moves_a_joint(
        base in prop_oneof![Just(Base::None), Just(Base::Wheels), Just(Base::Car)],
        joints in proptest::collection::vec(joint(), 0..4),
        is_felt in any::<bool>(),
        ticks in proptest::collection::vec(tick(), 1..40),
    ) {
        let joints: Vec<Actuator> =
            joints.into_iter().enumerate().map(|(i, a)| Actuator { joint: format!("j{i}"), ..a }).collect();
        let body = body(base, joints, is_felt);
        let mut supervisor = Supervisor::new(&SafetySpec::default(), &body).expect("it has limits");
        let (mut percepts, mut command) = (body.percepts(), body.command());
        let belief = Belief::at(Pose2::default(), Vec::new());
        let wheels = if matches!(base, Base::None) { 0 } else { 2 };
        let (mut now, mut last, mut measured) = (0, None::<(u64, Vec<f64>)>, None::<(u64, Vec<f64>)>);
        let mut turned = 0.0;
        for tick in ticks {
            now += tick.ms * 1_000_000;
            percepts.now = Stamp(now);
            if let (Some(share), true) = (tick.felt, is_felt) {
                let at = |a: &Actuator| {
                    let [low, high] = a.limits.position.unwrap_or([-1.0, 1.0]);
                    low + share * (high - low)
                };
                let positions: Vec<f64> = body.actuators.iter().map(at).collect();
                percepts.slots_mut()[0].put(Stamp(now), |reading| {
                    if let Reading::Joints(joints) = reading {
                        joints.position.copy_from_slice(&positions);
                    }
                });
                measured = Some((now, positions));
            }
            command.values.clear();
            command.values.extend(tick.values.iter().take(body.actuators.len()));
            if tick.has_wrong_length {
                command.values.pop();
            }
            percepts.stop_request = tick.is_pressed.then_some(StopReason::EmergencyStop);
            supervisor.supervise(&percepts, &belief, &mut command);

            prop_assert_eq!(command.values.len(), body.actuators.len());
            let dt = last.as_ref().map_or(0.0, |(then, _)| (now - then) as f64 * 1e-9).min(0.1) * 1.001;
            let fresh = measured.as_ref().filter(|(then, _)| now - then <= 100_000_000);
            for (i, (actuator, value)) in body.actuators.iter().zip(&command.values).enumerate() {
                let before = last.as_ref().map(|(_, values)| values[i]);
                let [low, high] = actuator.limits.position.unwrap_or([f64::MIN, f64::MAX]);
                let velocity = actuator.limits.velocity.unwrap_or(f64::INFINITY);
                prop_assert!(value.is_finite());
                let here = fresh.map(|(_, p)| p[i]).filter(|p| p.is_finite()).or(before).unwrap_or(actuator.start);
                match actuator.interface {
                    Interface::Position => {
                        prop_assert!((low..=high).contains(value), "{value} of [{low}, {high}]");
                        if command.stop.is_some() {
                            // It keeps what it was commanded; one that relaxes goes where it is, no faster than it may.
                            let most = if actuator.stop == StopBehaviour::Hold { 0.0 } else { velocity * dt };
                            let from = before.unwrap_or(here.clamp(low, high));
                            prop_assert!((value - from).abs() <= most + 1e-9, "{value} after {from}");
                        } else if let Some(before) = before {
                            prop_assert!((value - before).abs() <= velocity * dt + 1e-9);
                        } else {
                            prop_assert!((value - here.clamp(low, high)).abs() < 1e-12, "it begins where it is");
                        }
                    }
                    _ if command.stop.is_some() => prop_assert_eq!(*value, 0.0),
                    Interface::Velocity if i < wheels => {}
                    Interface::Velocity => {
                        prop_assert!(value.abs() <= velocity);
                        let most = actuator.limits.acceleration.unwrap_or(f64::INFINITY) * dt;
                        let before = before.unwrap_or(0.0).abs();
                        prop_assert!(value.abs() <= before + most + 1e-9 || most.is_nan());
                    }
                    Interface::Effort => {
                        prop_assert!(value.abs() <= actuator.limits.effort.unwrap_or(100.0).min(100.0));
                    }
                }
            }
            if let (Some(drive), false) = (body.drive, command.stop.is_some()) {
                let twist = drive.twist(command.values[0], command.values[1]);
                let before = last.as_ref().map_or(Twist2::default(), |(_, v)| drive.twist(v[0], v[1]));
                let rate = match body.ackermann {
                    Some(steering) => {
                        steering.curvature_of(command.values[2], command.values[3]) * twist.linear
                    }
                    None => twist.angular,
                };
                prop_assert!(twist.linear.abs() <= 0.5 + 1e-6 && rate.abs() <= 1.0 + 1e-6, "{twist:?} {rate}");
                prop_assert!(twist.linear.abs() <= before.linear.abs() + dt + 1e-6);
                prop_assert!(rate.abs() <= f64::abs(turned) + 2.0 * dt + 1e-6, "{rate} after {turned}");
                turned = rate;
            } else {
                turned = 0.0;
            }
            last = Some((now, command.values.clone()));
        }
    }
}

fn refusal(actuator: Actuator) -> String {
    let body = body(Base::None, vec![actuator], false);
    Supervisor::new(&SafetySpec::default(), &body)
        .err()
        .map(|e: SupervisorError| e.to_string())
        .unwrap_or_default()
}

#[test]
fn an_actuator_without_limits_is_refused_with_what_to_do() {
    let limits = JointLimits { position: Some([-1.0, 1.0]), ..JointLimits::default() };
    let bare = refusal(Actuator::new("knee", Interface::Position));
    assert!(bare.contains("`knee` is commanded by position and has no limit of position"), "{bare}");
    let fast = refusal(Actuator::new("knee", Interface::Position).limited(limits));
    assert!(fast.contains("no limit of velocity"), "{fast}");
    let free = refusal(Actuator::new("fan", Interface::Velocity));
    assert!(free.contains("no limit of velocity") && free.contains("under `actuators"), "{free}");
    let wrong = JointLimits { position: Some([1.0, -1.0]), velocity: Some(1.0), ..limits };
    let wrong = refusal(Actuator::new("knee", Interface::Position).limited(wrong));
    assert!(wrong.contains("limit of position that cannot be"), "{wrong}");
}

#[test]
fn a_stop_that_the_interface_cannot_do_is_refused_with_what_to_do() {
    let limits = JointLimits { velocity: Some(1.0), ..JointLimits::default() };
    let holds =
        Actuator { stop: StopBehaviour::Hold, ..Actuator::new("fan", Interface::Velocity).limited(limits) };
    let why = refusal(holds);
    assert!(why.contains("cannot hold a position") && why.contains("give `stop: brake`"), "{why}");
}

#[test]
fn a_stopped_leg_keeps_its_last_command_whatever_its_encoder_says_and_does_not_go_to_zero() {
    let limits = JointLimits { position: Some([-2.7, -0.9]), velocity: Some(20.0), ..JointLimits::default() };
    let calf = Actuator::new("calf", Interface::Position).limited(limits);
    let body = body(Base::None, vec![calf], true);
    let mut supervisor = Supervisor::new(&SafetySpec::default(), &body).expect("it has limits");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    let belief = Belief::at(Pose2::default(), Vec::new());
    let mut tick = |ms: u64, at: f64, is_pressed: bool| {
        let now = Stamp(ms * 1_000_000);
        percepts.now = now;
        percepts.slots_mut()[0].put(now, |reading| {
            if let Reading::Joints(joints) = reading {
                joints.position[0] = at;
            }
        });
        command.values[0] = -1.2;
        percepts.stop_request = is_pressed.then_some(StopReason::EmergencyStop);
        supervisor.supervise(&percepts, &belief, &mut command);
        command.values[0]
    };
    assert_eq!(tick(0, -1.6, false), -1.6, "it begins where it is");
    let moved = tick(10, -1.58, false);
    assert!(moved > -1.6 && moved <= -1.6 + 0.2003, "{moved}");
    assert_eq!(tick(20, -1.55, true), moved, "under its load it stands beside its command, and stays there");
    for (i, wild) in [1e300, f64::NAN, 1e12, 0.0, -2.7].into_iter().enumerate() {
        assert_eq!(tick(30 + 2 * i as u64, wild, true), moved, "{wild} rad");
    }
    let released = tick(50, -1.57, false);
    assert!((released - moved).abs() <= 20.0 * 0.012 * 1.001, "{released}");
}
