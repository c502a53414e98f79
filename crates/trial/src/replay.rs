//! Runs brains again on recorded senses, and whole trials again from the files of a recording.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use neuraxis_brain::loaded::KnownMap;
use neuraxis_brain::{Driver, RobotBrain, RobotFile, Session};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::faults::{Fault, Faulty};
use neuraxis_core::file::{self, FileError, Override};
use neuraxis_core::observer::{Event, Flow, Observer, OnEvent};
use neuraxis_core::world::Single;
use neuraxis_core::{Brain, Decision, Pose2, Stamp, math};
use neuraxis_neural::CircuitSpec;
#[cfg(feature = "sim")]
use neuraxis_record::Recorder;
use neuraxis_record::recording::RecordedRobot;
use neuraxis_record::trace::{self, Difference, TickRecord};
use neuraxis_record::{ReadError, Recording, ReplayBody, RobotHeader};
use serde::Serialize;

#[cfg(feature = "sim")]
use crate::{Changes, PlannedScene, recording_header::SessionFiles};
use crate::{TrialResult, metadata_key};

/// Why a recording cannot be run again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file in it is wrong, for this version or with these settings.
    #[error("a file of the recording is wrong")]
    Files(Vec<FileError>),
    /// Something in it is missing or does not fit.
    #[error("{0}")]
    Recording(String),
    /// The settings change what made the recorded senses.
    #[error("the settings change {0}, which made the recorded senses")]
    Settings(String),
    /// There is no such moment in it.
    #[error("{at} s lies outside of the recording, which goes from {first:.3} s to {last:.3} s")]
    Outside {
        /// The moment that was asked for, s.
        at: f64,
        /// The first tick's, s.
        first: f64,
        /// The last tick's, s.
        last: f64,
    },
    /// A recording cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file cannot be written.
    #[error("cannot unpack the recording: {0}")]
    Io(#[from] std::io::Error),
}

/// What a replay changes.
#[derive(Clone, Debug, Default)]
pub struct Counterfactual {
    /// Settings of the robot's file.
    pub settings: Vec<Override>,
    /// Faults of its senses.
    pub faults: Vec<Fault>,
    /// The robot's number in the recording: it names the random streams of its faults.
    pub robot: usize,
}

/// How a replay of unchanged senses went.
#[derive(Clone, Debug, Serialize)]
pub struct ReplayCheck {
    /// Ticks that were compared.
    pub ticks: usize,
    /// The first place in which the brain did something else than it is recorded to have done.
    pub difference: Option<Difference>,
}

/// How two brains, or two runs, part.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Divergence {
    /// Ticks that were compared.
    pub ticks: usize,
    /// The first tick at which the beliefs differ, and its stamp, s.
    pub belief: Option<(usize, f64)>,
    /// The first tick at which the commands differ.
    pub command: Option<Difference>,
    /// Greatest distance between the believed positions, m, and when, s.
    pub worst_belief: (f64, f64),
    /// The same at the end, m.
    pub last_belief: f64,
    /// Greatest difference between two numbers of the commands, and when, s.
    pub worst_command: (f64, f64),
    /// Ticks in which only the first, and only the second, held the body.
    pub stops: [usize; 2],
    /// The goal's status at the end, of the first and of the second.
    pub status: [String; 2],
}

/// The robot file in the recording, with `settings` on top of those of the recording.
///
/// # Errors
/// If the file is not there or wrong.
pub fn robot_file(
    recording: &Recording,
    robot: &RecordedRobot,
    settings: &[Override],
) -> Result<RobotFile, ReplayError> {
    let session = &robot.header;
    let bytes = recording.attachments.iter().find(|(name, _)| *name == session.file).ok_or_else(|| {
        ReplayError::Recording(format!("the robot file `{}` is missing from the recording", session.file))
    })?;
    let mut all = recorded_settings(recording, metadata_key::ROBOT_SETTINGS)?;
    all.extend(settings.iter().cloned());
    let text = String::from_utf8_lossy(&bytes.1).into_owned();
    let loaded = file::parse::<RobotFile>(Path::new(&session.file), text, &all);
    Ok(loaded.map_err(|error| ReplayError::Files(vec![error]))?.value)
}

