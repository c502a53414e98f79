//! MJCF, read by `mjcf-rs`: its bodies in a row, as the simulator's engine counts them too.

use std::error::Error;
use std::path::{Path, PathBuf};

use glamx::{DPose3, DQuat, DRot3, DVec3};
use mjcf_rs::body::{Body, Geom, GeomType, Joint as Given, JointType};
use mjcf_rs::model::Model as Source;

use crate::mesh;
use crate::model::{Frame, Geometry, Joint, JointKind, Link, Mass, Model, Pose, Rotation, Shape, Vector};

/// What the tree of bodies has to know of one of them.
#[derive(Clone, Copy, Debug)]
pub struct Rank<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a str>,
    /// Whether it is free to move.
    pub moves: bool,
    /// Whether it is bolted to the world.
    pub is_fixed: bool,
}

/// The bodies that hang together.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Their indices among all bodies, parents first.
    pub bodies: Vec<usize>,
    /// Whether the root stands still in the world.
    pub anchored: bool,
    /// Names of bodies that stand still by themselves.
    pub left_out: Vec<String>,
}

impl Tree {
    /// The one tree that `joints` (parent, child) make of `bodies`; body 0 is the world and counts only if a joint hangs on it.
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn of(bodies: &[Rank<'_>], joints: &[[usize; 2]]) -> Result<Self, String> {
        let has_child = |body: usize| joints.iter().any(|[parent, _]| *parent == body);
        let name = |body: usize| bodies[body].name.map_or_else(|| format!("body_{body}"), str::to_owned);
        let (mut roots, mut left_out) = (Vec::new(), Vec::new());
        for (i, body) in bodies.iter().enumerate() {
            if joints.iter().any(|[_, child]| *child == i) {
                continue;
            }
            if has_child(i) || (i > 0 && body.moves) {
                roots.push(i);
            } else if i > 0 {
                left_out.push(name(i));
            }
        }
        let root = match roots[..] {
            [root] => root,
            [] => return Err("it has no bodies that move".to_owned()),
            _ => {
                let names: Vec<String> = roots
                    .iter()
                    .map(|root| {
                        if *root == 0 {
                            "what hangs on the world".to_owned()
                        } else {
                            format!("`{}`", name(*root))
                        }
                    })
                    .collect();
                return Err(format!(
                    "it holds {} separate trees of bodies ({}); a robot's model holds one: leave the others to the scene",
                    roots.len(),
                    names.join(", ")
                ));
            }
        };
        let mut tree = vec![root];
        for i in 0..bodies.len() {
            if joints.iter().any(|[parent, child]| *child == i && tree.contains(parent)) {
                tree.push(i);
            }
        }
        Ok(Self { bodies: tree, anchored: bodies[root].is_fixed, left_out })
    }

    /// The place of `body` in the tree.
    #[must_use]
    pub fn index(&self, body: usize) -> Option<usize> {
        self.bodies.iter().position(|b| *b == body)
    }
}

/// One rigid piece: a `<body>`, or what several joints of one `<body>` have between them.
struct Piece {
    name: Option<String>,
    /// In the world.
    pose: DPose3,
    /// Its `<body>`, if it is more than a joint's end.
    body: Option<usize>,
    moves: bool,
    is_fixed: bool,
}

/// The pieces and joints of a file, numbered as the engine's loader numbers them.
struct Rows<'a> {
    source: &'a Source,
    pieces: Vec<Piece>,
    joints: Vec<Joint>,
    /// The piece of each `<body>`.
    homes: Vec<usize>,
}

/// The files that the model names and that are there: meshes, included models.
#[must_use]
pub fn named_files(text: &str, folder: &Path) -> Vec<PathBuf> {
    let values = |key: &'static str| {
        let quoted =
            text.match_indices(key).filter_map(move |(at, _)| text[at + key.len()..].split('"').nth(1));
        quoted.collect::<Vec<&str>>()
    };
    let folders: Vec<PathBuf> = std::iter::once(folder.to_owned())
        .chain(values("meshdir=").into_iter().chain(values("assetdir=")).map(|name| folder.join(name)))
        .collect();
    let mut files: Vec<PathBuf> = values("file=")
        .into_iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files.dedup();
    files
}

