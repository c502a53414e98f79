//! From names to indices: everything that can be wrong with a circuit is found here, with its place.

use std::collections::BTreeMap;

use neuraxis_core::file::{Problems, Validate};

use crate::LIMIT;
use crate::spec::{CircuitSpec, Sign, UnitSpec, Weight};

/// A weight whose parameter was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Fixed(f64),
    Parameter(usize),
}

/// A synapse whose ends were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Wire {
    /// Index among the inputs and, behind them, the units.
    pub(crate) from: usize,
    /// Index among the units.
    pub(crate) to: usize,
    pub(crate) value: Value,
    pub(crate) delay: usize,
    /// Index among the synapses of the spec.
    pub(crate) synapse: usize,
}

/// A circuit without names. It is complete if no problem was reported.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) wires: Vec<Wire>,
    /// One a unit.
    pub(crate) biases: Vec<Value>,
    /// Periods of the pacemakers in steps; 0 for other units.
    pub(crate) periods: Vec<u64>,
    /// The units in an order in which each comes after those that act on it without delay.
    pub(crate) order: Vec<usize>,
    pub(crate) outputs: Vec<Vec<(usize, f64)>>,
    /// The sign that each parameter keeps.
    pub(crate) signs: Vec<Sign>,
}

/// `time` in steps, if it is a whole number of them.
pub(crate) fn whole_steps(time: f64, step: f64) -> Option<usize> {
    let steps = time / step;
    ((steps - steps.round()).abs() < 1e-6).then_some(steps.round() as usize)
}

fn off_the_step(problems: &mut Problems<'_>, pointer: &str, what: &str, time: f64, step: f64) {
    let below = (time / step).floor();
    problems.help(
        pointer,
        format!("the {what} {time} s is not a whole number of the circuit's steps of {step} s"),
        format!("give {} or {}", tidy(below * step), tidy((below + 1.0) * step)),
    );
}

/// A product of steps without the dust of floating point.
fn tidy(time: f64) -> f64 {
    (time * 1e9).round() / 1e9
}

/// Reports whatever is wrong with `spec`.
pub(crate) fn resolve(spec: &CircuitSpec, problems: &mut Problems<'_>) -> Resolved {
    let (sources, parameters) = (BTreeMap::new(), BTreeMap::new());
    Resolver { spec, problems, sources, parameters, is_misspelt: false }.run()
}

struct Resolver<'s, 'p, 't> {
    spec: &'s CircuitSpec,
    problems: &'p mut Problems<'t>,
    /// Inputs, then units.
    sources: BTreeMap<&'s str, usize>,
    parameters: BTreeMap<&'s str, usize>,
    /// Whether a parameter was misspelt: then it is no wonder that another is not used.
    is_misspelt: bool,
}

impl<'s> Resolver<'s, '_, '_> {
    fn run(&mut self) -> Resolved {
        let spec = self.spec;
        if spec.name.trim().is_empty() {
            self.problems.help("/name", "the name is empty", "give it a word, it appears in drawings");
        }
        if !(spec.step > 0.0 && spec.step <= 1.0) {
            self.problems.at("/step", format!("a step of {} s is not possible", spec.step));
            // Nothing that is counted in steps can be checked.
            return Resolved::default();
        }
        if spec.units.is_empty() {
            self.problems.at("/units", "a circuit without units does nothing");
        }
        for (i, (name, value)) in spec.parameters.iter().enumerate() {
            self.parameters.insert(name, i);
            self.number(&format!("/parameters/{name}"), "parameter", *value);
        }
        self.names();
        let mut resolved = Resolved { signs: vec![Sign::Free; spec.parameters.len()], ..Resolved::default() };
        let mut used = vec![false; spec.parameters.len()];
        for (i, unit) in spec.units.iter().enumerate() {
            let bias = unit.bias().cloned().unwrap_or_default();
            let value = self.value(&format!("/units/{i}/bias"), "bias", &bias, &mut used);
            resolved.biases.push(value);
            let period = self.period(i, unit);
            resolved.periods.push(period);
        }
        self.wires(&mut resolved, &mut used);
        self.signs(&resolved);
        for (i, name) in spec.parameters.keys().enumerate() {
            if !used[i] && !self.is_misspelt {
                self.problems.help(
                    &format!("/parameters/{name}"),
                    format!("no synapse and no bias uses the parameter `{name}`"),
                    "use it as a `weight`, or take it out",
                );
            }
        }
        self.order(&mut resolved);
        self.outputs(&mut resolved);
        resolved
    }

    /// Reports a number that is none, or too great to be one.
    fn number(&mut self, pointer: &str, what: &str, value: f64) {
        if !value.is_finite() {
            self.problems.at(pointer, format!("the {what} {value} is not a number that can be used"));
        } else if value.abs() > LIMIT {
            self.problems.at(pointer, format!("the {what} {value} is beyond {LIMIT}"));
        }
    }

