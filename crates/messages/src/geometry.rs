//! Points, rotations, poses and twists (`geometry_msgs`), and what they are in the robot's own terms.

use nalgebra::{Isometry3, Matrix6, Translation3, UnitQuaternion};
use neuraxis_core::percepts::AbsolutePose;
use neuraxis_core::{Pose2, Twist2, math};

use crate::message::messages;
use crate::{Header, Unusable};

messages! {
    /// A vector.
    "geometry_msgs/Vector3" Vector3 {
        /// Along the frame's x axis.
        x: f64,
        /// Along its y axis.
        y: f64,
        /// Along its z axis.
        z: f64,
    }
    /// A point, m.
    "geometry_msgs/Point" Point {
        /// m.
        x: f64,
        /// m.
        y: f64,
        /// m.
        z: f64,
    }
    /// A rotation. Of length 1; all zeros is how ROS leaves one out.
    "geometry_msgs/Quaternion" Quaternion {
        /// Sine of half the angle along x.
        x: f64,
        /// The same along y.
        y: f64,
        /// The same along z.
        z: f64,
        /// Cosine of half the angle.
        w: f64,
    }
    /// Where something is and how it is turned.
    "geometry_msgs/Pose" Pose {
        /// Where.
        position: Point,
        /// How turned.
        orientation: Quaternion,
    }
    /// A pose at a time, in a frame.
    "geometry_msgs/PoseStamped" PoseStamped {
        /// When and in which frame.
        header: Header,
        /// The pose.
        pose: Pose,
    }
    /// A pose and how sure it is.
    "geometry_msgs/PoseWithCovariance" PoseWithCovariance {
        /// The pose.
        pose: Pose,
        /// Of x, y, z and the rotations about x, y and z, row by row: m², m·rad, rad².
        covariance: [[f64; 6]; 6],
    }
    /// Velocity.
    "geometry_msgs/Twist" Twist {
        /// m/s.
        linear: Vector3,
        /// rad/s.
        angular: Vector3,
    }
    /// Velocity and how sure it is.
    "geometry_msgs/TwistWithCovariance" TwistWithCovariance {
        /// The velocity.
        twist: Twist,
        /// Of the velocities along x, y, z and about x, y and z, row by row.
        covariance: [[f64; 6]; 6],
    }
}

impl From<&nalgebra::Vector3<f64>> for Vector3 {
    fn from(v: &nalgebra::Vector3<f64>) -> Self {
        Self { x: v.x, y: v.y, z: v.z }
    }
}

impl From<&Vector3> for nalgebra::Vector3<f64> {
    fn from(v: &Vector3) -> Self {
        Self::new(v.x, v.y, v.z)
    }
}

impl From<&UnitQuaternion<f64>> for Quaternion {
    fn from(q: &UnitQuaternion<f64>) -> Self {
        Self { x: q.i, y: q.j, z: q.k, w: q.w }
    }
}

impl Quaternion {
    /// The attitude of a body that is turned by `yaw` (rad) about z.
    #[must_use]
    pub fn upright(yaw: f64) -> Self {
        let (s, c) = math::sin_cos(0.5 * yaw);
        Self { x: 0.0, y: 0.0, z: s, w: c }
    }

    /// The rotation, unless the numbers are none of one.
    #[must_use]
    pub fn rotation(&self) -> Option<UnitQuaternion<f64>> {
        let q = nalgebra::Quaternion::new(self.w, self.x, self.y, self.z);
        let length = q.norm();
        (length.is_finite() && length > 1e-6).then(|| UnitQuaternion::new_normalize(q))
    }
}

impl From<&Pose2> for Pose {
    fn from(pose: &Pose2) -> Self {
        Self { position: Point { x: pose.x, y: pose.y, z: 0.0 }, orientation: Quaternion::upright(pose.yaw) }
    }
}

impl From<&Isometry3<f64>> for Pose {
    fn from(pose: &Isometry3<f64>) -> Self {
        let p = &pose.translation;
        Self { position: Point { x: p.x, y: p.y, z: p.z }, orientation: (&pose.rotation).into() }
    }
}

