//! `neuraxis bench`: tables that say how a mechanism does against its baselines.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use neuraxis_core::Interface;
use neuraxis_core::file::Override;
use neuraxis_lab::bench::fusion::{self, FusionBenchConfig, RobotBench};
use neuraxis_lab::bench::fusion_page;
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::Changes;

use crate::bench_learning::{self, LearningArgs};
use crate::bench_motor::{self, MotorArgs};
use crate::bench_navigation::{self, NavigationArgs};
use crate::exit::Exit;
use crate::settings::split_overrides;
use crate::table::framed;
use crate::work::{self, Jobs};
use crate::{embedded_lab, output};

#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Estimators beside each other on the same senses, with faults put in: `inverse_effectiveness` against the plain
    /// filter, the gated one, the wheels alone, and an oracle that knows the fault.
    Fusion(FusionArgs),
    /// Navigators beside each other in mazes that they have never seen, by touch: the cognitive graph against D* Lite, LRTA*
    /// and a random walk; what each learns in five trials, and what becomes of it when a wall is moved.
    Navigation(NavigationArgs),
    /// The swimmer's circuit on its body beside its published peer: bodies of 3 to 12 links, the circuit without each of its
    /// parts, trained parameters on other bodies, and how fast it runs.
    Motor(MotorArgs),
    /// Learning curves of trainings beside each other: those that differ in their seed alone are one curve, with its spread.
    Learning(LearningArgs),
}

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis bench fusion\n  neuraxis bench fusion --seeds 20 --out bench\n  neuraxis bench fusion --robot robots/porter/porter.yaml --from 30 --until 50 --severity 0.5\n  neuraxis bench fusion --set fusion.robustness.fault_isolation=false"
)]
struct FusionArgs {
    /// A robot file in the place of the two that come with the program; it needs a differential drive.
    #[arg(long, value_name = "FILE")]
    robot: Option<PathBuf>,
    /// Trials a fault.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    seeds: u32,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Length of a trial, s.
    #[arg(long, value_name = "SECONDS", default_value_t = 120.0)]
    seconds: f64,
    /// When the faults begin, s.
    #[arg(long, value_name = "SECONDS", default_value_t = 40.0)]
    from: f64,
    /// When they end, s.
    #[arg(long, value_name = "SECONDS", default_value_t = 70.0)]
    until: f64,
    /// Factor on the size of the faults.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    severity: f64,
    /// Only the scenarios with this in their name.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    #[command(flatten)]
    jobs: Jobs,
    /// A folder for fusion.html and fusion.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Change a setting of the robot's file, for an ablation.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) fn bench(args: &BenchArgs) -> Exit {
    match &args.what {
        What::Fusion(args) => bench_fusion(args),
        What::Navigation(args) => bench_navigation::bench(args),
        What::Motor(args) => bench_motor::bench(args),
        What::Learning(args) => bench_learning::bench(args),
    }
}

