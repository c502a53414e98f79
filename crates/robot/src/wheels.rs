//! Driven and steered wheels, measured on the model.

use neuraxis_core::file::Problems;
use neuraxis_core::kinematics::{Ackermann, DifferentialDrive};

use crate::model::{Frame, Geometry, Joint, JointKind, Model, Vector};

/// The two driven wheels at `joints` (left, right), with the measures that the file gives (radius, track; m), and which way
/// each drives forward.
pub(crate) fn driven(
    model: &Model,
    base: &Frame,
    [left, right]: [usize; 2],
    [wheel_radius, track]: [Option<f64>; 2],
    signs: &mut [f64],
    problems: &mut Problems<'_>,
) -> Option<DifferentialDrive> {
    let wheels = [axle(model, base, left), axle(model, base, right)];
    for (i, (_, axis)) in wheels.iter().enumerate() {
        if axis.y.abs() < 0.9 {
            let key = if i == 0 { "/actuators/left" } else { "/actuators/right" };
            problems.help(
                key,
                format!(
                    "this wheel turns about ({:.2}, {:.2}, {:.2}) in `{}`",
                    axis.x, axis.y, axis.z, base.name
                ),
                "a driven wheel turns about the y axis of `base_link` (x forward, z up)",
            );
        }
        signs[i] = f64::from(axis.y.signum());
    }
    let radius = wheel_radius.or_else(|| wheel_shape(model, left));
    let track = track.unwrap_or(f64::from((wheels[0].0.y - wheels[1].0.y).abs()));
    match radius {
        Some(wheel_radius) if track > 1e-4 => return Some(DifferentialDrive { wheel_radius, track }),
        Some(_) => problems.help(
            "/actuators",
            "the two wheels are in the same place",
            "check the joints' origins, or give `track: ...`",
        ),
        None => problems.help(
            "/actuators",
            "the wheel's radius cannot be measured: its link has no cylinder or sphere to collide with",
            "give `wheel_radius: ...` in metres",
        ),
    }
    None
}

/// `base_link` may lie so far from the rear axle, as a share of the wheelbase.
const OFF_AXLE: f64 = 0.05;

/// The steering by `joints` (driven left and right, steered left and right), with the measures that the file gives (wheelbase, m;
/// angle, rad), and which way each joint steers to the left.
pub(crate) fn steered(
    model: &Model,
    base: &Frame,
    joints: [usize; 4],
    [wheelbase, angle]: [Option<f64>; 2],
    signs: &mut [f64],
    problems: &mut Problems<'_>,
) -> Option<Ackermann> {
    let [rear, _, first, second] = joints.map(|joint| axle(model, base, joint));
    let mut most = angle;
    for (i, (_, axis)) in [first, second].iter().enumerate() {
        let here = format!("/actuators/steering/{i}");
        let joint = &model.joints[joints[2 + i]];
        if joint.kind != JointKind::Revolute || axis.z.abs() < 0.9 {
            problems.help(
                &here,
                format!("`{}` is no joint that turns about the z axis of `{}`", joint.name, base.name),
                "a steering joint carries a wheel and turns it to the left and right",
            );
        }
        signs[i] = f64::from(axis.z.signum());
        let range = joint.range().map(|[low, high]| (-low).min(high));
        match (range, angle) {
            (None, None) => problems.help(
                &here,
                format!("the joint `{}` has no range, so nobody knows how far it steers", joint.name),
                "give it `<limit lower=... upper=...>` in the model, or give `angle: ...` in radians",
            ),
            (Some(range), None) => most = Some(most.map_or(range, |most: f64| most.min(range))),
            (Some(range), Some(angle)) if angle > range + 1e-6 => problems.help(
                "/actuators/angle",
                format!("the joint `{}` turns no further than {range:.3} rad to both sides", joint.name),
                "give a smaller angle, or leave it out",
            ),
            _ => {}
        }
    }
    let front = f64::from(0.5 * (first.0.x + second.0.x));
    let wheelbase = wheelbase.unwrap_or(front - f64::from(rear.0.x));
    let kingpins = f64::from(first.0.y - second.0.y);
    if wheelbase < 1e-3 || kingpins < 0.0 {
        problems.help(
            "/actuators/steering",
            "these wheels are not steered in front of the driven ones, left first",
            "give the front wheels' joints as [left, right]",
        );
        return None;
    }
    if f64::from(rear.0.x.abs()) > OFF_AXLE * wheelbase {
        problems.help(
            "/base",
            format!("the driven wheels' axle lies {:.3} m before `{}`", rear.0.x, base.name),
            "a steered body moves about its rear axle: give `base: ...`, a link in the middle of it",
        );
    }
    // The tightest turn has its centre outside of the body.
    let angle = most.filter(|angle| *angle > 0.01)?.min(1.5);
    Some(Ackermann { wheelbase, kingpins, angle })
}

/// Middle and axis of a joint in the frame `base`, with every joint at zero.
fn axle(model: &Model, base: &Frame, joint: usize) -> (Vector, Vector) {
    let joint: &Joint = &model.joints[joint];
    let base_pose = model.links[base.link].pose * base.pose;
    let frame = base_pose.inverse() * model.links[joint.parent].pose * joint.in_parent;
    (frame.translation, frame.transform_vector(Vector::X))
}

/// The radius of the cylinder or sphere that a wheel rolls on, m.
fn wheel_shape(model: &Model, joint: usize) -> Option<f64> {
    let link = &model.links[model.joints[joint].child];
    link.shapes.iter().find_map(|shape| match shape.geometry {
        Geometry::Cylinder { radius, .. } | Geometry::Sphere { radius } => Some(f64::from(radius)),
        _ => None,
    })
}