    fn names(&mut self) {
        let spec = self.spec;
        let inputs = spec.inputs.iter().enumerate().map(|(i, input)| ("inputs", i, input.name.as_str()));
        let units = spec.units.iter().enumerate().map(|(i, unit)| ("units", i, unit.name()));
        for (index, (list, i, name)) in inputs.chain(units).enumerate() {
            let pointer = format!("/{list}/{i}/name");
            if name.trim().is_empty() {
                self.problems.at(&pointer, "the name is empty");
            } else if self.sources.contains_key(name) {
                self.problems.help(
                    &pointer,
                    format!("the name `{name}` stands twice"),
                    "units and inputs share one space of names: rename one",
                );
            } else {
                self.sources.insert(name, index);
            }
        }
        for (i, input) in spec.inputs.iter().enumerate() {
            let [low, high] = input.range;
            if !(low.is_finite() && high.is_finite() && low < high && low.abs().max(high.abs()) <= LIMIT) {
                self.problems.help(
                    &format!("/inputs/{i}/range"),
                    format!("the range [{low}, {high}] is not possible"),
                    "give [least, greatest]",
                );
            }
        }
    }

    fn value(&mut self, pointer: &str, what: &str, weight: &Weight, used: &mut [bool]) -> Value {
        match weight {
            Weight::Number(number) => {
                self.number(pointer, what, *number);
                Value::Fixed(*number)
            }
            Weight::Parameter(name) => {
                if let Some(i) = self.parameters.get(name.as_str()) {
                    used[*i] = true;
                    return Value::Parameter(*i);
                }
                let known = self.spec.parameters.keys().map(String::as_str);
                self.problems.unknown(pointer, "parameter", name, known);
                self.is_misspelt = true;
                Value::Fixed(0.0)
            }
        }
    }

    fn period(&mut self, i: usize, unit: &UnitSpec) -> u64 {
        let UnitSpec::Square { period, steps, name } = unit else { return 0 };
        let pointer = format!("/units/{i}");
        match (period, steps) {
            (Some(period), None) => match whole_steps(*period, self.spec.step) {
                Some(steps) if steps >= 2 => steps as u64,
                Some(_) => {
                    let pointer = format!("{pointer}/period");
                    self.problems.at(&pointer, format!("the period {period} s is shorter than two steps"));
                    2
                }
                None => {
                    off_the_step(
                        self.problems,
                        &format!("{pointer}/period"),
                        "period",
                        *period,
                        self.spec.step,
                    );
                    2
                }
            },
            (None, Some(steps)) if *steps >= 2 => u64::from(*steps),
            (None, Some(steps)) => {
                let pointer = format!("{pointer}/steps");
                self.problems.at(&pointer, format!("a period of {steps} steps is shorter than two"));
                2
            }
            _ => {
                self.problems.help(
                    &pointer,
                    format!("the pacemaker `{name}` needs one period"),
                    "give `period` (s) or `steps`, not both",
                );
                2
            }
        }
    }

    fn source(&mut self, pointer: &str, name: &str) -> Option<usize> {
        let found = self.sources.get(name).copied();
        if found.is_none() {
            let known: Vec<&'s str> = self.sources.keys().copied().collect();
            self.problems.unknown(pointer, "unit or input", name, known);
        }
        found
    }

    fn wires(&mut self, resolved: &mut Resolved, used: &mut [bool]) {
        let spec = self.spec;
        let inputs = spec.inputs.len();
        for (i, synapse) in spec.synapses.iter().enumerate() {
            let at = |key: &str| format!("/synapses/{i}/{key}");
            let value = self.value(&at("weight"), "weight", &synapse.weight, used);
            match value {
                Value::Fixed(number) if !synapse.sign.allows(number) => self.problems.help(
                    &at("weight"),
                    format!("the weight {number} contradicts its sign, which is {}", synapse.sign.word()),
                    format!("write {}, or another sign", -number),
                ),
                Value::Parameter(p) => {
                    let sign = resolved.signs[p];
                    if sign == Sign::Free {
                        resolved.signs[p] = synapse.sign;
                    } else if synapse.sign != Sign::Free && synapse.sign != sign {
                        self.problems.help(
                            &at("sign"),
                            format!("the same parameter is {} at another synapse", sign.word()),
                            "one parameter has one sign: use two",
                        );
                    }
                }
                Value::Fixed(_) => {}
            }
            let delay = whole_steps(synapse.delay, spec.step).filter(|_| synapse.delay >= 0.0);
            if delay.is_none() {
                if synapse.delay > 0.0 && synapse.delay.is_finite() {
                    off_the_step(self.problems, &at("delay"), "delay", synapse.delay, spec.step);
                } else {
                    self.problems.at(&at("delay"), format!("a delay of {} s is not possible", synapse.delay));
                }
            }
            let from = self.source(&at("from"), &synapse.from);
            let to = match self.sources.get(synapse.to.as_str()).copied() {
                Some(to) if to < inputs => {
                    let message = format!("`{}` is an input: a synapse leads to a unit", synapse.to);
                    self.problems.at(&at("to"), message);
                    None
                }
                Some(to) => Some(to - inputs),
                None => {
                    let known = spec.units.iter().map(UnitSpec::name);
                    self.problems.unknown(&at("to"), "unit", &synapse.to, known);
                    None
                }
            };
            if let Some(UnitSpec::Square { name, .. }) = to.and_then(|to| spec.units.get(to)) {
                self.problems.at(&at("to"), format!("the pacemaker `{name}` listens to nobody"));
            }
            if let (Some(from), Some(to), Some(delay)) = (from, to, delay) {
                resolved.wires.push(Wire { from, to, value, delay, synapse: i });
            }
        }
    }

