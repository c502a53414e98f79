//! The swimmer: the circuit of a nematode, for any chain of 3 to 15 links that is bent by torques.
//!
//! Source: arXiv 2201.05242. A square oscillator bends the head to the dorsal and to the ventral side in turn. Each
//! other joint is driven by how far the joint before it is bent, so that the bend runs down the body as a wave. The
//! dorsal and ventral sides inhibit each other at the muscles:
//!
//! ```text
//! d = g(E(prop)·g(q[i-1])  + I(speed)·(1-g(s)) + E(turn)·g(right) + E(osc)·osc_d)
//! v = g(E(prop)·g(-q[i-1]) + I(speed)·(1-g(s)) + E(turn)·g(left)  + E(osc)·osc_v)
//! activation = g(E(ipsi)·d + I(contra)·v) - g(E(ipsi)·v + I(contra)·d)      g(x) = clamp(x, 0, 1), E = max(·, 0), I = min(·, 0)
//! ```
//!
//! Departures: turning is limited (`turn_limit`), because with a constant drive of 1 the side unit of the head is
//! saturated over the whole period, so that the head no longer swings and the body stalls; at rest all muscles are
//! relaxed, whatever the weights; a body that is asked to turn in place swims a curve (`turning_speed`), for it cannot; turns
//! are averaged over a period (`turn_window`);
//! and a joint that is not felt has its muscles relaxed.

use std::collections::BTreeMap;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::file::{Problems, Validate};
use neuraxis_core::{Command, Drive, Interface, Percepts, Reasons, Trainable, math, saved};
use neuraxis_neural::{Circuit, CircuitSpec, ParameterError, Part, Sign, UnitSpec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Joint, Pace, actuator, takes};
use crate::{Diagnostics, MotorCircuit, MotorError, compile};

/// The swimmer's circuit, and a switch for each of its parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SwimmerSpec {
    /// The joints from head to tail; those of the actuators if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joints: Option<Vec<String>>,
    /// Torque of a muscle that is fully active, N·m.
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub torque: f64,
    /// Time from one step of the circuit to the next, s; its torques are held between.
    #[schemars(range(min = 0.001, max = 1.0))]
    pub step: f64,
    /// Period of the head's oscillator, a whole number of steps, s.
    #[schemars(range(min = 0.002, max = 100.0))]
    pub period: f64,
    /// Whether each joint feels the one before it. `false` is an ablation.
    pub proprioception: bool,
    /// Whether the head has an oscillator. `false` is an ablation.
    pub oscillator: bool,
    /// Whether speed is controlled. `false` is an ablation: then it swims at full speed or rests.
    pub speed: bool,
    /// Whether turning is controlled. `false` is an ablation: then it swims straight on.
    pub turn: bool,
    /// Whether excitation and inhibition keep their signs. `false` is an ablation.
    pub constrained: bool,
    /// Whether all joints share their weights. `false` is an ablation.
    pub weight_sharing: bool,
    /// How many joints, from the head on, turn.
    #[schemars(range(min = 0, max = 14))]
    pub turn_joints: u32,
    /// The strongest turn: more than about 0.8 stalls the swimmer and turns it the wrong way.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub turn_limit: f64,
    /// It turns by the mean of what it was asked for over this time, s; one period of the oscillator if not given, so that the
    /// swing of the body to both sides, which the brain sees as a change of its heading, does not steer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub turn_window: Option<f64>,
    /// Speed at which it swims when it is asked to turn in place with all its might.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub turning_speed: f64,
    /// Weights that differ from their innate +1 (excitatory) or -1 (inhibitory), by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, f64>,
}

impl Default for SwimmerSpec {
    fn default() -> Self {
        Self {
            joints: None,
            torque: 5e-4,
            step: 0.03,
            period: 1.8,
            proprioception: true,
            oscillator: true,
            speed: true,
            turn: true,
            constrained: true,
            weight_sharing: true,
            turn_joints: 1,
            turn_limit: 0.75,
            turn_window: None,
            turning_speed: 0.5,
            parameters: BTreeMap::new(),
        }
    }
}

impl Validate for SwimmerSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        let steps = self.period / self.step;
        let near = (steps.round().max(2.0) * self.step * 1e9).round() / 1e9;
        if (steps - steps.round()).abs() > 1e-6 || steps < 1.5 {
            problems.help(
                "/period",
                format!("the period {} s is not a whole number of steps of {} s", self.period, self.step),
                format!("give {near} or another multiple of the step"),
            );
        }
        for (name, value) in &self.parameters {
            if !value.is_finite() {
                problems.at(&format!("/parameters/{name}"), format!("{value} is not a number"));
            }
        }
    }
}

