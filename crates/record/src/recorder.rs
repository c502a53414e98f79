//! The thread that writes recordings: it empties the rings, so that no brain waits for a disk.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, TryRecvError};
use std::thread::JoinHandle;
use std::time::Duration;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Goal, Pose2};
use rtrb::{Consumer, RingBuffer};
use serde::{Deserialize, Serialize};

use crate::Tap;
use crate::output::{Output, OutputFile};
use crate::sink::Sink;

/// How long the thread rests when there is nothing to write.
const REST: Duration = Duration::from_micros(500);

/// What a recording says of a trial before its first tick.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The robots, in the order of the scene file.
    pub robots: Vec<SessionRobot>,
    /// Every file that the trial is made of: a name with slashes, and its bytes.
    pub attachments: Vec<(String, Arc<[u8]>)>,
    /// Whatever else is needed to run it again: seed, settings, names of the files.
    pub facts: BTreeMap<String, String>,
    /// Recorded time after which a piece of the file is closed, ns: what a process that is killed loses at most.
    pub chunk_period: u64,
}

/// A robot of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionRobot {
    /// Its body, as its brain knows it.
    pub body: BodyDescription,
    /// Where it starts, in the map.
    pub start: Pose2,
    /// Its goals, one after the other. Old recordings have one, as x, y and tolerance.
    #[serde(alias = "goal", deserialize_with = "goals")]
    pub goals: Vec<Goal>,
    /// Ticks a second, Hz.
    pub rate: f64,
    /// The names of its brain's cues.
    pub cues: Vec<String>,
    /// The name of its robot file among the attachments.
    pub file: String,
}

/// Goals as they are written now, or one as it was.
fn goals<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Vec<Goal>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Now(Vec<Goal>),
        Once(Option<[f64; 3]>),
    }
    Ok(match Written::deserialize(source)? {
        Written::Now(goals) => goals,
        Written::Once(goal) => {
            goal.map(|[x, y, tolerance]| Goal::Reach { x, y, tolerance }).into_iter().collect()
        }
    })
}

/// A recording that has been written, or was to be.
#[derive(Debug)]
pub struct Finished {
    /// The file; empty if it was only shown.
    pub path: PathBuf,
    /// What went wrong, for a person.
    pub error: Option<String>,
}

/// Writes recordings from a thread of its own.
pub struct Recorder {
    orders: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<Vec<Finished>>>,
}

struct Job {
    ring: Consumer<u8>,
    sink: Sink,
    fell_behind: Arc<AtomicBool>,
    error: Option<String>,
    frame: Vec<u8>,
}

impl Recorder {
    /// Starts the thread; with `failures_only`, recordings of trials that went well are removed again.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(failures_only: bool) -> io::Result<Self> {
        let (orders, incoming) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new()
            .name("neuraxis-recorder".to_owned())
            .spawn(move || write_all(&incoming, failures_only))?;
        Ok(Self { orders: Some(orders), thread: Some(thread) })
    }

    /// Begins the recording `path`; what the tap is told goes into it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn open(&self, path: &Path, session: Session) -> io::Result<Tap> {
        let file = OutputFile::create(path).map_err(io::Error::other)?;
        self.begin(Output::new(Some(file)), session)
    }

    /// Shows on `server` what the tap is told, and writes it into the recording `path` besides, if there is one.
    ///
    /// # Errors
    /// If the file cannot be written.
    #[cfg(feature = "live")]
    pub fn show(&self, server: &crate::LiveServer, path: Option<&Path>, session: Session) -> io::Result<Tap> {
        let file = path.map(OutputFile::create).transpose().map_err(io::Error::other)?;
        self.begin(Output::new(file).with_live(server.output()), session)
    }

    fn begin(&self, output: Output, session: Session) -> io::Result<Tap> {
        let bodies: Vec<BodyDescription> = session.robots.iter().map(|robot| robot.body.clone()).collect();
        let bodies: Vec<&BodyDescription> = bodies.iter().collect();
        let (_, capacity) = Tap::sizes(&bodies);
        let (producer, ring) = RingBuffer::new(capacity);
        let fell_behind = Arc::new(AtomicBool::new(false));
        let tap = Tap::new(producer, &bodies, fell_behind.clone());
        let sink = Sink::begin(output, session).map_err(io::Error::other)?;
        let job = Job { ring, sink, fell_behind, error: None, frame: Vec::new() };
        match &self.orders {
            Some(orders) if orders.send(job).is_ok() => Ok(tap),
            _ => Err(io::Error::other("the recorder has ended")),
        }
    }

    /// Waits until everything is written; one entry for each recording that was kept or went wrong.
    #[must_use]
    pub fn close(mut self) -> Vec<Finished> {
        self.orders = None;
        self.thread.take().and_then(|thread| thread.join().ok()).unwrap_or_default()
    }
}

