//! Touches: which parts of a robot begin to touch something that is not ground, and how hard.

use neuraxis_core::Pose2;
use neuraxis_core::world::Incident;
use rapier3d::prelude::{PhysicsWorld, Vector};

use super::{DRIVABLE, SimRobot};

/// A touch whose normal is steeper than this is ground, not a collision.
const GROUND_NORMAL: f32 = 0.7;

impl SimRobot {
    /// Notes each touch of this robot, the `body`th, once, when it begins.
    pub(super) fn find_touches(&mut self, world: &PhysicsWorld, body: usize, found: &mut Vec<Incident>) {
        let mut pose = None;
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
                    let pose = pose.get_or_insert_with(|| Pose2::from_spatial(&self.pose()));
                    found.push(Incident::Touch { body, speed: impact, at: [pose.x, pose.y] });
                }
                self.touching[index] = touches;
                index += 1;
            }
        }
    }
}
