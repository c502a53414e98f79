//! A circuit at work: flat arrays, stepped in an order in which nobody waits, without allocation.

use neuraxis_core::archive::{Damage, Reader, Saved, Writer};
use neuraxis_core::digest::Digest;
use neuraxis_core::file::{FileError, Problems, tree};
use neuraxis_core::part::ParameterError;
use neuraxis_core::{math, saved};

use crate::LIMIT;
use crate::resolve::{Resolved, Value, resolve};
use crate::spec::{CircuitSpec, Part, Sign, UnitSpec};
use crate::unit::HalfCentre;

/// What a unit does with its drive.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Graded,
    Linear,
    Tanh,
    Leaky { gain: f64, state: f64 },
    Square { period: u64, half: u64 },
    HalfCentre(HalfCentre),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    /// Where its synapses end among all; they begin where those of the unit before end.
    end: usize,
    /// Its column.
    column: usize,
    bias: f64,
    kind: Kind,
}

/// A synapse: `weight · max(flip · x, floor)`, which takes a part of `x` without asking which.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Synapse {
    weight: f64,
    flip: f64,
    floor: f64,
    column: u32,
    delay: u32,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Site {
    Synapse(usize),
    Bias(usize),
}

/// A circuit, ready to be stepped.
#[derive(Clone, Debug, PartialEq)]
pub struct Circuit {
    names: Vec<String>,
    /// As they were set, signs and all.
    parameters: Vec<f64>,
    signs: Vec<Sign>,
    constrained: bool,
    sites: Vec<(Site, usize, Sign)>,
    ranges: Vec<[f64; 2]>,
    /// In the order of evaluation.
    units: Vec<Unit>,
    unit_names: Vec<String>,
    /// Where each unit of the spec stands in the order of evaluation.
    places: Vec<usize>,
    synapses: Vec<Synapse>,
    terms: Vec<(usize, f64)>,
    /// Where the terms of each output end.
    ends: Vec<usize>,
    /// A row a step, newest first from `newest` on, round and round: inputs, then units.
    history: Vec<f64>,
    width: usize,
    rows: usize,
    newest: usize,
    clock: u64,
    step: f64,
    missing: u64,
    missing_now: usize,
}

impl Circuit {
    pub(crate) fn new(spec: &CircuitSpec, resolved: Resolved) -> Self {
        let inputs = spec.inputs.len();
        let mut units = Vec::new();
        let mut synapses = Vec::new();
        let mut sites = Vec::new();
        let mut places = vec![0; spec.units.len()];
        let mut rows = 1;
        for (place, index) in resolved.order.iter().copied().enumerate() {
            places[index] = place;
            for wire in resolved.wires.iter().filter(|wire| wire.to == index) {
                let written = &spec.synapses[wire.synapse];
                let (flip, floor) = match written.part {
                    Part::Whole => (1.0, f64::NEG_INFINITY),
                    Part::Positive => (1.0, 0.0),
                    Part::Negative => (-1.0, 0.0),
                };
                let weight = match wire.value {
                    Value::Fixed(number) => number,
                    Value::Parameter(p) => {
                        sites.push((Site::Synapse(synapses.len()), p, written.sign));
                        0.0
                    }
                };
                rows = rows.max(wire.delay + 1);
                let (column, delay) = (wire.from as u32, wire.delay as u32);
                synapses.push(Synapse { weight, flip, floor, column, delay });
            }
            let bias = match resolved.biases[index] {
                Value::Fixed(number) => number,
                Value::Parameter(p) => {
                    sites.push((Site::Bias(place), p, Sign::Free));
                    0.0
                }
            };
            let kind = match &spec.units[index] {
                UnitSpec::Graded { .. } => Kind::Graded,
                UnitSpec::Linear { .. } => Kind::Linear,
                UnitSpec::Tanh { .. } => Kind::Tanh,
                UnitSpec::Leaky { time, .. } => Kind::Leaky { gain: 4.0 * spec.step / time, state: 0.0 },
                UnitSpec::Square { .. } => {
                    let period = resolved.periods[index].max(1);
                    Kind::Square { period, half: period / 2 }
                }
                UnitSpec::HalfCentre { burst, start, .. } => {
                    Kind::HalfCentre(HalfCentre::new(burst, *start, spec.step))
                }
            };
            units.push(Unit { end: synapses.len(), column: inputs + index, bias, kind });
        }
        let width = inputs + spec.units.len();
        let mut terms = Vec::new();
        let mut ends = Vec::new();
        for output in &resolved.outputs {
            terms.extend_from_slice(output);
            ends.push(terms.len());
        }
        let mut circuit = Self {
            names: spec.parameters.keys().cloned().collect(),
            parameters: spec.parameters.values().copied().collect(),
            signs: resolved.signs,
            constrained: spec.constrained,
            sites,
            ranges: spec.inputs.iter().map(|input| input.range).collect(),
            units,
            unit_names: spec.units.iter().map(|unit| unit.name().to_owned()).collect(),
            places,
            synapses,
            terms,
            ends,
            history: vec![0.0; width * rows],
            width,
            rows,
            newest: 0,
            clock: 0,
            step: spec.step,
            missing: 0,
            missing_now: 0,
        };
        circuit.take_over();
        circuit
    }

