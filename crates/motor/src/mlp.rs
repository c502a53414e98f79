//! The plain baseline of all circuits: a multilayer perceptron from what the body feels to its joints.
//!
//! Hyperbolic tangents in all layers, weights in one vector: for each layer its weights, row by row, then its biases. It
//! has no innate wiring: before it is trained, its weights are drawn (normal, variance 2/(in+out), biases 0). What it sees may be
//! normalised by the mean and the variance that it had in training.
//!
//! With `inputs: [positions, velocities]` on a planar swimmer of six links whose links each have a velocimeter it is the baseline
//! of Bhattasali et al. (2022): 23 observations, two layers of 64 units, 5 torques, 6,021 parameters.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::file::{Problems, Validate};
use neuraxis_core::percepts::{BodyTwist, Imu, Odometry};
use neuraxis_core::{Command, Drive, Input, Part, Percepts, Reasons, Trainable, math, random, saved};
use neuraxis_neural::{LIMIT, ParameterError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Joint, Pace, actuator, fresh};
use crate::{Diagnostics, MotorCircuit, MotorError, RunningStats};

/// What a perceptron sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MlpInput {
    /// Position (in units of π) and velocity (of 10 rad/s) of each joint.
    Joints,
    /// Position of each joint, in units of π.
    Positions,
    /// Ahead (m/s), aside (m/s) and turning (rad/s) of each velocimeter, in the order of the body's sensors.
    Velocities,
    /// The turning rates of the inertial unit, rad/s.
    Imu,
    /// The speeds of wheel odometry, m/s and rad/s.
    Odometry,
    /// Speed and turn of the drive.
    Drive,
}

impl MlpInput {
    /// As a robot file writes it.
    fn name(self) -> &'static str {
        match self {
            Self::Joints => "joints",
            Self::Positions => "positions",
            Self::Velocities => "velocities",
            Self::Imu => "imu",
            Self::Odometry => "odometry",
            Self::Drive => "drive",
        }
    }
}

/// The perceptron, and what its numbers mean to the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MlpSpec {
    /// The joints that it moves; those of the actuators if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joints: Option<Vec<String>>,
    /// What it sees, in this order, and after it the clock. If not given: `joints`, then `imu` and `odometry` if the body has
    /// them, then `drive`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 6))]
    pub inputs: Option<Vec<MlpInput>>,
    /// Sizes of the hidden layers.
    #[schemars(length(max = 8))]
    pub hidden: Vec<u32>,
    /// What an output of 1 commands, in the units of the actuators: N·m, rad/s or rad.
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub scale: f64,
    /// Added to the outputs, one number a joint, in the units of the actuators; none if not given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub offset: Vec<f64>,
    /// Time from one step to the next, s; its commands are held between.
    #[schemars(range(min = 0.001, max = 1.0))]
    pub step: f64,
    /// Period of a clock that it sees as a sine and a cosine, s; it sees none if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.002, max = 100.0))]
    pub clock: Option<f64>,
    /// Mean and variance of what it sees, by which it is normalised; training writes them. Not normalised if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<RunningStats>,
    /// Seed of the weights.
    pub seed: u64,
    /// The weights and biases; drawn if not given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<f64>,
}

impl Default for MlpSpec {
    fn default() -> Self {
        Self {
            joints: None,
            inputs: None,
            hidden: vec![64, 64],
            scale: 1.0,
            offset: Vec::new(),
            step: 0.03,
            clock: None,
            normalisation: None,
            seed: 0,
            parameters: Vec::new(),
        }
    }
}

impl Validate for MlpSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        for (i, size) in self.hidden.iter().enumerate() {
            if !(1..=1024).contains(size) {
                let message = format!("a layer of {size} units is not possible: expected from 1 to 1024");
                problems.at(&format!("/hidden/{i}"), message);
            }
        }
        for (key, list) in [("offset", &self.offset), ("parameters", &self.parameters)] {
            if let Some(i) = list.iter().position(|value| !value.is_finite()) {
                problems.at(&format!("/{key}/{i}"), format!("{} is not a number", list[i]));
            }
        }
        let inputs = self.inputs.as_deref().unwrap_or_default();
        if let Some(i) = (1..inputs.len()).find(|i| inputs[..*i].contains(&inputs[*i])) {
            problems.at(&format!("/inputs/{i}"), format!("`{}` stands there twice", inputs[i].name()));
        }
        if self.normalisation.as_ref().is_some_and(|moments| !moments.is_whole()) {
            let message = "`mean` and `variance` need as many numbers, and no variance is below 0";
            problems.at("/normalisation", message);
        }
    }
}

