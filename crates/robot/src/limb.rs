//! Where frames are: seen from the base, and at the ends of limbs.

use neuraxis_core::kinematics::{Limb, LimbJoint};

use crate::model::{Frame, Geometry, JointKind, Model, Pose, pose64};

/// `frame` in the frame `base`, with every joint at zero.
pub(crate) fn relative(model: &Model, base: &Frame, frame: &Frame) -> Pose {
    let base_pose = model.links[base.link].pose * base.pose;
    base_pose.inverse() * model.links[frame.link].pose * frame.pose
}

/// How `frame` hangs on `base`; `None` if it is a part of it, does not hang on it, or by a joint that moves in several ways at
/// once.
pub(crate) fn limb_of(model: &Model, base: &Frame, frame: &Frame) -> Option<Limb> {
    let mut chain = Vec::new();
    let mut link = frame.link;
    while link != base.link {
        let joint = model.joints.iter().find(|joint| joint.child == link)?;
        chain.push(joint);
        link = joint.parent;
    }
    let last = chain.first()?;
    let tip = last.in_child.inverse() * frame.pose;
    let mut joints = Vec::new();
    // From the frame before a joint to the joint's: the base's own frame, or what lies behind the joint before.
    let mut before = base.pose.inverse();
    for joint in chain.iter().rev() {
        let origin = before * joint.in_parent;
        before = joint.in_child.inverse();
        match joint.kind {
            JointKind::Fixed => {
                before = origin * before;
                continue;
            }
            JointKind::Other => return None,
            JointKind::Revolute | JointKind::Prismatic => {}
        }
        joints.push(LimbJoint {
            name: joint.name.clone(),
            origin: pose64(&origin),
            axis: nalgebra::Vector3::x_axis(),
            slides: joint.kind == JointKind::Prismatic,
        });
    }
    let tip = if last.kind == JointKind::Fixed { before * frame.pose } else { tip };
    let radius = model.links[frame.link].shapes.iter().find_map(|shape| match shape.geometry {
        Geometry::Sphere { radius } => Some(f64::from(radius)),
        _ => None,
    });
    (!joints.is_empty()).then(|| Limb { joints, tip: pose64(&tip), radius: radius.unwrap_or(0.0) })
}