pub(crate) fn load(path: &Path, text: &str) -> Result<Model, String> {
    let folder = neuraxis_core::file::folder_of(path);
    let source = Source::from_str(text, folder).map_err(|error| sentence(&error))?;
    let mut rows = Rows { source: &source, pieces: Vec::new(), joints: Vec::new(), homes: Vec::new() };
    let world = Piece { name: None, pose: DPose3::IDENTITY, body: None, moves: false, is_fixed: true };
    rows.pieces.push(world);
    rows.homes.push(0);
    for entry in source.bodies.iter().skip(1) {
        let parent = rows.homes[entry.parent.unwrap_or(0)];
        rows.add(&entry.body, parent, entry.parent.unwrap_or(0) == 0);
    }
    let Rows { pieces, joints, .. } = rows;
    let ranks: Vec<Rank<'_>> = pieces
        .iter()
        .map(|piece| Rank { name: piece.name.as_deref(), moves: piece.moves, is_fixed: piece.is_fixed })
        .collect();
    let ends: Vec<[usize; 2]> = joints.iter().map(|joint| [joint.parent, joint.child]).collect();
    let tree = Tree::of(&ranks, &ends)?;

    let (mut links, mut frames) = (Vec::new(), Vec::new());
    for (index, &i) in tree.bodies.iter().enumerate() {
        let piece = &pieces[i];
        let body = piece.body.map(|body| &source.bodies[body].body);
        let name = match (&piece.name, body) {
            _ if i == 0 => "world".to_owned(),
            (Some(name), Some(_)) => name.clone(),
            _ => format!("body_{i}"),
        };
        frames.push(Frame { name: name.clone(), link: index, pose: Pose::IDENTITY });
        let mut shapes = Vec::new();
        if let Some(body) = body {
            let sites = body.sites.iter().filter_map(|site| Some((site.name.clone()?, single(&site.pose))));
            frames.extend(sites.map(|(name, pose)| Frame { name, link: index, pose }));
            shapes.extend(body.geoms.iter().filter_map(|geom| shape(&source, geom, folder)));
        }
        let mass = match body {
            Some(body) => body
                .inertial
                .as_ref()
                .map(|inertial| Mass::new(inertial.mass as f32, inertial.pose.translation.as_vec3())),
            None => Some(Mass::new(0.0, Vector::ZERO)),
        };
        links.push(Link { name, pose: Pose::from(piece.pose), mass, shapes });
    }
    let mut kept = Vec::new();
    for (i, mut joint) in joints.into_iter().enumerate() {
        let (parent, child) = (tree.index(joint.parent), tree.index(joint.child));
        let Some(child) = child else { continue };
        joint.effort = effort(&source, &joint.name);
        if joint.name.is_empty() {
            joint.name = format!("joint_{i}");
        }
        kept.push(Joint { parent: parent.unwrap_or(0), child, ..joint });
    }
    let name = source.name.clone().unwrap_or_else(|| "robot".to_owned());
    let mut model = Model::drawn(name, links, kept, frames, tree.anchored);
    model.files = named_files(text, folder);
    Ok(model)
}

/// The error and what caused it, in one sentence.
fn sentence(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        cause = deeper.source();
    }
    text
}

/// The greatest force of the first actuator of the joint `name` that is limited.
fn effort(source: &Source, name: &str) -> Option<f32> {
    let own = source.actuators.iter().filter(|a| !name.is_empty() && a.joint.as_deref() == Some(name));
    let limit = own.filter_map(|a| a.force_range).map(|[low, high]| low.abs().max(high.abs()) as f32).next();
    limit.filter(|effort| *effort > 0.0)
}

impl Rows<'_> {
    /// Appends `body`, which hangs on the piece `parent`, with its joints.
    fn add(&mut self, body: &Body, parent: usize, on_world: bool) {
        let pose = self.pieces[parent].pose * DPose3::from_parts(body.pose.translation, body.pose.rotation);
        let number = self.homes.len();
        let is_free = body.joints.iter().any(|joint| joint.type_ == JointType::Free);
        let serial: Vec<&Given> = body.joints.iter().filter(|joint| joint.type_ != JointType::Free).collect();
        let is_welded = !is_free && serial.is_empty() && on_world;
        let own = |pieces: &mut Vec<Piece>| {
            let is_fixed = is_welded && !body.mocap;
            let moves = !body.mocap && !is_fixed;
            pieces.push(Piece { name: body.name.clone(), pose, body: Some(number), moves, is_fixed });
            pieces.len() - 1
        };
        if is_free || is_welded {
            let home = own(&mut self.pieces);
            self.homes.push(home);
            return;
        }
        if serial.is_empty() {
            let home = own(&mut self.pieces);
            self.homes.push(home);
            let between = self.pieces[parent].pose.inverse() * pose;
            self.joints.push(Joint {
                name: String::new(),
                parent,
                child: home,
                kind: JointKind::Fixed,
                in_parent: between.into(),
                in_child: Pose::IDENTITY,
                range: None,
                effort: None,
                velocity: None,
            });
            return;
        }
        let mut before = parent;
        for (i, joint) in serial.iter().enumerate() {
            let here = if i + 1 == serial.len() {
                own(&mut self.pieces)
            } else {
                let index = self.pieces.len();
                let name = body.name.as_ref().map(|name| format!("{name}__intermediate_{index}"));
                self.pieces.push(Piece { name, pose, body: None, moves: !body.mocap, is_fixed: false });
                index
            };
            let joint = self.joint(joint, before, here);
            self.joints.push(joint);
            before = here;
        }
        self.homes.push(before);
    }

    fn joint(&self, given: &Given, parent: usize, child: usize) -> Joint {
        let anchor = DPose3::from_translation(DVec3::from_array(given.pos));
        let in_world = self.pieces[child].pose * anchor;
        let (mut in_parent, mut in_child) = (self.pieces[parent].pose.inverse() * in_world, anchor);
        let axis = DVec3::from_array(given.axis);
        let length =
            (given.axis[0] * given.axis[0] + given.axis[1] * given.axis[1] + given.axis[2] * given.axis[2])
                .sqrt();
        let kind = match given.type_ {
            JointType::Hinge => JointKind::Revolute,
            JointType::Slide => JointKind::Prismatic,
            JointType::Ball | JointType::Free => JointKind::Other,
        };
        if kind != JointKind::Other && length > 1e-12 {
            let turned = DPose3::from_rotation(DRot3::from_rotation_arc(DVec3::X, axis / axis.length()));
            in_parent *= turned;
            in_child *= turned;
        }
        let is_limited = given.limited.resolve(self.source.compiler.autolimits, given.range.is_some());
        let zero = given.ref_ as f32;
        let range = given.range.filter(|_| is_limited && kind != JointKind::Other);
        Joint {
            name: given.name.clone().unwrap_or_default(),
            parent,
            child,
            kind,
            in_parent: in_parent.into(),
            in_child: in_child.into(),
            range: range.map(|range| range.map(|end| end as f32 - zero)),
            effort: None,
            velocity: None,
        }
    }
}

