//! What the supervisor lets through and what it stops: wheels, a car, and bodies of any actuators with any commands.

use neuraxis_brain::safety::{SafetySpec, Supervisor};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::kinematics::{Ackermann, DifferentialDrive};
use neuraxis_core::percepts::Odometry;
use neuraxis_core::robot::Limits;
use neuraxis_core::senses::{OdometryNoise, Sensor, Transport, WheelOdometrySpec};
use neuraxis_core::{
    Actuator, Belief, Command, Interface, JointLimits, Mobility, Percepts, Pose2, Reading, Stamp, StopReason,
    Twist2, Vertical,
};

fn supervisor(spec: &SafetySpec, body: &BodyDescription) -> Supervisor {
    Supervisor::new(spec, body).expect("it has limits")
}

fn body() -> BodyDescription {
    let sensor = Sensor::WheelOdometry(WheelOdometrySpec {
        name: "odom".to_owned(),
        left: "l".to_owned(),
        right: "r".to_owned(),
        rate: 50.0,
        noise: OdometryNoise::default(),
        transport: Transport::default(),
        deadline: None,
    });
    BodyDescription {
        name: "test".to_owned(),
        sensors: vec![SensorDescription {
            sensor,
            mount: nalgebra_identity(),
            joints: Vec::new(),
            limb: None,
        }],
        actuators: Actuator::all(["l", "r"], Interface::Velocity, JointLimits::default()),
        mobility: Mobility::default(),
        drive: Some(DifferentialDrive { wheel_radius: 0.05, track: 0.3 }),
        ackermann: None,
        other_actuators: 0,
        calibration: None,
        radius: 0.2,
        limits: Limits { linear: 0.5, angular: 1.0, linear_acceleration: 1.0, angular_acceleration: 2.0 },
    }
}

fn nalgebra_identity() -> nalgebra::Isometry3<f64> {
    nalgebra::Isometry3::identity()
}

struct Case {
    supervisor: Supervisor,
    percepts: Percepts,
    belief: Belief,
    command: Command,
}

impl Case {
    fn new() -> Self {
        let body = body();
        Self {
            supervisor: supervisor(&SafetySpec::default(), &body),
            percepts: body.percepts(),
            belief: Belief::at(Pose2::default(), Vec::new()),
            command: body.command(),
        }
    }

    fn tick(&mut self, ms: u64, wheels: [f64; 2]) -> Option<StopReason> {
        self.percepts.now = Stamp(ms * 1_000_000);
        self.command.values.copy_from_slice(&wheels);
        self.supervisor.supervise(&self.percepts, &self.belief, &mut self.command);
        self.command.stop
    }

    fn feel(&mut self, ms: u64, odometry: Odometry) {
        self.percepts.slots_mut()[0].put(Stamp(ms * 1_000_000), |r| *r = Reading::Odometry(odometry));
    }
}

#[test]
fn silence_stops_within_the_tick_after_the_deadline() {
    let mut case = Case::new();
    assert_eq!(case.tick(0, [1.0, 1.0]), Some(StopReason::SenseSilent(0)), "nothing felt yet");
    case.feel(0, Odometry::default());
    assert_eq!(case.tick(100, [0.1, 0.1]), None, "five periods of 20 ms are allowed");
    assert_eq!(case.tick(101, [0.1, 0.1]), Some(StopReason::SenseSilent(0)));
    assert_eq!(case.command.values, [0.0, 0.0]);
    case.feel(102, Odometry::default());
    assert_eq!(case.tick(102, [0.1, 0.1]), None, "it goes on when the sense is back");
}

#[test]
fn numbers_that_are_none_stop() {
    let mut case = Case::new();
    for (ms, linear) in [(0, f64::NAN), (2, 1e300), (4, -1e300)] {
        case.feel(ms, Odometry { twist: Twist2::new(linear, 0.0), ..Odometry::default() });
        assert_eq!(case.tick(ms, [0.0, 0.0]), Some(StopReason::SenseInvalid(0)), "{linear} m/s");
    }
    case.feel(10, Odometry::default());
    assert_eq!(case.tick(10, [f64::INFINITY, 0.0]), Some(StopReason::CommandInvalid));
    case.belief.pose.x = f64::NAN;
    assert_eq!(case.tick(10, [0.0, 0.0]), Some(StopReason::BeliefInvalid));
}

#[test]
fn a_body_that_leans_too_far_stops_if_its_file_asks_for_it() {
    let mut case = Case::new();
    case.feel(0, Odometry::default());
    case.belief.vertical = Vertical { z: 0.0, roll: 2.0, pitch: 0.0 };
    assert_eq!(case.tick(0, [0.0, 0.0]), None, "the file does not ask for it");
    case.supervisor = supervisor(&SafetySpec { tilt: Some(0.8), ..SafetySpec::default() }, &body());
    assert_eq!(case.tick(1, [0.1, 0.1]), Some(StopReason::Tipped));
    // Each by itself is less than it takes.
    for (roll, pitch, stops) in
        [(0.79, 0.0, false), (0.0, -0.79, false), (0.0, 0.81, true), (0.7, 0.7, true), (f64::NAN, 0.0, true)]
    {
        case.belief.vertical = Vertical { z: 0.3, roll, pitch };
        let stop = case.tick(2, [0.0, 0.0]);
        assert_eq!(stop, stops.then_some(StopReason::Tipped), "{roll} and {pitch}");
    }
}