impl Pose {
    /// Its projection on the ground.
    ///
    /// # Errors
    /// If it has no attitude: the projection with a heading of zero.
    pub fn to_planar(&self) -> Result<Pose2, Pose2> {
        let flat = Pose2 { x: self.position.x, y: self.position.y, yaw: 0.0 };
        let rotation = self.orientation.rotation().ok_or(flat)?;
        let spatial = Isometry3::from_parts(Translation3::identity(), rotation);
        Ok(Pose2 { yaw: Pose2::from_spatial(&spatial).yaw, ..flat })
    }

    /// The pose in space.
    ///
    /// # Errors
    /// If it has no attitude.
    pub fn to_spatial(&self) -> Result<Isometry3<f64>, Unusable> {
        let rotation = self.orientation.rotation().ok_or(Unusable::NoAttitude)?;
        let p = &self.position;
        Ok(Isometry3::from_parts(Translation3::new(p.x, p.y, p.z), rotation))
    }
}

impl PoseWithCovariance {
    /// A pose with the covariance of x, y, z and the rotations about them.
    #[must_use]
    pub fn new(pose: Pose, covariance: &Matrix6<f64>) -> Self {
        Self { pose, covariance: std::array::from_fn(|r| std::array::from_fn(|c| covariance[(r, c)])) }
    }

    /// What it says of where a body is. What has no attitude tells no rotation; a height, roll or pitch without variance
    /// is one that is not told (a localiser on the plane leaves zeros there).
    #[must_use]
    pub fn to_absolute(&self) -> AbsolutePose {
        let told = self.pose.orientation.rotation();
        let mut covariance = Matrix6::from_fn(|i, j| self.covariance[i][j]);
        for axis in [2, 3, 4, 5] {
            let is_told = if axis == 5 { told.is_some() } else { covariance[(axis, axis)] != 0.0 };
            if !is_told || axis > 2 && told.is_none() {
                covariance.row_mut(axis).fill(0.0);
                covariance.column_mut(axis).fill(0.0);
                covariance[(axis, axis)] = f64::INFINITY;
            }
        }
        let p = &self.pose.position;
        let place = Translation3::new(p.x, p.y, p.z);
        AbsolutePose { pose: Isometry3::from_parts(place, told.unwrap_or_default()), covariance }
    }
}

impl From<&Twist2> for Twist {
    fn from(twist: &Twist2) -> Self {
        Self {
            linear: Vector3 { x: twist.linear, y: twist.lateral, z: 0.0 },
            angular: Vector3 { x: 0.0, y: 0.0, z: twist.angular },
        }
    }
}

impl Twist {
    /// What of it a body on the ground can do.
    #[must_use]
    pub fn to_planar(&self) -> Twist2 {
        Twist2 { linear: self.linear.x, lateral: self.linear.y, angular: self.angular.z }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pose_in_space_survives_and_one_without_attitude_is_refused() {
        let rotation = UnitQuaternion::from_euler_angles(0.2, -0.3, 2.0);
        let pose = Isometry3::from_parts(Translation3::new(1.0, -2.0, 0.3), rotation);
        let back = Pose::from(&pose).to_spatial().expect("an attitude");
        assert!((back.inverse() * pose).rotation.angle() < 1e-12);
        assert_eq!(back.translation, pose.translation);
        let planar = Pose::from(&pose).to_planar().expect("an attitude");
        assert!((planar.yaw - 2.0).abs() < 1e-12 && planar.x == 1.0, "{planar:?}");
        let bare = Pose { position: Point { x: 1.0, y: 2.0, z: 0.0 }, ..Pose::default() };
        assert_eq!(bare.to_spatial(), Err(Unusable::NoAttitude));
        assert_eq!(bare.to_planar(), Err(Pose2 { x: 1.0, y: 2.0, yaw: 0.0 }));
    }

    #[test]
    fn a_twist_on_the_plane_survives() {
        let twist = Twist2 { linear: 0.3, lateral: -0.1, angular: 1.5 };
        assert_eq!(Twist::from(&twist).to_planar(), twist);
    }
}
