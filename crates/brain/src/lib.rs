//! A brain composed from the `brain:` block of a robot's file.
//!
//! One tick: percepts → fusion → needs → cognition → motor → safety → command. The parts know only the
//! core; here is the one place that knows all of them. [`session`] is the one loop that drives bodies, whether their time
//! stands still while the brain thinks or not.

pub mod clock;
mod landmarks;
pub mod loaded;
pub mod needs;
mod parts;
pub mod reflex;
pub mod safety;
mod saving;
pub mod session;
pub mod spec;
mod tick;

pub use clock::{Pace, Policy, Timing};
pub use loaded::LoadedRobot;
pub use safety::{SafetySpec, Supervisor};
pub use session::{Driver, Seat, Session, SessionError};
pub use spec::BrainSpec;
pub use tick::{BrainError, RobotBrain};

/// A robot file with its brain's block.
pub type RobotFile = neuraxis_core::robot::Robot<BrainSpec>;
