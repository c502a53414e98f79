//! The `fusion:` block of a brain.

use neuraxis_core::file::{Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From senses to a belief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FusionSpec {
    /// How cues are combined.
    #[serde(default)]
    pub rule: Rule,
    /// Whether range scans correct the pose by being matched to the map; off, they only draw it.
    #[serde(default = "FusionSpec::default_scan_matching")]
    pub scan_matching: bool,
    /// The map that is drawn on the way.
    #[serde(default)]
    pub map: MapSpec,
    /// How far the cues are trusted.
    #[serde(default)]
    pub noise: NoiseSpec,
}

impl FusionSpec {
    fn default_scan_matching() -> bool {
        true
    }
}

impl Default for FusionSpec {
    fn default() -> Self {
        Self {
            rule: Rule::default(),
            scan_matching: true,
            map: MapSpec::default(),
            noise: NoiseSpec::default(),
        }
    }
}

/// How cues are combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// An extended Kalman filter over odometry, gyroscope and scan matching.
    #[default]
    Ekf,
    /// Wheel odometry alone.
    Odometry,
}

/// The map's measures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapSpec {
    /// Edge of a cell, m.
    #[serde(default = "MapSpec::default_resolution")]
    #[schemars(range(min = 0.01, max = 1.0))]
    pub resolution: f64,
    /// Extent along x and y around the start, m.
    #[serde(default = "MapSpec::default_size")]
    pub size: [f64; 2],
}

impl MapSpec {
    fn default_resolution() -> f64 {
        0.05
    }
    fn default_size() -> [f64; 2] {
        [40.0, 40.0]
    }
}

impl Default for MapSpec {
    fn default() -> Self {
        Self { resolution: Self::default_resolution(), size: Self::default_size() }
    }
}

/// Standard deviations of the cues.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoiseSpec {
    /// Of the wheels' path, m for each √m driven.
    #[serde(default = "NoiseSpec::default_odometry_linear")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub odometry_linear: f64,
    /// Of the wheels' turn, rad for each √rad turned.
    #[serde(default = "NoiseSpec::default_odometry_angular")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub odometry_angular: f64,
    /// Of a turning rate from the gyroscope, rad/s.
    #[serde(default = "NoiseSpec::default_gyro")]
    #[schemars(range(min = 0.00001, max = 10.0))]
    pub gyro: f64,
    /// Of the gyroscope's constant error before anything is known of it, rad/s.
    #[serde(default = "NoiseSpec::default_gyro_bias")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gyro_bias: f64,
    /// Of a matched position, at best, m.
    #[serde(default = "NoiseSpec::default_scan_position")]
    #[schemars(range(min = 0.0001, max = 1.0))]
    pub scan_position: f64,
    /// Of a matched heading, at best, rad.
    #[serde(default = "NoiseSpec::default_scan_heading")]
    #[schemars(range(min = 0.0001, max = 1.0))]
    pub scan_heading: f64,
}

impl NoiseSpec {
    fn default_odometry_linear() -> f64 {
        0.03
    }
    fn default_odometry_angular() -> f64 {
        0.05
    }
    fn default_gyro() -> f64 {
        0.005
    }
    fn default_gyro_bias() -> f64 {
        0.005
    }
    fn default_scan_position() -> f64 {
        0.01
    }
    fn default_scan_heading() -> f64 {
        0.005
    }
}

impl Default for NoiseSpec {
    fn default() -> Self {
        Self {
            odometry_linear: Self::default_odometry_linear(),
            odometry_angular: Self::default_odometry_angular(),
            gyro: Self::default_gyro(),
            gyro_bias: Self::default_gyro_bias(),
            scan_position: Self::default_scan_position(),
            scan_heading: Self::default_scan_heading(),
        }
    }
}

impl Validate for FusionSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        let MapSpec { resolution, size } = self.map;
        let cells = |length: f64| length / resolution;
        if !size.iter().all(|s| *s > 0.0 && cells(*s) >= 1.0 && cells(*s) <= 4096.0) {
            problems.help(
                "/map/size",
                format!("a map of {} by {} m at {resolution} m a cell is not possible", size[0], size[1]),
                "a side has 1 to 4096 cells: choose another size or a coarser resolution",
            );
        }
    }
}
