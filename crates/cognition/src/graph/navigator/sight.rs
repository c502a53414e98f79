//! A body that sees: the local control follows the way, and the way follows what is seen.

use nalgebra::Point2;
use neuraxis_core::Drive;
use neuraxis_core::reasons::MotionMode;

use super::super::NONE;
use super::{Activity, GraphNavigator, Leg, Next};
use crate::Situation;

/// The way must be closed for this long before the goal is given up, s: maps are noisy.
const PATIENCE: f64 = 3.0;
/// Turns of the loop in a tick.
const TURNS: usize = 4;
/// Cells of the graph whose edges are looked at again in a tick.
const SOILED: usize = 6;

impl GraphNavigator {
    /// One tick.
    pub(super) fn by_sight(&mut self, situation: &Situation<'_>, near: f64) -> Drive {
        let pose = situation.belief.pose;
        let at = Point2::new(pose.x, pose.y);
        let changed = self.graph.recharge_dirty(SOILED, &self.impressions);
        let moved = nalgebra::distance(&self.graph.at(self.here), &at) >= 0.5 * self.graph.spacing();
        if moved {
            self.settle(at);
        }
        if changed
            && self.goal_node != NONE
            && self.impressions.free_near(self.graph.at(self.goal_node), 0.0)
                != Some(self.graph.at(self.goal_node))
        {
            // The place of the goal turned out to be too near to a wall: another one, from the next tick on.
            self.goal_node = NONE;
            self.path.clear();
            self.activity = Activity::Plan;
            return Drive::REST;
        }
        if changed || moved {
            self.activity = Activity::Plan;
        }
        let is_there = self.path.last().is_some_and(|end| nalgebra::distance(end, &at) <= near);
        if is_there && self.goal_node == NONE {
            // Explored: on to the next place.
            self.settle(at);
            self.activity = Activity::Plan;
        }
        for _ in 0..TURNS {
            if self.activity != Activity::Plan {
                break;
            }
            let Some(next) = self.decide() else { break };
            match next {
                Next::Nothing => {
                    let now = situation.percepts.now;
                    if now.since(*self.closed_since.get_or_insert(now)) > PATIENCE {
                        self.end();
                        return Drive::REST;
                    }
                    self.reasons.motion.mode = MotionMode::LookAround;
                    self.path.clear();
                    // Looking around may show that the wall was only noise.
                    return self.sight.as_mut().map_or(Drive::REST, |sight| sight.look_around(situation));
                }
                Next::Again => {}
                Next::Go(leg) => {
                    self.closed_since = None;
                    self.activity = Activity::Go(leg);
                    self.write_path(leg);
                }
            }
        }
        self.weigh();
        if self.path.is_empty() {
            self.reasons.motion.mode = MotionMode::Search;
            return Drive::REST;
        }
        // What of the way lies behind the body is done.
        let away = |i: usize| self.path.get(i).map_or(f64::INFINITY, |p| nalgebra::distance_squared(p, &at));
        while away(self.done + 1) <= away(self.done) {
            self.done += 1;
        }
        // Nor is there anything to aim at that the body covers.
        let last = self.path.len() - 1;
        let mut ahead = self.done.min(last);
        while ahead < last && away(ahead) < self.radius * self.radius {
            ahead += 1;
        }
        let (Some(sight), Some(costs)) = (&mut self.sight, self.impressions.costs()) else {
            return Drive::REST;
        };
        let drive = sight.follow(situation, costs, &self.path[ahead..], near);
        self.reasons.motion = *sight.reason();
        drive
    }

    /// The way as points that are close enough for the local control: straight through the leg, then place by place.
    fn write_path(&mut self, leg: Leg) {
        self.path.clear();
        self.done = 0;
        let skip = self.places.iter().position(|node| *node == leg.to).unwrap_or(1);
        let mut last = self.graph.at(self.here);
        for node in self.places[skip..].iter().copied() {
            let to = self.graph.at(node);
            let steps =
                (nalgebra::distance(&last, &to) / (0.5 * self.radius)).ceil().clamp(1.0, 200.0) as usize;
            for step in 1..=steps {
                if self.path.len() < self.path.capacity() {
                    self.path.push(last + (to - last) * (step as f64 / steps as f64));
                }
            }
            last = to;
        }
    }
}
