//! Cognition: from a belief, a map and a goal to the descending drive.
//!
//! A [`Navigator`] knows nothing of wheels or legs; it wants a speed and a turn. [`planned`] is the
//! baseline: [`d_star_lite`] on an optimistic grid finds the way, [`local`] follows it and keeps clear of
//! what the range finder sees.

pub mod code;
pub mod costmap;
pub mod d_star_lite;
pub mod graph;
pub mod grid_search;
pub mod local;
pub mod memory;
pub mod planned;
pub mod spec;

use nalgebra::Point2;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Belief, Drive, Goal, GoalStatus, GraphSnapshot, OccupancyGrid, Part, Percepts};

pub use graph::GraphNavigator;
pub use graph::impressions::Impressions;
pub use graph::store::Graph;
pub use grid_search::GridNavigator;
pub use planned::PlannedNavigator;
pub use spec::{CognitionSpec, GridSpec, Search};

/// What a navigator may look at in a tick.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Where the body believes it is.
    pub belief: &'a Belief,
    /// What the body feels.
    pub percepts: &'a Percepts,
    /// The map; whoever follows its changes keeps its own place in them.
    pub map: &'a OccupancyGrid,
}

/// Finds the way, once a tick.
pub trait Navigator: Part {
    /// Takes up a goal, or lets go of the present one.
    fn set_goal(&mut self, goal: Option<Goal>);

    /// The drive for this tick; it does not allocate, block or panic.
    fn step(&mut self, situation: &Situation<'_>) -> Drive;

    /// How the goal stands.
    fn status(&self) -> GoalStatus;

    /// The way that it means to take, from the body to the goal: points in the map, m.
    fn path(&self) -> &[Point2<f64>];

    /// Tells it that the map of the coming steps is another one of the same extent; what it learned stays.
    fn follow_another_map(&mut self) {}

    /// What it remembers of its search as plain data, for whoever draws it. It allocates: not for the tick.
    fn graph_snapshot(&self) -> Option<GraphSnapshot> {
        None
    }
}

/// The navigator that `spec` asks for, for `body`; it knows what `map` shows already and follows its changes.
#[must_use]
pub fn build(spec: &CognitionSpec, body: &BodyDescription, map: &OccupancyGrid) -> Box<dyn Navigator> {
    match spec.search {
        Search::CognitiveGraph => Box::new(GraphNavigator::new(spec, body, map)),
        Search::GridDStarLite | Search::LrtaStar | Search::RandomWalk => {
            Box::new(GridNavigator::new(spec, body, map))
        }
        Search::DStarLite | Search::AStar => Box::new(PlannedNavigator::new(spec, body, map)),
    }
}
