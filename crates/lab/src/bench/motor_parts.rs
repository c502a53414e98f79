//! The rows of `neuraxis bench motor` that need no whole body at work: circuits against their authors' vectors, and the water
//! against its formulas.

use std::collections::BTreeMap;

use nalgebra::{Rotation3, Vector3};
use neuraxis_motor::quadruped::rhythm;
use neuraxis_motor::{MlpSpec, MotorSpec, Swimmer, SwimmerSpec};
use neuraxis_neural::Circuit;
use neuraxis_sim::arena::Stance;
use neuraxis_sim::medium::Drag;
use serde::Deserialize;

use super::motor_rows::{Bound, Row};
use crate::motor::{EpisodeConditions, MotorEnv, MotorEnvError, Task};

/// What the authors' module of the swimmer's circuit says to 690 inputs: all its flags, wrong signs, 3 to 12 links.
const VECTORS: &str = include_str!("../../../motor/tests/data/swimmer.json");
/// 200 steps of the quadruped's rhythm generator at three commands.
const RHYTHM: &str = include_str!("../../../motor/tests/data/rhythm.json");

/// Parts of the table.
const CIRCUIT_PART: &str = "circuits alone";
const WATER_PART: &str = "water";

fn row(part: &'static str, what: &str, measured: f64, digits: usize, must: Bound) -> Row {
    Row {
        part,
        what: what.to_owned(),
        measured,
        deviation: None,
        digits,
        must: Some(must),
        aim: None,
        peer: None,
        ratio: None,
        is_deterministic: true,
    }
}

#[derive(Deserialize)]
struct Vectors {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    joints: usize,
    period: u32,
    turn_joints: u32,
    sharing: bool,
    constrained: bool,
    proprioception: bool,
    oscillator: bool,
    speed: bool,
    turn: bool,
    parameters: BTreeMap<String, f64>,
    vectors: Vec<Vector>,
}

/// Time in steps, joints, controls (speed, right, left, or nothing), activations.
type Vector = (u64, Vec<f64>, Vec<f64>, Vec<f64>);

impl Case {
    fn swimmer(&self) -> Option<Swimmer> {
        let spec = SwimmerSpec {
            period: f64::from(self.period) * 0.03,
            turn_joints: self.turn_joints,
            weight_sharing: self.sharing,
            constrained: self.constrained,
            proprioception: self.proprioception,
            oscillator: self.oscillator,
            speed: self.speed,
            turn: self.turn,
            ..SwimmerSpec::default()
        };
        let mut swimmer = Swimmer::new(&spec, self.joints).ok()?;
        let names = swimmer.circuit().parameter_names().iter();
        let values: Option<Vec<f64>> = names.map(|name| self.parameters.get(name).copied()).collect();
        swimmer.circuit_mut().set_parameters(&values?).ok()?;
        Some(swimmer)
    }
}

fn farthest(found: &[f64], wanted: &[f64]) -> f64 {
    if found.len() != wanted.len() {
        return f64::INFINITY;
    }
    // A NaN is as far as can be.
    let off = found.iter().zip(wanted).map(|(a, b)| (a - b).abs());
    off.fold(0.0, |most, off| {
        if off <= most {
            most
        } else if off.is_nan() {
            f64::INFINITY
        } else {
            off
        }
    })
}

/// How many vectors there are, and the greatest error.
fn vectors() -> (usize, f64) {
    let Ok(reference) = serde_json::from_str::<Vectors>(VECTORS) else { return (0, f64::NAN) };
    let (mut count, mut worst) = (0, 0.0_f64);
    for case in reference.cases {
        let Some(mut swimmer) = case.swimmer() else { return (count, f64::INFINITY) };
        let mut found = vec![f64::NAN; case.joints];
        for (step, joints, controls, wanted) in &case.vectors {
            let [speed, right, left] = controls[..] else {
                swimmer.circuit_mut().set_clock(*step);
                swimmer.activate(joints, f64::NAN, f64::NAN, f64::NAN, &mut found);
                worst = worst.max(farthest(&found, wanted));
                count += 1;
                continue;
            };
            swimmer.circuit_mut().set_clock(*step);
            swimmer.activate(joints, speed, right, left, &mut found);
            worst = worst.max(farthest(&found, wanted));
            count += 1;
        }
    }
    (count, worst)
}

#[derive(Deserialize)]
struct Rhythm {
    traces: BTreeMap<String, Vec<Vec<f64>>>,
}

/// The greatest error over all steps of all traces, and how many steps those are.
fn rhythm() -> (usize, f64) {
    let Ok(reference) = serde_json::from_str::<Rhythm>(RHYTHM) else { return (0, f64::NAN) };
    let compiled = rhythm::wiring(0.03, rhythm::START).compile();
    let Ok(mut circuit): Result<Circuit, _> = compiled else { return (0, f64::NAN) };
    let (mut count, mut worst) = (0, 0.0_f64);
    for (command, trace) in &reference.traces {
        let mut inputs = [0.0; 12];
        inputs[..4].fill(command.parse().unwrap_or(f64::NAN));
        circuit.reset();
        let mut found = [0.0; 8];
        for wanted in trace {
            circuit.step(&inputs, &mut found);
            worst = worst.max(farthest(&found, wanted));
            count += 1;
        }
    }
    (count, worst)
}

