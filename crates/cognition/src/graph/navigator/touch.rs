//! A body that feels its way: edge by edge, each until it is done or fails.

use nalgebra::{Point2, Vector2};
use neuraxis_core::reasons::MotionMode;
use neuraxis_core::{Drive, math};

use super::super::leg::Outcome;
use super::{Activity, GraphNavigator, Next};
use crate::Situation;

/// After a touch it backs off so far, radii.
const BACK: f64 = 0.5;
/// Turns of the loop in a tick.
const TURNS: usize = 4;

impl GraphNavigator {
    /// One tick of a body that feels its way: edge by edge.
    pub(super) fn by_touch(&mut self, situation: &Situation<'_>) -> Drive {
        let now = situation.percepts.now;
        let pose = situation.belief.pose;
        let at = Point2::new(pose.x, pose.y);
        for _ in 0..TURNS {
            match self.activity {
                Activity::Plan => {
                    let Some(next) = self.decide() else {
                        self.reasons.motion.mode = MotionMode::Search;
                        return Drive::REST;
                    };
                    match next {
                        Next::Nothing => {
                            self.end();
                            return Drive::REST;
                        }
                        Next::Again => {}
                        Next::Go(leg) => {
                            self.path.clear();
                            self.path.extend(self.places.iter().map(|node| self.graph.at(*node)));
                            let edge = self.graph.edges()[leg.edge as usize];
                            let top = self.top * if edge.is_experienced() { 1.0 } else { self.spec.probe };
                            let line = edge.is_invited.then(|| self.graph.at(leg.from));
                            self.driver.begin(now, &pose, line, self.graph.at(leg.to), top);
                            self.activity = Activity::Go(leg);
                        }
                    }
                }
                Activity::Go(leg) => {
                    self.weigh();
                    let motion = &mut self.reasons.motion;
                    motion.mode = MotionMode::Follow;
                    motion.carrot = [self.driver.target().x, self.driver.target().y];
                    match self.driver.step(situation) {
                        Outcome::Going(drive) => {
                            if drive.speed == 0.0 {
                                motion.mode = MotionMode::Turn;
                            }
                            let last = self.graph.at(self.here);
                            if nalgebra::distance(&last, &at) >= self.graph.spacing()
                                && nalgebra::distance(&self.graph.at(leg.to), &at)
                                    >= 0.5 * self.graph.spacing()
                            {
                                // A breadcrumb.
                                self.settle(at);
                            }
                            return drive;
                        }
                        Outcome::Arrived => {
                            if self.here != leg.to {
                                self.record_success(self.here, leg.to);
                            }
                            if self.here != leg.from && leg.from != leg.to {
                                self.record_success(leg.from, leg.to);
                            }
                            let node = self.graph.node_mut(leg.to);
                            node.visits = node.visits.saturating_add(1);
                            if node.inhibition > 0.0 {
                                node.inhibition = 0.0;
                                self.graph.mark_around(leg.to);
                            }
                            self.here = leg.to;
                            self.activity = Activity::Plan;
                        }
                        Outcome::Touched { at: point, toward } => {
                            self.failed(leg, point, toward);
                            self.activity = Activity::Back(at);
                        }
                        Outcome::Stalled => {
                            let (s, c) = math::sin_cos(pose.yaw);
                            let toward = Vector2::new(c, s);
                            self.failed(leg, at + toward * self.radius, toward);
                            self.activity = Activity::Back(at);
                        }
                    }
                }
                Activity::Back(since) => {
                    self.reasons.motion.mode = MotionMode::Withdraw;
                    if let Some(drive) = self.driver.back_off(situation, &since, BACK * self.radius) {
                        return drive;
                    }
                    self.settle(at);
                    self.activity = Activity::Plan;
                }
            }
        }
        self.reasons.motion.mode = MotionMode::Search;
        Drive::REST
    }
}