/// A side of the body, the units on it and the control that turns towards it.
const SIDES: [(&str, &str, &str, Part); 2] =
    [("d", "v", "right", Part::Positive), ("v", "d", "left", Part::Negative)];

impl SwimmerSpec {
    /// The wiring for a chain of `joints` joints; parameters that it does not have are left out.
    #[must_use]
    pub fn wiring(&self, joints: usize) -> CircuitSpec {
        let mut wiring = CircuitSpec::new("swimmer", self.step);
        wiring.constrained = self.constrained;
        if self.proprioception {
            for i in 0..joints.saturating_sub(1) {
                wiring.input(format!("q_{i}"), [-1.0, 1.0]);
            }
        }
        if self.speed {
            wiring.input("speed", [0.0, 1.0]);
            wiring.units.push(UnitSpec::graded("brake", 1.0));
            wiring.synapse("speed", "brake", -1.0, Sign::Inhibitory);
        }
        if self.turn {
            wiring.input("right", [0.0, 1.0]);
            wiring.input("left", [0.0, 1.0]);
        }
        if self.oscillator {
            let steps = (self.period / self.step).round() as u32;
            wiring.units.push(UnitSpec::Square {
                name: "osc_d".to_owned(),
                period: None,
                steps: Some(steps),
            });
            wiring.units.push(UnitSpec::graded("osc_v", 1.0));
            wiring.synapse("osc_d", "osc_v", -1.0, Sign::Inhibitory);
        }
        for i in 0..joints {
            for (side, other, control, part) in SIDES {
                let unit = format!("bneuron_{side}_{i}");
                let muscle = format!("muscle_{side}_{i}");
                let opposite = format!("bneuron_{other}_{i}");
                wiring.units.push(UnitSpec::graded(&unit, 0.0));
                if self.proprioception && i > 0 {
                    let weight = self.weight(&mut wiring, "bneuron", "prop", side, i, 1.0);
                    let from = format!("q_{}", i - 1);
                    wiring.synapse(from, &unit, weight, Sign::Excitatory).part = part;
                }
                if self.speed {
                    let weight = self.weight(&mut wiring, "bneuron", "speed", side, i, -1.0);
                    wiring.synapse("brake", &unit, weight, Sign::Inhibitory);
                }
                if self.turn && i < self.turn_joints as usize {
                    let weight = self.weight(&mut wiring, "bneuron", "turn", side, i, 1.0);
                    wiring.synapse(control, &unit, weight, Sign::Excitatory);
                }
                if self.oscillator && i == 0 {
                    let weight = self.weight(&mut wiring, "bneuron", "osc", side, i, 1.0);
                    wiring.synapse(format!("osc_{side}"), &unit, weight, Sign::Excitatory);
                }
                wiring.units.push(UnitSpec::graded(&muscle, 0.0));
                let weight = self.weight(&mut wiring, "muscle", "ipsi", side, i, 1.0);
                wiring.synapse(&unit, &muscle, weight, Sign::Excitatory);
                let weight = self.weight(&mut wiring, "muscle", "contra", side, i, -1.0);
                wiring.synapse(&opposite, &muscle, weight, Sign::Inhibitory);
            }
            let (dorsal, ventral) = (format!("muscle_d_{i}"), format!("muscle_v_{i}"));
            wiring.output(format!("torque_{i}"), &[(&dorsal, 1.0), (&ventral, -1.0)]);
        }
        for (name, value) in &mut wiring.parameters {
            if let Some(own) = self.parameters.get(name) {
                *value = *own;
            }
        }
        wiring
    }

    /// The parameter of one synapse, by the names of the source: one for all, or one a synapse.
    fn weight(
        &self,
        wiring: &mut CircuitSpec,
        layer: &str,
        what: &str,
        side: &str,
        joint: usize,
        innate: f64,
    ) -> String {
        let name = match (self.weight_sharing, what) {
            (true, _) => format!("{layer}_{what}"),
            (false, "ipsi") => format!("{layer}_{side}_{side}_{joint}"),
            (false, "contra") => format!("{layer}_{side}_{}_{joint}", if side == "d" { "v" } else { "d" }),
            (false, _) => format!("{layer}_{side}_{what}_{joint}"),
        };
        wiring.parameters.insert(name.clone(), innate);
        name
    }
}

