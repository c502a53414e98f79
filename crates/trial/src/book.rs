//! What a recording says of a trial before its first tick: robots, goals, settings, and every file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use neuraxis_core::file::Override;
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
