//! What a recording says of a trial before its first tick: robots, goals, settings, and every file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use neuraxis_core::file::Override;
use neuraxis_record::{RecordingHeader, RobotHeader};

use crate::fact;
use crate::plan::PlannedScene;
use crate::trial::Trial;

/// A minute of simulated time is less than a second of real time.
const CHUNK_PERIOD: u64 = 60_000_000_000;

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
        let scene_path = scene.file.path.canonicalize()?;
        let mut paths = vec![scene_path.clone()];
        let mut robot_paths = Vec::new();
        for robot in &scene.robots {
            let path = robot.file.path.canonicalize()?;
            robot_paths.push(path.clone());
            paths.push(path);
            let map = robot.map.iter().flat_map(|map| &map.files);
            for file in robot.model.model.files.iter().chain(map).chain(&robot.circuit) {
                paths.push(file.canonicalize()?);
            }
        }
        for file in &scene.scene.files {
            paths.push(file.canonicalize()?);
        }
        paths.sort();
        paths.dedup();
        let root = common_folder(&paths);
        // With the name of the folder itself, which `package://` paths may need.
        let root = root.parent().map(Path::to_owned).unwrap_or(root);
        let name = |path: &Path| {
            let relative = path.strip_prefix(&root).unwrap_or(path);
            relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
        };
        let attachments = paths
            .iter()
            .map(|path| Ok((name(path), Arc::from(std::fs::read(path)?))))
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            attachments,
            scene: name(&scene_path),
            robots: robot_paths.iter().map(|path| name(path)).collect(),
        })
    }

    /// What is known of `trial` before it begins.
    #[must_use]
    pub fn session(&self, scene: &PlannedScene, trial: &Trial, command_line: &str) -> RecordingHeader {
        let robots = trial.robots().zip(&scene.robots).map(|(robot, planned)| {
            let rate = planned.file.value.brain.rate;
            let header = RobotHeader::new((*robot.model.description).clone(), rate)
                .with_task(robot.task.start, robot.task.errands.clone());
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
                (fact::SCENE, self.scene.clone()),
                (
                    fact::ROBOT,
                    if replaced { self.robots.first().cloned().unwrap_or_default() } else { String::new() },
                ),
                (fact::SEED, seed.to_string()),
                (fact::TRIAL, number.to_string()),
                (fact::SCENE_SETTINGS, settings(&scene.changes.scene_overrides)),
                (fact::ROBOT_SETTINGS, settings(&scene.changes.robot_overrides)),
                (fact::COMMAND_LINE, command_line.to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        RecordingHeader { robots, attachments: self.attachments.clone(), facts, chunk_period: CHUNK_PERIOD }
    }
}

/// The deepest folder that holds all of `paths`, which are absolute.
fn common_folder(paths: &[PathBuf]) -> PathBuf {
    let mut common = paths.first().and_then(|p| p.parent()).map(Path::to_owned).unwrap_or_default();
    while !paths.iter().all(|path| path.starts_with(&common)) {
        if !common.pop() {
            break;
        }
    }
    common
}
