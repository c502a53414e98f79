//! The quadruped: a spinal cord for four legs of three joints, from drive and touch to joint positions.
//!
//! Source: arXiv 2410.07174. A [`rhythm`] generator bends and stretches the legs in turn, pattern formation makes joint
//! positions of that, afferents bring back what the legs feel. Inferred here, for the source does not say:
//! a foot without load counts as 0. Added here, and not in the source: standing still at rest; strides that shorten with the
//! drive's speed, reverse with its sign, and differ between left and right in a turn; reflexes of single legs;
//! and those that keep the trunk over the feet.
//!
//! The generator alone trots at the command 0.3 as well as at 0.5 from most starts: "walk" is then a slow trot. Which
//! gaits come out with a body in the loop is for the body to show.

mod balance;
mod limbs;
mod on_body;
mod reflex;
pub mod rhythm;
mod spec;
mod sway;

use neuraxis_core::{Drive, Gait, saved, value};
use neuraxis_neural::{Circuit, CircuitSpec};

use crate::{MotorError, compile};
use limbs::INPUTS;
pub use on_body::QuadrupedCircuit;
use reflex::{Reflex, Timing, Touch};
use rhythm::LEGS;
pub use spec::{GaitsSpec, LegSpec, LegsSpec, QuadrupedSpec};

/// Force from which a foot touches, N.
const TOUCH: f64 = 1.0;
/// Share of the stride that is left at the slowest.
const SHORTEST: f64 = 0.2;
/// A foot that was lifted still touches for so long, s.
const LIFT_OFF: f64 = 0.03;
/// A touch later than this in the swing is no stumble, s.
const EARLY: f64 = 0.12;
/// A stumbling leg is bent further for so long, s.
const HOLD: f64 = 0.12;
/// How far hips swing that count as 1, rad.
const HIP: f64 = 0.15;

/// What a leg feels: hip, thigh and calf, and the foot. What is not known is NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LegState {
    /// rad.
    pub position: [f64; 3],
    /// rad/s.
    pub velocity: [f64; 3],
    /// N·m.
    pub effort: [f64; 3],
    /// Force on the foot, N.
    pub foot: f64,
}

impl LegState {
    /// Nothing is known.
    pub const UNKNOWN: Self =
        Self { position: [f64::NAN; 3], velocity: [f64::NAN; 3], effort: [f64::NAN; 3], foot: f64::NAN };
}

impl QuadrupedSpec {
    /// The whole wiring: afferents, rhythm, pattern formation, reflexes.
    #[must_use]
    pub fn wiring(&self) -> CircuitSpec {
        let mut wiring = CircuitSpec::new("quadruped", self.step);
        wiring.constrained = self.constrained;
        for command in rhythm::COMMANDS {
            wiring.input(command, [0.0, 1.0]);
        }
        for leg in LEGS {
            if self.afferents {
                for (input, _) in limbs::feelings(leg) {
                    wiring.input(input, [-1.0, 1.0]);
                }
            }
            if self.stumbling {
                wiring.input(format!("stumble_{leg}"), [0.0, 1.0]);
            }
            if self.loading {
                wiring.input(format!("load_{leg}"), [0.0, 1.0]);
            }
        }
        limbs::wire_afferents(&mut wiring, self.afferents);
        rhythm::wire(&mut wiring, self.start);
        limbs::wire_pattern(&mut wiring);
        reflex::wire(&mut wiring, self.stumbling, self.loading);
        for leg in LEGS {
            let flexor = format!("flx_{leg}");
            wiring.output(&flexor, &[(&flexor, 1.0)]);
        }
        for (name, value) in &mut wiring.parameters {
            if let Some(own) = self.parameters.get(name) {
                *value = *own;
            }
        }
        wiring
    }
}

/// The circuit alone: legs in, joint positions out. For training, and for whoever has no percepts.
#[derive(Clone, Debug)]
pub struct Quadruped {
    circuit: Circuit,
    wiring: CircuitSpec,
    spec: QuadrupedSpec,
    timing: Timing,
    reflexes: [Reflex; 4],
    inputs: Vec<f64>,
    /// Thigh and calf of each leg, then the flexors.
    outputs: [f64; 12],
    /// 0 standing, 1 in full stride.
    activity: f64,
    /// What strides are lengthened by.
    stride: f64,
    /// What is added to the drive's turn.
    steer: f64,
    began: u64,
}

impl Quadruped {
    /// The circuit of `spec`.
    ///
    /// # Errors
    /// If `spec` names parameters that the circuit does not have, or gives them a wrong sign.
    pub fn new(spec: &QuadrupedSpec) -> Result<Self, MotorError> {
        let wiring = spec.wiring();
        let mut own = spec.parameters.clone();
        own.retain(|name, _| !balance::WEIGHTS.iter().any(|(known, ..)| known == name));
        let circuit = compile(&wiring, "quadruped", &own)?;
        let steps = |time: f64| (time / spec.step).round().max(1.0) as u32;
        let timing = Timing {
            stumbling: spec.stumbling,
            loading: spec.loading,
            lift_off: steps(LIFT_OFF),
            early: steps(EARLY),
            hold: steps(HOLD),
        };
        Ok(Self {
            inputs: vec![0.0; circuit.inputs()],
            circuit,
            wiring,
            spec: spec.clone(),
            timing,
            reflexes: [Reflex::default(); 4],
            outputs: [0.0; 12],
            activity: 0.0,
            stride: 1.0,
            steer: 0.0,
            began: 0,
        })
    }

