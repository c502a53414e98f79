//! The maze and its robot, carried in the program, so that `neuraxis run` works in an empty folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::output;

/// What is unpacked, and where it goes.
const FILES: [(&str, &str); 3] = [
    ("scenes/maze.yaml", include_str!("../../../scenes/maze.yaml")),
    ("robots/burger/burger.yaml", include_str!("../../../robots/burger/burger.yaml")),
    ("robots/burger/burger.urdf", include_str!("../../../robots/burger/burger.urdf")),
];

/// The maze's file: the one in this folder, or the program's own, unpacked into a folder that lives as
/// long as the second value.
///
/// # Errors
/// If the temporary folder cannot be written.
pub(crate) fn maze() -> io::Result<(PathBuf, Option<TempDir>)> {
    let own = PathBuf::from("scenes/maze.yaml");
    if own.is_file() {
        return Ok((own, None));
    }
    let folder = tempfile::Builder::new().prefix("neuraxis-").tempdir()?;
    unpack(&FILES, folder.path())?;
    Ok((folder.path().join(FILES[0].0), Some(folder)))
}

/// Unpacks the burger into `robots/burger` of this folder, unless it is there.
///
/// # Errors
/// If the folder cannot be written.
pub(crate) fn burger_if_missing() -> io::Result<()> {
    if Path::new(FILES[1].0).exists() { Ok(()) } else { unpack(&FILES[1..], Path::new(".")) }
}

/// Writes files into `folder`, with the folders that they need.
///
/// # Errors
/// If it cannot be written to.
pub(crate) fn unpack(files: &[(&str, &str)], folder: &Path) -> io::Result<()> {
    for (name, text) in files {
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        output::write(&path, text)?;
    }
    Ok(())
}

/// The robot file that `neuraxis new` starts from, and its model.
pub(crate) const BURGER: &str = FILES[1].1;
/// Its model.
pub(crate) const BURGER_URDF: &str = FILES[2].1;
