//! Simulated camera and microphones: how strongly beacons show in each direction.

use neuraxis_core::percepts::BearingActivity;
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::senses::{BeaconSense, BeaconSpec};
use neuraxis_core::{Stamp, math};
use rapier3d::prelude::{ColliderHandle, Pose, QueryFilter, Ray, Vector};

use super::{Measuring, Simulated, Truth, Wiring};
use crate::scene::spec::Beacon as Source;

/// Nearer than this a beacon grows no stronger, m.
const NEAREST: f64 = 0.3;
/// What is left of a sound that comes round something.
const MUFFLED: f64 = 0.5;

pub(super) struct Beacon {
    link: usize,
    mount: Pose,
    by: BeaconSense,
    d_prime: f64,
}

impl Simulated for Beacon {
    type Reading = BearingActivity;

    fn new(spec: &BeaconSpec, wiring: &Wiring<'_>, _: &mut Stream) -> Self {
        let (link, mount) = wiring.frame();
        Self { link, mount, by: spec.by, d_prime: spec.d_prime }
    }

    fn measure(&mut self, now: Measuring<'_>, azimuth: &mut BearingActivity) {
        let Self { link, mount, by, d_prime } = self;
        let Measuring { truth, stream, louder, .. } = now;
        let pose = truth.robot.links[*link] * *mount;
        let BearingActivity { angle_min, angle_increment, tuning, activity } = azimuth;
        for activity in activity.iter_mut() {
            *activity = (louder * normal(stream)) as f32;
        }
        for beacon in truth.beacons.iter().filter(|beacon| shines(beacon, truth.now)) {
            let d = *d_prime * reach(truth, &pose, beacon, *by);
            let [x, y, z] = beacon.at.map(|v| v as f32);
            let toward = pose.inverse_transform_point(Vector::new(x, y, z));
            let bearing = math::atan2(f64::from(toward.y), f64::from(toward.x));
            for (i, activity) in activity.iter_mut().enumerate() {
                let off = math::wrap(*angle_min + i as f64 * *angle_increment - bearing) / *tuning;
                *activity += (d * math::exp(-0.5 * off * off)) as f32;
            }
        }
    }
}

fn shines(beacon: &Source, now: Stamp) -> bool {
    now >= Stamp::from_seconds(beacon.from)
        && beacon.until.is_none_or(|until| now < Stamp::from_seconds(until))
}

/// The share of a beacon's strength at 1 m that comes as far as `pose`: one over the distance, for light's angle as for sound's
/// pressure.
fn reach(truth: &Truth<'_>, pose: &Pose, beacon: &Source, by: BeaconSense) -> f64 {
    let [x, y, z] = beacon.at.map(|v| v as f32);
    let way = Vector::new(x, y, z) - pose.translation;
    let distance = f64::from(way.length());
    let own = truth.robot.user_data;
    let not_own = |_: ColliderHandle, collider: &rapier3d::prelude::Collider| collider.user_data != own;
    let filter = QueryFilter::default().predicate(&not_own);
    let query = truth.world.query_pipeline_with_filter(filter);
    let ray = Ray::new(pose.translation, way);
    let is_hidden = query.cast_ray(&ray, 1.0, true).is_some();
    let left = match (is_hidden, by) {
        (false, _) => 1.0,
        (true, BeaconSense::Camera) => 0.0,
        (true, BeaconSense::Microphones) => MUFFLED,
    };
    left * beacon.strength / distance.max(NEAREST)
}
