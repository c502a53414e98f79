//! What is to be run: scenes with their robots, all checked before anything runs.

use std::path::{Path, PathBuf};

use neuraxis_brain::{LoadedRobot, RobotBrain, RobotFile};
use neuraxis_core::file::{self, FileError, Loaded, Override};
use neuraxis_sim::scene::SceneSpec;
use neuraxis_sim::scene::spec::GoalSpec;
use neuraxis_sim::scene::world::{Size, WorldInstance};
use neuraxis_sim::{RobotModel, Scene};

use crate::trial::{Participant, Trial};

pub use crate::changes::Changes;
pub use neuraxis_brain::loaded::KnownMap;

/// A robot file with its model.
#[derive(Clone, Debug)]
pub struct PlannedRobot {
    /// The file.
    pub file: Loaded<RobotFile>,
    /// Its model.
    pub model: RobotModel,
    /// The map of the place that its file names.
    pub map: Option<KnownMap>,
    /// The file of its motor circuit, if it has one of its own.
    pub circuit: Option<PathBuf>,
}

/// A scene with its robots, ready to be set up for any seed.
#[derive(Clone, Debug)]
pub struct PlannedScene {
    /// The file.
    pub file: Loaded<SceneSpec>,
    /// Its meshes and maps.
    pub scene: Scene,
    /// Its robots, in the order of the file.
    pub robots: Vec<PlannedRobot>,
    /// What the command line changed about the files.
    pub changes: Changes,
}

/// Scenes, in the order in which trials go through them.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// At least one.
    pub scenes: Vec<PlannedScene>,
}

impl Plan {
    /// Loads and checks scene files and all that they refer to.
    ///
    /// # Errors
    /// One error a file that is wrong; all of them.
    pub fn load(scenes: &[PathBuf], changes: &Changes) -> Result<Self, Vec<FileError>> {
        let mut plan = Self::default();
        let mut errors = Vec::new();
        for path in scenes {
            match PlannedScene::load(path, changes) {
                Ok(scene) => plan.scenes.push(scene),
                Err(more) => errors.extend(more),
            }
        }
        if errors.is_empty() { Ok(plan) } else { Err(errors) }
    }

    /// What the writers of its files should know, a sentence each, once.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let mut hints = Vec::new();
        for hint in self.scenes.iter().flat_map(PlannedScene::hints) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        hints
    }

    /// The scene of the trial `trial`: trials go round through the scenes.
    #[must_use]
    pub fn scene(&self, trial: usize) -> &PlannedScene {
        &self.scenes[trial % self.scenes.len()]
    }
}

impl PlannedScene {
    /// What the writers of its file and of its robots' should know, a sentence each.
    pub fn hints(&self) -> impl Iterator<Item = String> {
        self.file.hints().chain(self.robots.iter().flat_map(|robot| robot.file.hints()))
    }
}

impl PlannedRobot {
    /// Loads and checks a robot file, its model, and whether its brain fits its body.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path, overrides: &[Override]) -> Result<Self, FileError> {
        let LoadedRobot { file, fitted, map, circuit } = LoadedRobot::load(path, overrides)?;
        let model = RobotModel::of(&file, fitted)?;
        Ok(Self { file, model, map, circuit })
    }
}

