//! A robot from its file: body, brain, map and circuit, all checked against one another before anything moves.

use std::path::{Path, PathBuf};

use neuraxis_core::body::BodyDescription;
use neuraxis_core::file::{self, FileError, Loaded, Override};
use neuraxis_core::{OccupancyGrid, Pose2, map_file};
use neuraxis_neural::CircuitSpec;
use neuraxis_robot::Fitted;

use crate::RobotFile;
use crate::tick::{BrainError, RobotBrain};

/// A robot file, fitted to its model and checked; what a brain for any body is made of.
#[derive(Clone, Debug)]
pub struct LoadedRobot {
    /// The file.
    pub file: Loaded<RobotFile>,
    /// It and its model, fitted together.
    pub fitted: Fitted,
    /// The map of the place that its file names.
    pub map: Option<KnownMap>,
    /// The file of its motor circuit, if it has one of its own.
    pub circuit: Option<PathBuf>,
}

/// A map that a brain begins with.
#[derive(Clone, Debug)]
pub struct KnownMap {
    /// The map.
    pub grid: OccupancyGrid,
    /// Its YAML and its image.
    pub files: [PathBuf; 2],
}

impl KnownMap {
    /// Loads the ROS map `path`.
    ///
    /// # Errors
    /// If it is missing, wrong or too large.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        let map = map_file::load(path)?;
        Ok(Self { grid: map.to_grid()?, files: [path.to_owned(), map.image] })
    }
}

impl LoadedRobot {
    /// Loads and checks a robot file, its model, and whether its brain fits its body; `overrides` are put on top of the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path, overrides: &[Override]) -> Result<Self, FileError> {
        let mut file = file::load::<RobotFile>(path, overrides)?;
        let mut circuit = None;
        if let Some(named) = file.value.brain.motor.file() {
            let path = file.reference("/brain/motor/file", named)?;
            let wiring = file::load::<CircuitSpec>(&path, &[])?.value;
            file.value.brain.motor.set_wiring(wiring);
            circuit = Some(path);
        }
        let fitted = Fitted::new(&file)?;
        if let Err(error) = RobotBrain::new(&file.value.brain, &fitted.description, Pose2::default()) {
            let text = error.to_string();
            let (pointer, message) = text.split_once(": ").unwrap_or(("/brain", &text));
            file.check(|_, problems| problems.at(pointer, message))?;
        }
        let map = match &file.value.brain.fusion.map.file {
            Some(named) => Some(KnownMap::load(&file.reference("/brain/fusion/map/file", named)?)?),
            None => None,
        };
        Ok(Self { file, fitted, map, circuit })
    }

    /// What its brain has to know of its body.
    #[must_use]
    pub fn description(&self) -> &BodyDescription {
        &self.fitted.description
    }

    /// A brain for it, which believes that its body stands at `start` in the map.
    ///
    /// # Errors
    /// If a part does not fit the body, which was checked when it was loaded.
    pub fn brain(&self, start: Pose2) -> Result<RobotBrain, BrainError> {
        let known = self.map.as_ref().map(|map| &map.grid);
        RobotBrain::with_map(&self.file.value.brain, self.description(), start, known)
    }

    /// All files that it is made of, the robot file first: for a recording.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let map = self.map.iter().flat_map(|map| &map.files);
        let others = self.fitted.model.files.iter().chain(map).chain(&self.circuit);
        std::iter::once(&self.file.path).chain(others).map(PathBuf::as_path)
    }
}
