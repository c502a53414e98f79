//! Where a beacon is seen or heard (`neuraxis_msgs/BearingActivity`).

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Unusable};

messages! {
    /// How strongly a beacon is seen or heard in each direction.
    "neuraxis_msgs/BearingActivity" BearingActivity {
        /// When, and the sensor's frame.
        header: Header,
        /// The first direction, rad from the x axis of the frame.
        angle_min: f64,
        /// From one direction to the next, rad, positive counter-clockwise.
        angle_increment: f64,
        /// One number a direction, in standard deviations of the background, whose mean is 0.
        activity: Vec<f32>,
    }
}

impl SenseMessage for BearingActivity {
    type Sense = percepts::BearingActivity;
    const TOPIC: Option<&'static str> = None;
    const VIEW: View = View::Seldom;

    fn from_sense(azimuth: &Self::Sense, at: &Place<'_>) -> Self {
        Self {
            header: at.header(),
            angle_min: azimuth.angle_min,
            angle_increment: azimuth.angle_increment,
            activity: azimuth.activity.clone(),
        }
    }

    fn to_sense(&self, _: &SensorDescription, azimuth: &mut Self::Sense) -> Result<(), Unusable> {
        let (found, wanted) = (self.activity.len(), azimuth.activity.len());
        if found != wanted {
            return Err(Unusable::Count { what: "directions", found, wanted });
        }
        let off = (self.angle_min - azimuth.angle_min).abs()
            + (self.angle_increment - azimuth.angle_increment).abs() * wanted as f64;
        if off.is_nan() || off > 0.5 * azimuth.angle_increment.abs().max(1e-6) {
            return Err(Unusable::Directions);
        }
        azimuth.activity.copy_from_slice(&self.activity);
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