/// The file that the robot file names, unpacked into `folder`.
fn attached(
    recording: &Recording,
    robot: &RecordedRobot,
    folder: &Path,
    named: &str,
) -> Result<PathBuf, ReplayError> {
    recording.unpack(folder)?;
    let beside = folder.join(&robot.header.file);
    // What was named from the root of the disk lies under its name among the attachments.
    let name = Path::new(named).file_name().map(|name| name.to_string_lossy().into_owned());
    let attached = recording.attachments.iter().map(|(attached, _)| attached);
    let by_name =
        attached.filter(|a| name.as_deref().is_some_and(|name| a.ends_with(name))).map(|a| folder.join(a));
    let relative = Some(beside.parent().unwrap_or(folder).join(named)).filter(|p| p.starts_with(folder));
    relative
        .into_iter()
        .chain(by_name)
        .find(|path| path.is_file())
        .ok_or_else(|| ReplayError::Recording(format!("the file `{named}` is missing from the recording")))
}

/// The map that the robot file names, from the recording; `None` if it names none.
fn known_map(
    recording: &Recording,
    robot: &RecordedRobot,
    file: &RobotFile,
) -> Result<Option<KnownMap>, ReplayError> {
    let Some(named) = &file.brain.fusion.map.file else { return Ok(None) };
    let folder = tempfile::tempdir()?;
    let path = attached(recording, robot, folder.path(), named)?;
    KnownMap::load(&path).map(Some).map_err(|error| ReplayError::Files(vec![error]))
}

/// The brain that the robot file in the recording describes, with `settings` on top of those of the recording.
///
/// # Errors
/// If the file is not there or wrong.
pub fn brain(
    recording: &Recording,
    robot: &RecordedRobot,
    settings: &[Override],
) -> Result<RobotBrain, ReplayError> {
    let session = &robot.header;
    let mut file = robot_file(recording, robot, settings)?;
    if let Some(named) = file.brain.motor.file().map(str::to_owned) {
        let folder = tempfile::tempdir()?;
        let path = attached(recording, robot, folder.path(), &named)?;
        let wiring =
            file::load::<CircuitSpec>(&path, &[]).map_err(|error| ReplayError::Files(vec![error]))?;
        file.brain.motor.set_wiring(wiring.value);
    }
    let body = body(session, &file)?;
    let map = known_map(recording, robot, &file)?;
    let known = map.as_ref().map(|map| &map.grid);
    let mut brain = RobotBrain::with_map(&file.brain, &body, session.start, known)
        .map_err(|error| ReplayError::Recording(format!("{}: {error}", session.file)))?;
    brain.set_goals(&session.goals);
    Ok(brain)
}

/// The recorded body with the limits and deadlines of `file`. All else of a body made the recorded senses, so that
/// a change of it would change nothing, and is refused.
fn body(session: &RobotHeader, file: &RobotFile) -> Result<BodyDescription, ReplayError> {
    let mut body = session.body.clone();
    let refuse = |what: &str| Err(ReplayError::Settings(what.to_owned()));
    if body.sensors.len() != file.sensors.len() {
        return refuse("the list of sensors");
    }
    for (recorded, sensor) in body.sensors.iter_mut().zip(&file.sensors) {
        if recorded.sensor.with_deadline(None) != sensor.with_deadline(None) {
            return refuse(&format!("the sensor `{}`", sensor.name()));
        }
        recorded.sensor = sensor.clone();
    }
    if !file
        .each_actuator()
        .map(|entry| (entry.joint, entry.interface()))
        .eq(body.actuators.iter().map(|actuator| (actuator.joint.as_str(), actuator.interface)))
    {
        return refuse("the actuators");
    }
    for (entry, actuator) in file.each_actuator().zip(&mut body.actuators) {
        actuator.limits = entry.limits().or(actuator.limits);
        actuator.stop = entry.stop();
    }
    body.limits = file.limits.clone();
    Ok(body)
}

