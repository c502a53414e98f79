//! How a circuit is written down: named units, signed synapses, shared weights, inputs and outputs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::unit::HalfCentreSpec;

/// A circuit: one file in a robot's `circuits/`, or made by code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CircuitSpec {
    /// Name of the unit.
    pub name: String,
    /// Time from one step to the next, s.
    #[schemars(range(min = 0.0001, max = 1.0))]
    pub step: f64,
    /// Whether synapses keep to their signs: what a trainer sets is clamped in the forward pass. `false` is an ablation.
    #[serde(default = "yes")]
    pub constrained: bool,
    /// Weights that are trained, by name; one may stand at many synapses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, f64>,
    /// The inputs, in this order.
    #[serde(default)]
    pub inputs: Vec<InputSpec>,
    /// The units (neurons).
    #[schemars(length(min = 1))]
    pub units: Vec<UnitSpec>,
    /// The synapses: which unit acts on which.
    #[serde(default)]
    pub synapses: Vec<SynapseSpec>,
    /// The outputs, in this order.
    #[schemars(length(min = 1))]
    pub outputs: Vec<OutputSpec>,
}

fn yes() -> bool {
    true
}

fn one() -> f64 {
    1.0
}

/// One number from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    /// Its name; units and inputs share one space of names.
    pub name: String,
    /// Range to which the input is clamped.
    #[serde(default = "InputSpec::default_range")]
    pub range: [f64; 2],
}

impl InputSpec {
    fn default_range() -> [f64; 2] {
        [-1.0, 1.0]
    }
}

/// One neuron. Its drive is the sum of what its synapses bring, and its bias.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum UnitSpec {
    /// Without memory: its drive clamped to 0..1.
    Graded {
        /// Name of the unit.
        name: String,
        /// Added to what its synapses bring: a number or a parameter's name.
        #[serde(default)]
        bias: Weight,
    },
    /// Without memory or bounds: its drive.
    Linear {
        /// Name of the unit.
        name: String,
        /// Added to what its synapses bring: a number or a parameter's name.
        #[serde(default)]
        bias: Weight,
    },
    /// Without memory: the hyperbolic tangent of its drive, -1..1.
    Tanh {
        /// Name of the unit.
        name: String,
        /// Added to what its synapses bring: a number or a parameter's name.
        #[serde(default)]
        bias: Weight,
    },
    /// A leaky integrator: it follows its drive, clamped to -1..1, and what it says is clamped to 0..1.
    Leaky {
        /// Name of the unit.
        name: String,
        /// Added to what its synapses bring: a number or a parameter's name.
        #[serde(default)]
        bias: Weight,
        /// Time to come within e⁻⁴ (2 %) of its drive, s.
        #[schemars(range(min = 0.001, max = 100.0))]
        time: f64,
    },
    /// A pacemaker without inputs: 1 for the first half of its period (rounded down to steps), 0 for the second.
    Square {
        /// Name of the unit.
        name: String,
        /// A whole number of the circuit's steps, s; or give `steps`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.0002, max = 1000.0))]
        period: Option<f64>,
        /// The period in steps of the circuit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 2, max = 1_000_000))]
        steps: Option<u32>,
    },
    /// One half of a half-centre oscillator: it bursts, and recovers from it.
    HalfCentre {
        /// Name of the unit.
        name: String,
        /// Added to what its synapses bring: a number or a parameter's name.
        #[serde(default)]
        bias: Weight,
        /// Timing of its bursts.
        #[serde(default)]
        burst: HalfCentreSpec,
        /// Its slow variable at the start, 0 to 1; in the middle of its course if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.0, max = 1.0))]
        start: Option<f64>,
    },
}

impl UnitSpec {
    /// A graded unit.
    #[must_use]
    pub fn graded(name: impl Into<String>, bias: f64) -> Self {
        Self::Graded { name: name.into(), bias: Weight::Number(bias) }
    }

    /// A leaky unit that settles in `time` s.
    #[must_use]
    pub fn leaky(name: impl Into<String>, bias: f64, time: f64) -> Self {
        Self::Leaky { name: name.into(), bias: Weight::Number(bias), time }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Graded { name, .. }
            | Self::Linear { name, .. }
            | Self::Tanh { name, .. }
            | Self::Leaky { name, .. }
            | Self::Square { name, .. }
            | Self::HalfCentre { name, .. } => name,
        }
    }

    /// Its bias; a pacemaker has none.
    #[must_use]
    pub fn bias(&self) -> Option<&Weight> {
        match self {
            Self::Graded { bias, .. }
            | Self::Linear { bias, .. }
            | Self::Tanh { bias, .. }
            | Self::Leaky { bias, .. }
            | Self::HalfCentre { bias, .. } => Some(bias),
            Self::Square { .. } => None,
        }
    }

    /// What its kind is called in a file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Graded { .. } => "graded",
            Self::Linear { .. } => "linear",
            Self::Tanh { .. } => "tanh",
            Self::Leaky { .. } => "leaky",
            Self::Square { .. } => "square",
            Self::HalfCentre { .. } => "half_centre",
        }
    }
}

