//! The entries of `sensors:` in a robot file: what a body can feel, how well, how often, and how late.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{Problems, Validate};
use crate::noise::{ImuNoise, JointNoise, OdometryNoise, PoseNoise, RangeNoise, VelocimeterNoise};
use crate::ops;

/// How a sense's messages travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transport {
    /// From measurement to arrival, s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub delay: f64,
    /// Share of the messages that are lost.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub loss: f64,
}

/// One sense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Sensor {
    /// A planar range finder that turns counter-clockwise about its z axis.
    Lidar {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// Beams a sweep.
        #[schemars(range(min = 1, max = 10000))]
        beams: u32,
        /// Nearest and farthest distance it can tell, m.
        range: [f64; 2],
        /// First and last angle, rad; the full circle if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        angle: Option<[f64; 2]>,
        /// Sweeps a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: RangeNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; five periods if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A gyroscope and an accelerometer.
    Imu {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: ImuNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A velocimeter with a gyroscope: how the sensor moves against the still world, as a Doppler log tells.
    Velocimeter {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: VelocimeterNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// Dead reckoning from the turning of two wheels.
    WheelOdometry {
        /// Its name; unique on the robot.
        name: String,
        /// The left wheel's joint.
        left: String,
        /// The right wheel's joint.
        right: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: OdometryNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; five periods if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// Encoders of joints.
    JointState {
        /// Its name; unique on the robot.
        name: String,
        /// The joints that it reads; those of the actuators if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        joints: Option<Vec<String>>,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: JointNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A bumper: feels contact of one link with anything but the robot itself.
    Contact {
        /// Its name; unique on the robot.
        name: String,
        /// The link that feels.
        link: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Force from which it answers, N.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 100_000.0))]
        threshold: f64,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// The battery's gauge.
    Battery {
        /// Its name; unique on the robot.
        name: String,
        /// Charge when full, W·h.
        #[schemars(range(min = 0.001, max = 100_000.0))]
        capacity: f64,
        /// Charge at the start, 0 to 1.
        #[serde(default = "Sensor::full")]
        #[schemars(range(min = 0.0, max = 1.0))]
        charge: f64,
        /// Nominal voltage, V.
        #[serde(default = "Sensor::default_voltage")]
        #[schemars(range(min = 0.1, max = 1000.0))]
        voltage: f64,
        /// Drawn by everything but the motors, W.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 10000.0))]
        idle_power: f64,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// Something that knows the map and says where the body is: AMCL, motion capture, camera tags, GNSS.
    Pose {
        /// Its name; unique on the robot.
        name: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors, which it also says of itself.
        #[serde(default)]
        noise: PoseNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A camera with a detector, or microphones: how strongly a beacon is seen or heard in each direction, counter-clockwise about
    /// the z axis of its link.
    Beacon {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// What it senses with.
        by: BeaconSense,
        /// Directions that it tells apart.
        #[serde(default = "Sensor::default_directions")]
        #[schemars(range(min = 2, max = 360))]
        directions: u32,
        /// First and last direction, rad; the full circle if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        angle: Option<[f64; 2]>,
        /// d′ of signal detection: how far a beacon of strength 1 at a distance of 1 m stands out from the background, in the
        /// background's standard deviations. It falls with the distance.
        #[serde(default = "Sensor::default_d_prime")]
        #[schemars(range(min = 0.0, max = 1000.0))]
        d_prime: f64,
        /// How far a direction's tuning reaches, one standard deviation, rad.
        #[serde(default = "Sensor::default_tuning")]
        #[schemars(range(min = 0.01, max = 3.0))]
        tuning: f64,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
}

/// What senses a beacon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BeaconSense {
    /// Light: what stands before a beacon hides it.
    Camera,
    /// Sound: it comes round what stands before it, half as loud.
    Microphones,
}

impl Sensor {
    fn default_directions() -> u32 {
        36
    }
    fn default_d_prime() -> f64 {
        6.0
    }
    fn default_tuning() -> f64 {
        0.2
    }
    fn full() -> f64 {
        1.0
    }
    fn default_voltage() -> f64 {
        12.0
    }

    /// The sense's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Lidar { name, .. }
            | Self::Imu { name, .. }
            | Self::WheelOdometry { name, .. }
            | Self::Velocimeter { name, .. }
            | Self::JointState { name, .. }
            | Self::Contact { name, .. }
            | Self::Battery { name, .. }
            | Self::Pose { name, .. }
            | Self::Beacon { name, .. } => name,
        }
    }

    /// Readings a second, Hz.
    #[must_use]
    pub fn rate(&self) -> f64 {
        match self {
            Self::Lidar { rate, .. }
            | Self::Imu { rate, .. }
            | Self::WheelOdometry { rate, .. }
            | Self::Velocimeter { rate, .. }
            | Self::JointState { rate, .. }
            | Self::Contact { rate, .. }
            | Self::Battery { rate, .. }
            | Self::Pose { rate, .. }
            | Self::Beacon { rate, .. } => *rate,
        }
    }

    /// How its messages travel.
    #[must_use]
    pub fn transport(&self) -> Transport {
        match self {
            Self::Lidar { transport, .. }
            | Self::Imu { transport, .. }
            | Self::WheelOdometry { transport, .. }
            | Self::Velocimeter { transport, .. }
            | Self::JointState { transport, .. }
            | Self::Contact { transport, .. }
            | Self::Battery { transport, .. }
            | Self::Pose { transport, .. }
            | Self::Beacon { transport, .. } => *transport,
        }
    }

    /// The same sense with another deadline.
    #[must_use]
    pub fn with_deadline(&self, to: Option<f64>) -> Self {
        let mut sensor = self.clone();
        match &mut sensor {
            Self::Lidar { deadline, .. }
            | Self::Imu { deadline, .. }
            | Self::WheelOdometry { deadline, .. }
            | Self::Velocimeter { deadline, .. }
            | Self::JointState { deadline, .. }
            | Self::Contact { deadline, .. }
            | Self::Battery { deadline, .. }
            | Self::Pose { deadline, .. }
            | Self::Beacon { deadline, .. } => *deadline = to,
        }
        sensor
    }

    /// The longest silence that the body may go on through, s.
    ///
    /// The senses that steer (range finder, wheel odometry) have a deadline even if the file gives none.
    #[must_use]
    pub fn deadline(&self) -> Option<f64> {
        match self {
            Self::Lidar { deadline, .. } | Self::WheelOdometry { deadline, .. } => {
                Some(deadline.unwrap_or(5.0 / self.rate() + self.transport().delay))
            }
            Self::Imu { deadline, .. }
            | Self::Velocimeter { deadline, .. }
            | Self::JointState { deadline, .. }
            | Self::Contact { deadline, .. }
            | Self::Battery { deadline, .. }
            | Self::Pose { deadline, .. }
            | Self::Beacon { deadline, .. } => *deadline,
        }
    }
}

impl Validate for Sensor {
    fn validate(&self, problems: &mut Problems<'_>) {
        if let Self::Lidar { range, .. } = self
            && !(range[0] >= 0.0 && range[1] > range[0] && range[1] <= 1000.0)
        {
            problems.help(
                "/range",
                format!("the range [{}, {}] m is not possible", range[0], range[1]),
                "give [nearest, farthest] with 0 <= nearest < farthest <= 1000",
            );
        }
        if let Self::Lidar { angle: Some(angle), .. } | Self::Beacon { angle: Some(angle), .. } = self
            && !(angle[1] > angle[0] && angle[1] - angle[0] <= 2.0 * ops::PI + 1e-3)
        {
            problems.help(
                "/angle",
                format!("the angles [{}, {}] rad are not possible", angle[0], angle[1]),
                "give [first, last] in radians, at most one turn apart",
            );
        }
    }
}
