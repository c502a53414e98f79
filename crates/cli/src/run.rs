//! `neuraxis run`: trials in the simulator.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use neuraxis_core::file::{FileError, Override};
use neuraxis_core::{Event, Observer as _, map_file};
use neuraxis_record::Recorder;
use neuraxis_trial::plan::Changes;
use neuraxis_trial::recording_header::SessionFiles;
use neuraxis_trial::report::TrialView;
use neuraxis_trial::run::RunConfig;
use neuraxis_trial::{
    Hooks, Plan, PlannedScene, Progress, Trial, TrialResult, replay, report, results_parquet, trial_svg,
};

use crate::exit::Exit;
use crate::files::{Kind, kind, yaml_files};
use crate::live::LiveView;
use crate::settings::split_overrides;
use crate::work::{self, Jobs};
use crate::{embedded, output, run_output};

/// Arenas that run side by side, for each thread.
const ARENAS_PER_JOB: usize = 4;

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis run\n  neuraxis run scenes/rooms.yaml --trials 100 --seed 7 --out results\n  neuraxis run scenes --trials 100\n  neuraxis run --set fusion.rule=odometry --set scene.time_limit=60\n  neuraxis run scenes/office.yaml --live"
)]
pub(crate) struct RunArgs {
    /// Scene files, or folders of them; trials go round through all. The maze if none is given.
    scenes: Vec<PathBuf>,
    /// A robot file that takes the place of the scenes' own.
    #[arg(long, value_name = "FILE")]
    robot: Option<PathBuf>,
    /// How many trials.
    #[arg(long, short = 'n', default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    trials: u32,
    /// Seed of the first trial; the next ones count up.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    jobs: Jobs,
    /// A folder for report.html, results.json, results.csv, results.parquet and a picture of each trial.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Which trials leave a recording (trial-NNNNN.mcap) in the output folder.
    #[arg(long, value_name = "WHICH", value_enum, default_value_t = Record::None, requires_ifs = [("all", "out"), ("failed", "out")])]
    record: Record,
    /// Leave the map that each robot drew in the output folder, as ROS has it: trial-NNNNN.map.yaml and .pgm;
    /// further robots' as trial-NNNNN.robot-K.map.yaml.
    #[arg(long, requires = "out")]
    save_maps: bool,
    /// Show the trials to Foxglove while they run, one after the other at the pace of the clock; on this port of
    /// this computer (8765 if not given).
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "8765")]
    live: Option<u16>,
    /// With --live: so many times the pace of the clock.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, requires = "live")]
    speed: f64,
    /// Print the results as JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// Change a setting: KEY=VALUE in the robot's file (its brain's block may be left out: `fusion.rule=odometry`),
    /// or scene.KEY=VALUE in the scene's.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    /// Stop after so many seconds of real time and keep what was done.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    time_limit: Option<u32>,
}

/// Which trials are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Record {
    /// Every trial.
    All,
    /// Trials in which a robot failed, and those that were cut short.
    Failed,
    /// No trial.
    None,
}

/// Why a run ended before its last trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Interrupted,
    OutOfTime,
}

pub(crate) fn run(args: &RunArgs) -> Exit {
    let mut unpacked = None;
    let scenes = if args.scenes.is_empty() {
        match embedded::maze() {
            Ok((path, folder)) => {
                unpacked = folder;
                vec![path]
            }
            Err(error) => {
                let help = "free some space in the temporary folder, or name a scene file";
                return output::usage_error(&format!("cannot unpack the maze: {error}"), help);
            }
        }
    } else {
        match scene_files(&args.scenes) {
            Ok(scenes) => scenes,
            Err(exit) => return exit,
        }
    };
    let plan = match Plan::load(&scenes, &changes(args)) {
        Ok(plan) => plan,
        Err(errors) => {
            output::print_errors(&errors);
            return Exit::Usage;
        }
    };
    for hint in plan.hints() {
        output::note(&hint);
    }
    if let Err(exit) = output::prepare_out(args.out.as_deref()) {
        return exit;
    }
    if !(args.speed.is_finite() && args.speed > 0.0) {
        return output::usage_error("the speed must be greater than 0", "for example `--speed 2`");
    }
    let exit = run_plan(args, &plan);
    drop(unpacked);
    exit
}

