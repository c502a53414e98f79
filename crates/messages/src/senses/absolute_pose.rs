//! A pose in the map (`geometry_msgs/PoseWithCovarianceStamped`): AMCL, motion capture, camera tags, GNSS.

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts::AbsolutePose;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, PoseWithCovariance, Unusable};

messages! {
    /// A pose and how sure it is, at a time, in a frame.
    "geometry_msgs/PoseWithCovarianceStamped" PoseWithCovarianceStamped {
        /// When and in which frame.
        header: Header,
        /// The pose.
        pose: PoseWithCovariance,
    }
}

impl SenseMessage for PoseWithCovarianceStamped {
    type Sense = AbsolutePose;
    const TOPIC: Option<&'static str> = None;
    const VIEW: View = View::Seldom;

    fn from_sense(absolute: &Self::Sense, at: &Place<'_>) -> Self {
        Self {
            header: Header::new(at.stamp, &at.frames.map),
            pose: PoseWithCovariance::new((&absolute.pose).into(), &absolute.covariance),
        }
    }

    fn to_sense(&self, _: &SensorDescription, absolute: &mut Self::Sense) -> Result<(), Unusable> {
        *absolute = self.pose.to_absolute();
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