fn write_all(incoming: &mpsc::Receiver<Job>, failures_only: bool) -> Vec<Finished> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut finished = Vec::new();
    let mut more = true;
    while more || !jobs.is_empty() {
        loop {
            match incoming.try_recv() {
                Ok(job) => jobs.push(job),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => {
                    more = false;
                    break;
                }
            }
        }
        let mut rests = true;
        let mut i = 0;
        while i < jobs.len() {
            // Asked first: what the producer sent before it went is then in the ring.
            let is_last = jobs[i].ring.is_abandoned();
            rests &= !jobs[i].drain();
            if is_last && jobs[i].ring.is_empty() {
                let mut job = jobs.swap_remove(i);
                finished.extend(job.finish(failures_only));
            } else {
                i += 1;
            }
        }
        if rests {
            std::thread::sleep(REST);
        }
    }
    finished
}

impl Job {
    /// Writes what is in the ring; whether there was anything.
    fn drain(&mut self) -> bool {
        let mut busy = false;
        let mut length = [0; 4];
        // A frame is sent whole: where its length is, the rest is too.
        while self.ring.pop_entire_slice(&mut length).is_ok() {
            busy = true;
            self.frame.resize(u32::from_le_bytes(length) as usize, 0);
            if self.ring.pop_entire_slice(&mut self.frame).is_err() {
                self.error.get_or_insert_with(|| "a frame was cut short".to_owned());
                break;
            }
            // After an error the ring is emptied all the same, so that nobody waits for room.
            if self.error.is_none()
                && let Err(error) = self.sink.take(&self.frame)
            {
                self.error = Some(error.to_string());
            }
        }
        busy
    }

    fn finish(&mut self, failures_only: bool) -> Option<Finished> {
        let mut is_kept = true;
        if self.error.is_none() {
            match self.sink.finish(failures_only) {
                Ok(kept) => is_kept = kept,
                Err(error) => self.error = Some(error.to_string()),
            }
        }
        if self.fell_behind.load(Ordering::Relaxed) {
            self.error.get_or_insert_with(|| "the recorder fell behind: ticks are missing".to_owned());
        }
        let file = self.sink.file();
        let error = self.error.take().map(|error| {
            let kept = match file.map(OutputFile::part).filter(|part| part.exists()) {
                Some(part) => format!(" (what was written stands in {})", part.display()),
                None => String::new(),
            };
            format!("{error}{kept}")
        });
        let path = file.map_or_else(PathBuf::new, |file| file.path().to_owned());
        (error.is_some() || is_kept && file.is_some()).then_some(Finished { path, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_read_as_they_are_written_and_as_they_were() {
        #[derive(Deserialize)]
        struct Part {
            #[serde(alias = "goal", deserialize_with = "goals")]
            goals: Vec<Goal>,
        }
        let read = |text: &str| serde_json::from_str::<Part>(text).expect("goals").goals;
        let there = Goal::Reach { x: 1.0, y: 2.0, tolerance: 0.25 };
        assert_eq!(read(r#"{"goal": [1.0, 2.0, 0.25]}"#), [there]);
        assert_eq!(read(r#"{"goal": null}"#), []);
        let back = Goal::Return { to: neuraxis_core::Landmark::Start, tolerance: 0.1 };
        let list = serde_json::to_string(&[there, Goal::Explore { reach: 0.5 }, back]).expect("text");
        assert_eq!(read(&format!(r#"{{"goals": {list}}}"#)), [there, Goal::Explore { reach: 0.5 }, back]);
    }
}
