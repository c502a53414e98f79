//! `neuraxis bench motor`: the swimmer's circuit beside its peer, and how fast it runs.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Args;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use neuraxis_brain::RobotFile;
use neuraxis_core::{Drive, file};
use neuraxis_motor::{LegState, MotorSpec, Quadruped, QuadrupedSpec, Swimmer, SwimmerSpec};
use neuraxis_scenario::bench::motor::{self, Bound, Order, Row};
use neuraxis_scenario::bench::{motor_page, walk};
use neuraxis_scenario::motor::{Start, Subject, Task, roll};
use neuraxis_scenario::plan::PlannedRobot;

use crate::exit::Exit;
use crate::jobs::{self, Jobs};
use crate::{builtin, output};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis bench motor\n  neuraxis bench motor --only golden\n  neuraxis bench motor --trained my_swimmer.yaml --out bench"
)]
pub(crate) struct MotorArgs {
    /// Only the rows with this in their part or name.
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
    let stop = jobs::stop_flag();
    let order = Order {
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
    let mut rows = match motor::run(&order, &stop, &progress) {
        Ok(Some(rows)) => rows,
        Ok(None) => {
            eprintln!("interrupted: nothing was written");
            return Exit::Broken;
        }
        Err(error) => {
            return output::usage(&error.to_string(), "give a robot file whose circuit is a swimmer");
        }
    };
    if args.only.as_deref().is_none_or(|text| walk::PART.contains(text)) {
        match walks(args, order.jobs, &stop) {
            Ok(own) => rows.extend(own),
            Err(exit) => return exit,
        }
    }
    if args.only.as_deref().is_none_or(|text| SPEED_PART.contains(text)) {
        rows.extend(speed());
    }
    if rows.is_empty() {
        let help = "leave out --only to see all rows";
        return output::usage("no row has this in its part or name", help);
    }
    report(args, &rows)
}

/// The rows of the quadruped.
fn walks(args: &MotorArgs, jobs: usize, stop: &AtomicBool) -> Result<Vec<Row>, Exit> {
    let unpacked;
    let path = if let Some(path) = &args.walker {
        path.clone()
    } else {
        unpacked = builtin::quadruped().map_err(|error| {
            output::usage(&format!("cannot write to the temporary folder: {error}"), "give --walker FILE")
        })?;
        unpacked.0.clone()
    };
    let robot = PlannedRobot::load(&path, &[]).map_err(|error| {
        output::complain(&[error]);
        Exit::Usage
    })?;
    match walk::run(&robot, 2 * u64::from(args.starts), args.seed, jobs, stop) {
        Ok(Some(rows)) => Ok(rows),
        Ok(None) => {
            eprintln!("interrupted: nothing was written");
            Err(Exit::Broken)
        }
        Err(error) => Err(output::usage(&error.to_string(), "give a robot file whose circuit walks")),
    }
}

fn trained(args: &MotorArgs) -> Result<SwimmerSpec, Exit> {
    let loaded = match &args.trained {
        Some(path) => file::load::<RobotFile>(path, &[]),
        None => file::parse::<RobotFile>(&PathBuf::from("trained.yaml"), builtin::TRAINED.to_owned(), &[]),
    };
    match loaded.map(|file| file.value.brain.motor) {
        Ok(MotorSpec::Swimmer(spec)) => Ok(spec),
        Ok(_) => Err(output::usage(
            "its circuit is no swimmer",
            "give a robot file with `motor: { circuit: swimmer }`",
        )),
        Err(error) => {
            output::complain(&[error]);
            Err(Exit::Usage)
        }
    }
}

const SPEED_PART: &str = "speed (not deterministic)";
/// Control steps of `dm_control` a CPU-second, closed loop without a circuit.
const PEER_STEPS: f64 = 3404.0;
/// Circuit steps of the peer's circuit a CPU-second, as a port to numpy.
const PEER_FORWARD: f64 = 9796.0;

/// How fast it runs, by the clock of this thread.
fn speed() -> Vec<Row> {
    let spec = SwimmerSpec::default();
    let mut rows = Vec::new();
    let row = |what: &str, measured: f64, digits, must, aim, peer: f64| Row {
        part: SPEED_PART,
        what: what.to_owned(),
        measured,
        deviation: None,
        digits,
        must,
        aim,
        peer: peer.is_finite().then_some(peer),
        is_deterministic: false,
    };
    if let Ok(subject) = Subject::swimmer(6, MotorSpec::Swimmer(spec.clone()), Task::Swim)
        && let Ok(mut circuit) = subject.circuit()
    {
        let steps = 4000;
        let paces = (0..5).map(|_| {
            let start = cpu();
            roll(&subject, &mut *circuit, Start::Zero, Some(steps), false);
            steps as f64 / (cpu() - start)
        });
        rows.push(row(
            "control steps a CPU-second, closed loop, best of 5",
            paces.fold(0.0, f64::max),
            0,
            Some(Bound::AtLeast(2.0 * PEER_STEPS)),
            Some(Bound::AtLeast(5.0 * PEER_STEPS)),
            PEER_STEPS,
        ));
    }
    if let Ok(mut swimmer) = Swimmer::new(&spec, 5) {
        let mut activation = [0.0; 5];
        let best = nanoseconds(100_000, |i| {
            let bend = 0.01 * f64::from(i % 100);
            swimmer.step(&[bend, -bend, 0.3, bend, -0.2], 1.0, 0.0, &mut activation);
        });
        let what = "circuit forward, swimmer of six links, ns";
        rows.push(row(what, best, 0, Some(Bound::AtMost(500.0)), None, 1e9 / PEER_FORWARD));
    }
    if let Ok(mut quadruped) = Quadruped::new(&QuadrupedSpec::default()) {
        let mut targets = [[0.0; 3]; 4];
        let best = nanoseconds(30_000, |i| {
            let bend = 0.01 * f64::from(i % 100);
            let position = [0.0, 0.5 + bend, -1.3 - bend];
            let leg = LegState { position, velocity: [0.1, -2.0, 3.0], effort: [1.0, -5.0, 8.0], foot: 30.0 };
            quadruped.step(&[leg; 4], &Drive::new(0.6, 0.1), &mut targets);
        });
        let what = "circuit forward, quadruped, ns";
        rows.push(row(what, best, 0, Some(Bound::AtMost(3000.0)), None, f64::NAN));
    }
    rows
}

/// What a step costs, ns: the best of 5 rounds of `steps`.
fn nanoseconds(steps: u32, mut step: impl FnMut(u32)) -> f64 {
    let rounds = (0..5).map(|_| {
        let start = cpu();
        (0..steps).for_each(&mut step);
        1e9 * (cpu() - start) / f64::from(steps)
    });
    rounds.fold(f64::INFINITY, f64::min)
}

/// Time that this thread has been computing, s; the wall's time where the system does not tell.
#[expect(clippy::disallowed_methods, reason = "speed is measured, and nothing is decided by it")]
fn cpu() -> f64 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse::<f64>().ok());
    nanoseconds.map_or_else(
        || START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64(),
        |nanoseconds| nanoseconds * 1e-9,
    )
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
                return Exit::Broken;
            }
        }
    }
    if args.json {
        output::say(&json);
    } else {
        output::say(&table(rows));
        output::say(
            "returns of 1000 control steps, mean ± standard deviation over random starts; peer: MuJoCo",
        );
    }
    if rows.iter().all(|row| row.holds() != Some(false)) { Exit::Good } else { Exit::Failed }
}

fn table(rows: &[Row]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["part", "measure", "measured", "must", "aim", "peer", "holds"]);
    for row in rows {
        let digits = row.digits;
        let bound = |bound: Option<Bound>| bound.map_or("-".to_owned(), |bound| bound.text(digits));
        let deviation = row.deviation.map_or(String::new(), |d| format!(" ± {d:.digits$}"));
        let verdict = match (row.holds(), row.is_aim_reached()) {
            (Some(false), _) => "NO",
            (_, Some(true)) => "yes, aim too",
            (Some(true), _) => "yes",
            (None, _) => "-",
        };
        table.add_row([
            row.part.to_owned(),
            row.what.clone(),
            format!("{:.digits$}{deviation}", row.measured),
            bound(row.must),
            bound(row.aim),
            row.peer.map_or("-".to_owned(), |peer| format!("{peer:.digits$}")),
            verdict.to_owned(),
        ]);
    }
    for column in 2..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string()
}
