//! The cognitive graph as the report's page draws it: whole numbers, and not too many of them.

use neuraxis_core::graph_snapshot::{EdgeKind, SketchEdge};
use neuraxis_core::{GraphSnapshot, Stamp, math};
use serde::Serialize;

use super::milli;

/// Edges that are kept at most: those that were tried first, then the others, nearest to where the body was.
pub(super) const MAX_EDGES: usize = 3000;
/// Failures that are kept at most.
pub(super) const MAX_FAILURES: usize = 1000;

/// What a page shows of a cognitive graph. All lists are flat.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct GraphView {
    /// Places: x, y (mm).
    nodes: Vec<i64>,
    /// Ways that were gone: two places, and since when (cs).
    gone: Vec<i64>,
    /// Ways that failed: the same.
    failed: Vec<i64>,
    /// Ways that were never tried, in the order of their first places: how far on the first place is from that of the way
    /// before, and the second from the first. Such differences are short.
    hoped: Vec<i64>,
    /// Places where the body was: place, since when (cs).
    visited: Vec<i64>,
    /// Places that could not be reached: the same.
    avoided: Vec<i64>,
    /// What was touched: x, y (mm), direction from the body (mrad), weight (%), since when (cs).
    touched: Vec<i64>,
}

fn centi(stamp: Stamp) -> i64 {
    (stamp.seconds() * 100.0).round() as i64
}

impl GraphView {
    /// The view of a sketch.
    #[must_use]
    pub(super) fn of(sketch: &GraphSnapshot) -> Self {
        let kept = chosen(sketch);
        // Places that an edge needs, in their old order, with their new numbers.
        let mut numbers: Vec<Option<usize>> = vec![None; sketch.nodes.len()];
        for end in kept.iter().flat_map(|edge| edge.ends) {
            numbers[end] = Some(0);
        }
        let mut view = Self::default();
        for (number, node) in numbers.iter_mut().zip(&sketch.nodes).filter(|(number, _)| number.is_some()) {
            *number = Some(view.nodes.len() / 2);
            view.nodes.extend([milli(node.at.x), milli(node.at.y)]);
        }
        let ends = |edge: &SketchEdge| edge.ends.map(|end| numbers[end].unwrap_or_default() as i64);
        let mut hoped: Vec<[i64; 2]> = Vec::new();
        for edge in &kept {
            let [a, b] = ends(edge);
            match edge.kind {
                EdgeKind::Experienced => view.gone.extend([a, b, centi(edge.since)]),
                EdgeKind::Failed => view.failed.extend([a, b, centi(edge.since)]),
                EdgeKind::Virtual => hoped.push([a.min(b), a.max(b)]),
            }
        }
        hoped.sort_unstable();
        let mut before = 0;
        for [a, b] in hoped {
            view.hoped.extend([a - before, b - a]);
            before = a;
        }
        view.mark_places(sketch, &kept, &numbers);
        for failure in sketch.failures.iter().rev().take(MAX_FAILURES) {
            let direction = math::atan2(failure.toward.y, failure.toward.x);
            view.touched.extend([milli(failure.at.x), milli(failure.at.y), milli(direction)]);
            view.touched.extend([(failure.weight * 100.0).round() as i64, centi(failure.since)]);
        }
        view
    }

    /// Places have no times of their own: one was visited when the first way to it was gone, and avoided when the first failed.
    fn mark_places(&mut self, sketch: &GraphSnapshot, kept: &[&SketchEdge], numbers: &[Option<usize>]) {
        let mut first: Vec<[Option<i64>; 2]> = vec![[None; 2]; sketch.nodes.len()];
        for edge in kept.iter().filter(|edge| edge.kind != EdgeKind::Virtual) {
            let t = centi(edge.since);
            for end in edge.ends {
                let slot = &mut first[end][usize::from(edge.kind == EdgeKind::Failed)];
                *slot = Some(slot.map_or(t, |old| old.min(t)));
            }
        }
        for ((node, number), [gone, failed]) in sketch.nodes.iter().zip(numbers).zip(first) {
            let Some(number) = *number else { continue };
            if node.visits > 0 {
                self.visited.extend([number as i64, gone.or(failed).unwrap_or(0)]);
            } else if node.inhibited {
                self.avoided.extend([number as i64, failed.unwrap_or(0)]);
            }
        }
    }

    /// Leaves out the ways that were never tried: they are most of the page.
    pub(super) fn forget_hopes(&mut self) {
        self.hoped.clear();
    }

    /// A view with so many numbers for ways that were never tried.
    #[cfg(test)]
    pub(super) fn with_hopes(count: usize) -> Self {
        Self { hoped: vec![7; count], ..Self::default() }
    }
}

