//! A robot's kinematics, whatever file it came from: links, joints, named frames, collision shapes.
//!
//! Links that a fixed joint holds together become one link; their names live on as frames. Poses are in single precision and
//! by the arithmetic that the simulator's engine uses (`glamx`), so that the mount of a sensor has the same bits on a body with
//! a physics engine and on one without.

use std::path::PathBuf;

pub use glamx::{Pose3 as Pose, Rot3 as Rotation, Vec3 as Vector};
use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion, Vector3};

use crate::tree::Merging;

/// A rigid piece.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its name in the file.
    pub name: String,
    /// Where it stands in the model's frame while every joint is at zero.
    pub pose: Pose,
    /// Where its mass is, if the file says so outright.
    pub mass: Option<Mass>,
    /// Its collision shapes, each posed in the link's frame.
    pub shapes: Vec<Shape>,
}

/// How much mass is where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mass {
    /// One over the mass, 1/kg; 0 for none.
    pub inverse: f32,
    /// The centre of mass in the link's frame, m.
    pub centre: Vector,
}

/// A collision shape.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Where it is in its link's frame.
    pub pose: Pose,
    /// What it looks like.
    pub geometry: Geometry,
}

/// The outline of a collision shape, m.
#[derive(Clone, Debug)]
pub enum Geometry {
    /// A sphere about the origin.
    Sphere {
        /// Its radius.
        radius: f32,
    },
    /// A cylinder about the y axis.
    Cylinder {
        /// Half of its length.
        half_length: f32,
        /// Its radius.
        radius: f32,
    },
    /// A cylinder about the z axis with a half sphere on each end.
    Capsule {
        /// Half of the cylinder's length.
        half_length: f32,
        /// Its radius.
        radius: f32,
    },
    /// A box about the origin.
    Box {
        /// Half of its edges.
        half: Vector,
    },
    /// The convex hull of these points.
    Hull(Vec<Vector>),
}

/// What a joint lets its child do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JointKind {
    /// Turn about one axis.
    Revolute,
    /// Slide along one axis.
    Prismatic,
    /// Several of these at once.
    Other,
    /// Nothing.
    Fixed,
}

/// What holds two links together.
#[derive(Clone, Debug)]
pub struct Joint {
    /// Its name in the file.
    pub name: String,
    /// Index of the parent link.
    pub parent: usize,
    /// Index of the child link.
    pub child: usize,
    /// What it lets the child do.
    pub kind: JointKind,
    /// The joint's frame in the parent's, with the axis along x.
    pub in_parent: Pose,
    /// The joint's frame in the child's, with the axis along x.
    pub in_child: Pose,
    /// First and last position (rad or m), if the file limits them.
    pub range: Option<[f32; 2]>,
    /// Greatest torque (N·m) or force (N), if the file limits it.
    pub effort: Option<f32>,
    /// Greatest speed (rad/s or m/s), if the file limits it.
    pub velocity: Option<f32>,
}

/// A name for a place on a link: a link that was merged away, or a site.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its name in the file.
    pub name: String,
    /// Index of the link that it moves with.
    pub link: usize,
    /// Where it is in that link's frame.
    pub pose: Pose,
}

/// A robot's kinematics.
#[derive(Clone, Debug)]
pub struct Model {
    /// The model's own name.
    pub name: String,
    /// Parents before children; link 0 is the root.
    pub links: Vec<Link>,
    /// In the order of their children.
    pub joints: Vec<Joint>,
    /// Every name that a sensor may sit on, the links' own among them.
    pub frames: Vec<Frame>,
    /// Whether the root is bolted to the world.
    pub anchored: bool,
    /// The files that it was read from: itself, then its meshes and included models.
    pub files: Vec<PathBuf>,
    /// Where the links are at the start, in the model's frame; as drawn if empty.
    start: Vec<Pose>,
}

/// So far from its link's frame the centre of mass of a free root may be, m.
const OFF_CENTRE: f32 = 1e-6;

/// 1/x; 0 for 0.
fn inverse(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { 1.0 / x }
}