/// The perceptron alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Mlp {
    /// Inputs, hidden layers, outputs.
    sizes: Vec<usize>,
    parameters: Vec<f64>,
    /// What the layer before said, and what this one says.
    layers: [Vec<f64>; 2],
}

impl Mlp {
    /// A perceptron with layers of these sizes, from inputs to outputs, with drawn weights.
    #[must_use]
    pub fn new(sizes: &[usize], seed: u64) -> Self {
        let mut stream = random::stream(seed, "mlp");
        let mut parameters = Vec::new();
        for pair in sizes.windows(2) {
            let spread = (2.0 / (pair[0] + pair[1]).max(1) as f64).sqrt();
            parameters.extend((0..pair[0] * pair[1]).map(|_| spread * random::normal(&mut stream)));
            parameters.resize(parameters.len() + pair[1], 0.0);
        }
        let widest = sizes.iter().copied().max().unwrap_or(0);
        Self { sizes: sizes.to_vec(), parameters, layers: [vec![0.0; widest], vec![0.0; widest]] }
    }

    /// From inputs to outputs, -1 to 1. An input that is missing or not finite counts as 0; how many did.
    pub fn step(&mut self, inputs: &[f64], outputs: &mut [f64]) -> usize {
        let Some((first, rest)) = self.sizes.split_first() else { return 0 };
        let [before, after] = &mut self.layers;
        let mut missing = 0;
        for (i, value) in before[..*first].iter_mut().enumerate() {
            *value = inputs.get(i).copied().filter(|v| v.is_finite()).map_or(0.0, |v| v.clamp(-LIMIT, LIMIT));
            missing += usize::from(!inputs.get(i).is_some_and(|v| v.is_finite()));
        }
        let mut width = *first;
        let mut at = 0;
        for size in rest {
            let biases = at + width * size;
            let rows = self.parameters[at..biases].chunks_exact(width.max(1));
            let biases = &self.parameters[biases..biases + size];
            for ((after, row), bias) in after.iter_mut().zip(rows).zip(biases) {
                let sum: f64 = row.iter().zip(&before[..width]).map(|(weight, value)| weight * value).sum();
                *after = math::tanh(sum + bias);
            }
            std::mem::swap(before, after);
            at += width * size + size;
            width = *size;
        }
        for (output, value) in outputs.iter_mut().zip(&before[..width]) {
            *output = *value;
        }
        missing
    }

    /// Sizes of its layers: inputs, hidden layers, outputs.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Weights and biases, layer by layer.
    #[must_use]
    pub fn parameters(&self) -> &[f64] {
        &self.parameters
    }

    /// Sets all weights and biases; beyond [`LIMIT`] they become that.
    ///
    /// # Errors
    /// If there are not as many, or one is not finite; then nothing is changed.
    pub fn set_parameters(&mut self, values: &[f64]) -> Result<(), ParameterError> {
        if values.len() != self.parameters.len() {
            return Err(ParameterError::Count { expected: self.parameters.len(), found: values.len() });
        }
        if let Some(i) = values.iter().position(|value| !value.is_finite()) {
            return Err(ParameterError::NotANumber { name: i.to_string(), value: values[i].to_string() });
        }
        for (to, from) in self.parameters.iter_mut().zip(values) {
            *to = from.clamp(-LIMIT, LIMIT);
        }
        Ok(())
    }
}

/// The perceptron on a body.
///
/// It sees what [`MlpSpec::inputs`] lists, and after it sine and cosine of the clock, if it has one.
#[derive(Clone, Debug)]
pub struct MlpCircuit {
    mlp: Mlp,
    spec: MlpSpec,
    inputs: Vec<Source>,
    normalisation: RunningStats,
    /// What it saw since the last reset, if anybody wants to know.
    gathered: Option<RunningStats>,
    actuators: Vec<usize>,
    pace: Pace,
    steps: u64,
    seen: Vec<f64>,
    said: Vec<f64>,
    diagnostics: Diagnostics,
}

/// Where one kind of input comes from.
#[derive(Clone, Debug)]
enum Source {
    Joints(Vec<Joint>),
    Positions(Vec<Joint>),
    Velocities(Vec<Input<BodyTwist>>),
    Imu(Input<Imu>),
    Odometry(Input<Odometry>),
    Drive,
}