fn recorded_settings(recording: &Recording, name: &str) -> Result<Vec<Override>, ReplayError> {
    let wrong = |why: String| ReplayError::Recording(format!("the recording's `{name}` is wrong: {why}"));
    let list: Vec<String> = serde_json::from_str(recording.metadata(name).unwrap_or("[]"))
        .map_err(|error| wrong(error.to_string()))?;
    list.iter().map(|setting| setting.parse().map_err(wrong)).collect()
}

/// Shows the brain of `robot` the recorded senses and compares what it commands, bit by bit; `each` hears of
/// every tick and says whether to go on.
///
/// # Errors
/// If the recording does not hold what a brain needs.
pub fn verify(
    recording: &Recording,
    robot: &RecordedRobot,
    mut each: impl FnMut(&TickRecord, &Decision) -> bool + Send,
) -> Result<ReplayCheck, ReplayError> {
    let brain = brain(recording, robot, &[])?;
    let mut running = trace::RunningDigest::default();
    let (mut ticks, mut difference) = (0, None);
    let watch = OnEvent(|event: &Event<'_>| {
        let Event::Tick(moment) = event else { return Flow::Continue };
        let (Some(tick), Some(brain)) = (robot.ticks.get(ticks), moment.brain) else { return Flow::End };
        let different = |[topic, field, left, right]: [String; 4]| Difference {
            tick: ticks as u64,
            stamp: tick.stamp,
            topic,
            field,
            left,
            right,
        };
        // First: are these the senses that were written down?
        if running.absorb(tick) != tick.digest16 {
            let topic = tick.senses.first().map_or("command", |_| "senses");
            let right = "another: the file was changed after it was written".to_owned();
            let left = format!("{:04x}", tick.digest16);
            difference = Some(different([topic.to_owned(), "check".to_owned(), left, right]));
            return Flow::End;
        }
        if let Some(found) = trace::command_difference(tick, &issued(tick.stamp, moment.command)) {
            difference = Some(different(found));
            return Flow::End;
        }
        ticks += 1;
        if each(tick, brain.decision()) { Flow::Continue } else { Flow::End }
    });
    let body = Single(ReplayBody::new(robot));
    run(Session::new(body).with_seat(0, Driver::Brain(Box::new(brain)), None).with_observer(watch))?;
    Ok(ReplayCheck { ticks, difference })
}

/// Runs a session over recorded senses to its end.
fn run<O: Observer>(session: Session<'_, Single<ReplayBody>, O>) -> Result<(), ReplayError> {
    let mut crashed = None;
    let watch = OnEvent(|event: &Event<'_>| {
        let Event::Crashed { stamp, message, .. } = event else { return Flow::Continue };
        crashed = Some(panicked(*stamp, message));
        Flow::End
    });
    let ended = session.with_observer(watch).run();
    ended.map_err(|error| ReplayError::Recording(error.to_string()))?;
    crashed.map_or(Ok(()), Err)
}

fn panicked(stamp: Stamp, message: &str) -> ReplayError {
    ReplayError::Recording(format!("the brain panicked at {:.3} s: {message}", stamp.seconds()))
}