#[test]
fn the_emergency_stop_stays_until_it_is_released() {
    let mut case = Case::new();
    case.feel(0, Odometry::default());
    case.percepts.stop_request = Some(StopReason::EmergencyStop);
    assert_eq!(case.tick(1, [1.0, 1.0]), Some(StopReason::EmergencyStop));
    assert_eq!(case.tick(2, [1.0, 1.0]), Some(StopReason::EmergencyStop));
    case.percepts.stop_request = None;
    assert_eq!(case.tick(3, [0.0, 0.0]), None);
}

fn car() -> BodyDescription {
    let ackermann = Ackermann { wheelbase: 0.3, kingpins: 0.2, angle: 0.6 };
    let limits = JointLimits { position: Some([-0.6, 0.6]), velocity: Some(8.0), ..JointLimits::default() };
    let mut actuators = body().actuators;
    actuators.extend(Actuator::all(["first", "second"], Interface::Position, limits));
    let mobility = Mobility::steered(&ackermann);
    BodyDescription { actuators, mobility, ackermann: Some(ackermann), ..body() }
}

#[test]
fn a_car_that_stops_holds_its_wheels_and_keeps_its_steering() {
    let mut supervisor = supervisor(&SafetySpec::default(), &car());
    let (mut percepts, mut command) = (car().percepts(), car().command());
    let belief = Belief::at(Pose2::default(), Vec::new());
    for tick in 0..4 {
        // Each takes 20 ms: it steers no faster than 8 rad/s.
        let now = Stamp(tick * 20_000_000);
        percepts.now = now;
        percepts.slots_mut()[0].put(now, |r| *r = Reading::Odometry(Odometry::default()));
        percepts.stop_request = (tick == 3).then_some(StopReason::EmergencyStop);
        command.values.copy_from_slice(&[0.001, 0.001, 0.31, 0.26]);
        supervisor.supervise(&percepts, &belief, &mut command);
    }
    assert_eq!(command.stop, Some(StopReason::EmergencyStop));
    assert_eq!(command.values[..2], [0.0, 0.0]);
    assert!(command.values[2] > 0.2 && command.values[3] > 0.2, "{:?}", command.values);
}

proptest::proptest! {
    /// The same for a car: of rear wheels and steering.
    #[test]
    fn limits_hold_for_any_command_to_a_car(
        wants in proptest::collection::vec((-30.0..30.0_f64, -30.0..30.0_f64, -2.0..2.0_f64, -2.0..2.0_f64), 1..60)
    ) {
        let mut supervisor = supervisor(&SafetySpec::default(), &car());
        let (mut percepts, mut command) = (car().percepts(), car().command());
        let belief = Belief::at(Pose2::default(), Vec::new());
        let (drive, steering) = (car().drive.expect("wheels"), car().ackermann.expect("steering"));
        let mut last = Twist2::default();
        for (i, (left, right, first, second)) in wants.into_iter().enumerate() {
            let now = Stamp(i as u64 * 10_000_000);
            percepts.now = now;
            percepts.slots_mut()[0].put(now, |r| *r = Reading::Odometry(Odometry::default()));
            command.values.copy_from_slice(&[left, right, first, second]);
            supervisor.supervise(&percepts, &belief, &mut command);
            let twist = drive.twist(command.values[0], command.values[1]);
            let steered = steering.curvature_of(command.values[2], command.values[3]) * twist.linear;
            proptest::prop_assert!(command.values[2..].iter().all(|angle| angle.abs() <= 0.6 + 1e-9));
            proptest::prop_assert!(twist.linear.abs() <= 0.5 + 1e-6 && steered.abs() <= 1.0 + 1e-6);
            proptest::prop_assert!((twist.angular - steered).abs() <= 0.1 + 1e-6, "{twist:?} {steered}");
            proptest::prop_assert!(twist.linear.abs() <= last.linear.abs() + 0.01 * 1.002 + 1e-6);
            proptest::prop_assert!(steered.abs() <= last.angular.abs() + 0.02 * 1.002 + 1e-6);
            last = Twist2::new(twist.linear, steered);
        }
    }

    /// Whatever the parts above want, the body is never commanded beyond its limits, and never
    /// speeds up faster than they allow.
    #[test]
    fn limits_hold_for_any_command(wants in proptest::collection::vec((-100.0..100.0_f64, -100.0..100.0_f64), 1..60)) {
        let mut case = Case::new();
        let drive = body().drive.expect("wheels");
        let mut last = Twist2::default();
        for (i, (left, right)) in wants.into_iter().enumerate() {
            let ms = i as u64 * 10;
            case.feel(ms, Odometry::default());
            case.tick(ms, [left, right]);
            let twist = drive.twist(case.command.values[0], case.command.values[1]);
            proptest::prop_assert!(twist.linear.abs() <= 0.5 + 1e-6 && twist.angular.abs() <= 1.0 + 1e-6);
            proptest::prop_assert!(twist.linear.abs() <= last.linear.abs() + 0.01 * 1.002 + 1e-6);
            proptest::prop_assert!(twist.angular.abs() <= last.angular.abs() + 0.02 * 1.002 + 1e-6);
            last = twist;
        }
    }
}
