//! The `neuraxis` command: reads the command line, does one thing, and says how it went by its exit code.

mod bench;
mod bench_learning;
mod bench_motor;
mod bench_motor_peer;
mod bench_motor_speed;
mod bench_navigation;
mod builtin;
mod calibrate;
mod check;
mod circuit;
mod create;
mod doctor;
mod estimate;
mod exit;
mod files;
mod jobs;
mod live;
mod output;
mod recordings;
mod replay;
mod run;
mod train;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::exit::Exit;

/// A runtime for robot brains: simulate, check and compare them.
#[derive(Parser, Debug)]
#[command(
    name = "neuraxis",
    version,
    about,
    after_help = "Exit codes: 0 all went well, 1 a trial failed, 2 wrong usage or a wrong file, 3 a crash, an interrupt or the time limit, 5 a replay or recording differs.",
    after_long_help = "Examples:\n  neuraxis run                              the maze, 10 trials\n  neuraxis run scenes/rooms.yaml --trials 100 --out results --record failed\n  neuraxis replay results/*.mcap\n  neuraxis check robots scenes\n  neuraxis new robot my_robot --from my_robot.urdf\n\nExit codes:\n  0  all went well\n  1  a trial failed\n  2  wrong usage or a wrong file\n  3  a crash, an interrupt or the time limit\n  5  a replay does something else than what was recorded, or two recordings differ"
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Run trials in the simulator and print a table.
    Run(run::RunArgs),
    /// Run the brains of recordings again on the recorded senses: does each command come out the same, to the bit?
    Replay(replay::ReplayArgs),
    /// Compare two recordings, tick by tick.
    Diff(replay::DiffArgs),
    /// Why did it do that? What the brain of a recording thought at a moment.
    Why(why::WhyArgs),
    /// Measure a mechanism against its baselines and print the table.
    Bench(bench::BenchArgs),
    /// Train a robot's motor circuit: make its parameters better at a task.
    Train(train::TrainArgs),
    /// Measure how a robot's body answers the drive, and write the map into its file.
    Calibrate(calibrate::CalibrateArgs),
    /// Check robot and scene files: everything that is wrong with them, before anything runs.
    Check(check::CheckArgs),
    /// Look at the motor circuit of a robot.
    Circuit(circuit::CircuitArgs),
    /// Write a new robot or scene file.
    New(create::NewArgs),
    /// Look at this computer: what would slow a robot down or stop it?
    Doctor,
    /// Print completions for a shell, to be put where the shell looks for them.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the JSON Schemas of the file formats into a folder, for editors.
    Schemas {
        /// The folder.
        #[arg(default_value = "schemas")]
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too; they are no error.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Good };
            let _ = error.print();
            return code.into();
        }
    };
    let exit = match cli.verb {
        Verb::Run(args) => run::run(&args),
        Verb::Replay(args) => replay::replay(&args),
        Verb::Diff(args) => replay::diff(&args),
        Verb::Why(args) => why::why(&args),
        Verb::Bench(args) => bench::bench(&args),
        Verb::Train(args) => train::train(&args),
        Verb::Calibrate(args) => calibrate::calibrate(&args),
        Verb::Check(args) => check::check(&args),
        Verb::Circuit(args) => circuit::circuit(&args),
        Verb::New(args) => create::create(&args),
        Verb::Doctor => doctor::doctor(),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "neuraxis", &mut std::io::stdout());
            Exit::Good
        }
        Verb::Schemas { folder } => output::schemas(&folder),
    };
    exit.into()
}
