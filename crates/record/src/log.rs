//! Logs of real robots: ROS 2 messages in MCAP or SQLite, as the readings of a body and as tracks to hold a belief against.
//!
//! [`Log::open`] takes an MCAP file, a `rosbag2` folder, or (with the feature `sqlite`) a *.db3 file. What it gives is a body that nobody described: senses
//! with the rates, ranges and places that the messages tell. [`LogBody`] shows it to a brain, tick by tick.
//!
//! | message | becomes |
//! | --- | --- |
//! | `nav_msgs/Odometry` | wheel odometry (the first topic, or the one that is named); any other one a reference |
//! | `sensor_msgs/Imu` | an inertial unit |
//! | `sensor_msgs/LaserScan` | a range finder |
//! | `geometry_msgs/PoseWithCovarianceStamped` | a sense of pose, and a reference |
//! | `geometry_msgs/PoseStamped` | a reference |
//! | `tf2_msgs/TFMessage` | the places of the senses, and the reference [`TF_TRACK`] |
//!
//! A log is somebody else's file: no length in it is believed, and what is damaged or does not decode is left out
//! and told ([`Log::damage`], [`Log::skipped`]). Numbers are not judged here: a NaN arrives as a reading. Only
//! distances outside of a range finder's range become NaN (no return): the message's definition discards them.

mod assembly;
mod container;
mod gather;
#[cfg(feature = "sqlite")]
mod sqlite;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use neuraxis_core::body::{Body, BodyDescription, BodyError};
use neuraxis_core::time::period;
use neuraxis_core::{Command, Percepts, Pose2, Reading, Stamp};

/// The name of the reference that is composed of transforms: the body's base in `map`.
pub const TF_TRACK: &str = "tf:map->base_link";

/// The radius of the body, m; no message tells it.
const RADIUS: f64 = 0.2;

/// Why a log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file cannot be opened or read.
    #[error("cannot read {path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It is something else.
    #[error("{path} is {what}: {help}")]
    Foreign {
        /// The file or folder.
        path: PathBuf,
        /// What it is.
        what: String,
        /// What to do about it.
        help: String,
    },
    /// It can be read, but no message in it is one of a sense.
    #[error("{path} holds nothing that a body could feel: {why}")]
    Nothing {
        /// The file or folder.
        path: PathBuf,
        /// What it holds instead.
        why: String,
    },
    /// The options ask for what is not there, or contradict each other.
    #[error("{path}: {why}")]
    Choice {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, and what there is.
        why: String,
    },
}

impl LogError {
    fn foreign(path: &Path, what: &str, help: &str) -> Self {
        Self::Foreign { path: path.to_owned(), what: what.to_owned(), help: help.to_owned() }
    }
}

/// Which topic is what; topics are named as in the log, with or without the first slash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// The topic of the wheel odometry; the first of its type, in log time, if not given.
    pub odometry: Option<String>,
    /// The reference that beliefs are to be held against: a topic, or [`TF_TRACK`]. It is no sense then.
    pub reference: Option<String>,
    /// Topics that are no senses; those that tell poses are references all the same.
    pub leave_out: Vec<String>,
    /// The frame of the body; that of the wheel odometry (`child_frame_id`) if not given, or else `base_link`,
    /// or else `base_footprint`.
    pub base: Option<String>,
}

/// A reading of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogReading {
    /// The sense: an index into [`BodyDescription::sensors`].
    pub slot: usize,
    /// When it was measured (the header's stamp), since [`Log::epoch`]; later than `received` if the sensor's clock
    /// is ahead.
    pub stamp: Stamp,
    /// When it was written down (the log's time), since [`Log::epoch`].
    pub received: Stamp,
    /// What was measured, in the sensor's frame.
    pub reading: Reading,
}

/// Messages that were not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Their topic.
    pub topic: String,
    /// Their type, as the log names it.
    pub kind: String,
    /// How many there were.
    pub count: usize,
    /// Why.
    pub why: String,
}

/// A log, in memory.
#[derive(Clone, Debug)]
pub struct Log {
    /// Where it came from: the file, or the folder.
    pub path: PathBuf,
    /// The body as far as the messages tell. It has no actuators and no wheels; its radius is a guess (0.2 m), its
    /// limits of speed are the highest that odometry told. Whoever knows better sets them.
    pub body: BodyDescription,
    /// The log's time of the first message, ns (since 1970, if the clock was set); all stamps count from there,
    /// and those of messages that were measured before it are zero.
    pub epoch: u64,
    /// How many seconds of the headers' clock pass in a second of the log's: 1, unless the headers have a clock of
    /// their own (a simulator's). Then all times are on the headers' clock, in which speeds are true.
    pub clock_rate: f64,
    /// All readings, in order of `received`.
    pub readings: Vec<LogReading>,
    /// Tracks of the body, in order of stamps: `base_link` (or what the topic's child frame is) in the topic's own
    /// frame. Keys are topics as the log names them, and [`TF_TRACK`]. The topic of the wheel odometry is not
    /// among them; poses that are not finite are left out.
    pub references: BTreeMap<String, Vec<(Stamp, Pose2)>>,
    /// What was not used, in order of topics.
    pub skipped: Vec<Skipped>,
    /// What was assumed where the log does not tell, for a person.
    pub notes: Vec<String>,
    /// What could not be read, for a person; all else is here.
    pub damage: Option<String>,
}

