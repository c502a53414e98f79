//! The `motor:` block of a robot file: which circuit, and what it is made of.

use neuraxis_core::file::{Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mlp::MlpSpec;
use crate::quadruped::QuadrupedSpec;
use crate::swimmer::SwimmerSpec;

/// The circuit that moves the body.
#[expect(clippy::large_enum_variant, reason = "a robot has one, and reads it once")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "circuit", rename_all = "snake_case", deny_unknown_fields)]
pub enum MotorSpec {
    /// Two wheels on one axle.
    DifferentialDrive {},
    /// A chain of links that swims as a nematode does.
    Swimmer(SwimmerSpec),
    /// Four legs that are moved as a spinal cord does.
    Quadruped(QuadrupedSpec),
    /// A multilayer perceptron: the plain baseline of the others.
    Mlp(MlpSpec),
}

impl Default for MotorSpec {
    fn default() -> Self {
        Self::DifferentialDrive {}
    }
}

impl Validate for MotorSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        match self {
            Self::DifferentialDrive {} => {}
            Self::Swimmer(spec) => spec.validate(problems),
            Self::Quadruped(spec) => spec.validate(problems),
            Self::Mlp(spec) => spec.validate(problems),
        }
    }
}
