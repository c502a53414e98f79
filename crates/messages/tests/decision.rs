//! The decision as a message: every number, status, goal and reason survives, and the definitions say so.

use core::{Gait, GoalStatus, Limit, Pose2, Stamp, Twist2};
use neuraxis_core::reasons::{self, Verdict};
use neuraxis_core::{self as core, Belief, CueReport, Landmark, SafetyState, StopReason};
use neuraxis_messages::trace::{LAST_STOP_CODE, stop_reason};
use neuraxis_messages::{Decision, Pose, decode, definition, encode};

/// A decision in which no two numbers are the same.
fn full() -> core::Decision {
    let mut cue = CueReport::silent("scan_matching");
    (cue.reliability, cue.age, cue.surprise, cue.gain) = (0.1, 0.2, 0.3, 0.4);
    (cue.refusal, cue.refusals) = (reasons::Refusal::Gate, 7);
    let mut belief = Belief::at(Pose2::new(1.0, 2.0, 0.5), vec![cue, CueReport::silent("amcl")]);
    belief.stamp = Stamp(3_500_000_000);
    belief.vertical = core::Vertical { z: 0.25, roll: 0.1, pitch: -0.2 };
    belief.odom = Pose2::new(1.5, 2.5, 0.0);
    belief.twist = Twist2 { linear: 0.6, lateral: 0.7, angular: 0.8 };
    belief.covariance = nalgebra::Matrix6::from_fn(|r, c| (r * 6 + c) as f64);
    belief.events =
        core::Events { obstacle: 0.11, contact: 0.12, slip: 0.13, beacon: 0.14, beacon_bearing: 0.15 };
    let mut decision = core::Decision::at_rest(belief);
    decision.needs = core::Needs { energy: 0.21, integrity: 0.22, certainty: 0.23 };
    decision.modulation = core::Modulation { plasticity: 0.31, caution: 0.32, curiosity: 0.33 };
    decision.goal = Some(core::Goal::Return { to: Landmark::Previous, tolerance: 0.41 });
    decision.goal_index = 2;
    decision.drive = core::Drive { speed: -0.51, turn: 0.52, gait: Gait::Trot };
    decision.safety = SafetyState {
        stop: Some(StopReason::SenseSilent(3)),
        clipped: true,
        limit: Some(Limit::Acceleration),
    };
    decision.reasons.plan.count = 2;
    decision.reasons.plan.choices[0] = reasons::Choice { heading: 0.61, cost: 0.62 };
    decision.reasons.plan.choices[1] = reasons::Choice { heading: 0.63, cost: 0.64 };
    (decision.reasons.plan.has_way, decision.reasons.plan.cost) = (true, 0.65);
    decision.reasons.motion = reasons::MotionReason {
        mode: reasons::MotionMode::LookAround,
        carrot: [0.71, 0.72],
        gap: f64::INFINITY,
        limit: reasons::SpeedLimit::Sight,
        top: 0.73,
        tried: 74,
        refused: 75,
        chosen: reasons::Candidate { speed: 0.76, turn: 0.77, score: 0.78 },
        rival: reasons::Candidate::default(),
    };
    decision.reasons.verdict = Some(Verdict::Enclosed { obstacles: 81, places: 82 });
    decision.reasons.motor = reasons::MotorReason { missing: 83, reflexes: 84 };
    decision
}

/// `back` is `decision` but for the last bits of a pose that went through a quaternion.
fn assert_same(mut back: core::Decision, decision: &core::Decision) {
    let off = (back.belief.pose_in_space().inverse() * decision.belief.pose_in_space()).rotation.angle();
    assert!(off < 1e-12, "{:?}", back.belief);
    (back.belief.pose, back.belief.vertical) = (decision.belief.pose, decision.belief.vertical);
    assert_eq!(&back, decision);
}

#[test]
fn every_number_of_a_decision_survives_as_its_message() {
    let decision = full();
    let message = Decision::new(&decision, "map", &["a", "b", "c", "scan"]);
    let mut bytes = Vec::new();
    encode(&message, &mut bytes);
    let read: Decision = decode(&bytes).expect("a decision");
    assert_eq!(read, message);
    assert_eq!((read.stop.as_str(), read.status.as_str()), ("`scan` is silent", "idle"));
    assert_same(read.to_decision().expect("a decision"), &decision);
    assert_same(core::Decision::at_rest(decision.belief.clone()), &{
        let rest = core::Decision::at_rest(decision.belief.clone());
        Decision::new(&rest, "map", &[]).to_decision().expect("a decision")
    });
}

