//! What a recording says of a trial before its first tick: robots, goals, settings, and every file.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use neuraxis_core::file::Override;
use neuraxis_record::Attachments;
use neuraxis_record::{RecordingHeader, RobotHeader};

use crate::metadata_key;
use crate::plan::PlannedScene;
use crate::trial::Trial;

/// A minute of simulated time is less than a second of real time.
const CHUNK_PERIOD: u64 = 60_000_000_000;

/// The files of one scene, read once for all its trials.
#[derive(Clone, Debug)]
pub struct SessionFiles {
    /// Name in the recording and bytes.
    attachments: Vec<(String, Arc<[u8]>)>,
    scene: String,
    robots: Vec<String>,
}

impl SessionFiles {
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
    pub fn session(&self, scene: &PlannedScene, trial: &Trial, command_line: &str) -> RecordingHeader {
        let robots = trial.robots().zip(&scene.robots).map(|(robot, planned)| {
            let rate = planned.file.value.brain.rate;
            let header = RobotHeader::new((*robot.model.description).clone(), rate)
                .with_task(robot.task.start, robot.task.goals.clone());
            match robot.brain {
                Some(brain) => header.with_brain(brain),
                None => header,
            }
        });
        self.header(scene, (trial.seed, trial.number), robots, command_line)
    }

    /// The header of the trial of `scene` with this `seed` and number, whatever bodies its `robots` have; they stand in
    /// the order of the scene, and get the names of their files here.
    #[must_use]
    pub fn header(
        &self,
        scene: &PlannedScene,
        (seed, number): (u64, usize),
        robots: impl IntoIterator<Item = RobotHeader>,
        command_line: &str,
    ) -> RecordingHeader {
        let robots =
            robots.into_iter().zip(&self.robots).map(|(robot, file)| robot.with_file(file.clone())).collect();
        let settings = |list: &[Override]| {
            let list: Vec<String> = list.iter().map(ToString::to_string).collect();
            serde_json::to_string(&list).unwrap_or_default()
        };
        let replaced = scene.changes.robot.is_some();
        let facts = BTreeMap::from(
            [
                (metadata_key::SCENE, self.scene.clone()),
                (
                    metadata_key::ROBOT,
                    if replaced { self.robots.first().cloned().unwrap_or_default() } else { String::new() },
                ),
                (metadata_key::SEED, seed.to_string()),
                (metadata_key::TRIAL, number.to_string()),
                (metadata_key::SCENE_SETTINGS, settings(&scene.changes.scene_overrides)),
                (metadata_key::ROBOT_SETTINGS, settings(&scene.changes.robot_overrides)),
                (metadata_key::COMMAND_LINE, command_line.to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        RecordingHeader { robots, attachments: self.attachments.clone(), facts, chunk_period: CHUNK_PERIOD }
    }
}
