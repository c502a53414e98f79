//! Small circuits of neurons, of which motor circuits are made: few units, few synapses, each with a name.
//!
//! A circuit is written down as a [`CircuitSpec`], in YAML or in code, checked with places and names, and compiled to
//! a [`Circuit`]: flat arrays that are stepped without allocation. Excitation and inhibition keep their sign
//! while weights are trained, because the sign is enforced in the forward pass.
//!
//! ```
//! use std::path::Path;
//! use neuraxis_core::file;
//! use neuraxis_neural::CircuitSpec;
//!
//! let text = "
//! name: antagonists
//! step: 0.01                  # s
//! parameters: { hold: -0.5 }
//! inputs: [{ name: stretch }] # -1 to 1 if no range is given
//! units:
//!   - { kind: graded, name: left }
//!   - { kind: graded, name: right }
//! synapses:
//!   - { from: stretch, part: positive, to: left, weight: 1 }
//!   - { from: stretch, part: negative, to: right, weight: 1 }
//!   - { from: left, to: right, weight: hold, sign: inhibitory, delay: 0.01 }
//!   - { from: right, to: left, weight: hold, sign: inhibitory, delay: 0.01 }
//! outputs:
//!   - { name: torque, from: [{ unit: left }, { unit: right, weight: -1 }] }
//! ";
//! let spec = file::parse::<CircuitSpec>(Path::new("antagonists.yaml"), text.to_owned(), &[])?.value;
//! let mut circuit = spec.compile()?;
//! let mut torque = [0.0];
//! circuit.step(&[0.8], &mut torque);
//! assert_eq!(torque, [0.8]);
//! circuit.step(&[-0.8], &mut torque);
//! assert_eq!(torque, [-0.8 + 0.5 * 0.8]);
//! # Ok::<(), file::FileError>(())
//! ```

mod circuit;
pub mod draw;
mod resolve;
mod spec;
mod unit;

pub use circuit::Circuit;
pub use neuraxis_core::part::ParameterError;
pub use spec::{CircuitSpec, InputSpec, OutputSpec, Part, Sign, SynapseSpec, TermSpec, UnitSpec, Weight};
pub use unit::{HalfCentreSpec, Thresholds};

/// The greatest weight, bias or value of a unit, so that whatever is trained stays finite.
pub const LIMIT: f64 = 1e6;
