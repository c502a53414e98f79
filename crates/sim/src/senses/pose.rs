//! The simulated sense of one's place in the map.

use nalgebra::{Isometry3, Matrix6, Translation3, UnitQuaternion, Vector3, Vector6};
use neuraxis_core::Pose2;
use neuraxis_core::percepts::AbsolutePose;
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::senses::{PoseNoise, PoseSpec};

use super::{Measuring, Simulated, Wiring, heading};
use crate::convert::pose64;

pub(super) struct Pose {
    link: usize,
    mount: rapier3d::prelude::Pose,
    noise: PoseNoise,
}

impl Simulated for Pose {
    type Reading = AbsolutePose;

    fn new(spec: &PoseSpec, wiring: &Wiring<'_>, _: &mut Stream) -> Self {
        let (link, mount) = wiring.frame();
        Self { link, mount, noise: spec.noise }
    }

    fn measure(&mut self, now: Measuring<'_>, absolute: &mut AbsolutePose) {
        let Self { link, mount, noise } = self;
        let Measuring { truth, stream, louder, .. } = now;
        let truth = pose64(&(truth.robot.links[*link] * *mount));
        let shadow = Pose2::from_spatial(&truth);
        let mut off = |std: f64| louder * std * normal(stream);
        let (x, y) = (shadow.x + off(noise.position), shadow.y + off(noise.position));
        let yaw = noise.heading.map_or(0.0, |std| shadow.yaw + off(std));
        let z = noise.height.map_or(0.0, |std| truth.translation.z + off(std));
        let rotation = match noise.tilt {
            Some(std) => {
                let upright = heading(shadow.yaw).inverse() * truth.rotation;
                heading(yaw) * UnitQuaternion::new(Vector3::new(off(std), off(std), 0.0)) * upright
            }
            None => heading(yaw),
        };
        let variance = |std: Option<f64>| std.map_or(f64::INFINITY, |std| std * std);
        let (place, tilt) = (noise.position * noise.position, variance(noise.tilt));
        *absolute = AbsolutePose {
            pose: Isometry3::from_parts(Translation3::new(x, y, z), rotation),
            // What it says of itself is what it is when it is well.
            covariance: Matrix6::from_diagonal(&Vector6::new(
                place,
                place,
                variance(noise.height),
                tilt,
                tilt,
                variance(noise.heading),
            )),
        };
    }
}
