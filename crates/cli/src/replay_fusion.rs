//! `neuraxis replay --fusion`: estimators on recorded senses, of our own recordings and of others' logs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use neuraxis_core::file::{self, Override};
use neuraxis_core::{Pose2, Stamp};
use neuraxis_fusion::FusionSpec;
use neuraxis_lab::estimate::{self, RuleRow};
use neuraxis_record::log::TF_TRACK;
use neuraxis_record::{Log, LogBody, LogOptions, Recording, ReplayBody};
use neuraxis_trial::replay;
use serde_json::json;

use crate::exit::Exit;
use crate::output;
use crate::recordings::fail;
use crate::settings::split_overrides;
use crate::table::framed;

/// Ticks a second over a log of others.
const RATE: f64 = 100.0;
/// Where our own recordings say where the body truly was.
const TRUTH: &str = "/ground_truth";

/// What is asked for.
pub(crate) struct Wanted<'a> {
    pub(crate) settings: &'a [Override],
    pub(crate) reference: Option<&'a str>,
    pub(crate) leave_out: &'a [String],
    pub(crate) json: bool,
}

/// What came of one file.
struct Estimated {
    name: String,
    reference: Option<String>,
    rows: Vec<RuleRow>,
    notes: Vec<String>,
}

pub(crate) fn run(files: &[PathBuf], wanted: &Wanted<'_>) -> Exit {
    let mut worst = Exit::Success;
    let mut documents = Vec::new();
    for path in files {
        let done = match Recording::open(path) {
            Ok(recording) => own(path, &recording, wanted),
            // Not ours: a log of somebody else.
            Err(_) => foreign(path, wanted).map(|one| vec![one]),
        };
        match done {
            Ok(list) => list.into_iter().for_each(|one| documents.push(print(&one, wanted.json))),
            Err(exit) => worst = exit,
        }
    }
    if wanted.json {
        output::print(&serde_json::to_string_pretty(&documents).unwrap_or_default());
    }
    worst
}

fn own(path: &Path, recording: &Recording, wanted: &Wanted<'_>) -> Result<Vec<Estimated>, Exit> {
    let changes = split_overrides(wanted.settings);
    // The trace has every sense to the bit; only the truth is read from the messages.
    let log = Log::open(path, &LogOptions::default()).ok();
    let several = recording.robots.len() > 1;
    let mut all = Vec::new();
    for (i, robot) in recording.robots.iter().enumerate() {
        let file = replay::robot_file(recording, robot, &changes.robot_overrides)
            .map_err(|error| fail(path, &error))?;
        let topic = match wanted.reference {
            Some(topic) => topic.to_owned(),
            None if several => format!("/{}_{i}{TRUTH}", robot.header.body.name),
            None => TRUTH.to_owned(),
        };
        let track = log.as_ref().and_then(|log| log.reference(&topic));
        // The log counts from its first message; a recording's time begins at 0.
        let epoch = log.as_ref().map_or(0, |log| log.epoch);
        let reference: Vec<(Stamp, Pose2)> =
            track.unwrap_or_default().iter().map(|(stamp, pose)| (*stamp + epoch, *pose)).collect();
        let description = robot.header.body.clone();
        let mut body = ReplayBody::new(robot);
        let spec = file.brain.fusion;
        let rows = estimate::compare(&mut body, &description, &spec, robot.header.start, &reference);
        let name = if several { format!("{} robot {i}", path.display()) } else { path.display().to_string() };
        let reference = (!reference.is_empty()).then_some(topic);
        all.push(Estimated { name, reference, rows, notes: Vec::new() });
    }
    Ok(all)
}

fn foreign(path: &Path, wanted: &Wanted<'_>) -> Result<Estimated, Exit> {
    let options = LogOptions {
        reference: wanted.reference.map(str::to_owned),
        leave_out: wanted.leave_out.to_vec(),
        ..LogOptions::default()
    };
    let log = Log::open(path, &options).map_err(|error| {
        let help = "a log is an MCAP file or a rosbag2 folder with standard ROS 2 messages";
        output::usage_error(&error.to_string(), help)
    })?;
    let overrides: Vec<Override> = split_overrides(wanted.settings)
        .robot_overrides
        .into_iter()
        .map(|mut setting| {
            for part in ["brain", "fusion"] {
                if setting.path.first().is_some_and(|first| first == part) {
                    setting.path.remove(0);
                }
            }
            setting
        })
        .collect();
    let spec =
        file::parse::<FusionSpec>(Path::new("--set"), "{}\n".to_owned(), &overrides).map_err(|error| {
            output::print_errors(&[error]);
            Exit::Usage
        })?;
    let named = wanted.reference.map(str::to_owned);
    let found = [TRUTH, TF_TRACK].into_iter().find(|name| log.reference(name).is_some()).map(str::to_owned);
    let topic = named.or(found).or_else(|| log.references.keys().next().cloned());
    let reference = topic.as_deref().and_then(|topic| log.reference(topic)).unwrap_or_default().to_vec();
    let mut notes: Vec<String> = log.notes.clone();
    notes.extend(log.damage.iter().map(|damage| format!("damaged: {damage}")));
    notes.extend(log.skipped.iter().map(|s| format!("{} × {} ({}): {}", s.count, s.topic, s.kind, s.why)));
    let start = reference.first().map_or_else(Pose2::default, |(_, pose)| *pose);
    let description = log.body.clone();
    let senses: Vec<&str> = description.sensors.iter().map(|s| s.sensor.name()).collect();
    notes.insert(0, format!("senses: {}", senses.join(", ")));
    let mut body = LogBody::new(Arc::new(log), RATE);
    let rows = estimate::compare(&mut body, &description, &spec.value, start, &reference);
    let reference = topic.filter(|_| !reference.is_empty());
    Ok(Estimated { name: path.display().to_string(), reference, rows, notes })
}

fn print(one: &Estimated, json: bool) -> serde_json::Value {
    if !json {
        let header = ["rule", "RMSE m", "ATE m", "at the end m", "compared", "refused"];
        let mut table = framed(header, 1..5);
        let metres = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
        for row in &one.rows {
            let refused: Vec<String> =
                row.refused.iter().map(|(name, count)| format!("{name} {count}")).collect();
            table.add_row([
                row.rule.clone(),
                metres(row.rmse),
                metres(row.ate),
                metres(row.last),
                row.compared.to_string(),
                refused.join(", "),
            ]);
        }
        let against = match &one.reference {
            Some(topic) => format!("against {topic}"),
            None => "there is no reference in it".to_owned(),
        };
        output::print(&format!("{}: {against}\n{table}", one.name));
        one.notes.iter().for_each(|note| eprintln!("  {note}"));
    }
    json!({ "file": one.name, "reference": one.reference, "rules": one.rows, "notes": one.notes })
}