impl PlannedScene {
    /// Loads and checks one scene file and all that it refers to.
    ///
    /// # Errors
    /// One error a file that is wrong.
    pub fn load(path: &Path, changes: &Changes) -> Result<Self, Vec<FileError>> {
        let file = file::load::<SceneSpec>(path, &changes.scene_overrides).map_err(|e| vec![e])?;
        let mut errors = Vec::new();
        let mut robots = Vec::new();
        for (i, entry) in file.value.robots.iter().enumerate() {
            let path = match &changes.robot {
                Some(path) => Ok(path.clone()),
                None => file.reference(&format!("/robots/{i}/robot"), &entry.robot),
            };
            match path.and_then(|path| PlannedRobot::load(&path, &changes.robot_overrides)) {
                Ok(robot) => robots.push(robot),
                Err(error) => errors.push(error),
            }
        }
        for (i, fault) in file.value.faults.iter().enumerate() {
            let Some(robot) = robots.get(fault.robot) else { continue };
            let names: Vec<&str> =
                robot.file.value.sensors.iter().map(neuraxis_core::robot::Sensor::name).collect();
            let sensor = robot.file.value.sensors.iter().find(|sensor| sensor.name() == fault.sensor);
            if let Some(sensor) = sensor
                && !fault.kind.suits(sensor)
            {
                let check = file.check(|_, problems| {
                    let message = format!("this cannot happen to the sense `{}`", fault.sensor);
                    problems.at(&format!("/faults/{i}/kind"), message);
                });
                errors.extend(check.err());
            }
            if sensor.is_none() {
                let check = file.check(|_, problems| {
                    problems.unknown(
                        &format!("/faults/{i}/sensor"),
                        "sensor",
                        &fault.sensor,
                        names.iter().copied(),
                    );
                });
                errors.extend(check.err());
            }
        }
        // If a robot could not be loaded, they no longer lie beside their entries.
        let whole = if errors.is_empty() { robots.as_slice() } else { &[] };
        for (i, (robot, entry)) in whole.iter().zip(&file.value.robots).enumerate() {
            let search = robot.file.value.brain.cognition.search;
            let explores = |goal: &GoalSpec| matches!(goal, GoalSpec::Explore { .. });
            if let Some(j) = entry.goals.iter().position(explores).filter(|_| !search.explores()) {
                let check = file.check(|_, problems| {
                    problems.help(
                        &format!("/robots/{i}/goals/{j}"),
                        format!("the search of `{}` cannot explore", robot.file.value.name),
                        "give its robot file `brain: { cognition: { search: cognitive_graph } }`",
                    );
                });
                errors.extend(check.err());
            }
        }
        for (i, robot) in robots.iter().enumerate() {
            let (period, step) = (1.0 / robot.file.value.brain.rate, file.value.physics.timestep);
            if period + 1e-9 < step {
                let check = file.check(|_, problems| {
                    problems.help(
                        "/physics/timestep",
                        format!(
                            "robot {i} thinks {} times a second, but physics moves only every {step} s",
                            robot.file.value.brain.rate
                        ),
                        format!("set `timestep` to {period} or less, or lower the brain's `rate`"),
                    );
                });
                errors.extend(check.err());
            }
        }
        let scene = match Scene::load(&file) {
            Ok(scene) => scene,
            Err(error) => {
                errors.push(error);
                return Err(errors);
            }
        };
        if errors.is_empty() {
            let planned = Self { file, scene, robots, changes: changes.clone() };
            // One set-up ahead of time shows starts and goals that lie in walls.
            match planned.layout(0) {
                Ok(_) => return Ok(planned),
                Err(error) => errors.push(error),
            }
        }
        Err(errors)
    }

    /// The world of the trial with this seed.
    ///
    /// # Errors
    /// If a start or goal lies in a wall, or no way joins them.
    pub fn layout(&self, seed: u64) -> Result<WorldInstance, FileError> {
        let sizes: Vec<Size> = self.robots.iter().map(|robot| robot.model.size()).collect();
        self.scene.layout(seed, &sizes).map_err(|error| {
            let place = format!("seed {seed}: {}", error.message);
            match self.file.check(|_, problems| problems.help(&error.pointer, place, &error.help)) {
                Err(error) => error,
                Ok(()) => FileError::unreadable(&self.file.path, &error.message, &error.help),
            }
        })
    }

    /// One trial, robots with their brains in it.
    ///
    /// # Errors
    /// If the world cannot be set up for this seed.
    pub fn trial(&self, number: usize, seed: u64) -> Result<Trial, FileError> {
        let layout = self.layout(seed)?;
        let mut robots = Vec::new();
        for (robot, task) in self.robots.iter().zip(&layout.assignments) {
            let spec = &robot.file.value.brain;
            let known = robot.map.as_ref().map(|map| &map.grid);
            let brain =
                RobotBrain::with_map(spec, &robot.model.description, task.start, known).map_err(|error| {
                    FileError::unreadable(&robot.file.path, &error.to_string(), "change the brain's block")
                })?;
            robots
                .push(Participant { robot: robot.model.clone(), brain: Some((Box::new(brain), spec.rate)) });
        }
        Ok(Trial::new(number, seed, &self.scene.spec, layout, robots))
    }
}
