//! The swimmer's peer as a process: a Python with MuJoCo and `dm_control` that measures its pace when it is asked to.
//!
//! It runs `scripts/peer_swimmer.py pace --json`: a line about itself, then for each line that it gets another one with the
//! paces of a round. Between rounds it waits for its input and takes no time of the computer's.

use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::exit::Exit;
use crate::output;

const SCRIPT: &str = include_str!("../../../scripts/peer_swimmer.py");
/// What the script needs, as its own text has it.
const PACKAGES: &str = "mujoco==3.17.0 dm_control==1.0.50";
/// How often it is looked whether somebody interrupts.
const LOOK: Duration = Duration::from_millis(100);
/// Looks without an answer after which it is given up: two minutes.
const PATIENCE: u32 = 1200;
/// The longest line that is read, bytes.
const LONGEST: u64 = 1 << 16;

/// Control steps a CPU-second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Paces {
    /// Of `mj_step` alone, in C.
    pub(crate) mj_step: f64,
    /// Of `mj_step` with the circuit in Python.
    pub(crate) circuit: f64,
    /// Of `dm_control`'s `env.step`, with actions that were drawn before.
    pub(crate) dm_control: f64,
}

impl Paces {
    /// The best of each.
    pub(crate) fn max(self, other: Self) -> Self {
        Self {
            mj_step: self.mj_step.max(other.mj_step),
            circuit: self.circuit.max(other.circuit),
            dm_control: self.dm_control.max(other.dm_control),
        }
    }

    fn are_possible(&self) -> bool {
        [self.mj_step, self.circuit, self.dm_control].iter().all(|pace| pace.is_finite() && *pace > 0.0)
    }
}

/// What the script says of itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct About {
    mujoco: String,
}

/// A Python that has MuJoCo and waits to be asked; it ends with this value.
pub(crate) struct Peer {
    python: PathBuf,
    child: Child,
    asks: ChildStdin,
    answers: Receiver<String>,
    complaints: Receiver<String>,
    about: About,
}

