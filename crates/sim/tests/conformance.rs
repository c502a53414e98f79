//! The simulated body keeps to what a body has to keep to, and the check finds a body that does not.

mod common;

use neuraxis_core::body::{Body, BodyDescription, BodyError};
use neuraxis_core::{Command, Percepts, conformance};
use neuraxis_testing::body_laws;

body_laws!(simulated, || common::solo(common::OPEN, 5));

/// A body that lies about the time of its readings.
struct Liar<B>(B);

impl<B: Body> Body for Liar<B> {
    fn description(&self) -> &BodyDescription {
        self.0.description()
    }
    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        self.0.sense(percepts)?;
        let late = percepts.now + 1;
        if let Some(slot) = percepts.slots_mut().first_mut() {
            slot.put(late, |_| {});
        }
        Ok(())
    }
    fn act(&mut self, command: &Command) -> Result<(), BodyError> {
        self.0.act(command)
    }
}

#[test]
fn a_body_that_lies_is_found() {
    let faults = conformance::check(|| Liar(common::solo(common::OPEN, 5)));
    assert!(faults.iter().any(|fault| fault.contains("from the future")), "{faults:#?}");
}

#[test]
fn a_body_that_differs_from_itself_is_found() {
    let mut seed = 0;
    let faults = conformance::check(|| {
        seed += 1;
        common::solo(common::OPEN, seed)
    });
    assert!(faults.iter().any(|fault| fault.contains("different things")), "{faults:#?}");
}