    /// One step: `inputs` and `outputs` in the order of the spec.
    ///
    /// An input that is not finite, or that is not given, is missing: it contributes nothing, and is counted.
    pub fn step(&mut self, inputs: &[f64], outputs: &mut [f64]) {
        let (width, rows) = (self.width, self.rows);
        self.newest = if self.newest == 0 { rows - 1 } else { self.newest - 1 };
        let now = self.newest * width;
        self.missing_now = 0;
        for (i, [low, high]) in self.ranges.iter().enumerate() {
            let value = inputs.get(i).copied().unwrap_or(f64::NAN);
            self.history[now + i] = if value.is_finite() {
                value.clamp(*low, *high)
            } else {
                self.missing_now += 1;
                0.0
            };
        }
        self.missing += self.missing_now as u64;

        let mut first = 0;
        for unit in &mut self.units {
            let mut x = unit.bias;
            for synapse in &self.synapses[first..unit.end] {
                let mut row = self.newest + synapse.delay as usize;
                if row >= rows {
                    row -= rows;
                }
                let value = self.history[row * width + synapse.column as usize];
                x += synapse.weight * (synapse.flip * value).max(synapse.floor);
            }
            first = unit.end;
            self.history[now + unit.column] = match &mut unit.kind {
                Kind::Graded => x.clamp(0.0, 1.0),
                Kind::Linear => x.clamp(-LIMIT, LIMIT),
                Kind::Tanh => math::tanh(x),
                Kind::Leaky { gain, state } => {
                    *state = (*state + *gain * x.clamp(-1.0, 1.0)) / (1.0 + *gain);
                    state.clamp(0.0, 1.0)
                }
                Kind::Square { period, half } => f64::from(self.clock % *period < *half),
                Kind::HalfCentre(centre) => centre.step(x),
            };
        }
        self.clock += 1;

        let mut first = 0;
        for (output, end) in outputs.iter_mut().zip(&self.ends) {
            let terms = &self.terms[first..*end];
            *output = terms.iter().map(|(column, weight)| weight * self.history[now + column]).sum();
            first = *end;
        }
    }

    /// Back to the start: no memory, no history, clock and counters at 0. Parameters stay.
    pub fn reset(&mut self) {
        self.history.fill(0.0);
        self.newest = 0;
        self.clock = 0;
        self.missing = 0;
        self.missing_now = 0;
        for unit in &mut self.units {
            match &mut unit.kind {
                Kind::Leaky { state, .. } => *state = 0.0,
                Kind::HalfCentre(centre) => centre.reset(),
                _ => {}
            }
        }
    }

    /// Time from one step to the next, s.
    #[must_use]
    pub fn period(&self) -> f64 {
        self.step
    }

