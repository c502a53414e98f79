//! Which files lie in a folder, and what each is.

use std::path::{Path, PathBuf};

use neuraxis_core::file::tree;

/// What a YAML file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Robot,
    Scene,
    Map,
}

/// What the file is, by its keys; `None` if it cannot be told.
pub(crate) fn kind(path: &Path) -> Option<Kind> {
    let text = neuraxis_core::file::read(path).ok()?;
    let tree = tree::parse(&text, &mut Vec::new()).ok()?;
    let has = |key: &str| tree.get(key).is_some();
    if has("world") || has("robots") {
        Some(Kind::Scene)
    } else if has("brain") || has("actuators") || has("model") {
        Some(Kind::Robot)
    } else if has("resolution") && has("image") {
        Some(Kind::Map)
    } else {
        None
    }
}

/// The YAML files in a folder and below, by name; not deeper than a project goes.
pub(crate) fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    fn visit(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        for path in paths {
            let ending = path.extension().and_then(|e| e.to_str());
            if path.is_dir() && depth < 4 && !path.is_symlink() {
                visit(&path, depth + 1, found);
            } else if matches!(ending, Some("yaml" | "yml")) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    visit(folder, 0, &mut found);
    found
}
