//! `neuraxis run --live`: the view for those who look on, and the pace at which a person can.

use std::io;
use std::path::Path;
use std::time::Instant;

use neuraxis_core::{Brain, Command, Observer, Percepts, Pose2, Stamp};
use neuraxis_record::{Recorder, RecordingHeader, Tap};

use crate::exit::Exit;
use crate::output;

/// Where trials are shown.
pub(crate) struct Stage {
    #[cfg(feature = "live")]
    server: neuraxis_record::LiveServer,
}

#[cfg(feature = "live")]
impl Stage {
    /// Opens it, and says where it is.
    pub(crate) fn open(port: u16) -> Result<Self, Exit> {
        let server = neuraxis_record::LiveServer::start(port).map_err(|error| {
            let help = "another program may be using the port: name a free one, for example `--live=8766`";
            output::usage(&format!("cannot listen on port {port} of this computer: {error}"), help)
        })?;
        eprintln!("live: open ws://127.0.0.1:{} in Foxglove (Open connection)", server.port());
        Ok(Self { server })
    }

    /// Begins to show a trial, and to record it if there is a path for it.
    pub(crate) fn show(
        &self,
        recorder: &Recorder,
        path: Option<&Path>,
        header: RecordingHeader,
    ) -> io::Result<Tap> {
        recorder.show(&self.server, path, header)
    }

    /// Says good-bye to those who look on.
    pub(crate) fn close(self) {
        self.server.close();
    }
}

#[cfg(not(feature = "live"))]
impl Stage {
    /// Says that there is none.
    pub(crate) fn open(_port: u16) -> Result<Self, Exit> {
        let help =
            "build neuraxis with its feature `live`, which is on unless --no-default-features is given";
        Err(output::usage("this build has no live view", help))
    }

    /// Never called: nobody has a stage.
    pub(crate) fn show(
        &self,
        recorder: &Recorder,
        path: Option<&Path>,
        header: RecordingHeader,
    ) -> io::Result<Tap> {
        match path {
            Some(path) => recorder.open(path, header),
            None => Err(io::Error::other("this build has no live view")),
        }
    }

    /// Never called either.
    pub(crate) fn close(self) {}
}

/// An observer that has room only when the clock on the wall has come as far as the trial.
///
/// Simulated time stands still meanwhile, so that what is shown is the same trial, bit by bit.
pub(crate) struct Paced {
    inner: Box<dyn Observer>,
    speed: f64,
    start: Option<Instant>,
    time: Stamp,
}

impl Paced {
    /// Holds what `inner` sees to `speed` times the pace of the clock.
    pub(crate) fn new(inner: Box<dyn Observer>, speed: f64) -> Self {
        Self { inner, speed, start: None, time: Stamp::ZERO }
    }
}

impl Observer for Paced {
    fn ticked(&mut self, robot: usize, percepts: &Percepts, command: &Command, brain: &dyn Brain) {
        self.time = self.time.max(percepts.now);
        self.inner.ticked(robot, percepts, command, brain);
    }

    fn stood(&mut self, robot: usize, stamp: Stamp, truth: &Pose2) {
        self.time = self.time.max(stamp);
        self.inner.stood(robot, stamp, truth);
    }

    #[expect(clippy::disallowed_methods, reason = "a person looks on at the pace of the clock")]
    fn has_room(&mut self) -> bool {
        let start = *self.start.get_or_insert_with(Instant::now);
        start.elapsed().as_secs_f64() * self.speed >= self.time.seconds() && self.inner.has_room()
    }

    fn ended(&mut self, verdict: &str, is_failure: bool) {
        self.inner.ended(verdict, is_failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Blind;

    impl Observer for Blind {
        fn ticked(&mut self, _: usize, _: &Percepts, _: &Command, _: &dyn Brain) {}
        fn stood(&mut self, _: usize, _: Stamp, _: &Pose2) {}
        fn has_room(&mut self) -> bool {
            true
        }
        fn ended(&mut self, _: &str, _: bool) {}
    }

    #[test]
    fn a_trial_waits_for_the_clock() {
        let mut paced = Paced::new(Box::new(Blind), 1.0);
        assert!(paced.has_room());
        // An hour ahead of the clock, whatever machine this is.
        paced.stood(0, Stamp::from_seconds(3600.0), &Pose2::default());
        assert!(!paced.has_room());
        let mut hurried = Paced::new(Box::new(Blind), 1e12);
        hurried.stood(0, Stamp::from_seconds(3600.0), &Pose2::default());
        while !hurried.has_room() {
            std::thread::yield_now();
        }
    }
}