impl Source {
    /// Where `input` comes from on `body`; `felt` are its joints. None if the body has nothing of the kind.
    fn find(input: MlpInput, body: &BodyDescription, felt: &[Joint]) -> Option<Self> {
        match input {
            MlpInput::Joints => Some(Self::Joints(felt.to_vec())),
            MlpInput::Positions => Some(Self::Positions(felt.to_vec())),
            MlpInput::Velocities => {
                let moved: Vec<_> = Input::all(body).collect();
                (!moved.is_empty()).then_some(Self::Velocities(moved))
            }
            MlpInput::Imu => Input::first(body).map(Self::Imu),
            MlpInput::Odometry => Input::first(body).map(Self::Odometry),
            MlpInput::Drive => Some(Self::Drive),
        }
    }

    /// How many numbers it is.
    fn len(&self) -> usize {
        match self {
            Self::Joints(felt) => 2 * felt.len(),
            Self::Positions(felt) => felt.len(),
            Self::Velocities(moved) => 3 * moved.len(),
            Self::Imu(_) => 3,
            Self::Odometry(_) | Self::Drive => 2,
        }
    }

    /// Calls `put` with its numbers; NaN for what is not felt.
    fn read(&self, drive: &Drive, percepts: &Percepts, put: &mut impl FnMut(f64)) {
        match self {
            Self::Joints(felt) => felt.iter().for_each(|felt| {
                let joint = felt.read(percepts);
                put(joint.position / math::PI);
                put(joint.velocity / 10.0);
            }),
            Self::Positions(felt) => {
                for joint in felt {
                    put(joint.read(percepts).position / math::PI);
                }
            }
            Self::Velocities(moved) => moved.iter().for_each(|moved| {
                let motion = fresh(moved, percepts).map_or([f64::NAN; 3], |motion| {
                    let (v, w) = (&motion.linear_velocity, &motion.angular_velocity);
                    [v.x, v.y, w.z]
                });
                motion.into_iter().for_each(&mut *put);
            }),
            Self::Imu(unit) => {
                let imu = unit.latest(percepts).map(|sample| sample.reading);
                imu.map_or([f64::NAN; 3], |imu| imu.angular_velocity.into()).into_iter().for_each(put);
            }
            Self::Odometry(wheels) => {
                let twist = wheels.latest(percepts).map(|sample| &sample.reading.twist);
                let twist = twist.map_or([f64::NAN; 2], |twist| [twist.linear, twist.angular]);
                twist.into_iter().for_each(put);
            }
            Self::Drive => {
                put(drive.speed);
                put(drive.turn);
            }
        }
    }
}

