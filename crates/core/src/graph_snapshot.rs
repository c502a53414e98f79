//! What a navigator remembers of its search, as plain data for whoever draws it.
//!
//! A sketch is made on demand and takes memory: it is not for the tick.

use nalgebra::{Point2, Vector2};

use crate::Stamp;

/// Places, ways between them, and failures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GraphSnapshot {
    /// All places; edges name them by their index.
    pub nodes: Vec<SketchNode>,
    /// The ways, but for those that were never tried because something is known to stand there.
    pub edges: Vec<SketchEdge>,
    /// The failures that still count.
    pub failures: Vec<SketchFailure>,
}

/// A place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SketchNode {
    /// In the map, m.
    pub at: Point2<f64>,
    /// How often the body was there.
    pub visits: u32,
    /// Whether it is avoided, because it could not be reached.
    pub inhibited: bool,
}

/// A way between two places.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SketchEdge {
    /// Its places, as indices into the nodes.
    pub ends: [usize; 2],
    /// What came of it.
    pub kind: EdgeKind,
    /// When it became so (a virtual one: when it was made); [`Stamp::ZERO`] if before the present goal was taken up.
    pub since: Stamp,
}

/// What is known of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdgeKind {
    /// It was gone, and is open as far as is known.
    Experienced,
    /// It could not be gone.
    Failed,
    /// It was never tried: free space is taken for granted.
    Virtual,
}

/// Where the body could not go on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SketchFailure {
    /// What was touched, in the map, m.
    pub at: Point2<f64>,
    /// From the body towards it, a unit vector.
    pub toward: Vector2<f64>,
    /// How sure it is, 0 to 1.
    pub weight: f64,
    /// When it was first felt; [`Stamp::ZERO`] if before the present goal was taken up.
    pub since: Stamp,
}
