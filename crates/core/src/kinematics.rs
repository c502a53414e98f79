//! The geometry of what moves a body: a differential drive, steered wheels, and limbs.

use nalgebra::{Isometry3, Point3, UnitQuaternion, UnitVector3, Vector3};
use serde::{Deserialize, Serialize};

use crate::{Twist2, math};

/// Wheel radius and track of a differential drive.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferentialDrive {
    /// m, greater than 0.
    pub wheel_radius: f64,
    /// Distance between the wheels' middle planes, m, greater than 0.
    pub track: f64,
}

impl DifferentialDrive {
    /// Wheel speeds (left, right; rad/s) for forward speed and turning rate of `twist`.
    #[must_use]
    pub fn wheels(&self, twist: &Twist2) -> (f64, f64) {
        let half = 0.5 * self.track * twist.angular;
        ((twist.linear - half) / self.wheel_radius, (twist.linear + half) / self.wheel_radius)
    }

    /// The twist of wheels that turn at `left` and `right` rad/s without slip.
    #[must_use]
    pub fn twist(&self, left: f64, right: f64) -> Twist2 {
        Twist2::new(0.5 * self.wheel_radius * (left + right), self.wheel_radius * (right - left) / self.track)
    }
}

/// The steering of a body with two driven wheels behind and two steered ones in front (Ackermann).
///
/// All wheels roll about one point on the line of the rear axle, so none has to slip: the steering angles differ, and the
/// rear wheels' speeds do (an electronic differential). Curvature (1/m) is that of the way of the rear axle's middle, which is
/// `base_link`'s; positive to the left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ackermann {
    /// From the rear axle to the steering joints, m, greater than 0.
    pub wheelbase: f64,
    /// Distance between the two steering joints, m.
    pub kingpins: f64,
    /// How far each steering joint turns to either side, rad, between 0 and π/2.
    pub angle: f64,
}

impl Ackermann {
    /// Radius of the tightest turn: the inner wheel is at the end of its range, m.
    #[must_use]
    pub fn tightest(&self) -> f64 {
        self.wheelbase / math::tan(self.angle) + 0.5 * self.kingpins
    }

    /// The greatest curvature, 1/m.
    #[must_use]
    pub fn curvature(&self) -> f64 {
        1.0 / self.tightest()
    }

    /// Angles of the steering joints (left, right; rad) for a curvature, 1/m, which is held to what they can.
    #[must_use]
    pub fn angles(&self, curvature: f64) -> (f64, f64) {
        let most = self.curvature();
        let curvature = curvature.clamp(-most, most);
        let half = 0.5 * self.kingpins * curvature;
        let along = self.wheelbase * curvature;
        (math::atan2(along, 1.0 - half), math::atan2(along, 1.0 + half))
    }

    /// The curvature that steering angles (left, right; rad) ask for, 1/m: the mean of what each asks for alone.
    #[must_use]
    pub fn curvature_of(&self, left: f64, right: f64) -> f64 {
        let alone = |angle: f64, side: f64| {
            let tangent = math::tan(angle.clamp(-self.angle, self.angle));
            tangent / (self.wheelbase + side * 0.5 * self.kingpins * tangent)
        };
        0.5 * (alone(left, 1.0) + alone(right, -1.0))
    }
}

/// How a link hangs on `base_link`: joint by joint, from the base outwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limb {
    /// At least one.
    pub joints: Vec<LimbJoint>,
    /// The link's frame in the frame of the last joint, behind it.
    pub tip: Isometry3<f64>,
    /// Radius of a round foot about the tip, m; 0 for a point.
    pub radius: f64,
}

/// One joint of a limb.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimbJoint {
    /// Its name in the model.
    pub name: String,
    /// Its frame in the frame of the joint before it (of `base_link` for the first), with the joint at zero.
    pub origin: Isometry3<f64>,
    /// What it turns about or slides along, in its own frame.
    pub axis: UnitVector3<f64>,
    /// Whether it slides.
    pub slides: bool,
}

/// Where the tip of a limb is and how it moves, seen from `base_link`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tip {
    /// m.
    pub position: Point3<f64>,
    /// m/s.
    pub velocity: Vector3<f64>,
    /// Turning rate of the link, rad/s.
    pub turning: Vector3<f64>,
}

