//! The thread that writes recordings: it empties the rings, so that no brain waits for a disk.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, TryRecvError};
use std::thread::JoinHandle;
use std::time::Duration;

use neuraxis_core::body::BodyDescription;
use rtrb::{Consumer, RingBuffer};

use crate::Tap;
use crate::header::RecordingHeader;
use crate::output::{Output, OutputFile};
use crate::sink::Sink;

/// How long the thread rests when there is nothing to write.
const REST: Duration = Duration::from_micros(500);

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
    pub fn open(&self, path: &Path, header: RecordingHeader) -> io::Result<Tap> {
        let file = OutputFile::create(path).map_err(io::Error::other)?;
        self.begin(Output::new(Some(file)), header)
    }

    /// Shows on `server` what the tap is told, and writes it into the recording `path` besides, if there is one.
    ///
    /// # Errors
    /// If the file cannot be written.
    #[cfg(feature = "live")]
    pub fn show(
        &self,
        server: &crate::LiveServer,
        path: Option<&Path>,
        header: RecordingHeader,
    ) -> io::Result<Tap> {
        let file = path.map(OutputFile::create).transpose().map_err(io::Error::other)?;
        self.begin(Output::new(file).with_live(server.output()), header)
    }

    fn begin(&self, output: Output, header: RecordingHeader) -> io::Result<Tap> {
        let bodies: Vec<BodyDescription> = header.robots.iter().map(|robot| robot.body.clone()).collect();
        let bodies: Vec<&BodyDescription> = bodies.iter().collect();
        let (_, capacity) = Tap::sizes(&bodies);
        let (producer, ring) = RingBuffer::new(capacity);
        let fell_behind = Arc::new(AtomicBool::new(false));
        let tap = Tap::new(producer, &bodies, fell_behind.clone());
        let sink = Sink::begin(output, header).map_err(io::Error::other)?;
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