impl Mass {
    /// `mass` (kg) with its centre at `centre` (m).
    pub(crate) fn new(mass: f32, centre: Vector) -> Self {
        Self { inverse: inverse(mass), centre }
    }

    /// Both together, in the order of sums of the engine.
    fn plus(self, other: Self) -> Self {
        let is_none = |mass: &Self| mass.inverse == 0.0 && mass.centre == Vector::ZERO;
        if is_none(&self) {
            return other;
        } else if is_none(&other) {
            return self;
        }
        let [mine, others] = [inverse(self.inverse), inverse(other.inverse)];
        let whole = inverse(mine + others);
        Self { inverse: whole, centre: (self.centre * mine + other.centre * others) * whole }
    }
}

impl Joint {
    /// First and last position, rad or m, if the file limits them.
    #[must_use]
    pub fn range(&self) -> Option<[f64; 2]> {
        self.range.map(|range| range.map(f64::from))
    }
}

impl Model {
    /// A model of these parts that stands as it is drawn.
    pub(crate) fn drawn(
        name: String,
        links: Vec<Link>,
        joints: Vec<Joint>,
        frames: Vec<Frame>,
        anchored: bool,
    ) -> Self {
        Self { name, links, joints, frames, anchored, files: Vec::new(), start: Vec::new() }
    }

    /// The joint called `name`.
    #[must_use]
    pub fn joint(&self, name: &str) -> Option<usize> {
        self.joints.iter().position(|joint| joint.name == name)
    }

    /// The frame called `name`.
    #[must_use]
    pub fn frame(&self, name: &str) -> Option<&Frame> {
        self.frames.iter().find(|frame| frame.name == name)
    }

    /// The frame called `name`; without a name `base_link`, or else the root's.
    #[must_use]
    pub fn base(&self, name: Option<&str>) -> Option<&Frame> {
        match name {
            Some(name) => self.frame(name),
            None => self.frame("base_link").or(self.frames.iter().find(|frame| frame.link == 0)),
        }
    }

    /// Lets the model start with its joints at `stance` (rad or m, one a joint).
    pub(crate) fn take_stance(&mut self, stance: &[f32]) {
        let mut start: Vec<Pose> = self.links.iter().map(|link| link.pose).collect();
        // Parents come before children, and joints in the order of their children.
        for (joint, position) in self.joints.iter().zip(stance) {
            let moved = match joint.kind {
                JointKind::Revolute => Pose::rotation(Vector::X * *position),
                JointKind::Prismatic => Pose::translation(*position, 0.0, 0.0),
                JointKind::Other | JointKind::Fixed => Pose::IDENTITY,
            };
            start[joint.child] = start[joint.parent] * joint.in_parent * moved * joint.in_child.inverse();
        }
        self.start = start;
    }

    /// Puts the frame of a free root link into the link's centre of mass, as the simulator's engine needs it; frames, joints and
    /// shapes stay where they are. It is done here too so that mounts are rounded alike.
    pub(crate) fn centre_root(&mut self) {
        let (false, false, Some(root)) = (self.anchored, self.joints.is_empty(), self.links.first_mut())
        else {
            return;
        };
        let Some(Mass { inverse, centre: off }) = root.mass else { return };
        if off.length() < OFF_CENTRE {
            return;
        }
        let back = Pose::translation(-off.x, -off.y, -off.z);
        root.pose *= Pose::translation(off.x, off.y, off.z);
        root.mass = Some(Mass { inverse, centre: Vector::ZERO });
        for shape in &mut root.shapes {
            shape.pose = back * shape.pose;
        }
        for joint in self.joints.iter_mut().filter(|joint| joint.parent == 0) {
            joint.in_parent = back * joint.in_parent;
        }
        for frame in self.frames.iter_mut().filter(|frame| frame.link == 0) {
            frame.pose = back * frame.pose;
        }
    }

    /// Radius of the upright cylinder about the frame `base` that holds every collision shape at the start, m.
    #[must_use]
    pub fn radius(&self, base: &Frame) -> f32 {
        let start = |link: usize| self.start.get(link).copied().unwrap_or(self.links[link].pose);
        let origin = start(base.link) * base.pose;
        let mut radius: f32 = 0.0;
        for (i, link) in self.links.iter().enumerate() {
            for shape in &link.shapes {
                radius = radius.max(shape.geometry.reach(&(origin.inverse() * start(i) * shape.pose)));
            }
        }
        radius
    }

