//! What the command line changes about the files of a run.

use std::path::PathBuf;

use neuraxis_core::file::Override;

/// What the command line changes about the files.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Takes the place of the robots of the scenes.
    pub robot: Option<PathBuf>,
    /// Settings for robot files.
    pub robot_overrides: Vec<Override>,
    /// Settings for scene files.
    pub scene_overrides: Vec<Override>,
}