/// The edges that are shown.
fn chosen(sketch: &GraphSnapshot) -> Vec<&SketchEdge> {
    let known = |edge: &&SketchEdge| edge.ends.iter().all(|end| *end < sketch.nodes.len());
    let (mut virtuals, mut kept): (Vec<&SketchEdge>, Vec<&SketchEdge>) =
        sketch.edges.iter().filter(known).partition(|edge| edge.kind == EdgeKind::Virtual);
    kept.sort_by_key(|edge| edge.kind == EdgeKind::Failed);
    kept.truncate(MAX_EDGES);
    let room = MAX_EDGES - kept.len();
    if virtuals.len() > room {
        let visited: Vec<_> = sketch.nodes.iter().filter(|node| node.visits > 0).map(|n| n.at).collect();
        let away: Vec<f64> = sketch
            .nodes
            .iter()
            .map(|node| {
                let squares = visited.iter().map(|v| nalgebra::distance_squared(v, &node.at));
                squares.fold(f64::INFINITY, f64::min)
            })
            .collect();
        let rank = |edge: &SketchEdge| away[edge.ends[0]].max(away[edge.ends[1]]);
        virtuals.sort_by(|a, b| rank(a).total_cmp(&rank(b)));
        virtuals.truncate(room);
    }
    kept.extend(virtuals);
    kept
}

#[cfg(test)]
mod tests {
    use nalgebra::{Point2, Vector2};
    use neuraxis_core::graph_snapshot::{SketchFailure, SketchNode};

    use super::*;

    fn edge(a: usize, b: usize, kind: EdgeKind, seconds: f64) -> SketchEdge {
        SketchEdge { ends: [a, b], kind, since: Stamp::from_seconds(seconds) }
    }

    /// A row of places half a metre apart, of which the first few were visited, each joined with the four after it.
    fn long_row(count: usize) -> GraphSnapshot {
        let mut sketch = GraphSnapshot::default();
        for i in 0..count {
            let at = Point2::new(0.5 * i as f64, 1.0);
            sketch.nodes.push(SketchNode { at, visits: u32::from(i < 4), inhibited: i == 5 });
        }
        for i in 0..count {
            for j in (i + 1..count).take(4) {
                let kind = match (i, j) {
                    (0..3, _) if j == i + 1 => EdgeKind::Experienced,
                    (3, 5) => EdgeKind::Failed,
                    _ => EdgeKind::Virtual,
                };
                sketch.edges.push(edge(j, i, kind, 1.0 + i as f64));
            }
        }
        for i in 0..2 * MAX_FAILURES {
            let (at, toward) = (Point2::new(i as f64, 0.0), Vector2::new(0.0, 1.0));
            sketch.failures.push(SketchFailure { at, toward, weight: 0.5, since: Stamp::from_seconds(2.5) });
        }
        sketch
    }

    #[test]
    fn a_view_is_bounded_and_keeps_what_was_tried() {
        let view = GraphView::of(&long_row(5000));
        let edges = view.gone.len() / 3 + view.failed.len() / 3 + view.hoped.len() / 2;
        assert_eq!(edges, MAX_EDGES);
        assert_eq!(view.touched.len(), 5 * MAX_FAILURES);
        assert_eq!(view.gone, [1, 0, 100, 2, 1, 200, 3, 2, 300]);
        assert_eq!(view.failed, [5, 3, 400]);
        assert_eq!(view.visited, [0, 100, 1, 100, 2, 200, 3, 300]);
        assert_eq!(view.avoided, [5, 400]);
        assert_eq!(view.touched[..5], [1_999_000, 0, 1571, 50, 250]);
        // Of those that were not tried, the nearest to where the body was: the row's beginning.
        assert!(view.nodes.len() / 2 < 800, "{} places", view.nodes.len() / 2);
        let text = serde_json::to_string(&view).expect("JSON");
        assert!(!text.contains('.') && !text.contains("null"), "whole numbers only");
        assert!(text.len() < 60_000, "{} bytes", text.len());
    }

    #[test]
    fn differences_give_the_ways_back() {
        let sketch = long_row(40);
        let view = GraphView::of(&sketch);
        let mut a = 0;
        let ways: Vec<[i64; 2]> = view
            .hoped
            .chunks_exact(2)
            .map(|d| {
                a += d[0];
                [a, a + d[1]]
            })
            .collect();
        let mut wanted: Vec<[i64; 2]> = sketch
            .edges
            .iter()
            .filter(|e| e.kind == EdgeKind::Virtual)
            .map(|e| [e.ends[1] as i64, e.ends[0] as i64])
            .collect();
        wanted.sort_unstable();
        assert_eq!(ways, wanted);
    }

    #[test]
    fn a_sketch_that_names_places_it_has_not_is_no_panic() {
        let sketch =
            GraphSnapshot { edges: vec![edge(0, 7, EdgeKind::Experienced, 0.0)], ..GraphSnapshot::default() };
        assert_eq!(GraphView::of(&sketch), GraphView::default());
    }
}
