//! A brain composed from the `brain:` block of a robot's file.
//!
//! One tick: percepts → fusion → needs → cognition → motor → safety → command. The parts know only the
//! core; here is the one place that knows all of them. [`lock_step`] drives a body whose time stands
//! still while the brain thinks, [`real_time`] one whose time does not.

mod landmarks;
pub mod lock_step;
pub mod needs;
mod parts;
pub mod real_time;
pub mod reflex;
pub mod safety;
mod saving;
pub mod spec;
mod tick;

pub use safety::{SafetySpec, Supervisor};
pub use spec::BrainSpec;
pub use tick::{BrainError, RobotBrain};

/// A robot file with its brain's block.
pub type RobotFile = neuraxis_core::robot::Robot<BrainSpec>;
