//! Where frames are in one another (`geometry_msgs/Transform`, `tf2_msgs/TFMessage`).

use nalgebra::{Isometry3, Translation3};
use neuraxis_core::Stamp;

use crate::message::messages;
use crate::{Header, Quaternion, Vector3};

messages! {
    /// From one frame to another.
    "geometry_msgs/Transform" Transform {
        /// m.
        translation: Vector3,
        /// How turned.
        rotation: Quaternion,
    }
    /// Where a frame is in another, at a time.
    "geometry_msgs/TransformStamped" TransformStamped {
        /// When, and the frame that it is given in.
        header: Header,
        /// The frame that it says the place of.
        child_frame_id: String,
        /// Where that is.
        transform: Transform,
    }
    /// Where some frames are.
    "tf2_msgs/TFMessage" TFMessage {
        /// Their transforms.
        transforms: Vec<TransformStamped>,
    }
}

impl From<&Isometry3<f64>> for Transform {
    fn from(pose: &Isometry3<f64>) -> Self {
        let t = &pose.translation;
        Self { translation: Vector3 { x: t.x, y: t.y, z: t.z }, rotation: (&pose.rotation).into() }
    }
}

impl Transform {
    /// The transform, unless its numbers are none of one.
    #[must_use]
    pub fn isometry(&self) -> Option<Isometry3<f64>> {
        let translation = nalgebra::Vector3::from(&self.translation);
        let rotation = self.rotation.rotation().filter(|_| translation.iter().all(|v| v.is_finite()))?;
        Some(Isometry3::from_parts(Translation3::from(translation), rotation))
    }
}

impl TransformStamped {
    /// That `child` is at `pose` in `parent`, at `stamp`.
    #[must_use]
    pub fn new(stamp: Stamp, parent: &str, child: &str, pose: &Isometry3<f64>) -> Self {
        Self { header: Header::new(stamp, parent), child_frame_id: child.to_owned(), transform: pose.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transform_survives_and_one_that_is_none_is_refused() {
        let pose =
            Isometry3::new(nalgebra::Vector3::new(0.1, 0.2, 0.3), nalgebra::Vector3::new(0.0, 0.4, 0.0));
        let transform = Transform::from(&pose);
        let back = transform.isometry().expect("a transform");
        assert!((back.inverse() * pose).rotation.angle() < 1e-12);
        assert_eq!(Transform::default().isometry(), None, "a rotation of zeros");
        let mut spoiled = transform;
        spoiled.translation.y = f64::NAN;
        assert_eq!(spoiled.isometry(), None);
    }
}