    /// How many inputs it has.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.ranges.len()
    }

    /// How many outputs it has.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.ends.len()
    }

    /// The names of the parameters, in the order of the alphabet, which is that of [`Circuit::parameters`].
    #[must_use]
    pub fn parameter_names(&self) -> &[String] {
        &self.names
    }

    /// How many parameters it has.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parameters.len()
    }

    /// The parameters as they were set, whatever their signs.
    #[must_use]
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Sets all parameters. Where one has a sign that its synapses do not allow, it acts as 0; beyond [`LIMIT`] it acts as that.
    ///
    /// # Errors
    /// If there are not as many, or one is not finite; then nothing is changed.
    pub fn set_parameters(&mut self, values: &[f64]) -> Result<(), ParameterError> {
        if values.len() != self.parameters.len() {
            return Err(ParameterError::Count { expected: self.parameters.len(), found: values.len() });
        }
        if let Some((name, value)) = self.names.iter().zip(values).find(|(_, value)| !value.is_finite()) {
            return Err(ParameterError::NotANumber { name: name.clone(), value: value.to_string() });
        }
        self.parameters.copy_from_slice(values);
        self.take_over();
        Ok(())
    }

    /// The nearest parameters that all signs allow, in place; those of the circuit are untouched.
    pub fn project(&self, values: &mut [f64]) {
        for (value, sign) in values.iter_mut().zip(&self.signs) {
            *value = sign.clamp(*value);
        }
    }

    /// The sign that each parameter keeps.
    #[must_use]
    pub fn signs(&self) -> &[Sign] {
        &self.signs
    }

    /// From parameters to the weights that act.
    fn take_over(&mut self) {
        for (site, parameter, sign) in &self.sites {
            let raw = self.parameters[*parameter].clamp(-LIMIT, LIMIT);
            let weight = if self.constrained { sign.clamp(raw) } else { raw };
            match site {
                Site::Synapse(index) => self.synapses[*index].weight = weight,
                Site::Bias(index) => self.units[*index].bias = weight,
            }
        }
    }

    /// How many inputs were missing in the last step.
    #[must_use]
    pub fn missing_now(&self) -> usize {
        self.missing_now
    }

    /// How many inputs were missing since the start, over all steps.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }

    /// Sets the number of steps that the pacemakers count from.
    pub fn set_clock(&mut self, steps: u64) {
        self.clock = steps;
    }

    fn place(&self, unit: &str) -> Option<usize> {
        let index = self.unit_names.iter().position(|name| name == unit)?;
        self.places.get(index).copied()
    }

    /// What the unit said in the last step.
    #[must_use]
    pub fn activity(&self, unit: &str) -> Option<f64> {
        let column = self.units[self.place(unit)?].column;
        self.history.get(self.newest * self.width + column).copied()
    }

    /// The memory of a unit that has one: the slow variable of an oscillator, the state of a leaky unit.
    #[must_use]
    pub fn state(&self, unit: &str) -> Option<f64> {
        match &self.units[self.place(unit)?].kind {
            Kind::Leaky { state, .. } => Some(*state),
            Kind::HalfCentre(centre) => Some(centre.slow),
            _ => None,
        }
    }

    /// Sets the memory of a unit; `false` if there is no such unit, it has none, or `value` is outside -1..1.
    pub fn set_state(&mut self, unit: &str, value: f64) -> bool {
        let Some(place) = self.place(unit).filter(|_| (-1.0..=1.0).contains(&value)) else { return false };
        match &mut self.units[place].kind {
            Kind::Leaky { state, .. } => *state = value,
            Kind::HalfCentre(centre) => centre.slow = value.max(0.0),
            _ => return false,
        }
        true
    }

    /// Adds all that the next step depends on, parameters included, to `digest`.
    pub fn digest(&self, digest: &mut Digest) {
        digest.u64(self.clock);
        for value in &self.parameters {
            digest.f64(*value);
        }
        for row in 0..self.rows {
            let row = (self.newest + row) % self.rows;
            for value in &self.history[row * self.width..(row + 1) * self.width] {
                digest.f64(*value);
            }
        }
        for unit in &self.units {
            match &unit.kind {
                Kind::Leaky { state, .. } => digest.f64(*state),
                Kind::HalfCentre(centre) => {
                    digest.f64(centre.slow);
                    digest.u64(u64::from(centre.bursting));
                }
                _ => {}
            }
        }
    }
}

impl CircuitSpec {
    /// The circuit, ready to be stepped.
    ///
    /// # Errors
    /// All that is wrong with it, each under its path; a spec that came from a file was checked there already.
    pub fn compile(&self) -> Result<Circuit, FileError> {
        let nowhere = tree::Node { place: None, value: tree::Value::Null };
        let mut problems = Problems::new(&nowhere);
        let resolved = resolve(self, &mut problems);
        problems.finish(std::path::Path::new(&self.name), "")?;
        Ok(Circuit::new(self, resolved))
    }
}

/// The memory of a unit; what kind it is stays.
impl Saved for Unit {
    fn write(&self, to: &mut Writer) {
        match &self.kind {
            Kind::Leaky { state, .. } => state.write(to),
            Kind::HalfCentre(centre) => centre.write(to),
            Kind::Graded | Kind::Linear | Kind::Tanh | Kind::Square { .. } => {}
        }
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        match &mut self.kind {
            Kind::Leaky { state, .. } => state.read(from),
            Kind::HalfCentre(centre) => centre.read(from),
            Kind::Graded | Kind::Linear | Kind::Tanh | Kind::Square { .. } => Ok(()),
        }
    }
}

saved!(Circuit {
    parameters, units, history, newest, clock, missing, missing_now;
    names, signs, constrained, sites, ranges, unit_names, places, synapses, terms, ends, width, rows, step
} then Self::is_whole);

impl Circuit {
    /// Lets loaded parameters act; whether they are numbers, and the newest row is there.
    fn is_whole(&mut self) -> bool {
        self.take_over();
        self.newest < self.rows && self.parameters.iter().all(|value| value.is_finite())
    }
}
