//! The decision: the record of one tick, by names. Recorder, views, `why` and whoever looks on read this and nothing else.

use serde::{Deserialize, Serialize};

use crate::{Belief, Drive, Goal, GoalStatus, Modulation, Needs, Reasons, StopReason};

/// The record of one tick.
///
/// It is serialisable as it stands: a number that is added here, or to a part of it, is recorded and shown; the compiler
/// leads to the one place that gives it a name in ROS (`neuraxis_msgs/Decision`). Whoever changes what a number here
/// means, or takes one away, raises [`Decision::VERSION`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Where the brain believes it is.
    pub belief: Belief,
    /// How well its needs are met.
    pub needs: Needs,
    /// How they tune the rest.
    pub modulation: Modulation,
    /// The present goal.
    pub goal: Option<Goal>,
    /// Which of the goals that it was given this is, from 0.
    pub goal_index: usize,
    /// How it stands; `Reached` only if it is the last.
    pub status: GoalStatus,
    /// What descended to the motor circuits.
    pub drive: Drive,
    /// What the safety supervisor did.
    pub safety: SafetyState,
    /// Why.
    pub reasons: Reasons,
}

impl Decision {
    /// The version of what the record says. 1: positions on the plane, four statuses, a progress that was never measured.
    /// 2: poses in space, the goal, the reasons.
    pub const VERSION: u32 = 2;

    /// The decision of a brain that believes `belief` and has not ticked yet.
    #[must_use]
    pub fn at_rest(belief: Belief) -> Self {
        Self {
            belief,
            needs: Needs::default(),
            modulation: Modulation::default(),
            goal: None,
            goal_index: 0,
            status: GoalStatus::Idle,
            drive: Drive::REST,
            safety: SafetyState::default(),
            reasons: Reasons::default(),
        }
    }
}

/// What the safety supervisor did to the last command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SafetyState {
    /// Why the body is held, if it is.
    pub stop: Option<StopReason>,
    /// Whether a limit of speed or acceleration clipped the command.
    pub clipped: bool,
    /// The limit that did, where several did the first in this order: speed, acceleration, effort.
    pub limit: Option<Limit>,
}

/// A limit of the robot's file that a command can run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Of forward speed or turning rate.
    Speed,
    /// Of forward or angular acceleration.
    Acceleration,
    /// Of torque or force.
    Effort,
    /// Of a joint's range.
    Range,
}

crate::named!(Limit, "limit" {
    Speed => "speed",
    Acceleration => "acceleration",
    Effort => "effort",
    Range => "range",
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CueReport, Pose2};

    #[test]
    fn a_decision_survives_as_text_by_its_names() {
        let mut cue = CueReport::silent("scan_matching");
        cue.age = 0.25;
        let mut decision = Decision::at_rest(Belief::at(Pose2::new(1.0, 2.0, 3.0), vec![cue]));
        decision.goal = Some(Goal::Explore { radius: 0.5 });
        decision.status = GoalStatus::Exhausted;
        decision.safety =
            SafetyState { stop: Some(StopReason::SenseSilent(2)), clipped: true, limit: Some(Limit::Effort) };
        // JSON has no infinity.
        decision.reasons.motion.rival.score = 0.0;
        decision.reasons.motion.chosen.score = 0.0;
        let text = serde_json::to_string(&decision).expect("text");
        for name in [r#""status":"exhausted""#, r#""limit":"effort""#, r#""scan_matching""#, r#""yaw":3.0"#] {
            assert!(text.contains(name), "{name} in {text}");
        }
        assert_eq!(serde_json::from_str::<Decision>(&text).expect("a decision"), decision);
    }
}
