//! Exploring: always to the nearest place that the body has not been near yet, until there is none left that it can get to.
//!
//! The nearest place of the frontier is the plain and hard-to-beat choice (Yamauchi, "A frontier-based approach for autonomous
//! exploration", 1997, with places in the stead of cells). A way that failed is not tried again while the goal lasts, a place that
//! was missed [`MISSES`] times is given up, and so is what touches on both sides tell to be a wall, so that the search ends. What it
//! shows is as fine as the places are: what lies behind a gap narrower than the distance between two of them may be overlooked,
//! unless an end of a wall was felt beside it.

use neuraxis_core::reasons::PlanReason;
use neuraxis_core::saved;

use super::super::NONE;
use super::super::heap::Heap;
use super::super::store::{Edge, View};
use super::{GraphNavigator, Leg, MAX_PLACES, Next};

/// From this many failures on, an edge is not tried again.
const FAILED: f64 = 0.25;

/// A place that was missed so often is given up.
const MISSES: u8 = 3;
/// Where impressions charge this many times λ, a wall goes on.
const WALL: f64 = 1.5;

/// What doubt about a way costs, of what it costs on the way to a goal: all has to be tried, and going to and fro is dear.
const DOUBT: f64 = 0.25;

/// The search for the nearest place of the frontier: Dijkstra's, some expansions a tick.
#[derive(Clone, Debug)]
pub(super) struct Frontier {
    costs: Vec<f64>,
    before: Vec<u32>,
    heap: Heap,
    is_under_way: bool,
}

impl Frontier {
    /// For a graph of `capacity` places.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            costs: vec![f64::INFINITY; capacity],
            before: vec![NONE; capacity],
            heap: Heap::new(capacity),
            is_under_way: false,
        }
    }

    /// What was found holds no longer.
    pub(super) fn forget(&mut self) {
        self.is_under_way = false;
    }

    fn begin(&mut self, here: u32) {
        self.costs.fill(f64::INFINITY);
        self.before.fill(NONE);
        self.heap.clear();
        self.costs[here as usize] = 0.0;
        self.heap.set(here, [0.0, 0.0]);
        self.is_under_way = true;
    }
}

impl GraphNavigator {
    /// Whether it is out of the question to go along `edge` to `to`.
    fn is_shut(&self, edge: &Edge, to: u32) -> bool {
        let is_wall = self.spec.lambda > 0.0
            && self.sight.is_none()
            && edge.charge[usize::from(edge.ends[0] == to)] >= WALL * self.spec.lambda;
        let is_missed = self.graph.nodes()[to as usize].misses >= MISSES;
        !edge.is_experienced() && (edge.is_blocked || edge.failures >= FAILED || is_wall || is_missed)
    }

    /// Whether the body was at a place or within `reach` m of it, with nothing in between that it knows of.
    fn was_near(&self, node: u32, reach: f64) -> bool {
        let nodes = self.graph.nodes();
        nodes[node as usize].visits > 0
            || self.graph.roads(node).any(|(edge, from)| {
                let edge = &self.graph.edges()[edge as usize];
                nodes[from as usize].visits > 0 && edge.length <= reach && !self.is_shut(edge, node)
            })
    }

    /// The next leg towards the nearest place that is farther than `reach` m from all places where the body was; `None` while it
    /// is searched for.
    pub(super) fn seek(&mut self, reach: f64) -> Option<Next> {
        // Nobody repairs a wave now.
        while self.graph.take_changed().is_some() {}
        if !self.frontier.is_under_way {
            self.frontier.begin(self.here);
        }
        // Places lie up to so far from the next one.
        let near = (reach - 0.6 * self.graph.spacing()).max(0.5 * self.graph.spacing());
        for _ in 0..self.budget {
            let Some((key, node)) = self.frontier.heap.first() else {
                self.frontier.is_under_way = false;
                return Some(Next::Nothing);
            };
            self.frontier.heap.remove(node);
            let at = self.graph.at(node);
            if !self.was_near(node, near) && self.impressions.fits(at) {
                self.frontier.is_under_way = false;
                self.reasons.plan =
                    PlanReason { is_complete: true, has_way: true, cost: key[0], ..PlanReason::default() };
                return Some(self.lead_to(node));
            }
            self.graph.expand(node, &self.impressions);
            for (edge, to) in self.graph.roads(node) {
                if self.is_shut(&self.graph.edges()[edge as usize], to) {
                    continue;
                }
                let length = self.graph.edges()[edge as usize].length;
                let doubt = self.graph.cost(edge, node, View::All) - length;
                let cost = key[0] + length + DOUBT * doubt;
                if cost < self.frontier.costs[to as usize] {
                    self.frontier.costs[to as usize] = cost;
                    self.frontier.before[to as usize] = node;
                    self.frontier.heap.set(to, [cost, cost]);
                }
            }
        }
        None
    }

    /// The first leg of the way to `target` that the search has found.
    fn lead_to(&mut self, target: u32) -> Next {
        self.places.clear();
        let mut node = target;
        while node != NONE && self.places.len() < MAX_PLACES {
            self.places.push(node);
            node = self.frontier.before[node as usize];
        }
        self.places.reverse();
        match self.straighten(View::All) {
            Some((to, edge)) => Next::Go(Leg { edge, from: self.here, to }),
            None => Next::Nothing,
        }
    }
}

saved!(Frontier { costs, before, heap, is_under_way } then Self::is_whole);

impl Frontier {
    /// Whether what was loaded names only places that there is room for.
    fn is_whole(&mut self) -> bool {
        self.before.iter().all(|node| *node == NONE || (*node as usize) < self.costs.len())
    }

    /// Whether it names only nodes below `count`.
    pub(super) fn is_below(&self, count: usize) -> bool {
        self.heap.is_below(count) && self.before.iter().all(|node| *node == NONE || (*node as usize) < count)
    }
}
