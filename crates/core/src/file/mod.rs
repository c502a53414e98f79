//! Reading the files of users: YAML in, a checked value out, or every problem of the file at once.
//!
//! The way of a file: text → [`tree`] (each value and key knows where it stands) → keys of earlier versions get their
//! present names (`renamed`) → `--set` overrides → [`shape`] (against the JSON Schema of the type: unknown and missing keys, wrong
//! types, ranges; all of them) → the type itself → its own [`Validate::validate`] (what no schema
//! can say). The published schema and the errors thus never disagree.

pub mod problem;
mod renamed;
pub mod shape;
pub mod tree;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub use problem::{FileError, Problem, Problems, nearest};
use renamed::{Renamed, Renames};
use tree::{Node, Value};

/// No file of ours is larger; a larger one is refused before it is read.
pub const MAX_BYTES: u64 = 16 << 20;

/// What a type knows of its own values that its schema cannot say.
pub trait Validate {
    /// Adds every problem to `problems`, each under the path of the value it is about.
    fn validate(&self, problems: &mut Problems<'_>);
}

/// A `--set KEY=VALUE` from the command line: a dotted path into the file, and a YAML value.
#[derive(Clone, Debug, PartialEq)]
pub struct Override {
    /// For example `["brain", "fusion", "rule"]`.
    pub path: Vec<String>,
    /// The value as it was typed.
    pub value: String,
}

impl std::fmt::Display for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.path.join("."), self.value)
    }
}

impl std::str::FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, value) = text
            .split_once('=')
            .ok_or_else(|| format!("expected KEY=VALUE, for example `brain.rate=50`, not `{text}`"))?;
        let path: Vec<String> = path.split('.').map(|part| part.trim().to_owned()).collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("the key of `{text}` has an empty part"));
        }
        Ok(Self { path, value: value.trim().to_owned() })
    }
}

/// A value and the file that it came from.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The checked value.
    pub value: T,
    /// Where the file lies; paths inside it are relative to its folder.
    pub path: PathBuf,
    /// The file as it was read, for error labels and recordings.
    pub text: String,
    /// Keys with the name of an earlier version.
    renamed: Vec<Renamed>,
    tree: Node,
}

impl<T> Loaded<T> {
    /// `relative`, as written in this file, from the folder that the file lies in.
    #[must_use]
    pub fn resolve(&self, relative: &str) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(relative)
    }

    /// What its writer should know, a sentence each: keys that have another name now.
    pub fn hints(&self) -> impl Iterator<Item = String> {
        self.renamed.iter().map(|Renamed { place, before, now }| {
            let path = self.path.display();
            let at = place.as_ref().map_or_else(String::new, |place| {
                let before = self.text.get(..place.start).unwrap_or_default();
                let line = before.rsplit('\n').next().unwrap_or_default();
                format!(":{}:{}", before.matches('\n').count() + 1, line.chars().count() + 1)
            });
            format!("{path}{at}: the key `{before}` is called `{now}` now; it is still read")
        })
    }

    /// The file that the value at `pointer` names as `relative`, from the folder that this file lies in.
    ///
    /// # Errors
    /// If there is no such file, at the place that names it, with the nearest name that there is.
    pub fn reference(&self, pointer: &str, relative: &str) -> Result<PathBuf, FileError> {
        let path = self.resolve(relative);
        if !path.exists() {
            let help = problem::help_for_missing(&path);
            self.check(|_, problems| {
                problems.help(pointer, format!("there is no file `{}`", path.display()), help);
            })?;
        }
        Ok(path)
    }

    /// Runs further checks on the value, which see the places of the file.
    ///
    /// # Errors
    /// All problems that `check` reports.
    pub fn check(&self, check: impl FnOnce(&T, &mut Problems<'_>)) -> Result<(), FileError> {
        let mut problems = Problems::new(&self.tree);
        check(&self.value, &mut problems);
        problems.finish(&self.path, &self.text)
    }
}

/// The folder that the file at `path` lies in; `.` for a bare name.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads a text file of at most [`MAX_BYTES`].
///
/// # Errors
/// If it is missing, unreadable, too large or not UTF-8.
pub fn read(path: &Path) -> Result<String, FileError> {
    let bytes = read_bytes(path, MAX_BYTES)?;
    String::from_utf8(bytes).map_err(|error| {
        FileError::unreadable(
            path,
            &format!("byte {} is not UTF-8 text", error.utf8_error().valid_up_to()),
            "save it as UTF-8",
        )
    })
}

