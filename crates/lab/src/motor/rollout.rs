//! An episode: a circuit moves its body through percepts and commands, as in a brain, and is rewarded step by step.

use neuraxis_brain::{Driver, Session};
use neuraxis_core::{Drive, math, random};
use neuraxis_motor::MotorCircuit;
use neuraxis_sim::arena::Stance;
use neuraxis_sim::{Arena, SimRobot};
use rand::RngExt as _;
use serde::Serialize;

use super::EpisodeConditions;
use super::MotorEnv;
use super::task::SpeedFilter;

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
    /// When it fell, s.
    pub fell: Option<f64>,
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
pub fn run_episode(
    subject: &MotorEnv,
    circuit: &mut dyn MotorCircuit,
    start: Start,
    steps: Option<usize>,
    is_tracked: bool,
) -> Rollout {
    circuit.reset();
    let task = &subject.task;
    let seed = match start {
        Start::Zero | Start::Given { .. } => None,
        Start::Random(seed) => Some(seed),
    };
    let conditions = task.conditions(seed);
    let arena = arena(subject, start, &conditions);
    let (steps, substeps) = (steps.unwrap_or(task.steps()), subject.substeps());
    let (mut reward, mut speed) = (0.0, 0.0);
    let mut track = is_tracked.then(Track::default);
    let joints = subject.model.model.joints.len();
    let mass = |arena: &Arena| arena.robots().first().map(SimRobot::center_of_mass).unwrap_or_default();
    let begin = mass(&arena);
    let driver = Driver::Circuit { circuit, drive: Drive::REST };
    let mut session = Session::new(arena).with_seat(0, driver, Some(subject.rate));
    let mut yaw = 0.0;
    let mut drive = Drive::REST;
    let (mut speed_filter, mut fell) = (SpeedFilter::default(), None);
    for step in 0..steps {
        let time = step as f64 * task.control();
        if let (Some(track), Some(robot)) = (&mut track, session.world().robots().first()) {
            track
                .joints
                .push((0..joints).map(|i| robot.joint(i).map_or(f64::NAN, |joint| joint.0)).collect());
        }
        if let Some(robot) = session.world().robots().first() {
            drive = subject.drive.unwrap_or_else(|| task.drive(robot, &speed_filter, &conditions));
            if time < conditions.rest {
                drive = Drive::REST;
            }
        }
        if let Some(seat) = session.seat_mut(0) {
            seat.set_drive(drive);
        }
        for _ in 0..substeps {
            let now = session.world().now().seconds();
            if let Some(force) = conditions.push.as_ref().and_then(|push| push.at(now)) {
                session.world_mut().push(0, force);
            }
            // A simulated body does not go away.
            let _ = session.step();
        }
        let Some(robot) = session.world().robots().first() else { break };
        // What has left all bounds is worth nothing.
        speed_filter.take(task, robot, task.control());
        let (worth, forward) = (task.reward(robot, &speed_filter, &drive), robot.forward_speed());
        let mut worth = if worth.is_finite() { worth } else { 0.0 };
        if task.has_fallen(robot) {
            fell = Some(time);
            // All the time that it will lie.
            worth -= (steps - step) as f64;
        }
        reward += worth;
        speed += forward;
        if let Some(track) = &mut track {
            let ahead = robot.pose().rotation * nalgebra::Vector3::x();
            yaw += math::wrap(math::atan2(ahead.y, ahead.x) - yaw);
            track.reward.push(worth);
            track.speed.push(forward);
            track.yaw.push(yaw);
        }
        if fell.is_some() {
            break;
        }
    }
    let end = mass(session.world());
    Rollout { reward, steps, speed: speed / steps.max(1) as f64, way: (end - begin).norm(), fell, track }
}

fn arena(subject: &MotorEnv, start: Start, conditions: &EpisodeConditions) -> Arena {
    let mut arena = match start {
        Start::Given { yaw, .. } => subject.arena(&EpisodeConditions { yaw, ..*conditions }),
        _ => subject.arena(conditions),
    };
    if let Start::Given { joints, .. } = start {
        arena.set_stance(0, &Stance { joints: joints.to_vec(), ..Stance::default() });
    }
    if let Start::Random(seed) = start
        && subject.task.bends()
    {
        let mut stream = random::stream(seed, "start");
        // The heading was drawn from the same stream.
        let _: f64 = stream.random_range(-math::PI..math::PI);
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
