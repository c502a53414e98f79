//! `neuraxis run --live`: the view for those who look on.

use std::io;
use std::path::Path;

use neuraxis_record::{Recorder, RecordingHeader, Tap};

use crate::exit::Exit;
use crate::output;

/// Where trials are shown.
pub(crate) struct LiveView {
    #[cfg(feature = "live")]
    server: neuraxis_record::LiveServer,
}

#[cfg(feature = "live")]
impl LiveView {
    /// Opens it, and says where it is.
    pub(crate) fn open(port: u16) -> Result<Self, Exit> {
        let server = neuraxis_record::LiveServer::start(port).map_err(|error| {
            let help = "another program may be using the port: name a free one, for example `--live=8766`";
            output::usage_error(&format!("cannot listen on port {port} of this computer: {error}"), help)
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
impl LiveView {
    /// Says that there is none.
    pub(crate) fn open(_port: u16) -> Result<Self, Exit> {
        let help =
            "build neuraxis with its feature `live`, which is on unless --no-default-features is given";
        Err(output::usage_error("this build has no live view", help))
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
