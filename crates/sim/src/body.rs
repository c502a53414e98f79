//! A single robot in an arena of its own, as a [`Body`]: for benches and tests of bodies.

use std::sync::Arc;

use neuraxis_core::body::{Body, BodyDescription, BodyError};
use neuraxis_core::world::{Incident, World as _};
use neuraxis_core::{Command, Percepts, time};

use crate::arena::Arena;

/// The lowest that a body can be and still be in the world, m.
const BOTTOM: f64 = -1.0;

/// The first robot of an arena: `act` moves the world on to the next tick.
pub struct SoloBody {
    arena: Arena,
    description: Arc<BodyDescription>,
    period: u64,
    first_touch: Option<f64>,
    is_over: bool,
}

impl SoloBody {
    /// The first robot of `arena`; a tick takes `1/rate` s.
    #[must_use]
    pub fn new(arena: Arena, rate: f64) -> Option<Self> {
        let description = arena.robots().first()?.model.description.clone();
        Some(Self { arena, description, period: time::period(rate), first_touch: None, is_over: false })
    }

    /// The arena around the robot.
    #[must_use]
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Speed at which the robot first touched something that is not ground, m/s.
    #[must_use]
    pub fn first_touch(&self) -> Option<f64> {
        self.first_touch
    }

    /// Whether it fell out of the world, or physics broke down.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        let pose = self.arena.robots()[0].pose();
        let mut numbers = pose.translation.vector.iter().chain(pose.rotation.coords.iter());
        !numbers.all(|number| number.is_finite()) || pose.translation.z < BOTTOM
    }

    fn look(&mut self) {
        for incident in self.arena.incidents() {
            if let Incident::Touch { body: 0, speed, .. } = incident {
                self.first_touch.get_or_insert(*speed);
            }
        }
        self.is_over = self.is_lost() || self.arena.now() >= self.arena.time_limit();
    }
}

impl Body for SoloBody {
    fn description(&self) -> &BodyDescription {
        &self.description
    }

    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        if self.is_over {
            return Err(BodyError::Ended);
        }
        self.arena.sense(0, percepts)
    }

    fn act(&mut self, command: &Command) -> Result<(), BodyError> {
        if self.is_over {
            return Err(BodyError::Ended);
        }
        self.arena.act(0, command)?;
        let until = self.arena.now() + self.period;
        while self.arena.now() < until && !self.is_over {
            self.arena.advance()?;
            self.look();
        }
        Ok(())
    }
}
