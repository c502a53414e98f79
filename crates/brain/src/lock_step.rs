//! The loop for bodies whose time stands still while the brain thinks: simulators and recordings.

use neuraxis_core::body::{Body, BodyError};
use neuraxis_core::{Brain, Command, Percepts};

/// Drives `body` with `brain` until the body ends or `go_on`, asked once a tick, says no. Returns the
/// number of ticks.
///
/// # Errors
/// If the body is lost. That it ends is no error.
pub fn run(
    body: &mut dyn Body,
    brain: &mut dyn Brain,
    mut go_on: impl FnMut(&Percepts, &Command) -> bool,
) -> Result<u64, BodyError> {
    let mut percepts = body.description().percepts();
    let mut command = body.description().command();
    let mut ticks = 0;
    loop {
        match body.sense(&mut percepts) {
            Ok(()) => {}
            Err(BodyError::Ended) => return Ok(ticks),
            Err(error) => return Err(error),
        }
        brain.tick(&percepts, &mut command);
        ticks += 1;
        let more = go_on(&percepts, &command);
        match body.act(&command) {
            Ok(()) if more => {}
            Ok(()) | Err(BodyError::Ended) => return Ok(ticks),
            Err(error) => return Err(error),
        }
    }
}
