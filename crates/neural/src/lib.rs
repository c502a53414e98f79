//! Small circuits of neurons, of which motor circuits are made: few units, few synapses, each with a name.
//!
//! A circuit is written down as a [`CircuitSpec`], in YAML or in code, checked with places and names, and compiled to
//! a [`Circuit`]: flat arrays that are stepped without allocation. Excitation and inhibition keep their sign
//! while weights are trained, because the sign is enforced in the forward pass.

mod circuit;
pub mod draw;
mod resolve;
mod spec;
mod unit;

pub use circuit::{Circuit, ParameterError};
pub use spec::{CircuitSpec, InputSpec, OutputSpec, Part, Sign, SynapseSpec, TermSpec, UnitSpec, Weight};
pub use unit::{HalfCentreSpec, Thresholds};

/// The greatest weight, bias or value of a unit, so that whatever is trained stays finite.
pub const LIMIT: f64 = 1e6;
