//! The errors of a robot's senses, as its file gives them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Errors of a range finder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeNoise {
    /// Standard deviation of a range, m.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub std: f64,
    /// Share of the beams that return nothing.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub dropout: f64,
    /// Share of the beams that return any distance at all.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub outliers: f64,
    /// Step in which it tells distances, m; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub resolution: f64,
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

/// Errors of joint encoders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JointNoise {
    /// Step in which positions are told, rad or m; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub position_resolution: f64,
    /// Step in which velocities are told, rad/s or m/s; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub velocity_resolution: f64,
    /// Step in which efforts are told, N·m or N; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub effort_resolution: f64,
}

/// Errors of wheel odometry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OdometryNoise {
    /// Standard deviation of each wheel's path, as a share of the path: drawn anew for each reading.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub proportional: f64,
    /// Standard deviation of each wheel's radius error, as a share: drawn once at the start.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub calibration: f64,
}

/// Errors of something that knows the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoseNoise {
    /// Standard deviation of x and of y, m.
    #[serde(default = "PoseNoise::default_position")]
    #[schemars(range(min = 0.0001, max = 100.0))]
    pub position: f64,
    /// Standard deviation of the heading, rad; it does not tell the heading if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub heading: Option<f64>,
    /// Standard deviation of the height, m; it does not tell the height if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 100.0))]
    pub height: Option<f64>,
    /// Standard deviation of roll and of pitch, rad; it does not tell them if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub tilt: Option<f64>,
}

impl PoseNoise {
    fn default_position() -> f64 {
        0.05
    }
}

impl Default for PoseNoise {
    fn default() -> Self {
        Self { position: Self::default_position(), heading: None, height: None, tilt: None }
    }
}
