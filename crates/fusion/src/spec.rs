//! The `fusion:` block of a brain.

use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::file::{Problems, Validate};
use neuraxis_core::robot::Sensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From senses to a belief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FusionSpec {
    /// The rule by which cues are combined.
    #[serde(default)]
    pub rule: Rule,
    /// What the body moves in: the plane, or space. If not given, the plane for a body with wheels, and space for
    /// any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<Space>,
    /// Whether range scans correct the pose by being matched to the map; off, they only draw it.
    #[serde(default = "FusionSpec::default_scan_matching")]
    pub scan_matching: bool,
    /// The occupancy grid that is drawn on the way.
    #[serde(default)]
    pub map: MapSpec,
    /// The nominal noise of the cues: their standard deviations.
    #[serde(default)]
    pub noise: NoiseSpec,
    /// What the rule `inverse_effectiveness` does about cues that err; each part can be switched off.
    #[serde(default)]
    #[schemars(extend("x-formerly" = ["honesty"]))]
    pub robustness: RobustnessSpec,
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
            space: None,
            scan_matching: true,
            map: MapSpec::default(),
            noise: NoiseSpec::default(),
            robustness: RobustnessSpec::ALL,
        }
    }
}

impl FusionSpec {
    /// What the estimate of `body` is in.
    #[must_use]
    pub fn space_of(&self, body: &BodyDescription) -> Space {
        let rolls = |s: &SensorDescription| matches!(s.sensor, Sensor::WheelOdometry { .. });
        let has_wheels = body.drive.is_some() || body.sensors.iter().any(rolls);
        self.space.unwrap_or(if has_wheels { Space::Se2 } else { Space::Se3 })
    }

    /// The switches as the rule has them.
    #[must_use]
    pub fn effective_robustness(&self) -> RobustnessSpec {
        match self.rule {
            Rule::InverseEffectiveness => self.robustness,
            Rule::EkfGated => RobustnessSpec { gating: true, ..RobustnessSpec::NONE },
            Rule::Ekf | Rule::Odometry => RobustnessSpec::NONE,
        }
    }
}

/// How cues are combined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A Kalman filter that works out online what each cue is worth.
    #[default]
    InverseEffectiveness,
    /// The plain extended Kalman filter: every cue is as good as its nominal noise says.
    Ekf,
    /// The same, and a cue that is further off than chance explains is left out.
    EkfGated,
    /// Wheel odometry alone.
    Odometry,
}

/// What a body moves in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Space {
    /// The plane: x, y and heading.
    Se2,
    /// Space: position and attitude, with the velocity and the errors of the inertial unit as states.
    Se3,
}

impl Space {
    /// As the robot's file writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Se2 => "se2",
            Self::Se3 => "se3",
        }
    }
}

/// What is done about cues that err.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RobustnessSpec {
    /// The noise of each absolute cue is learned from the differences of its innovations.
    #[schemars(extend("x-formerly" = ["noise"]))]
    pub noise_adaptation: bool,
    /// A sense that repeats itself to the bit while the body moves is left out.
    #[schemars(extend("x-formerly" = ["stuck"]))]
    pub stuck_detection: bool,
    /// An absolute cue that is off for long, alone, while another is where the prediction is, is left out.
    #[schemars(extend("x-formerly" = ["bias"]))]
    pub bias_detection: bool,
    /// When two absolute cues err in the same way, the prediction is held to be at fault, and the constant errors of wheels and
    /// gyroscope are learned anew.
    #[schemars(extend("x-formerly" = ["blame"]))]
    pub fault_isolation: bool,
    /// When two absolute cues agree on another place, or one insists on it, the pose's covariance is inflated.
    pub recovery: bool,
    /// A cue that is further off than chance explains is left out.
    #[schemars(extend("x-formerly" = ["gate"]))]
    pub gating: bool,
}

impl RobustnessSpec {
    /// Everything.
    pub const ALL: Self = Self {
        noise_adaptation: true,
        stuck_detection: true,
        bias_detection: true,
        fault_isolation: true,
        recovery: true,
        gating: true,
    };
    /// Nothing.
    pub const NONE: Self = Self {
        noise_adaptation: false,
        stuck_detection: false,
        bias_detection: false,
        fault_isolation: false,
        recovery: false,
        gating: false,
    };
}

