//! The simulated range finder: a ray a beam.

use neuraxis_core::math;
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::senses::{LidarSpec, Measurement as _, RangeNoise};
use rand::RngExt as _;
use rapier3d::prelude::{ColliderHandle, Pose, QueryFilter, Ray, Vector};

use super::{Measuring, Simulated, Wiring, stepped};

pub(super) struct Lidar {
    link: usize,
    mount: Pose,
    directions: Vec<Vector>,
    noise: RangeNoise,
}

impl Simulated for Lidar {
    type Reading = LaserScan;

    fn new(spec: &LidarSpec, wiring: &Wiring<'_>, _: &mut Stream) -> Self {
        let blank = LaserScan::blank(spec, 0);
        let direction = |i: usize| {
            let (s, c) = math::sin_cos(blank.angle_min + i as f64 * blank.angle_increment);
            Vector::new(c as f32, s as f32, 0.0)
        };
        let (link, mount) = wiring.frame();
        let directions = (0..blank.ranges.len()).map(direction).collect();
        Self { link, mount, directions, noise: spec.noise }
    }

    fn measure(&mut self, now: Measuring<'_>, scan: &mut LaserScan) {
        let Self { link, mount, directions, noise } = self;
        let Measuring { truth, stream, louder, .. } = now;
        let pose = truth.robot.links[*link] * *mount;
        let own = truth.robot.user_data;
        let not_own = |_: ColliderHandle, collider: &rapier3d::prelude::Collider| collider.user_data != own;
        let filter = QueryFilter::default().predicate(&not_own);
        // One view of the world's bounding volumes for all beams of the sweep.
        let query = truth.world.query_pipeline_with_filter(filter);
        for (direction, range) in directions.iter().zip(&mut scan.ranges) {
            let ray = Ray::new(pose.translation, pose.transform_vector(*direction));
            *range = match query.cast_ray(&ray, scan.range_max as f32, true) {
                Some((_, distance)) if f64::from(distance) < scan.range_min => f32::NEG_INFINITY,
                Some((_, distance)) => distance,
                None => f32::INFINITY,
            };
        }
        for range in &mut scan.ranges {
            if noise.std > 0.0 && range.is_finite() {
                let noisy = f64::from(*range) + louder * noise.std * normal(stream);
                *range = noisy.clamp(scan.range_min, scan.range_max) as f32;
            }
            if noise.resolution > 0.0 && range.is_finite() {
                *range = stepped(f64::from(*range), noise.resolution) as f32;
            }
            if noise.dropout > 0.0 && stream.random_bool(noise.dropout) {
                *range = f32::NAN;
            }
            if noise.outliers > 0.0 && stream.random_bool(noise.outliers) {
                *range = stream.random_range(scan.range_min..scan.range_max) as f32;
            }
        }
    }
}
