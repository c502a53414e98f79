//! The exit codes, for scripts to rely on.

use std::process::ExitCode;

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All that was asked held.
    Success = 0,
    /// A trial failed.
    #[cfg_attr(not(feature = "sim"), expect(dead_code, reason = "without a simulator there are no trials"))]
    Failed = 1,
    /// The command line or a file is wrong; nothing ran.
    Usage = 2,
    /// A crash, an interrupt, the time limit, or a disk that is full.
    #[cfg_attr(
        not(feature = "sim"),
        expect(dead_code, reason = "what is there writes no results that could be cut short")
    )]
    Crashed = 3,
    /// A replay did something else than what was recorded, or two recordings differ.
    Differs = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
