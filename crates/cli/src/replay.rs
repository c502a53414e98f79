//! `neuraxis replay` and `neuraxis diff`: recordings run again, and compared.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use clap::Args;
use neuraxis_core::Stamp;
use neuraxis_core::faults::{Fault, FaultKind};
use neuraxis_core::file::Override;
use neuraxis_record::Recording;
use neuraxis_record::recording::RecordedRobot;
use neuraxis_record::trace::Difference;
use neuraxis_trial::parallel::for_each_in_order;
use neuraxis_trial::replay::{self, Counterfactual, Divergence};
use serde_json::json;

use crate::exit::Exit;
use crate::recordings::{fail, open};
use crate::settings::split_overrides;
use crate::{jobs, output};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis replay results/*.mcap\n  neuraxis replay trial-00018.mcap --reproduce\n  neuraxis replay trial-00018.mcap --set fusion.rule=odometry\n  neuraxis replay trial-00018.mcap --mute scan --fault odom:freeze@40s..45s"
)]
pub(crate) struct ReplayArgs {
    /// Recordings.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Compare every command with the recorded one, bit by bit. This is done in any case, unless the replay
    /// changes something.
    #[arg(long)]
    verify: bool,
    /// Run the whole trial again, world and all, from the files in the recording.
    #[arg(long)]
    reproduce: bool,
    /// What if? Another setting: a second brain with it runs beside the recorded one, on the same senses.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
    /// What if? A sense that says nothing.
    #[arg(long, value_name = "SENSE[@FROM..UNTIL]")]
    mute: Vec<Window>,
    /// What if? A fault of a sense, as in a scene: `mute`, `freeze`, `nan`, `dropout=0.5`, `outliers=0.2`, `noise=10`, `slip=2` or
    /// `bias=1,0.5,0`.
    #[arg(long = "fault", value_name = "SENSE:KIND[=SIZE][@FROM..UNTIL]")]
    faults: Vec<Window>,
    /// As fast as the trial went (1), or so many times as fast, with a line a second; without it, as fast as it can.
    #[arg(long, value_name = "FACTOR")]
    speed: Option<f64>,
    /// Run only the estimators on the recorded senses, rule by rule, and hold them against a reference. Logs of others are
    /// read too: MCAP files and rosbag2 folders with standard ROS 2 messages.
    #[arg(long, conflicts_with_all = ["reproduce", "mute", "faults", "speed"])]
    fusion: bool,
    /// With --fusion: the topic of the reference, or `tf:map->base_link`.
    #[arg(long, value_name = "TOPIC", requires = "fusion")]
    reference: Option<String>,
    /// With --fusion and a log of others: a topic that is no sense.
    #[arg(long, value_name = "TOPIC", requires = "fusion")]
    leave_out: Vec<String>,
    /// Files that are replayed side by side; as many as there are processor cores if not given.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  neuraxis diff before.mcap after.mcap")]
pub(crate) struct DiffArgs {
    /// A recording.
    left: PathBuf,
    /// Another one.
    right: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A fault of a sense, as the command line gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Window(Fault);

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (what, when) = text.split_once('@').map_or((text, None), |(a, b)| (a, Some(b)));
        let (sense, kind) = what.split_once(':').unwrap_or((what, "mute"));
        let (kind, size) = kind.split_once('=').map_or((kind, None), |(kind, size)| (kind, Some(size)));
        let kind = match kind {
            "mute" => FaultKind::Silent,
            "freeze" => FaultKind::Frozen,
            "nan" => FaultKind::NotANumber,
            other => serde_json::from_value(json!(other)).map_err(|_| {
                format!(
                    "`{other}` is no fault: it is `mute`, `freeze`, `nan`, `dropout=0.5`, `outliers=0.2`, `noise=10`, `slip=2` or \
                     `bias=1,0.5,0`"
                )
            })?,
        };
        let seconds = |text: &str| -> Result<f64, String> {
            let number = text.trim().trim_end_matches('s').trim().parse::<f64>();
            match number {
                Ok(value) if value.is_finite() && value >= 0.0 => Ok(value),
                _ => Err(format!("`{text}` is no time: write it as 41.2s")),
            }
        };
        let (from, until) = match when {
            None => (0.0, None),
            Some(when) => {
                let (from, until) = when.split_once("..").unwrap_or((when, ""));
                let from = if from.is_empty() { 0.0 } else { seconds(from)? };
                let until = if until.is_empty() { None } else { Some(seconds(until)?) };
                (from, until)
            }
        };
        if until.is_some_and(|until| until <= from) {
            return Err("the end of the time must lie behind its beginning".to_owned());
        }
        let sensor = sense.to_owned();
        let mut fault =
            Fault { robot: 0, sensor, kind, from, until, factor: None, fraction: None, offset: None };
        give_size(&mut fault, size)?;
        Ok(Self(fault))
    }
}

/// Says how bad a fault is.
fn give_size(fault: &mut Fault, size: Option<&str>) -> Result<(), String> {
    let (key, example) = match (fault.kind.measure(), size) {
        (None, None) => return Ok(()),
        (None, Some(size)) => {
            return Err(format!("`{size}` means nothing to a fault of this kind: leave it out"));
        }
        (Some(measure), _) => measure,
    };
    let example = example.trim_matches(['[', ']']);
    let wrong = || format!("this fault does not say how bad it is: add its {key}, such as `={example}`");
    let numbers: Result<Vec<f64>, _> =
        size.ok_or_else(wrong)?.split(',').map(|number| number.trim().parse::<f64>()).collect();
    let most = if key == "fraction" { 1.0 } else { 1000.0 };
    match (key, &numbers.map_err(|_| wrong())?[..]) {
        ("offset", [x]) if x.abs() <= most => fault.offset = Some([*x, 0.0, 0.0]),
        ("offset", [x, y, z]) if [x, y, z].iter().all(|v| v.abs() <= most) => {
            fault.offset = Some([*x, *y, *z]);
        }
        ("factor", [factor]) if (0.0..=most).contains(factor) => fault.factor = Some(*factor),
        ("fraction", [fraction]) if (0.0..=most).contains(fraction) => fault.fraction = Some(*fraction),
        _ => return Err(wrong()),
    }
    Ok(())
}

pub(crate) fn replay(args: &ReplayArgs) -> Exit {
    if args.speed.is_some_and(|speed| !(speed.is_finite() && speed > 0.0)) {
        return output::usage_error("the speed must be greater than 0", "for example `--speed 1`");
    }
    if args.fusion {
        return fusion(args);
    }
    let mut worst = Exit::Success;
    let mut documents = Vec::new();
    let mut identical = 0;
    // Who watches a replay watches one.
    let jobs = if args.speed.is_some() { 1 } else { args.jobs.map_or_else(jobs::cores, usize::from) };
    // An interrupt ends the program as ever: a replay writes nothing.
    let never = AtomicBool::new(false);
    for_each_in_order(
        args.files.len(),
        jobs,
        &never,
        |i| one(args, &args.files[i]),
        |i, answer| {
            let (exit, document) = match answer {
                Ok(answer) => {
                    if !answer.text.is_empty() {
                        output::print(answer.text.trim_end());
                    }
                    (answer.exit, answer.document)
                }
                Err(exit) => (exit, json!({ "file": args.files[i], "error": true })),
            };
            identical += usize::from(exit == Exit::Success);
            worst = if (exit as u8) > (worst as u8) { exit } else { worst };
            documents.push(document);
        },
    );
    if args.json {
        output::print(&serde_json::to_string_pretty(&documents).unwrap_or_default());
    } else if args.files.len() > 1 {
        output::print(&format!("{identical} of {} identical", args.files.len()));
    }
    worst
}

/// What there is to say about one file.
struct Answer {
    exit: Exit,
    /// For a person; empty if JSON is asked for.
    text: String,
    document: serde_json::Value,
}

/// `--fusion`: estimators alone.
#[cfg(feature = "lab")]
fn fusion(args: &ReplayArgs) -> Exit {
    let wanted = crate::replay_fusion::Wanted {
        settings: &args.settings,
        reference: args.reference.as_deref(),
        leave_out: &args.leave_out,
        json: args.json,
    };
    crate::replay_fusion::run(&args.files, &wanted)
}

#[cfg(not(feature = "lab"))]
fn fusion(args: &ReplayArgs) -> Exit {
    use crate::absent::{Part, absent};
    let _ = (&args.reference, &args.leave_out);
    absent("replay --fusion", Part::Laboratory)
}

/// The trial of `recording`, run again with the settings of the command line.
#[cfg(feature = "sim")]
fn reproduced(args: &ReplayArgs, path: &Path, recording: &Recording) -> Result<Recording, Exit> {
    replay::reproduce(recording, &split_overrides(&args.settings)).map_err(|error| fail(path, &error))
}

#[cfg(not(feature = "sim"))]
fn reproduced(_: &ReplayArgs, _: &Path, _: &Recording) -> Result<Recording, Exit> {
    use crate::absent::{Part, absent};
    Err(absent("replay --reproduce", Part::Simulator))
}

/// Replays one file.
fn one(args: &ReplayArgs, path: &Path) -> Result<Answer, Exit> {
    let recording = open(path)?;
    let mut text = String::new();
    let counterfactual = !args.settings.is_empty() || !args.mute.is_empty() || !args.faults.is_empty();
    let mut exit = Exit::Success;
    let mut rows = Vec::new();
    let again = if args.reproduce {
        if !args.mute.is_empty() || !args.faults.is_empty() {
            let help = "put the fault into the scene: `--set scene.faults=...` with --reproduce";
            return Err(output::usage_error("a reproduced world has its own senses", help));
        }
        Some(reproduced(args, path, &recording)?)
    } else {
        None
    };
    for (i, robot) in recording.robots.iter().enumerate() {
        let name = if recording.robots.len() > 1 {
            format!("{} robot {i}", path.display())
        } else {
            path.display().to_string()
        };
        let row = if let Some(again) = &again {
            let other = &again.robots[i];
            if counterfactual {
                let parting = Divergence::of(robot, other);
                text += &parting_text(&name, &parting, "the recorded run", "the changed one");
                text += &verdicts_text(&recording, again);
                json!({ "file": path, "robot": i, "parting": parting })
            } else {
                let difference = robot.difference(other);
                if difference.is_some() {
                    exit = Exit::Differs;
                }
                text += &report(&name, robot, difference.as_ref(), "reproduced");
                json!({ "file": path, "robot": i, "difference": difference })
            }
        } else if counterfactual {
            let change = change(args, robot, i)?;
            let parting = replay::compare(&recording, robot, &change).map_err(|error| fail(path, &error))?;
            text += &parting_text(&name, &parting, "the recorded brain", "the changed one");
            json!({ "file": path, "robot": i, "parting": parting })
        } else {
            let mut pace = Pace::new(args.speed);
            let verified = replay::verify(&recording, robot, |tick, decision| {
                pace.wait(tick.stamp, decision);
                true
            });
            let verified = verified.map_err(|error| fail(path, &error))?;
            if verified.difference.is_some() {
                exit = Exit::Differs;
            }
            text += &report(&name, robot, verified.difference.as_ref(), "identical");
            json!({ "file": path, "robot": i, "ticks": verified.ticks, "difference": verified.difference })
        };
        rows.push(row);
    }
    if args.json {
        text.clear();
    }
    Ok(Answer { exit, text, document: json!(rows) })
}

fn report(name: &str, robot: &RecordedRobot, difference: Option<&Difference>, good: &str) -> String {
    let ticks = robot.ticks.len();
    let seconds = robot.ticks.last().map_or(0.0, |tick| Stamp(tick.stamp).seconds());
    match difference {
        None => format!("{name}: {good}, {ticks} ticks, {seconds:.1} s\n"),
        Some(difference) => format!("{name}: {}\n", describe_difference(difference, "recorded", "now")),
    }
}

fn describe_difference(d: &Difference, left: &str, right: &str) -> String {
    format!(
        "differs first at tick {}, {}, in `{}`, field `{}`: {left} {}, {right} {}",
        d.tick,
        Stamp(d.stamp),
        d.topic,
        d.field,
        d.left,
        d.right
    )
}

/// What the command line asks to be otherwise for `robot`, number `index` of the recording.
fn change(args: &ReplayArgs, robot: &RecordedRobot, index: usize) -> Result<Counterfactual, Exit> {
    let changes = split_overrides(&args.settings);
    if let Some(setting) = changes.scene_overrides.first() {
        let message = format!("`{setting}` changes the world, which a recording of senses cannot follow");
        return Err(output::usage_error(&message, "add --reproduce: the world is then simulated again"));
    }
    let names: Vec<&str> = robot.header.body.sensors.iter().map(|s| s.sensor.name()).collect();
    let mut faults = Vec::new();
    for Window(fault) in args.mute.iter().chain(&args.faults) {
        let Some(slot) = names.iter().position(|name| *name == fault.sensor) else {
            let message = format!("there is no sense `{}` in the recording", fault.sensor);
            return Err(output::usage_error(&message, &format!("its senses are {}", names.join(", "))));
        };
        if !fault.kind.suits(&robot.header.body.sensors[slot].sensor) {
            let message = format!("this fault cannot happen to the sense `{}`", fault.sensor);
            return Err(output::usage_error(
                &message,
                "`neuraxis replay --help` names those that befall every sense",
            ));
        }
        faults.push(Fault { robot: index, ..fault.clone() });
    }
    Ok(Counterfactual { settings: changes.robot_overrides, faults, robot: index })
}

fn parting_text(name: &str, p: &Divergence, first: &str, second: &str) -> String {
    let mut text = format!("{name}: {} ticks compared\n", p.ticks);
    match p.belief {
        None => text.push_str("  beliefs: the same throughout\n"),
        Some((tick, time)) => text.push_str(&format!(
            "  beliefs part at tick {tick}, {time:.3} s; at most {:.3} m apart (at {:.1} s), {:.3} m at the end\n",
            p.worst_belief.0, p.worst_belief.1, p.last_belief
        )),
    }
    match &p.command {
        None => text.push_str("  commands: the same throughout\n"),
        Some(d) => text.push_str(&format!(
            "  commands part at tick {}, {}, `{}`: {} and {}; at most {:.3} apart (at {:.1} s)\n",
            d.tick,
            Stamp(d.stamp),
            d.field,
            d.left,
            d.right,
            p.worst_command.0,
            p.worst_command.1
        )),
    }
    if p.stops != [0, 0] {
        text.push_str(&format!(
            "  held: {first} alone in {} ticks, {second} alone in {}\n",
            p.stops[0], p.stops[1]
        ));
    }
    text.push_str(&format!("  at the end: {first} {}, {second} {}\n", p.status[0], p.status[1]));
    text
}

fn verdicts_text(a: &Recording, b: &Recording) -> String {
    let outcome = |recording: &Recording| {
        let rows: Vec<serde_json::Value> =
            recording.verdict.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let words: Vec<String> = rows
            .iter()
            .map(|row| {
                let time = row["time"].as_f64().unwrap_or_default();
                format!("{} after {time:.1} s", row["outcome"].as_str().unwrap_or("?"))
            })
            .collect();
        if words.is_empty() { "cut short".to_owned() } else { words.join(", ") }
    };
    format!("  verdict: {} as recorded, {} with the change\n", outcome(a), outcome(b))
}

pub(crate) fn diff(args: &DiffArgs) -> Exit {
    let (left, right) = match (open(&args.left), open(&args.right)) {
        (Ok(left), Ok(right)) => (left, right),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    if left.robots.len() != right.robots.len() {
        let message =
            format!("one recording has {} robots, the other {}", left.robots.len(), right.robots.len());
        return output::usage_error(&message, "compare recordings of the same scene");
    }
    let mut exit = Exit::Success;
    let mut documents = Vec::new();
    for (i, (a, b)) in left.robots.iter().zip(&right.robots).enumerate() {
        let name = if left.robots.len() > 1 { format!("robot {i}") } else { a.header.body.name.clone() };
        let difference = a.difference(b);
        let parting = Divergence::of(a, b);
        if let Some(difference) = &difference {
            exit = Exit::Differs;
            if !args.json {
                output::print(&format!("{name}: {}", describe_difference(difference, "left", "right")));
                output::print(parting_text(&name, &parting, "left", "right").trim_end());
            }
        } else if !args.json {
            output::print(&format!("{name}: identical, {} ticks", a.ticks.len()));
        }
        documents.push(json!({ "robot": i, "difference": difference, "parting": parting }));
    }
    if args.json {
        output::print(&serde_json::to_string_pretty(&documents).unwrap_or_default());
    } else if exit == Exit::Differs {
        output::print(verdicts_text(&left, &right).trim_end());
    }
    exit
}

/// Holds a replay to a pace and says each second where it is.
struct Pace {
    speed: Option<f64>,
    start: Instant,
    next_line: f64,
}

impl Pace {
    #[expect(clippy::disallowed_methods, reason = "a replay may be watched at the pace of the clock")]
    fn new(speed: Option<f64>) -> Self {
        Self { speed, start: Instant::now(), next_line: 0.0 }
    }

    fn wait(&mut self, stamp: u64, decision: &neuraxis_core::Decision) {
        let Some(speed) = self.speed else { return };
        let time = Stamp(stamp).seconds();
        let ahead = time / speed - self.start.elapsed().as_secs_f64();
        if ahead > 0.0 {
            std::thread::sleep(Duration::from_secs_f64(ahead.min(10.0)));
        }
        if time >= self.next_line {
            self.next_line += 1.0;
            let pose = decision.belief.pose;
            let status = decision.status;
            let drive = decision.drive;
            output::print(&format!(
                "{time:7.1} s  at ({:.2}, {:.2}) m, {:.0}°, speed {:.2}, turn {:+.2}, {status}",
                pose.x,
                pose.y,
                pose.yaw.to_degrees(),
                drive.speed,
                drive.turn
            ));
        }
    }
}
