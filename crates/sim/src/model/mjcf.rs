//! MJCF by `rapier3d-mjcf`, and what that loader leaves out: torque limits, joint friction outside of
//! multibodies, the medium, tendons and sensors.

use std::path::Path;

use neuraxis_robot::mjcf::{Rank, Tree};
use rapier3d::prelude::{ColliderSet, MeshConverter, Pose, Rotation, Vector};
use rapier3d_mjcf::mjcf_rs::model::Model as Mjcf;
use rapier3d_mjcf::{MjcfLoaderOptions, MjcfRobot};

use super::{Frame, Joint, Link, Model, Stand, kind_of, mjcf_limits};

pub(super) fn load(path: &Path, text: &str) -> Result<Model, String> {
    let folder = neuraxis_core::file::folder_of(path);
    let options = MjcfLoaderOptions {
        mesh_converter: Some(MeshConverter::ConvexHull),
        // Springs and friction are applied by us, where they are.
        disable_joint_motors: true,
        ..MjcfLoaderOptions::default()
    };
    let (robot, source) = MjcfRobot::from_str(text, options, folder).map_err(|error| format!("{error:#}"))?;
    let mut notes = notes(text, &source, &robot);

    let tree = tree(&robot)?;
    notes.extend(tree.left_out.iter().map(|name| {
        format!("the body `{name}` stands still by itself and is left out: it belongs to the scene")
    }));

    let mut links = Vec::new();
    let mut frames = Vec::new();
    for &i in &tree.bodies {
        let loaded = &robot.bodies[i];
        let index = links.len();
        let name = match (&loaded.name, i) {
            (_, 0) => "world".to_owned(),
            (Some(name), _) if !loaded.is_intermediate => name.clone(),
            _ => format!("body_{i}"),
        };
        let mut body = loaded.body.clone();
        body.recompute_mass_properties_from_colliders(&ColliderSet::new());
        frames.push(Frame { name: name.clone(), link: index, pose: Pose::IDENTITY });
        if !loaded.is_intermediate
            && let Some(entry) = source.bodies.get(loaded.mjcf_body_id)
        {
            for site in &entry.body.sites {
                if let Some(site_name) = &site.name {
                    let (t, r) = (site.pose.translation, site.pose.rotation);
                    frames.push(Frame {
                        name: site_name.clone(),
                        link: index,
                        pose: Pose::from_parts(
                            Vector::new(t.x as f32, t.y as f32, t.z as f32),
                            Rotation::from_xyzw(r.x as f32, r.y as f32, r.z as f32, r.w as f32).normalize(),
                        ),
                    });
                }
            }
        }
        let colliders = if i == 0 { Vec::new() } else { loaded.colliders.clone() };
        links.push(Link {
            name,
            pose: *body.position(),
            mass: body.mass_properties().local_mprops,
            colliders,
        });
    }
    let (soft, others) = mjcf_limits::soft_limits(text);
    if !others.is_empty() {
        notes.push(format!("`solreflimit` in its direct form is not honoured: {}", others.join(", ")));
    }
    let joints = robot
        .joints
        .iter()
        .enumerate()
        .filter(|(_, joint)| tree.index(joint.link2).is_some())
        .map(|(i, joint)| {
            let effort = robot
                .actuators
                .iter()
                .filter(|a| a.joint_index == Some(i))
                .find_map(|a| a.actuator.force_range.map(|[low, high]| low.abs().max(high.abs()) as f32));
            let mut fitted = Joint {
                name: joint.name.clone().unwrap_or_else(|| format!("joint_{i}")),
                parent: tree.index(joint.link1).unwrap_or(0),
                child: tree.index(joint.link2).unwrap_or(0),
                kind: kind_of(&joint.joint),
                joint: joint.joint,
                effort: effort.filter(|e| *e > 0.0),
                velocity: None,
                damping: joint.damping_per_dof,
                friction: joint.frictionloss_per_dof,
                armature: joint.armature_per_dof,
                soft_limit: joint.name.as_ref().and_then(|name| soft.get(name)).cloned(),
            };
            if fitted.range().is_none() {
                fitted.soft_limit = None;
            }
            fitted
        })
        .collect();
    if robot.joints.iter().any(|j| j.spring_stiffness_per_dof > 0.0 || j.springdamper.is_some()) {
        notes.push("joint springs (`stiffness`, `springdamper`) are not honoured".to_owned());
    }
    Ok(Model {
        name: source.name.clone().unwrap_or_else(|| "robot".to_owned()),
        links,
        joints,
        frames,
        anchored: tree.anchored,
        stance: Stand::default(),
        notes,
        files: neuraxis_robot::mjcf::named_files(text, folder),
    })
}

/// The bodies of `robot` that hang together.
fn tree(robot: &MjcfRobot) -> Result<Tree, String> {
    let ranks: Vec<Rank<'_>> = robot
        .bodies
        .iter()
        .map(|body| Rank {
            name: body.name.as_deref(),
            moves: body.body.is_dynamic(),
            is_fixed: body.body.is_fixed(),
        })
        .collect();
    let ends: Vec<[usize; 2]> = robot.joints.iter().map(|joint| [joint.link1, joint.link2]).collect();
    Tree::of(&ranks, &ends)
}

fn notes(text: &str, source: &Mjcf, robot: &MjcfRobot) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |present: bool, what: &str| {
        if present {
            notes.push(what.to_owned());
        }
    };
    note(
        robot.bodies.first().is_some_and(|world| !world.colliders.is_empty()),
        "geoms of the `<worldbody>` are left out: the scene gives the ground and the walls",
    );
    note(
        text.contains("density=") && text.contains("<option") || text.contains("viscosity="),
        "the medium (`density`, `viscosity`, `fluidshape`) is not read from the model: it belongs to the scene",
    );
    note(!source.tendons.is_empty() || text.contains("<tendon"), "tendons are not honoured");
    note(!source.equality.is_empty(), "`<equality>` constraints are not honoured");
    note(!source.sensors.is_empty(), "`<sensor>`s are not read: they stand in the robot file");
    note(
        !source.actuators.is_empty(),
        "of the `<actuator>`s only the force limits are read: the robot file names them",
    );
    note(text.contains("<hfield"), "height fields are not honoured");
    note(text.contains("solref=") || text.contains("solimp="), "`solref` and `solimp` are not honoured");
    note(
        !robot.contact_pairs.is_empty() || !robot.contact_excludes.is_empty(),
        "`<contact>` pairs and excludes are not honoured",
    );
    notes
}
