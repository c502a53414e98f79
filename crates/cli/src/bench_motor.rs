//! `neuraxis bench motor`: the swimmer's circuit beside its peer, and how fast it runs.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Args;
use neuraxis_brain::RobotFile;
use neuraxis_core::file;
use neuraxis_lab::bench::motor::{self, MotorBenchConfig};
use neuraxis_lab::bench::motor_rows::{Bound, Row};
use neuraxis_lab::bench::{motor_page, walk};
use neuraxis_motor::{MotorSpec, SwimmerSpec};
use neuraxis_trial::plan::PlannedRobot;

use crate::bench_motor_peer::Peer;
use crate::bench_motor_speed as speed;
use crate::exit::Exit;
use crate::table::framed;
use crate::work::{self, Jobs};
use crate::{embedded_lab, output};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis bench motor\n  neuraxis bench motor --only golden\n  neuraxis bench motor --trained my_swimmer.yaml --out bench\n  neuraxis bench motor --only speed --peer peer/bin/python"
)]
pub(crate) struct MotorArgs {
    /// Only the rows with this in their part or name; those of the quadruped and of pace with it in their part.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// A robot file with a trained circuit, in the place of the one that comes with the program.
    #[arg(long, value_name = "FILE")]
    trained: Option<PathBuf>,
    /// A robot file for the rows of the quadruped, in the place of the one that comes with the program.
    #[arg(long, value_name = "FILE")]
    walker: Option<PathBuf>,
    /// Random starts of each row; the peer's numbers are of 10.
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    starts: u32,
    /// Seed of the first start; the next ones count up. Those from 0 to 9 are the peer's own starts.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..1 << 60))]
    seed: u64,
    #[command(flatten)]
    jobs: Jobs,
    /// A Python with `mujoco` and `dm_control`, whose pace is measured in turns with ours, for more rows about speed.
    #[arg(long, value_name = "PYTHON")]
    peer: Option<PathBuf>,
    /// A folder for motor.json and motor.html.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn bench(args: &MotorArgs) -> Exit {
    let trained = match trained(args) {
        Ok(trained) => trained,
        Err(exit) => return exit,
    };
    if let Err(exit) = output::prepare_out(args.out.as_deref()) {
        return exit;
    }
    let stop = work::stop_flag();
    let wants_speed = args.only.as_deref().is_none_or(|text| speed::PART.contains(text));
    // A Python that will not do is told before anything long begins.
    let peer = match &args.peer {
        Some(_) if !wants_speed => {
            let help = "leave out --only, give `--only speed`, or leave out --peer";
            return output::usage_error(
                "--peer is for the rows about speed, and --only leaves them out",
                help,
            );
        }
        Some(python) => match Peer::start(python, &stop) {
            Ok(peer) => Some(peer),
            Err(exit) => return exit,
        },
        None => None,
    };
    let config = MotorBenchConfig {
        only: args.only.clone(),
        trained: Some(trained),
        starts: u64::from(args.starts),
        seed: args.seed,
        jobs: args.jobs.threads(),
    };
    let progress = |done: usize, all: usize| {
        if done.is_multiple_of((all / 10).max(1)) {
            eprintln!("{done}/{all} episodes");
        }
    };
    let mut rows = match motor::run(&config, &stop, &progress) {
        Ok(Some(rows)) => rows,
        Ok(None) => {
            eprintln!("interrupted: nothing was written");
            return Exit::Crashed;
        }
        Err(error) => {
            return output::usage_error(&error.to_string(), "give a robot file whose circuit is a swimmer");
        }
    };
    if args.only.as_deref().is_none_or(|text| walk::PART.contains(text)) {
        match walks(args, config.jobs, &stop) {
            Ok(own) => rows.extend(own),
            Err(exit) => return exit,
        }
    }
    if wants_speed {
        match speed::rows(peer, &stop) {
            Ok(own) => rows.extend(own),
            Err(exit) => return exit,
        }
    }
    if rows.is_empty() {
        let help = "leave out --only to see all rows";
        return output::usage_error("no row has this in its part or name", help);
    }
    report(args, &rows)
}

