//! URDF, read by `urdf-rs`: checked names, a checked tree, meshes that exist.

use std::path::{Path, PathBuf};

use glamx::EulerRot;
use neuraxis_core::file::problem;
pub use urdf_rs;
use urdf_rs::{Geometry as Given, JointType, Robot};

use crate::mesh;
use crate::model::{Frame, Geometry, Joint, JointKind, Link, Mass, Model, Pose, Rotation, Shape, Vector};
use crate::tree::{parents_first, placed};

/// A URDF file whose tree holds together.
#[derive(Clone, Debug)]
pub struct Source {
    /// What stands in it; meshes have paths that exist, what is only to be looked at is left out.
    pub robot: Robot,
    /// The folder that it lies in.
    pub folder: PathBuf,
    /// The meshes that it names.
    pub files: Vec<PathBuf>,
}

impl Source {
    /// Reads `text`, the content of the file at `path`.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn read(path: &Path, text: &str) -> Result<Self, String> {
        let mut robot = urdf_rs::read_from_string(text).map_err(|error| error.to_string())?;
        if let Some(link) =
            robot.links.iter().find(|link| link.name.contains("${") || link.name.contains("$("))
        {
            return Err(format!(
                "it is a xacro file: the name of the link `{}` is an expression that is not worked out; run xacro first (`xacro \
                 robot.urdf > plain.urdf`), and give what it writes",
                link.name
            ));
        }
        check_tree(&robot)?;
        let folder =
            neuraxis_core::file::folder_of(path).canonicalize().map_err(|error| error.to_string())?;
        let files = find_meshes(&mut robot, &folder)?;
        Ok(Self { robot, folder, files })
    }
}

/// Whether it is the stand-in for an empty `<geometry>`.
#[must_use]
pub fn is_empty(geometry: &Given) -> bool {
    matches!(geometry, Given::Box { size } if size.0 == [0.0; 3])
}

pub(crate) fn load(path: &Path, text: &str) -> Result<Model, String> {
    let Source { robot, folder, files } = Source::read(path, text)?;
    let index = |name: &str| robot.links.iter().position(|link| link.name == name).unwrap_or(0);
    let mut links = Vec::new();
    let mut frames = Vec::new();
    for (i, source) in robot.links.iter().enumerate() {
        let shapes = source.collision.iter().flat_map(|c| shapes(&folder, &c.geometry, &pose(&c.origin)));
        let inertial = &source.inertial;
        frames.push(Frame { name: source.name.clone(), link: i, pose: Pose::IDENTITY });
        links.push(Link {
            name: source.name.clone(),
            pose: Pose::IDENTITY,
            mass: Some(Mass::new(inertial.mass.value as f32, pose(&inertial.origin).translation)),
            shapes: shapes.collect(),
        });
    }
    let mut joints = Vec::new();
    for source in &robot.joints {
        let positive = |value: f64| (value > 0.0).then_some(value as f32);
        let origin = pose(&source.origin);
        let axis = Vector::from(source.axis.xyz.0.map(|v| v as f32)).normalize_or_zero();
        let turned = if axis == Vector::ZERO {
            Pose::IDENTITY
        } else {
            Pose::from_rotation(Rotation::from_rotation_arc(Vector::X, axis))
        };
        let bare = axis == Vector::ZERO;
        let limit = &source.limit;
        let (kind, range) = match source.joint_type {
            JointType::Revolute => (JointKind::Revolute, Some([limit.lower as f32, limit.upper as f32])),
            JointType::Continuous => (JointKind::Revolute, None),
            JointType::Prismatic => (JointKind::Prismatic, Some([limit.lower as f32, limit.upper as f32])),
            JointType::Fixed => (JointKind::Fixed, None),
            JointType::Floating | JointType::Planar | JointType::Spherical => (JointKind::Other, None),
        };
        joints.push(Joint {
            name: source.name.clone(),
            parent: index(&source.parent.link),
            child: index(&source.child.link),
            kind,
            in_parent: if bare { origin } else { origin * turned },
            in_child: if bare { Pose::IDENTITY.inverse() } else { Pose::IDENTITY.inverse() * turned },
            range,
            effort: positive(limit.effort),
            velocity: positive(limit.velocity),
        });
    }
    place(&robot, &mut links, &joints);
    let mut model = sorted(Model::drawn(robot.name.clone(), links, joints, frames, false));
    model.files = files;
    Ok(model)
}

