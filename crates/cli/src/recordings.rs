//! Opens recordings for the verbs that read them, and says what is wrong with one.

use std::path::Path;

use neuraxis_record::Recording;
use neuraxis_trial::replay::ReplayError;

use crate::exit::Exit;
use crate::output;

/// Opens a recording; what is wrong with it is said.
pub(crate) fn open(path: &Path) -> Result<Recording, Exit> {
    let recording = Recording::open(path).map_err(|error| {
        let help = "a recording is what `neuraxis run --out DIR --record all` leaves";
        output::usage_error(&error.to_string(), help)
    })?;
    if let Some(damage) = &recording.damage {
        let ticks: usize = recording.robots.iter().map(|robot| robot.ticks.len()).sum();
        eprintln!(
            "warning: {} is damaged or cut short ({damage}); {ticks} ticks can be read",
            path.display()
        );
    } else if recording.verdict.is_none() {
        eprintln!("warning: {}: the trial was cut short", path.display());
    }
    Ok(recording)
}

/// Says why a recording cannot be replayed, and what to do.
pub(crate) fn fail(path: &Path, error: &ReplayError) -> Exit {
    if let ReplayError::Files(errors) = error {
        output::print_errors(errors);
        return Exit::Usage;
    }
    let help = match error {
        ReplayError::Outside { .. } => "choose a moment in it, for example with `--at 1.5s`",
        ReplayError::Settings(_) => {
            "add --reproduce: the world is then simulated again, and its senses with it"
        }
        ReplayError::Io(_) => "free some space in the temporary folder",
        _ => "the recording does not hold what a replay needs; record the trial again",
    };
    output::usage_error(&format!("{}: {error}", path.display()), help)
}
