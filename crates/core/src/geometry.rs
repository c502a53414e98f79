//! Poses and twists in the plane, and the bridge to their spatial forms.

use nalgebra::{Isometry3, Point2, Translation3, UnitQuaternion, Vector3};
use serde::{Deserialize, Serialize};

use crate::math;

/// A pose in the plane: position (m) and heading (rad, counter-clockwise from x).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pose2 {
    /// Forward in the parent frame, m.
    pub x: f64,
    /// Left in the parent frame, m.
    pub y: f64,
    /// Heading, rad, in (-π, π].
    pub yaw: f64,
}

impl Pose2 {
    /// The pose at (`x`, `y`) m with heading `yaw` rad.
    #[must_use]
    pub fn new(x: f64, y: f64, yaw: f64) -> Self {
        Self { x, y, yaw: math::wrap(yaw) }
    }

    /// `self ∘ local`: the pose `local`, given in `self`'s frame, seen from `self`'s parent.
    #[must_use]
    pub fn compose(&self, local: &Self) -> Self {
        let p = self.transform(local.x, local.y);
        Self::new(p.x, p.y, self.yaw + local.yaw)
    }

    /// The pose of the parent seen from `self`.
    #[must_use]
    pub fn inverse(&self) -> Self {
        let (s, c) = math::sin_cos(self.yaw);
        Self::new(-c * self.x - s * self.y, s * self.x - c * self.y, -self.yaw)
    }

    /// `other` seen from `self`: `self⁻¹ ∘ other`.
    #[must_use]
    pub fn relative(&self, other: &Self) -> Self {
        self.inverse().compose(other)
    }

    /// The point (`x`, `y`) of `self`'s frame in the parent frame.
    #[must_use]
    pub fn transform(&self, x: f64, y: f64) -> Point2<f64> {
        let (s, c) = math::sin_cos(self.yaw);
        Point2::new(self.x + c * x - s * y, self.y + s * x + c * y)
    }

    /// The pose after moving with constant `twist` (in `self`'s frame) for `dt` seconds: the SE(2)
    /// exponential, exact on arcs.
    #[must_use]
    pub fn advance(&self, twist: &Twist2, dt: f64) -> Self {
        let a = twist.angular * dt;
        // sin(a)/a and (1-cos(a))/a, by their series where a is small.
        let (sinc, cosc) = if a.abs() < 1e-6 {
            (1.0 - a * a / 6.0, a / 2.0)
        } else {
            (math::sin(a) / a, (1.0 - math::cos(a)) / a)
        };
        let (dx, dy) = (twist.linear * dt, twist.lateral * dt);
        self.compose(&Self { x: sinc * dx - cosc * dy, y: cosc * dx + sinc * dy, yaw: a })
    }

    /// Distance between the two positions, m.
    #[must_use]
    pub fn distance(&self, other: &Self) -> f64 {
        math::hypot(self.x - other.x, self.y - other.y)
    }

    /// Whether all three numbers are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.x.is_finite() && self.y.is_finite() && self.yaw.is_finite()
    }

    /// The shadow of a spatial pose on the ground plane.
    #[must_use]
    pub fn from_spatial(pose: &Isometry3<f64>) -> Self {
        let x_axis = pose.rotation * Vector3::x();
        Self { x: pose.translation.x, y: pose.translation.y, yaw: math::atan2(x_axis.y, x_axis.x) }
    }

    /// This pose at height `z` (m), upright.
    #[must_use]
    pub fn to_spatial(&self, z: f64) -> Isometry3<f64> {
        Isometry3::from_parts(
            Translation3::new(self.x, self.y, z),
            UnitQuaternion::from_axis_angle(&Vector3::z_axis(), self.yaw),
        )
    }
}

/// A velocity in the plane, in the moving body's own frame (`geometry_msgs/Twist` of a ground robot).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Twist2 {
    /// Forward, m/s.
    pub linear: f64,
    /// To the left, m/s; zero for wheels that do not slip.
    pub lateral: f64,
    /// Counter-clockwise, rad/s.
    pub angular: f64,
}

impl Twist2 {
    /// Forward speed (m/s) and turning rate (rad/s), no lateral part.
    #[must_use]
    pub fn new(linear: f64, angular: f64) -> Self {
        Self { linear, lateral: 0.0, angular }
    }

    /// Whether all three numbers are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.linear.is_finite() && self.lateral.is_finite() && self.angular.is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn close(a: &Pose2, b: &Pose2) -> bool {
        a.distance(b) < 1e-9 && math::wrap(a.yaw - b.yaw).abs() < 1e-9
    }

    prop_compose! {
        fn pose()(x in -50.0..50.0, y in -50.0..50.0, yaw in -4.0..4.0) -> Pose2 { Pose2::new(x, y, yaw) }
    }

    proptest! {
        #[test]
        fn relative_undoes_compose(a in pose(), b in pose()) {
            prop_assert!(close(&a.relative(&a.compose(&b)), &b));
            prop_assert!(close(&a.compose(&a.inverse()), &Pose2::default()));
        }

        #[test]
        fn space_and_plane_agree(a in pose(), b in pose()) {
            let spatial = a.to_spatial(0.3) * b.to_spatial(0.0);
            prop_assert!(close(&Pose2::from_spatial(&spatial), &a.compose(&b)));
        }

        #[test]
        fn advance_equals_many_small_steps(v in -1.0..1.0, w in -3.0..3.0) {
            let twist = Twist2::new(v, w);
            let mut steps = Pose2::default();
            for _ in 0..1000 { steps = steps.advance(&twist, 1e-3); }
            prop_assert!(close(&steps, &Pose2::default().advance(&twist, 1.0)));
        }
    }

    #[test]
    fn integrating_a_quarter_circle_is_exact() {
        let p = Pose2::default().advance(&Twist2::new(math::PI / 2.0, math::PI / 2.0), 1.0);
        assert!(close(&p, &Pose2::new(1.0, 1.0, math::PI / 2.0)), "{p:?}");
    }
}