/// Two brains on the same senses: the recorded one, and one that is changed, or whose senses are.
///
/// # Errors
/// If the recording does not hold what a brain needs, or the settings do not fit.
pub fn compare(
    recording: &Recording,
    robot: &RecordedRobot,
    change: &Counterfactual,
) -> Result<Divergence, ReplayError> {
    let ticks = Arc::new(robot.ticks.clone());
    let body = ReplayBody::shared(robot.header.body.clone(), ticks);
    let seed = recording.metadata(metadata_key::SEED).and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let faulty = |faults: &[Fault]| Faulty::new(body.clone(), faults, change.robot, seed);
    let bodies = [faulty(&[]), faulty(&change.faults)];
    let brains = [brain(recording, robot, &[])?, brain(recording, robot, &change.settings)?];
    let mut sessions = bodies.map(|body| Session::new(Single(body)));
    for (session, brain) in sessions.iter_mut().zip(brains) {
        if let Some(seat) = session.seat_mut(0) {
            seat.seat(Driver::Brain(Box::new(brain)), None);
        }
    }
    let mut parting = Divergence::default();
    for (i, tick) in robot.ticks.iter().enumerate() {
        for session in &mut sessions {
            session.step().map_err(|error| ReplayError::Recording(error.to_string()))?;
            if session.brain(0).is_none() {
                return Err(panicked(
                    Stamp(tick.stamp),
                    "run `replay` without changes, or `why`, to see where",
                ));
            }
        }
        let pose = |session: &Session<'_, Single<Faulty<ReplayBody>>>| {
            session.brain(0).map_or(Pose2::default(), |brain| brain.decision().belief.pose)
        };
        let issued = |session: &Session<'_, Single<Faulty<ReplayBody>>>| {
            issued(tick.stamp, session.seats()[0].command())
        };
        let [a, b] = &sessions;
        parting.note(i, tick.stamp, [pose(a), pose(b)], &[issued(a), issued(b)]);
    }
    parting.status = sessions
        .each_ref()
        .map(|session| session.brain(0).map_or(String::new(), |brain| brain.decision().status.to_string()));
    Ok(parting)
}

impl Divergence {
    /// Takes in one tick of both sides.
    fn note(&mut self, tick: usize, stamp: u64, poses: [Pose2; 2], commands: &[TickRecord; 2]) {
        let time = Stamp(stamp).seconds();
        self.ticks = tick + 1;
        let [a, b] = poses;
        let bits = |pose: &Pose2| [pose.x.to_bits(), pose.y.to_bits(), pose.yaw.to_bits()];
        if self.belief.is_none() && bits(&a) != bits(&b) {
            self.belief = Some((tick, time));
        }
        let apart = math::hypot(a.x - b.x, a.y - b.y);
        self.last_belief = apart;
        if apart > self.worst_belief.0 {
            self.worst_belief = (apart, time);
        }
        let [x, y] = commands;
        if self.command.is_none()
            && let Some([topic, field, left, right]) = trace::command_difference(x, y)
        {
            self.command = Some(Difference { tick: tick as u64, stamp, topic, field, left, right });
        }
        self.stops[0] += usize::from(x.stop != 0 && y.stop == 0);
        self.stops[1] += usize::from(y.stop != 0 && x.stop == 0);
        for (p, q) in x.command.iter().zip(&y.command) {
            if (p - q).abs() > self.worst_command.0 {
                self.worst_command = ((p - q).abs(), time);
            }
        }
    }

    /// How two recordings of a robot part: their commands tick by tick, their beliefs where both noted them.
    #[must_use]
    pub fn of(a: &RecordedRobot, b: &RecordedRobot) -> Self {
        let mut parting = Self::default();
        let pose = |robot: &RecordedRobot, at: &mut usize, stamp: u64| {
            let time = |i: usize| robot.decisions.get(i).map(|d| d.belief.stamp.0);
            while time(*at + 1).is_some_and(|next| next <= stamp) {
                *at += 1;
            }
            robot.decisions.get(*at).map_or(Pose2::default(), |d| d.belief.pose)
        };
        let mut at = [0, 0];
        for (i, (x, y)) in a.ticks.iter().zip(&b.ticks).enumerate() {
            let poses = [pose(a, &mut at[0], x.stamp), pose(b, &mut at[1], y.stamp)];
            parting.note(i, x.stamp, poses, &[x.clone(), y.clone()]);
        }
        let status =
            |robot: &RecordedRobot| robot.decisions.last().map_or(String::new(), |d| d.status.to_string());
        parting.status = [status(a), status(b)];
        parting
    }
}

