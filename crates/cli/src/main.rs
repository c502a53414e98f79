//! The `neuraxis` command: reads the command line, does one thing, and says how it went by its exit code.

#[cfg(not(all(feature = "sim", feature = "lab")))]
mod absent;
#[cfg(feature = "lab")]
mod bench;
#[cfg(feature = "lab")]
mod bench_learning;
#[cfg(feature = "lab")]
mod bench_motor;
#[cfg(feature = "lab")]
mod bench_motor_peer;
#[cfg(feature = "lab")]
mod bench_motor_speed;
#[cfg(feature = "lab")]
mod bench_navigation;
#[cfg(feature = "lab")]
mod calibrate;
mod check;
#[cfg(feature = "sim")]
mod circuit;
#[cfg(feature = "sim")]
mod describe;
mod doctor;
#[cfg(feature = "sim")]
mod embedded;
#[cfg(feature = "lab")]
mod embedded_lab;
mod exit;
mod files;
mod jobs;
#[cfg(feature = "sim")]
mod live;
#[cfg(feature = "sim")]
mod new;
mod output;
mod recordings;
mod replay;
#[cfg(feature = "lab")]
mod replay_fusion;
#[cfg(feature = "sim")]
mod run;
#[cfg(feature = "sim")]
mod run_output;
mod settings;
#[cfg(feature = "sim")]
mod table;
#[cfg(feature = "lab")]
mod train;
mod why;
#[cfg(feature = "sim")]
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::exit::Exit;

/// What the program's exit codes mean.
macro_rules! exit_codes {
    () => {
        "\n\nExit codes:\n  0  all went well\n  1  a trial failed\n  2  wrong usage or a wrong file\n  3  a crash, an interrupt or the time limit\n  5  a replay does something else than what was recorded, or two recordings differ"
    };
}

/// Examples of verbs that this build has.
const LONG_HELP: &str = if cfg!(feature = "sim") {
    concat!(
        "Examples:\n  neuraxis run                              the maze, 10 trials\n  neuraxis run scenes/rooms.yaml --trials 100 --out results --record failed\n  neuraxis replay results/*.mcap\n  neuraxis check robots scenes\n  neuraxis new robot my_robot --from my_robot.urdf",
        exit_codes!()
    )
} else {
    concat!(
        "Examples:\n  neuraxis replay results/*.mcap\n  neuraxis why results/trial-00000.mcap --at 24\n  neuraxis check robots",
        exit_codes!()
    )
};

/// A runtime for robot brains: simulate, check and compare them.
#[derive(Parser, Debug)]
#[command(
    name = "neuraxis",
    version,
    about,
    after_help = "Exit codes: 0 all went well, 1 a trial failed, 2 wrong usage or a wrong file, 3 a crash, an interrupt or the time limit, 5 a replay or recording differs.",
    after_long_help = LONG_HELP
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Run trials in the simulator and print a table.
    #[cfg(feature = "sim")]
    Run(run::RunArgs),
    #[cfg(not(feature = "sim"))]
    #[command(hide = true, disable_help_flag = true)]
    Run(absent::Anything),
    /// Run the brains of recordings again on the recorded senses: does each command come out the same, to the bit?
    Replay(replay::ReplayArgs),
    /// Compare two recordings, tick by tick.
    Diff(replay::DiffArgs),
    /// Why did it do that? What the brain of a recording thought at a moment.
    Why(why::WhyArgs),
    /// Measure a mechanism against its baselines and print the table.
    #[cfg(feature = "lab")]
    Bench(bench::BenchArgs),
    #[cfg(not(feature = "lab"))]
    #[command(hide = true, disable_help_flag = true)]
    Bench(absent::Anything),
    /// Train a robot's motor circuit: make its parameters better at a task.
    #[cfg(feature = "lab")]
    Train(train::TrainArgs),
    #[cfg(not(feature = "lab"))]
    #[command(hide = true, disable_help_flag = true)]
    Train(absent::Anything),
    /// Measure how a robot's body answers the drive, and write the map into its file.
    #[cfg(feature = "lab")]
    Calibrate(calibrate::CalibrateArgs),
    #[cfg(not(feature = "lab"))]
    #[command(hide = true, disable_help_flag = true)]
    Calibrate(absent::Anything),
    /// Check robot and scene files: everything that is wrong with them, before anything runs.
    Check(check::CheckArgs),
    /// Look at the motor circuit of a robot.
    #[cfg(feature = "sim")]
    Circuit(circuit::CircuitArgs),
    #[cfg(not(feature = "sim"))]
    #[command(hide = true, disable_help_flag = true)]
    Circuit(absent::Anything),
    /// Write a new robot or scene file.
    #[cfg(feature = "sim")]
    New(new::NewArgs),
    #[cfg(not(feature = "sim"))]
    #[command(hide = true, disable_help_flag = true)]
    New(absent::Anything),
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
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Success };
            let _ = error.print();
            return code.into();
        }
    };
    let exit = match cli.verb {
        #[cfg(feature = "sim")]
        Verb::Run(args) => run::run(&args),
        #[cfg(not(feature = "sim"))]
        Verb::Run(_) => absent::absent("run", absent::Part::Simulator),
        Verb::Replay(args) => replay::replay(&args),
        Verb::Diff(args) => replay::diff(&args),
        Verb::Why(args) => why::why(&args),
        #[cfg(feature = "lab")]
        Verb::Bench(args) => bench::bench(&args),
        #[cfg(not(feature = "lab"))]
        Verb::Bench(_) => absent::absent("bench", absent::Part::Laboratory),
        #[cfg(feature = "lab")]
        Verb::Train(args) => train::train(&args),
        #[cfg(not(feature = "lab"))]
        Verb::Train(_) => absent::absent("train", absent::Part::Laboratory),
        #[cfg(feature = "lab")]
        Verb::Calibrate(args) => calibrate::calibrate(&args),
        #[cfg(not(feature = "lab"))]
        Verb::Calibrate(_) => absent::absent("calibrate", absent::Part::Laboratory),
        Verb::Check(args) => check::check(&args),
        #[cfg(feature = "sim")]
        Verb::Circuit(args) => circuit::circuit(&args),
        #[cfg(not(feature = "sim"))]
        Verb::Circuit(_) => absent::absent("circuit", absent::Part::Simulator),
        #[cfg(feature = "sim")]
        Verb::New(args) => new::create(&args),
        #[cfg(not(feature = "sim"))]
        Verb::New(_) => absent::absent("new", absent::Part::Simulator),
        Verb::Doctor => doctor::doctor(),
        Verb::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "neuraxis", &mut std::io::stdout());
            Exit::Success
        }
        Verb::Schemas { folder } => output::schemas(&folder),
    };
    exit.into()
}
