//! Motor circuits: they turn the descending [`Drive`] into a [`Command`] for the actuators.
//!
//! The [`Drive`] is the waist of the hourglass: what is above it knows nothing of wheels or legs.

pub mod differential_drive;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::file::{Problems, Validate};
use neuraxis_core::{Command, Drive, Percepts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use differential_drive::DifferentialDriveCircuit;

/// The `motor:` block of a robot file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MotorSpec {
    /// Which circuit.
    #[serde(default)]
    pub circuit: CircuitKind,
}

/// The circuits that there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CircuitKind {
    /// Two wheels on one axle.
    #[default]
    DifferentialDrive,
}

impl Validate for MotorSpec {
    fn validate(&self, _: &mut Problems<'_>) {}
}

/// Turns a drive into a command, once a tick.
pub trait MotorCircuit: Send + Sync {
    /// Fills the values of `command`, whose length fits the body; it does not allocate.
    ///
    /// `dt` is the time since the last tick, s.
    fn step(&mut self, drive: &Drive, percepts: &Percepts, dt: f64, command: &mut Command);
}

/// Why a circuit does not fit a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MotorError {
    /// A differential-drive circuit on a body that has none.
    #[error("the circuit `differential_drive` needs actuators of the kind `differential_drive`")]
    NeedsDifferentialDrive,
}

/// The circuit that `spec` asks for, fitted to `body`.
///
/// # Errors
/// If the two do not fit.
pub fn build(spec: &MotorSpec, body: &BodyDescription) -> Result<Box<dyn MotorCircuit>, MotorError> {
    match spec.circuit {
        CircuitKind::DifferentialDrive => {
            let drive = body.drive.ok_or(MotorError::NeedsDifferentialDrive)?;
            Ok(Box::new(DifferentialDriveCircuit::new(drive, &body.limits)))
        }
    }
}
