//! What a person or a program reads of a run.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Color, ContentArrangement, Table};
use miette::Diagnostic;
use neuraxis_core::file::FileError;
use neuraxis_trial::results::Results;
use neuraxis_trial::statistics::Interval;
use neuraxis_trial::{SceneSummary, TrialResult};

use crate::exit::Exit;

/// Prints everything that is wrong with files, on standard error.
pub(crate) fn complain(errors: &[FileError]) {
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
pub(crate) fn usage(message: &str, help: &str) -> Exit {
    eprintln!("error: {message}\n  help: {help}");
    Exit::Usage
}

/// The table of a run.
pub(crate) fn table(results: &[TrialResult]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["scene", "trials", "success", "gentle", "SPL", "time s", "energy J", "worst error m"]);
    for column in 1..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for summary in SceneSummary::all(results) {
        let good = summary.success.value >= 1.0;
        let success = Cell::new(percent(summary.success)).fg(if good { Color::Green } else { Color::Yellow });
        table.add_row([
            Cell::new(&summary.scene),
            Cell::new(summary.trials),
            success,
            Cell::new(percent(summary.gentle)),
            Cell::new(number(summary.spl, 2)),
            Cell::new(number(summary.time, 1)),
            Cell::new(number(summary.energy, 0)),
            Cell::new(number(summary.worst_error, 3)),
        ]);
    }
    let mut text = table.to_string();
    text.push_str("\n[..]: 95 % interval; gentle: no collision harder than 0.1 m/s; SPL: success weighted by path length");
    for result in results.iter().filter(|r| !r.success).take(10) {
        text.push_str(&format!(
            "\n  trial {} (seed {}, {}): {} after {:.1} s{}",
            result.trial,
            result.seed,
            result.scene,
            result.outcome,
            result.time,
            result.message.as_ref().map(|m| format!(": {m}")).unwrap_or_default()
        ));
    }
    text
}

fn percent(i: Interval) -> String {
    format!("{:.0} % [{:.0}, {:.0}]", 100.0 * i.value, 100.0 * i.low, 100.0 * i.high)
}

fn number(i: Interval, digits: usize) -> String {
    format!("{:.digits$} [{:.digits$}, {:.digits$}]", i.value, i.low, i.high)
}

/// The whole of a run.
pub(crate) fn results(trials: Vec<TrialResult>) -> Results {
    Results { version: env!("CARGO_PKG_VERSION").to_owned(), summaries: SceneSummary::all(&trials), trials }
}

/// One row a robot and trial, with a header.
pub(crate) fn csv(trials: &[TrialResult]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Rows are flat and go into memory, so that neither step can fail.
    for trial in trials {
        let _ = writer.serialize(trial);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
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
pub(crate) fn say(text: &str) {
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
pub(crate) fn prepare_out(folder: Option<&Path>) -> Result<(), Exit> {
    folder.map_or(Ok(()), |folder| {
        prepare_folder(folder).map_err(|error| {
            let message = format!("cannot write to the output folder {}: {error}", folder.display());
            usage(&message, "choose a folder that you may write to")
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
        Ok(()) => Exit::Good,
        Err(error) => {
            usage(&format!("cannot write to {}: {error}", folder.display()), "choose another folder")
        }
    }
}
