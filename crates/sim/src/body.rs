//! A single robot in an arena of its own, as a [`Body`]: what a brain drives in lock step.

use std::sync::Arc;

use neuraxis_core::body::{Body, BodyDescription, BodyError};
use neuraxis_core::{Command, Percepts, time};

use crate::arena::Arena;

/// An arena whose first robot is driven from outside: `act` moves the world on to the next tick.
pub struct SoloBody {
    arena: Arena,
    description: Arc<BodyDescription>,
    period: u64,
}

impl SoloBody {
    /// The first robot of `arena`, which should have been set up without a brain; a tick takes `1/rate` s.
    #[must_use]
    pub fn new(arena: Arena, rate: f64) -> Option<Self> {
        let description = arena.robots().first()?.model.description.clone();
        Some(Self { arena, description, period: time::period(rate) })
    }

    /// The arena around the robot.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        &self.arena
    }
}

impl Body for SoloBody {
    fn description(&self) -> &BodyDescription {
        &self.description
    }

    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        if self.arena.is_over() {
            return Err(BodyError::Ended);
        }
        self.arena.apply_faults();
        self.arena.sense();
        let own = self.arena.robots()[0].percepts();
        percepts.now = own.now;
        for (slot, own) in percepts.slots_mut().iter_mut().zip(own.slots()) {
            slot.follow(own);
        }
        Ok(())
    }

    fn act(&mut self, command: &Command) -> Result<(), BodyError> {
        if self.arena.is_over() {
            return Err(BodyError::Ended);
        }
        self.arena.robots_mut()[0].set_command(command);
        let until = self.arena.now() + self.period;
        loop {
            self.arena.act();
            self.arena.advance();
            self.arena.keep_score();
            if self.arena.now() >= until || self.arena.is_over() {
                return Ok(());
            }
            self.arena.apply_faults();
            self.arena.sense();
        }
    }
}
