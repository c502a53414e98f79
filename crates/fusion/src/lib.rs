//! Fusion: from stamped, possibly stale or missing percepts to a [`Belief`] and a map.
//!
//! The rule is chosen in the robot's file: [`ekf`] or the plain [`odometry`] that it is measured
//! against. Both draw the same map with the same [`mapper`].

pub mod ekf;
pub mod mapper;
pub mod odometry;
pub mod scan_match;
mod senses;
pub mod spec;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Belief, OccupancyGrid, Percepts, Pose2};

pub use ekf::Ekf;
pub use odometry::DeadReckoning;
pub use spec::{FusionSpec, Rule};

/// Turns percepts into a belief and a map, once a tick.
pub trait Estimator: Send + Sync {
    /// Takes in what is new in `percepts`; it does not allocate, block or panic.
    fn update(&mut self, percepts: &Percepts);

    /// The belief for the time of the last percepts.
    fn belief(&self) -> &Belief;

    /// The map drawn so far.
    fn map(&self) -> &OccupancyGrid;

    /// The map, for the one who has read its changes and clears them.
    fn map_mut(&mut self) -> &mut OccupancyGrid;
}

/// The estimator that `spec` asks for, for a body that stands at `start` in the map.
#[must_use]
pub fn build(spec: &FusionSpec, body: &BodyDescription, start: Pose2) -> Box<dyn Estimator> {
    match spec.rule {
        Rule::Ekf => Box::new(Ekf::new(spec, body, start)),
        Rule::Odometry => Box::new(DeadReckoning::new(spec, body, start)),
    }
}
