//! A single cone that tells one distance (`sensor_msgs/Range`).

use neuraxis_core::body::SensorDescription;
use neuraxis_core::senses::{self, Radiation, Sensor};

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Unusable};

messages! {
    /// The distance of the nearest thing in a cone about the x axis of the sensor's frame.
    "sensor_msgs/Range" Range {
        /// When it was measured, and the sensor's frame.
        header: Header,
        /// 0 ultrasound, 1 infrared.
        radiation_type: u8,
        /// Angle of the whole cone, rad.
        field_of_view: f32,
        /// Nearest distance that can be told, m.
        min_range: f32,
        /// Farthest distance that can be told, m.
        max_range: f32,
        /// m (REP 117).
        range: f32,
        /// Of the distance, m²; 0 if it is not known.
        variance: f32,
    }
}

impl SenseMessage for Range {
    type Sense = senses::Range;
    /// A body has several of them, and none is the usual one.
    const TOPIC: Option<&'static str> = None;
    const VIEW: View = View::Often;

    fn from_sense(cone: &Self::Sense, at: &Place<'_>) -> Self {
        let std = if let Sensor::Range(spec) = &at.sensor.sensor { spec.noise.std } else { 0.0 };
        Self {
            header: at.header(),
            radiation_type: match cone.radiation {
                Radiation::Ultrasound => 0,
                Radiation::Infrared => 1,
            },
            field_of_view: cone.field_of_view as f32,
            min_range: cone.range_min as f32,
            max_range: cone.range_max as f32,
            range: cone.range,
            variance: (std * std) as f32,
        }
    }

    /// The distance; what is not within the limits of the robot file counts as too near or as nothing, as `sensor_msgs/Range` asks for.
    fn to_sense(&self, _: &SensorDescription, cone: &mut Self::Sense) -> Result<(), Unusable> {
        let range = f64::from(self.range);
        cone.range = if range < cone.range_min {
            f32::NEG_INFINITY
        } else if range > cone.range_max {
            f32::INFINITY
        } else {
            self.range
        };
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
