//! The quadruped on level ground with its circuit and no brain above it: what tests and the trainer share.

#![allow(dead_code, reason = "not every user needs every helper")]

use std::path::Path;

use nalgebra::Vector3;
use neuraxis_brain::{BrainSpec, RobotFile};
use neuraxis_core::{Drive, Gait, World as _, file, math};
use neuraxis_motor::{MotorCircuit, MotorSpec, QuadrupedCircuit, QuadrupedSpec};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::scene::world::WorldInstance;
use neuraxis_sim::{Arena, RobotModel, Scene};

/// A body that leans further than this has fallen, rad.
pub(crate) const TIPPED: f64 = 0.785;
/// One whose base is lower than this lies on the ground, m.
pub(crate) const DOWN: f64 = 0.13;
/// Length of a physics step, s.
pub(crate) const STEP: f64 = 0.005;
/// Physics steps from one tick to the next.
const TICK: u64 = 2;

/// The robot and its circuit.
#[derive(Clone)]
pub(crate) struct Walker {
    pub(crate) robot: RobotModel,
    pub(crate) spec: QuadrupedSpec,
    pub(crate) iterations: u32,
}

/// What happens in an episode.
#[derive(Clone, Debug)]
pub(crate) struct Episode {
    pub(crate) seconds: f64,
    pub(crate) drive: Drive,
    pub(crate) friction: f64,
    /// Where the flexors' slow variables begin, if not where the file says.
    pub(crate) start: Option<[f64; 4]>,
    /// From when, for how long (s), and how hard (N).
    pub(crate) push: Option<(f64, f64, Vector3<f64>)>,
    /// What is put in place of the circuit's parameters.
    pub(crate) parameters: Option<Vec<f64>>,
}

impl Episode {
    /// Straight on, on the ground of the other scenes.
    pub(crate) fn new(seconds: f64, speed: f64) -> Self {
        let drive = Drive { speed, turn: 0.0, gait: Gait::Auto };
        Self { seconds, drive, friction: 0.9, start: None, push: None, parameters: None }
    }
}

/// The body after a tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    pub(crate) time: f64,
    /// Forward in the body's own heading, m/s.
    pub(crate) speed: f64,
    pub(crate) yaw_rate: f64,
    pub(crate) height: f64,
    pub(crate) roll: f64,
    pub(crate) pitch: f64,
    pub(crate) yaw: f64,
    pub(crate) at: [f64; 2],
    /// Positions of hip, thigh and calf of FL, FR, RL, RR, and what was asked of them.
    pub(crate) joints: [f64; 12],
    pub(crate) targets: [f64; 12],
    pub(crate) feet: [f64; 4],
}

/// What an episode came to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walk {
    pub(crate) ticks: Vec<Now>,
    /// When it fell.
    pub(crate) fell: Option<f64>,
}

impl Walk {
    /// Way of the middle of the mass from `from` s on, over the time, m/s.
    pub(crate) fn speed(&self, from: f64) -> f64 {
        let mut late = self.ticks.iter().filter(|now| now.time >= from);
        let (Some(first), Some(last)) = (late.next(), self.ticks.last()) else { return 0.0 };
        math::hypot(last.at[0] - first.at[0], last.at[1] - first.at[1]) / (last.time - first.time).max(1e-9)
    }

    /// Mean forward speed in the body's own heading from `from` s on, m/s.
    pub(crate) fn forward(&self, from: f64) -> f64 {
        let late: Vec<f64> = self.ticks.iter().filter(|now| now.time >= from).map(|now| now.speed).collect();
        late.iter().sum::<f64>() / late.len().max(1) as f64
    }
}

/// The published robot.
pub(crate) fn walker() -> Walker {
    with_brain().0
}

/// The published robot and its brain's block.
pub(crate) fn with_brain() -> (Walker, BrainSpec) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../robots/quadruped/quadruped.yaml");
    let loaded = file::load::<RobotFile>(&path, &[]).map_err(|e| e.to_string()).expect("it loads");
    let robot = RobotModel::new(&loaded).map_err(|e| e.to_string()).expect("it fits");
    let brain = loaded.value.brain;
    let spec = match brain.motor.clone() {
        MotorSpec::Quadruped(spec) => Some(spec),
        _ => None,
    };
    let spec = spec.expect("it is a quadruped");
    (Walker { robot, spec, iterations: 4 }, brain)
}