impl Default for RobustnessSpec {
    fn default() -> Self {
        Self::ALL
    }
}

/// The map's measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MapSpec {
    /// Edge of a cell of the map, m.
    #[serde(default = "MapSpec::default_resolution")]
    #[schemars(range(min = 0.01, max = 1.0))]
    pub resolution: f64,
    /// Extent along x and y around the start, m.
    #[serde(default = "MapSpec::default_size")]
    pub size: [f64; 2],
    /// A ROS map (`map.yaml`) of the place, seen from this file: the body knows it from the start, and the map has its
    /// resolution and extent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
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
        Self { resolution: Self::default_resolution(), size: Self::default_size(), file: None }
    }
}

/// Standard deviations of the cues.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoiseSpec {
    /// Standard deviation of the wheels' path, m for each √m driven.
    #[serde(default = "NoiseSpec::default_odometry_linear")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub odometry_linear: f64,
    /// Standard deviation of the wheels' turn, rad for each √rad turned.
    #[serde(default = "NoiseSpec::default_odometry_angular")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub odometry_angular: f64,
    /// Standard deviation of the wheels' scale error (how much farther or less far they go than they say), as a share.
    #[serde(default = "NoiseSpec::default_odometry_scale")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub odometry_scale: f64,
    /// Random walk of the wheels' scale error, as a share for each √s.
    #[serde(default = "NoiseSpec::default_scale_walk")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub scale_walk: f64,
    /// Standard deviation of a turning rate from the gyroscope, rad/s.
    #[serde(default = "NoiseSpec::default_gyro")]
    #[schemars(range(min = 0.00001, max = 10.0))]
    pub gyro: f64,
    /// Standard deviation of the gyroscope's bias before anything is known of it, rad/s.
    #[serde(default = "NoiseSpec::default_gyro_bias")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gyro_bias: f64,
    /// Random walk of the gyroscope's bias, rad/s for each √s.
    #[serde(default = "NoiseSpec::default_gyro_walk")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub gyro_walk: f64,
    /// Standard deviation of an acceleration that the accelerometer reads, m/s².
    #[serde(default = "NoiseSpec::default_accelerometer")]
    #[schemars(range(min = 0.0001, max = 100.0))]
    pub accelerometer: f64,
    /// Standard deviation of the accelerometer's bias before anything is known of it, m/s².
    #[serde(default = "NoiseSpec::default_accelerometer_bias")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub accelerometer_bias: f64,
    /// Random walk of the accelerometer's bias, m/s² for each √s.
    #[serde(default = "NoiseSpec::default_accelerometer_walk")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub accelerometer_walk: f64,
    /// Standard deviation of the velocity of a foot that stands, m/s.
    #[serde(default = "NoiseSpec::default_foot")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub foot: f64,
    /// Standard deviation of a position that was matched to the map, at best, m.
    #[serde(default = "NoiseSpec::default_scan_position")]
    #[schemars(range(min = 0.0001, max = 1.0))]
    pub scan_position: f64,
    /// Standard deviation of a heading that was matched to the map, at best, rad.
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
    fn default_odometry_scale() -> f64 {
        0.005
    }
    fn default_scale_walk() -> f64 {
        0.0002
    }
    fn default_gyro() -> f64 {
        0.005
    }
    fn default_gyro_bias() -> f64 {
        0.005
    }
    fn default_gyro_walk() -> f64 {
        0.0001
    }
    fn default_accelerometer() -> f64 {
        0.1
    }
    fn default_accelerometer_bias() -> f64 {
        0.1
    }
    fn default_accelerometer_walk() -> f64 {
        0.001
    }
    fn default_foot() -> f64 {
        0.05
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
            odometry_scale: Self::default_odometry_scale(),
            scale_walk: Self::default_scale_walk(),
            gyro: Self::default_gyro(),
            gyro_bias: Self::default_gyro_bias(),
            gyro_walk: Self::default_gyro_walk(),
            accelerometer: Self::default_accelerometer(),
            accelerometer_bias: Self::default_accelerometer_bias(),
            accelerometer_walk: Self::default_accelerometer_walk(),
            foot: Self::default_foot(),
            scan_position: Self::default_scan_position(),
            scan_heading: Self::default_scan_heading(),
        }
    }
}

impl Validate for FusionSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        let MapSpec { resolution, size, .. } = self.map;
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
