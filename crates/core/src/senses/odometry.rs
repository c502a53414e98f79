//! Wheel odometry (`nav_msgs/Odometry`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::sensor_spec;
use super::{Change, Fields, FieldsMut, Measurement, SensorSpec};
use super::FaultKind;
use crate::random::{Stream, normal};
use crate::{Pose2, Twist2, math};

sensor_spec! {
    /// Dead reckoning from the turning of two wheels.
    WheelOdometrySpec {
        /// The left wheel's joint.
        pub left: String,
        /// The right wheel's joint.
        pub right: String,
        /// Errors of its readings.
        #[serde(default)]
        pub noise: OdometryNoise,
    }
}

impl SensorSpec for WheelOdometrySpec {
    const STEERS: bool = true;
}

/// Errors of wheel odometry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OdometryNoise {
    /// Standard deviation of each wheel's path, as a share of the path: drawn anew for each reading.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub proportional: f64,
    /// Standard deviation of each wheel's radius error, as a share: drawn once at the start.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub calibration: f64,
}

/// Where the wheels say the body went (`nav_msgs/Odometry`): pose in `odom`, twist in `base_link`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Odometry {
    /// Pose of `base_link` in `odom`; drifts without bound.
    pub pose: Pose2,
    /// Velocity in `base_link`.
    pub twist: Twist2,
}

impl Measurement for Odometry {
    const POISONED: &'static str = "twist.linear";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Noise, FaultKind::Slip];

    fn blank(_: &WheelOdometrySpec, _: usize) -> Self {
        Self::default()
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        let Self { pose, twist } = self;
        fields.number("pose.x", pose.x);
        fields.number("pose.y", pose.y);
        fields.number("pose.yaw", pose.yaw);
        fields.number("twist.linear", twist.linear);
        fields.number("twist.lateral", twist.lateral);
        fields.number("twist.angular", twist.angular);
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        let Self { pose, twist } = self;
        fields.number("pose.x", &mut pose.x);
        fields.number("pose.y", &mut pose.y);
        fields.number("pose.yaw", &mut pose.yaw);
        fields.number("twist.linear", &mut twist.linear);
        fields.number("twist.lateral", &mut twist.lateral);
        fields.number("twist.angular", &mut twist.angular);
    }

    /// The way since the reading before is told longer, and put on the end of what was told then.
    fn remeasure(&mut self, spec: &WheelOdometrySpec, by: &Change<'_, Self>, stream: &mut Stream) {
        let Some((measured, told)) = by.before else { return };
        let std = spec.noise.proportional * by.added();
        let [way, turn] = if std > 0.0 { [1.0, 1.0].map(|one| one + std * normal(stream)) } else { [1.0; 2] };
        let [way, turn] = [way, turn].map(|factor| factor * by.slip);
        if measured.pose == told.pose && way == 1.0 && turn == 1.0 {
            return;
        }
        let step = measured.pose.relative(&self.pose);
        // Its chord is turned by half of what the heading is told too much.
        let (s, c) = math::sin_cos(0.5 * (turn - 1.0) * step.yaw);
        let (x, y) = (way * step.x, way * step.y);
        let step = Pose2 { x: c * x - s * y, y: s * x + c * y, yaw: turn * step.yaw };
        self.pose = told.pose.compose(&step);
        self.twist.linear *= way;
        self.twist.lateral *= way;
        self.twist.angular *= turn;
    }
}
