//! Something that knows the map and says where the body is (`geometry_msgs/PoseWithCovarianceStamped`).

use nalgebra::{Isometry3, Matrix3, Matrix6, UnitQuaternion, Vector3};
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::sensor_spec;
use super::{Change, Fields, FieldsMut, Measurement, SensorSpec};
use super::FaultKind;
use crate::random::happens;
use crate::random::{Stream, normal};
use crate::{Pose2, math};

sensor_spec! {
    /// Something that knows the map and says where the body is: AMCL, motion capture, camera tags, GNSS.
    PoseSpec {
        /// Errors of its readings, which its covariance states as well.
        #[serde(default)]
        pub noise: PoseNoise,
    }
}

impl SensorSpec for PoseSpec {}

/// Errors of something that knows the map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoseNoise {
    /// Standard deviation of x and of y, m.
    #[serde(default = "PoseNoise::default_position")]
    #[schemars(range(min = 0.0001, max = 100.0))]
    pub position: f64,
    /// Standard deviation of the heading, rad; it does not tell the heading if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub heading: Option<f64>,
    /// Standard deviation of the height, m; it does not tell the height if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 100.0))]
    pub height: Option<f64>,
    /// Standard deviation of roll and of pitch, rad; it does not tell them if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0001, max = 10.0))]
    pub tilt: Option<f64>,
}

impl PoseNoise {
    fn default_position() -> f64 {
        0.05
    }
}

impl Default for PoseNoise {
    fn default() -> Self {
        Self { position: Self::default_position(), heading: None, height: None, tilt: None }
    }
}

/// Where something that knows the map says that the body is (`geometry_msgs/PoseWithCovarianceStamped`):
/// AMCL, motion capture, camera tags, GNSS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbsolutePose {
    /// `base_link` in `map`.
    pub pose: Isometry3<f64>,
    /// Covariance of x, y, z and of the rotations about the map's x, y and z: m², m·rad, rad². An infinite variance: it
    /// does not tell that number.
    pub covariance: Matrix6<f64>,
}

/// Where x, y and yaw stand in a covariance of ROS.
pub const PLANAR: [usize; 3] = [0, 1, 5];

impl AbsolutePose {
    /// The pose of a body on the plane, with the `covariance` of x, y and yaw; it tells neither height nor tilt.
    #[must_use]
    pub fn planar(pose: &Pose2, covariance: &Matrix3<f64>) -> Self {
        let mut spatial = Matrix6::from_diagonal_element(f64::INFINITY);
        for (i, row) in PLANAR.into_iter().enumerate() {
            for (j, column) in PLANAR.into_iter().enumerate() {
                spatial[(row, column)] = covariance[(i, j)];
            }
        }
        Self { pose: pose.to_spatial(0.0), covariance: spatial }
    }

    /// The pose's shadow on the ground.
    #[must_use]
    pub fn to_planar(&self) -> Pose2 {
        Pose2::from_spatial(&self.pose)
    }

    /// Covariance of x, y and yaw.
    #[must_use]
    pub fn planar_covariance(&self) -> Matrix3<f64> {
        Matrix3::from_fn(|i, j| self.covariance[(PLANAR[i], PLANAR[j])])
    }
}

impl Default for AbsolutePose {
    fn default() -> Self {
        Self { pose: Isometry3::identity(), covariance: Matrix6::zeros() }
    }
}

/// How far a place outside of all reason may lie from the true one, along x and along y, m.
const OUTLIER_DISTANCE: f64 = 5.0;

/// A turn by `yaw` rad about z.
fn heading(yaw: f64) -> UnitQuaternion<f64> {
    UnitQuaternion::from_axis_angle(&Vector3::z_axis(), yaw)
}

const PLACE: [&str; 3] = ["pose.x", "pose.y", "pose.z"];
const ATTITUDE: [&str; 4] =
    ["pose.orientation.x", "pose.orientation.y", "pose.orientation.z", "pose.orientation.w"];
/// The upper triangle of the covariance, row by row.
#[rustfmt::skip]
const COVARIANCE: [&str; 21] = [
    "covariance[0,0]", "covariance[0,1]", "covariance[0,2]", "covariance[0,3]", "covariance[0,4]", "covariance[0,5]",
    "covariance[1,1]", "covariance[1,2]", "covariance[1,3]", "covariance[1,4]", "covariance[1,5]",
    "covariance[2,2]", "covariance[2,3]", "covariance[2,4]", "covariance[2,5]",
    "covariance[3,3]", "covariance[3,4]", "covariance[3,5]",
    "covariance[4,4]", "covariance[4,5]",
    "covariance[5,5]",
];

