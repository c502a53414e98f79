//! A bumper or a touch sensor (`neuraxis_msgs/Contact`).

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Unusable};

messages! {
    /// What a bumper or a touch sensor feels.
    "neuraxis_msgs/Contact" Contact {
        /// When, and the sensor's frame.
        header: Header,
        /// Whether something touches.
        touching: bool,
        /// Sum of the contact forces, N.
        force: f64,
        /// Direction towards the thing touched, rad; meaningless if nothing touches.
        bearing: f64,
    }
}

impl SenseMessage for Contact {
    type Sense = percepts::Contact;
    const TOPIC: Option<&'static str> = Some("bumper");
    const VIEW: View = View::Seldom;

    fn from_sense(contact: &Self::Sense, at: &Place<'_>) -> Self {
        let percepts::Contact { touching, force, bearing } = *contact;
        Self { header: at.header(), touching, force, bearing }
    }

    fn to_sense(&self, _: &SensorDescription, contact: &mut Self::Sense) -> Result<(), Unusable> {
        let Self { touching, force, bearing, .. } = *self;
        *contact = percepts::Contact { touching, force, bearing };
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }

    /// What a bumper feels is news when it changes.
    fn is_news(before: &Self::Sense, now: &Self::Sense) -> bool {
        before.touching != now.touching
    }
}
