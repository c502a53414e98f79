//! Motor circuits at work without a mind above them: tasks for bodies, and rollouts that say how well one was done.

pub mod calibrate;
pub mod conditions;
mod env;
pub mod figure;
mod rollout;
pub mod task;

pub use conditions::EpisodeConditions;
pub use env::{MotorEnv, MotorEnvError, circuit_name};
pub use neuraxis_sim::wave;
pub use rollout::{Rollout, Start, run_episode};
pub use task::Task;