impl Peer {
    /// Starts `python` and waits until it is ready.
    ///
    /// # Errors
    /// If it cannot be started, lacks a package, says what nobody understands, or `stop` is set: the exit code of what was said.
    pub(crate) fn start(python: &Path, stop: &AtomicBool) -> Result<Self, Exit> {
        let started = Command::new(python)
            .args(["-c", SCRIPT, "pace", "--json"])
            // What lies in the current folder is no module of its.
            .env("PYTHONSAFEPATH", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = started.map_err(|error| {
            let message = format!("cannot start the Python {}: {error}", python.display());
            output::usage_error(
                &message,
                "give the path of a Python with mujoco and dm_control, as peer/bin/python",
            )
        })?;
        let (Some(asks), Some(says), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(output::usage_error("the Python has no input and output", "give another one"));
        };
        let about = About { mujoco: String::new() };
        let (answers, complaints) = (lines_of(says), text_of(errors));
        let mut peer = Self { python: python.to_owned(), child, asks, answers, complaints, about };
        peer.about = peer.answer(stop)?;
        Ok(peer)
    }

    /// Its version of MuJoCo.
    pub(crate) fn mujoco(&self) -> &str {
        &self.about.mujoco
    }

    /// What another round comes to.
    ///
    /// # Errors
    /// As [`Peer::start`].
    pub(crate) fn round(&mut self, stop: &AtomicBool) -> Result<Paces, Exit> {
        // Who has gone does not answer either, and is told about there.
        let _ = self.asks.write_all(b"\n").and_then(|()| self.asks.flush());
        let paces: Paces = self.answer(stop)?;
        if !paces.are_possible() {
            let message = format!("{} measured a pace that cannot be: {paces:?}", self.python.display());
            return Err(output::usage_error(&message, "try again, or leave out --peer"));
        }
        Ok(paces)
    }

    fn answer<T: DeserializeOwned>(&mut self, stop: &AtomicBool) -> Result<T, Exit> {
        let name = self.python.display();
        for _ in 0..PATIENCE {
            let said = self.answers.recv_timeout(LOOK);
            if stop.load(Ordering::SeqCst) {
                eprintln!("interrupted: nothing was written");
                return Err(Exit::Crashed);
            }
            match said {
                Ok(line) => {
                    return serde_json::from_str(&line).map_err(|_| {
                        let message =
                            format!("{name} said what is no answer: {}", shortened(line.trim_end()));
                        output::usage_error(
                            &message,
                            "is it a Python? give the path of one with mujoco and dm_control",
                        )
                    });
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let complaints = self.complaints.recv_timeout(10 * LOOK).unwrap_or_default();
                    let (message, help) = told(&self.python, &complaints);
                    return Err(output::usage_error(&message, &help));
                }
            }
        }
        let message = format!("{name} has not answered for {} s", (PATIENCE * LOOK).as_secs());
        Err(output::usage_error(&message, "try again when the computer has less to do, or leave out --peer"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have gone by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Why a Python that left `complaints` ended without an answer, and what to do.
fn told(python: &Path, complaints: &str) -> (String, String) {
    let name = python.display();
    let missing = complaints.split("No module named '").nth(1).and_then(|rest| rest.split('\'').next());
    if let Some(missing) = missing {
        let message = format!("the Python {name} has no module `{missing}`");
        return (message, format!("install what is missing: \"{name}\" -m pip install {PACKAGES}"));
    }
    let last = complaints.lines().rev().find(|line| !line.trim().is_empty());
    let why = last.map_or("it said nothing".to_owned(), |line| shortened(line.trim()));
    let message = format!("{name} ended without an answer: {why}");
    (message, format!("give a Python with mujoco and dm_control (`pip install {PACKAGES}`)"))
}

/// The beginning of a line that may be long.
fn shortened(line: &str) -> String {
    const MAX: usize = 200;
    if line.chars().count() <= MAX {
        line.to_owned()
    } else {
        line.chars().take(MAX).collect::<String>() + ".."
    }
}

/// The lines of `source`, as they come.
fn lines_of(source: impl Read + Send + 'static) -> Receiver<String> {
    // Who talks without being asked waits.
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut source = BufReader::new(source);
        loop {
            let mut line = Vec::new();
            match source.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
                Ok(1..) if sender.send(String::from_utf8_lossy(&line).into_owned()).is_ok() => {}
                _ => return,
            }
        }
    });
    receiver
}

/// All of `source`, at its end; of a long text the beginning.
fn text_of(mut source: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut text = Vec::new();
        // What could be read is told, and nobody may be there to hear it.
        let _ = source.by_ref().take(LONGEST).read_to_end(&mut text);
        let _ = io::copy(&mut source, &mut io::sink());
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_are_those_that_the_script_asks_for() {
        assert!(SCRIPT.contains(&format!("pip install {PACKAGES}")));
    }

    #[test]
    fn the_best_of_each_pace_counts_and_none_may_be_nonsense() {
        let paces = |text: &str| serde_json::from_str::<Paces>(text).expect(text);
        let first = paces(r#"{"mj_step": 21086.4, "circuit": 16099.0, "dm_control": 12751.2}"#);
        let second = paces(r#"{"mj_step": 19955.6, "circuit": 16100.5, "dm_control": 13145.3}"#);
        let best = Paces { mj_step: 21086.4, circuit: 16100.5, dm_control: 13145.3 };
        assert_eq!(first.max(second), best);
        assert!(best.are_possible() && !Paces { circuit: 0.0, ..best }.are_possible());
        assert!(!Paces { dm_control: f64::INFINITY, ..best }.are_possible());
        assert!(serde_json::from_str::<Paces>(r#"{"mj_step": 21086.4}"#).is_err());
    }

    #[test]
    fn a_missing_feature_is_named_with_how_to_get_it() {
        let trace =
            "Traceback (most recent call last):\n  ..\nModuleNotFoundError: No module named 'dm_control'\n";
        let (message, help) = told(Path::new("peer/python"), trace);
        assert!(message.contains("no module `dm_control`"), "{message}");
        assert!(help.contains("peer/python\" -m pip install mujoco=="), "{help}");
        let (message, _) = told(Path::new("python"), "Traceback\nImportError: libGL.so.1: cannot open\n\n");
        assert!(message.ends_with("libGL.so.1: cannot open"), "{message}");
    }

    #[test]
    fn a_line_without_an_end_is_read_in_pieces() {
        let endless = lines_of(io::repeat(b'y'));
        let first = endless.recv_timeout(Duration::from_mins(1)).expect("a piece");
        assert_eq!(first.len() as u64, LONGEST);
        assert_eq!(shortened(&first).len(), 202);
    }
}