/// Ground of this friction with a robot on it.
pub(crate) fn ground(robot: RobotModel, friction: f64, iterations: u32) -> Arena {
    let (scene, layout) = scene(&robot, friction, iterations);
    Arena::new(1, &scene.spec, layout, vec![robot])
}

/// The same before the robot stands on it.
pub(crate) fn scene(robot: &RobotModel, friction: f64, iterations: u32) -> (Scene, WorldInstance) {
    let scene = format!(
        "name: ground\nworld: []\nrobots: [{{ robot: it.yaml, spawn: {{ at: [0, 0], yaw: 0 }}, goal: {{ at: [8, 0] }} }}]\n\
         time_limit: 1000\nfriction: {friction}\nphysics: {{ timestep: {STEP}, iterations: {iterations} }}\n"
    );
    let loaded = file::parse::<SceneSpec>(Path::new("ground.yaml"), scene, &[]).map_err(|e| e.to_string());
    let scene = Scene::load(&loaded.expect("it loads")).expect("a scene");
    let layout = scene.layout(1, &[robot.size()]).expect("a layout");
    (scene, layout)
}

/// Walks.
pub(crate) fn walk(walker: &Walker, episode: &Episode) -> Walk {
    let mut spec = walker.spec.clone();
    spec.start = episode.start.unwrap_or(spec.start);
    let mut arena = ground(walker.robot.clone(), episode.friction, walker.iterations);
    let description = walker.robot.description.clone();
    let mut circuit = QuadrupedCircuit::new(&spec, &description).expect("it fits");
    if let Some(parameters) = &episode.parameters {
        neuraxis_core::Trainable::set_parameters(&mut circuit, parameters).expect("as many");
    }
    let (mut percepts, mut command) = (description.percepts(), description.command());
    let mut walk = Walk::default();
    for step in 0..(episode.seconds / STEP).round() as u64 {
        let time = step as f64 * STEP;
        arena.sense(0, &mut percepts).expect("it senses");
        if step % TICK == 0 {
            // It stands first.
            let drive = if time < 0.5 { Drive::REST } else { episode.drive };
            circuit.step(&drive, &percepts, STEP * TICK as f64, &mut command);
            arena.act(0, &command).expect("it acts");
        }
        if let Some((from, long, force)) = episode.push
            && time >= from
            && time < from + long
        {
            arena.push(0, &force);
        }
        arena.advance().expect("time goes on");
        let robot = &arena.robots()[0];
        if step % TICK == 0 {
            let mut now = look(robot, &command.values);
            now.time = time;
            walk.ticks.push(now);
            if now.roll.abs() > TIPPED
                || now.pitch.abs() > TIPPED
                || now.height < DOWN
                || !now.height.is_finite()
            {
                walk.fell = Some(time);
                break;
            }
        }
    }
    walk
}

fn look(robot: &neuraxis_sim::SimRobot, targets: &[f64]) -> Now {
    let pose = robot.pose();
    let (roll, pitch, yaw) = pose.rotation.euler_angles();
    let (velocity, rate) = robot.motion();
    let com = robot.center_of_mass();
    let mut now = Now {
        speed: velocity.x * math::sin_cos(yaw).1 + velocity.y * math::sin_cos(yaw).0,
        yaw_rate: rate.z,
        height: pose.translation.z,
        roll,
        pitch,
        yaw,
        at: [com.x, com.y],
        ..Now::default()
    };
    now.targets.copy_from_slice(targets);
    for (i, name) in robot.model.description.joints().iter().enumerate() {
        let index = robot.model.model.joint(name).expect("a joint");
        now.joints[i] = robot.joint(index).expect("a joint").0;
    }
    for (i, leg) in ["FL_foot", "FR_foot", "RL_foot", "RR_foot"].iter().enumerate() {
        let percepts = robot.percepts();
        let slot = percepts.find(leg).expect("a foot");
        if let Some(neuraxis_core::Reading::Contact(contact)) = percepts.slots()[slot].reading() {
            now.feet[i] = contact.force;
        }
    }
    now
}