/// A command as a tick of a recording would have it.
fn issued(stamp: u64, command: &neuraxis_core::Command) -> TickRecord {
    let (stop, stop_slot) = trace::stop_code(command.stop);
    TickRecord { stamp, command: command.values.clone(), stop, stop_slot, ..TickRecord::default() }
}

/// Runs the whole trial again, world and all, from the files in the recording, with `settings` on top; the
/// new recording.
///
/// # Errors
/// If a file is missing or wrong, or nothing can be written.
#[cfg(feature = "sim")]
pub fn reproduce(recording: &Recording, settings: &Changes) -> Result<Recording, ReplayError> {
    let folder = tempfile::tempdir()?;
    recording.unpack(folder.path())?;
    let fact = |name: &str| {
        recording
            .metadata(name)
            .map(str::to_owned)
            .ok_or_else(|| ReplayError::Recording(format!("the recording does not say its `{name}`")))
    };
    let number = |name: &str| {
        let text = fact(name)?;
        text.parse::<u64>()
            .map_err(|_| ReplayError::Recording(format!("the recording's `{name}` is no number: `{text}`")))
    };
    let scene = fact(metadata_key::SCENE)?;
    let robot = fact(metadata_key::ROBOT)?;
    let mut changes = Changes {
        robot: (!robot.is_empty()).then(|| folder.path().join(robot)),
        robot_overrides: recorded_settings(recording, metadata_key::ROBOT_SETTINGS)?,
        scene_overrides: recorded_settings(recording, metadata_key::SCENE_SETTINGS)?,
    };
    changes.robot_overrides.extend(settings.robot_overrides.iter().cloned());
    changes.scene_overrides.extend(settings.scene_overrides.iter().cloned());
    let planned = PlannedScene::load(&folder.path().join(scene), &changes).map_err(ReplayError::Files)?;
    let mut trial = planned
        .trial(number(metadata_key::TRIAL)? as usize, number(metadata_key::SEED)?)
        .map_err(|error| ReplayError::Files(vec![error]))?;

    let path = folder.path().join("again.mcap");
    let recorder = Recorder::start(false)?;
    let session = SessionFiles::of(&planned)?.session(&planned, &trial, "neuraxis replay --reproduce");
    trial.set_observer(Box::new(recorder.open(&path, session)?));
    // A trial that was cut short is run as far as it went.
    let last = recording.robots.iter().filter_map(|robot| robot.ticks.last()).map(|tick| tick.stamp).max();
    let until = if recording.verdict.is_some() { u64::MAX } else { last.unwrap_or(0) };
    while !trial.is_over() && trial.now().0 <= until {
        trial.step();
    }
    if let Some(mut observer) = trial.take_observer() {
        observer.on(&Event::Ended { verdict: &verdict(&TrialResult::of(&trial)), is_failure: false });
    }
    let finished = recorder.close();
    if let Some(error) = finished.into_iter().find_map(|f| f.error) {
        return Err(ReplayError::Recording(error));
    }
    Ok(Recording::open(&path)?)
}

/// The rows of results.json that are about one trial.
#[must_use]
pub fn verdict(rows: &[TrialResult]) -> String {
    serde_json::to_string(rows).unwrap_or_default()
}

/// Shows the brain of `robot`, with `settings` on top, the recorded senses without comparing anything; `each` hears of every decision and
/// says whether to go on.
///
/// # Errors
/// If the recording does not hold what a brain needs.
pub fn follow(
    recording: &Recording,
    robot: &RecordedRobot,
    settings: &[Override],
    mut each: impl FnMut(&Decision) -> bool + Send,
) -> Result<(), ReplayError> {
    let brain = brain(recording, robot, settings)?;
    let watch = OnEvent(|event: &Event<'_>| match event {
        Event::Tick(moment) => match moment.brain {
            Some(brain) if each(brain.decision()) => Flow::Continue,
            _ => Flow::End,
        },
        _ => Flow::Continue,
    });
    let body = Single(ReplayBody::new(robot));
    run(Session::new(body).with_seat(0, Driver::Brain(Box::new(brain)), None).with_observer(watch))
}