impl Limb {
    /// The tip for these joint positions (rad or m) and velocities (rad/s or m/s), one pair a joint; missing ones count as zero.
    #[must_use]
    pub fn tip(&self, joints: impl IntoIterator<Item = (f64, f64)>) -> Tip {
        let mut values = joints.into_iter();
        let mut frame = Isometry3::identity();
        let (mut velocity, mut turning) = (Vector3::zeros(), Vector3::zeros());
        // The velocity of a point that is carried along, `by` from the one before.
        let carry = |velocity: &mut Vector3<f64>, turning: &Vector3<f64>, by: Vector3<f64>| {
            *velocity += turning.cross(&by);
        };
        for joint in &self.joints {
            let (position, rate) = values.next().unwrap_or_default();
            carry(&mut velocity, &turning, frame.rotation * joint.origin.translation.vector);
            frame *= joint.origin;
            let axis = frame.rotation * joint.axis;
            if joint.slides {
                let slide = axis.into_inner() * position;
                carry(&mut velocity, &turning, slide);
                velocity += axis.into_inner() * rate;
                frame.translation.vector += slide;
            } else {
                turning += axis.into_inner() * rate;
                frame.rotation *= UnitQuaternion::from_axis_angle(&joint.axis, position);
            }
        }
        carry(&mut velocity, &turning, frame.rotation * self.tip.translation.vector);
        Tip { position: (frame * self.tip).translation.vector.into(), velocity, turning }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limbs_tip_moves_as_its_joints_say() {
        let joint = |name: &str, shift: [f64; 3], turn: [f64; 3], axis: [f64; 3], slides| LimbJoint {
            name: name.to_owned(),
            origin: Isometry3::new(shift.into(), turn.into()),
            axis: UnitVector3::new_normalize(axis.into()),
            slides,
        };
        let limb = Limb {
            joints: vec![
                joint("hip", [0.2, 0.1, 0.0], [0.0, 0.3, 0.1], [1.0, 0.0, 0.0], false),
                joint("slide", [0.0, 0.05, -0.1], [0.2, 0.0, 0.0], [0.0, 0.0, 1.0], true),
                joint("knee", [0.0, 0.0, -0.2], [0.0, 0.0, 0.4], [0.0, 1.0, 0.1], false),
            ],
            tip: Isometry3::translation(0.02, 0.0, -0.2),
            radius: 0.0,
        };
        let (q, rates) = ([0.4, 0.07, -0.9], [0.8, -0.2, 1.3]);
        let at = |t: f64| limb.tip((0..3).map(|i| (q[i] + rates[i] * t, rates[i])));
        let slope = (at(1e-6).position - at(-1e-6).position) / 2e-6;
        assert!((slope - at(0.0).velocity).norm() < 1e-8, "{slope} {}", at(0.0).velocity);
        // With all at zero it is the product of the frames.
        let zero = limb.joints.iter().fold(Isometry3::identity(), |f, j| f * j.origin) * limb.tip;
        assert!((limb.tip([]).position.coords - zero.translation.vector).norm() < 1e-12);
    }

    #[test]
    fn steered_wheels_roll_about_one_point() {
        let steering = Ackermann { wheelbase: 0.3, kingpins: 0.2, angle: 0.6 };
        let most = steering.curvature();
        for curvature in [-most, -1.0, -0.01, 0.0, 0.2, 1.3, most] {
            let (left, right) = steering.angles(curvature);
            assert!((steering.curvature_of(left, right) - curvature).abs() < 1e-12, "{curvature}");
            // The axle of each front wheel, drawn out to the rear axle's line, meets it at the centre of the turn.
            for (angle, side) in [(left, 0.1), (right, -0.1)] {
                let away = (side + steering.wheelbase / math::tan(angle)).abs();
                let centre = 1.0 / curvature.abs();
                assert!(curvature == 0.0 || (away - centre).abs() < 1e-9 * centre, "{curvature}: {away}");
            }
            assert!(left.abs().max(right.abs()) <= 0.6 + 1e-12);
        }
        let (left, right) = steering.angles(most);
        assert!((left - 0.6).abs() < 1e-12 && right < 0.5, "the inner wheel turns farther: {left} {right}");
        assert_eq!(steering.angles(9.0 * most), (left, right));
    }

    #[test]
    fn wheels_and_twist_are_inverse() {
        let drive = DifferentialDrive { wheel_radius: 0.033, track: 0.16 };
        let (left, right) = drive.wheels(&Twist2::new(0.2, -1.5));
        let back = drive.twist(left, right);
        assert!((back.linear - 0.2).abs() < 1e-12 && (back.angular + 1.5).abs() < 1e-12);
        assert!(left > right, "a right turn drives the left wheel faster");
    }
}