/// Poses every link in the frame of the root.
fn place(robot: &Robot, links: &mut [Link], joints: &[Joint]) {
    let children: Vec<usize> = joints.iter().map(|joint| joint.child).collect();
    let mut waiting: Vec<usize> = (0..links.len()).filter(|link| !children.contains(link)).collect();
    while let Some(parent) = waiting.pop() {
        for (joint, source) in joints.iter().zip(&robot.joints).filter(|(joint, _)| joint.parent == parent) {
            links[joint.child].pose = links[parent].pose * pose(&source.origin) * Pose::IDENTITY;
            waiting.push(joint.child);
        }
    }
}

/// An `<origin>`: turned about fixed axes by roll, pitch and yaw.
fn pose(origin: &urdf_rs::Pose) -> Pose {
    let [x, y, z] = origin.xyz.0.map(|v| v as f32);
    let [roll, pitch, yaw] = origin.rpy.0.map(|v| v as f32);
    Pose::from_parts(Vector::new(x, y, z), Rotation::from_euler(EulerRot::ZYX, yaw, pitch, roll))
}

/// The shapes of a `<geometry>` at `origin`; several if it is a file of several meshes.
fn shapes(folder: &Path, geometry: &Given, origin: &Pose) -> Vec<Shape> {
    let one = |pose: Pose, geometry: Geometry| vec![Shape { pose: *origin * pose, geometry }];
    match geometry {
        given if is_empty(given) => Vec::new(),
        Given::Box { size } => {
            let half = Vector::from(size.0.map(|edge| edge as f32 / 2.0));
            one(Pose::IDENTITY, Geometry::Box { half })
        }
        Given::Cylinder { radius, length } => one(
            Pose::rotation(Vector::X * std::f32::consts::FRAC_PI_2),
            Geometry::Cylinder { half_length: *length as f32 / 2.0, radius: *radius as f32 },
        ),
        Given::Capsule { radius, length } => one(
            Pose::IDENTITY,
            Geometry::Capsule { half_length: *length as f32 / 2.0, radius: *radius as f32 },
        ),
        Given::Sphere { radius } => one(Pose::IDENTITY, Geometry::Sphere { radius: *radius as f32 }),
        Given::Mesh { filename, scale } => {
            let scale = scale.map_or(Vector::ONE, |scale| Vector::from(scale.0.map(|v| v as f32)));
            let meshes = mesh::vertices(&folder.join(filename), scale);
            let posed = |points| Shape { pose: *origin * Pose::IDENTITY, geometry: Geometry::Hull(points) };
            meshes.into_iter().map(posed).collect()
        }
    }
}

/// Names and the shape of the tree, which the parser takes on trust.
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
                let near = problem::did_you_mean(link, &names);
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
            if let Given::Mesh { filename, .. } = &mut collision.geometry {
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

/// The model with parents before children.
fn sorted(model: Model) -> Model {
    let mut parents: Vec<Option<usize>> = vec![None; model.links.len()];
    for joint in &model.joints {
        parents[joint.child] = Some(joint.parent);
    }
    let place = parents_first(&parents);
    let Model { name, links, mut joints, mut frames, anchored, .. } = model;
    let links = placed(links, &place);
    for joint in &mut joints {
        joint.parent = place[joint.parent];
        joint.child = place[joint.child];
    }
    joints.sort_by_key(|joint| joint.child);
    for frame in &mut frames {
        frame.link = place[frame.link];
    }
    Model::drawn(name, links, joints, frames, anchored)
}
