//! Where the body believes it is, how fast it moves, and how sure it is of that.

use std::sync::Arc;

use nalgebra::{Isometry3, Matrix6, Translation3, UnitQuaternion};

use crate::reasons::Refusal;
use crate::{Pose2, Stamp, Twist2};

/// What the estimator thinks of one of its cues.
#[derive(Clone, Debug, PartialEq)]
pub struct CueReport {
    /// The sense's name in the robot file, or of the mechanism that made the cue (`scan_matching`).
    pub name: Arc<str>,
    /// 0 (ignored) to 1 (as good as its nominal noise says).
    pub reliability: f64,
    /// Age of the latest measurement, s; infinite before the first.
    pub age: f64,
    /// Normalised innovation squared over its degrees of freedom of the latest update; about 1 if all is well.
    pub surprise: f64,
    /// Share of the latest innovation that went into the estimate, 0 to 1.
    pub gain: f64,
    /// Why the latest measurement was left out, if it was.
    pub refusal: Refusal,
    /// How many measurements were left out so far.
    pub refusals: u32,
}

impl CueReport {
    /// A cue that has not spoken yet.
    #[must_use]
    pub fn silent(name: &str) -> Self {
        Self {
            name: name.into(),
            reliability: 0.0,
            age: f64::INFINITY,
            surprise: 0.0,
            gain: 0.0,
            refusal: Refusal::None,
            refusals: 0,
        }
    }

    /// Notes that the latest measurement was left out, and `why`: it counts, and the cue is worth nothing now.
    pub fn refuse(&mut self, why: Refusal) {
        self.refusal = why;
        self.refusals = self.refusals.saturating_add(1);
        self.reliability = 0.0;
        self.gain = 0.0;
    }
}

/// What just happens to the body, as probabilities, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Events {
    /// Something lies nearer ahead than it takes to stop.
    pub obstacle: f64,
    /// Something is touched.
    pub contact: f64,
    /// The wheels do not roll as they turn.
    pub slip: f64,
    /// A beacon is seen or heard.
    pub beacon: f64,
    /// Where it is, as a direction in `base_link`, rad; 0 if nothing is sensed.
    pub beacon_bearing: f64,
}

/// What a pose on the plane leaves out of one in space.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vertical {
    /// Height of `base_link` in `map`, m.
    pub z: f64,
    /// Rotation about x, rad.
    pub roll: f64,
    /// Rotation about y, rad.
    pub pitch: f64,
}

/// The estimate of the body's own state.
///
/// The covariance is ordered as in `geometry_msgs/PoseWithCovariance`: x, y, z, then rotations about
/// x, y, z; a planar estimator leaves the rows of z, roll and pitch at zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Belief {
    /// The time that the estimate is for.
    pub stamp: Stamp,
    /// `base_link` in `map`.
    pub pose: Pose2,
    /// What `pose` leaves out of the pose in space, where the estimator knows it; zero where it does not.
    pub vertical: Vertical,
    /// `base_link` in `odom`: smooth, but drifting.
    pub odom: Pose2,
    /// Velocity in `base_link`.
    pub twist: Twist2,
    /// m², m·rad, rad².
    pub covariance: Matrix6<f64>,
    /// One report a cue, in a fixed order.
    pub cues: Vec<CueReport>,
    /// What just happens to the body.
    pub events: Events,
}

impl Belief {
    /// The belief of a body that starts at `pose` and knows it exactly.
    #[must_use]
    pub fn at(pose: Pose2, cues: Vec<CueReport>) -> Self {
        Self {
            stamp: Stamp::ZERO,
            pose,
            vertical: Vertical::default(),
            odom: Pose2::default(),
            twist: Twist2::default(),
            covariance: Matrix6::zeros(),
            cues,
            events: Events::default(),
        }
    }

    /// Takes over what `other` says, in the buffers that are here: the tick copies beliefs without allocating.
    pub fn copy_from(&mut self, other: &Self) {
        let mut cues = std::mem::take(&mut self.cues);
        cues.clone_from(&other.cues);
        *self = Self { cues, ..*other };
    }

    /// `base_link` in `map` in space; [`Self::pose`] is its shadow on the plane.
    #[must_use]
    pub fn pose_in_space(&self) -> Isometry3<f64> {
        let Vertical { z, roll, pitch } = self.vertical;
        Isometry3::from_parts(
            Translation3::new(self.pose.x, self.pose.y, z),
            UnitQuaternion::from_euler_angles(roll, pitch, self.pose.yaw),
        )
    }

    /// `odom` in `map`: what the estimator adds to smooth odometry (REP 105).
    #[must_use]
    pub fn map_to_odom(&self) -> Pose2 {
        self.pose.compose(&self.odom.inverse())
    }

    /// One standard deviation of the position along its worst direction, m.
    #[must_use]
    pub fn position_std(&self) -> f64 {
        let (a, b, c) = (self.covariance[(0, 0)], self.covariance[(0, 1)], self.covariance[(1, 1)]);
        let spread = (0.25 * (a - c) * (a - c) + b * b).sqrt();
        (0.5 * (a + c) + spread).max(0.0).sqrt()
    }

    /// Whether every number that others rely on is finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.pose.is_finite()
            && self.odom.is_finite()
            && self.twist.is_finite()
            && self.covariance.iter().all(|v| v.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn position_std_is_the_worst_axis() {
        let mut belief = Belief::at(Pose2::default(), Vec::new());
        belief.covariance[(0, 0)] = 0.04;
        belief.covariance[(1, 1)] = 0.09;
        assert!((belief.position_std() - 0.3).abs() < 1e-12);
        belief.covariance[(0, 1)] = 0.06;
        belief.covariance[(1, 0)] = 0.06;
        assert!((belief.position_std() - 0.13_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn pose_in_space_has_its_pose_for_a_shadow_and_leans_as_the_belief_says() {
        let mut belief = Belief::at(Pose2::new(3.0, -1.0, 0.7), Vec::new());
        belief.vertical = Vertical { z: 0.3, roll: 0.1, pitch: -0.2 };
        let pose = belief.pose_in_space();
        assert!(Pose2::from_spatial(&pose).distance(&belief.pose) < 1e-12);
        let (roll, pitch, yaw) = pose.rotation.euler_angles();
        assert!((roll - 0.1).abs() + (pitch + 0.2).abs() + (yaw - 0.7).abs() < 1e-12);
        assert_eq!(pose.translation.z, 0.3);
    }

    #[test]
    fn map_to_odom_closes_the_chain() {
        let mut belief = Belief::at(Pose2::new(3.0, -1.0, 0.7), Vec::new());
        belief.odom = Pose2::new(2.5, 0.2, 0.4);
        assert!(belief.map_to_odom().compose(&belief.odom).distance(&belief.pose) < 1e-12);
    }
}
