//! A velocimeter (`geometry_msgs/TwistStamped`); the same message carries commands of velocity.

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts::BodyTwist;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Twist, Unusable};

messages! {
    /// A velocity at a time, in a frame.
    "geometry_msgs/TwistStamped" TwistStamped {
        /// When and in which frame.
        header: Header,
        /// The velocity.
        twist: Twist,
    }
}

impl SenseMessage for TwistStamped {
    type Sense = BodyTwist;
    const TOPIC: Option<&'static str> = None;
    const VIEW: View = View::Seldom;

    fn from_sense(motion: &Self::Sense, at: &Place<'_>) -> Self {
        let twist =
            Twist { linear: (&motion.linear_velocity).into(), angular: (&motion.angular_velocity).into() };
        Self { header: at.header(), twist }
    }

    fn to_sense(&self, _: &SensorDescription, motion: &mut Self::Sense) -> Result<(), Unusable> {
        motion.linear_velocity = (&self.twist.linear).into();
        motion.angular_velocity = (&self.twist.angular).into();
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
