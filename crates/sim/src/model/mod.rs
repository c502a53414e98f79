//! A robot's mechanics as the physics engine wants them, whatever file they came from: bodies, colliders, joints.
//!
//! Both loaders (`urdf`, `mjcf`) end here. Links that a fixed joint holds together become one
//! link (their masses and shapes add up, their names live on as frames), because a fixed joint in
//! the solver is only softer and slower than none. What a format can say and we do not honour goes
//! into [`Model::notes`], and `neuraxis check` prints it: nothing is lost in silence.

mod mjcf;
mod mjcf_limits;
mod urdf;

use std::path::{Path, PathBuf};

use neuraxis_core::file::FileError;
use neuraxis_core::robot::{Articulation, Robot};
use neuraxis_core::soft_limit::SoftLimit;
pub use neuraxis_robot::JointKind;
use neuraxis_robot::load::Format;
use neuraxis_robot::tree::Merging;
use rapier3d::parry::bounding_volume::{Aabb, BoundingVolume as _};
use rapier3d::parry::mass_properties::MassProperties;
use rapier3d::prelude::{
    Collider, GenericJoint, ImpulseJointHandle, JointAxesMask, JointAxis, MultibodyJointHandle,
    MultibodyLink, PhysicsWorld, Pose, RigidBodyBuilder, RigidBodyHandle, Vector,
};

/// A rigid piece.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its name in the file.
    pub name: String,
    /// Where it stands in the model's frame while every joint is at zero.
    pub pose: Pose,
    /// Mass (kg), centre of mass (m) and inertia (kg·m²), in its own frame.
    pub mass: MassProperties,
    /// Its collision shapes, each posed in the link's frame; `user_data` is the index of the frame that
    /// the shape came with.
    pub colliders: Vec<Collider>,
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
    /// As the physics engine wants it; a revolute joint turns about its frames' x axis.
    pub joint: GenericJoint,
    /// Greatest torque (N·m) or force (N), if the file limits it.
    pub effort: Option<f32>,
    /// Greatest speed (rad/s or m/s), if the file limits it.
    pub velocity: Option<f32>,
    /// Viscous friction, N·m·s/rad or N·s/m.
    pub damping: f32,
    /// Dry friction, N·m or N.
    pub friction: f32,
    /// Reflected inertia of the motor, kg·m² or kg.
    pub armature: f32,
    /// How it gives way at the ends of its range; the engine's hard ends if not given.
    pub soft_limit: Option<SoftLimit>,
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

/// How a model stands at the start; as drawn if empty.
#[derive(Clone, Debug, Default)]
pub struct Stand {
    /// Positions of the joints, rad or m.
    joints: Vec<f32>,
    /// Where the links are then, in the model's frame.
    links: Vec<Pose>,
}

/// A robot's mechanics.
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
    /// How it stands at the start.
    pub stance: Stand,
    /// What the file says and we do not honour, one sentence each.
    pub notes: Vec<String>,
    /// The files that it was read from: itself, then its meshes.
    pub files: Vec<PathBuf>,
}

/// Where a model's parts ended up in a physics world.
#[derive(Clone, Debug)]
pub struct PhysicsHandles {
    /// One body a link.
    pub links: Vec<RigidBodyHandle>,
    /// One handle a joint.
    pub joints: Vec<JointHandle>,
    /// What holds a planar body in its plane, in reduced coordinates.
    pub(crate) plane: Option<MultibodyJointHandle>,
}

/// A joint in a physics world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JointHandle {
    /// In maximal coordinates.
    Impulse(ImpulseJointHandle),
    /// In reduced coordinates.
    Multibody(MultibodyJointHandle),
}

/// Loads a `.urdf` or an MJCF `.xml` file.
///
/// # Errors
/// If the file is missing or wrong, refers to a link or a mesh that does not exist, or has masses and
/// inertias that cannot be.
pub fn load(path: &Path) -> Result<Model, FileError> {
    let text = neuraxis_core::file::read(path)?;
    let format = Format::of(path, &text)?;
    let mut model = format.guard(path, || match format {
        Format::Urdf => urdf::load(path, &text),
        Format::Mjcf => mjcf::load(path, &text),
    })?;
    // Each link as its author wrote it, before fixed joints melt links together.
    model.files.insert(0, path.to_owned());
    model.files.dedup();
    let faults: Vec<(String, String)> = model.links.iter().filter_map(Link::fault).collect();
    model.mark_shapes();
    model.merge_fixed();
    model
        .judge(faults)
        .map_err(|why| FileError::unreadable(path, &why, "correct the `<inertial>` block of that link"))?;
    Ok(model)
}

