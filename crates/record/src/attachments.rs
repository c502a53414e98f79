//! The files that a run is made of, read once, under the names that they have in its recordings.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files, by their paths from a folder that holds them all.
#[derive(Clone, Debug, Default)]
pub struct Attachments {
    /// Names with slashes, and bytes.
    pub files: Vec<(String, Arc<[u8]>)>,
    root: PathBuf,
}

impl Attachments {
    /// Reads the files, each once.
    ///
    /// # Errors
    /// If one has gone since it was loaded.
    pub fn read<'a>(paths: impl IntoIterator<Item = &'a Path>) -> io::Result<Self> {
        let mut paths = paths.into_iter().map(Path::canonicalize).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        paths.dedup();
        let root = common_folder(&paths);
        // With the name of the folder itself, which `package://` paths may need.
        let root = root.parent().map(Path::to_owned).unwrap_or(root);
        let mut attachments = Self { files: Vec::new(), root };
        for path in &paths {
            let bytes = Arc::from(std::fs::read(path)?);
            attachments.files.push((attachments.name(path), bytes));
        }
        Ok(attachments)
    }

    /// The name that a file has, or would have, among them.
    #[must_use]
    pub fn name(&self, path: &Path) -> String {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let relative = path.strip_prefix(&self.root).unwrap_or(&path);
        relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
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