/// A pose in single precision, its rotation normalised.
fn single(pose: &DPose3) -> Pose {
    let (t, r) = (pose.translation, pose.rotation);
    let rotation = Rotation::from_xyzw(r.x as f32, r.y as f32, r.z as f32, r.w as f32).normalize();
    Pose::from_parts(Vector::new(t.x as f32, t.y as f32, t.z as f32), rotation)
}

/// The collision shape of a geom; none for one that is only to be looked at, and for planes and fields of heights.
fn shape(source: &Source, geom: &Geom, folder: &Path) -> Option<Shape> {
    if geom.contype == 0 && geom.conaffinity == 0 {
        return None;
    }
    let (size, pose) = match geom.fromto {
        Some(ends) => between(geom.type_, ends, geom.size),
        None => (geom.size, geom.pose),
    };
    let [x, y, z] = size.map(|v| v as f32);
    let mut turned = Pose::IDENTITY;
    let geometry = match geom.type_ {
        GeomType::Sphere => Geometry::Sphere { radius: x },
        GeomType::Capsule => Geometry::Capsule { half_length: y, radius: x },
        GeomType::Cylinder => {
            // Theirs lies along z, ours along y.
            let quarter = Rotation::from_axis_angle(Vector::X, std::f32::consts::FRAC_PI_2);
            turned = Pose::from_parts(Vector::ZERO, quarter);
            Geometry::Cylinder { half_length: y, radius: x }
        }
        GeomType::Box => Geometry::Box { half: Vector::new(x, y, z) },
        GeomType::Ellipsoid => {
            let scaled = |p: Vector| Vector::new(p.x * x, p.y * y, p.z * z);
            Geometry::Hull(icosahedron().map(scaled).to_vec())
        }
        GeomType::Mesh => {
            let mesh = source.assets.mesh(geom.mesh.as_deref()?)?;
            let file = source.resolve_mesh_file(mesh, folder)?;
            let scale = Vector::from(mesh.scale.map(|v| v as f32));
            Geometry::Hull(mesh::vertices(&file, scale).into_iter().next()?)
        }
        GeomType::Plane | GeomType::Hfield | GeomType::Sdf => return None,
    };
    Some(Shape { pose: Pose::from(pose) * turned, geometry })
}

/// Size and pose of a geom that is given by its two ends.
fn between(kind: GeomType, ends: [f64; 6], size: [f64; 3]) -> ([f64; 3], DPose3) {
    let [ax, ay, az, bx, by, bz] = ends;
    let (first, last) = (DVec3::new(ax, ay, az), DVec3::new(bx, by, bz));
    let way = last - first;
    let length = way.length();
    let turned =
        if length <= 1e-15 { DQuat::IDENTITY } else { DQuat::from_rotation_arc(DVec3::Z, way / length) };
    let [x, mut y, mut z] = size;
    match kind {
        GeomType::Capsule | GeomType::Cylinder => y = length * 0.5,
        GeomType::Box => z = length * 0.5,
        _ => {}
    }
    ([x, y, z], DPose3::from_parts((first + last) * 0.5, turned))
}

/// The corners of a regular icosahedron on the unit sphere, by which an ellipsoid is approximated.
fn icosahedron() -> [Vector; 12] {
    let golden = 1.618_034_f32;
    let corners = [
        (-1.0, golden, 0.0),
        (1.0, golden, 0.0),
        (-1.0, -golden, 0.0),
        (1.0, -golden, 0.0),
        (0.0, -1.0, golden),
        (0.0, 1.0, golden),
        (0.0, -1.0, -golden),
        (0.0, 1.0, -golden),
        (golden, 0.0, -1.0),
        (golden, 0.0, 1.0),
        (-golden, 0.0, -1.0),
        (-golden, 0.0, 1.0),
    ];
    corners.map(|(x, y, z): (f32, f32, f32)| {
        let length = (x * x + y * y + z * z).sqrt();
        Vector::new(x / length, y / length, z / length)
    })
}