fn run_plan(args: &RunArgs, plan: &Plan) -> Exit {
    let stop = work::stop_flag_or_end();
    let jobs = args.jobs.threads();
    let at_once = if args.live.is_some() { 1 } else { jobs * ARENAS_PER_JOB };
    let config = RunConfig { trials: args.trials as usize, seed: args.seed, jobs, at_once };

    let stage = match args.live.map(LiveView::open).transpose() {
        Ok(stage) => stage,
        Err(exit) => return exit,
    };
    let is_recorded = args.out.is_some() && args.record != Record::None;
    let recorder = if is_recorded || stage.is_some() {
        match Recorder::start(args.record == Record::Failed) {
            Ok(recorder) => Some(recorder),
            Err(error) => {
                return output::usage_error(
                    &format!("cannot start the recorder: {error}"),
                    "use --record none",
                );
            }
        }
    } else {
        None
    };
    let mut session = Run {
        folder: args.out.as_deref(),
        recorder: recorder.as_ref(),
        is_recorded,
        saves_maps: args.save_maps,
        stage: stage.as_ref(),
        speed: args.speed,
        files: Vec::new(),
        watch: RunProgress::new(args.trials),
        stop,
        limit: args.time_limit.map(|seconds| Duration::from_secs(u64::from(seconds))),
        cut: None,
        disk: None,
        views: Vec::new(),
    };
    let results = neuraxis_trial::run(plan, config, &mut session);
    let Run { watch, cut, mut disk, mut views, .. } = session;
    watch.close();
    for finished in recorder.map(Recorder::close).unwrap_or_default() {
        if let Some(error) = finished.error {
            disk.get_or_insert_with(|| {
                std::io::Error::other(format!("{}: {error}", finished.path.display()))
            });
        }
    }
    if let Some(stage) = stage {
        stage.close();
    }
    let results = match results {
        Ok(results) => results,
        Err(error) => {
            output::print_errors(&[error]);
            return Exit::Usage;
        }
    };
    views.sort_by_key(TrialView::trial);
    if let (Some(folder), None) = (&args.out, &disk) {
        let line: Vec<String> = std::env::args().collect();
        let page = report::page(&results, &views, &line.join(" "));
        disk = output::write(&folder.join("report.html"), page).err();
    }
    finish(args, results, cut, disk, &watch)
}

/// What a run keeps at hand while its trials go on.
struct Run<'a> {
    folder: Option<&'a Path>,
    recorder: Option<&'a Recorder>,
    is_recorded: bool,
    saves_maps: bool,
    stage: Option<&'a LiveView>,
    speed: f64,
    /// The files of the scenes that were recorded so far, by the scene's path.
    files: Vec<(PathBuf, SessionFiles)>,
    watch: RunProgress,
    stop: Arc<AtomicBool>,
    limit: Option<Duration>,
    cut: Option<Cut>,
    disk: Option<std::io::Error>,
    views: Vec<TrialView>,
}

impl Run<'_> {
    fn observe(&mut self, scene: &PlannedScene, trial: &mut Trial) -> std::io::Result<()> {
        let Some(recorder) = self.recorder else { return Ok(()) };
        let path = &scene.file.path;
        if !self.files.iter().any(|(known, _)| known == path) {
            self.files.push((path.clone(), SessionFiles::of(scene)?));
        }
        let Some((_, files)) = self.files.iter().find(|(known, _)| known == path) else { return Ok(()) };
        let line: Vec<String> = std::env::args().collect();
        let session = files.session(scene, trial, &line.join(" "));
        let path = self.folder.filter(|_| self.is_recorded);
        let path = path.map(|folder| folder.join(format!("trial-{:05}.mcap", trial.number)));
        let tap = match (self.stage, path) {
            (Some(stage), path) => {
                trial.set_speed(self.speed);
                stage.show(recorder, path.as_deref(), session)?
            }
            (None, Some(path)) => recorder.open(&path, session)?,
            (None, None) => return Ok(()),
        };
        trial.set_observer(Box::new(tap));
        Ok(())
    }
}

impl Hooks for Run<'_> {
    fn begin(&mut self, scene: &PlannedScene, trial: &mut Trial) -> Result<(), FileError> {
        if self.disk.is_none()
            && let Err(error) = self.observe(scene, trial)
        {
            self.disk = Some(error);
        }
        Ok(())
    }

    fn go_on(&mut self, progress: &Progress) -> bool {
        self.watch.show(progress);
        if self.stop.load(Ordering::SeqCst) {
            self.cut = Some(Cut::Interrupted);
        } else if self.limit.is_some_and(|limit| self.watch.elapsed() > limit) {
            self.cut = Some(Cut::OutOfTime);
        }
        self.cut.is_none()
    }

    fn end(&mut self, trial: &mut Trial, results: &[TrialResult]) {
        if let Some(mut observer) = trial.take_observer() {
            let is_failure = results.iter().any(|row| !row.success);
            observer.on(&Event::Ended { verdict: &replay::verdict(results), is_failure });
        }
        if let (Some(folder), None) = (self.folder, &self.disk) {
            let path = folder.join(format!("trial-{:05}.svg", trial.number));
            self.disk = output::write(&path, trial_svg::svg(trial)).err();
            self.views.push(TrialView::of(trial, results));
        }
        if let (Some(folder), true, None) = (self.folder, self.saves_maps, &self.disk) {
            self.disk = save_maps(folder, trial).err();
        }
    }
}

