//! An inertial unit (`sensor_msgs/Imu`, REP 145).

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Quaternion, Unusable, Vector3};

messages! {
    /// What an inertial unit feels.
    "sensor_msgs/Imu" Imu {
        /// When, and the unit's frame.
        header: Header,
        /// Its attitude.
        orientation: Quaternion,
        /// Of the rotations about x, y and z, rad²; -1 in the first place: there is no attitude.
        orientation_covariance: [f64; 9],
        /// rad/s.
        angular_velocity: Vector3,
        /// (rad/s)².
        angular_velocity_covariance: [f64; 9],
        /// Specific force, m/s².
        linear_acceleration: Vector3,
        /// (m/s²)².
        linear_acceleration_covariance: [f64; 9],
    }
}

impl Imu {
    /// What it says in the robot's terms; without an attitude if it gives none.
    #[must_use]
    pub fn reading(&self) -> percepts::Imu {
        // Minus one says that the unit does not estimate its attitude.
        let tells_attitude = self.orientation_covariance[0] != -1.0;
        percepts::Imu {
            angular_velocity: (&self.angular_velocity).into(),
            linear_acceleration: (&self.linear_acceleration).into(),
            orientation: self.orientation.rotation().filter(|_| tells_attitude),
        }
    }
}

impl SenseMessage for Imu {
    type Sense = percepts::Imu;
    const TOPIC: Option<&'static str> = Some("imu");
    const VIEW: View = View::Seldom;

    fn from_sense(imu: &Self::Sense, at: &Place<'_>) -> Self {
        let mut message = Self {
            header: at.header(),
            angular_velocity: (&imu.angular_velocity).into(),
            linear_acceleration: (&imu.linear_acceleration).into(),
            ..Self::default()
        };
        if let Some(attitude) = &imu.orientation {
            message.orientation = attitude.into();
        } else {
            message.orientation.w = 1.0;
            message.orientation_covariance[0] = -1.0;
        }
        message
    }

    fn to_sense(&self, _: &SensorDescription, imu: &mut Self::Sense) -> Result<(), Unusable> {
        *imu = self.reading();
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
