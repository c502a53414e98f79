//! The readings of senses as messages, and messages as readings: one file a sense, both directions side by side.
//!
//! A sense is added here by a file with its message, an implementation of [`SenseMessage`] in it, and one line in
//! `senses!` below; the compiler asks for that line as soon as there is a new kind of reading.

use neuraxis_core::body::SensorDescription;
use neuraxis_core::{Reading, Stamp};
use serde::de::DeserializeOwned;

pub use laser_scan::MAX_BEAMS;

use crate::{Header, Message, Unusable, cdr};

/// The names of a robot's frames (REP 105).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frames {
    /// The map.
    pub map: String,
    /// Smooth odometry.
    pub odom: String,
    /// The body.
    pub base: String,
}

/// When and where a reading was taken.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// When.
    pub stamp: Stamp,
    /// The frame of the sensor.
    pub frame: &'a str,
    /// The robot's frames.
    pub frames: &'a Frames,
    /// The sense.
    pub sensor: &'a SensorDescription,
}

impl Place<'_> {
    /// The header of what was measured in the sensor's frame.
    #[must_use]
    pub fn header(&self) -> Header {
        Header::new(self.stamp, self.frame)
    }
}

/// How often a sense is worth a message for those who look on; a trace holds every reading all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Each reading.
    Each,
    /// As often as one wants to see a body move.
    Often,
    /// At a glance.
    Seldom,
}

/// A message that carries the readings of a kind of sense.
pub trait SenseMessage: Message + DeserializeOwned {
    /// The reading.
    type Sense;
    /// ROS's usual topic for it; `None` if no sense of the kind is the usual one, and each goes by its own name.
    const TOPIC: Option<&'static str>;
    /// How often it is worth a message.
    const VIEW: View;

    /// The message of a reading.
    fn from_sense(sense: &Self::Sense, at: &Place<'_>) -> Self;

    /// Overwrites `sense`, a reading of the sense that `sensor` describes, with what the message says; an error leaves it as it was.
    ///
    /// # Errors
    /// If the message does not fit the description, or does not say what the sense is there for.
    fn to_sense(&self, sensor: &SensorDescription, sense: &mut Self::Sense) -> Result<(), Unusable>;

    /// Its header.
    fn header(&self) -> &Header;

    /// Whether `now` is worth a message at once, however short ago `before` was.
    #[must_use]
    fn is_news(_before: &Self::Sense, _now: &Self::Sense) -> bool {
        false
    }
}

/// The message that carries a kind of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// `package/Name` of the message.
    pub name: &'static str,
    /// ROS's usual topic for it, if there is one.
    pub topic: Option<&'static str>,
    /// How often it is worth a message.
    pub view: View,
}

/// Which message carries which reading, and its file: one line a sense.
macro_rules! senses {
    ($($file:ident: $reading:ident => $message:ident,)*) => {
        $(mod $file; pub use $file::$message;)*

        /// Package and name of every message that carries readings, and its definition.
        pub(crate) const DEFINITIONS: &[(&str, &str)] =
            &[$((<$message as Message>::NAME, <$message as Message>::DEFINITION)),*];

        /// Their fields as their Rust types have them.
        #[cfg(test)]
        pub(crate) fn rust_fields() -> Vec<crate::definition::RustFields> {
            vec![$((<$message as Message>::NAME, <$message as Message>::fields())),*]
        }

        /// What carries readings of the kind of `reading`.
        #[must_use]
        pub fn carrier(reading: &Reading) -> Carrier {
            match reading {
                $(Reading::$reading(_) => Carrier {
                    name: <$message as Message>::NAME,
                    topic: <$message as SenseMessage>::TOPIC,
                    view: <$message as SenseMessage>::VIEW,
                },)*
            }
        }

        /// Overwrites `bytes` with the message of `reading`, in CDR.
        pub fn encode_reading(reading: &Reading, at: &Place<'_>, bytes: &mut Vec<u8>) {
            match reading {
                $(Reading::$reading(sense) => cdr::encode(&<$message>::from_sense(sense, at), bytes),)*
            }
        }

        /// Overwrites `reading`, one of the sense that `sensor` describes, with what the message in `bytes` says; when and in which
        /// frame that was measured. An error leaves the reading as it was.
        ///
        /// # Errors
        /// If the bytes are no such message, or it does not fit the sense.
        pub fn decode_reading(
            bytes: &[u8],
            sensor: &SensorDescription,
            reading: &mut Reading,
        ) -> Result<Header, Unusable> {
            match reading {
                $(Reading::$reading(sense) => {
                    let message: $message = cdr::decode(bytes)?;
                    message.to_sense(sensor, sense)?;
                    Ok(message.header().clone())
                })*
            }
        }

        /// Whether `now` is worth a message at once, however short ago `before`, of the same sense, was.
        #[must_use]
        pub fn is_news(before: &Reading, now: &Reading) -> bool {
            match (before, now) {
                $((Reading::$reading(before), Reading::$reading(now)) => {
                    <$message as SenseMessage>::is_news(before, now)
                })*
                _ => true,
            }
        }
    };
}

senses! {
    laser_scan: Scan => LaserScan,
    imu: Imu => Imu,
    velocimeter: Twist => TwistStamped,
    odometry: Odometry => Odometry,
    joint_state: Joints => JointState,
    contact: Contact => Contact,
    battery_state: Battery => BatteryState,
    absolute_pose: Pose => PoseWithCovarianceStamped,
    bearing_activity: BearingActivity => BearingActivity,
    range: Range => Range,
}

/// The topic of each sense: ROS's usual name for the first of a kind, its own for the others.
#[must_use]
pub fn topics(sensors: &[SensorDescription]) -> Vec<String> {
    let usual: Vec<&str> = sensors
        .iter()
        .map(|sensor| carrier(&sensor.blank()).topic.unwrap_or_else(|| sensor.sensor.name()))
        .collect();
    let is_first = |i: usize| !usual[..i].contains(&usual[i]);
    (0..sensors.len())
        .map(|i| if is_first(i) { usual[i] } else { sensors[i].sensor.name() }.to_owned())
        .collect()
}
