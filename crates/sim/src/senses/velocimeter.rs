//! The simulated velocimeter: how its link moves against the world.

use nalgebra::Vector3;
use neuraxis_core::percepts::BodyTwist;
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::senses::{VelocimeterNoise, VelocimeterSpec};
use rapier3d::prelude::{Pose, Rotation, Vector};

use super::{Measuring, Simulated, Wiring};
use crate::state::RobotState;
use crate::convert::vector64;

pub(super) struct Velocimeter {
    link: usize,
    mount: Pose,
    noise: VelocimeterNoise,
}

impl Simulated for Velocimeter {
    type Reading = BodyTwist;

    fn new(spec: &VelocimeterSpec, wiring: &Wiring<'_>, _: &mut Stream) -> Self {
        let (link, mount) = wiring.frame();
        Self { link, mount, noise: spec.noise }
    }

    fn measure(&mut self, now: Measuring<'_>, motion: &mut BodyTwist) {
        let Self { link, mount, noise } = self;
        let Measuring { truth, stream, louder, .. } = now;
        let (velocity, rate) = motion_at(truth.robot, *link, mount);
        let mut noisy = |v: Vector, std: f64| {
            let noise = Vector3::new(normal(stream), normal(stream), normal(stream)) * std * louder;
            vector64(v) + noise
        };
        *motion = BodyTwist {
            linear_velocity: noisy(velocity, noise.linear),
            angular_velocity: noisy(rate, noise.angular),
        };
    }
}

/// Velocity (m/s) and turning rate (rad/s) against the world at `mount` on a link, in the frame there.
fn motion_at(robot: &RobotState, link: usize, mount: &Pose) -> (Vector, Vector) {
    let pose = robot.links[link] * *mount;
    let (linear, angular) = robot.velocities[link];
    let at = linear + angular.cross(pose.translation - robot.links[link].translation);
    let to_sensor: Rotation = pose.rotation.inverse();
    (to_sensor * at, to_sensor * angular)
}
