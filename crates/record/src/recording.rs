//! Reads a recording back: whole, cut short, or damaged, with what can still be read.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Component, Path, PathBuf};

use mcap::records::Record;
use mcap::sans_io::linear_reader::{LinearReadEvent, LinearReader, LinearReaderOptions};
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Decision, Reading};
use neuraxis_messages::{self as msg, Trace};

use crate::format::{FORMAT, OLDEST};
use crate::header::RobotHeader;
use crate::sink::ABOUT;
use crate::trace::{self, Difference, TickRecord};

/// No record of ours is larger; a longer one is damage.
const LONGEST_RECORD: usize = 256 << 20;
/// More than this is not read into memory: an hour of a robot takes some 60 MB of it.
const MAX_TICKS: usize = 50_000_000;

/// Why nothing of a file can be used.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be opened or read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is something else.
    #[error("{path} is no recording of Neuraxis: {why}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// How one can tell.
        why: String,
    },
    /// A later version wrote it.
    #[error(
        "{path} was written by a newer Neuraxis (format {format}, this one reads {FORMAT}): install that version"
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: String,
    },
    /// A version wrote it whose recordings are no longer read.
    #[error(
        "{path} was written by an older Neuraxis (format {format}, this one reads {OLDEST} to {FORMAT}): read it with that version"
    )]
    Older {
        /// The file.
        path: PathBuf,
        /// Its format.
        format: String,
    },
}

/// The number of a format that is read.
fn readable(path: &Path, format: &str) -> Result<u32, ReadError> {
    let (path, text) = (path.to_owned(), format.to_owned());
    match format.parse::<u32>() {
        Ok(number) if number < OLDEST => Err(ReadError::Older { path, format: text }),
        Ok(number) if number <= FORMAT => Ok(number),
        _ => Err(ReadError::Newer { path, format: text }),
    }
}

/// A robot's part of a recording.
#[derive(Clone, Debug)]
pub struct RecordedRobot {
    /// Its body, start and goal.
    pub header: RobotHeader,
    /// What its brain felt and commanded.
    pub ticks: Vec<TickRecord>,
    /// What it decided, some ten times a second.
    pub decisions: Vec<Decision>,
}

/// A recording, in memory.
#[derive(Clone, Debug)]
pub struct Recording {
    /// Where it came from.
    pub path: PathBuf,
    /// Its format.
    pub format: u32,
    /// Seed, settings, names of files.
    pub facts: BTreeMap<String, String>,
    /// Every file that the trial was made of.
    pub attachments: Vec<(String, Vec<u8>)>,
    /// The robots.
    pub robots: Vec<RecordedRobot>,
    /// How the trial ended, as JSON; `None` if it was cut short.
    pub verdict: Option<String>,
    /// What could not be read, for a person; what came before it is here.
    pub damage: Option<String>,
}

/// What a channel of the file brings.
#[derive(Clone, Copy)]
enum Kind {
    Trace(usize),
    Decision(usize),
    Verdict,
}

/// What is said of a file that the library for MCAP stumbles over.
const BROKEN: &str = "a record in it is shorter than it says";

/// What `work` gives, or `None` if it panics: the library trusts some lengths that a damaged file may have wrong.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}