/// The rows of the quadruped.
fn walks(args: &MotorArgs, jobs: usize, stop: &AtomicBool) -> Result<Vec<Row>, Exit> {
    let unpacked;
    let path = if let Some(path) = &args.walker {
        path.clone()
    } else {
        unpacked = embedded_lab::quadruped().map_err(|error| {
            output::usage_error(
                &format!("cannot write to the temporary folder: {error}"),
                "give --walker FILE",
            )
        })?;
        unpacked.0.clone()
    };
    let robot = PlannedRobot::load(&path, &[]).map_err(|error| {
        output::print_errors(&[error]);
        Exit::Usage
    })?;
    match walk::run(&robot, 2 * u64::from(args.starts), args.seed, jobs, stop) {
        Ok(Some(rows)) => Ok(rows),
        Ok(None) => {
            eprintln!("interrupted: nothing was written");
            Err(Exit::Crashed)
        }
        Err(error) => Err(output::usage_error(&error.to_string(), "give a robot file whose circuit walks")),
    }
}

fn trained(args: &MotorArgs) -> Result<SwimmerSpec, Exit> {
    let loaded = match &args.trained {
        Some(path) => file::load::<RobotFile>(path, &[]),
        None => {
            file::parse::<RobotFile>(&PathBuf::from("trained.yaml"), embedded_lab::TRAINED.to_owned(), &[])
        }
    };
    match loaded.map(|file| file.value.brain.motor) {
        Ok(MotorSpec::Swimmer(spec)) => Ok(spec),
        Ok(_) => Err(output::usage_error(
            "its circuit is no swimmer",
            "give a robot file with `motor: { circuit: swimmer }`",
        )),
        Err(error) => {
            output::print_errors(&[error]);
            Err(Exit::Usage)
        }
    }
}

#[derive(serde::Serialize)]
struct Judged<'a> {
    #[serde(flatten)]
    row: &'a Row,
    holds: Option<bool>,
    is_aim_reached: Option<bool>,
}

fn report(args: &MotorArgs, rows: &[Row]) -> Exit {
    let judged: Vec<Judged<'_>> = rows
        .iter()
        .map(|row| Judged { row, holds: row.holds(), is_aim_reached: row.is_aim_reached() })
        .collect();
    let json = serde_json::to_string_pretty(&judged).unwrap_or_default();
    if let Some(folder) = &args.out {
        let line: Vec<String> = std::env::args().collect();
        let page = motor_page::page(rows, &line.join(" "));
        for (name, text) in [("motor.json", json.clone() + "\n"), ("motor.html", page)] {
            if let Err(error) = output::write(&folder.join(name), text) {
                eprintln!("error: not everything could be written to the output folder: {error}");
                return Exit::Crashed;
            }
        }
    }
    if args.json {
        output::print(&json);
    } else {
        output::print(&table(rows));
        output::print(
            "returns of 1000 control steps, mean ± standard deviation over random starts; peer: MuJoCo",
        );
    }
    if rows.iter().all(|row| row.holds() != Some(false)) { Exit::Success } else { Exit::Failed }
}

fn table(rows: &[Row]) -> String {
    let header = ["part", "measure", "measured", "must", "aim", "peer", "holds"];
    let mut table = framed(header, 2..6);
    for row in rows {
        let digits = row.digits;
        let bound = |bound: Option<Bound>| bound.map_or("-".to_owned(), |bound| bound.text(digits));
        let deviation = row.deviation.map_or(String::new(), |d| format!(" ± {d:.digits$}"));
        table.add_row([
            row.part.to_owned(),
            row.what.clone(),
            format!("{:.digits$}{deviation}", row.measured),
            bound(row.must),
            bound(row.aim),
            row.peer_text(),
            row.verdict().to_owned(),
        ]);
    }
    table.to_string()
}
