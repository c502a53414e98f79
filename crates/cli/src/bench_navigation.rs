//! `neuraxis bench navigation`: navigators beside each other in mazes.

use std::path::{Path, PathBuf};

use clap::Args;
use neuraxis_core::file::{FileError, Override};
use neuraxis_lab::bench::navigation::{
    self, ABLATIONS, CONTENDERS, Contender, ContenderRobot, NavigationBench, NavigationBenchConfig, PairRow,
};
use neuraxis_lab::bench::navigation_page;
use neuraxis_lab::bench::navigation_table::{By, Cell, Measure, ablations, maze_rows, measures};
use neuraxis_trial::PlannedScene;
use neuraxis_trial::plan::{Changes, PlannedRobot};

use crate::exit::Exit;
use crate::settings::split_overrides;
use crate::table::framed;
use crate::work::{self, Jobs};
use crate::{embedded_lab, output};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis bench navigation --pairs 4\n  neuraxis bench navigation --maze large --navigators cognitive_graph,grid_d_star_lite\n  neuraxis bench navigation my_maze.yaml --out bench\n  neuraxis bench navigation --set cognition.graph.impressions=false"
)]
pub(crate) struct NavigationArgs {
    /// Scene files in the place of the mazes that come with the program.
    mazes: Vec<PathBuf>,
    /// Only the mazes with this in their name.
    #[arg(long, value_name = "TEXT")]
    maze: Option<String>,
    /// Pairs of start and goal a maze.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pairs: u32,
    /// Draws starts, goals, noise and walls.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Besides, the search without each of its parts in turn.
    #[arg(long)]
    ablations: bool,
    /// Only these navigators, by their names in the table.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    navigators: Vec<String>,
    /// Change a setting of the robots' files, for an ablation.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    #[command(flatten)]
    jobs: Jobs,
    /// A folder for navigation.json and navigation.html, a page with every way.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A drive may go so many times as far as it has to.
const BUDGET: f64 = 60.0;

pub(crate) fn bench(args: &NavigationArgs) -> Exit {
    let navigators = match chosen(&args.navigators, args.ablations) {
        Ok(navigators) => navigators,
        Err(exit) => return exit,
    };
    let (files, unpacked) = match embedded_lab::mazes() {
        Ok(found) => found,
        Err(error) => {
            return output::usage_error(
                &format!("cannot unpack the mazes: {error}"),
                "free some space in the temporary folder",
            );
        }
    };
    let scenes = if args.mazes.is_empty() { &files.mazes } else { &args.mazes };
    let (mazes, contenders) = match load(args, scenes, &files.robots, &navigators) {
        Ok(loaded) => loaded,
        Err(errors) => {
            output::print_errors(&errors);
            return Exit::Usage;
        }
    };
    if mazes.is_empty() {
        let names: Vec<String> = scenes
            .iter()
            .filter_map(|path| path.file_stem().map(|name| name.to_string_lossy().into_owned()))
            .collect();
        return output::usage_error(
            "no maze has this in its name",
            &format!("there are: {}", names.join(", ")),
        );
    }
    if let Err(exit) = output::prepare_out(args.out.as_deref()) {
        return exit;
    }
    let stop = work::stop_flag();
    let config = NavigationBenchConfig {
        pairs: args.pairs as usize,
        seed: args.seed,
        jobs: args.jobs.threads(),
        budget: BUDGET,
    };
    let progress = |done: usize, all: usize, maze: &str, row: &PairRow| {
        let lives: Vec<String> = row.lives.iter().map(summary).collect();
        eprintln!("{done}/{all} {maze}: {}", lives.join("; "));
    };
    let bench = match navigation::run(&mazes, &contenders, &config, &stop, &progress) {
        Ok(Some(bench)) => bench,
        Ok(None) => {
            eprintln!("interrupted: nothing was written");
            return Exit::Crashed;
        }
        Err(error) => {
            output::print_errors(&[error]);
            return Exit::Usage;
        }
    };
    drop(unpacked);
    report(args, &bench)
}

/// A life in a few words.
fn summary(life: &navigation::LifeRow) -> String {
    let ratio = |drive: &navigation::Drive| {
        if drive.is_good() { format!("{:.2}", drive.ratio()) } else { format!("{:?}", drive.end) }
    };
    let list = |drives: &[navigation::Drive]| drives.iter().map(ratio).collect::<Vec<_>>().join(" ");
    let mut text = format!("{} {}", life.navigator, list(&life.trials));
    if !life.closed.is_empty() {
        text += &format!(" | {}", list(&life.closed));
    }
    if let Some(swapped) = &life.swapped {
        text += &format!(" | {}", ratio(swapped));
    }
    if !life.reopened.is_empty() {
        text += &format!(" | {}", list(&life.reopened));
    }
    text
}

fn chosen(names: &[String], with_ablations: bool) -> Result<Vec<Contender>, Exit> {
    let all = || CONTENDERS.iter().chain(&ABLATIONS);
    if let Some(unknown) = names.iter().find(|name| !all().any(|known| known.name == **name)) {
        let known: Vec<&str> = all().map(|navigator| navigator.name).collect();
        return Err(output::usage_error(
            &format!("there is no navigator `{unknown}`"),
            &format!("there are: {}", known.join(", ")),
        ));
    }
    let is_named = |navigator: &Contender| names.iter().any(|name| name == navigator.name);
    let peers = CONTENDERS.iter().filter(|n| names.is_empty() || is_named(n));
    let parts = ABLATIONS.iter().filter(|n| with_ablations || is_named(n));
    Ok(peers.chain(parts).copied().collect())
}

fn load(
    args: &NavigationArgs,
    scenes: &[PathBuf],
    robots: &[PathBuf; 2],
    navigators: &[Contender],
) -> Result<(Vec<PlannedScene>, Vec<ContenderRobot>), Vec<FileError>> {
    let changes = split_overrides(&args.settings);
    let (mut mazes, mut contenders, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for path in scenes {
        let changes = Changes { robot: Some(robots[0].clone()), ..changes.clone() };
        match PlannedScene::load(path, &changes) {
            Ok(maze) => mazes.push(maze),
            Err(more) => errors.extend(more),
        }
        // What is wrong with the settings is wrong in each of them.
        if !errors.is_empty() {
            return Err(errors);
        }
    }
    if let Some(text) = &args.maze {
        mazes.retain(|maze| maze.file.value.name.contains(text.as_str()));
    }
    for navigator in navigators {
        let own = navigator.settings.iter().filter_map(|text| text.parse::<Override>().ok());
        let all: Vec<Override> = own.chain(args.settings.iter().cloned()).collect();
        let robot: &Path = &robots[usize::from(navigator.sees)];
        match PlannedRobot::load(robot, &split_overrides(&all).robot_overrides) {
            Ok(robot) => contenders.push(ContenderRobot { navigator: *navigator, robot }),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok((mazes, contenders)) } else { Err(errors) }
}

#[derive(serde::Serialize)]
struct Document<'a> {
    measures: Vec<Judged>,
    mazes: Vec<neuraxis_lab::bench::navigation_table::MazeRow>,
    ablations: Vec<neuraxis_lab::bench::navigation_table::Ablation>,
    bench: &'a NavigationBench,
}

#[derive(serde::Serialize)]
struct Judged {
    #[serde(flatten)]
    measure: Measure,
    holds: Option<bool>,
    is_aim_reached: Option<bool>,
}

fn report(args: &NavigationArgs, bench: &NavigationBench) -> Exit {
    let measures = measures(bench);
    let judged = |measure: &Measure| Judged {
        measure: measure.clone(),
        holds: measure.holds(),
        is_aim_reached: measure.is_aim_reached(),
    };
    let document = Document {
        measures: measures.iter().map(judged).collect(),
        mazes: maze_rows(bench),
        ablations: ablations(bench),
        bench,
    };
    let json = serde_json::to_string_pretty(&document).unwrap_or_default();
    if let Some(folder) = &args.out {
        let line: Vec<String> = std::env::args().collect();
        let page = navigation_page::page(bench, &line.join(" "));
        for (name, text) in [("navigation.json", json.clone() + "\n"), ("navigation.html", page)] {
            if let Err(error) = output::write(&folder.join(name), text) {
                eprintln!("error: not everything could be written to the output folder: {error}");
                return Exit::Crashed;
            }
        }
    }
    if args.json {
        output::print(&json);
    } else {
        output::print(&maze_table(bench));
        output::print(
            "length over the optimum, mean/median of those that reached the goal; in brackets, how many",
        );
        let parts = ablations(bench);
        if !parts.is_empty() {
            output::print(&ablation_table(&parts));
            output::print("length over that of the whole search, mean of those where both reached the goal");
        }
        output::print(&demand_table(&measures));
        output::print("[..]: 95 % interval of the mean; * marks the number that counts");
    }
    if measures.iter().all(|measure| measure.holds() != Some(false)) { Exit::Success } else { Exit::Failed }
}

fn maze_table(bench: &NavigationBench) -> String {
    let header = [
        "maze",
        "navigator",
        "reached",
        "trial 1",
        "2",
        "3",
        "4",
        "5",
        "closed 1",
        "closed 2",
        "swapped",
        "used after",
        "touches",
        "time s",
    ];
    let mut table = framed(header, 2..);
    for row in maze_rows(bench) {
        let text = |cell: Option<Cell>| {
            cell.map_or("-".to_owned(), |cell| {
                format!("{:.2}/{:.2} ({})", cell.mean, cell.median, cell.count)
            })
        };
        let whole = |cell: Option<Cell>| {
            cell.map_or("-".to_owned(), |cell| format!("{:.1}/{:.1}", cell.mean, cell.median))
        };
        let at = |list: &[Option<Cell>], i: usize| text(list.get(i).copied().flatten());
        let [good, all] = row.success;
        let mut cells = vec![row.maze.clone(), row.navigator.clone(), format!("{good}/{all}")];
        cells.extend((0..5).map(|i| at(&row.trials, i)));
        cells.extend((0..2).map(|i| at(&row.closed, i)));
        cells.extend([text(row.swapped), whole(row.reopened), whole(row.touches), whole(row.seconds)]);
        table.add_row(cells);
    }
    table.to_string()
}

fn ablation_table(parts: &[neuraxis_lab::bench::navigation_table::Ablation]) -> String {
    let header = ["without", "reached", "trial 1", "trial 2", "trial 5", "wall closed"];
    let mut table = framed(header, 1..);
    for part in parts {
        let [good, all] = part.success;
        let ratio = |r: &Option<neuraxis_trial::statistics::Interval>| {
            r.as_ref().map_or("-".to_owned(), |r| format!("{:.2} [{:.2}, {:.2}]", r.value, r.low, r.high))
        };
        let mut cells = vec![part.name.clone(), format!("{good}/{all}")];
        cells.extend(part.ratios.iter().map(ratio));
        table.add_row(cells);
    }
    table.to_string()
}

fn demand_table(measures: &[Measure]) -> String {
    let header = ["measure", "mean", "median", "values", "must", "aim", "holds"];
    let mut table = framed(header, 1..);
    for measure in measures {
        let Measure { mean, median, by, must, aim, count, missing, .. } = measure;
        let mark = |is: bool| if is { "*" } else { "" };
        let is_share = *by == By::Share;
        let number = |v: f64| if is_share { format!("{:.1} %", 100.0 * v) } else { format!("{v:.2}") };
        let bound = |v: f64| {
            let sign = if is_share { "≥" } else { "≤" };
            if v.is_finite() { format!("{sign} {}", number(v)) } else { "-".to_owned() }
        };
        let verdict = match (measure.holds(), measure.is_aim_reached()) {
            (None, _) => "-",
            (Some(false), _) => "NO",
            (Some(true), Some(true)) => "yes, aim too",
            (Some(true), _) => "yes",
        };
        let (mean, median) = if *count == 0 {
            ("-".to_owned(), "-".to_owned())
        } else {
            let interval = format!("[{}, {}]", number(mean.low), number(mean.high));
            (
                format!("{}{} {interval}", number(mean.value), mark(*by != By::Median)),
                if is_share { String::new() } else { format!("{median:.2}{}", mark(*by == By::Median)) },
            )
        };
        let counted = if *missing > 0 { format!("{count} ({missing} none)") } else { count.to_string() };
        table.add_row([
            measure.what.clone(),
            mean,
            median,
            counted,
            bound(*must),
            aim.map_or("-".to_owned(), bound),
            verdict.to_owned(),
        ]);
    }
    table.to_string()
}