impl Recording {
    /// Reads the file `path`.
    ///
    /// # Errors
    /// If it is missing, or no recording. Damage further on is no error: [`Recording::damage`] tells it.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        let io = |error| ReadError::Io { path: path.to_owned(), error };
        let file = File::open(path).map_err(io)?;
        Self::read(path, file)
    }

    /// Reads a recording from `source`; `path` is its name.
    ///
    /// # Errors
    /// Those of [`Recording::open`].
    pub fn read(path: &Path, mut source: impl std::io::Read) -> Result<Self, ReadError> {
        let mut recording = Self {
            path: path.to_owned(),
            format: FORMAT,
            facts: BTreeMap::new(),
            attachments: Vec::new(),
            robots: Vec::new(),
            verdict: None,
            damage: None,
        };
        let mut channels: BTreeMap<u16, Kind> = BTreeMap::new();
        let options = LinearReaderOptions::default().with_record_length_limit(LONGEST_RECORD);
        let mut reader = LinearReader::new_with_options(options);
        let mut is_known = false;
        loop {
            let event = match guarded(|| reader.next_event()) {
                Some(Some(event)) => event,
                Some(None) => break,
                None => {
                    recording.damage = Some(BROKEN.to_owned());
                    break;
                }
            };
            match event {
                Ok(LinearReadEvent::ReadRequest(need)) => {
                    let buffer = reader.insert(need);
                    match source.read(buffer) {
                        Ok(count) => reader.notify_read(count),
                        Err(error) if is_known => {
                            recording.damage = Some(format!("the disk gave up: {error}"));
                            break;
                        }
                        Err(error) => return Err(ReadError::Io { path: path.to_owned(), error }),
                    }
                }
                Ok(LinearReadEvent::Record { data, opcode }) => {
                    let parsed =
                        guarded(|| mcap::parse_record(opcode, data).map_err(|error| error.to_string()));
                    let record = match parsed.unwrap_or_else(|| Err(BROKEN.to_owned())) {
                        Ok(record) => record,
                        Err(damage) => {
                            recording.damage = Some(damage);
                            break;
                        }
                    };
                    if let Record::Metadata(metadata) = &record
                        && metadata.name == ABOUT
                    {
                        let format = metadata.metadata.get("format").cloned().unwrap_or_default();
                        recording.format = readable(path, &format)?;
                        is_known = true;
                    }
                    if let Err(damage) = recording.take(record, &mut channels) {
                        recording.damage = Some(damage);
                        break;
                    }
                }
                Err(error) => {
                    recording.damage = Some(error.to_string());
                    break;
                }
            }
        }
        if !is_known {
            let why = recording.damage.unwrap_or_else(|| "it is an MCAP file of something else".to_owned());
            return Err(ReadError::Foreign { path: path.to_owned(), why });
        }
        if recording.robots.is_empty() {
            let why = recording.damage.unwrap_or_else(|| "it names no robots".to_owned());
            return Err(ReadError::Foreign { path: path.to_owned(), why });
        }
        Ok(recording)
    }

    fn take(&mut self, record: Record<'_>, channels: &mut BTreeMap<u16, Kind>) -> Result<(), String> {
        match record {
            Record::Metadata(metadata) if metadata.name == ABOUT => self.facts = metadata.metadata,
            Record::Attachment { header, data, .. } => {
                if header.name == "neuraxis/robots.json" {
                    let headers: Vec<RobotHeader> =
                        serde_json::from_slice(&data).map_err(|error| format!("its robots: {error}"))?;
                    self.robots = headers
                        .into_iter()
                        .map(|header| RecordedRobot { header, ticks: Vec::new(), decisions: Vec::new() })
                        .collect();
                } else {
                    self.attachments.push((header.name, data.into_owned()));
                }
            }
            Record::Channel(channel) => {
                if channel.topic == "/neuraxis/verdict" {
                    channels.insert(channel.id, Kind::Verdict);
                }
                for (i, robot) in self.robots.iter().enumerate() {
                    let prefix = if self.robots.len() > 1 {
                        format!("/{}_{i}", robot.header.body.name)
                    } else {
                        String::new()
                    };
                    if channel.topic == format!("{prefix}/neuraxis/trace") {
                        channels.insert(channel.id, Kind::Trace(i));
                    } else if channel.topic == format!("{prefix}/neuraxis/decision") {
                        channels.insert(channel.id, Kind::Decision(i));
                    }
                }
            }
            Record::Message { header, data } => {
                let broken =
                    |what: &str| format!("a {what} at {} s cannot be read", seconds(header.log_time));
                match channels.get(&header.channel_id) {
                    Some(Kind::Trace(i)) => {
                        let trace: Trace = msg::decode(&data).map_err(|_| broken("trace"))?;
                        let ticks = &mut self.robots[*i].ticks;
                        if trace.first != ticks.len() as u64 {
                            return Err(format!(
                                "ticks {} to {} are missing",
                                ticks.len(),
                                trace.first.saturating_sub(1)
                            ));
                        }
                        if ticks.len() + trace.dt.len() > MAX_TICKS {
                            return Err(format!("it has more than {MAX_TICKS} ticks"));
                        }
                        ticks.extend(trace::unpack(&trace).ok_or_else(|| broken("trace"))?);
                    }
                    Some(Kind::Decision(i)) => {
                        let decision = msg::decode::<msg::Decision>(&data)
                            .and_then(|message| message.to_decision())
                            .map_err(|why| format!("{}: {why}", broken("decision")))?;
                        self.robots[*i].decisions.push(decision);
                    }
                    Some(Kind::Verdict) => {
                        let verdict: msg::Verdict = msg::decode(&data).map_err(|_| broken("verdict"))?;
                        self.verdict = Some(verdict.json);
                    }
                    None => {}
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A fact about the trial.
    #[must_use]
    pub fn metadata(&self, name: &str) -> Option<&str> {
        self.facts.get(name).map(String::as_str)
    }

    /// Writes the attached files into `folder`, under their names.
    ///
    /// # Errors
    /// If one cannot be written, or has a name that leads out of the folder.
    pub fn unpack(&self, folder: &Path) -> std::io::Result<()> {
        for (name, data) in &self.attachments {
            let relative = Path::new(name);
            if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
                let message = format!("the attachment `{name}` leads out of the folder");
                return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, message));
            }
            let path = folder.join(relative);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, data)?;
        }
        Ok(())
    }
}

impl RecordedRobot {
    /// The names of the senses, with empty readings, in the order of the slots.
    #[must_use]
    pub fn blanks(&self) -> Vec<(&str, Reading)> {
        self.header.body.sensors.iter().map(|s| (Sensor::name(&s.sensor), s.blank())).collect()
    }

    /// The first tick whose recorded check is not that of its senses and commands, if one was changed
    /// after it was written.
    #[must_use]
    pub fn forged(&self) -> Option<u64> {
        let mut running = trace::RunningDigest::default();
        self.ticks.iter().position(|tick| running.absorb(tick) != tick.digest16).map(|tick| tick as u64)
    }

    /// The first place in which this robot's ticks differ from `other`'s.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<Difference> {
        let blanks = self.blanks();
        for (i, (a, b)) in self.ticks.iter().zip(&other.ticks).enumerate() {
            if let Some([topic, field, left, right]) = trace::difference(a, b, &blanks) {
                return Some(Difference { tick: i as u64, stamp: a.stamp, topic, field, left, right });
            }
        }
        let (a, b) = (self.ticks.len(), other.ticks.len());
        (a != b).then(|| {
            let tick = a.min(b);
            let longer = if a > b { &self.ticks } else { &other.ticks };
            Difference {
                tick: tick as u64,
                stamp: longer[tick].stamp,
                topic: "tick".to_owned(),
                field: "count".to_owned(),
                left: a.to_string(),
                right: b.to_string(),
            }
        })
    }
}

fn seconds(stamp: u64) -> f64 {
    stamp as f64 * 1e-9
}
