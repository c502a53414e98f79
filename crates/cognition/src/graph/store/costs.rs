//! What it costs to go along an edge, and what changes that: obstacles that are remembered, success and failure.

use nalgebra::Point2;
use neuraxis_core::Stamp;
use neuraxis_core::graph_snapshot::EdgeKind;

use super::super::NONE;
use super::{EXPERIENCED, Graph, LONG, View};
use crate::graph::impressions::Impressions;

/// η of Hebb's rule.
const LEARNING: f64 = 0.6;
/// What a narrow way that was gone keeps of its strength when it fails.
const DOUBT: f64 = 0.6;
/// How much of a failure it is to miss a narrow way that there is reason to believe in.
const MISSED: f64 = 0.25;

impl Graph {
    /// What it costs to go along `edge` from its end `from`, m; infinite if `view` does not show it.
    #[must_use]
    pub fn cost(&self, edge: u32, from: u32, view: View) -> f64 {
        let e = &self.edges[edge as usize];
        if e.is_experienced() {
            return e.length + self.spec.alpha * e.failures;
        }
        let is_step = e.length <= LONG * self.spacing && !e.is_blocked;
        let is_known = is_step && e.ends.iter().any(|end| self.ends.contains(end));
        if e.is_closed || view == View::Experienced && !is_known {
            return f64::INFINITY;
        }
        let side = usize::from(e.ends[1] == from);
        let to = e.ends[1 - side];
        e.length
            + self.spec.simplicity
            + self.spec.fineness * f64::from(self.nodes[to as usize].level)
            + e.charge[side]
            + self.nodes[to as usize].inhibition
            + self.spec.alpha * e.failures
    }

    /// Works out anew what remembered obstacles charge for an edge.
    pub fn recharge(&mut self, edge: u32, impressions: &Impressions) {
        let [a, b] = self.edges[edge as usize].ends;
        let (from, to) = (self.at(a), self.at(b));
        let of = |a, b| {
            if self.edges[edge as usize].is_invited {
                impressions.charge_invited(a, b)
            } else {
                impressions.charge(a, b)
            }
        };
        let (forth, back) = (of(from, to), of(to, from));
        let is_blocked = forth.is_blocked || back.is_blocked;
        let e = &mut self.edges[edge as usize];
        let charge = [forth.cost, back.cost];
        if e.charge != charge || e.is_blocked != is_blocked {
            e.charge = charge;
            e.is_blocked = is_blocked;
            e.is_closed &= is_blocked;
            self.mark_ends(edge);
        }
    }

    /// Works out anew what the edges near `at` cost, within `radius` m.
    pub fn recharge_around(&mut self, at: Point2<f64>, radius: f64, impressions: &Impressions) {
        self.recharge_near(at, radius + LONG * self.spacing, impressions);
        for i in 0..self.long.len() {
            self.recharge(self.long[i], impressions);
        }
    }

    /// The same for the edges, none of them long, of the nodes within `reach` m.
    fn recharge_near(&mut self, at: Point2<f64>, reach: f64, impressions: &Impressions) {
        let mut near = self.found(at, reach);
        for node in near.drain(..) {
            let mut edge = self.nodes[node as usize].head;
            while edge != NONE {
                let e = self.edges[edge as usize];
                // Each once: from its first end, if that is near; else from the other.
                let first_is_near = nalgebra::distance_squared(&self.at(e.ends[0]), &at) <= reach * reach;
                if (e.ends[0] == node || !first_is_near) && e.length <= LONG * self.spacing {
                    self.recharge(edge, impressions);
                }
                edge = e.next[usize::from(e.ends[1] == node)];
            }
        }
        self.near = near;
    }

