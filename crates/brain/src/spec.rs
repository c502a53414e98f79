//! The `brain:` block of a robot file.

use neuraxis_cognition::CognitionSpec;
use neuraxis_core::file::{Problems, Validate};
use neuraxis_fusion::FusionSpec;
use neuraxis_motor::MotorSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SafetySpec;

/// What a robot thinks with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BrainSpec {
    /// Rate at which the brain decides, Hz.
    #[serde(default = "BrainSpec::default_rate")]
    #[schemars(range(min = 1.0, max = 2000.0))]
    pub rate: f64,
    /// After its first tick the body is held still for so long, s, so that the gyroscope's error can be
    /// learned while nothing moves.
    #[serde(default = "BrainSpec::default_settle")]
    #[schemars(range(min = 0.0, max = 60.0))]
    pub settle: f64,
    /// Whether obstacles and slip that are felt take speed away before the plan knows of them.
    #[serde(default = "BrainSpec::default_reflexes")]
    pub reflexes: bool,
    /// Whether a body that wants nothing turns to a beacon that it sees or hears.
    #[serde(default)]
    pub orienting: bool,
    /// The estimator: from senses to a belief.
    #[serde(default)]
    pub fusion: FusionSpec,
    /// The navigator: from belief and goal to a drive.
    #[serde(default)]
    pub cognition: CognitionSpec,
    /// The motor circuit: from drive to a command.
    #[serde(default)]
    pub motor: MotorSpec,
    /// The supervisor, which has the last word.
    #[serde(default)]
    pub safety: SafetySpec,
}

impl BrainSpec {
    fn default_rate() -> f64 {
        100.0
    }
    fn default_reflexes() -> bool {
        true
    }
    fn default_settle() -> f64 {
        1.0
    }
}

impl Validate for BrainSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        if self.safety.tilt.is_some() && self.fusion.space == Some(neuraxis_fusion::Space::Se2) {
            problems.help(
                "/brain/safety/tilt",
                "an estimate in the plane never leans",
                "set `space: se3` under `fusion`, or leave out `tilt`",
            );
        }
        problems.inside("/brain/fusion", |problems| self.fusion.validate(problems));
        problems.inside("/brain/cognition", |problems| self.cognition.validate(problems));
        problems.inside("/brain/motor", |problems| self.motor.validate(problems));
    }
}