/// Reads a file of at most `limit` bytes.
///
/// # Errors
/// If it is missing, unreadable or too large.
pub fn read_bytes(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(|error| FileError::io(path, &error))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| FileError::io(path, &error))?;
    if bytes.len() as u64 > limit {
        return Err(FileError::unreadable(
            path,
            &format!("it is larger than {} MiB", limit >> 20),
            "is it the right file?",
        ));
    }
    Ok(bytes)
}

/// Loads and checks a YAML file.
///
/// # Errors
/// Every problem of the file at once, each with its place.
pub fn load<T>(path: &Path, overrides: &[Override]) -> Result<Loaded<T>, FileError>
where
    T: DeserializeOwned + JsonSchema + Validate,
{
    parse(path, read(path)?, overrides)
}

/// As [`load`], for a text that is already there; `path` is only for messages and relative paths.
///
/// # Errors
/// Every problem of the text at once, each with its place.
pub fn parse<T>(path: &Path, text: String, overrides: &[Override]) -> Result<Loaded<T>, FileError>
where
    T: DeserializeOwned + JsonSchema + Validate,
{
    let schema = schemars::schema_for!(T).to_value();
    let mut doubles = Vec::new();
    let mut tree = match tree::parse(&text, &mut doubles) {
        Ok(tree) => tree,
        Err(problem) => return Err(FileError::new(path, &text, vec![problem])),
    };
    let renames = Renames::new(&schema);
    let mut renamed = renames.rename(&mut tree);
    for change in overrides {
        let path = renames.path(&tree, &change.path);
        if path != change.path {
            renamed.push(Renamed { place: None, before: change.path.join("."), now: path.join(".") });
        }
        apply(&mut tree, change, &path).map_err(|message| FileError::override_failed(change, &message))?;
    }
    // The values of overrides, too, may be blocks with keys of an earlier version.
    renamed.extend(renames.rename(&mut tree));

    let mut found = doubles;
    shape::check(&tree, &schema, &mut found);
    let json = tree.to_json();
    if !found.is_empty() {
        // Where only ranges are wrong there is a value all the same, and its own check has more to say.
        if let Ok(value) = T::deserialize(&json) {
            let mut problems = Problems::new(&tree);
            value.validate(&mut problems);
            found.extend(problems.into_list());
        }
        return Err(FileError::new(path, &text, found));
    }

    let value: T = match serde_path_to_error::deserialize(json) {
        Ok(value) => value,
        Err(error) => {
            let pointer: String = error.path().iter().map(segment).collect();
            let mut problems = Problems::new(&tree);
            problems.at(&pointer, error.inner().to_string());
            problems.finish(path, &text)?;
            unreachable!("a problem was just added")
        }
    };
    let loaded = Loaded { value, path: path.to_owned(), text, renamed, tree };
    loaded.check(Validate::validate)?;
    Ok(loaded)
}

fn segment(segment: &serde_path_to_error::Segment) -> String {
    use serde_path_to_error::Segment;
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{key}"),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    }
}

/// Sets one value in the tree, making the mappings on the way.
fn apply(tree: &mut Node, change: &Override, path: &[String]) -> Result<(), String> {
    let mut doubles = Vec::new();
    let mut value = tree::parse(&change.value, &mut doubles).map_err(|problem| problem.message)?;
    value.forget_place();
    let mut node = tree;
    let mut so_far = String::new();
    for part in path {
        if matches!(node.value, Value::Null) {
            node.value = Value::Mapping(Vec::new());
        }
        node = match &mut node.value {
            Value::Mapping(entries) => {
                let index = entries.iter().position(|entry| entry.key == *part).unwrap_or_else(|| {
                    entries.push(tree::Entry::new(part));
                    entries.len() - 1
                });
                &mut entries[index].value
            }
            Value::Sequence(items) => {
                let count = items.len();
                let by_name = items.iter().position(|item| item.name() == Some(part.as_str()));
                let index = by_name.or_else(|| part.parse().ok()).filter(|i| *i < count);
                match index {
                    Some(index) => &mut items[index],
                    None => {
                        return Err(format!(
                            "`{so_far}` is a list of {count}: `{part}` is neither a number below that nor the name of one of them"
                        ));
                    }
                }
            }
            _ => return Err(format!("`{so_far}` is a single value and has no `{part}`")),
        };
        so_far = if so_far.is_empty() { part.clone() } else { format!("{so_far}.{part}") };
    }
    *node = value;
    Ok(())
}