/// The circuits' rows.
pub(super) fn circuits() -> Vec<Row> {
    let (count, worst) = vectors();
    let (steps, apart) = rhythm();
    vec![
        row(CIRCUIT_PART, "vectors of the swimmer's authors, count", count as f64, 0, Bound::AtLeast(690.0)),
        row(CIRCUIT_PART, "greatest error of an activation, 1e-9", 1e9 * worst, 2, Bound::AtMost(1e3)),
        row(CIRCUIT_PART, "steps of the quadruped's rhythm, count", steps as f64, 0, Bound::AtLeast(600.0)),
        row(CIRCUIT_PART, "greatest error of a flexor or extensor, 1e-9", 1e9 * apart, 2, Bound::AtMost(1e4)),
    ]
}

/// Mass of a link of the swimmer (kg), and its edges (m).
const LINK: (f64, [f64; 3]) = (0.01, [0.1, 0.002, 0.02]);
/// Density of the swimmer's water, kg/m³.
const DENSITY: f64 = 3000.0;

/// The greatest error of the three constants of a link in the plane, as a share of each.
fn constants() -> f64 {
    let (mass, [x, y, z]) = LINK;
    let part = |a: f64, b: f64| mass / 12.0 * (a * a + b * b);
    let drag = Drag::new(mass, [part(y, z), part(x, z), part(x, y)], DENSITY, 0.0);
    let fourth = |v: f64| v * v * v * v;
    // Published, rounded: 0.06 along, 3 across, 9.375e-5 about z.
    let spin = DENSITY * z * (fourth(x) + fourth(y)) / 64.0;
    let off = |found: f64, wanted: f64| (found / wanted - 1.0).abs();
    off(drag.linear[0], 0.06).max(off(drag.linear[1], 3.0)).max(off(drag.angular[2], spin))
}

/// How far what is left after `seconds` is off `wanted`, %: of the speed of a straight swimmer that coasts as `stance` says, or
/// with `is_turning` of its turning rate.
fn decay(subject: &MotorEnv, stance: &Stance, seconds: f64, is_turning: bool, wanted: f64) -> f64 {
    // Askew, so that no axis is that of the world.
    let turned = Rotation3::from_axis_angle(&Vector3::z_axis(), 0.7);
    let mut arena = subject.arena(&EpisodeConditions { yaw: 0.7, ..EpisodeConditions::USUAL });
    let stance = Stance { velocity: turned * stance.velocity, ..stance.clone() };
    if !arena.set_stance(0, &stance) {
        return f64::NAN;
    }
    for _ in 0..(seconds / subject.task.control() * subject.substeps() as f64).round() as usize {
        arena.advance_physics();
    }
    let Some(robot) = arena.robots().first() else { return f64::NAN };
    let (velocity, rate) = robot.motion();
    100.0 * (if is_turning { rate.z } else { velocity.norm() } / wanted - 1.0).abs()
}

/// The water's rows.
///
/// # Errors
/// If a body cannot be made.
pub(super) fn water() -> Result<Vec<Row>, MotorEnvError> {
    // Nobody moves here; a swimmer of two links is too short for the worm's circuit.
    let coasting = |links: usize| {
        MotorEnv::swimmer(links, MotorSpec::Mlp(MlpSpec::default()), Task::Swim { speed: None })
    };
    let (six, two) = (coasting(6)?, coasting(2)?);
    let moving = |x: f64, y: f64, rate: f64| Stance {
        velocity: Vector3::new(x, y, 0.0),
        rate: Vector3::new(0.0, 0.0, rate),
        joints: Vec::new(),
    };
    let (mass, [length, breadth, _]) = LINK;
    let arm = length / 2.0;
    // Two links that turn about their hinge are two pendulums, which the hinge keeps straight.
    let inertia = mass / 12.0 * (length * length + breadth * breadth) + mass * arm * arm;
    let slowing = (9.375e-5 + 3.0 * arm * arm * arm) / inertia;
    let one_percent = Bound::AtMost(1.0);
    Ok(vec![
        row(
            WATER_PART,
            "greatest error of a link's drag constants, 1e-9",
            1e9 * constants(),
            3,
            Bound::AtMost(1.0),
        ),
        row(
            WATER_PART,
            "coasting along itself, 6 s, error in %",
            decay(&six, &moving(0.1, 0.0, 0.0), 6.0, false, 0.1 / (1.0 + 6.0 * 0.1 * 6.0)),
            2,
            one_percent,
        ),
        row(
            WATER_PART,
            "drifting aside, 3 s, error in %",
            decay(&two, &moving(0.0, 0.05, 0.0), 3.0, false, 0.05 / (1.0 + 300.0 * 0.05 * 3.0)),
            2,
            one_percent,
        ),
        row(
            WATER_PART,
            "turning about the hinge, 3 s, error in %",
            decay(&two, &moving(0.0, arm, 1.0), 3.0, true, 1.0 / (1.0 + slowing * 3.0)),
            2,
            one_percent,
        ),
    ])
}
