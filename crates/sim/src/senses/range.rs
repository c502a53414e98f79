//! The simulated cone: rays all over it, of which the nearest tells.

use neuraxis_core::math;
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::senses::{Measurement as _, Range as Reading, RangeNoise, RangeSpec};
use rand::RngExt as _;
use rapier3d::prelude::{ColliderHandle, Pose, QueryFilter, Ray, Vector};

use super::{Measuring, Simulated, Wiring, stepped};

/// Rays lie on so many circles about the axis, and on each so many.
const CIRCLES: usize = 3;
const ON_CIRCLE: usize = 12;

pub(super) struct Range {
    link: usize,
    mount: Pose,
    rays: Vec<Vector>,
    /// What the file says of every reading.
    blank: Reading,
    noise: RangeNoise,
}

impl Simulated for Range {
    type Reading = Reading;

    fn new(spec: &RangeSpec, wiring: &Wiring<'_>, _: &mut Stream) -> Self {
        let ray = |off: f64, about: f64| {
            let ((s, c), (up, left)) = (math::sin_cos(off), math::sin_cos(about));
            Vector::new(c as f32, (s * left) as f32, (s * up) as f32)
        };
        let mut rays = vec![Vector::X];
        for circle in 1..=CIRCLES {
            let off = 0.5 * spec.field_of_view * circle as f64 / CIRCLES as f64;
            rays.extend((0..ON_CIRCLE).map(|i| ray(off, 2.0 * math::PI * i as f64 / ON_CIRCLE as f64)));
        }
        let (link, mount) = wiring.frame();
        Self { link, mount, rays, blank: Reading::blank(spec, 0), noise: spec.noise }
    }

    fn measure(&mut self, now: Measuring<'_>, reading: &mut Reading) {
        let Self { link, mount, rays, blank, noise } = self;
        let Measuring { truth, stream, louder, .. } = now;
        let pose = truth.robot.links[*link] * *mount;
        let own = truth.robot.user_data;
        let not_own = |_: ColliderHandle, collider: &rapier3d::prelude::Collider| collider.user_data != own;
        let filter = QueryFilter::default().predicate(&not_own);
        let query = truth.world.query_pipeline_with_filter(filter);
        let mut nearest = f32::INFINITY;
        for direction in rays {
            let ray = Ray::new(pose.translation, pose.transform_vector(*direction));
            if let Some((_, distance)) = query.cast_ray(&ray, blank.range_max as f32, true) {
                nearest = nearest.min(distance);
            }
        }
        let is_too_near = f64::from(nearest) < blank.range_min;
        *reading = Reading { range: if is_too_near { f32::NEG_INFINITY } else { nearest }, ..*blank };
        if noise.std > 0.0 {
            reading.shift(louder * noise.std * normal(stream));
        }
        if noise.resolution > 0.0 && reading.range.is_finite() {
            reading.range = stepped(f64::from(reading.range), noise.resolution) as f32;
        }
        if noise.dropout > 0.0 && stream.random_bool(noise.dropout) {
            reading.range = f32::NAN;
        }
        if noise.outliers > 0.0 && stream.random_bool(noise.outliers) {
            reading.range = stream.random_range(blank.range_min..blank.range_max) as f32;
        }
    }
}
