//! How a robot's joints stand and how it moves, read and set from outside between two steps.

use nalgebra::Vector3;
use rapier3d::prelude::{PhysicsWorld, Vector};

use super::{Arena, SimRobot};
use crate::convert::{vector, vector64};
use crate::model::JointHandle;

/// Where joints stand and how the whole body moves, as if it were stiff.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stance {
    /// Positions of the model's joints, in its order, rad or m; as they are for those that are missing.
    pub joints: Vec<f64>,
    /// Of `base_link`, in the world, m/s.
    pub velocity: Vector3<f64>,
    /// rad/s.
    pub rate: Vector3<f64>,
}

impl Arena {
    /// Puts the joints of the robot `index` where `stance` says, and lets it move so.
    ///
    /// For tests and benches that begin somewhere else than a scene does. Only bodies in reduced coordinates can be
    /// bent; whether that was one, and nothing in the stance was beside it.
    pub fn set_stance(&mut self, index: usize, stance: &Stance) -> bool {
        let Some(robot) = self.robots.get_mut(index) else { return false };
        let is_set = robot.take(stance, &mut self.world);
        robot.observe(&self.world);
        robot.observe(&self.world);
        is_set
    }
}

impl Arena {
    /// Pushes the robot `index` at the middle of its base's mass with `force` (N, in the world) for the step to come.
    pub fn push(&mut self, index: usize, force: &Vector3<f64>) {
        if let Some(robot) = self.robots.get_mut(index) {
            robot.push = Some(vector(force));
        }
    }
}

impl SimRobot {
    /// Velocity of `base_link`, m/s, and its turning rate, rad/s, in the world.
    #[must_use]
    pub fn motion(&self) -> (Vector3<f64>, Vector3<f64>) {
        let base = &self.model.base;
        let (linear, angular) = self.truth.velocities[base.link];
        let arm = self.truth.links[base.link].rotation * base.pose.translation;
        (vector64(linear + angular.cross(arm)), vector64(angular))
    }

    /// Velocity of `base_link` along its own x axis, m/s.
    #[must_use]
    pub fn forward_speed(&self) -> f64 {
        self.motion().0.dot(&(self.pose().rotation * Vector3::x()))
    }

    /// Position (rad or m) and velocity of the joint `index` of the model.
    #[must_use]
    pub fn joint(&self, index: usize) -> Option<(f64, f64)> {
        self.truth.joints.get(index).map(|joint| (joint.position, joint.velocity))
    }

    /// The middle of all the mass, in the world, m.
    #[must_use]
    pub fn center_of_mass(&self) -> Vector3<f64> {
        let (mut sum, mut mass) = (Vector::ZERO, 0.0);
        for (link, pose) in self.model.model.links.iter().zip(&self.truth.links) {
            sum += pose.transform_point(link.mass.local_com) * link.mass.mass();
            mass += link.mass.mass();
        }
        vector64(sum / mass)
    }

    fn take(&mut self, stance: &Stance, world: &mut PhysicsWorld) -> bool {
        let PhysicsWorld { multibody_joints, bodies, .. } = world;
        let mut whole = None;
        for (i, handle) in self.placed.joints.iter().enumerate() {
            let JointHandle::Multibody(handle) = handle else {
                if stance.joints.is_empty() {
                    continue;
                }
                return false;
            };
            let Some((multibody, id)) = multibody_joints.get_mut(*handle) else { return false };
            whole = Some(*handle);
            let (Some(target), Some(link)) = (stance.joints.get(i), multibody.link(id)) else { continue };
            let mut way = vec![0.0; multibody.ndofs()];
            way[link.assembly_id()] = (target - self.truth.joints[i].position) as f32;
            multibody.apply_displacements(&way);
        }
        let (linear, angular) = (vector(&stance.velocity), vector(&stance.rate));
        if let Some((multibody, _)) =
            whole.or(self.placed.plane).and_then(|any| multibody_joints.get_mut(any))
        {
            multibody.forward_kinematics(bodies, false);
            multibody.update_rigid_bodies(bodies, true);
            let Some(root) = self.placed.links.first().and_then(|root| bodies.get(*root)) else {
                return false;
            };
            let base = *root.position() * self.model.base.pose;
            let at_root = linear + angular.cross(root.translation() - base.translation);
            let frame = match self.placed.plane {
                // The plane's axes are those of the body's start.
                Some(_) => multibody.link(0).map(|link| link.local_to_world().rotation),
                None => Some(rapier3d::math::Rotation::IDENTITY),
            };
            let Some(frame) = frame else { return false };
            let (v, w) = (frame.inverse() * at_root, frame.inverse() * angular);
            let mut rates = multibody.generalized_velocity_mut();
            rates.fill(0.0);
            if self.placed.plane.is_some() {
                rates.rows_mut(0, 3).copy_from_slice(&[v.x, v.y, w.z]);
            } else if !self.model.model.anchored {
                rates.rows_mut(0, 6).copy_from_slice(&[v.x, v.y, v.z, w.x, w.y, w.z]);
            }
        }
        let Some(root) = self.placed.links.first().and_then(|root| bodies.get(*root)) else { return false };
        let pivot = root.position().transform_point(self.model.base.pose.translation);
        for handle in &self.placed.links {
            if let Some(body) = bodies.get_mut(*handle) {
                let arm = body.center_of_mass() - pivot;
                body.set_linvel(linear + angular.cross(arm), true);
                body.set_angvel(angular, true);
            }
        }
        true
    }
}
