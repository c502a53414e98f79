//! The simulated body: arenas of Rapier worlds with robots, senses and faults, stepped by a Bevy schedule.
//!
//! It knows bodies and not brains: a brain is whatever implements `neuraxis_core::Brain`. Everything
//! that a trial computes follows from the files and the seed.

pub mod app;
pub mod arena;
pub mod body;
mod convert;
mod judge;
mod limits;
pub mod medium;
mod mesh;
pub mod model;
mod motors;
mod reduced;
pub mod robot;
pub mod scene;
mod senses;
pub mod swimmer;
pub mod wave;

pub use app::Batch;
pub use arena::{Arena, Outcome, Score, Setup};
pub use body::SoloBody;
pub use robot::RobotModel;
pub use scene::Scene;