/// The circuit alone: joints in, activations out. For training, and for whoever has no percepts.
#[derive(Clone, Debug)]
pub struct Swimmer {
    circuit: Circuit,
    wiring: CircuitSpec,
    joints: usize,
    felt: usize,
    has_speed: bool,
    has_turn: bool,
    turn_limit: f64,
    turning_speed: f64,
    inputs: Vec<f64>,
}

impl Swimmer {
    /// The circuit of `spec` for a chain of `joints` joints.
    ///
    /// # Errors
    /// If the chain is too short or too long, or `spec` names parameters that it does not have, or gives them a wrong sign.
    pub fn new(spec: &SwimmerSpec, joints: usize) -> Result<Self, MotorError> {
        if !(2..=14).contains(&joints) {
            return Err(MotorError::Links { joints });
        }
        let wiring = spec.wiring(joints);
        let circuit = compile(&wiring, "swimmer", &spec.parameters)?;
        Ok(Self {
            inputs: vec![0.0; circuit.inputs()],
            circuit,
            wiring,
            joints,
            felt: if spec.proprioception { joints - 1 } else { 0 },
            has_speed: spec.speed,
            has_turn: spec.turn,
            turn_limit: spec.turn_limit,
            turning_speed: spec.turning_speed,
        })
    }

    /// One step: `q` are the joint positions from head to tail, rad, NaN where not known; `speed` and `turn` are those
    /// of a [`Drive`]; `activation` becomes -1 to 1 a joint, positive on the dorsal side, to be multiplied with the
    /// muscles' torque.
    pub fn step(&mut self, q: &[f64], speed: f64, turn: f64, activation: &mut [f64]) {
        let per_joint = (self.joints + 1) as f64 / (2.0 * math::PI);
        for (input, q) in self.inputs[..self.felt].iter_mut().zip(q) {
            *input = q * per_joint;
        }
        let turn = if turn.is_finite() { turn.clamp(-self.turn_limit, self.turn_limit) } else { 0.0 };
        let speed = if speed.is_finite() { speed } else { -1.0 };
        // It can neither swim backwards nor turn in place.
        let speed = if speed < 0.0 { 0.0 } else { speed.max(self.turning_speed * turn.abs()) };
        self.run(speed, (-turn).max(0.0), turn.max(0.0), activation);
        if speed == 0.0 {
            activation.fill(0.0);
            return;
        }
        for (activation, q) in activation.iter_mut().zip(q) {
            if !q.is_finite() {
                *activation = 0.0;
            }
        }
    }

    /// One step of the bare circuit: `q` are joint positions in units of 2π/links, and all controls are 0 to 1.
    pub fn activate(&mut self, q: &[f64], speed: f64, right: f64, left: f64, activation: &mut [f64]) {
        for (input, q) in self.inputs[..self.felt].iter_mut().zip(q) {
            *input = *q;
        }
        self.run(speed, right, left, activation);
    }

    fn run(&mut self, speed: f64, right: f64, left: f64, activation: &mut [f64]) {
        let mut at = self.felt;
        if self.has_speed {
            self.inputs[at] = speed;
            at += 1;
        }
        if self.has_turn {
            self.inputs[at] = right;
            self.inputs[at + 1] = left;
        }
        self.circuit.step(&self.inputs, activation);
    }

    /// How many joints it bends.
    #[must_use]
    pub fn joints(&self) -> usize {
        self.joints
    }

    /// The compiled circuit.
    #[must_use]
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// The compiled circuit, to be trained.
    pub fn circuit_mut(&mut self) -> &mut Circuit {
        &mut self.circuit
    }
}

/// The swimmer on a body.
#[derive(Clone, Debug)]
pub struct SwimmerCircuit {
    swimmer: Swimmer,
    /// From head to tail; `None` where the circuit does not feel.
    felt: Vec<Option<Joint>>,
    actuators: Vec<usize>,
    torque: f64,
    pace: Pace,
    /// What turns were asked for in the last steps, and which of them is the oldest.
    turns: Vec<f64>,
    oldest: usize,
    q: Vec<f64>,
    activation: Vec<f64>,
    diagnostics: Diagnostics,
}