/// Writes the map of each robot that knows something of one.
fn save_maps(folder: &Path, trial: &Trial) -> std::io::Result<()> {
    for (k, robot) in trial.robots().enumerate() {
        let map = robot.brain.and_then(neuraxis_core::Brain::map);
        let Some(map) = map.filter(|map| map.known().is_some()) else { continue };
        let whose = if k == 0 { String::new() } else { format!(".robot-{k}") };
        map_file::save(map, &folder.join(format!("trial-{:05}{whose}.map.yaml", trial.number)))?;
    }
    Ok(())
}

fn finish(
    args: &RunArgs,
    rows: Vec<TrialResult>,
    cut: Option<Cut>,
    mut disk: Option<std::io::Error>,
    watch: &RunProgress,
) -> Exit {
    let failed = rows.iter().any(|row| !row.success);
    let crashed = rows.iter().any(|row| row.outcome == neuraxis_trial::OutcomeKind::Crashed);
    let text = run_output::table(&rows);
    let csv = run_output::csv(&rows);
    let parquet = results_parquet::parquet(&rows);
    let results = run_output::results(rows);
    // A result is plain numbers and text, which JSON can always say.
    let json = serde_json::to_string_pretty(&results).unwrap_or_default();
    if let Some(folder) = &args.out {
        let written = output::write(&folder.join("results.json"), &(json.clone() + "\n"))
            .and_then(|()| output::write(&folder.join("results.csv"), &csv))
            .and_then(|()| {
                let bytes = parquet.map_err(std::io::Error::other)?;
                output::write(&folder.join("results.parquet"), bytes)
            });
        disk = disk.or(written.err());
    }
    let shown = if args.json { json } else { format!("{text}\n{}", watch.summary()) };
    output::print(&shown);
    match cut {
        Some(Cut::Interrupted) => {
            eprintln!("interrupted: {} of {} trials were done", watch.done, args.trials);
        }
        Some(Cut::OutOfTime) => eprintln!("time limit: {} of {} trials were done", watch.done, args.trials),
        None => {}
    }
    if let Some(error) = disk {
        eprintln!("error: not everything could be written to the output folder: {error}");
        return Exit::Crashed;
    }
    if cut.is_some() || crashed {
        Exit::Crashed
    } else if failed {
        Exit::Failed
    } else {
        Exit::Success
    }
}

/// Scene files as they are, folders as the scene files in them.
fn scene_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Exit> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let files = yaml_files(path);
        let before = found.len();
        found.extend(files.into_iter().filter(|file| kind(file) == Some(Kind::Scene)));
        if found.len() == before {
            let help = "a scene is a `.yaml` file with a `world:`";
            return Err(output::usage_error(&format!("there is no scene in {}", path.display()), help));
        }
    }
    Ok(found)
}

fn changes(args: &RunArgs) -> Changes {
    Changes { robot: args.robot.clone(), ..split_overrides(&args.settings) }
}

/// Shows how far it is: a bar on a terminal, a plain line now and then elsewhere.
struct RunProgress {
    bar: Option<ProgressBar>,
    start: Instant,
    last_line: Instant,
    done: usize,
    simulated: f64,
}

impl RunProgress {
    #[expect(clippy::disallowed_methods, reason = "progress is about real time; no trial sees it")]
    fn new(trials: u32) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(u64::from(trials));
            let style =
                ProgressStyle::with_template("{bar:30} {pos}/{len} trials, {msg} ({elapsed}, {eta} to go)");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        let now = Instant::now();
        Self { bar, start: now, last_line: now, done: 0, simulated: 0.0 }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn factor(&self) -> f64 {
        self.simulated / self.elapsed().as_secs_f64().max(1e-9)
    }

    #[expect(clippy::disallowed_methods, reason = "progress is about real time; no trial sees it")]
    fn show(&mut self, progress: &Progress) {
        self.done = progress.done;
        self.simulated = progress.simulated;
        let message = format!("{} succeeded, {:.0} x real time", progress.succeeded, self.factor());
        match &self.bar {
            Some(bar) => {
                bar.set_position(progress.done as u64);
                bar.set_message(message);
            }
            None if self.last_line.elapsed() > Duration::from_secs(5) => {
                self.last_line = Instant::now();
                eprintln!("{}/{} trials, {message}", progress.done, progress.trials);
            }
            None => {}
        }
    }

    fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn summary(&self) -> String {
        format!(
            "{} trials, {:.0} s simulated in {:.1} s: {:.0} x real time",
            self.done,
            self.simulated,
            self.elapsed().as_secs_f64(),
            self.factor()
        )
    }
}
