//! A circuit that is written in YAML, on any body: its inputs and outputs find their senses and joints by name.
//!
//! Inputs: `speed` and `turn` of the drive (-1 to 1), `left` and `right` (how much it turns there, 0 to 1); `position_JOINT`,
//! `velocity_JOINT` and `effort_JOINT` (rad, rad/s, N·m), `touch_SENSE` (0 or 1) and `force_SENSE` (N) of a sense of the
//! kind `contact`. Outputs are called as the joints that they move.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::file::{Problems, Validate};
use neuraxis_core::percepts::Contact;
use neuraxis_core::senses::{ContactSpec, Sensor};
use neuraxis_core::{Command, Drive, Input, Part, Percepts, Reasons, Trainable, saved};
use neuraxis_neural::{Circuit, CircuitSpec, ParameterError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::body::{Joint, Pace, actuator, fresh};
use crate::{Diagnostics, MotorCircuit, MotorError};

/// A circuit of one's own, from a file or in place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WiredSpec {
    /// The circuit's file, seen from the robot's; or give `wiring`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The circuit itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wiring: Option<CircuitSpec>,
    /// What an output of 1 commands, in the units of the actuators: N·m, rad/s or rad.
    #[serde(default = "WiredSpec::default_scale")]
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub scale: f64,
}

impl WiredSpec {
    fn default_scale() -> f64 {
        1.0
    }
}

impl Validate for WiredSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        match (&self.file, &self.wiring) {
            (None, None) => {
                problems.help("", "there is no circuit", "give the name of a `file`, or a `wiring`");
            }
            (Some(_), Some(_)) => {
                problems.help("/file", "there are two circuits", "give `file` or `wiring`, not both");
            }
            (None, Some(wiring)) => problems.inside("/wiring", |problems| wiring.validate(problems)),
            (Some(_), None) => {}
        }
    }
}

/// Where an input comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    Speed,
    Turn,
    Left,
    Right,
    Position(Joint),
    Velocity(Joint),
    Effort(Joint),
    Touch(Input<Contact>),
    Force(Input<Contact>),
}

impl Source {
    fn find(body: &BodyDescription, input: &str) -> Result<Self, MotorError> {
        match input {
            "speed" => return Ok(Self::Speed),
            "turn" => return Ok(Self::Turn),
            "left" => return Ok(Self::Left),
            "right" => return Ok(Self::Right),
            _ => {}
        }
        let joint = |name: &str| Joint::find(body, name);
        let contact = |name: &str| Input::named(body, name);
        let found = input.split_once('_').and_then(|(what, name)| match what {
            "position" => joint(name).map(Self::Position),
            "velocity" => joint(name).map(Self::Velocity),
            "effort" => joint(name).map(Self::Effort),
            "touch" => contact(name).map(Self::Touch),
            "force" => contact(name).map(Self::Force),
            _ => None,
        });
        found.ok_or_else(|| MotorError::unknown_input(input, &Self::all(body)))
    }

    /// The names of all inputs that `body` can give.
    fn all(body: &BodyDescription) -> Vec<String> {
        let mut all: Vec<String> = ["speed", "turn", "left", "right"].map(str::to_owned).to_vec();
        for sense in &body.sensors {
            for joint in &sense.joints {
                if matches!(sense.sensor, Sensor::JointState { .. }) {
                    all.extend(["position", "velocity", "effort"].map(|what| format!("{what}_{joint}")));
                }
            }
            if let Sensor::Contact(ContactSpec { name, .. }) = &sense.sensor {
                all.extend(["touch", "force"].map(|what| format!("{what}_{name}")));
            }
        }
        all
    }

    fn read(&self, drive: &Drive, percepts: &Percepts) -> f64 {
        match self {
            Self::Speed => drive.speed,
            Self::Turn => drive.turn,
            Self::Left => drive.turn.max(0.0),
            Self::Right => (-drive.turn).max(0.0),
            Self::Position(felt) => felt.read(percepts).position,
            Self::Velocity(felt) => felt.read(percepts).velocity,
            Self::Effort(felt) => felt.read(percepts).effort,
            Self::Touch(foot) => {
                fresh(foot, percepts).map_or(f64::NAN, |contact| f64::from(contact.touching))
            }
            Self::Force(foot) => fresh(foot, percepts).map_or(f64::NAN, |contact| contact.force),
        }
    }
}