impl SwimmerCircuit {
    /// The circuit of `spec` on `body`.
    ///
    /// # Errors
    /// If the two do not fit.
    pub fn new(spec: &SwimmerSpec, body: &BodyDescription) -> Result<Self, MotorError> {
        takes(body, "swimmer", "joint_torque", Interface::Effort)?;
        let all: Vec<String> = body.main_actuators().iter().map(|actuator| actuator.joint.clone()).collect();
        let joints = spec.joints.as_ref().unwrap_or(&all);
        let mut felt = Vec::new();
        let mut actuators = Vec::new();
        for joint in joints {
            let index = actuator(body, joint)?;
            if actuators.contains(&index) {
                return Err(MotorError::JointTwice { joint: joint.clone() });
            }
            actuators.push(index);
            let found = Joint::find(body, joint);
            if found.is_none() && spec.proprioception {
                let help = "add one to `sensors:`, or set `proprioception: false`";
                return Err(MotorError::Unfelt { circuit: "swimmer", joint: joint.clone(), help });
            }
            felt.push(found.filter(|_| spec.proprioception));
        }
        let swimmer = Swimmer::new(spec, joints.len())?;
        let window = spec.turn_window.unwrap_or(spec.period);
        Ok(Self {
            turns: vec![0.0; (window / spec.step).round().max(1.0) as usize],
            oldest: 0,
            q: vec![0.0; joints.len()],
            activation: vec![0.0; joints.len()],
            swimmer,
            felt,
            actuators,
            torque: spec.torque,
            pace: Pace::new(spec.step),
            diagnostics: Diagnostics::default(),
        })
    }
}

impl SwimmerCircuit {
    /// The mean turn, `asked` for now among the last ones.
    fn mean_turn(&mut self, asked: f64) -> f64 {
        self.turns[self.oldest] = if asked.is_finite() { asked.clamp(-1.0, 1.0) } else { 0.0 };
        self.oldest = (self.oldest + 1) % self.turns.len();
        self.turns.iter().sum::<f64>() / self.turns.len() as f64
    }
}

impl neuraxis_core::Part for SwimmerCircuit {
    fn name(&self) -> &'static str {
        "swimmer"
    }

    fn explain(&self, to: &mut Reasons) {
        to.motor = self.diagnostics.reason();
    }

    fn trainable(&self) -> Option<&dyn Trainable> {
        Some(self)
    }

    fn trainable_mut(&mut self) -> Option<&mut dyn Trainable> {
        Some(self)
    }
}

impl MotorCircuit for SwimmerCircuit {
    fn step(&mut self, drive: &Drive, percepts: &Percepts, _: f64, command: &mut Command) {
        let steps = self.pace.due(percepts.now);
        if steps > 0 {
            self.diagnostics.missing_now = 0;
            for (q, felt) in self.q.iter_mut().zip(&self.felt) {
                *q = felt.map_or(0.0, |felt| felt.read(percepts).position);
                self.diagnostics.missing_now += usize::from(!q.is_finite());
            }
            self.diagnostics.missing += self.diagnostics.missing_now as u64;
        }
        for _ in 0..steps {
            let turn = self.mean_turn(drive.turn);
            self.swimmer.step(&self.q, drive.speed, turn, &mut self.activation);
        }
        for (index, activation) in self.actuators.iter().zip(&self.activation) {
            if let Some(value) = command.values.get_mut(*index) {
                *value = self.torque * activation;
            }
        }
    }

    fn reset(&mut self) {
        self.swimmer.circuit.reset();
        self.pace.reset();
        self.turns.fill(0.0);
        self.oldest = 0;
        self.activation.fill(0.0);
        self.diagnostics = Diagnostics::default();
    }

    fn wiring(&self) -> Option<&CircuitSpec> {
        Some(&self.swimmer.wiring)
    }

    fn diagnostics(&self) -> Diagnostics {
        self.diagnostics
    }
}

impl Trainable for SwimmerCircuit {
    fn parameters(&self) -> &[f64] {
        self.swimmer.circuit.parameters()
    }

    fn parameter_names(&self) -> &[String] {
        self.swimmer.circuit.parameter_names()
    }

    fn set_parameters(&mut self, values: &[f64]) -> Result<(), ParameterError> {
        self.swimmer.circuit.set_parameters(values)
    }

    fn project(&self, values: &mut [f64]) {
        self.swimmer.circuit.project(values);
    }
}

saved!(Swimmer { circuit, inputs; wiring, joints, felt, has_speed, has_turn, turn_limit, turning_speed });
saved!(SwimmerCircuit {
    swimmer, pace, turns, oldest, q, activation, diagnostics; felt, actuators, torque
} then Self::is_whole);

impl SwimmerCircuit {
    /// Whether what was loaded names only turns that are there.
    fn is_whole(&mut self) -> bool {
        self.oldest < self.turns.len()
    }
}