    /// Makes one link of links that a fixed joint holds together.
    pub(crate) fn merge_fixed(&mut self) {
        let poses: Vec<Pose> = self.links.iter().map(|link| link.pose).collect();
        let fixed = self.joints.iter().filter(|joint| joint.kind == JointKind::Fixed);
        let merging = Merging::new(&poses, fixed.map(|joint| (joint.parent, joint.child)));
        let home = &merging.home;
        for (i, &(stays, pose)) in home.iter().enumerate() {
            if stays == i {
                continue;
            }
            let moved = std::mem::take(&mut self.links[i].shapes);
            let moved = moved.into_iter().map(|shape| Shape { pose: pose * shape.pose, ..shape });
            self.links[stays].shapes.extend(moved);
            let mass = self.links[i].mass.map(|mass| Mass { centre: pose * mass.centre, ..mass });
            let whole = self.links[stays].mass.zip(mass).map(|(mine, others)| mine.plus(others));
            self.links[stays].mass = whole;
        }
        for frame in &mut self.frames {
            let (stays, pose) = home[frame.link];
            frame.pose = pose * frame.pose;
            frame.link = stays;
        }
        self.joints.retain(|joint| joint.kind != JointKind::Fixed);
        for joint in &mut self.joints {
            let (stays, pose) = home[joint.parent];
            joint.in_parent = pose * joint.in_parent;
            joint.parent = stays;
        }
        // Close the gaps.
        let mut link = 0..;
        self.links.retain(|_| link.next().is_some_and(|link| merging.stays(link)));
        for joint in &mut self.joints {
            joint.parent = merging.index[joint.parent];
            joint.child = merging.index[joint.child];
        }
        for frame in &mut self.frames {
            frame.link = merging.index[frame.link];
        }
    }
}

impl Geometry {
    /// How far from the z axis it reaches when it is posed at `pose`, m.
    fn reach(&self, pose: &Pose) -> f32 {
        let farthest = |points: &[Vector]| {
            points.iter().map(|point| flat(pose.transform_point(*point))).fold(0.0, f32::max)
        };
        match self {
            Self::Sphere { radius } => flat(pose.translation) + radius,
            Self::Hull(points) => farthest(points),
            Self::Box { half } => farthest(&corners(*half)),
            Self::Capsule { half_length, radius } => {
                farthest(&corners(Vector::new(*radius, *radius, half_length + radius)))
            }
            Self::Cylinder { half_length, radius: rim } => {
                // The rim, by 32 points on both ends.
                let mut radius: f32 = 0.0;
                for i in 0..32 {
                    let (s, c) = neuraxis_core::math::sin_cos(f64::from(i) * neuraxis_core::math::PI / 16.0);
                    let (x, z) = (rim * c as f32, rim * s as f32);
                    for y in [-half_length, *half_length] {
                        radius = radius.max(flat(pose.transform_point(Vector::new(x, y, z))));
                    }
                }
                radius
            }
        }
    }
}

/// The corners of a box about the origin.
fn corners(half: Vector) -> [Vector; 8] {
    std::array::from_fn(|i| {
        let side = |bit: usize, half: f32| if i & bit == 0 { -half } else { half };
        Vector::new(side(1, half.x), side(2, half.y), side(4, half.z))
    })
}

fn flat(p: Vector) -> f32 {
    (p.x * p.x + p.y * p.y).sqrt()
}

/// A pose for the brain.
pub(crate) fn pose64(p: &Pose) -> Isometry3<f64> {
    let (t, q) = (p.translation, p.rotation);
    Isometry3::from_parts(
        Translation3::from(Vector3::new(f64::from(t.x), f64::from(t.y), f64::from(t.z))),
        UnitQuaternion::from_quaternion(Quaternion::new(
            f64::from(q.w),
            f64::from(q.x),
            f64::from(q.y),
            f64::from(q.z),
        )),
    )
}
