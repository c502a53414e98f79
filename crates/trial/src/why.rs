//! Why a brain did what it did at a moment of a recording.
//!
//! The brain is shown the recorded senses up to that tick, each of its commands is held to the recorded bits, and
//! what it then says are the reasons that it wrote down itself as it decided (`neuraxis_core::reasons`).

use neuraxis_core::brain::Limit;
use neuraxis_core::reasons::{MotorReason, PlanReason, Refusal};
use neuraxis_core::{Decision, Goal, Stamp, ops};
use neuraxis_record::Recording;
use neuraxis_record::recording::RecordedRobot;
use neuraxis_record::trace::{self, Difference};
use serde::Serialize;

use crate::replay::{self, ReplayError};

/// A need that is met worse than this asks for something.
const PRESSING: f64 = 0.7;
/// A cue older than this did not speak at the moment, s.
const STALE: f64 = 1.0;

/// What a brain thought at one tick.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Number of the tick, from 0.
    pub tick: usize,
    /// Its time, s.
    pub time: f64,
    /// The goal.
    pub goal: Option<Goal>,
    /// Which of its goals that is, from 1, and how many it has.
    pub errand: [usize; 2],
    /// From where it believed to be to the goal, m, if that is a point.
    pub distance: Option<f64>,
    /// Why it was given up, if it was.
    pub verdict: Option<String>,
    /// How the goal stood.
    pub status: String,
    /// Where it believed to be: x, y (m), yaw (rad).
    pub pose: [f64; 3],
    /// One standard deviation of the position, m.
    pub position_std: f64,
    /// Its cues, the strongest first.
    pub cues: Vec<Cue>,
    /// The cue that moved the belief most.
    pub dominant: Option<String>,
    /// What it felt happen to its body.
    pub events: neuraxis_core::Events,
    /// Why this way.
    pub plan: PlanReason,
    /// Why this drive.
    pub motion: neuraxis_core::reasons::MotionReason,
    /// What the motor circuit lacks.
    pub motor: MotorReason,
    /// The descending drive: speed 0..1, turn -1..1.
    pub drive: [f64; 2],
    /// The need that was met worst, and how well.
    pub need: (String, f64),
    /// Whether that was bad enough to ask for something.
    pub is_pressing: bool,
    /// Why the body was held, if it was.
    pub stop: Option<String>,
    /// The limit that clipped the command, if one did.
    pub clipped: Option<String>,
    /// What went to the actuators.
    pub command: Vec<f64>,
    /// The first place up to this tick in which this version of the brain does something else than the recorded one.
    pub difference: Option<Difference>,
}

/// What the estimator thought of one of its cues.
#[derive(Clone, Debug, Serialize)]
pub struct Cue {
    /// Its name.
    pub name: String,
    /// Share of the latest innovation that went into the estimate, 0 to 1.
    pub gain: f64,
    /// 0 (ignored) to 1 (as good as its nominal noise says).
    pub reliability: f64,
    /// About 1 if all is well.
    pub surprise: f64,
    /// s; infinite if it never spoke.
    pub age: f64,
    /// Why its latest measurement was left out, if it was.
    pub refusal: Refusal,
}

/// The tick of `robot` at `time` seconds, or the last one before; with `None`, its last tick.
///
/// # Errors
/// If the time lies outside of the recording, or the recording does not hold what a brain needs.
pub fn explain(
    recording: &Recording,
    robot: &RecordedRobot,
    time: Option<f64>,
) -> Result<Explanation, ReplayError> {
    let stamps: Vec<f64> = robot.ticks.iter().map(|tick| Stamp(tick.stamp).seconds()).collect();
    let (Some(first), Some(last)) = (stamps.first(), stamps.last()) else {
        return Err(ReplayError::Recording("the recording holds no ticks".to_owned()));
    };
    let at = time.unwrap_or(*last);
    // A tick holds until the next one.
    let period = stamps.get(1).map_or(0.0, |second| second - first);
    if !(at >= *first && at <= last + period) {
        return Err(ReplayError::Outside { at, first: *first, last: *last });
    }
    let target = stamps.partition_point(|stamp| *stamp <= at + 1e-9).saturating_sub(1);

    let mut decision: Option<Decision> = None;
    let mut count = 0;
    let verified = replay::verify(recording, robot, |_, now| {
        count += 1;
        if count > target {
            decision = Some(now.clone());
        }
        count <= target
    })?;
    let mut difference = verified.difference;
    if decision.is_none() {
        // This brain differs from the recorded one; what it would have thought is still worth hearing.
        let mut count = 0;
        replay::follow(recording, robot, &[], |now| {
            count += 1;
            if count > target {
                decision = Some(now.clone());
            }
            count <= target
        })?;
    } else {
        difference = None;
    }
    let Some(decision) = decision else {
        return Err(ReplayError::Recording("the brain did not get as far as that tick".to_owned()));
    };
    Ok(describe(robot, target, &decision, difference))
}

fn describe(
    robot: &RecordedRobot,
    index: usize,
    decision: &Decision,
    difference: Option<Difference>,
) -> Explanation {
    let tick = &robot.ticks[index];
    let names: Vec<&str> = robot.header.body.sensors.iter().map(|s| s.sensor.name()).collect();
    let belief = &decision.belief;
    let mut cues: Vec<Cue> = belief
        .cues
        .iter()
        .map(|cue| Cue {
            name: cue.name.to_string(),
            gain: cue.gain,
            reliability: cue.reliability,
            surprise: cue.surprise,
            age: cue.age,
            refusal: cue.refusal,
        })
        .collect();
    let strength = |cue: &Cue| if cue.age < STALE && cue.refusal == Refusal::None { cue.gain } else { 0.0 };
    cues.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    let dominant = cues.first().filter(|cue| strength(cue) > 0.0).map(|cue| cue.name.clone());
    let pose = belief.pose;
    let away = |goal: Goal| match goal {
        Goal::Reach { x, y, .. } => Some(ops::hypot(x - pose.x, y - pose.y)),
        _ => None,
    };
    let (need, value) = decision.needs.worst();
    let stop = trace::stop_words(tick.stop, tick.stop_slot, &names);
    Explanation {
        tick: index,
        time: Stamp(tick.stamp).seconds(),
        distance: decision.goal.and_then(away),
        goal: decision.goal,
        errand: [decision.errand + 1, robot.header.goals.len()],
        verdict: decision.reasons.verdict.map(|verdict| verdict.to_string()),
        status: format!("{:?}", decision.status).to_lowercase(),
        pose: [pose.x, pose.y, pose.yaw],
        position_std: belief.position_std(),
        cues,
        dominant,
        events: belief.events,
        plan: decision.reasons.plan,
        motion: decision.reasons.motion,
        motor: decision.reasons.motor,
        drive: [decision.drive.speed, decision.drive.turn],
        need: (need.to_owned(), value),
        is_pressing: value < PRESSING,
        stop: (!stop.is_empty()).then_some(stop),
        clipped: decision.safety.limit.map(|limit| {
            match limit {
                Limit::Speed => "speed",
                Limit::Acceleration => "acceleration",
                Limit::Effort => "effort",
                Limit::Range => "range of a joint",
            }
            .to_owned()
        }),
        command: tick.command.clone(),
        difference,
    }
}
