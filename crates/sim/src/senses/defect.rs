//! Faults of senses: what a scene does to a reading that was taken.

use nalgebra::Vector3;
use neuraxis_core::random::Stream;
use neuraxis_core::{Reading, ops};
use rand::RngExt as _;

use super::heading;
use crate::scene::spec::{Fault, FaultKind};

/// How far a reading outside of all reason may lie from the truth, m.
const OUTLIER_DISTANCE: f64 = 5.0;
/// The same for what a direction shows of a beacon, in standard deviations of the background.
const OUTLIER_ACTIVITY: f32 = 10.0;
/// The same for velocities, m/s, and turning rates, rad/s.
const OUTLIER_RATE: f64 = 2.0;

/// What is wrong with a sense now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Defect {
    kind: FaultKind,
    factor: f64,
    fraction: f64,
    offset: [f64; 3],
}

impl Defect {
    pub(crate) fn of(fault: &Fault) -> Self {
        Self {
            kind: fault.kind,
            factor: fault.factor.unwrap_or(1.0),
            fraction: fault.fraction.unwrap_or(0.0),
            offset: fault.offset.unwrap_or_default(),
        }
    }

    pub(super) fn is(&self, kind: FaultKind) -> bool {
        self.kind == kind
    }

    /// The factor of a defect of this kind; 1 for any other.
    pub(super) fn factor(defect: Option<&Self>, kind: FaultKind) -> f64 {
        defect.filter(|defect| defect.kind == kind).map_or(1.0, |defect| defect.factor)
    }

    /// What it does to a reading that was taken; whether the reading is lost by it.
    pub(super) fn distort(&self, stream: &mut Stream, reading: &mut Reading) -> bool {
        let Self { kind, fraction, offset, .. } = *self;
        match (kind, reading) {
            (FaultKind::NotANumber, reading) => poison(reading),
            (FaultKind::Dropout, Reading::Scan(scan)) => {
                for range in &mut scan.ranges {
                    if stream.random_bool(fraction) {
                        *range = f32::NAN;
                    }
                }
            }
            (FaultKind::Dropout, _) => return stream.random_bool(fraction),
            (FaultKind::Outliers, Reading::Scan(scan)) => {
                for range in &mut scan.ranges {
                    if stream.random_bool(fraction) {
                        *range = stream.random_range(scan.range_min..scan.range_max) as f32;
                    }
                }
            }
            (FaultKind::Outliers, Reading::Pose(absolute)) if stream.random_bool(fraction) => {
                let place = &mut absolute.pose.translation.vector;
                place.x += stream.random_range(-OUTLIER_DISTANCE..OUTLIER_DISTANCE);
                place.y += stream.random_range(-OUTLIER_DISTANCE..OUTLIER_DISTANCE);
                absolute.pose.rotation = heading(stream.random_range(-ops::PI..ops::PI));
            }
            (FaultKind::Outliers, Reading::Imu(imu)) if stream.random_bool(fraction) => {
                imu.angular_velocity
                    .iter_mut()
                    .for_each(|v| *v = stream.random_range(-OUTLIER_RATE..OUTLIER_RATE));
            }
            (FaultKind::Outliers, Reading::Motion(motion)) if stream.random_bool(fraction) => {
                let mut draw = |v: &mut f64| *v = stream.random_range(-OUTLIER_RATE..OUTLIER_RATE);
                motion.linear_velocity.iter_mut().for_each(&mut draw);
                motion.angular_velocity.iter_mut().for_each(&mut draw);
            }
            (FaultKind::Outliers, Reading::Azimuth(azimuth)) => {
                for activity in &mut azimuth.activity {
                    if stream.random_bool(fraction) {
                        *activity = stream.random_range(0.0..OUTLIER_ACTIVITY);
                    }
                }
            }
            (FaultKind::Bias, Reading::Azimuth(azimuth)) => {
                azimuth.activity.iter_mut().for_each(|activity| *activity += offset[0] as f32);
            }
            (FaultKind::Bias, Reading::Scan(scan)) => {
                for range in scan.ranges.iter_mut().filter(|range| range.is_finite()) {
                    *range = (f64::from(*range) + offset[0]).clamp(scan.range_min, scan.range_max) as f32;
                }
            }
            (FaultKind::Bias, Reading::Imu(imu)) => imu.angular_velocity += Vector3::from(offset),
            (FaultKind::Bias, Reading::Motion(motion)) => motion.linear_velocity += Vector3::from(offset),
            (FaultKind::Bias, Reading::Pose(absolute)) => {
                let pose = &mut absolute.pose;
                pose.translation.vector += Vector3::new(offset[0], offset[1], 0.0);
                pose.rotation = heading(offset[2]) * pose.rotation;
            }
            _ => {}
        }
        false
    }
}

/// Fills a reading with numbers that are none.
fn poison(reading: &mut Reading) {
    match reading {
        Reading::Scan(scan) => scan.ranges.fill(-1.0),
        Reading::Imu(imu) => imu.angular_velocity.fill(f64::NAN),
        Reading::Motion(motion) => motion.linear_velocity.fill(f64::NAN),
        Reading::Odometry(odometry) => odometry.twist.linear = f64::NAN,
        Reading::Joints(joints) => joints.position.fill(f64::NAN),
        Reading::Contact(contact) => contact.force = f64::NAN,
        Reading::Battery(battery) => battery.percentage = f64::NAN,
        Reading::Pose(absolute) => absolute.pose.translation.x = f64::NAN,
        Reading::Azimuth(azimuth) => azimuth.activity.fill(f32::NAN),
    }
}
