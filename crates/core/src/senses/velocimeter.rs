//! A velocimeter with a gyroscope (`geometry_msgs/TwistStamped`), as a Doppler log is one.

use nalgebra::Vector3;
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::sensor_spec;
use super::{Change, Fields, FieldsMut, Measurement, SensorSpec};
use super::FaultKind;
use crate::random::happens;
use crate::random::{Stream, normal};

sensor_spec! {
    /// A velocimeter with a gyroscope: how the sensor moves against the still world, as a Doppler log tells.
    VelocimeterSpec {
        /// The link or frame of the model that it sits on.
        pub link: String,
        /// Errors of its readings.
        #[serde(default)]
        pub noise: VelocimeterNoise,
    }
}

impl SensorSpec for VelocimeterSpec {
    fn link(&self) -> Option<&str> {
        Some(&self.link)
    }
}

/// Errors of a velocimeter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VelocimeterNoise {
    /// Standard deviation of a velocity, m/s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub linear: f64,
    /// Standard deviation of a turning rate, rad/s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub angular: f64,
}

/// How a sensor moves against the still world (`geometry_msgs/TwistStamped`), in the sensor's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BodyTwist {
    /// m/s.
    pub linear_velocity: Vector3<f64>,
    /// rad/s.
    pub angular_velocity: Vector3<f64>,
}

/// How far a velocity (m/s) or a turning rate (rad/s) outside of all reason may lie from none.
const OUTLIER_RATE: f64 = 2.0;

const VELOCITIES: [&str; 3] = ["linear_velocity.x", "linear_velocity.y", "linear_velocity.z"];
const RATES: [&str; 3] = ["angular_velocity.x", "angular_velocity.y", "angular_velocity.z"];

impl Measurement for BodyTwist {
    const POISONED: &'static str = "linear_velocity";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Noise, FaultKind::Outliers, FaultKind::Bias];

    fn blank(_: &VelocimeterSpec, _: usize) -> Self {
        Self::default()
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        VELOCITIES.iter().zip(&self.linear_velocity).for_each(|(name, v)| fields.number(name, *v));
        RATES.iter().zip(&self.angular_velocity).for_each(|(name, v)| fields.number(name, *v));
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        VELOCITIES.iter().zip(&mut self.linear_velocity).for_each(|(name, v)| fields.number(name, v));
        RATES.iter().zip(&mut self.angular_velocity).for_each(|(name, v)| fields.number(name, v));
    }

    fn outlie(&mut self, fraction: f64, stream: &mut Stream) {
        if happens(fraction, stream) {
            let mut draw = |v: &mut f64| *v = stream.random_range(-OUTLIER_RATE..OUTLIER_RATE);
            self.linear_velocity.iter_mut().for_each(&mut draw);
            self.angular_velocity.iter_mut().for_each(&mut draw);
        }
    }

    fn bias(&mut self, offset: [f64; 3]) {
        self.linear_velocity += Vector3::from(offset);
    }

    fn remeasure(&mut self, spec: &VelocimeterSpec, by: &Change<'_, Self>, stream: &mut Stream) {
        let noise = &spec.noise;
        for (vector, std) in
            [(&mut self.linear_velocity, noise.linear), (&mut self.angular_velocity, noise.angular)]
        {
            let std = std * by.added();
            if std > 0.0 {
                vector.iter_mut().for_each(|v| *v += std * normal(stream));
            }
        }
    }
}
