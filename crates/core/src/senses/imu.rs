//! An inertial unit: a gyroscope and an accelerometer (`sensor_msgs/Imu`).

use nalgebra::{UnitQuaternion, Vector3};
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::sensor_spec;
use super::{Change, Fields, FieldsMut, Measurement, SensorSpec};
use super::FaultKind;
use crate::random::happens;
use crate::random::{Stream, normal};

sensor_spec! {
    /// A gyroscope and an accelerometer.
    ImuSpec {
        /// The link or frame of the model that it sits on.
        pub link: String,
        /// Errors of its readings.
        #[serde(default)]
        pub noise: ImuNoise,
    }
}

impl SensorSpec for ImuSpec {
    fn link(&self) -> Option<&str> {
        Some(&self.link)
    }
}

/// Errors of an inertial unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImuNoise {
    /// Standard deviation of a turning rate, rad/s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub gyro: f64,
    /// Standard deviation of the turning rate's constant error, drawn at the start, rad/s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gyro_bias: f64,
    /// Standard deviation of an acceleration, m/s².
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub accelerometer: f64,
    /// Standard deviation of the acceleration's constant error, drawn at the start, m/s².
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub accelerometer_bias: f64,
    /// Step in which it tells turning rates, rad/s; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gyro_resolution: f64,
    /// Step in which it tells accelerations, m/s²; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub accelerometer_resolution: f64,
    /// Time over which it averages what it feels, as its low-pass filter does, s: 10 ms are a bandwidth of 44 Hz.
    #[serde(default = "ImuNoise::default_window")]
    #[schemars(range(min = 0.0, max = 0.1))]
    pub window: f64,
}

impl ImuNoise {
    fn default_window() -> f64 {
        0.01
    }
}

impl Default for ImuNoise {
    fn default() -> Self {
        Self {
            gyro: 0.0,
            gyro_bias: 0.0,
            accelerometer: 0.0,
            accelerometer_bias: 0.0,
            gyro_resolution: 0.0,
            accelerometer_resolution: 0.0,
            window: Self::default_window(),
        }
    }
}

/// An inertial unit's reading (`sensor_msgs/Imu`), in the sensor's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Imu {
    /// rad/s.
    pub angular_velocity: Vector3<f64>,
    /// Specific force, m/s²: at rest it reads +9.81 upwards.
    pub linear_acceleration: Vector3<f64>,
    /// Attitude, if the unit estimates one.
    pub orientation: Option<UnitQuaternion<f64>>,
}

/// How far a turning rate outside of all reason may lie from none, rad/s.
const OUTLIER_RATE: f64 = 2.0;

const RATES: [&str; 3] = ["angular_velocity.x", "angular_velocity.y", "angular_velocity.z"];
const FORCES: [&str; 3] = ["linear_acceleration.x", "linear_acceleration.y", "linear_acceleration.z"];
const ATTITUDE: [&str; 4] = ["orientation.x", "orientation.y", "orientation.z", "orientation.w"];

impl Measurement for Imu {
    const POISONED: &'static str = "angular_velocity";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Noise, FaultKind::Outliers, FaultKind::Bias];

    fn blank(_: &ImuSpec, _: usize) -> Self {
        Self::default()
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        RATES.iter().zip(&self.angular_velocity).for_each(|(name, v)| fields.number(name, *v));
        FORCES.iter().zip(&self.linear_acceleration).for_each(|(name, v)| fields.number(name, *v));
        if let Some(attitude) = &self.orientation {
            // Nobody integrates it, so a unit whose estimate of it fails stops no body.
            ATTITUDE.iter().zip(&attitude.coords).for_each(|(name, v)| fields.unchecked(name, *v));
        }
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        RATES.iter().zip(&mut self.angular_velocity).for_each(|(name, v)| fields.number(name, v));
        FORCES.iter().zip(&mut self.linear_acceleration).for_each(|(name, v)| fields.number(name, v));
        if let Some(attitude) = &mut self.orientation {
            let coords = &mut attitude.as_mut_unchecked().coords;
            ATTITUDE.iter().zip(coords).for_each(|(name, v)| fields.number(name, v));
        }
    }

    fn restore(&mut self, numbers: &[f64], list: &[f32]) -> bool {
        let attitude = match numbers.len() {
            6 => None,
            10 => Some(UnitQuaternion::identity()),
            _ => return false,
        };
        if !list.is_empty() {
            return false;
        }
        self.orientation = attitude;
        self.take(numbers, list);
        true
    }

    fn outlie(&mut self, fraction: f64, stream: &mut Stream) {
        if happens(fraction, stream) {
            let mut draw = |rate: &mut f64| *rate = stream.random_range(-OUTLIER_RATE..OUTLIER_RATE);
            self.angular_velocity.iter_mut().for_each(&mut draw);
        }
    }

    fn bias(&mut self, offset: [f64; 3]) {
        self.angular_velocity += Vector3::from(offset);
    }

    fn remeasure(&mut self, spec: &ImuSpec, by: &Change<'_, Self>, stream: &mut Stream) {
        let noise = &spec.noise;
        for (vector, std) in
            [(&mut self.angular_velocity, noise.gyro), (&mut self.linear_acceleration, noise.accelerometer)]
        {
            let std = std * by.added();
            if std > 0.0 {
                vector.iter_mut().for_each(|v| *v += std * normal(stream));
            }
        }
    }
}
