//! Motor circuits: they turn the descending [`Drive`] into a [`Command`] for the actuators.
//!
//! The [`Drive`] is the waist of the hourglass: what is above it knows nothing of wheels or legs.

pub mod ackermann;
mod body;
pub mod differential_drive;
mod error;
pub mod mlp;
pub mod quadruped;
mod spec;
pub mod swimmer;
pub mod wired;

use std::collections::BTreeMap;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::reasons::MotorReason;
use neuraxis_core::{Command, Drive, Part, Percepts, value};
use neuraxis_neural::{Circuit, CircuitSpec};

pub use ackermann::AckermannCircuit;
pub use differential_drive::DifferentialDriveCircuit;
pub use error::MotorError;
pub use mlp::{Mlp, MlpCircuit, MlpInput, MlpSpec};
pub use neuraxis_core::running_stats::RunningStats;
pub use quadruped::{LegSpec, LegState, LegsSpec, Quadruped, QuadrupedCircuit, QuadrupedSpec};
pub use spec::MotorSpec;
pub use swimmer::{Swimmer, SwimmerCircuit, SwimmerSpec};
pub use wired::{WiredCircuit, WiredSpec};

/// Turns a drive into a command, once a tick.
pub trait MotorCircuit: Part {
    /// Fills the values of `command`, whose length fits the body; it does not allocate.
    ///
    /// `dt` is the time since the last tick, s.
    fn step(&mut self, drive: &Drive, percepts: &Percepts, dt: f64, command: &mut Command);

    /// Back to the start, as if no tick had been; parameters stay.
    fn reset(&mut self) {}

    /// Its wiring, to be drawn and counted, if it is made of units and synapses.
    fn wiring(&self) -> Option<&CircuitSpec> {
        None
    }

    /// What it lacks, and what its reflexes did.
    fn diagnostics(&self) -> Diagnostics {
        Diagnostics::default()
    }
}

/// What a circuit lacks, and what its reflexes did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics {
    /// Numbers of the senses that were missing, too old or not finite in the last step.
    pub missing_now: usize,
    /// The same, added up over all steps.
    pub missing: u64,
    /// Reflexes that began so far.
    pub reflexes: u64,
}

impl Diagnostics {
    /// What of it belongs to the reasons of a tick.
    pub(crate) fn reason(self) -> MotorReason {
        MotorReason { missing: self.missing_now, reflexes: self.reflexes }
    }
}

/// The circuit that `spec` asks for, fitted to `body`.
///
/// # Errors
/// If the two do not fit.
pub fn build(spec: &MotorSpec, body: &BodyDescription) -> Result<Box<dyn MotorCircuit>, MotorError> {
    match spec {
        MotorSpec::DifferentialDrive {} => {
            let drive = body.drive.filter(|_| body.ackermann.is_none());
            let drive = drive.ok_or(MotorError::NeedsDifferentialDrive)?;
            Ok(Box::new(DifferentialDriveCircuit::new(drive, &body.limits)))
        }
        MotorSpec::Ackermann {} => match (body.drive, body.ackermann) {
            (Some(drive), Some(steering)) => {
                Ok(Box::new(AckermannCircuit::new(drive, steering, &body.limits)))
            }
            _ => Err(MotorError::NeedsAckermann),
        },
        MotorSpec::Swimmer(spec) => Ok(Box::new(SwimmerCircuit::new(spec, body)?)),
        MotorSpec::Mlp(spec) => Ok(Box::new(MlpCircuit::new(spec, body)?)),
        MotorSpec::Wired(spec) => Ok(Box::new(WiredCircuit::new(spec, body)?)),
        MotorSpec::Quadruped(spec) => Ok(Box::new(QuadrupedCircuit::new(spec, body)?)),
    }
}

/// The circuit of a wiring; `own` are the parameters that a file gives, which the wiring must have.
fn compile(
    wiring: &CircuitSpec,
    circuit: &'static str,
    own: &BTreeMap<String, f64>,
) -> Result<Circuit, MotorError> {
    if let Some(name) = own.keys().find(|name| !wiring.parameters.contains_key(*name)) {
        let known: Vec<String> = wiring.parameters.keys().cloned().collect();
        return Err(MotorError::unknown_parameter(circuit, name, &known));
    }
    wiring.compile().map_err(|error| MotorError::Wiring(error.to_string()))
}

value!(struct Diagnostics { missing_now, missing, reflexes });
