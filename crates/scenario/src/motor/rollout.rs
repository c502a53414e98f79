//! An episode: a circuit moves its body through percepts and commands, as in a brain, and is rewarded step by step.

use neuraxis_core::{Stamp, ops, random, time};
use neuraxis_motor::MotorCircuit;
use neuraxis_sim::Arena;
use neuraxis_sim::arena::Stance;
use rand::RngExt as _;
use serde::Serialize;

use super::Subject;

/// How an episode begins; always at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// Looking along x, all joints at zero.
    Zero,
    /// Any heading and, where the task bends bodies, each joint anywhere in its range, drawn from this seed.
    Random(u64),
    /// A given heading and given positions of the joints, rad or m.
    Given {
        /// Heading, rad.
        yaw: f64,
        /// Positions of the model's joints, in its order.
        joints: &'static [f64],
    },
}

/// What an episode came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Rollout {
    /// The sum of the rewards.
    pub reward: f64,
    /// Control steps.
    pub steps: usize,
    /// Mean forward speed of `base_link`, m/s.
    pub speed: f64,
    /// How far the middle of the mass came, m.
    pub way: f64,
    /// What was recorded, if it was asked for.
    #[serde(skip)]
    pub track: Option<Track>,
}

/// Step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Positions of the model's joints before each control step, rad or m.
    pub joints: Vec<Vec<f64>>,
    /// What each was worth.
    pub reward: Vec<f64>,
    /// Forward speed of `base_link` after it, m/s.
    pub speed: Vec<f64>,
    /// Heading after it, unwrapped, rad.
    pub yaw: Vec<f64>,
}

/// One episode of `subject` with `circuit`, which is reset first; `steps` control steps, the task's own if not given.
pub fn roll(
    subject: &Subject,
    circuit: &mut dyn MotorCircuit,
    start: Start,
    steps: Option<usize>,
    is_tracked: bool,
) -> Rollout {
    circuit.reset();
    let mut arena = arena(subject, start);
    let task = &subject.task;
    let (steps, substeps) = (steps.unwrap_or(task.steps()), subject.substeps());
    let period = time::period(subject.rate);
    let dt = period as f64 * 1e-9;
    let mut command = subject.model.description.command();
    let (mut next, mut reward, mut speed) = (Stamp::ZERO, 0.0, 0.0);
    let mut track = is_tracked.then(Track::default);
    let joints = subject.model.model.joints.len();
    let begin = arena.robots().first().map(neuraxis_sim::arena::SimRobot::center_of_mass).unwrap_or_default();
    let mut yaw = 0.0;
    let mut drive = neuraxis_core::Drive::REST;
    for _ in 0..steps {
        if let (Some(track), Some(robot)) = (&mut track, arena.robots().first()) {
            track
                .joints
                .push((0..joints).map(|i| robot.joint(i).map_or(f64::NAN, |joint| joint.0)).collect());
        }
        if let Some(robot) = arena.robots().first() {
            drive = subject.drive.unwrap_or_else(|| task.drive(robot));
        }
        for _ in 0..substeps {
            arena.sense();
            let now = arena.now();
            if now >= next {
                while next <= now {
                    next = next + period;
                }
                if let Some(robot) = arena.robots_mut().first_mut() {
                    command.stamp = now;
                    circuit.step(&drive, robot.percepts(), dt, &mut command);
                    robot.set_command(&command);
                }
            }
            arena.act();
            arena.advance();
        }
        let Some(robot) = arena.robots().first() else { break };
        // What has left all bounds is worth nothing.
        let (worth, forward) = (task.reward(robot), robot.forward_speed());
        let worth = if worth.is_finite() { worth } else { 0.0 };
        reward += worth;
        speed += forward;
        if let Some(track) = &mut track {
            let ahead = robot.pose().rotation * nalgebra::Vector3::x();
            yaw += ops::wrap(ops::atan2(ahead.y, ahead.x) - yaw);
            track.reward.push(worth);
            track.speed.push(forward);
            track.yaw.push(yaw);
        }
    }
    let end = arena.robots().first().map(neuraxis_sim::arena::SimRobot::center_of_mass).unwrap_or_default();
    Rollout { reward, steps, speed: speed / steps.max(1) as f64, way: (end - begin).norm(), track }
}

fn arena(subject: &Subject, start: Start) -> Arena {
    let seed = match start {
        Start::Zero => return subject.arena(0.0),
        Start::Given { yaw, joints } => {
            let mut arena = subject.arena(yaw);
            arena.set_stance(0, &Stance { joints: joints.to_vec(), ..Stance::default() });
            return arena;
        }
        Start::Random(seed) => seed,
    };
    let mut stream = random::stream(seed, "start");
    let yaw = stream.random_range(-ops::PI..ops::PI);
    let mut arena = subject.arena(yaw);
    if subject.task.bends() {
        let mut joints = Vec::new();
        for joint in &subject.model.model.joints {
            let [low, high] = joint.range().unwrap_or([0.0, 0.0]);
            joints.push(if low < high { stream.random_range(low..high) } else { 0.0 });
        }
        // A body that cannot be bent begins straight.
        arena.set_stance(0, &Stance { joints, ..Stance::default() });
    }
    arena
}
