//! The recorded body: shows a brain the senses of a recording, tick by tick, and lets it act on nothing.

use std::sync::Arc;

use neuraxis_core::body::{Body, BodyDescription, BodyError};
use neuraxis_core::{Command, Percepts, Stamp};

use crate::recording::RecordedRobot;
use crate::trace::{self, TickRecord};

/// A body out of a recording. Time is the recording's; what it is told changes nothing.
#[derive(Clone, Debug)]
pub struct ReplayBody {
    description: BodyDescription,
    ticks: Arc<Vec<TickRecord>>,
    next: usize,
}

impl ReplayBody {
    /// The body of `robot`, at its first tick.
    #[must_use]
    pub fn new(robot: &RecordedRobot) -> Self {
        Self::shared(robot.header.body.clone(), Arc::new(robot.ticks.clone()))
    }

    /// A body with this description that feels `ticks`; for several bodies out of one recording.
    #[must_use]
    pub fn shared(description: BodyDescription, ticks: Arc<Vec<TickRecord>>) -> Self {
        Self { description, ticks, next: 0 }
    }

    /// The number of the tick that comes next, from 0.
    #[must_use]
    pub fn position(&self) -> usize {
        self.next
    }
}

impl Body for ReplayBody {
    fn description(&self) -> &BodyDescription {
        &self.description
    }

    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        let Some(tick) = self.ticks.get(self.next) else { return Err(BodyError::Ended) };
        percepts.now = Stamp(tick.stamp);
        percepts.stop_request = trace::stop_request_of(tick.stop);
        for sense in &tick.senses {
            let index = usize::from(sense.slot);
            let misfit =
                || BodyError::Lost(format!("tick {}: slot {index} does not fit the body", self.next));
            let slot = percepts.slots_mut().get_mut(index).ok_or_else(misfit)?;
            let mut fits = true;
            slot.restore(Stamp(sense.stamp), sense.sequence, |reading| {
                fits = reading.restore(&sense.values, &sense.ranges);
            });
            if !fits {
                return Err(misfit());
            }
        }
        Ok(())
    }

    fn act(&mut self, _: &Command) -> Result<(), BodyError> {
        self.next += 1;
        Ok(())
    }
}
