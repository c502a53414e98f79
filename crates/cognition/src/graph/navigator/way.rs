//! Which way: the cheapest one, laid out more finely where it is blocked, and straightened where it can be.

use nalgebra::Point2;
use neuraxis_core::math;

use super::{GraphNavigator, Leg, MAX_PLACES, Next, SAME};
use crate::graph::store::View;

impl GraphNavigator {
    /// Writes down the cheapest way in `view`, as places; whether it leads to the goal.
    fn trace(&mut self, view: View) -> bool {
        let wave = if view == View::All { &self.all } else { &self.known };
        self.places.clear();
        let mut node = self.here;
        self.places.push(node);
        while node != self.goal_node {
            let Some((_, next, _)) = wave.next(&self.graph, node) else { return false };
            if self.places.len() >= MAX_PLACES
                || self.places.len() > 1 && self.places[self.places.len() - 2] == next
            {
                return false;
            }
            self.places.push(next);
            node = next;
        }
        true
    }

    /// Chooses the next leg.
    pub(super) fn choose(&mut self) -> Next {
        let hope = self.all.value(self.here);
        let known = self.known.value(self.here);
        let view =
            if self.spec.exploit && known <= self.kappa() * hope { View::Experienced } else { View::All };
        if !self.trace(view) {
            // Values that lead nowhere: rounding can leave them so. Once more from the beginning, and then it is so.
            if self.is_anew || !hope.is_finite() {
                return Next::Nothing;
            }
            self.is_anew = true;
            self.all.begin(&self.graph, self.here, self.goal_node);
            self.known.begin(&self.graph, self.here, self.goal_node);
            return Next::Again;
        }
        self.is_anew = false;
        if view == View::All {
            let most = self.spec.alpha * f64::from(1_u32 << self.spec.patience);
            let mut is_blocked = false;
            let mut refined = 0;
            for i in 1..self.places.len() {
                let (a, b) = (self.places[i - 1], self.places[i]);
                let Some(edge) = self.graph.edge_between(a, b) else { continue };
                let e = self.graph.edges()[edge as usize];
                if !e.is_experienced() && (e.is_blocked || e.failures >= 1.0) {
                    is_blocked = true;
                    let made = self.refine(a, b);
                    refined += made;
                    // What is seen need not be tried.
                    if made == 0 && e.is_blocked && self.sight.is_some() {
                        self.graph.close(edge);
                        refined += 1;
                    }
                }
            }
            if refined > 0 {
                return Next::Again;
            }
            if is_blocked && hope >= most {
                return Next::Nothing;
            }
        }
        match self.straighten(view) {
            Some((to, edge)) => Next::Go(Leg { edge, from: self.here, to }),
            None => Next::Nothing,
        }
    }

    /// Lays out finer places around a way that is blocked; how many.
    fn refine(&mut self, a: u32, b: u32) -> usize {
        let (from, to) = (self.graph.at(a), self.graph.at(b));
        let level = |node: u32| self.graph.nodes()[node as usize].level;
        let coarse = level(a).max(level(b));
        for finer in coarse + 1..=self.spec.refinement {
            let spacing = self.graph.spacing_at(finer);
            let mut made = 0;
            for middle in [from, nalgebra::center(&from, &to), to] {
                for ring in 0..7 {
                    let (s, c) = math::sin_cos(f64::from(ring) * math::PI / 3.0);
                    let away = if ring == 6 { 0.0 } else { spacing };
                    let there = Point2::new(middle.x + away * c, middle.y + away * s);
                    if self.impressions.fits(there) {
                        made += usize::from(self.graph.propose(there, finer, &self.impressions).is_some());
                    }
                }
            }
            if made > 0 {
                return made;
            }
        }
        0
    }

    /// The farthest point of the way that can be gone to straight, and the edge to it: the simplify mutation.
    ///
    /// A way that was gone before is left by `simplify` spacings at most, so that a shortcut that fails costs little; it may be
    /// entered in the middle of an edge, so that corners are cut closer from trial to trial.
    pub(super) fn straighten(&mut self, view: View) -> Option<(u32, u32)> {
        let first = *self.places.get(1)?;
        let mut best = (first, self.graph.edge_between(self.here, first)?);
        if self.spec.simplify <= 0.0 {
            return Some(best);
        }
        let from = self.graph.at(self.here);
        let widest = self.spec.simplify * self.graph.spacing();
        let mut middle: Option<(u32, f64)> = None;
        let mut cost = 0.0;
        for k in 1..self.places.len() {
            let (a, b) = (self.places[k - 1], self.places[k]);
            let Some(edge) = self.graph.edge_between(a, b) else { break };
            // Where it is narrow, it goes in where it should.
            if k > 1 && self.graph.edges()[edge as usize].is_invited {
                break;
            }
            let before = cost;
            let step = self.graph.cost(edge, a, view);
            cost += step;
            if k == 1 {
                continue;
            }
            let (start, end) = (self.graph.at(a), self.graph.at(b));
            let e = self.graph.edges()[edge as usize];
            let parts = if view == View::Experienced && e.is_experienced() {
                (e.length / (0.5 * self.graph.spacing())).ceil().clamp(1.0, 32.0) as usize
            } else {
                1
            };
            let mut strays = false;
            for part in 1..=parts {
                let share = part as f64 / parts as f64;
                let to = start + (end - start) * share;
                let way = to - from;
                let length = way.norm();
                strays = view == View::Experienced
                    && self.places[1..k].iter().any(|node| {
                        let d = self.graph.at(*node) - from;
                        (way.x * d.y - way.y * d.x).abs() > widest * length
                    });
                if strays {
                    break;
                }
                let is_whole = part == parts;
                let old = is_whole.then(|| self.graph.edge_between(self.here, b)).flatten();
                if old.is_some_and(|e| self.graph.edges()[e as usize].failures >= 0.5) {
                    continue;
                }
                let charge = self.impressions.charge(from, to);
                if !charge.is_blocked && length + charge.cost <= before + share * step + 1e-9 {
                    if is_whole {
                        let Some(edge) = self.graph.connect(self.here, b, &self.impressions) else { break };
                        best = (b, edge);
                        middle = None;
                    } else {
                        let share = if e.ends[0] == a { share } else { 1.0 - share };
                        middle = Some((edge, share));
                    }
                }
            }
            if strays {
                break;
            }
        }
        if let Some((edge, share)) = middle {
            let same = SAME * self.radius;
            if let Some(node) = self.graph.split(edge, share, same, &self.impressions)
                && node != self.here
                && let Some(edge) = self.graph.connect(self.here, node, &self.impressions)
                && self.graph.edges()[edge as usize].failures < 0.5
            {
                best = (node, edge);
            }
        }
        Some(best)
    }
}
