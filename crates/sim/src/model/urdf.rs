//! URDF by `rapier3d-urdf`, and what that loader leaves out: inertia frames that are turned, effort
//! and velocity limits, damping and friction, meshes that do not load.

use std::path::Path;

use neuraxis_robot::tree::{parents_first, placed};
use neuraxis_robot::urdf::{Source, is_empty};
use rapier3d::prelude::{ColliderSet, MeshConverter, Pose};
use rapier3d_urdf::urdf_rs::{JointType, Robot};
use rapier3d_urdf::{UrdfLoaderOptions, UrdfRobot};

use super::{Frame, Joint, Link, Model, Stand, kind_of};

pub(super) fn load(path: &Path, text: &str) -> Result<Model, String> {
    let Source { mut robot, folder, files } = Source::read(path, text)?;
    let mut notes = Vec::new();
    turn_inertias(&mut robot);

    let options = UrdfLoaderOptions {
        squeeze_empty_fixed_links: false,
        // A moving link needs a solid; a shell of triangles lets things through.
        mesh_converter: Some(MeshConverter::ConvexHull),
        ..UrdfLoaderOptions::default()
    };
    let loaded = UrdfRobot::from_robot(&robot, options, &folder);

    let mut links = Vec::new();
    let mut frames = Vec::new();
    for (i, link) in loaded.links.into_iter().enumerate() {
        let source = &robot.links[i];
        let mut body = link.body;
        body.recompute_mass_properties_from_colliders(&ColliderSet::new());
        if link.colliders.len() < source.collision.iter().filter(|c| !is_empty(&c.geometry)).count() {
            notes.push(format!("link `{}`: a collision shape could not be loaded", source.name));
        }
        frames.push(Frame { name: source.name.clone(), link: i, pose: Pose::IDENTITY });
        links.push(Link {
            name: source.name.clone(),
            pose: *body.position(),
            mass: body.mass_properties().local_mprops,
            colliders: link.colliders.into_iter().map(|c| c.collider).collect(),
        });
    }
    let mut joints = Vec::new();
    for joint in loaded.joints {
        let source = &robot.joints[joint.urdf_joint_index];
        let positive = |value: f64| (value > 0.0).then_some(value as f32);
        let kind = kind_of(&joint.joint);
        if source.mimic.is_some() {
            notes.push(format!("joint `{}`: `mimic` is not honoured, the joint moves freely", source.name));
        }
        if source.safety_controller.is_some() {
            notes.push(format!("joint `{}`: `safety_controller` is not honoured", source.name));
        }
        if matches!(source.joint_type, JointType::Floating | JointType::Planar) {
            notes.push(format!(
                "joint `{}`: it is {:?}; check that it moves as you expect",
                source.name, source.joint_type
            ));
        }
        joints.push(Joint {
            name: source.name.clone(),
            parent: joint.link1,
            child: joint.link2,
            kind,
            joint: joint.joint,
            effort: positive(source.limit.effort),
            velocity: positive(source.limit.velocity),
            damping: source.dynamics.as_ref().map_or(0.0, |d| d.damping.max(0.0) as f32),
            friction: source.dynamics.as_ref().map_or(0.0, |d| d.friction.max(0.0) as f32),
            armature: 0.0,
            soft_limit: None,
        });
    }
    if text.contains("<transmission") {
        notes.push("`<transmission>` is not read: the robot file names the actuators".to_owned());
    }
    if text.contains("<gazebo") {
        notes.push(
            "`<gazebo>` extensions are not read: sensors and friction stand in the robot file".to_owned(),
        );
    }
    let name = robot.name.clone();
    Ok(sorted(Model { name, links, joints, frames, anchored: false, stance: Stand::default(), notes, files }))
}

/// The loader reads an inertia's tensor but not the turn of its frame; here the tensor is turned.
fn turn_inertias(robot: &mut Robot) {
    for link in &mut robot.links {
        let inertial = &mut link.inertial;
        let [roll, pitch, yaw] = inertial.origin.rpy.0;
        if roll == 0.0 && pitch == 0.0 && yaw == 0.0 {
            continue;
        }
        let i = &mut inertial.inertia;
        let tensor = nalgebra::Matrix3::new(i.ixx, i.ixy, i.ixz, i.ixy, i.iyy, i.iyz, i.ixz, i.iyz, i.izz);
        let turn = nalgebra::Rotation3::from_euler_angles(roll, pitch, yaw);
        let turned = turn.matrix() * tensor * turn.matrix().transpose();
        i.ixx = turned[(0, 0)];
        i.ixy = turned[(0, 1)];
        i.ixz = turned[(0, 2)];
        i.iyy = turned[(1, 1)];
        i.iyz = turned[(1, 2)];
        i.izz = turned[(2, 2)];
        inertial.origin.rpy.0 = [0.0; 3];
    }
}

/// The model with parents before children.
fn sorted(model: Model) -> Model {
    let mut parents: Vec<Option<usize>> = vec![None; model.links.len()];
    for joint in &model.joints {
        parents[joint.child] = Some(joint.parent);
    }
    let place = parents_first(&parents);
    let Model { name, links, mut joints, mut frames, anchored, stance, notes, files } = model;
    let links = placed(links, &place);
    for joint in &mut joints {
        joint.parent = place[joint.parent];
        joint.child = place[joint.child];
    }
    joints.sort_by_key(|joint| joint.child);
    for frame in &mut frames {
        frame.link = place[frame.link];
    }
    Model { name, links, joints, frames, anchored, stance, notes, files }
}