    /// One step: `legs` are FL, FR, HL, HR; `targets` become hip, thigh and calf of each, rad.
    pub fn step(&mut self, legs: &[LegState; 4], drive: &Drive, targets: &mut [[f64; 3]; 4]) {
        let (command, strides) = self.descend(drive);
        self.inputs[..4].fill(command);
        let mut at = 4;
        for (i, leg) in legs.iter().enumerate() {
            let is_touching = leg.foot > TOUCH;
            let (touch, began) = self.reflexes[i].feel(self.outputs[8 + i], is_touching, &self.timing);
            self.began += u64::from(began);
            if self.spec.afferents {
                let end = at + INPUTS;
                self.spec.feel(i, leg, touch, &mut self.inputs[at..end]);
                at = end;
            }
            if self.timing.stumbling {
                self.inputs[at] = f64::from(touch == Touch::Stumble);
                at += 1;
            }
            if self.timing.loading {
                self.inputs[at] = f64::from(touch == Touch::Load);
                at += 1;
            }
        }
        self.circuit.step(&self.inputs, &mut self.outputs);
        for (i, target) in targets.iter_mut().enumerate() {
            let thigh = self.activity * self.stride * strides[i % 2] * self.outputs[2 * i];
            let calf = self.activity * self.outputs[2 * i + 1];
            // A foot at x before the middle of a body that turns goes by -x times the turning rate to the side.
            let end = if i < 2 { 1.0 } else { -1.0 };
            let turn = (self.spec.asked(drive)[1] + self.steer).clamp(-1.0, 1.0);
            let hip =
                self.spec.hip - self.activity * end * turn * self.spec.hip_turning * self.outputs[2 * i];
            *target = [hip, angle(self.spec.thigh(i), thigh), angle(&self.spec.calf, calf)];
        }
    }

    /// The command to the generator, and the strides of the left and the right legs, -1 to 1.
    fn descend(&mut self, drive: &Drive) -> (f64, [f64; 2]) {
        let [speed, turn] = self.spec.asked(drive);
        let is_moving = speed != 0.0 || turn != 0.0;
        let ramp = if self.spec.ramp > 0.0 { self.spec.step / self.spec.ramp } else { 1.0 };
        self.activity = (self.activity + if is_moving { ramp } else { -ramp }).clamp(0.0, 1.0);
        let gaits = &self.spec.gaits;
        let (command, top) = match drive.gait {
            Gait::Auto if speed.abs() < gaits.trot_from => (gaits.walk, gaits.trot_from),
            Gait::Walk => (gaits.walk, 1.0),
            Gait::Auto | Gait::Trot => (gaits.trot, 1.0),
            Gait::Bound => (gaits.bound, 1.0),
        };
        let forward = match speed {
            0.0 => 0.0,
            _ => speed.signum() * (SHORTEST + (1.0 - SHORTEST) * speed.abs() / top),
        };
        let strides = [forward - self.spec.turning * turn, forward + self.spec.turning * turn];
        (if is_moving { command } else { 0.0 }, strides.map(|stride| stride.clamp(-1.0, 1.0)))
    }

    /// Back to the start; parameters stay.
    pub fn reset(&mut self) {
        self.circuit.reset();
        self.reflexes = [Reflex::default(); 4];
        self.outputs.fill(0.0);
        self.activity = 0.0;
        self.stride = 1.0;
        self.steer = 0.0;
        self.began = 0;
    }

    /// The flexors' activity in the last step, 0 to 1, FL, FR, HL, HR: above 0 a leg swings.
    #[must_use]
    pub fn flexors(&self) -> [f64; 4] {
        [self.outputs[8], self.outputs[9], self.outputs[10], self.outputs[11]]
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

impl QuadrupedSpec {
    /// The speed and the turn that a drive asks for, as far as they can be had; a drive that is none asks for rest.
    fn asked(&self, drive: &Drive) -> [f64; 2] {
        let is_valid = drive.speed.is_finite() && drive.turn.is_finite();
        let (speed, turn) = if is_valid { (drive.speed, drive.turn) } else { (0.0, 0.0) };
        [speed.clamp(-self.backward.clamp(0.0, 1.0), 1.0), turn.clamp(-1.0, 1.0)]
    }

    fn thigh(&self, leg: usize) -> &[f64; 3] {
        if leg < 2 { &self.front_thigh } else { &self.hind_thigh }
    }

    /// What leg `i` feels, in the units of the circuit, -1 to 1. A touch that a reflex answers is no load.
    fn feel(&self, i: usize, leg: &LegState, touch: Touch, inputs: &mut [f64]) {
        let hip = [self.hip - HIP, self.hip, self.hip + HIP];
        let ranges = [&hip, self.thigh(i), &self.calf];
        for (j, (inputs, range)) in inputs.chunks_exact_mut(3).zip(ranges).enumerate() {
            inputs[0] = share(range, leg.position[j]);
            inputs[1] = leg.effort[j] / self.effort;
            inputs[2] = leg.velocity[j] / self.velocity;
        }
        let foot = if touch == Touch::Stumble { 0.0 } else { leg.foot / self.foot_load };
        inputs[INPUTS - 1] = foot;
    }
}

/// From -1..1 to an angle, by the three points of `range`.
fn angle(range: &[f64; 3], action: f64) -> f64 {
    let action = action.clamp(-1.0, 1.0);
    let [low, middle, high] = range;
    let angle = middle + action * if action < 0.0 { middle - low } else { high - middle };
    angle.clamp(*low, *high)
}

/// From an angle to -1..1, by the three points of `range`.
fn share(range: &[f64; 3], angle: f64) -> f64 {
    let [low, middle, high] = range;
    let off = angle - middle;
    off / if off < 0.0 { middle - low } else { high - middle }
}

value!(struct LegState { position, velocity, effort, foot });
saved!(Quadruped { circuit, reflexes, inputs, outputs, activity, stride, steer, began; wiring, spec, timing });