impl MlpCircuit {
    /// The perceptron of `spec` on `body`.
    ///
    /// # Errors
    /// If the two do not fit.
    pub fn new(spec: &MlpSpec, body: &BodyDescription) -> Result<Self, MotorError> {
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
            felt.push(Joint::find(body, joint).ok_or_else(|| MotorError::Unfelt {
                circuit: "mlp",
                joint: joint.clone(),
                help: "add one to `sensors:`",
            })?);
        }
        if !spec.offset.is_empty() && spec.offset.len() != joints.len() {
            let (offset, joints) = (spec.offset.len(), joints.len());
            return Err(MotorError::Wiring(format!("`offset` has {offset} numbers for {joints} joints")));
        }
        let mut inputs = Vec::new();
        let usual = [MlpInput::Joints, MlpInput::Imu, MlpInput::Odometry, MlpInput::Drive];
        for input in spec.inputs.as_deref().unwrap_or(&usual) {
            match Source::find(*input, body, &felt) {
                Some(found) => inputs.push(found),
                // Of the usual ones it takes what the body has.
                None if spec.inputs.is_none() => {}
                None => {
                    let name = input.name();
                    return Err(MotorError::Wiring(format!(
                        "`inputs` has `{name}`, and the body has no sense that tells it: add one to `sensors:`"
                    )));
                }
            }
        }
        let seen = inputs.iter().map(Source::len).sum::<usize>() + if spec.clock.is_some() { 2 } else { 0 };
        let mut sizes = vec![seen];
        sizes.extend(spec.hidden.iter().map(|size| *size as usize));
        sizes.push(joints.len());
        let mut mlp = Mlp::new(&sizes, spec.seed);
        if !spec.parameters.is_empty() {
            mlp.set_parameters(&spec.parameters)?;
        }
        let mut circuit = Self {
            mlp,
            inputs,
            normalisation: RunningStats::new(seen),
            gathered: None,
            said: vec![0.0; actuators.len()],
            actuators,
            pace: Pace::new(spec.step),
            steps: 0,
            seen: vec![0.0; seen],
            spec: MlpSpec { parameters: Vec::new(), normalisation: None, ..spec.clone() },
            diagnostics: Diagnostics::default(),
        };
        if let Some(by) = &spec.normalisation {
            circuit.normalise_by(by)?;
        }
        Ok(circuit)
    }

    /// What it saw in its last step, normalised; what was missing is NaN.
    #[must_use]
    pub fn seen(&self) -> &[f64] {
        &self.seen
    }

    /// What it said in its last step, -1 to 1, one number a joint.
    #[must_use]
    pub fn said(&self) -> &[f64] {
        &self.said
    }

    /// Steps since the last reset.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The perceptron.
    #[must_use]
    pub fn mlp(&self) -> &Mlp {
        &self.mlp
    }

    /// Commands `said`, -1 to 1, one number a joint, as if it had said so.
    pub fn command(&self, said: &[f64], command: &mut Command) {
        for (i, (index, said)) in self.actuators.iter().zip(said).enumerate() {
            if let Some(value) = command.values.get_mut(*index) {
                *value = self.spec.scale * said + self.spec.offset.get(i).copied().unwrap_or(0.0);
            }
        }
    }

    fn normalise_by(&mut self, by: &RunningStats) -> Result<(), ParameterError> {
        let (expected, found) = (self.seen.len(), by.mean.len());
        if by.count > 0 && (found != expected || !by.is_whole()) {
            return Err(ParameterError::Normalisation { expected, found });
        }
        self.normalisation = if by.count > 0 { by.clone() } else { RunningStats::new(expected) };
        Ok(())
    }

    fn look(&mut self, drive: &Drive, percepts: &Percepts) {
        let mut seen = self.seen.iter_mut();
        let mut put = |value: f64| {
            if let Some(to) = seen.next() {
                *to = value;
            }
        };
        self.inputs.iter().for_each(|input| input.read(drive, percepts, &mut put));
        if let Some(period) = self.spec.clock {
            let turns = self.steps as f64 * self.spec.step / period;
            let (sin, cos) = math::sin_cos(2.0 * math::PI * turns.fract());
            put(sin);
            put(cos);
        }
        if let Some(gathered) = &mut self.gathered {
            gathered.take(&self.seen);
        }
        self.normalisation.normalise(&mut self.seen);
    }
}

impl Part for MlpCircuit {
    fn name(&self) -> &'static str {
        "mlp"
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

impl MotorCircuit for MlpCircuit {
    fn step(&mut self, drive: &Drive, percepts: &Percepts, _: f64, command: &mut Command) {
        for _ in 0..self.pace.due(percepts.now) {
            self.look(drive, percepts);
            self.diagnostics.missing_now = self.mlp.step(&self.seen, &mut self.said);
            self.diagnostics.missing += self.diagnostics.missing_now as u64;
            self.steps += 1;
        }
        self.command(&self.said, command);
    }

    fn reset(&mut self) {
        self.pace.reset();
        self.steps = 0;
        self.said.fill(0.0);
        if let Some(gathered) = &mut self.gathered {
            gathered.count = 0;
            gathered.mean.fill(0.0);
            gathered.variance.fill(0.0);
        }
        self.diagnostics = Diagnostics::default();
    }

    fn diagnostics(&self) -> Diagnostics {
        self.diagnostics
    }
}

impl Trainable for MlpCircuit {
    fn parameters(&self) -> &[f64] {
        self.mlp.parameters()
    }

    fn set_parameters(&mut self, values: &[f64]) -> Result<(), ParameterError> {
        self.mlp.set_parameters(values)
    }

    fn set_normalisation(&mut self, by: &RunningStats) -> Result<(), ParameterError> {
        self.normalise_by(by)?;
        self.gathered = Some(RunningStats::new(self.seen.len()));
        Ok(())
    }

    fn normalisation(&self) -> Option<&RunningStats> {
        Some(&self.normalisation)
    }

    fn gathered(&self) -> Option<&RunningStats> {
        self.gathered.as_ref()
    }
}

// The layers are made anew in each step.
saved!(Mlp { parameters; sizes, layers });
saved!(MlpCircuit {
    mlp, normalisation, gathered: each, pace, steps, seen, said, diagnostics; spec, inputs, actuators
});
