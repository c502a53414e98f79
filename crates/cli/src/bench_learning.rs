//! `neuraxis bench learning`: learning curves of trainings beside each other.

use std::path::PathBuf;

use clap::Args;
use neuraxis_core::file;
use neuraxis_lab::train::{self, Checkpoint};

use crate::exit::Exit;
use crate::output;
use crate::table::framed;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  neuraxis bench learning trained_0 trained_1 trained_2 --svg curves.svg")]
pub(crate) struct LearningArgs {
    /// Folders that `train --out` has written, or checkpoints in them.
    #[arg(required = true)]
    trainings: Vec<PathBuf>,
    /// Draws the curves: best return so far over control steps, median and range over seeds.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub(crate) fn bench(args: &LearningArgs) -> Exit {
    let mut trainings = Vec::new();
    for path in &args.trainings {
        let path = if path.is_dir() { path.join("checkpoint.json") } else { path.clone() };
        let text = match file::read(&path) {
            Ok(text) => text,
            Err(error) => {
                output::print_errors(&[error]);
                return Exit::Usage;
            }
        };
        match Checkpoint::look(&text) {
            Ok(training) => trainings.push(training),
            Err(message) => {
                let message = format!("cannot read {}: {message}", path.display());
                return output::usage_error(
                    &message,
                    "give folders that `neuraxis train ... --out DIR` has written",
                );
            }
        }
    }
    let arms = train::arms(&trainings);
    let header =
        ["trained", "seeds", "steps that all reached", "first score", "best: median", "least to greatest"];
    let mut table = framed(header, 1..);
    for arm in &arms {
        let steps = arm.reached();
        let score =
            |at: u64, pick: usize| arm.at(at).map_or("-".to_owned(), |spread| format!("{:.1}", spread[pick]));
        table.add_row([
            arm.name.clone(),
            arm.curves.len().to_string(),
            steps.to_string(),
            score(0, 1),
            score(steps, 1),
            format!("{} to {}", score(steps, 0), score(steps, 2)),
        ]);
    }
    if let Some(path) = &args.svg
        && let Err(error) = output::write(path, train::spread_svg(&arms))
    {
        let message = format!("cannot write {}: {error}", path.display());
        return output::usage_error(&message, "choose a file that you may write to");
    }
    output::print(&table.to_string());
    Exit::Success
}
