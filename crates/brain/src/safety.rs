//! The safety supervisor: the last word before the body.
//!
//! It holds every command to the limits of the robot's file, and stops the body when the emergency stop
//! is pressed, a sense with a deadline is silent, a number is not one, or it has tipped over. No part above can switch it
//! off: a brain cannot be built without it, and nothing comes after it. A stop is given up as soon as
//! its reason is gone, except the emergency stop, which someone has to release.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::brain::{Limit, SafetyState};
use neuraxis_core::{Belief, Command, Interface, Percepts, Stamp, StopReason, Twist2, ops, saved};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `safety:` block of a brain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SafetySpec {
    /// Greatest torque or force that any actuator is commanded, N·m or N.
    #[serde(default = "SafetySpec::default_effort")]
    #[schemars(range(min = 0.0, max = 10000.0))]
    pub effort: f64,
    /// The body stops while it is believed to lean further than this from upright, rad; never if not given. For an estimate in
    /// space, for one in the plane knows of no leaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.05, max = 3.0))]
    pub tilt: Option<f64>,
}

impl SafetySpec {
    fn default_effort() -> f64 {
        100.0
    }
}

impl Default for SafetySpec {
    fn default() -> Self {
        Self { effort: Self::default_effort(), tilt: None }
    }
}

/// A sense that must not be silent for longer than this.
#[derive(Clone, Copy, Debug)]
struct Watch {
    slot: usize,
    deadline: f64,
}

/// Watches over one body.
#[derive(Clone, Debug)]
pub struct Supervisor {
    body: BodyDescription,
    effort: f64,
    /// The cosine of the greatest lean.
    upright: Option<f64>,
    watches: Vec<Watch>,
    /// The sequence number of each slot's last checked reading, and whether that one was sane.
    checked: Vec<(u64, bool)>,
    emergency_stop: bool,
    last: Option<(Stamp, Twist2)>,
    /// Where the steering was allowed to go last (left, right), rad.
    steering: [f64; 2],
    state: SafetyState,
}

impl Supervisor {
    /// A supervisor for `body`.
    #[must_use]
    pub fn new(spec: &SafetySpec, body: &BodyDescription) -> Self {
        let watches = body
            .sensors
            .iter()
            .enumerate()
            .filter_map(|(slot, s)| s.sensor.deadline().map(|deadline| Watch { slot, deadline }))
            .collect();
        Self {
            body: body.clone(),
            effort: spec.effort,
            upright: spec.tilt.map(|tilt| ops::sin_cos(tilt).1),
            watches,
            checked: vec![(0, true); body.sensors.len()],
            emergency_stop: false,
            last: None,
            steering: [0.0; 2],
            state: SafetyState::default(),
        }
    }

    /// Presses or releases the emergency stop.
    pub fn set_emergency_stop(&mut self, pressed: bool) {
        self.emergency_stop = pressed;
    }

    /// Whether the emergency stop is pressed.
    #[must_use]
    pub fn emergency_stop(&self) -> bool {
        self.emergency_stop
    }

    /// What it did to the last command.
    #[must_use]
    pub fn state(&self) -> SafetyState {
        self.state
    }

    /// Checks and, where needed, changes `command`; it does not allocate.
    pub fn supervise(&mut self, percepts: &Percepts, belief: &Belief, command: &mut Command) {
        let reason = self.reason(percepts, belief, command);
        let mut limit = None;
        if reason.is_none() {
            limit = match (command.interface, self.body.drive) {
                (Interface::Velocity, Some(_)) => self.hold_speed(percepts.now, command),
                (Interface::Ackermann, Some(_)) => self.hold_steered(percepts.now, command),
                (Interface::Effort, _) => self.hold_effort(command).then_some(Limit::Effort),
                _ => None,
            };
        } else {
            command.values.fill(0.0);
            // The wheels are held, and the steering stays where it is.
            if let (Some(_), [_, _, left, right]) = (self.body.ackermann, &mut command.values[..]) {
                [*left, *right] = self.steering;
            }
            self.last = Some((percepts.now, Twist2::default()));
        }
        command.stop = reason;
        self.state = SafetyState { stop: reason, clipped: limit.is_some(), limit };
    }