#[test]
fn every_status_goal_verdict_and_stop_survives() {
    let mut decision = full();
    for status in GoalStatus::ALL {
        decision.status = *status;
        let message = Decision::new(&decision, "map", &[]);
        assert_eq!(message.status, status.as_str());
        assert_eq!(message.to_decision().expect("a decision").status, *status);
    }
    let goals = [
        None,
        Some(core::Goal::Reach { x: 1.0, y: 2.0, tolerance: 3.0 }),
        Some(core::Goal::Explore { radius: 4.0 }),
    ];
    for goal in goals {
        decision.goal = goal;
        let back = Decision::new(&decision, "map", &[]).to_decision().expect("a decision");
        assert_eq!(back.goal, goal);
    }
    for verdict in [None, Some(Verdict::Outside), Some(Verdict::MemoryFull), Some(Verdict::Unable)] {
        decision.reasons.verdict = verdict;
        let back = Decision::new(&decision, "map", &[]).to_decision().expect("a decision");
        assert_eq!(back.reasons.verdict, verdict);
    }
    for code in 0..=LAST_STOP_CODE {
        decision.safety.stop = stop_reason(code, 0).expect("a reason");
        let back = Decision::new(&decision, "map", &["scan"]).to_decision().expect("a decision");
        assert_eq!(back.safety.stop, decision.safety.stop);
    }
}

#[test]
fn a_decision_of_a_later_version_or_with_an_unknown_name_is_refused_with_the_reason() {
    let message = Decision::new(&full(), "map", &[]);
    let refuse = |change: fn(&mut Decision)| {
        let mut message = message.clone();
        change(&mut message);
        message.to_decision().expect_err("refused").to_string()
    };
    assert!(refuse(|m| m.version = 9).contains("version 9"));
    assert!(refuse(|m| m.status = "lost".to_owned()).contains("`lost` is no goal status"));
    assert!(refuse(|m| m.goal.kind = "fetch".to_owned()).contains("`fetch`"));
    assert!(refuse(|m| m.goal.landmark = "home".to_owned()).contains("`home`"));
    assert!(refuse(|m| m.verdict = "guilty".to_owned()).contains("`guilty`"));
    assert!(refuse(|m| m.stop_code = 200).contains("200"));
    assert!(refuse(|m| m.plan.choice_costs.clear()).contains("choice_costs"));
    assert!(refuse(|m| m.pose.pose = Pose::default()).contains("attitude"));
}

#[test]
fn the_definitions_name_every_value_that_a_text_can_have() {
    let says = |message: &str, names: &[&str]| {
        let text = definition(message).expect("a definition");
        for name in names {
            assert!(text.contains(name), "{message}.msg does not mention {name}");
        }
    };
    let all = |names: &[GoalStatus]| names.iter().map(|name| name.as_str()).collect::<Vec<_>>();
    says("neuraxis_msgs/Decision", &all(GoalStatus::ALL));
    says("neuraxis_msgs/Decision", &Limit::ALL.iter().map(|limit| limit.as_str()).collect::<Vec<_>>());
    says("neuraxis_msgs/Decision", &["outside", "enclosed", "memory_full", "unable"]);
    says("neuraxis_msgs/Cue", &reasons::Refusal::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>());
    let modes: Vec<&str> = reasons::MotionMode::ALL.iter().map(|name| name.as_str()).collect();
    says("neuraxis_msgs/MotionReason", &modes);
    let limits: Vec<&str> = reasons::SpeedLimit::ALL.iter().map(|name| name.as_str()).collect();
    says("neuraxis_msgs/MotionReason", &limits);
    says("neuraxis_msgs/Drive", &Gait::ALL.iter().map(|name| name.as_str()).collect::<Vec<_>>());
    says("neuraxis_msgs/Goal", &["reach", "explore", "return", "start", "previous"]);
}
