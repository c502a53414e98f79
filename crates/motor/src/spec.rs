//! The `motor:` block of a robot file: which circuit, and what it is made of.

use neuraxis_core::file::{Problems, Validate};
use neuraxis_neural::CircuitSpec;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::mlp::MlpSpec;
use crate::quadruped::QuadrupedSpec;
use crate::swimmer::SwimmerSpec;
use crate::wired::WiredSpec;

/// The circuit that moves the body.
#[expect(clippy::large_enum_variant, reason = "a robot has one, and reads it once")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "circuit", rename_all = "snake_case", deny_unknown_fields)]
pub enum MotorSpec {
    /// Two wheels on one axle.
    DifferentialDrive {},
    /// Two driven wheels behind, two steered ones in front.
    Ackermann {},
    /// A chain of links that swims as a nematode does.
    Swimmer(SwimmerSpec),
    /// Four legs that are moved as a spinal cord does.
    Quadruped(QuadrupedSpec),
    /// A multilayer perceptron: the plain baseline of the others.
    Mlp(MlpSpec),
    /// A circuit of one's own, written in YAML.
    Wired(WiredSpec),
}

impl Default for MotorSpec {
    fn default() -> Self {
        Self::DifferentialDrive {}
    }
}

impl Validate for MotorSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        match self {
            Self::DifferentialDrive {} | Self::Ackermann {} => {}
            Self::Swimmer(spec) => spec.validate(problems),
            Self::Quadruped(spec) => spec.validate(problems),
            Self::Mlp(spec) => spec.validate(problems),
            Self::Wired(spec) => spec.validate(problems),
        }
    }
}

impl MotorSpec {
    /// The file of a circuit of one's own, seen from the robot's file, if it is not loaded yet. It stands at `/file` of the block.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Wired(WiredSpec { file: Some(file), wiring: None, .. }) => Some(file),
            _ => None,
        }
    }

    /// Hands over what was in that file.
    pub fn set_wiring(&mut self, wiring: CircuitSpec) {
        if let Self::Wired(spec) = self {
            spec.wiring = Some(wiring);
        }
    }
}