    /// Why the body has to stop, the gravest reason first.
    fn reason(&mut self, percepts: &Percepts, belief: &Belief, command: &Command) -> Option<StopReason> {
        if self.emergency_stop {
            return Some(StopReason::EmergencyStop);
        }
        let slots = percepts.slots();
        for watch in &self.watches {
            let slot = slots.get(watch.slot);
            let age = slot.and_then(|slot| slot.age(percepts.now));
            if age.is_none_or(|age| age > watch.deadline) {
                return Some(StopReason::SenseSilent(watch.slot));
            }
        }
        for (slot, checked) in slots.iter().zip(&mut self.checked) {
            if slot.sequence() != checked.0 {
                *checked = (slot.sequence(), slot.reading().is_none_or(neuraxis_core::Reading::is_sane));
            }
        }
        // Only a sense that the body relies on can stop it.
        if let Some(watch) =
            self.watches.iter().find(|watch| self.checked.get(watch.slot).is_some_and(|c| !c.1))
        {
            return Some(StopReason::SenseInsane(watch.slot));
        }
        if !belief.is_finite() {
            return Some(StopReason::BeliefInsane);
        }
        if let Some(upright) = self.upright {
            // How much of the body's own upwards is upwards; not a number is not upright either.
            let [roll, pitch] = [belief.attitude.y, belief.attitude.z].map(|angle| ops::sin_cos(angle).1);
            if (roll * pitch).partial_cmp(&upright).is_none_or(std::cmp::Ordering::is_lt) {
                return Some(StopReason::Tipped);
            }
        }
        let length = self.body.actuators.len();
        if command.values.len() != length || command.values.iter().any(|value| !value.is_finite()) {
            return Some(StopReason::CommandInsane);
        }
        None
    }

    /// Holds wheels to the speeds and accelerations of the file; braking is free.
    fn hold_speed(&mut self, now: Stamp, command: &mut Command) -> Option<Limit> {
        let (Some(drive), [left, right]) = (self.body.drive, &mut command.values[..]) else { return None };
        let wanted = drive.twist(*left, *right);
        let (held, limit) = self.hold_twist(now, wanted, None);
        if limit.is_some() {
            (*left, *right) = drive.wheels(&held);
        }
        limit
    }

    /// Holds a steered body to the same limits: of its rear wheels' speeds, and of the turning rate at which its steering
    /// takes it round.
    fn hold_steered(&mut self, now: Stamp, command: &mut Command) -> Option<Limit> {
        let (Some(drive), Some(steering), [left, right, first, second]) =
            (self.body.drive, self.body.ackermann, &mut command.values[..])
        else {
            return None;
        };
        let most = steering.angle;
        let asked = [*first, *second];
        [*first, *second] = asked.map(|angle| angle.clamp(-most, most));
        let mut curvature = steering.curvature_of(*first, *second);
        let wheels = drive.twist(*left, *right);
        // Wheels that turn the body otherwise than its steering does would slip.
        let slips = (wheels.angular - wheels.linear * curvature).abs() > SLIP * self.body.limits.angular;
        let wanted = Twist2::new(wheels.linear, wheels.linear * curvature);
        let (held, mut limit) = self.hold_twist(now, wanted, Some(curvature));
        if held.linear.abs() > 1e-9 {
            curvature = held.angular / held.linear;
        }
        if limit.is_some() || slips {
            (*left, *right) = drive.wheels(&held);
            (*first, *second) = steering.angles(curvature);
        }
        let is_bent = asked.iter().any(|angle| angle.abs() > most + 1e-6);
        if limit.is_none() && (slips || is_bent) {
            limit = Some(Limit::Speed);
        }
        self.steering = [*first, *second];
        limit
    }

    /// What the limits leave of `wanted`, and which of them took something. With a `curvature` (1/m) less speed is less turning, at once.
    fn hold_twist(&mut self, now: Stamp, wanted: Twist2, curvature: Option<f64>) -> (Twist2, Option<Limit>) {
        let limits = &self.body.limits;
        // Both are scaled alike, so that the path keeps its curvature.
        let over = (wanted.linear.abs() / limits.linear).max(wanted.angular.abs() / limits.angular).max(1.0);
        let mut held = Twist2::new(wanted.linear / over, wanted.angular / over);
        if let Some((stamp, last)) = self.last {
            // A hair of slack, so that a motor level that keeps to the limits is not clipped by rounding.
            let dt = now.since(stamp).clamp(0.0, 0.1) * 1.001;
            held.linear = approach(last.linear, held.linear, limits.linear_acceleration * dt);
            let turning = curvature.map_or(held.angular, |curvature| held.linear * curvature);
            held.angular = approach(last.angular, turning, limits.angular_acceleration * dt);
        } else {
            held = Twist2::default();
        }
        self.last = Some((now, held));
        let slack = 1e-6;
        let clipped =
            (held.linear - wanted.linear).abs() > slack || (held.angular - wanted.angular).abs() > slack;
        // More than a hair over the speed limits: rounding is not a cause.
        let is_fast = over > 1.0 + 1e-6;
        (held, clipped.then_some(if is_fast { Limit::Speed } else { Limit::Acceleration }))
    }

    fn hold_effort(&self, command: &mut Command) -> bool {
        let mut clipped = false;
        for value in &mut command.values {
            let held = value.clamp(-self.effort, self.effort);
            clipped |= held != *value;
            *value = held;
        }
        clipped
    }
}

/// The turning rate of a steered body's rear wheels may differ from the one that it is steered at by this share of the limit.
const SLIP: f64 = 0.1;