impl Log {
    /// Reads the log `path`: an MCAP file, a `rosbag2` folder, or a file of one (then all of its files are read).
    ///
    /// # Errors
    /// If it is missing or of another format, if nothing in it is a sense or a reference, or if `options` name
    /// what is not there. Damage is no error: [`Log::damage`] tells it.
    pub fn open(path: &Path, options: &LogOptions) -> Result<Self, LogError> {
        let (files, missing) = container::files(path)?;
        let mut gathered = gather::Gathered::default();
        for name in missing {
            gathered.damaged(format!("its file `{name}` is missing"));
        }
        let mut is_read = false;
        let mut failure = None;
        for file in &files {
            match container::read(file, &mut gathered) {
                Ok(()) => is_read = true,
                Err(error) => {
                    gathered.damaged(error.to_string());
                    failure.get_or_insert(error);
                }
            }
        }
        // One good file of several is a log.
        if let Some(error) = failure.filter(|_| !is_read) {
            return Err(error);
        }
        assembly::assemble(path, gathered, options)
    }

    /// When the last reading was received, since [`Log::epoch`]; zero if there is none. Divided by
    /// [`Log::clock_rate`], it is the log's own duration.
    #[must_use]
    pub fn end(&self) -> Stamp {
        self.readings.last().map_or(Stamp::ZERO, |reading| reading.received)
    }

    /// The track that `name` tells (a topic, with or without the first slash, or [`TF_TRACK`]), in order of stamps.
    #[must_use]
    pub fn reference(&self, name: &str) -> Option<&[(Stamp, Pose2)]> {
        let track = self.references.iter().find(|(topic, _)| bare(topic) == bare(name));
        track.map(|(_, track)| track.as_slice())
    }

    /// The slot of the sense that comes from `topic`, with or without the first slash.
    #[must_use]
    pub fn slot(&self, topic: &str) -> Option<usize> {
        let name = bare(topic);
        self.body.sensors.iter().position(|sensor| sensor.sensor.name() == name)
    }
}

/// A topic without its first slash: the name of its sense.
fn bare(topic: &str) -> &str {
    topic.strip_prefix('/').unwrap_or(topic)
}

/// A body out of a log. Its time is the log's, from the epoch on in even ticks; what it is told changes nothing.
///
/// In each tick it feels all that was received since the last one; of a sense that is faster than the ticks only
/// the latest reading stays in its slot, as in any body. To keep to the contract of [`Body`], a reading that was
/// measured before the one in its slot is passed over, and a stamp that is ahead of the tick becomes the tick's.
#[derive(Clone, Debug)]
pub struct LogBody {
    log: Arc<Log>,
    period: u64,
    tick: u64,
    next: usize,
}

impl LogBody {
    /// The body of `log`, before its first tick, with `rate` ticks a second (Hz).
    #[must_use]
    pub fn new(log: Arc<Log>, rate: f64) -> Self {
        Self { log, period: period(rate), tick: 0, next: 0 }
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// The time of the present tick, since the log's epoch.
    #[must_use]
    pub fn now(&self) -> Stamp {
        Stamp(self.tick.saturating_mul(self.period))
    }

    /// How many ticks it has in all.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        if self.log.readings.is_empty() {
            0
        } else {
            self.log.end().0.div_ceil(self.period).saturating_add(1)
        }
    }
}

impl Body for LogBody {
    fn description(&self) -> &BodyDescription {
        &self.log.body
    }

    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        if self.tick >= self.ticks() {
            return Err(BodyError::Ended);
        }
        let now = self.now();
        percepts.now = now;
        while let Some(reading) = self.log.readings.get(self.next)
            && reading.received <= now
        {
            let misfit = || BodyError::Lost(format!("slot {} does not fit the body", reading.slot));
            let slot = percepts.slots_mut().get_mut(reading.slot).ok_or_else(misfit)?;
            let stamp = reading.stamp.min(now);
            if slot.stamp().is_none_or(|last| last <= stamp) {
                slot.put(stamp, |place| place.copy_from(&reading.reading));
            }
            self.next += 1;
        }
        Ok(())
    }

    fn act(&mut self, _: &Command) -> Result<(), BodyError> {
        self.tick += 1;
        Ok(())
    }
}
