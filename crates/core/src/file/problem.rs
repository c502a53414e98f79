//! What is wrong with a file, told so that a person can mend it.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use super::Override;
use super::tree::Node;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Byte range in the text; `None` if it is not in the text (a `--set`, or the file as a whole).
    pub place: Option<Range<usize>>,
    /// What is wrong.
    pub message: String,
    /// The words under the marked place.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem with the label "here".
    #[must_use]
    pub fn new(place: Option<Range<usize>>, message: String) -> Self {
        Self { place, message, label: "here".to_owned(), help: None }
    }
}

/// Collects the problems of one file; paths are JSON pointers (`/sensors/2/rate`).
#[derive(Debug)]
pub struct Problems<'a> {
    tree: &'a Node,
    /// What the pointers are relative to.
    prefix: String,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    /// No problems yet in the file that `tree` was read from.
    #[must_use]
    pub fn new(tree: &'a Node) -> Self {
        Self { tree, prefix: String::new(), found: Vec::new() }
    }

    /// Lets `check` report with pointers relative to `pointer`, so that a block of a file can check
    /// itself without knowing where it stands.
    pub fn inside(&mut self, pointer: &str, check: impl FnOnce(&mut Self)) {
        let length = self.prefix.len();
        self.prefix.push_str(pointer);
        check(self);
        self.prefix.truncate(length);
    }

    /// Reports `message` about the value at `pointer`.
    pub fn at(&mut self, pointer: &str, message: impl Into<String>) {
        self.push(pointer, message.into(), None);
    }

    /// Reports `message` about the value at `pointer`, and what to do.
    pub fn help(&mut self, pointer: &str, message: impl Into<String>, help: impl Into<String>) {
        self.push(pointer, message.into(), Some(help.into()));
    }

    /// Reports that `name` at `pointer` is none of `known` (which are `what`s), with the nearest one.
    pub fn unknown<'n>(
        &mut self,
        pointer: &str,
        what: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let help = did_you_mean(name, &known);
        self.push(pointer, format!("there is no {what} `{name}`"), Some(help));
    }

    fn push(&mut self, pointer: &str, message: String, help: Option<String>) {
        let pointer = format!("{}{pointer}", self.prefix);
        let mut problem = Problem::new(self.tree.at(&pointer).place.clone(), message);
        if problem.place.is_none() {
            problem.message =
                format!("`{}`: {}", pointer.trim_start_matches('/').replace('/', "."), problem.message);
        }
        problem.help = help;
        self.found.push(problem);
    }

    /// What was found.
    #[must_use]
    pub(super) fn into_list(self) -> Vec<Problem> {
        self.found
    }

    /// Nothing, or all problems as one error.
    ///
    /// # Errors
    /// If there was a problem.
    pub fn finish(self, path: &Path, text: &str) -> Result<(), FileError> {
        if self.found.is_empty() { Ok(()) } else { Err(FileError::new(path, text, self.found)) }
    }
}

/// The help for a name that is not known: the nearest known one, or all of them.
#[must_use]
pub fn did_you_mean(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "there are none".to_owned(),
        None => {
            let list: Vec<String> = known.iter().map(|k| format!("`{k}`")).collect();
            format!("one of {}", list.join(", "))
        }
    }
}

/// The one of `known` that `name` most likely meant, if one is near enough.
#[must_use]
pub fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let score = |k: &str| {
        let (a, b) = (name.to_lowercase(), k.to_lowercase());
        if a == b { 1.0 } else { strsim::jaro_winkler(&a, &b) }
    };
    // The first of equals wins, so that the answer does not hang on the order of ties.
    let mut best: Option<(&str, f64)> = None;
    for k in known {
        let s = score(k);
        if s > 0.8 && best.is_none_or(|(_, b)| s > b) {
            best = Some((k, s));
        }
    }
    best.map(|(k, _)| k)
}

/// Everything that is wrong with one file.
#[derive(Debug)]
pub struct FileError {
    /// The file.
    pub path: PathBuf,
    /// At least one, in the order of the file.
    pub problems: Vec<Placed>,
}

/// A problem together with the text that it is in.
#[derive(Debug)]
pub struct Placed {
    /// The problem.
    pub problem: Problem,
    /// Line and column, both from 1, of its place.
    pub line_column: Option<(usize, usize)>,
    source: NamedSource<String>,
}

impl FileError {
    /// The error of the file at `path` with the content `text`.
    #[must_use]
    pub fn new(path: &Path, text: &str, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| problem.place.as_ref().map_or(usize::MAX, |place| place.start));
        let problems = problems
            .into_iter()
            .map(|problem| Placed {
                line_column: problem.place.as_ref().map(|place| line_column(text, place.start)),
                source: NamedSource::new(path.to_string_lossy(), text.to_owned()),
                problem,
            })
            .collect();
        Self { path: path.to_owned(), problems }
    }

    /// A file that could not be read at all.
    #[must_use]
    pub fn unreadable(path: &Path, why: &str, help: &str) -> Self {
        let mut problem = Problem::new(None, format!("{}: {why}", path.display()));
        problem.help = Some(help.to_owned());
        Self::new(path, "", vec![problem])
    }

    /// A file that the operating system would not give.
    #[must_use]
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        let (why, help) = match error.kind() {
            std::io::ErrorKind::NotFound => {
                let help = help_for_missing(path);
                ("there is no such file".to_owned(), help)
            }
            std::io::ErrorKind::PermissionDenied => {
                ("you may not read it".to_owned(), "check its permissions with `ls -l`".to_owned())
            }
            std::io::ErrorKind::IsADirectory => ("it is a folder".to_owned(), "name a file in it".to_owned()),
            _ => (error.to_string(), "can another program read it?".to_owned()),
        };
        Self::unreadable(path, &why, &help)
    }

    /// A `--set` that does not fit the file.
    #[must_use]
    pub fn override_failed(change: &Override, why: &str) -> Self {
        let setting = format!("--set {}={}", change.path.join("."), change.value);
        let problem = Problem::new(None, format!("`{setting}`: {why}"));
        Self::new(Path::new(&setting), "", vec![problem])
    }
}

/// The help for a file that is not there: the nearest name in its folder.
pub(super) fn help_for_missing(path: &Path) -> String {
    let folder = super::folder_of(path);
    let wanted = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    names.sort();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match nearest(&wanted, &names) {
        Some(near) => format!("did you mean `{}`?", path.with_file_name(near).display()),
        None if names.is_empty() => format!("the folder `{}` is missing or empty", folder.display()),
        None => "is the path right, seen from the folder you are in?".to_owned(),
    }
}

fn line_column(text: &str, byte: usize) -> (usize, usize) {
    let mut byte = byte.min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let before = &text[..byte];
    let line_start = before.rfind('\n').map_or(0, |i| i + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, placed) in self.problems.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            match placed.line_column {
                Some((line, column)) => {
                    write!(f, "{}:{line}:{column}: {}", self.path.display(), placed.problem.message)?;
                }
                None => write!(f, "{}", placed.problem.message)?,
            }
            if let Some(help) = &placed.problem.help {
                write!(f, " ({help})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for FileError {}

impl fmt::Display for Placed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Placed {}

impl Diagnostic for Placed {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.problem.place.as_ref().map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.problem.place.as_ref()?;
        // Only the first line of a long value is marked.
        let text = self.source.inner();
        let end =
            text.get(place.clone()).map_or(place.end, |t| place.start + t.find('\n').unwrap_or(t.len()));
        let span = SourceSpan::from(place.start..end.max(place.start));
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(Some(self.problem.label.clone()), span))))
    }
}