impl Link {
    /// Whether nothing could move it by itself.
    fn is_light(&self) -> bool {
        !(self.mass.mass() > 0.0 && self.mass.principal_inertia().min_element() > 0.0)
    }

    /// Its name and why its mass and inertia cannot be; a link without mass may be part of one that has it.
    fn fault(&self) -> Option<(String, String)> {
        let mass = self.mass.mass();
        let inertia = self.mass.principal_inertia();
        let (a, b, c) = (inertia.x, inertia.y, inertia.z);
        let why = if !(mass.is_finite() && mass >= 0.0) {
            format!("a mass of {mass} kg")
        } else if ![a, b, c].iter().all(|v| v.is_finite() && *v >= 0.0) {
            format!("principal inertias [{a:.3e}, {b:.3e}, {c:.3e}] kg·m²: none may be below 0")
        } else if a > TRIANGLE * (b + c) || b > TRIANGLE * (a + c) || c > TRIANGLE * (a + b) {
            format!(
                "principal inertias [{a:.3e}, {b:.3e}, {c:.3e}] kg·m²: no rigid body has one larger than the sum of \
                 the other two"
            )
        } else {
            return None;
        };
        Some((self.name.clone(), format!("the link `{}` has {why}", self.name)))
    }
}

/// A rigid body's principal moments obey the triangle inequality; so much slack is for rounding in files.
const TRIANGLE: f32 = 1.02;

/// So far from its link's frame the centre of mass of a free root may be, m.
const OFF_CENTRE: f32 = 1e-6;

impl Joint {
    /// First and last position, rad or m, if the file limits them.
    #[must_use]
    pub fn range(&self) -> Option<[f64; 2]> {
        let axis = match self.kind {
            JointKind::Revolute => JointAxis::AngX,
            JointKind::Prismatic => JointAxis::LinX,
            JointKind::Other | JointKind::Fixed => return None,
        };
        let limits = self.joint.limits(axis)?;
        Some([f64::from(limits.min), f64::from(limits.max)])
    }
}

impl Model {
    /// Lets the model start with its joints at `stance` (rad or m, one a joint).
    pub(crate) fn take_stance(&mut self, stance: Vec<f32>) {
        let mut start: Vec<Pose> = self.links.iter().map(|link| link.pose).collect();
        // Parents come before children, and joints in the order of their children.
        for (joint, position) in self.joints.iter().zip(&stance) {
            let moved = match joint.kind {
                JointKind::Revolute => Pose::rotation(Vector::X * *position),
                JointKind::Prismatic => Pose::translation(*position, 0.0, 0.0),
                JointKind::Other | JointKind::Fixed => Pose::IDENTITY,
            };
            start[joint.child] =
                start[joint.parent] * joint.joint.local_frame1 * moved * joint.joint.local_frame2.inverse();
        }
        self.stance = Stand { joints: stance, links: start };
    }

    /// Puts the frame of a free root link into the link's centre of mass; names, joints and shapes stay where they are.
    ///
    /// The engine takes the root's velocity for that of its centre of mass, but moves its origin by it: a free root in reduced
    /// coordinates turns about its origin, wherever its mass is (`the_same_body_moves_the_same_wherever_its_roots_frame_lies`).
    pub(crate) fn centre_root(&mut self) {
        let (false, false, Some(root)) = (self.anchored, self.joints.is_empty(), self.links.first_mut())
        else {
            return;
        };
        let off = root.mass.local_com;
        // Nobody can see less, and a file that has it right keeps its bits.
        if off.length() < OFF_CENTRE {
            return;
        }
        let back = Pose::translation(-off.x, -off.y, -off.z);
        root.pose *= Pose::translation(off.x, off.y, off.z);
        root.mass.local_com = Vector::ZERO;
        for collider in &mut root.colliders {
            collider.set_position(back * *collider.position());
        }
        for joint in self.joints.iter_mut().filter(|joint| joint.parent == 0) {
            joint.joint.set_local_frame1(back * joint.joint.local_frame1);
        }
        for frame in self.frames.iter_mut().filter(|frame| frame.link == 0) {
            frame.pose = back * frame.pose;
        }
    }

