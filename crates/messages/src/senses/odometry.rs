//! Wheel odometry (`nav_msgs/Odometry`): the pose in `odom`, the twist in `base_link`.

use neuraxis_core::body::SensorDescription;
use neuraxis_core::{Pose2, percepts};

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, PoseWithCovariance, TwistWithCovariance, Unusable};

messages! {
    /// Where a body went, and how fast it goes.
    "nav_msgs/Odometry" Odometry {
        /// When, and the frame of the pose.
        header: Header,
        /// The frame of the twist: the body's.
        child_frame_id: String,
        /// The pose.
        pose: PoseWithCovariance,
        /// The twist.
        twist: TwistWithCovariance,
    }
}

impl Odometry {
    /// What it says in the robot's terms; the yaw of a pose without attitude is not a number.
    #[must_use]
    pub fn reading(&self) -> percepts::Odometry {
        let pose = self.pose.pose.to_planar().unwrap_or_else(|flat| Pose2 { yaw: f64::NAN, ..flat });
        percepts::Odometry { pose, twist: self.twist.twist.to_planar() }
    }
}

impl SenseMessage for Odometry {
    type Sense = percepts::Odometry;
    const TOPIC: Option<&'static str> = Some("odom");
    const VIEW: View = View::Often;

    fn from_sense(odometry: &Self::Sense, at: &Place<'_>) -> Self {
        let mut message = Self {
            header: Header::new(at.stamp, &at.frames.odom),
            child_frame_id: at.frames.base.clone(),
            ..Self::default()
        };
        message.pose.pose = (&odometry.pose).into();
        message.twist.twist = (&odometry.twist).into();
        message
    }

    fn to_sense(&self, _: &SensorDescription, odometry: &mut Self::Sense) -> Result<(), Unusable> {
        let pose = self.pose.pose.to_planar().map_err(|_| Unusable::NoAttitude)?;
        *odometry = percepts::Odometry { pose, twist: self.twist.twist.to_planar() };
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
