//! The header of a recording: what it says of a run before its first tick, whatever the body.

use std::collections::BTreeMap;
use std::sync::Arc;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Brain, Goal, Pose2};
use serde::{Deserialize, Serialize};

/// Recorded time after which a piece of a file is closed, ns, unless the header says otherwise: a robot whose power fails
/// loses no more than that.
pub const LIVE_CHUNK_PERIOD: u64 = 2_000_000_000;

/// What a recording says of a run before its first tick.
#[derive(Clone, Debug)]
pub struct RecordingHeader {
    /// The robots, in the order in which the recorder is told of them.
    pub robots: Vec<RobotHeader>,
    /// Every file that the run is made of: a name with slashes, and its bytes.
    pub attachments: Vec<(String, Arc<[u8]>)>,
    /// Whatever else is needed to run it again: seed, settings, names of the files.
    pub facts: BTreeMap<String, String>,
    /// Recorded time after which a piece of the file is closed, ns: what a process that is killed loses at most.
    pub chunk_period: u64,
}

impl Default for RecordingHeader {
    fn default() -> Self {
        Self {
            robots: Vec::new(),
            attachments: Vec::new(),
            facts: BTreeMap::new(),
            chunk_period: LIVE_CHUNK_PERIOD,
        }
    }
}

impl RecordingHeader {
    /// The header of a run of one robot, made of `files`: names with slashes, and their bytes.
    #[must_use]
    pub fn of(robot: RobotHeader, files: Vec<(String, Arc<[u8]>)>) -> Self {
        Self { robots: vec![robot], attachments: files, ..Self::default() }
    }
}

/// A robot of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RobotHeader {
    /// Its body, as its brain knows it.
    pub body: BodyDescription,
    /// Where it starts, in the map.
    pub start: Pose2,
    /// Its goals, one after the other. Old recordings have one, as x, y and tolerance.
    #[serde(alias = "goal", deserialize_with = "goals")]
    pub goals: Vec<Goal>,
    /// Ticks a second, Hz.
    pub rate: f64,
    /// The names of its brain's cues.
    pub cues: Vec<String>,
    /// The name of its robot file among the attachments; empty if there is none, and then nobody can replay it.
    pub file: String,
}

impl RobotHeader {
    /// A body whose brain ticks `rate` times a second: it starts at the origin of the map, without goals or a file.
    #[must_use]
    pub fn new(body: BodyDescription, rate: f64) -> Self {
        let (start, file) = (Pose2::default(), String::new());
        Self { body, start, goals: Vec::new(), rate, cues: Vec::new(), file }
    }

    /// The same robot, that starts at `start` and was given `goals`.
    #[must_use]
    pub fn with_task(mut self, start: Pose2, goals: Vec<Goal>) -> Self {
        self.start = start;
        self.goals = goals;
        self
    }

    /// The same robot with the cues of `brain`.
    #[must_use]
    pub fn with_brain(mut self, brain: &dyn Brain) -> Self {
        self.cues = brain.decision().belief.cues.iter().map(|cue| cue.name.to_string()).collect();
        self
    }

    /// The same robot, whose robot file is the attachment `file`.
    #[must_use]
    pub fn with_file(mut self, file: impl Into<String>) -> Self {
        self.file = file.into();
        self
    }
}

/// Goals as they are written now, or one as it was.
fn goals<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<Goal>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Now(Vec<Goal>),
        Once(Option<[f64; 3]>),
    }
    Ok(match Written::deserialize(source)? {
        Written::Now(goals) => goals,
        Written::Once(goal) => {
            goal.map(|[x, y, tolerance]| Goal::Reach { x, y, tolerance }).into_iter().collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same list as it was written when the radius to explore within was called `reach`.
    fn list_of_before(list: &str) -> String {
        assert!(list.contains("\"radius\""), "{list}");
        format!(r#"{{"goals": {}}}"#, list.replace("\"radius\"", "\"reach\""))
    }

    #[test]
    fn goals_are_read_as_they_are_written_and_as_they_were() {
        #[derive(Deserialize)]
        struct Part {
            #[serde(alias = "goal", deserialize_with = "goals")]
            goals: Vec<Goal>,
        }
        let read = |text: &str| serde_json::from_str::<Part>(text).expect("goals").goals;
        let there = Goal::Reach { x: 1.0, y: 2.0, tolerance: 0.25 };
        assert_eq!(read(r#"{"goal": [1.0, 2.0, 0.25]}"#), [there]);
        assert_eq!(read(r#"{"goal": null}"#), []);
        let back = Goal::Return { to: neuraxis_core::Landmark::Start, tolerance: 0.1 };
        let list = serde_json::to_string(&[there, Goal::Explore { radius: 0.5 }, back]).expect("text");
        assert_eq!(read(&format!(r#"{{"goals": {list}}}"#)), [there, Goal::Explore { radius: 0.5 }, back]);
        assert_eq!(read(&list_of_before(&list)), [there, Goal::Explore { radius: 0.5 }, back]);
    }
}