    /// Reports parameters that begin with a sign that their synapses do not allow.
    fn signs(&mut self, resolved: &Resolved) {
        if !self.spec.constrained {
            return;
        }
        for ((name, value), sign) in self.spec.parameters.iter().zip(&resolved.signs) {
            if value.is_finite() && !sign.allows(*value) {
                self.problems.help(
                    &format!("/parameters/{name}"),
                    format!("the parameter `{name}` is {value}, but its synapses are {}", sign.word()),
                    format!("write {}, or another sign at the synapses", -value),
                );
            }
        }
    }

    /// Sorts the units by their synapses without delay, or names a cycle.
    fn order(&mut self, resolved: &mut Resolved) {
        let (inputs, count) = (self.spec.inputs.len(), self.spec.units.len());
        let direct: Vec<(usize, usize, usize)> = resolved
            .wires
            .iter()
            .filter(|wire| wire.delay == 0 && wire.from >= inputs)
            .map(|wire| (wire.from - inputs, wire.to, wire.synapse))
            .collect();
        let mut waits = vec![0_usize; count];
        for (_, to, _) in &direct {
            waits[*to] += 1;
        }
        // Of those that are ready the first of the file comes first.
        while let Some(next) = (0..count).find(|unit| waits[*unit] == 0 && !resolved.order.contains(unit)) {
            resolved.order.push(next);
            for (_, to, _) in direct.iter().filter(|(from, ..)| *from == next) {
                waits[*to] -= 1;
            }
        }
        let Some(mut unit) = (0..count).find(|unit| !resolved.order.contains(unit)) else { return };
        // Who is left waits for another who is left: going backwards ends in a cycle.
        let mut seen: Vec<(usize, usize)> = Vec::new();
        loop {
            let before = direct.iter().find(|(from, to, _)| *to == unit && !resolved.order.contains(from));
            let Some((from, _, synapse)) = before else { return };
            if let Some(start) = seen.iter().position(|(u, _)| u == from) {
                seen.push((unit, *synapse));
                let mut names: Vec<&str> =
                    seen[start..].iter().rev().map(|(u, _)| self.spec.units[*u].name()).collect();
                if let Some(first) = names.first().copied() {
                    names.push(first);
                }
                let closing = seen[start..].iter().map(|(_, s)| *s).max().unwrap_or(*synapse);
                self.problems.help(
                    &format!("/synapses/{closing}"),
                    format!("a cycle without delay: {}", names.join(" → ")),
                    format!("give one of its synapses a `delay` of {} s", self.spec.step),
                );
                return;
            }
            if *from == unit {
                let name = self.spec.units[unit].name();
                self.problems.help(
                    &format!("/synapses/{synapse}"),
                    format!("a cycle without delay: {name} → {name}"),
                    format!("give it a `delay` of {} s", self.spec.step),
                );
                return;
            }
            seen.push((unit, *synapse));
            unit = *from;
        }
    }

    fn outputs(&mut self, resolved: &mut Resolved) {
        let spec = self.spec;
        if spec.outputs.is_empty() {
            self.problems.at("/outputs", "a circuit without outputs moves nothing");
        }
        for (i, output) in spec.outputs.iter().enumerate() {
            if spec.outputs[..i].iter().any(|other| other.name == output.name) {
                let pointer = format!("/outputs/{i}/name");
                self.problems.help(
                    &pointer,
                    format!("two outputs are called `{}`", output.name),
                    "rename one",
                );
            }
            let mut terms = Vec::new();
            for (j, term) in output.from.iter().enumerate() {
                let pointer = format!("/outputs/{i}/from/{j}");
                self.number(&format!("{pointer}/weight"), "weight", term.weight);
                if let Some(source) = self.source(&format!("{pointer}/unit"), &term.unit) {
                    terms.push((source, term.weight));
                }
            }
            resolved.outputs.push(terms);
        }
    }
}
impl Validate for CircuitSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        resolve(self, problems);
    }
}
