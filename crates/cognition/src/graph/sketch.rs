//! The cognitive graph and its impressions as a sketch for those who draw.

use neuraxis_core::Sketch;
use neuraxis_core::sketch::{EdgeKind, SketchEdge, SketchFailure, SketchNode};

use super::impressions::Impressions;
use super::store::{Edge, Graph, Node};

/// An edge with at least this charge of failure counts as failed; failures fade from goal to goal.
const FAILED: f64 = 0.5;

impl Edge {
    /// What is known of it.
    #[must_use]
    pub fn kind(&self) -> EdgeKind {
        if self.is_experienced() {
            EdgeKind::Experienced
        } else if self.failures >= FAILED || self.uses > 0 {
            // What was gone and is experienced no longer was broken by something that was touched on it.
            EdgeKind::Failed
        } else {
            EdgeKind::Virtual
        }
    }
}

/// The sketch of a graph.
pub(super) fn draw(graph: &Graph, impressions: &Impressions) -> Sketch {
    let node = |n: &Node| {
        // A goal that was reached need not have been stood on.
        let visits = n.visits.max(n.reached);
        SketchNode { at: n.at, visits, inhibited: visits == 0 && n.inhibition > 0.0 }
    };
    let edge = |e: &Edge| SketchEdge { ends: e.ends.map(|end| end as usize), kind: e.kind(), since: e.since };
    let failures = impressions.list().iter().filter(|i| i.counts());
    Sketch {
        nodes: graph.nodes().iter().map(node).collect(),
        edges: graph
            .edges()
            .iter()
            .filter(|e| !e.is_blocked || e.kind() != EdgeKind::Virtual)
            .map(edge)
            .collect(),
        failures: failures
            .map(|i| SketchFailure { at: i.at, toward: i.toward, weight: i.weight, since: i.since })
            .collect(),
    }
}