    /// Something was touched at `at`: known ways whose middle comes nearer than `radius` m to it are open no longer. Whether there
    /// were any.
    pub fn break_through(&mut self, at: Point2<f64>, radius: f64) -> bool {
        let mut broke = false;
        for edge in 0..self.edges.len() as u32 {
            let e = self.edges[edge as usize];
            if !e.is_experienced() {
                continue;
            }
            let [a, b] = e.ends;
            let (from, to) = (self.at(a), self.at(b));
            let way = to - from;
            let ahead = ((at - from).dot(&way) / way.norm_squared().max(1e-12)).clamp(0.0, 1.0);
            if (at - (from + way * ahead)).norm() < radius {
                self.edges[edge as usize].strength = 0.0;
                self.edges[edge as usize].since = self.now;
                self.mark(a);
                self.mark(b);
                broke = true;
            }
        }
        broke
    }

    /// Something changed at `at`: the edges around it have to be looked at again, by [`Self::recharge_dirty`].
    pub fn mark_dirty(&mut self, at: &Point2<f64>) {
        if self.holds(at) {
            let column = ((at.x - self.origin.x) / self.cell) as usize;
            let row = ((at.y - self.origin.y) / self.cell) as usize;
            let cell = row.min(self.rows - 1) * self.columns + column.min(self.columns - 1);
            if !self.is_dirty[cell] {
                self.is_dirty[cell] = true;
                self.dirty.push(cell as u32);
            }
        }
    }

    /// Works out anew what the edges around at most `budget` of the soiled cells cost; whether there were any.
    pub fn recharge_dirty(&mut self, budget: usize, impressions: &Impressions) -> bool {
        let mut any = false;
        for _ in 0..budget {
            let Some(cell) = self.dirty.pop() else { break };
            self.is_dirty[cell as usize] = false;
            let (column, row) = (cell as usize % self.columns, cell as usize / self.columns);
            let middle = Point2::new(
                self.origin.x + (column as f64 + 0.5) * self.cell,
                self.origin.y + (row as f64 + 0.5) * self.cell,
            );
            self.recharge_near(middle, (0.75 + 0.5 * self.spec.link_radius) * self.cell, impressions);
            any = true;
        }
        if any {
            for i in 0..self.long.len() {
                self.recharge(self.long[i], impressions);
            }
        }
        any
    }

    /// The edge was executed.
    pub fn succeed(&mut self, edge: u32) {
        let e = &mut self.edges[edge as usize];
        e.since = if e.is_experienced() { e.since } else { self.now };
        e.strength += LEARNING * (1.0 - e.strength);
        e.failures *= 0.5;
        e.uses = e.uses.saturating_add(1);
        self.mark_ends(edge);
    }

    /// It is seen that nothing leads through a blocked edge, nor beside it: no way until what blocks it is gone.
    pub fn close(&mut self, edge: u32) {
        self.edges[edge as usize].is_closed = true;
        self.mark_ends(edge);
    }

    /// The edge could not be executed.
    pub fn fail(&mut self, edge: u32) {
        let e = &mut self.edges[edge as usize];
        // A narrow way that was gone is missed more easily than it is closed.
        let is_missed = e.is_invited && DOUBT * e.strength > EXPERIENCED;
        if is_missed {
            e.strength *= DOUBT;
        } else {
            e.since = if e.kind() == EdgeKind::Failed { e.since } else { self.now };
            e.strength = 0.0;
            e.failures = 2.0 * e.failures + if e.is_invited { MISSED } else { 1.0 };
        }
        self.mark_ends(edge);
    }

    /// Charges of failure fade by `factor`.
    pub fn fade(&mut self, factor: f64, impressions: &Impressions) {
        for edge in 0..self.edges.len() {
            self.edges[edge].failures *= factor;
            self.edges[edge].since = Stamp::ZERO;
            self.recharge(edge as u32, impressions);
            if self.edges[edge].failures > 0.0 {
                self.mark_ends(edge as u32);
            }
        }
        for node in 0..self.nodes.len() {
            self.nodes[node].misses = 0;
            if self.nodes[node].inhibition > 0.0 {
                self.nodes[node].inhibition *= factor;
                self.mark_around(node as u32);
            }
        }
    }
}
