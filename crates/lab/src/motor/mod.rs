//! Motor circuits at work without a mind above them: tasks for bodies, and rollouts that say how well one was done.

pub mod calibrate;
pub mod conditions;
pub mod figure;
mod rollout;
mod subject;
pub mod task;

pub use conditions::Conditions;
pub use neuraxis_sim::wave;
pub use rollout::{Rollout, Start, roll};
pub use subject::{Subject, SubjectError, circuit_name};
pub use task::Task;