/// Places of the upper triangle of a covariance, row by row.
fn upper_triangle() -> impl Iterator<Item = (usize, usize)> {
    (0..6).flat_map(|row| (row..6).map(move |column| (row, column)))
}

impl Measurement for AbsolutePose {
    const POISONED: &'static str = "pose.x";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Noise, FaultKind::Outliers, FaultKind::Bias];

    fn blank(_: &PoseSpec, _: usize) -> Self {
        Self::default()
    }

    /// What a covariance may be is for the estimator to say: a bad one is refused, and stops nobody.
    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        let Self { pose, covariance } = self;
        PLACE.iter().zip(&pose.translation.vector).for_each(|(name, v)| fields.number(name, *v));
        ATTITUDE.iter().zip(&pose.rotation.coords).for_each(|(name, v)| fields.number(name, *v));
        COVARIANCE.iter().zip(upper_triangle()).for_each(|(name, at)| fields.unchecked(name, covariance[at]));
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        let Self { pose, covariance } = self;
        PLACE.iter().zip(&mut pose.translation.vector).for_each(|(name, v)| fields.number(name, v));
        let attitude = &mut pose.rotation.as_mut_unchecked().coords;
        ATTITUDE.iter().zip(attitude).for_each(|(name, v)| fields.number(name, v));
        for (name, (row, column)) in COVARIANCE.iter().zip(upper_triangle()) {
            fields.number(name, &mut covariance[(row, column)]);
            covariance[(column, row)] = covariance[(row, column)];
        }
    }

    fn restore(&mut self, numbers: &[f64], list: &[f32]) -> bool {
        // Recordings of before poses were spatial.
        if let [x, y, yaw, xx, xy, xw, yy, yw, ww] = numbers {
            let covariance = Matrix3::new(*xx, *xy, *xw, *xy, *yy, *yw, *xw, *yw, *ww);
            *self = Self::planar(&Pose2 { x: *x, y: *y, yaw: *yaw }, &covariance);
            return list.is_empty();
        }
        let fits = numbers.len() == PLACE.len() + ATTITUDE.len() + COVARIANCE.len() && list.is_empty();
        if fits {
            self.take(numbers, list);
        }
        fits
    }

    fn outlie(&mut self, fraction: f64, stream: &mut Stream) {
        if happens(fraction, stream) {
            let place = &mut self.pose.translation.vector;
            place.x += stream.random_range(-OUTLIER_DISTANCE..OUTLIER_DISTANCE);
            place.y += stream.random_range(-OUTLIER_DISTANCE..OUTLIER_DISTANCE);
            self.pose.rotation = heading(stream.random_range(-math::PI..math::PI));
        }
    }

    fn bias(&mut self, offset: [f64; 3]) {
        self.pose.translation.vector += Vector3::new(offset[0], offset[1], 0.0);
        self.pose.rotation = heading(offset[2]) * self.pose.rotation;
    }

    fn remeasure(&mut self, spec: &PoseSpec, by: &Change<'_, Self>, stream: &mut Stream) {
        let (noise, added) = (&spec.noise, by.added());
        if added <= 0.0 {
            return;
        }
        let mut off = |std: f64| added * std * normal(stream);
        let place = Vector3::new(off(noise.position), off(noise.position), noise.height.map_or(0.0, &mut off));
        let yaw = noise.heading.map_or(0.0, &mut off);
        let tilt = noise.tilt.map_or(Vector3::zeros(), |std| Vector3::new(off(std), off(std), 0.0));
        self.pose.translation.vector += place;
        self.pose.rotation = heading(yaw) * UnitQuaternion::new(tilt) * self.pose.rotation;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::senses::Readable as _;

    #[test]
    fn a_recorded_pose_of_the_plane_restores_as_one_that_tells_neither_height_nor_tilt() {
        let mut pose = AbsolutePose::default();
        assert!(pose.restore(&[1.0, 2.0, 0.5, 0.1, 0.0, 0.0, 0.2, 0.0, 0.3], &[]));
        assert!((pose.to_planar().yaw - 0.5).abs() < 1e-12);
        assert_eq!(pose.planar_covariance(), Matrix3::from_diagonal(&Vector3::new(0.1, 0.2, 0.3)));
        assert_eq!(pose.covariance[(2, 2)], f64::INFINITY);
        assert!(pose.is_valid());
    }
}
