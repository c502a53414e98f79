//! What a recording says of a trial before its first tick: robots, goals, settings, and every file.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use neuraxis_core::file::Override;
use neuraxis_record::attachments::Attachments;
use neuraxis_record::{Session, SessionRobot};

use crate::plan::PlannedScene;
use crate::trial::Trial;

/// A minute of simulated time is less than a second of real time.
const CHUNK_PERIOD: u64 = 60_000_000_000;

/// Names of facts.
pub(crate) mod fact {
    pub(crate) const SCENE: &str = "scene";
    pub(crate) const ROBOT: &str = "robot";
    pub(crate) const SEED: &str = "seed";
    pub(crate) const TRIAL: &str = "trial";
    pub(crate) const SCENE_SETTINGS: &str = "scene_settings";
    pub(crate) const ROBOT_SETTINGS: &str = "robot_settings";
    pub(crate) const COMMAND_LINE: &str = "command_line";
}

/// The files of one scene, read once for all its trials.
#[derive(Clone, Debug)]
pub struct Files {
    /// Name in the recording and bytes.
    attachments: Vec<(String, Arc<[u8]>)>,
    scene: String,
    robots: Vec<String>,
}

impl Files {
    /// Reads every file that `scene` is made of.
    ///
    /// # Errors
    /// If one has gone since it was loaded.
    pub fn of(scene: &PlannedScene) -> io::Result<Self> {
        let robots = scene.robots.iter().flat_map(|robot| {
            let map = robot.map.iter().flat_map(|map| &map.files);
            let others = robot.model.model.files.iter().chain(map).chain(&robot.circuit);
            std::iter::once(&robot.file.path).chain(others)
        });
        let paths = std::iter::once(&scene.file.path).chain(robots).chain(&scene.scene.files);
        let attachments = Attachments::read(paths.map(PathBuf::as_path))?;
        let robots = scene.robots.iter().map(|robot| attachments.name(&robot.file.path)).collect();
        Ok(Self { scene: attachments.name(&scene.file.path), robots, attachments: attachments.files })
    }

    /// What is known of `trial` before it begins.
    #[must_use]
    pub fn session(&self, scene: &PlannedScene, trial: &Trial, command_line: &str) -> Session {
        let robots = trial
            .robots()
            .zip(&self.robots)
            .zip(&scene.robots)
            .map(|((robot, file), planned)| {
                let decision = robot.brain.map(neuraxis_core::Brain::decision);
                SessionRobot {
                    body: (*robot.model.description).clone(),
                    start: robot.task.start,
                    goals: robot.task.errands.clone(),
                    rate: planned.file.value.brain.rate,
                    cues: decision
                        .map(|d| d.belief.cues.iter().map(|cue| cue.name.to_string()).collect())
                        .unwrap_or_default(),
                    file: file.clone(),
                }
            })
            .collect();
        let settings = |list: &[Override]| {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            serde_json::to_string(&list).unwrap_or_default()
        };
        let replaced = scene.changes.robot.is_some();
        let facts = BTreeMap::from(
            [
                (fact::SCENE, self.scene.clone()),
                (
                    fact::ROBOT,
                    if replaced { self.robots.first().cloned().unwrap_or_default() } else { String::new() },
                ),
                (fact::SEED, trial.seed.to_string()),
                (fact::TRIAL, trial.number.to_string()),
                (fact::SCENE_SETTINGS, settings(&scene.changes.scene_overrides)),
                (fact::ROBOT_SETTINGS, settings(&scene.changes.robot_overrides)),
                (fact::COMMAND_LINE, command_line.to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        Session { robots, attachments: self.attachments.clone(), facts, chunk_period: CHUNK_PERIOD }
    }
}
