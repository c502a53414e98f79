//! A world: bodies that share one time. The simulator's arena has several; [`Single`] makes one of any [`Body`].

use nalgebra::Isometry3;

use crate::body::{Body, BodyDescription, BodyError};
use crate::{Command, Percepts, Stamp};

/// Three verbs: bodies sense and act, and time goes on for all of them together.
///
/// `sense` and `act` keep to the contract of [`Body`]. `advance` is called once a step, after the commands of that step; a world
/// whose time goes on by itself (a robot) has nothing to do in it.
pub trait World {
    /// How many bodies there are; it does not change.
    fn bodies(&self) -> usize;

    /// What the body `body` consists of, from 0.
    fn description(&self, body: usize) -> &BodyDescription;

    /// Hands over the latest readings of a body.
    ///
    /// # Errors
    /// If the body is gone, or there is nothing more to sense.
    fn sense(&mut self, body: usize, percepts: &mut Percepts) -> Result<(), BodyError>;

    /// Takes the command for a body.
    ///
    /// # Errors
    /// If the body is gone.
    fn act(&mut self, body: usize, command: &Command) -> Result<(), BodyError>;

    /// Nobody drives this body any more: it takes up its safe state and keeps it. `command` is its last one, and a stop.
    ///
    /// # Errors
    /// If the body is gone.
    fn release(&mut self, body: usize, command: &Command) -> Result<(), BodyError> {
        self.act(body, command)
    }

    /// Time goes on by one step.
    ///
    /// # Errors
    /// If the world is gone.
    fn advance(&mut self) -> Result<(), BodyError>;

    /// What is true of a body now, where the world knows it. No brain is shown it.
    fn truth(&self, _body: usize) -> Option<Truth> {
        None
    }

    /// What happened in the last step, in its order.
    fn incidents(&self) -> &[Incident] {
        &[]
    }
}

/// What is true of a body, for judges, recorders and trainers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// When.
    pub stamp: Stamp,
    /// Pose of `base_link` in the world.
    pub pose: Isometry3<f64>,
    /// Speed of the base over the ground, m/s.
    pub speed: f64,
    /// Energy drawn so far, J.
    pub energy: f64,
    /// Length of a step of the world, s.
    pub timestep: f64,
}

/// Something that happened to a body in a step of its world.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Incident {
    /// A part of it began to touch something that is not ground.
    Touch {
        /// Which body, from 0.
        body: usize,
        /// Speed at which the surfaces met, along the contact's normal, m/s.
        speed: f64,
        /// Where `base_link` was, m.
        at: [f64; 2],
    },
    /// A fault of a sense began or ended.
    Fault {
        /// Which body, from 0.
        body: usize,
        /// The slot of the sense.
        slot: usize,
        /// Whether it began.
        has_begun: bool,
    },
}

impl Incident {
    /// The body that it happened to.
    #[must_use]
    pub fn body(&self) -> usize {
        match self {
            Self::Touch { body, .. } | Self::Fault { body, .. } => *body,
        }
    }
}

/// A world of one body, whose time is the body's own.
#[derive(Clone, Debug)]
pub struct Single<B>(pub B);

impl<B: Body> World for Single<B> {
    fn bodies(&self) -> usize {
        1
    }

    fn description(&self, _: usize) -> &BodyDescription {
        self.0.description()
    }

    fn sense(&mut self, _: usize, percepts: &mut Percepts) -> Result<(), BodyError> {
        self.0.sense(percepts)
    }

    fn act(&mut self, _: usize, command: &Command) -> Result<(), BodyError> {
        self.0.act(command)
    }

    fn advance(&mut self) -> Result<(), BodyError> {
        Ok(())
    }
}

impl<B: Body + ?Sized> Body for &mut B {
    fn description(&self) -> &BodyDescription {
        (**self).description()
    }

    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError> {
        (**self).sense(percepts)
    }

    fn act(&mut self, command: &Command) -> Result<(), BodyError> {
        (**self).act(command)
    }
}
