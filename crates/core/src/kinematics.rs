//! The geometry of a differential drive: two driven wheels on one axle.

use serde::{Deserialize, Serialize};

use crate::Twist2;

/// Wheel radius and track of a differential drive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferentialDrive {
    /// m, greater than 0.
    pub wheel_radius: f64,
    /// Distance between the wheels' middle planes, m, greater than 0.
    pub track: f64,
}

impl DifferentialDrive {
    /// Wheel speeds (left, right; rad/s) for forward speed and turning rate of `twist`.
    #[must_use]
    pub fn wheels(&self, twist: &Twist2) -> (f64, f64) {
        let half = 0.5 * self.track * twist.angular;
        ((twist.linear - half) / self.wheel_radius, (twist.linear + half) / self.wheel_radius)
    }

    /// The twist of wheels that turn at `left` and `right` rad/s without slip.
    #[must_use]
    pub fn twist(&self, left: f64, right: f64) -> Twist2 {
        Twist2::new(0.5 * self.wheel_radius * (left + right), self.wheel_radius * (right - left) / self.track)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_and_twist_are_inverse() {
        let drive = DifferentialDrive { wheel_radius: 0.033, track: 0.16 };
        let (left, right) = drive.wheels(&Twist2::new(0.2, -1.5));
        let back = drive.twist(left, right);
        assert!((back.linear - 0.2).abs() < 1e-12 && (back.angular + 1.5).abs() < 1e-12);
        assert!(left > right, "a right turn drives the left wheel faster");
    }
}