/// The circuit on a body.
#[derive(Clone, Debug)]
pub struct WiredCircuit {
    circuit: Circuit,
    wiring: CircuitSpec,
    sources: Vec<Source>,
    actuators: Vec<usize>,
    /// How many actuators move the body about, the first of the command.
    main: usize,
    scale: f64,
    pace: Pace,
    inputs: Vec<f64>,
    outputs: Vec<f64>,
    diagnostics: Diagnostics,
}

impl WiredCircuit {
    /// The circuit of `spec` on `body`.
    ///
    /// # Errors
    /// If the circuit is wrong in itself, its file was not loaded, or an input or output is none of the body's.
    pub fn new(spec: &WiredSpec, body: &BodyDescription) -> Result<Self, MotorError> {
        let wiring = spec
            .wiring
            .as_ref()
            .ok_or_else(|| MotorError::NotLoaded { file: spec.file.clone().unwrap_or_default() })?;
        let circuit = wiring.compile().map_err(|error| MotorError::Wiring(error.to_string()))?;
        let mut sources = Vec::new();
        for input in &wiring.inputs {
            sources.push(Source::find(body, &input.name)?);
        }
        let mut actuators = Vec::new();
        for output in &wiring.outputs {
            actuators.push(actuator(body, &output.name)?);
        }
        Ok(Self {
            inputs: vec![0.0; sources.len()],
            outputs: vec![0.0; actuators.len()],
            pace: Pace::new(circuit.period()),
            circuit,
            wiring: wiring.clone(),
            sources,
            actuators,
            main: body.main_actuators().len(),
            scale: spec.scale,
            diagnostics: Diagnostics::default(),
        })
    }
}

impl Part for WiredCircuit {
    fn name(&self) -> &'static str {
        "wired"
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

impl MotorCircuit for WiredCircuit {
    fn step(&mut self, drive: &Drive, percepts: &Percepts, _: f64, command: &mut Command) {
        let steps = self.pace.due(percepts.now);
        if steps > 0 {
            for (input, source) in self.inputs.iter_mut().zip(&self.sources) {
                *input = source.read(drive, percepts);
            }
        }
        for _ in 0..steps {
            self.circuit.step(&self.inputs, &mut self.outputs);
            self.diagnostics.missing_now = self.circuit.missing_now();
            self.diagnostics.missing = self.circuit.missing();
        }
        // What it does not move among the body's main actuators is told nothing.
        let main = self.main.min(command.values.len());
        command.values[..main].fill(0.0);
        for (index, output) in self.actuators.iter().zip(&self.outputs) {
            if let Some(value) = command.values.get_mut(*index) {
                *value = self.scale * output;
            }
        }
    }

    fn reset(&mut self) {
        self.circuit.reset();
        self.pace.reset();
        self.outputs.fill(0.0);
        self.diagnostics = Diagnostics::default();
    }

    fn wiring(&self) -> Option<&CircuitSpec> {
        Some(&self.wiring)
    }

    fn diagnostics(&self) -> Diagnostics {
        self.diagnostics
    }
}

impl Trainable for WiredCircuit {
    fn parameters(&self) -> &[f64] {
        self.circuit.parameters()
    }

    fn parameter_names(&self) -> &[String] {
        self.circuit.parameter_names()
    }

    fn set_parameters(&mut self, values: &[f64]) -> Result<(), ParameterError> {
        self.circuit.set_parameters(values)
    }

    fn project(&self, values: &mut [f64]) {
        self.circuit.project(values);
    }
}

saved!(WiredCircuit { circuit, pace, inputs, outputs, diagnostics; wiring, sources, actuators, main, scale });
