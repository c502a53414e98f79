//! A map that a brain knows before its first tick: a ROS map, loaded from its file.

use std::path::{Path, PathBuf};

use neuraxis_core::file::FileError;
use neuraxis_core::{OccupancyGrid, map_file};

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
