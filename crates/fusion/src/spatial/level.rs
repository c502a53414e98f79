//! Scans of a tilted range finder, as one that stands upright would have seen them.
//!
//! Source: the projection of Kohlbrecher et al., "A flexible and scalable SLAM system" (SSRR 2011), section III-A: beam ends
//! are turned by roll and pitch and looked at from above; ends that lie too far from the sweep's own height are left out, so
//! that the ground is no wall. Departure: the result is a sweep again, with a beam in each direction of the first one, so that
//! everything that reads sweeps can read it.

use nalgebra::{Isometry3, Vector3};
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::{Pose2, math};

/// A smaller tilt changes nothing that a grid could show, rad.
const UPRIGHT: f64 = 0.005;
/// Beams may end so far below the sensor, as a share of its height above the ground.
const DROP: f64 = 0.8;

/// A buffer for the sweep.
#[derive(Clone, Debug, Default)]
pub(crate) struct Level {
    scan: LaserScan,
}

impl Level {
    /// A buffer for sweeps of at most `beams` beams.
    pub(crate) fn new(beams: usize) -> Self {
        Self { scan: LaserScan { ranges: Vec::with_capacity(beams), ..LaserScan::default() } }
    }

    /// `scan` as an upright sensor would have seen it, and where that one would sit in the upright `base_link`; `base` is the
    /// attitude of `base_link` in the map, `frame` the sensor in it, `ground` how far below `base_link` the ground lies (m). It does not allocate.
    pub(crate) fn upright<'a>(
        &'a mut self,
        scan: &'a LaserScan,
        base: &Isometry3<f64>,
        frame: &Isometry3<f64>,
        ground: f64,
    ) -> (&'a LaserScan, Pose2) {
        let heading = Pose2::from_spatial(base).yaw;
        let upright = Isometry3::rotation(Vector3::new(0.0, 0.0, -heading))
            * Isometry3::from_parts(nalgebra::Translation3::identity(), base.rotation);
        let sensor = upright * frame;
        let mount = Pose2::from_spatial(&sensor);
        let tilt = (sensor.rotation * Vector3::z()).xy().norm();
        let count = scan.ranges.len();
        if tilt < UPRIGHT || count > self.scan.ranges.capacity() || scan.angle_increment == 0.0 {
            return (scan, mount);
        }
        let Self { scan: level } = self;
        level.angle_min = scan.angle_min;
        level.angle_increment = scan.angle_increment;
        level.range_min = scan.range_min;
        level.range_max = scan.range_max;
        level.ranges.clear();
        level.ranges.resize(count, f32::NAN);
        let lowest = -DROP * (sensor.translation.z + ground).max(0.0);
        let is_round =
            count as f64 * scan.angle_increment.abs() > 2.0 * math::PI - 1.5 * scan.angle_increment.abs();
        let back = Isometry3::rotation(Vector3::new(0.0, 0.0, -mount.yaw)).rotation * sensor.rotation;
        for (i, range) in scan.ranges.iter().enumerate() {
            let range = f64::from(*range);
            if !range.is_finite() {
                continue;
            }
            let (s, c) = math::sin_cos(scan.angle_min + i as f64 * scan.angle_increment);
            let end = back * Vector3::new(range * c, range * s, 0.0);
            if end.z < lowest {
                continue;
            }
            // The direction of the sweep that lies nearest; angles wrap, and so do the beams of a full turn.
            let off =
                math::wrap(math::atan2(end.y, end.x) - scan.angle_min - i as f64 * scan.angle_increment);
            let at = i as f64 + off / scan.angle_increment;
            let mut nearest = at.round() as i64;
            if is_round {
                nearest = nearest.rem_euclid(count as i64);
            }
            let Some(beam) = usize::try_from(nearest).ok().and_then(|i| level.ranges.get_mut(i)) else {
                continue;
            };
            let flat = math::hypot(end.x, end.y) as f32;
            if beam.is_nan() || *beam > flat {
                *beam = flat;
            }
        }
        (level, mount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A room of 4 by 6 m with walls that stand upright, seen from its middle, 0.2 m above the ground, by a body with this
    /// roll and pitch.
    fn room(roll: f64, pitch: f64) -> (LaserScan, Isometry3<f64>) {
        let base = Isometry3::new(Vector3::zeros(), Vector3::zeros())
            * nalgebra::UnitQuaternion::from_euler_angles(roll, pitch, 0.3);
        let frame = Isometry3::translation(0.0, 0.0, 0.2);
        let sensor = base * frame;
        let ranges = (0..360).map(|i| {
            let (s, c) = math::sin_cos(f64::from(i).to_radians());
            let d = sensor.rotation * Vector3::new(c, s, 0.0);
            let from = sensor.translation.vector;
            let to_wall = |d: f64, from: f64, half: f64| {
                if d.abs() < 1e-9 { f64::INFINITY } else { (half * d.signum() - from) / d }
            };
            let ground = if d.z < 0.0 { -from.z / d.z } else { f64::INFINITY };
            to_wall(d.x, from.x, 2.0).min(to_wall(d.y, from.y, 3.0)).min(ground) as f32
        });
        let scan = LaserScan {
            angle_min: 0.0,
            angle_increment: 1.0_f64.to_radians(),
            range_min: 0.05,
            range_max: 20.0,
            ranges: ranges.collect(),
        };
        (scan, base)
    }

    #[test]
    fn a_tilted_sweep_shows_the_walls_and_not_the_ground() {
        let frame = Isometry3::translation(0.0, 0.0, 0.2);
        for (roll, pitch) in [(0.0, 0.0), (0.15, 0.0), (0.0, -0.2), (0.1, 0.15)] {
            let (scan, base) = room(roll, pitch);
            let mut level = Level::new(360);
            let (upright, mount) = level.upright(&scan, &base, &frame, 0.0);
            let eye = Pose2 { yaw: Pose2::from_spatial(&base).yaw, ..Pose2::default() }.compose(&mount);
            let mut seen = 0;
            for (i, range) in upright.ranges.iter().enumerate().filter(|(_, r)| r.is_finite()) {
                let angle = upright.angle_min + i as f64 * upright.angle_increment;
                let (s, c) = math::sin_cos(angle);
                let end = eye.transform(f64::from(*range) * c, f64::from(*range) * s);
                let off = (end.x.abs() - 2.0).abs().min((end.y.abs() - 3.0).abs());
                assert!(off < 0.05, "beam {i} ends at {end}, tilt {roll} {pitch}");
                seen += 1;
            }
            assert!(seen > 120, "{seen} beams are left, tilt {roll} {pitch}");
        }
    }
}
