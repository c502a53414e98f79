//! Why a brain did what it did at a moment of a recording.
//!
//! The brain is shown the recorded senses up to that tick, each of its commands is held to the recorded bits, and
//! what it then says are the reasons that it wrote down itself as it decided (`neuraxis_core::reasons`).

use neuraxis_core::reasons::Refusal;
use neuraxis_core::{CueReport, Decision, Goal, Stamp, math};
use neuraxis_record::Recording;
use neuraxis_record::recording::RecordedRobot;
use neuraxis_record::trace::{self, Difference};
use serde::Serialize;

use crate::replay::{self, ReplayError};

/// A need that is met worse than this asks for something.
const PRESSING: f64 = 0.7;
/// A cue older than this did not speak at the moment, s.
const STALE: f64 = 1.0;

/// What a brain thought at one tick: its decision, and what follows from that for a person.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Number of the tick, from 0.
    pub tick: usize,
    /// Its time, s.
    pub time: f64,
    /// Version of what the decision says.
    pub version: u32,
    /// The whole record of the tick.
    pub decision: Decision,
    /// How many goals it has.
    pub goals: usize,
    /// From where it believed to be to the goal, m, if that is a point.
    pub distance: Option<f64>,
    /// Why the goal was given up, in words, if it was.
    pub verdict: Option<String>,
    /// One standard deviation of the position, m.
    pub position_std: f64,
    /// Indices of the cues, the strongest first.
    pub strongest: Vec<usize>,
    /// The cue that moved the belief most.
    pub dominant: Option<String>,
    /// The need that was met worst, and how well.
    pub need: (String, f64),
    /// Whether that was bad enough to ask for something.
    pub is_pressing: bool,
    /// Why the body was held, in words, if it was.
    pub stop: Option<String>,
    /// What went to the actuators.
    pub command: Vec<f64>,
    /// The first place up to this tick in which this version of the brain does something else than the recorded one.
    pub difference: Option<Difference>,
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
    Ok(describe(robot, target, decision, difference))
}

fn describe(
    robot: &RecordedRobot,
    index: usize,
    decision: Decision,
    difference: Option<Difference>,
) -> Explanation {
    let tick = &robot.ticks[index];
    let names: Vec<&str> = robot.header.body.sensors.iter().map(|s| s.sensor.name()).collect();
    let belief = &decision.belief;
    let strength = |cue: &CueReport| {
        if cue.age < STALE && cue.refusal == Refusal::None { cue.gain } else { 0.0 }
    };
    let mut strongest: Vec<usize> = (0..belief.cues.len()).collect();
    strongest.sort_by(|a, b| strength(&belief.cues[*b]).total_cmp(&strength(&belief.cues[*a])));
    let first = strongest.first().map(|first| &belief.cues[*first]);
    let dominant = first.filter(|cue| strength(cue) > 0.0).map(|cue| cue.name.to_string());
    let pose = belief.pose;
    let away = |goal: Goal| match goal {
        Goal::Reach { x, y, .. } => Some(math::hypot(x - pose.x, y - pose.y)),
        _ => None,
    };
    let (need, value) = decision.needs.worst();
    let stop = trace::stop_words(tick.stop, tick.stop_slot, &names);
    Explanation {
        tick: index,
        time: Stamp(tick.stamp).seconds(),
        version: Decision::VERSION,
        goals: robot.header.goals.len(),
        distance: decision.goal.and_then(away),
        verdict: decision.reasons.verdict.map(|verdict| verdict.to_string()),
        position_std: belief.position_std(),
        strongest,
        dominant,
        need: (need.to_owned(), value),
        is_pressing: value < PRESSING,
        stop: (!stop.is_empty()).then_some(stop),
        command: tick.command.clone(),
        difference,
        decision,
    }
}
