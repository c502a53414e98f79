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

/// The quadruped's file, unpacked into a folder that lives as long as the second value.
///
/// # Errors
/// If the temporary folder cannot be written.
pub(crate) fn quadruped() -> io::Result<(PathBuf, TempDir)> {
    let files = [
        ("quadruped.yaml", include_str!("../../../robots/quadruped/quadruped.yaml")),
        ("quadruped.urdf", include_str!("../../../robots/quadruped/quadruped.urdf")),
    ];
    let folder = tempfile::Builder::new().prefix("neuraxis-").tempdir()?;
    unpack(&files, folder.path())?;
    Ok((folder.path().join(files[0].0), folder))
}

/// The hall of `neuraxis bench fusion` and its robots.
const HALL: [(&str, &str); 4] = [
    ("benchmarks/fusion/hall.yaml", include_str!("../../../benchmarks/fusion/hall.yaml")),
    ("robots/burger/tracked.yaml", include_str!("../../../robots/burger/tracked.yaml")),
    ("robots/burger/watched.yaml", include_str!("../../../robots/burger/watched.yaml")),
    FILES[2],
];

/// Where the hall and its robots lie.
pub(crate) struct Halls {
    /// The scene.
    pub(crate) hall: PathBuf,
    /// The robots.
    pub(crate) robots: Vec<PathBuf>,
}

/// The files of `neuraxis bench fusion`, unpacked into a folder that lives as long as the second value.
///
/// # Errors
/// If the temporary folder cannot be written.
pub(crate) fn halls() -> io::Result<(Halls, TempDir)> {
    let folder = tempfile::Builder::new().prefix("neuraxis-").tempdir()?;
    unpack(&HALL, folder.path())?;
    let at = |i: usize| folder.path().join(HALL[i].0);
    Ok((Halls { hall: at(0), robots: vec![at(1), at(2)] }, folder))
}

/// The mazes of `neuraxis bench navigation` and its robots.
const MAZES: [(&str, &str); 11] = [
    ("benchmarks/navigation/umaze.yaml", include_str!("../../../benchmarks/navigation/umaze.yaml")),
    ("benchmarks/navigation/medium.yaml", include_str!("../../../benchmarks/navigation/medium.yaml")),
    ("benchmarks/navigation/large.yaml", include_str!("../../../benchmarks/navigation/large.yaml")),
    ("benchmarks/navigation/loops.yaml", include_str!("../../../benchmarks/navigation/loops.yaml")),
    ("benchmarks/navigation/ladder.yaml", include_str!("../../../benchmarks/navigation/ladder.yaml")),
    ("benchmarks/navigation/halls.yaml", include_str!("../../../benchmarks/navigation/halls.yaml")),
    ("benchmarks/navigation/oblique.yaml", include_str!("../../../benchmarks/navigation/oblique.yaml")),
    ("benchmarks/navigation/gap.yaml", include_str!("../../../benchmarks/navigation/gap.yaml")),
    ("robots/feeler/feeler.yaml", include_str!("../../../robots/feeler/feeler.yaml")),
    ("robots/feeler/seeing.yaml", include_str!("../../../robots/feeler/seeing.yaml")),
    ("robots/feeler/feeler.urdf", include_str!("../../../robots/feeler/feeler.urdf")),
];

/// Where the mazes and their robots lie.
pub(crate) struct Mazes {
    /// The scenes.
    pub(crate) mazes: Vec<PathBuf>,
    /// The robot that feels, and the one that sees besides.
    pub(crate) robots: [PathBuf; 2],
}

/// The files of `neuraxis bench navigation`, unpacked into a folder that lives as long as the second value.
///
/// # Errors
/// If the temporary folder cannot be written.
pub(crate) fn mazes() -> io::Result<(Mazes, TempDir)> {
    let folder = tempfile::Builder::new().prefix("neuraxis-").tempdir()?;
    unpack(&MAZES, folder.path())?;
    let at = |i: usize| folder.path().join(MAZES[i].0);
    Ok((Mazes { mazes: (0..8).map(at).collect(), robots: [at(8), at(9)] }, folder))
}

fn unpack(files: &[(&str, &str)], folder: &Path) -> io::Result<()> {
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

/// The swimmer of six links with trained parameters, for `neuraxis bench motor`.
pub(crate) const TRAINED: &str = include_str!("../../../robots/swimmer/trained.yaml");