    /// Where the link `index` stands at the start, in the model's frame.
    pub(crate) fn start_of(&self, index: usize) -> Pose {
        self.stance.links.get(index).copied().unwrap_or(self.links[index].pose)
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

    /// The sum of the links' masses, kg.
    #[must_use]
    pub fn mass(&self) -> f32 {
        self.links.iter().map(|link| link.mass.mass()).sum()
    }

    /// The box around all collision shapes at the start, in the model's frame.
    #[must_use]
    pub fn bounds(&self) -> Option<Aabb> {
        let mut bounds: Option<Aabb> = None;
        for (i, link) in self.links.iter().enumerate() {
            for collider in &link.colliders {
                let aabb = collider.shape().compute_aabb(&(self.start_of(i) * *collider.position()));
                bounds = Some(bounds.map_or(aabb, |b| b.merged(&aabb)));
            }
        }
        bounds
    }

    /// The height of the lowest point of any collision shape, in the model's frame, m.
    #[must_use]
    pub fn lowest(&self) -> f32 {
        self.bounds().map_or(0.0, |bounds| bounds.mins.z)
    }

    /// Marks every shape with the index of its own link's frame, so that it can be told apart after merging.
    fn mark_shapes(&mut self) {
        for link in &mut self.links {
            let mark = self.frames.iter().position(|frame| frame.name == link.name).unwrap_or(usize::MAX);
            for collider in &mut link.colliders {
                collider.user_data = mark as u128;
            }
        }
    }

    /// Makes one link of links that a fixed joint holds together.
    fn merge_fixed(&mut self) {
        let poses: Vec<Pose> = self.links.iter().map(|link| link.pose).collect();
        let fixed = self.joints.iter().filter(|joint| joint.kind == JointKind::Fixed);
        let merging = Merging::new(&poses, fixed.map(|joint| (joint.parent, joint.child)));
        let home = &merging.home;
        for (i, &(stays, pose)) in home.iter().enumerate() {
            if stays == i {
                continue;
            }
            let moved = std::mem::take(&mut self.links[i].colliders);
            for mut collider in moved {
                collider.set_position(pose * *collider.position());
                self.links[stays].colliders.push(collider);
            }
            let mass = self.links[i].mass.transform_by(&pose);
            self.links[stays].mass += mass;
        }
        for frame in &mut self.frames {
            let (stays, pose) = home[frame.link];
            frame.pose = pose * frame.pose;
            frame.link = stays;
        }
        self.joints.retain(|joint| joint.kind != JointKind::Fixed);
        for joint in &mut self.joints {
            let (stays, pose) = home[joint.parent];
            joint.joint.set_local_frame1(pose * joint.joint.local_frame1);
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

    /// Whether everything that can move has a mass and an inertia that can be. A fault of a link that
    /// melted into another is only noted if the whole is sound: many published models have such sensors.
    fn judge(&mut self, faults: Vec<(String, String)>) -> Result<(), String> {
        for (i, link) in self.links.iter().enumerate().skip(usize::from(self.anchored)) {
            if let Some((_, of_whole)) = link.fault() {
                let is_part = |name: &str| self.frame(name).is_some_and(|frame| frame.link == i);
                let culprit = faults.into_iter().find(|(name, _)| is_part(name));
                return Err(culprit.map_or(of_whole, |(_, why)| why));
            }
            if link.is_light() && !self.carries_mass(i) {
                let (mass, inertia) = (link.mass.mass(), link.mass.principal_inertia());
                return Err(format!(
                    "the link `{}` has a mass of {mass} kg and principal inertias {inertia} kg·m²: to move, it needs \
                     all of them above 0, or joints to links that have them",
                    link.name
                ));
            }
        }
        self.notes.extend(faults.into_iter().map(|(_, why)| why));
        Ok(())
    }

    /// A link between joints that has no mass or inertia of its own: several joints in one MJCF body
    /// make such links. Only a multibody can hold them.
    #[must_use]
    pub fn light_link(&self) -> Option<&str> {
        let moving = self.links.iter().skip(usize::from(self.anchored));
        moving.filter(|link| link.is_light()).map(|link| link.name.as_str()).next()
    }

    /// Whether some link that hangs on this one has a mass.
    fn carries_mass(&self, link: usize) -> bool {
        let mut below = vec![link];
        // Parents come before children; the bound is for a file that lies.
        let mut i = 0;
        while i < below.len() && i <= self.links.len() {
            let parent = below[i];
            below.extend(self.joints.iter().filter(|j| j.parent == parent).map(|j| j.child));
            i += 1;
        }
        below.iter().skip(1).any(|child| !self.links[*child].is_light())
    }

    /// Puts the model into `world` with its root frame at `root`, held together and held in the plane as `robot` says.
    /// Every collider gets `user_data`.
    pub(crate) fn insert(
        &self,
        world: &mut PhysicsWorld,
        root: &Pose,
        robot: &Robot<()>,
        user_data: u128,
    ) -> PhysicsHandles {
        let articulation = robot.articulation;
        let is_planar = robot.planar && !self.anchored;
        let to_world = *root * self.links[0].pose.inverse();
        let mut links = Vec::with_capacity(self.links.len());
        for (i, link) in self.links.iter().enumerate() {
            let builder =
                if i == 0 && self.anchored { RigidBodyBuilder::fixed() } else { RigidBodyBuilder::dynamic() };
            let body = builder
                .pose(to_world * link.pose)
                .additional_mass_properties(link.mass)
                .can_sleep(false)
                .user_data(user_data);
            // The plane carries it; carried by the engine, its weight turns small links a little by rounding.
            let body = if is_planar { body.gravity_scale(0.0) } else { body };
            let handle = world.insert_body(body);
            for collider in &link.colliders {
                let mut collider = collider.clone();
                collider.user_data = user_data;
                world.insert_collider(collider, Some(handle));
            }
            links.push(handle);
        }
        let mut plane = None;
        if is_planar {
            let ground = world.insert_body(RigidBodyBuilder::fixed().pose(*root));
            let held = JointAxesMask::LIN_Z | JointAxesMask::ANG_X | JointAxesMask::ANG_Y;
            plane = world.insert_multibody_joint(ground, links[0], GenericJoint::new(held));
        }
        let mut joints = Vec::with_capacity(self.joints.len());
        for joint in &self.joints {
            let mut data = joint.joint;
            if joint.soft_limit.is_some() {
                data.limit_axes = JointAxesMask::empty();
            }
            data.set_contacts_enabled(false);
            let (parent, child) = (links[joint.parent], links[joint.child]);
            let multibody = match articulation {
                Articulation::Multibody => world.insert_multibody_joint(parent, child, data),
                Articulation::Impulse => None,
            };
            joints.push(match multibody {
                Some(handle) => JointHandle::Multibody(handle),
                None => JointHandle::Impulse(world.insert_impulse_joint(parent, child, data)),
            });
        }
        for handle in &joints {
            if let JointHandle::Multibody(handle) = handle
                && let Some((multibody, _)) = world.multibody_joints.get_mut(*handle)
            {
                multibody.set_self_contacts_enabled(false);
            }
        }
        self.bend(world, &joints);
        PhysicsHandles { links, joints, plane }
    }
}

impl Model {
    /// Bends the joints as they stand at the start; only those in reduced coordinates can be.
    fn bend(&self, world: &mut PhysicsWorld, joints: &[JointHandle]) {
        let PhysicsWorld { multibody_joints, bodies, .. } = world;
        let mut whole = None;
        for (handle, position) in joints.iter().zip(&self.stance.joints) {
            let JointHandle::Multibody(handle) = handle else { continue };
            let Some((multibody, id)) = multibody_joints.get_mut(*handle) else { continue };
            let Some(at) = multibody.link(id).map(MultibodyLink::assembly_id) else { continue };
            let mut way = vec![0.0; multibody.ndofs()];
            way[at] = *position;
            multibody.apply_displacements(&way);
            whole = Some(*handle);
        }
        if let Some((multibody, _)) = whole.and_then(|any| multibody_joints.get_mut(any)) {
            multibody.forward_kinematics(bodies, true);
            multibody.update_rigid_bodies(bodies, true);
        }
    }
}

/// What a joint with these locked axes lets its child do.
fn kind_of(joint: &GenericJoint) -> JointKind {
    let free = JointAxesMask::all() & !joint.locked_axes;
    if free.is_empty() {
        JointKind::Fixed
    } else if free == JointAxesMask::ANG_X {
        JointKind::Revolute
    } else if free == JointAxesMask::LIN_X {
        JointKind::Prismatic
    } else {
        JointKind::Other
    }
}