fn bench_fusion(args: &FusionArgs) -> Exit {
    let bounds = [args.seconds, args.from, args.until, args.severity];
    let is_possible = bounds.iter().all(|v| v.is_finite())
        && (5.0..=86_400.0).contains(&args.seconds)
        && 2.0 <= args.from
        && args.from < args.until
        && args.until < args.seconds
        && args.severity > 0.0
        && args.severity <= 100.0;
    if !is_possible {
        let help = "give 2 <= FROM < UNTIL < SECONDS, at least 5 s in all, and a factor above 0 up to 100";
        return output::usage_error("these times or this factor are not possible", help);
    }
    let (scenes, unpacked) = match embedded_lab::halls() {
        Ok(found) => found,
        Err(error) => {
            return output::usage_error(
                &format!("cannot unpack the hall: {error}"),
                "free some space in the temporary folder",
            );
        }
    };
    let changes = split_overrides(&args.settings);
    let robots = match &args.robot {
        Some(robot) => vec![robot.clone()],
        None => scenes.robots,
    };
    // Each robot on the plane and in space, unless one of them is asked for.
    let is_asked =
        args.settings.iter().any(|setting| setting.path.ends_with(&["fusion".into(), "space".into()]));
    let spaces = if is_asked { vec![None] } else { vec![Some("se2"), Some("se3")] };
    let mut planned = Vec::new();
    for (robot, space) in robots.iter().flat_map(|robot| spaces.iter().map(move |space| (robot, space))) {
        let mut changes = Changes { robot: Some(robot.clone()), ..changes.clone() };
        let setting = space.and_then(|space| format!("brain.fusion.space={space}").parse().ok());
        changes.robot_overrides.extend(setting);
        match PlannedScene::load(&scenes.hall, &changes) {
            Ok(scene) if scene.robots[0].model.description.interface() == Some(Interface::Velocity) => {
                planned.push(scene);
            }
            Ok(_) => {
                let message = format!("{} has no differential drive", robot.display());
                return output::usage_error(&message, "the bench drives figures of eight on two wheels");
            }
            Err(errors) => {
                output::print_errors(&errors);
                return Exit::Usage;
            }
        }
    }
    if let Err(exit) = output::prepare_out(args.out.as_deref()) {
        return exit;
    }
    let stop = work::stop_flag();
    let config = FusionBenchConfig {
        seeds: args.seeds as usize,
        seed: args.seed,
        seconds: args.seconds,
        window: [args.from, args.until],
        severity: args.severity,
        jobs: args.jobs.threads(),
        only: args.only.clone(),
    };
    let mut benches = Vec::new();
    for scene in &planned {
        let name = scene.robots[0].model.description.name.clone();
        let progress = |done: usize, all: usize| {
            if done.is_multiple_of((all / 10).max(1)) {
                eprintln!("{name}: {done}/{all} trials");
            }
        };
        match fusion::run(scene, &config, &stop, &progress) {
            Ok(Some(bench)) => benches.push(bench),
            Ok(None) => {
                eprintln!("interrupted: nothing was written");
                return Exit::Crashed;
            }
            Err(error) => {
                output::print_errors(&[error]);
                return Exit::Usage;
            }
        }
    }
    drop(unpacked);
    report(args, &config, &benches)
}

fn report(args: &FusionArgs, config: &FusionBenchConfig, benches: &[RobotBench]) -> Exit {
    let json = serde_json::to_string_pretty(benches).unwrap_or_default();
    if let Some(folder) = &args.out {
        let line: Vec<String> = std::env::args().collect();
        let page = fusion_page::page(benches, config, &line.join(" "));
        // Lines of thousands of numbers are for programs.
        let dense = serde_json::to_string(benches).unwrap_or_default();
        let written = output::write(&folder.join("fusion.json"), dense + "\n")
            .and_then(|()| output::write(&folder.join("fusion.html"), page));
        if let Err(error) = written {
            eprintln!("error: not everything could be written to the output folder: {error}");
            return Exit::Crashed;
        }
    }
    if args.json {
        output::print(&json);
    } else {
        output::print(&table(benches));
        output::print(
            "root mean square of the position's error, cm, mean over the seeds; [..]: 95 % interval of the ratio's mean",
        );
    }
    if benches.iter().all(RobotBench::holds) { Exit::Success } else { Exit::Failed }
}

fn table(benches: &[RobotBench]) -> String {
    let header = [
        "robot",
        "scenario",
        "ours",
        "ekf",
        "gated",
        "wheels",
        "oracle",
        "ours / oracle",
        "ours / ekf",
        "demands",
    ];
    let mut table = framed(header, 2..9);
    for row in benches.iter().flat_map(|bench| &bench.rows) {
        let cm = |m: f64| format!("{:.1}", 100.0 * m);
        let ratio = |i: &neuraxis_trial::statistics::Interval| {
            format!("{:.2} [{:.2}, {:.2}]", i.value, i.low, i.high)
        };
        let broken: Vec<&str> =
            row.demands.iter().filter(|(_, holds)| !holds).map(|(what, _)| what.as_str()).collect();
        let verdict =
            if broken.is_empty() { "hold".to_owned() } else { format!("NOT {}", broken.join(", ")) };
        let [own, plain, gated, wheels] = row.rmse.map(cm);
        table.add_row([
            row.robot.clone(),
            row.scenario.clone(),
            own,
            plain,
            gated,
            wheels,
            cm(row.oracle),
            ratio(&row.over_oracle),
            ratio(&row.over_plain),
            verdict,
        ]);
    }
    table.to_string()
}