/// `target`, but no faster away from rest than by `step`; towards rest at once.
fn approach(now: f64, target: f64, step: f64) -> f64 {
    if target * now < 0.0 {
        // Through zero: stop now, go the other way from the next tick on.
        return 0.0;
    }
    if target.abs() <= now.abs() { target } else { now + (target - now).clamp(-step, step) }
}

saved!(Supervisor { checked, emergency_stop, last, steering, state; body, effort, upright, watches });

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::body::SensorDescription;
    use neuraxis_core::kinematics::{Ackermann, DifferentialDrive};
    use neuraxis_core::percepts::Odometry;
    use neuraxis_core::robot::{Limits, OdometryNoise, Sensor, Transport};
    use neuraxis_core::{Pose2, Reading};

    fn body() -> BodyDescription {
        let sensor = Sensor::WheelOdometry {
            name: "odom".to_owned(),
            left: "l".to_owned(),
            right: "r".to_owned(),
            rate: 50.0,
            noise: OdometryNoise::default(),
            transport: Transport::default(),
            deadline: None,
        };
        BodyDescription {
            name: "test".to_owned(),
            sensors: vec![SensorDescription {
                sensor,
                mount: nalgebra_identity(),
                joints: Vec::new(),
                limb: None,
            }],
            actuators: vec!["l".to_owned(), "r".to_owned()],
            interface: Interface::Velocity,
            drive: Some(DifferentialDrive { wheel_radius: 0.05, track: 0.3 }),
            ackermann: None,
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
                supervisor: Supervisor::new(&SafetySpec::default(), &body),
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
        case.feel(0, Odometry { twist: Twist2::new(f64::NAN, 0.0), ..Odometry::default() });
        assert_eq!(case.tick(0, [0.0, 0.0]), Some(StopReason::SenseInsane(0)));
        case.feel(10, Odometry::default());
        assert_eq!(case.tick(10, [f64::INFINITY, 0.0]), Some(StopReason::CommandInsane));
        case.belief.pose.x = f64::NAN;
        assert_eq!(case.tick(10, [0.0, 0.0]), Some(StopReason::BeliefInsane));
    }

    #[test]
    fn a_body_that_leans_too_far_stops_if_its_file_asks_for_it() {
        let mut case = Case::new();
        case.feel(0, Odometry::default());
        case.belief.attitude = nalgebra::Vector3::new(0.0, 2.0, 0.0);
        assert_eq!(case.tick(0, [0.0, 0.0]), None, "the file does not ask for it");
        case.supervisor = Supervisor::new(&SafetySpec { tilt: Some(0.8), ..SafetySpec::default() }, &body());
        assert_eq!(case.tick(1, [0.1, 0.1]), Some(StopReason::Tipped));
        // Each by itself is less than it takes.
        for (roll, pitch, stops) in [
            (0.79, 0.0, false),
            (0.0, -0.79, false),
            (0.0, 0.81, true),
            (0.7, 0.7, true),
            (f64::NAN, 0.0, true),
        ] {
            case.belief.attitude = nalgebra::Vector3::new(0.3, roll, pitch);
            let stop = case.tick(2, [0.0, 0.0]);
            assert_eq!(stop, stops.then_some(StopReason::Tipped), "{roll} and {pitch}");
        }
    }

    #[test]
    fn the_emergency_stop_stays_until_it_is_released() {
        let mut case = Case::new();
        case.feel(0, Odometry::default());
        case.supervisor.set_emergency_stop(true);
        assert_eq!(case.tick(1, [1.0, 1.0]), Some(StopReason::EmergencyStop));
        assert_eq!(case.tick(2, [1.0, 1.0]), Some(StopReason::EmergencyStop));
        case.supervisor.set_emergency_stop(false);
        assert_eq!(case.tick(3, [0.0, 0.0]), None);
    }

    fn car() -> BodyDescription {
        let actuators = ["l", "r", "first", "second"].map(str::to_owned).to_vec();
        let ackermann = Some(Ackermann { wheelbase: 0.3, kingpins: 0.2, angle: 0.6 });
        BodyDescription { actuators, interface: Interface::Ackermann, ackermann, ..body() }
    }

    #[test]
    fn a_car_that_stops_holds_its_wheels_and_keeps_its_steering() {
        let mut supervisor = Supervisor::new(&SafetySpec::default(), &car());
        let (mut percepts, mut command) = (car().percepts(), car().command());
        let belief = Belief::at(Pose2::default(), Vec::new());
        for ms in 0..3 {
            let now = Stamp(ms * 1_000_000);
            percepts.now = now;
            percepts.slots_mut()[0].put(now, |r| *r = Reading::Odometry(Odometry::default()));
            supervisor.set_emergency_stop(ms == 2);
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
            let mut supervisor = Supervisor::new(&SafetySpec::default(), &car());
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
                proptest::prop_assert!((twist.angular - steered).abs() <= SLIP + 1e-6, "{twist:?} {steered}");
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
}