/// A number, or the name of a parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Weight {
    /// Fixed.
    Number(f64),
    /// One of the circuit's `parameters`.
    Parameter(String),
}

impl Default for Weight {
    fn default() -> Self {
        Self::Number(0.0)
    }
}

impl From<f64> for Weight {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Weight {
    fn from(parameter: &str) -> Self {
        Self::Parameter(parameter.to_owned())
    }
}

impl From<String> for Weight {
    fn from(parameter: String) -> Self {
        Self::Parameter(parameter)
    }
}

impl JsonSchema for Weight {
    fn schema_name() -> Cow<'static, str> {
        "Weight".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "A number, or the name of a parameter.", "type": ["number", "string"] })
    }
}

/// The sign that a synapse keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// Its weight is 0 or more.
    Excitatory,
    /// Its weight is 0 or less.
    Inhibitory,
    /// Either.
    #[default]
    Free,
}

impl Sign {
    /// `weight`, or 0 if it has the other sign.
    #[must_use]
    pub fn clamp(self, weight: f64) -> f64 {
        match self {
            Self::Excitatory => weight.max(0.0),
            Self::Inhibitory => weight.min(0.0),
            Self::Free => weight,
        }
    }

    /// Whether `weight` may stand at such a synapse.
    #[must_use]
    pub fn allows(self, weight: f64) -> bool {
        self.clamp(weight) == weight
    }

    /// The sign of `weight`; free if it is 0.
    #[must_use]
    pub fn of(weight: f64) -> Self {
        match weight {
            w if w > 0.0 => Self::Excitatory,
            w if w < 0.0 => Self::Inhibitory,
            _ => Self::Free,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Excitatory => "excitatory",
            Self::Inhibitory => "inhibitory",
            Self::Free => "free",
        }
    }
}

/// What a synapse takes of its source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// All of it.
    #[default]
    Whole,
    /// What is above 0.
    Positive,
    /// What is below 0, as a positive number.
    Negative,
}

/// One neuron, or an input, acts on another neuron.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SynapseSpec {
    /// Name of the unit or input that it comes from.
    pub from: String,
    /// Which part of the value counts: the whole, the positive or the negative.
    #[serde(default)]
    pub part: Part,
    /// Name of the unit that it acts on.
    pub to: String,
    /// A number, or the name of a parameter.
    pub weight: Weight,
    /// Sign that the weight keeps.
    #[serde(default)]
    pub sign: Sign,
    /// A whole number of the circuit's steps, s; 0: within the step, which must not lead round in a circle.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub delay: f64,
}

/// One number that goes out: a weighted sum, such as a pair of muscles, which pull against each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    /// Name of the unit.
    pub name: String,
    /// The terms that it adds up.
    #[schemars(length(min = 1))]
    pub from: Vec<TermSpec>,
}

/// One part of an output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TermSpec {
    /// Name of a unit or an input.
    pub unit: String,
    /// Factor by which it is multiplied.
    #[serde(default = "one")]
    pub weight: f64,
}

impl CircuitSpec {
    /// A circuit without units yet, that is stepped every `step` s.
    #[must_use]
    pub fn new(name: &str, step: f64) -> Self {
        Self { name: name.to_owned(), step, constrained: true, ..Self::default() }
    }

    /// Adds an input that is clamped to `range`.
    pub fn input(&mut self, name: impl Into<String>, range: [f64; 2]) {
        self.inputs.push(InputSpec { name: name.into(), range });
    }

    /// Adds a synapse without delay.
    pub fn synapse(
        &mut self,
        from: impl Into<String>,
        to: impl Into<String>,
        weight: impl Into<Weight>,
        sign: Sign,
    ) -> &mut SynapseSpec {
        let (from, to, weight) = (from.into(), to.into(), weight.into());
        self.synapses.push(SynapseSpec { from, to, weight, sign, ..SynapseSpec::default() });
        let last = self.synapses.len() - 1;
        &mut self.synapses[last]
    }

    /// Adds an output: the weighted sum of `terms`.
    pub fn output(&mut self, name: impl Into<String>, terms: &[(&str, f64)]) {
        let from = terms.iter().map(|(unit, weight)| TermSpec { unit: (*unit).to_owned(), weight: *weight });
        self.outputs.push(OutputSpec { name: name.into(), from: from.collect() });
    }
}
