//! The motor level of a differential drive: speed and turn to the speeds of two wheels.
//!
//! Source: the inverse kinematics of two wheels on one axle (Siegwart, Nourbakhsh and Scaramuzza 2011,
//! section 3.2), `ω = (v ∓ ½ b w) / r`, with the body's speeds approached at the accelerations of its
//! limits. It is the plain baseline that circuits with neurons are measured against.

use neuraxis_core::kinematics::DifferentialDrive;
use neuraxis_core::robot::Limits;
use neuraxis_core::{Command, Drive, Part, Percepts, Twist2, saved};

use crate::MotorCircuit;

/// Two wheels on one axle.
#[derive(Clone, Debug)]
pub struct DifferentialDriveCircuit {
    drive: DifferentialDrive,
    limits: Limits,
    /// What is commanded now; it follows the drive no faster than the limits allow.
    twist: Twist2,
}

impl DifferentialDriveCircuit {
    /// A circuit for these wheels; full drive is the full speed of `limits`.
    #[must_use]
    pub fn new(drive: DifferentialDrive, limits: &Limits) -> Self {
        Self { drive, limits: limits.clone(), twist: Twist2::default() }
    }
}

impl Part for DifferentialDriveCircuit {
    fn name(&self) -> &'static str {
        "differential_drive"
    }
}

impl MotorCircuit for DifferentialDriveCircuit {
    fn step(&mut self, drive: &Drive, _: &Percepts, dt: f64, command: &mut Command) {
        let approach = |now: f64, target: f64, acceleration: f64| {
            let step = acceleration * dt;
            now + (target - now).clamp(-step, step)
        };
        let limits = &self.limits;
        self.twist.linear =
            approach(self.twist.linear, drive.speed * limits.linear, limits.linear_acceleration);
        self.twist.angular =
            approach(self.twist.angular, drive.turn * limits.angular, limits.angular_acceleration);
        let (left, right) = self.drive.wheels(&self.twist);
        if let [first, second, ..] = &mut command.values[..] {
            *first = left;
            *second = right;
        }
    }

    fn reset(&mut self) {
        self.twist = Twist2::default();
    }
}

saved!(DifferentialDriveCircuit { twist; drive, limits });

#[cfg(test)]
mod tests {
    use super::*;

    fn circuit() -> DifferentialDriveCircuit {
        let limits =
            Limits { linear: 0.2, angular: 2.0, linear_acceleration: 1.0, angular_acceleration: 10.0 };
        DifferentialDriveCircuit::new(DifferentialDrive { wheel_radius: 0.05, track: 0.2 }, &limits)
    }

    #[test]
    fn full_drive_reaches_full_speed_within_the_acceleration_limits() {
        let mut circuit = circuit();
        let mut command = Command::new(2);
        let percepts = Percepts::default();
        for _ in 0..10 {
            circuit.step(&Drive::new(1.0, 0.0), &percepts, 0.01, &mut command);
        }
        assert!((command.values[0] - 2.0).abs() < 1e-9, "0.1 m/s after 0.1 s: {:?}", command.values);
        for _ in 0..20 {
            circuit.step(&Drive::new(1.0, 0.0), &percepts, 0.01, &mut command);
        }
        assert!(command.values.iter().all(|w| (w - 4.0).abs() < 1e-9));
    }

    #[test]
    fn a_left_turn_drives_the_right_wheel_forward() {
        let mut circuit = circuit();
        let mut command = Command::new(2);
        for _ in 0..100 {
            circuit.step(&Drive::new(0.0, 1.0), &Percepts::default(), 0.01, &mut command);
        }
        assert!((command.values[1] - 4.0).abs() < 1e-9 && (command.values[0] + 4.0).abs() < 1e-9);
    }
}
