//! The wave of value that spreads from the goal over the graph, and is repaired where the graph changes.
//!
//! Source: Koenig and Likhachev, "D* Lite" (AAAI 2002), figure 4, searching from the goal to the body on an explicit graph.
//! Departures: the graph grows while the wave passes over it (a node is laid out when the wave leaves it, so that free space is
//! assumed as far as the search needs it and no further), and the search stops after a number of expansions and goes on in
//! the next tick.

use super::NONE;
use super::heap::Heap;
use super::impressions::Impressions;
use super::store::{Graph, View};
use neuraxis_core::saved;

/// What the heuristic is of the distance. A hair less than all of it: on a straight way over free ground the two would be equal but
/// for rounding, and rounding must not decide that a place needs no repair.
const GUESS: f64 = 1.0 - 1e-6;
/// Value of places that the wave has not reached.
const FAR: f64 = f64::INFINITY;

/// The costs to the goal, and the search that keeps them.
#[derive(Clone, Debug)]
pub struct Wave {
    view: View,
    g: Vec<f64>,
    rhs: Vec<f64>,
    heap: Heap,
    goal: u32,
    start: u32,
    km: f64,
    /// Expansions since the goal was set.
    expansions: u64,
}

impl Wave {
    /// A wave over at most `capacity` nodes.
    #[must_use]
    pub fn new(view: View, capacity: usize) -> Self {
        Self {
            view,
            g: vec![FAR; capacity],
            rhs: vec![FAR; capacity],
            heap: Heap::new(capacity),
            goal: NONE,
            start: NONE,
            km: 0.0,
            expansions: 0,
        }
    }

    /// Begins anew, from `goal` to `start`.
    pub fn begin(&mut self, graph: &Graph, start: u32, goal: u32) {
        self.g.fill(FAR);
        self.rhs.fill(FAR);
        self.heap.clear();
        self.km = 0.0;
        self.expansions = 0;
        (self.goal, self.start) = (goal, start);
        self.rhs[goal as usize] = 0.0;
        let key = self.key(graph, goal);
        self.heap.set(goal, key);
    }

    /// The goal.
    #[must_use]
    pub fn goal(&self) -> u32 {
        self.goal
    }

    /// Expansions since the goal was set.
    #[must_use]
    pub fn expansions(&self) -> u64 {
        self.expansions
    }

    /// The body is at `start` now.
    pub fn set_start(&mut self, graph: &Graph, start: u32) {
        if self.start != start && self.start != NONE {
            self.km += GUESS * nalgebra::distance(&graph.at(self.start), &graph.at(start));
        }
        self.start = start;
    }

    /// The cost from a node to the goal, m; infinite if there is no way or the search has not come so far.
    #[must_use]
    pub fn value(&self, node: u32) -> f64 {
        self.g[node as usize].min(self.rhs[node as usize])
    }

    fn key(&self, graph: &Graph, node: u32) -> [f64; 2] {
        let least = self.value(node);
        let ahead = GUESS * nalgebra::distance(&graph.at(self.start), &graph.at(node));
        [least + ahead + self.km, least]
    }

    /// The edges of `node` have changed.
    pub fn update(&mut self, graph: &Graph, node: u32) {
        let i = node as usize;
        if node != self.goal {
            let mut best = FAR;
            for (edge, to) in graph.roads(node) {
                if self.g[to as usize] < best {
                    best = best.min(graph.cost(edge, node, self.view) + self.g[to as usize]);
                }
            }
            self.rhs[i] = best;
        }
        self.queue(graph, node);
    }

    /// A node waits as long as its two values differ.
    fn queue(&mut self, graph: &Graph, node: u32) {
        let i = node as usize;
        if self.g[i] == self.rhs[i] {
            self.heap.remove(node);
        } else {
            let key = self.key(graph, node);
            self.heap.set(node, key);
        }
    }

    /// Goes on for at most `budget` expansions, laying the graph out on the way; whether the value of the start is known.
    pub fn advance(&mut self, graph: &mut Graph, impressions: &Impressions, budget: u32) -> bool {
        if self.goal == NONE || self.start == NONE {
            return true;
        }
        for _ in 0..budget {
            let Some((top, node)) = self.heap.first() else { return true };
            let start = self.start as usize;
            if top >= self.key(graph, self.start) && self.rhs[start] == self.g[start] {
                return true;
            }
            self.expansions += 1;
            let i = node as usize;
            let fresh = self.key(graph, node);
            if top < fresh {
                self.heap.set(node, fresh);
            } else if self.g[i] > self.rhs[i] {
                self.g[i] = self.rhs[i];
                self.heap.remove(node);
                if self.view == View::All {
                    graph.expand(node, impressions);
                    while let Some(changed) = graph.take_changed() {
                        self.update(graph, changed);
                    }
                }
                // Only a better way can come of it.
                for (edge, near) in graph.roads(node) {
                    let through = graph.cost(edge, near, self.view) + self.g[i];
                    if near != self.goal && through < self.rhs[near as usize] {
                        self.rhs[near as usize] = through;
                        self.queue(graph, near);
                    }
                }
            } else {
                let old = self.g[i];
                self.g[i] = FAR;
                self.update(graph, node);
                // Only those whose way led through here.
                for (edge, near) in graph.roads(node) {
                    if self.rhs[near as usize] == graph.cost(edge, near, self.view) + old {
                        self.update(graph, near);
                    }
                }
            }
        }
        false
    }

    /// The best step from `node`: its edge, the next node, and what the way costs that begins with it.
    #[must_use]
    pub fn next(&self, graph: &Graph, node: u32) -> Option<(u32, u32, f64)> {
        let mut best: Option<(f64, u32, u32)> = None;
        for (edge, to) in graph.roads(node) {
            let cost = graph.cost(edge, node, self.view) + self.g[to as usize];
            if cost < FAR && best.is_none_or(|(b, _, n)| (cost, to) < (b, n)) {
                best = Some((cost, edge, to));
            }
        }
        best.map(|(cost, edge, to)| (edge, to, cost))
    }
}

saved!(Wave { g, rhs, heap, goal, start, km, expansions; view });

impl Wave {
    /// Whether it names only nodes below `count`.
    pub(crate) fn is_below(&self, count: usize) -> bool {
        self.heap.is_below(count)
            && [self.goal, self.start].iter().all(|node| *node == NONE || (*node as usize) < count)
    }
}
