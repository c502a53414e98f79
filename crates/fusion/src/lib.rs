//! Fusion: from stamped, possibly stale, missing or lying percepts to a [`Belief`] and a map.
//!
//! The rule is chosen in the robot's file: `inverse_effectiveness`, or one of those that it is measured against, `ekf`,
//! `ekf_gated` (all three in [`estimator`]) and `odometry`. All draw the same map with the same [`mapper`].

mod absolutes;
mod beacon;
pub mod blame;
pub mod estimator;
pub mod events;
pub mod filter;
pub mod gaussian;
pub mod honesty;
pub mod mapper;
mod motion;
pub mod normalisation;
pub mod odometry;
pub mod scan_match;
mod senses;
pub mod spatial;
pub mod spec;
mod sweeps;
mod wheels;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Belief, OccupancyGrid, Part, Percepts, Pose2};

pub use estimator::Fusion;
pub use odometry::DeadReckoning;
pub use spatial::SpatialFusion;
pub use spec::{FusionSpec, Honesty, Rule, Space};

/// Turns percepts into a belief and a map, once a tick.
pub trait Estimator: Part {
    /// Takes in what is new in `percepts`; it does not allocate, block or panic.
    fn update(&mut self, percepts: &Percepts);

    /// The belief for the time of the last percepts.
    fn belief(&self) -> &Belief;

    /// The map drawn so far.
    fn map(&self) -> &OccupancyGrid;
}

/// An estimator that can be told what no robot knows. This is how an oracle is made to measure estimators by.
pub trait Informed: Estimator {
    /// The variances of the cue `name` are `factor` times the nominal ones; of the wheels, those of the motion. `false` if
    /// there is no such cue.
    fn set_known_noise(&mut self, name: &str, factor: f64) -> bool;
}

/// The estimator that `spec` asks for, for a body that stands at `start` in the map; `known` is a map to begin with.
#[must_use]
pub fn build(
    spec: &FusionSpec,
    body: &BodyDescription,
    start: Pose2,
    known: Option<&OccupancyGrid>,
) -> Box<dyn Estimator> {
    match (spec.rule, spec.space_of(body)) {
        (Rule::Odometry, _) => Box::new(DeadReckoning::new(spec, body, start, known)),
        (_, Space::Se2) => Box::new(Fusion::new(spec, body, start, known)),
        (_, Space::Se3) => Box::new(SpatialFusion::new(spec, body, start, known)),
    }
}

/// The filter that `spec` asks for, to be told the noise of its cues: on the plane or in space, whatever the rule.
#[must_use]
pub fn build_informed(spec: &FusionSpec, body: &BodyDescription, start: Pose2) -> Box<dyn Informed> {
    match spec.space_of(body) {
        Space::Se2 => Box::new(Fusion::new(spec, body, start, None)),
        Space::Se3 => Box::new(SpatialFusion::new(spec, body, start, None)),
    }
}
