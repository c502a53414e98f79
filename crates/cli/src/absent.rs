//! What this build was made without, and how to get it.

use std::ffi::OsString;

use clap::Args;

use crate::exit::Exit;
use crate::output;

/// How to get what was left out.
pub(crate) const HOW: &str = "build neuraxis without --no-default-features: `cargo build --release`";

/// A part of the program that a build can be without.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// The feature `sim`.
    #[cfg(not(feature = "sim"))]
    Simulator,
    /// The feature `lab`.
    #[cfg(not(feature = "lab"))]
    Laboratory,
}

/// The arguments of a verb that is not in this build, whatever they are.
#[derive(Args, Debug)]
pub(crate) struct Anything {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    arguments: Vec<OsString>,
}

/// Says that this build cannot do `what`, for it is without `part`.
pub(crate) fn absent(what: &str, part: Part) -> Exit {
    let part = match part {
        #[cfg(not(feature = "sim"))]
        Part::Simulator => "simulator",
        #[cfg(not(feature = "lab"))]
        Part::Laboratory => "laboratory",
    };
    output::usage_error(&format!("this build has no {part}: it cannot `neuraxis {what}`"), HOW)
}
