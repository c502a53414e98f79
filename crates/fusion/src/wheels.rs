//! The way that wheels tell: from odometry messages, or from the angles of the wheels' own joints.

use neuraxis_core::kinematics::DifferentialDrive;
use neuraxis_core::{Pose2, Twist2, saved};

use crate::senses::WheelMotion;

/// Wheels spin no faster than so many times the body's limit.
const MAX_SPIN: f64 = 20.0;
/// What a reading may be off by besides, m.
const SLACK: f64 = 0.05;

/// Whether a way of `delta` in `dt` seconds is none, for a body that goes no faster than `fastest` (m/s): odometry that was set
/// back to somewhere else. Wheels that spin tell far too much way as well, but not so much.
pub(crate) fn leaps(delta: &Pose2, dt: f64, fastest: f64) -> bool {
    delta.x.abs().max(delta.y.abs()) > MAX_SPIN * fastest * dt + SLACK
}

/// Integrates wheels' angles where no odometry is given (exact on arcs: Thrun, Burgard and Fox, *Probabilistic Robotics*, table 5.3
/// without noise).
#[derive(Clone, Debug, Default)]
pub(crate) struct WheelWay {
    drive: Option<DifferentialDrive>,
    /// Wheel angles at the last message, if the way comes from joints.
    angles: Option<[f64; 2]>,
    /// The way so far, from joints.
    rolled: Pose2,
}

impl WheelWay {
    pub(crate) fn new(drive: Option<DifferentialDrive>) -> Self {
        Self { drive, ..Self::default() }
    }

    /// Pose in the wheels' own frame and velocity of `base_link` after a message.
    pub(crate) fn follow(&mut self, way: &WheelMotion<'_>) -> (Pose2, Twist2) {
        match way {
            WheelMotion::Odometry(odometry) => (odometry.pose, odometry.twist),
            WheelMotion::Wheels { angles, rates: [left, right] } => {
                let before = self.angles.replace(*angles).unwrap_or(*angles);
                let Some(drive) = self.drive else { return (self.rolled, Twist2::default()) };
                let turned = drive.twist(angles[0] - before[0], angles[1] - before[1]);
                self.rolled = self.rolled.advance(&turned, 1.0);
                (self.rolled, drive.twist(*left, *right))
            }
        }
    }
}

saved!(WheelWay { angles, rolled; drive });
