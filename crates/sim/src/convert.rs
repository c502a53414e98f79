//! Between the brain's numbers (nalgebra, f64) and the physics engine's (glam, f32); nothing else.

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion, Vector3};
use rapier3d::math::{Pose, Rotation, Vector};

/// A vector for the physics engine.
pub(crate) fn vector(v: &Vector3<f64>) -> Vector {
    Vector::new(v.x as f32, v.y as f32, v.z as f32)
}

/// A vector for the brain.
pub(crate) fn vector64(v: Vector) -> Vector3<f64> {
    Vector3::new(f64::from(v.x), f64::from(v.y), f64::from(v.z))
}

/// A pose for the physics engine.
pub(crate) fn pose(p: &Isometry3<f64>) -> Pose {
    let q = p.rotation.quaternion();
    Pose::from_parts(
        vector(&p.translation.vector),
        Rotation::from_xyzw(q.i as f32, q.j as f32, q.k as f32, q.w as f32).normalize(),
    )
}

/// A pose for the brain.
pub(crate) fn pose64(p: &Pose) -> Isometry3<f64> {
    let q = p.rotation;
    Isometry3::from_parts(
        Translation3::from(vector64(p.translation)),
        UnitQuaternion::from_quaternion(Quaternion::new(
            f64::from(q.w),
            f64::from(q.x),
            f64::from(q.y),
            f64::from(q.z),
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pose_survives_conversion_to_the_engine_and_back() {
        let p = Isometry3::new(Vector3::new(1.0, -2.0, 0.5), Vector3::new(0.3, -0.2, 0.9));
        let back = pose64(&pose(&p));
        assert!((back.translation.vector - p.translation.vector).norm() < 1e-6);
        assert!(back.rotation.angle_to(&p.rotation) < 1e-6);
        let v = Vector3::new(0.1, 0.2, 0.3);
        let turned = pose(&p).transform_point(vector(&v));
        assert!((vector64(turned) - p.transform_point(&v.into()).coords).norm() < 1e-6);
    }
}
