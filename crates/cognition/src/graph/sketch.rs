//! The cognitive graph and its impressions as a sketch for those who draw.

use neuraxis_core::GraphSnapshot;
use neuraxis_core::graph_snapshot::{EdgeKind, SketchEdge, SketchFailure, SketchNode};

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
pub(super) fn draw(graph: &Graph, impressions: &Impressions) -> GraphSnapshot {
    let node = |n: &Node| {
        // A goal that was reached need not have been stood on.
        let visits = n.visits.max(n.reached);
        SketchNode { at: n.at, visits, inhibited: visits == 0 && n.inhibition > 0.0 }
    };
    let edge = |e: &Edge| SketchEdge { ends: e.ends.map(|end| end as usize), kind: e.kind(), since: e.since };
    let failures = impressions.list().iter().filter(|i| i.counts());
    GraphSnapshot {
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

#[cfg(test)]
mod tests {
    use nalgebra::{Point2, Vector2};
    use neuraxis_core::Stamp;

    use super::super::spec::GraphSpec;
    use super::*;

    #[test]
    fn a_sketch_says_since_when_and_the_next_goal_makes_it_all_old() {
        let spec = GraphSpec::default();
        let (origin, size) = (Point2::new(0.0, 0.0), [4.0, 4.0]);
        let mut graph = Graph::new(&spec, 0.5, origin, size);
        let mut impressions = Impressions::new(&spec, 0.1, origin, size);
        let places = [1.0, 1.5, 2.0].map(|x| graph.add(Point2::new(x, 1.0), 0).expect("room"));
        let gone = graph.connect(places[0], places[1], &impressions).expect("room");
        let shut = graph.connect(places[1], places[2], &impressions).expect("room");
        for second in 1..=3 {
            graph.now = Stamp::from_seconds(f64::from(second));
            impressions.now = graph.now;
            graph.succeed(gone);
            if second > 1 {
                graph.fail(shut);
                impressions.note(Point2::new(1.8, 1.0), Vector2::new(1.0, 0.0), false);
            }
        }
        let sketch = draw(&graph, &impressions);
        let known: Vec<_> = sketch.edges.iter().map(|e| (e.kind, e.since.seconds())).collect();
        assert_eq!(known, [(EdgeKind::Experienced, 1.0), (EdgeKind::Failed, 2.0)], "the first time counts");
        assert_eq!(sketch.failures.len(), 1);
        assert_eq!(sketch.failures[0].since.seconds(), 2.0);

        impressions.fade(spec.decay, spec.volatile_decay);
        graph.fade(spec.decay, &impressions);
        let sketch = draw(&graph, &impressions);
        assert!(sketch.edges.iter().all(|e| e.since == Stamp::ZERO));
        assert!(sketch.failures.iter().all(|f| f.since == Stamp::ZERO));
        assert_eq!(sketch.edges[0].kind, EdgeKind::Experienced, "what was learned stays");
    }
}
