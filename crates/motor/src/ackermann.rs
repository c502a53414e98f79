//! The motor level of a body that is steered by its front wheels: speed and turn to two wheel speeds and two steering angles.
//!
//! Source: Ackermann's steering geometry with an electronic differential (Siegwart, Nourbakhsh and Scaramuzza 2011, section
//! 3.2; the inverse kinematics of `ros2_control`'s `ackermann_steering_controller`): all wheels roll about one point on the
//! line of the rear axle. Speed and steering follow the drive at the accelerations of the limits. It is the plain
//! baseline that circuits with neurons are measured against.
//!
//! How it reads the drive: `turn` is a share of the turning rate of the limits, to the left if positive, forwards as
//! backwards. What that takes at the speed that is wanted is the curvature, which the steering bounds. A body with steered wheels
//! cannot turn on the spot: asked to turn at a speed too low for that, it creeps (forwards, unless it is asked to back), at the least
//! speed that turns as fast as asked with the wheels hard over, and no faster than [`CREEP`].

use neuraxis_core::kinematics::{Ackermann, DifferentialDrive};
use neuraxis_core::robot::Limits;
use neuraxis_core::{Command, Drive, Part, Percepts, Twist2, saved};

use crate::MotorCircuit;

/// The greatest speed at which a body creeps that is asked to turn on the spot, as a share of its limit.
pub const CREEP: f64 = 0.3;

/// Two driven wheels behind, two steered ones in front.
#[derive(Clone, Debug)]
pub struct AckermannCircuit {
    drive: DifferentialDrive,
    steering: Ackermann,
    limits: Limits,
    /// m/s; what is commanded now.
    speed: f64,
    /// 1/m; what is commanded now.
    curvature: f64,
}

impl AckermannCircuit {
    /// A circuit for these wheels; full drive is the full speed of `limits`.
    #[must_use]
    pub fn new(drive: DifferentialDrive, steering: Ackermann, limits: &Limits) -> Self {
        Self { drive, steering, limits: limits.clone(), speed: 0.0, curvature: 0.0 }
    }

    /// Speed (m/s) and curvature (1/m) that `drive` asks for.
    #[must_use]
    pub fn wanted(&self, drive: &Drive) -> (f64, f64) {
        let most = self.steering.curvature();
        let rate = drive.turn * self.limits.angular;
        let creep = (rate.abs() / most).min(CREEP * self.limits.linear);
        let speed = drive.speed * self.limits.linear;
        let speed = if speed < 0.0 { speed.min(-creep) } else { speed.max(creep) };
        if rate == 0.0 || speed == 0.0 {
            return (speed, 0.0);
        }
        (speed, (rate / speed).clamp(-most, most))
    }
}

impl Part for AckermannCircuit {
    fn name(&self) -> &'static str {
        "ackermann"
    }
}

impl MotorCircuit for AckermannCircuit {
    fn step(&mut self, drive: &Drive, _: &Percepts, dt: f64, command: &mut Command) {
        let (speed, curvature) = self.wanted(drive);
        let step = self.limits.linear_acceleration * dt;
        let before = self.speed;
        self.speed += (speed - before).clamp(-step, step);
        // Who rolls the other way still would turn the other way: first it stops.
        if self.speed * speed >= 0.0 {
            // Of the angular acceleration, the change of speed takes its part.
            let spare =
                self.limits.angular_acceleration * dt - ((self.speed - before) * self.curvature).abs();
            let step = spare.max(0.0) / self.speed.abs().max(1e-6);
            self.curvature += (curvature - self.curvature).clamp(-step, step);
        }
        let twist = Twist2::new(self.speed, self.speed * self.curvature);
        let (left, right) = self.drive.wheels(&twist);
        let (first, second) = self.steering.angles(self.curvature);
        if let [a, b, c, d, ..] = &mut command.values[..] {
            (*a, *b, *c, *d) = (left, right, first, second);
        }
    }

    fn reset(&mut self) {
        (self.speed, self.curvature) = (0.0, 0.0);
    }
}

saved!(AckermannCircuit { speed, curvature; drive, steering, limits });

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::math;

    const STEERING: Ackermann = Ackermann { wheelbase: 0.3, kingpins: 0.2, angle: 0.6 };

    fn circuit() -> AckermannCircuit {
        let limits =
            Limits { linear: 1.0, angular: 1.5, linear_acceleration: 2.0, angular_acceleration: 8.0 };
        AckermannCircuit::new(DifferentialDrive { wheel_radius: 0.05, track: 0.24 }, STEERING, &limits)
    }

    /// What is commanded after two seconds of `drive`.
    fn settled(speed: f64, turn: f64) -> Vec<f64> {
        let (mut circuit, mut command) = (circuit(), Command::new(4));
        for _ in 0..200 {
            circuit.step(&Drive::new(speed, turn), &Percepts::default(), 0.01, &mut command);
        }
        command.values
    }

    fn rear(values: &[f64]) -> Twist2 {
        DifferentialDrive { wheel_radius: 0.05, track: 0.24 }.twist(values[0], values[1])
    }

    #[test]
    fn turn_is_a_share_of_the_turning_rate_forwards_and_backwards() {
        for (speed, turn) in [(1.0, 0.4), (0.8, -0.6), (-0.7, 0.5)] {
            let values = settled(speed, turn);
            let twist = rear(&values);
            assert!((twist.linear - speed).abs() < 1e-9 && (twist.angular - 1.5 * turn).abs() < 1e-9);
            let curvature = STEERING.curvature_of(values[2], values[3]);
            assert!((curvature - 1.5 * turn / speed).abs() < 1e-9, "the front goes where the rear goes");
        }
        let left = settled(1.0, 0.5);
        assert!(left[1] > left[0] && left[2] > left[3] && left[3] > 0.0, "the inner wheels: {left:?}");
    }

    #[test]
    fn no_turn_is_tighter_than_the_steering() {
        let values = settled(0.4, 1.0);
        assert!((values[2] - 0.6).abs() < 1e-9);
        let twist = rear(&values);
        assert!((twist.angular - 0.4 * STEERING.curvature()).abs() < 1e-9);
    }

    #[test]
    fn a_car_asked_to_turn_on_the_spot_creeps_at_full_steering() {
        for turn in [0.1, -0.1] {
            let (values, twist) = (settled(0.0, turn), rear(&settled(0.0, turn)));
            assert!((twist.angular - 1.5 * turn).abs() < 1e-9 && twist.linear > 0.0, "{twist:?}");
            assert!((values[2].abs().max(values[3].abs()) - 0.6).abs() < 1e-9, "{values:?}");
        }
        assert!((rear(&settled(0.0, 1.0)).linear - CREEP).abs() < 1e-9);
        assert!((rear(&settled(-0.01, 1.0)).linear + CREEP).abs() < 1e-9);
        assert_eq!(settled(0.0, 0.0), [0.0; 4]);
    }

    #[test]
    fn speed_and_turning_rate_change_no_faster_than_the_limits_allow() {
        let (mut circuit, mut command) = (circuit(), Command::new(4));
        let mut last = Twist2::default();
        for tick in 0..400 {
            let phase = f64::from(tick / 25);
            let drive = Drive::new(math::sin(3.0 * phase), math::cos(7.0 * phase));
            circuit.step(&drive, &Percepts::default(), 0.01, &mut command);
            let twist = rear(&command.values);
            assert!((twist.linear - last.linear).abs() <= 0.02 + 1e-9);
            assert!((twist.angular - last.angular).abs() <= 0.08 + 1e-9, "{twist:?} after {last:?}");
            last = twist;
        }
    }
}
