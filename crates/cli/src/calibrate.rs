//! `neuraxis calibrate`: how a body answers the drive, as a table and as a block of its file.

use std::path::{Path, PathBuf};

use clap::Args;
use neuraxis_brain::RobotFile;
use neuraxis_core::calibration::Calibration;
use neuraxis_core::file;
use neuraxis_lab::motor::calibrate::{ResponseRig, Unmeasured, block, insert};
use neuraxis_trial::plan::PlannedRobot;

use crate::exit::Exit;
use crate::output;
use crate::table::framed;
use crate::work::{self, Jobs};

/// What `calibrate` takes.
#[derive(Args, Debug)]
pub(crate) struct CalibrateArgs {
    /// The robot's file.
    robot: PathBuf,
    /// Write a copy of the robot's file with the map in it, in the same folder.
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    out: Option<PathBuf>,
    /// Write the map into the robot's file itself; nothing else in it changes.
    #[arg(long)]
    write: bool,
    /// Speeds, and turns, that are tried; an odd number has rest among them.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u8).range(3..=41))]
    points: u8,
    /// Seed of the senses' errors.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    jobs: Jobs,
    /// Print the map as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn calibrate(args: &CalibrateArgs) -> Exit {
    if let Some(out) = &args.out
        && file::folder_of(out).canonicalize().ok() != file::folder_of(&args.robot).canonicalize().ok()
    {
        let help = "its model is named as seen from the robot's folder: put the copy beside the robot's file";
        return output::usage_error("the copy would not find its model", help);
    }
    let robot = match PlannedRobot::load(&args.robot, &[]) {
        Ok(robot) => robot,
        Err(error) => {
            output::print_errors(&[error]);
            return Exit::Usage;
        }
    };
    let tank = match ResponseRig::new(&robot) {
        Ok(tank) => tank,
        Err(error) => return output::usage_error(&error.to_string(), "`neuraxis check` says more"),
    };
    let stop = work::stop_flag();
    let jobs = args.jobs.threads();
    let map = match tank.measure(usize::from(args.points), args.seed, jobs, &stop) {
        Ok(map) => map,
        Err(Unmeasured::Stopped) => {
            eprintln!("interrupted: nothing was written");
            return Exit::Crashed;
        }
        Err(error) => {
            eprintln!("error: {error}\n  help: nothing was written; `neuraxis train` may teach it to stand");
            return Exit::Failed;
        }
    };
    if args.json {
        output::print(&serde_json::to_string_pretty(&map).unwrap_or_default());
    } else {
        output::print(&table("m/s", &map, &map.linear));
        output::print(&table("rad/s", &map, &map.angular));
    }
    let target = if args.write { Some(&args.robot) } else { args.out.as_ref() };
    target.map_or(Exit::Success, |target| write(target, &robot.file.text, &map))
}

/// Writes the copy, after a look at whether it is a robot still.
fn write(target: &Path, text: &str, map: &Calibration) -> Exit {
    let text = insert(text, &block(map));
    if let Err(error) = file::parse::<RobotFile>(target, text.clone(), &[]) {
        output::print_errors(&[error]);
        return Exit::Usage;
    }
    match output::write(target, text) {
        Ok(()) => Exit::Success,
        Err(error) => {
            eprintln!("error: {} could not be written: {error}", target.display());
            Exit::Crashed
        }
    }
}

fn table(unit: &str, map: &Calibration, rows: &[Vec<f64>]) -> String {
    let turns = map.turn.iter().map(|turn| format!("turn {turn}"));
    let mut table = framed(std::iter::once(unit.to_owned()).chain(turns), 1..);
    for (speed, row) in map.speed.iter().zip(rows) {
        let values = row.iter().map(|value| format!("{value:.3}"));
        table.add_row(std::iter::once(format!("speed {speed}")).chain(values));
    }
    table.to_string()
}
