//! The version of a recording's format, and the formats of before that are still read.
//!
//! The format is the layout of our own topics, attachments and metadata. CONTRIBUTING.md says what a change of it takes.

use neuraxis_core::{Belief, CueReport, Decision, Drive, GoalStatus, Needs, Pose2, Twist2};
use neuraxis_messages::trace::{LAST_STOP_CODE, stop_reason, stop_words};
use neuraxis_messages::{Header, Unusable, decode};
use serde::{Deserialize, Serialize};

/// The format that is written.
///
/// 1: the first. 2: `neuraxis_msgs/Decision` has poses in space, the goal and the reasons, and names every status.
pub(crate) const FORMAT: u32 = 2;
/// The oldest format that is read.
pub(crate) const OLDEST: u32 = 1;

/// The decision in `bytes`, as a recording of the format `format` writes it; `senses` are the names of the slots.
pub(crate) fn decision(format: u32, bytes: &[u8], senses: &[&str]) -> Result<Decision, Unusable> {
    match format {
        1 => decode::<Decision1>(bytes).map(|decision| decision.upgrade(senses)),
        _ => decode::<neuraxis_messages::Decision>(bytes)?.to_decision(),
    }
}

/// A cue of format 1.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Cue1 {
    name: String,
    reliability: f64,
    age: f64,
    surprise: f64,
    gain: f64,
}

/// `neuraxis_msgs/Decision` of format 1.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Decision1 {
    header: Header,
    pose: [f64; 3],
    covariance: [f64; 6],
    odom: [f64; 3],
    twist: [f64; 3],
    cues: Vec<Cue1>,
    energy: f64,
    integrity: f64,
    certainty: f64,
    /// Never measured, always 1.
    progress: f64,
    plasticity: f64,
    caution: f64,
    curiosity: f64,
    drive_speed: f64,
    drive_turn: f64,
    status: String,
    stop: String,
    clipped: bool,
}

impl Decision1 {
    /// What it says, as far as it does: the goal and the reasons are left blank.
    fn upgrade(&self, senses: &[&str]) -> Decision {
        let cues = self.cues.iter().map(|cue| CueReport {
            reliability: cue.reliability,
            age: cue.age,
            surprise: cue.surprise,
            gain: cue.gain,
            ..CueReport::silent(&cue.name)
        });
        let pose = |[x, y, yaw]: [f64; 3]| Pose2 { x, y, yaw };
        let mut belief = Belief::at(pose(self.pose), cues.collect());
        belief.stamp = self.header.stamp.stamp();
        belief.odom = pose(self.odom);
        let [linear, lateral, angular] = self.twist;
        belief.twist = Twist2 { linear, lateral, angular };
        let places = [(0, 0), (0, 1), (0, 5), (1, 1), (1, 5), (5, 5)];
        for ((row, column), value) in places.into_iter().zip(self.covariance) {
            belief.covariance[(row, column)] = value;
            belief.covariance[(column, row)] = value;
        }
        let mut decision = Decision::at_rest(belief);
        decision.needs = Needs { energy: self.energy, integrity: self.integrity, certainty: self.certainty };
        decision.modulation.plasticity = self.plasticity;
        decision.modulation.caution = self.caution;
        decision.modulation.curiosity = self.curiosity;
        decision.drive = Drive { speed: self.drive_speed, turn: self.drive_turn, ..Drive::REST };
        // Format 1 had no name for `exhausted`, and wrote an empty text.
        decision.status = self.status.parse().unwrap_or(GoalStatus::Exhausted);
        decision.safety.clipped = self.clipped;
        // It gave the reason to stop in words alone.
        let slots = 0..senses.len().max(1) as u16;
        let mut all = (1..=LAST_STOP_CODE).flat_map(|code| slots.clone().map(move |slot| (code, slot)));
        let found = all.find(|(code, slot)| stop_words(*code, *slot, senses) == self.stop);
        decision.safety.stop = found.and_then(|(code, slot)| stop_reason(code, slot).flatten());
        decision
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::StopReason;

    #[test]
    fn a_decision_of_format_1_is_read_with_the_status_that_it_left_empty() {
        let mut bytes = Vec::new();
        let statuses = [("active", GoalStatus::Active), ("", GoalStatus::Exhausted)];
        let stops = [
            ("", None),
            ("`odom` is silent", Some(StopReason::SenseSilent(1))),
            ("the body has tipped over", Some(StopReason::Tipped)),
        ];
        for (status, wanted) in statuses {
            for (stop, reason) in stops {
                let old = Decision1 {
                    pose: [1.0, 2.0, 0.5],
                    covariance: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
                    cues: vec![Cue1 { name: "amcl".to_owned(), age: 0.25, ..Cue1::default() }],
                    energy: 0.7,
                    status: status.to_owned(),
                    stop: stop.to_owned(),
                    ..Decision1::default()
                };
                neuraxis_messages::encode(&old, &mut bytes);
                let read = decision(1, &bytes, &["scan", "odom"]).expect("a decision");
                assert_eq!((read.status, read.safety.stop), (wanted, reason));
                assert_eq!((read.belief.pose, read.needs.energy), (Pose2::new(1.0, 2.0, 0.5), 0.7));
                assert_eq!((read.belief.covariance[(5, 1)], read.belief.covariance[(5, 5)]), (0.5, 0.6));
                assert_eq!((&*read.belief.cues[0].name, read.belief.cues[0].age), ("amcl", 0.25));
            }
        }
    }
}
