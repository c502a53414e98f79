//! The scenes and robots of the benches, carried in the program, so that `neuraxis bench` works in an empty folder.

use std::io;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::embedded::{BURGER_URDF, unpack};

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
    ("robots/burger/burger.urdf", BURGER_URDF),
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

/// The swimmer of six links with trained parameters, for `neuraxis bench motor`.
pub(crate) const TRAINED: &str = include_str!("../../../robots/swimmer/trained.yaml");
