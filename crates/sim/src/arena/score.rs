//! What is measured of a robot's trial: its way, its touches, how it ended. No brain sees it.

use nalgebra::Vector3;
use neuraxis_core::reasons::MotionMode;
use neuraxis_core::{Pose2, Stamp};
use rapier3d::prelude::{PhysicsWorld, Vector};

use super::motion::Motion;
use super::{DRIVABLE, SimRobot};
use crate::judge::Outcome;

/// A touch whose normal is steeper than this is ground, not a collision.
const GROUND_NORMAL: f32 = 0.7;
/// A body has fallen when the cosine of its lean is less than this: 75 degrees, from where none comes back by itself.
const FALLEN: f64 = 0.26;
/// How often the paths are noted at first, ns.
pub(super) const TRACE_PERIOD: u64 = 100_000_000;
/// So many points of a path are kept; a longer one is thinned out, so that memory stays flat.
const MOST_TRACE: usize = 8192;
/// So many touches are kept with their places; the others are only counted.
const MOST_COLLISIONS: usize = 1024;

/// Cues whose reliability is noted along the way.
pub const TRACED_CUES: usize = 6;

/// A touch of something that is not ground.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Collision {
    /// When.
    pub stamp: Stamp,
    /// Speed at which the surfaces met, along the contact's normal, m/s.
    pub speed: f64,
    /// Where the robot was, m.
    pub at: [f64; 2],
}

/// Where a robot was and where it believed to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TracePoint {
    /// When.
    pub stamp: Stamp,
    /// The truth.
    pub truth: Pose2,
    /// The belief.
    pub belief: Pose2,
    /// True speed over the ground, m/s.
    pub speed: f32,
    /// Room to the nearest thing that the brain sees, m; infinite if it sees none.
    pub gap: f32,
    /// Whether the brain held the body.
    pub is_held: bool,
    /// What the brain made of its first cues, 0 to 1.
    pub reliability: [f32; TRACED_CUES],
}

/// What was measured of a robot's trial; the truth, which no brain sees.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// How it ended; `None` while it runs.
    pub outcome: Option<Outcome>,
    /// When it ended.
    pub finished: Stamp,
    /// Length of its way, m.
    pub path_length: f64,
    /// How often it began to touch something.
    pub touches: usize,
    /// Greatest speed at which it did, m/s.
    pub hardest_touch: f64,
    /// The first touches, in the order of time.
    pub collisions: Vec<Collision>,
    /// Energy drawn, J.
    pub energy: f64,
    /// Greatest distance between truth and belief, m.
    pub worst_error: f64,
    /// Its way, ten times a second; more seldom where it is long.
    pub trace: Vec<TracePoint>,
    /// How it moves itself.
    pub motion: Motion,
}

impl SimRobot {
    pub(super) fn keep_score(&mut self, world: &PhysicsWorld, now: Stamp) {
        if self.score.outcome.is_some() {
            return;
        }
        self.score.motion.look(now, &self.percepts);
        let base = self.model.base.link;
        let spatial = self.pose();
        let pose = Pose2::from_spatial(&spatial);
        let velocity = self.truth.velocities[base].0;
        let speed = f64::from((velocity.x * velocity.x + velocity.y * velocity.y).sqrt());
        self.score.path_length += speed * self.truth.timestep;
        self.score.energy = self.truth.energy;
        self.note_collisions(world, now, &pose);
        let belief = self.brain.as_ref().map_or(pose, |brain| brain.decision().belief.pose);
        let error = pose.distance(&belief);
        if error.is_finite() {
            self.score.worst_error = self.score.worst_error.max(error);
        }
        if now >= self.next_trace {
            if self.score.trace.len() >= MOST_TRACE {
                let mut keep = false;
                self.score.trace.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.trace_period *= 2;
            }
            self.next_trace = now + self.trace_period;
            let mut point = TracePoint {
                stamp: now,
                truth: pose,
                belief,
                speed: speed as f32,
                gap: f32::INFINITY,
                is_held: self.command.stop.is_some(),
                reliability: [0.0; TRACED_CUES],
            };
            if let Some(decision) = self.brain.as_ref().map(|brain| brain.decision()) {
                let motion = &decision.reasons.motion;
                // Only who drives looks for room.
                if matches!(
                    motion.mode,
                    MotionMode::Follow | MotionMode::Turn | MotionMode::Escape | MotionMode::Blocked
                ) {
                    point.gap = motion.gap as f32;
                }
                for (noted, cue) in point.reliability.iter_mut().zip(&decision.belief.cues) {
                    *noted = cue.reliability as f32;
                }
            }
            self.score.trace.push(point);
        }
        if !pose.is_finite() || spatial.translation.z < -1.0 {
            return self.finish(Outcome::Lost, now);
        }
        // A body without a brain has nothing to keep upright with.
        if self.brain.is_some() && (spatial.rotation * Vector3::z()).z < FALLEN {
            return self.finish(Outcome::Fallen, now);
        }
        let claim = self.brain.as_ref().map(|brain| (brain.decision().errand, brain.decision().status));
        if let Some((errand, status)) = claim
            && let Some(outcome) = self.judge.look(&mut self.task, &pose, errand, status)
        {
            self.finish(outcome, now);
        }
    }

    /// Notes each touch once, when it begins.
    fn note_collisions(&mut self, world: &PhysicsWorld, now: Stamp, pose: &Pose2) {
        let mut index = 0;
        for link in 0..self.truth.colliders.len() {
            for handle in &self.truth.colliders[link] {
                let mut touches = false;
                let mut impact: f64 = 0.0;
                for pair in world.contact_pairs_with(*handle) {
                    let first = pair.collider1 == *handle;
                    let other = if first { pair.collider2 } else { pair.collider1 };
                    let Some(other) = world.colliders.get(other) else { continue };
                    if other.user_data == self.truth.user_data || other.user_data == DRIVABLE {
                        continue;
                    }
                    let Some((manifold, contact)) = pair.find_deepest_contact() else { continue };
                    let normal = manifold.data.normal;
                    // The engine lists pairs that are merely near, with distances that may be old; a touch pushes.
                    if pair.total_impulse_magnitude() <= 0.0 || normal.z.abs() > GROUND_NORMAL {
                        continue;
                    }
                    touches = true;
                    let Some(own) = world.colliders.get(*handle) else { continue };
                    let local = if first { contact.local_p1 } else { contact.local_p2 };
                    let point = own.position().transform_point(local);
                    let (linear, angular) = self.truth.last_velocities[link];
                    let own_speed = linear + angular.cross(point - self.truth.links[link].translation);
                    let other_speed = other
                        .parent()
                        .and_then(|body| world.bodies.get(body))
                        .map_or(Vector::ZERO, |body| body.velocity_at_point(point));
                    let toward = if first { normal } else { -normal };
                    impact = impact.max(f64::from((own_speed - other_speed).dot(toward)));
                }
                if touches && !self.touching[index] {
                    self.score.touches += 1;
                    self.score.hardest_touch = self.score.hardest_touch.max(impact);
                    if self.score.collisions.len() < MOST_COLLISIONS {
                        let at = [pose.x, pose.y];
                        self.score.collisions.push(Collision { stamp: now, speed: impact, at });
                    }
                }
                self.touching[index] = touches;
                index += 1;
            }
        }
    }

    pub(super) fn finish(&mut self, outcome: Outcome, now: Stamp) {
        self.score.outcome = Some(outcome);
        self.score.finished = now;
    }
}
