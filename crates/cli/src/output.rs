//! What all verbs share: complaints, lines of output, and files that are written whole or not at all.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use miette::Diagnostic;
use neuraxis_core::file::FileError;

use crate::exit::Exit;

/// Prints everything that is wrong with files, on standard error.
pub(crate) fn print_errors(errors: &[FileError]) {
    for problem in errors.iter().flat_map(|error| &error.problems) {
        let mut text = String::new();
        let handler = miette::GraphicalReportHandler::new_themed(theme()).with_width(width());
        let diagnostic: &dyn Diagnostic = problem;
        if handler.render_report(&mut text, diagnostic).is_ok() {
            eprintln!("{}", text.trim_end());
        } else {
            eprintln!("error: {problem}");
        }
    }
    let count: usize = errors.iter().map(|error| error.problems.len()).sum();
    if count > 1 {
        eprintln!("\n{count} problems");
    }
}

fn theme() -> miette::GraphicalTheme {
    use std::io::IsTerminal as _;
    if std::env::var_os("NO_COLOR").is_none() && io::stderr().is_terminal() {
        miette::GraphicalTheme::unicode()
    } else {
        miette::GraphicalTheme::unicode_nocolor()
    }
}

fn width() -> usize {
    110
}

/// One complaint that has no file.
pub(crate) fn usage_error(message: &str, help: &str) -> Exit {
    eprintln!("error: {message}\n  help: {help}");
    Exit::Usage
}

/// What somebody should know, and what stops nothing, on standard error.
#[cfg(feature = "sim")]
pub(crate) fn note(message: &str) {
    eprintln!("note: {message}");
}

/// Writes a file whole or not at all: into a neighbour, flushed, then renamed.
///
/// # Errors
/// If the folder is not there, not writable, or full.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = new_in(folder)?;
    file.write_all(content.as_ref())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A temporary file that, once it has its name, others may read as any other file.
fn new_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".neuraxis-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What the user's mask takes away is taken away from this.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Prints a line on standard output; a reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    let _ = writeln!(io::stdout(), "{text}");
}

/// Makes sure that `folder` is there and can be written to.
///
/// # Errors
/// If not.
pub(crate) fn prepare_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    new_in(folder).map(drop)
}

/// The same for the folder of `--out`, if there is one; says so if it cannot be written to.
///
/// # Errors
/// How the program ends.
#[cfg(feature = "sim")]
pub(crate) fn prepare_out(folder: Option<&Path>) -> Result<(), Exit> {
    folder.map_or(Ok(()), |folder| {
        prepare_folder(folder).map_err(|error| {
            let message = format!("cannot write to the output folder {}: {error}", folder.display());
            usage_error(&message, "choose a folder that you may write to")
        })
    })
}

/// Writes the schemas of the file formats.
pub(crate) fn schemas(folder: &Path) -> Exit {
    let written = prepare_folder(folder).and_then(|()| {
        for (name, text) in neuraxis_trial::schemas() {
            write(&folder.join(name), &text)?;
        }
        Ok(())
    });
    match written {
        Ok(()) => Exit::Success,
        Err(error) => {
            usage_error(&format!("cannot write to {}: {error}", folder.display()), "choose another folder")
        }
    }
}
