//! Fusion: from stamped, possibly stale, missing or lying percepts to a [`Belief`] and a map.
//!
//! The rule is chosen in the robot's file: `inverse_effectiveness`, or one of those that it is measured against, `ekf`,
//! `ekf_gated` (all three in [`planar`]) and `odometry`. All draw the same map with the same [`mapper`].

mod beacon;
pub mod cue_monitor;
pub mod events;
pub mod fault_isolation;
pub mod filter;
pub mod gaussian;
pub mod mapper;
mod motion;
pub mod normalisation;
pub mod odometry;
pub mod planar;
mod pose_cues;
mod scan_cue;
pub mod scan_match;
mod senses;
pub mod spatial;
pub mod spec;
mod wheels;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Belief, OccupancyGrid, Part, Percepts, Pose2};

pub use odometry::OdometryEstimator;
pub use planar::PlanarEstimator;
pub use spatial::SpatialEstimator;
pub use spec::{FusionSpec, RobustnessSpec, Rule, Space};

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
        (Rule::Odometry, _) => Box::new(OdometryEstimator::new(spec, body, start, known)),
        (_, Space::Se2) => Box::new(PlanarEstimator::new(spec, body, start, known)),
        (_, Space::Se3) => Box::new(SpatialEstimator::new(spec, body, start, known)),
    }
}

/// The filter that `spec` asks for, to be told the noise of its cues: on the plane or in space, whatever the rule.
#[must_use]
pub fn build_informed(spec: &FusionSpec, body: &BodyDescription, start: Pose2) -> Box<dyn Informed> {
    match spec.space_of(body) {
        Space::Se2 => Box::new(PlanarEstimator::new(spec, body, start, None)),
        Space::Se3 => Box::new(SpatialEstimator::new(spec, body, start, None)),
    }
}
