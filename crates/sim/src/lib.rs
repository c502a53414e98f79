//! The simulated bodies: arenas of Rapier worlds with robots, senses and faults, and the Bevy app that runs many at once.
//!
//! It knows bodies and not brains, and nothing of trials: an [`Arena`] is a `neuraxis_core::World`, which a session drives.

pub mod app;
pub mod arena;
pub mod body;
mod convert;
mod limits;
pub mod medium;
mod mesh;
pub mod model;
mod motors;
mod reduced;
pub mod robot;
pub mod scene;
mod senses;
mod state;
pub mod swimmer;
pub mod wave;

pub use app::Batch;
pub use arena::{Arena, SimRobot};
pub use body::SoloBody;
pub use robot::RobotModel;
pub use scene::Scene;
