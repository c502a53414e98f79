//! Reads a model, in whichever of the two formats it is written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use neuraxis_core::file::FileError;

use crate::Model;

/// Which of the two formats a model is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The Unified Robot Description Format of ROS.
    Urdf,
    /// The format of the physics engine `MuJoCo`.
    Mjcf,
}

impl Format {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Urdf => "URDF",
            Self::Mjcf => "MJCF",
        }
    }

    /// The format of the file at `path` with the content `text`.
    ///
    /// # Errors
    /// If its ending is of neither.
    pub fn of(path: &Path, text: &str) -> Result<Self, FileError> {
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
        match extension.as_str() {
            "urdf" => Ok(Self::Urdf),
            "xml" | "mjcf" if text.contains("<robot") && !text.contains("<mujoco") => Ok(Self::Urdf),
            "xml" | "mjcf" => Ok(Self::Mjcf),
            _ => {
                let help = "a model is a `.urdf` or an MJCF `.xml` file (run xacro first for a `.xacro`)";
                Err(FileError::unreadable(path, "the ending is neither `.urdf` nor `.xml`", help))
            }
        }
    }

    /// Runs the reader `read` of this format on the file at `path`; the parsers are not ours, and a panic of theirs is an error
    /// of the file, not a crash of ours.
    ///
    /// # Errors
    /// What the reader says, or that it gave up.
    pub fn guard<T>(self, path: &Path, read: impl FnOnce() -> Result<T, String>) -> Result<T, FileError> {
        let kind = self.name();
        let read = catch_unwind(AssertUnwindSafe(read)).map_err(|_| {
            let why = format!("the {kind} reader gave up on it");
            FileError::unreadable(path, &why, "check it with another tool")
        })?;
        read.map_err(|why| FileError::unreadable(path, &why, &format!("is it valid {kind}?")))
    }
}

/// Loads a `.urdf` or an MJCF `.xml` file.
///
/// # Errors
/// If the file is missing or wrong, or refers to a link or a mesh that does not exist.
pub fn model(path: &Path) -> Result<Model, FileError> {
    let text = neuraxis_core::file::read(path)?;
    let format = Format::of(path, &text)?;
    let mut model = format.guard(path, || match format {
        Format::Urdf => crate::urdf::load(path, &text),
        Format::Mjcf => crate::mjcf::load(path, &text),
    })?;
    model.files.insert(0, path.to_owned());
    model.files.dedup();
    model.merge_fixed();
    Ok(model)
}
