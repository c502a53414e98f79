//! URDF by `rapier3d-urdf`, and what that loader leaves out: inertia frames that are turned, effort
//! and velocity limits, damping and friction, `package://` paths, meshes that do not load.

use std::path::{Path, PathBuf};

use rapier3d::prelude::{ColliderSet, MeshConverter, Pose};
use rapier3d_urdf::urdf_rs::{Geometry, JointType, Robot};
use rapier3d_urdf::{UrdfLoaderOptions, UrdfRobot, urdf_rs};

use super::{Frame, Joint, Link, Model, Stand, kind_of};

pub(super) fn load(path: &Path, text: &str) -> Result<Model, String> {
    let mut robot = urdf_rs::read_from_string(text).map_err(|error| error.to_string())?;
    check_tree(&robot)?;
    let folder = neuraxis_core::file::folder_of(path).canonicalize().map_err(|error| error.to_string())?;
    let files = find_meshes(&mut robot, &folder)?;
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

fn is_empty(geometry: &Geometry) -> bool {
    matches!(geometry, Geometry::Box { size } if size.0 == [0.0; 3])
}

/// The loader takes names and the shape of the tree on trust; here they are checked.
fn check_tree(robot: &Robot) -> Result<(), String> {
    if robot.links.is_empty() {
        return Err("it has no links".to_owned());
    }
    let names: Vec<&str> = robot.links.iter().map(|link| link.name.as_str()).collect();
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(format!("two links are called `{name}`"));
        }
    }
    let mut parents: Vec<Option<usize>> = vec![None; names.len()];
    for joint in &robot.joints {
        let find = |link: &str| {
            names.iter().position(|name| *name == link).ok_or_else(|| {
                let near = neuraxis_core::file::problem::did_you_mean(link, &names);
                format!(
                    "the joint `{}` refers to the link `{link}`, which does not exist: {near}",
                    joint.name
                )
            })
        };
        let (parent, child) = (find(&joint.parent.link)?, find(&joint.child.link)?);
        if parents[child].replace(parent).is_some() {
            return Err(format!("the link `{}` hangs on two joints", names[child]));
        }
    }
    for start in 0..names.len() {
        let mut at = start;
        for _ in 0..=names.len() {
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if parents[at].is_some() {
            return Err(format!("the joints around the link `{}` form a ring", names[start]));
        }
    }
    let roots: Vec<&str> = (0..names.len()).filter(|i| parents[*i].is_none()).map(|i| names[i]).collect();
    if roots.len() > 1 {
        return Err(format!("it falls into {} pieces; their roots are {}", roots.len(), roots.join(", ")));
    }
    Ok(())
}

/// Gives every mesh a path that exists; the paths.
fn find_meshes(robot: &mut Robot, folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for link in &mut robot.links {
        for collision in &mut link.collision {
            if let Geometry::Mesh { filename, .. } = &mut collision.geometry {
                let found = find_mesh(filename, folder).ok_or_else(|| {
                    format!(
                        "link `{}`: there is no mesh `{filename}`, seen from {}",
                        link.name,
                        folder.display()
                    )
                })?;
                *filename = found.to_string_lossy().into_owned();
                files.push(found);
            }
        }
        // Pictures are not needed here, and their meshes are often huge.
        link.visual.clear();
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn find_mesh(name: &str, folder: &Path) -> Option<PathBuf> {
    let name = name.strip_prefix("file://").unwrap_or(name);
    let Some(rest) = name.strip_prefix("package://").or_else(|| name.strip_prefix("model://")) else {
        let path = folder.join(name);
        return path.is_file().then_some(path);
    };
    // `package://NAME/...`: some folder above this file is NAME, or holds it, or is its root.
    let inside = rest.split_once('/').map_or(rest, |(_, inside)| inside);
    folder.ancestors().flat_map(|up| [up.join(rest), up.join(inside)]).find(|path| path.is_file())
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
    let count = model.links.len();
    let mut parent: Vec<Option<usize>> = vec![None; count];
    for joint in &model.joints {
        parent[joint.child] = Some(joint.parent);
    }
    let depth = |mut link: usize| {
        let mut depth = 0;
        while let Some(up) = parent[link] {
            link = up;
            depth += 1;
        }
        depth
    };
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|link| depth(*link));
    let mut place = vec![0; count];
    for (new, old) in order.iter().enumerate() {
        place[*old] = new;
    }
    let Model { name, links, mut joints, mut frames, anchored, stance, notes, files } = model;
    let mut slots: Vec<Option<Link>> = links.into_iter().map(Some).collect();
    let links = order.iter().filter_map(|old| slots[*old].take()).collect();
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
