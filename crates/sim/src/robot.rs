//! A robot file fitted to its model: every name resolved, every measure taken, all faults of the two
//! together reported at once.

use std::sync::Arc;

use neuraxis_core::Interface;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::file::{FileError, Loaded, Problems};
use neuraxis_core::kinematics::{DifferentialDrive, Limb, LimbJoint};
use neuraxis_core::robot::{Actuators, Articulation, Robot, Sensor};
use rapier3d::prelude::{ColliderHandle, Pose, Vector};

use crate::convert::pose64;
use crate::model::{self, Frame, Joint, JointKind, Model};
use crate::scene::world::Size;

/// A robot that can be put into worlds.
#[derive(Clone, Debug)]
pub struct RobotModel {
    /// The robot file, without the brain's block.
    pub spec: Robot<()>,
    /// Its mechanics.
    pub model: Arc<Model>,
    /// What its brain has to know.
    pub description: Arc<BodyDescription>,
    /// `base_link`.
    pub base: Frame,
    /// Indices of the joints that the actuators move, in the order of the command.
    pub(crate) actuated: Vec<usize>,
    /// For wheels: +1 if a positive turn drives forward, else -1.
    pub(crate) signs: [f64; 2],
}

impl RobotModel {
    /// Loads the model of a robot file and fits the two together.
    ///
    /// # Errors
    /// If the model is missing or wrong, or the robot file names joints and links that it does not have.
    pub fn new<B: Clone>(file: &Loaded<Robot<B>>) -> Result<Self, FileError> {
        let (spec, _) = file.value.clone().split();
        let path = file.reference("/model", &spec.model)?;
        let model = model::load(&path)?;
        let mut fitted = None;
        file.check(|_, problems| fitted = fit(&spec, model, problems))?;
        // Without problems there is a robot.
        fitted.ok_or_else(|| {
            FileError::unreadable(&path, "the robot could not be fitted", "report this as a defect")
        })
    }

    /// How much room it takes.
    #[must_use]
    pub fn size(&self) -> Size {
        let height = self.model.bounds().map_or(0.1, |b| f64::from(b.maxs.z - b.mins.z));
        Size { radius: self.description.radius, height }
    }
}

impl RobotModel {
    /// Of the robot's colliders in a world, those that came with the link `name`, merged or not.
    pub(crate) fn shapes_of(&self, name: &str, colliders: &[Vec<ColliderHandle>]) -> Vec<ColliderHandle> {
        let Some(mark) = self.model.frames.iter().position(|frame| frame.name == name) else {
            return Vec::new();
        };
        let link = self.model.frames[mark].link;
        let sources = &self.model.links[link].colliders;
        let marked =
            sources.iter().zip(&colliders[link]).filter(|(source, _)| source.user_data == mark as u128);
        marked.map(|(_, handle)| *handle).collect()
    }
}

fn fit(spec: &Robot<()>, mut model: Model, problems: &mut Problems<'_>) -> Option<RobotModel> {
    soften(spec, &mut model, problems);
    pose(spec, &mut model, problems);
    let frames: Vec<&str> = model.frames.iter().map(|frame| frame.name.as_str()).collect();
    let joints: Vec<&str> = model.joints.iter().map(|joint| joint.name.as_str()).collect();

    let base = match &spec.base {
        Some(name) => model.frame(name).cloned(),
        None => model.frame("base_link").or(model.frames.iter().find(|f| f.link == 0)).cloned(),
    };
    let Some(base) = base else {
        let name = spec.base.as_deref().unwrap_or_default();
        problems.unknown("/base", "link", name, frames.iter().copied());
        return None;
    };
    if let (Articulation::Impulse, Some(link)) = (spec.articulation, model.light_link()) {
        let message = format!("the link `{link}` between joints has no mass and inertia of its own");
        problems.help("/articulation", message, "set `articulation: multibody`");
    }
    if spec.planar && model.anchored {
        problems.help(
            "/planar",
            "the model's root is bolted to the world already",
            "leave out `planar`, or give the model a free root",
        );
    }
    for (i, surface) in spec.surfaces.iter().enumerate() {
        if model.frame(&surface.link).is_none() {
            problems.unknown(&format!("/surfaces/{i}/link"), "link", &surface.link, frames.iter().copied());
        }
    }
    let find_joint = |name: &str, pointer: &str, problems: &mut Problems<'_>| {
        let found = model.joint(name);
        if found.is_none() {
            problems.unknown(pointer, "joint", name, joints.iter().copied());
        }
        found
    };

    let mut actuated = Vec::new();
    for (i, name) in spec.actuators.joints().into_iter().enumerate() {
        let pointer = match (&spec.actuators, i) {
            (Actuators::DifferentialDrive { .. }, 0) => "/actuators/left".to_owned(),
            (Actuators::DifferentialDrive { .. }, _) => "/actuators/right".to_owned(),
            _ => format!("/actuators/joints/{i}"),
        };
        if let Some(joint) = find_joint(name, &pointer, problems) {
            if model.joints[joint].kind == JointKind::Other {
                problems.at(
                    &pointer,
                    format!("the joint `{name}` moves in several ways at once; it cannot be driven"),
                );
            }
            actuated.push(joint);
        }
    }
    let mut drive = None;
    let mut signs = [1.0; 2];
    if let (Actuators::DifferentialDrive { wheel_radius, track, .. }, [left, right]) =
        (&spec.actuators, &actuated[..])
    {
        let wheels = [axle(&model, &base, *left), axle(&model, &base, *right)];
        for (i, (_, axis)) in wheels.iter().enumerate() {
            if axis.y.abs() < 0.9 {
                let key = if i == 0 { "/actuators/left" } else { "/actuators/right" };
                problems.help(
                    key,
                    format!(
                        "this wheel turns about ({:.2}, {:.2}, {:.2}) in `{}`",
                        axis.x, axis.y, axis.z, base.name
                    ),
                    "a wheel of a differential drive turns about the y axis of `base_link` (x forward, z up)",
                );
            }
            signs[i] = f64::from(axis.y.signum());
        }
        let radius = wheel_radius.or_else(|| wheel_shape(&model, *left));
        let track = track.unwrap_or(f64::from((wheels[0].0.y - wheels[1].0.y).abs()));
        match radius {
            Some(wheel_radius) if track > 1e-4 => drive = Some(DifferentialDrive { wheel_radius, track }),
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
    }

    let mut sensors = Vec::new();
    for (i, sensor) in spec.sensors.iter().enumerate() {
        let here = |key: &str| format!("/sensors/{i}/{key}");
        let mut mount = Pose::IDENTITY;
        let mut read = Vec::new();
        let mut limb = None;
        match sensor {
            Sensor::Lidar { link, .. }
            | Sensor::Imu { link, .. }
            | Sensor::Velocimeter { link, .. }
            | Sensor::Contact { link, .. }
            | Sensor::Beacon { link, .. } => match model.frame(link) {
                Some(frame) => {
                    mount = relative(&model, &base, frame);
                    if matches!(sensor, Sensor::Contact { .. }) {
                        limb = limb_of(&model, &base, frame);
                    }
                }
                None => problems.unknown(&here("link"), "link", link, frames.iter().copied()),
            },
            Sensor::WheelOdometry { left, right, .. } => {
                for (name, key) in [(left, "left"), (right, "right")] {
                    if find_joint(name, &here(key), problems).is_some() {
                        read.push(name.clone());
                    }
                }
                if !matches!(spec.actuators, Actuators::DifferentialDrive { .. }) {
                    problems.at(&here("kind"), "wheel odometry needs a differential drive");
                }
            }
            Sensor::JointState { joints: named, .. } => match named {
                None => read = spec.actuators.joints().into_iter().map(str::to_owned).collect(),
                Some(named) => {
                    for (j, name) in named.iter().enumerate() {
                        if find_joint(name, &here(&format!("joints/{j}")), problems).is_some() {
                            read.push(name.clone());
                        }
                    }
                }
            },
            Sensor::Battery { .. } | Sensor::Pose { .. } => {}
        }
        sensors.push(SensorDescription { sensor: sensor.clone(), mount: pose64(&mount), joints: read, limb });
    }

    if actuated.len() != spec.actuators.joints().len() {
        return None;
    }
    let radius = spec.radius.unwrap_or_else(|| f64::from(model.radius(&base)));
    if radius <= 0.0 {
        problems.help(
            "/model",
            "the model has no collision shapes",
            "add `<collision>` blocks, or give `radius: ...`",
        );
        return None;
    }
    let interface = match &spec.actuators {
        Actuators::DifferentialDrive { .. } => Interface::Velocity,
        Actuators::JointTorque { .. } => Interface::Effort,
        Actuators::JointPosition { .. } => Interface::Position,
    };
    let description = BodyDescription {
        name: spec.name.clone(),
        sensors,
        actuators: spec.actuators.joints().into_iter().map(str::to_owned).collect(),
        interface,
        drive,
        radius,
        limits: spec.limits.clone(),
    };
    Some(RobotModel {
        spec: spec.clone(),
        model: Arc::new(model),
        description: Arc::new(description),
        base,
        actuated,
        signs,
    })
}

/// Gives the model's joints the soft limits of the robot file, which go before the model's own.
fn soften(spec: &Robot<()>, model: &mut Model, problems: &mut Problems<'_>) {
    if spec.articulation == Articulation::Impulse {
        let mut hardened = false;
        for joint in &mut model.joints {
            hardened |= joint.soft_limit.take().is_some();
        }
        if hardened {
            let note = "the joints' soft ends are honoured only with `articulation: multibody`";
            model.notes.push(note.to_owned());
        }
    }
    for (i, limit) in spec.soft_limits.iter().enumerate() {
        let Some(named) = &limit.joints else {
            for joint in model.joints.iter_mut().filter(|joint| joint.range().is_some()) {
                joint.soft_limit = Some(limit.clone());
            }
            continue;
        };
        for (j, name) in named.iter().enumerate() {
            let here = format!("/soft_limits/{i}/joints/{j}");
            match model.joint(name) {
                None => {
                    let known: Vec<&str> = model.joints.iter().map(|joint| joint.name.as_str()).collect();
                    problems.unknown(&here, "joint", name, known);
                }
                Some(joint) if model.joints[joint].range().is_none() => {
                    problems.help(
                        &here,
                        format!("the joint `{name}` has no range that could end"),
                        "give it one in the model, or leave it out here",
                    );
                }
                Some(joint) => model.joints[joint].soft_limit = Some(limit.clone()),
            }
        }
    }
}

/// Gives the model the stance of the robot file, and the armature of its motors.
fn pose(spec: &Robot<()>, model: &mut Model, problems: &mut Problems<'_>) {
    let mut stance = vec![0.0; model.joints.len()];
    for (name, position) in &spec.stance {
        let here = format!("/stance/{name}");
        let Some(index) = model.joint(name) else {
            let known: Vec<&str> = model.joints.iter().map(|joint| joint.name.as_str()).collect();
            problems.unknown(&here, "joint", name, known);
            continue;
        };
        let joint = &model.joints[index];
        let [first, last] = joint.range().unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
        if matches!(joint.kind, JointKind::Other | JointKind::Fixed) || !position.is_finite() {
            problems.at(&here, format!("the joint `{name}` cannot start at {position}"));
        } else if *position < first || *position > last {
            problems
                .at(&here, format!("{position} is outside of the joint's range, [{first:.3}, {last:.3}]"));
        }
        stance[index] = *position as f32;
    }
    if !spec.stance.is_empty() {
        model.take_stance(stance);
    }
    if let Actuators::JointPosition { joints, armature, .. } = &spec.actuators {
        for name in joints {
            if let Some(index) = model.joint(name) {
                model.joints[index].armature += *armature as f32;
            }
        }
    }
}

/// `frame` in the frame `base`, with every joint at zero.
fn relative(model: &Model, base: &Frame, frame: &Frame) -> Pose {
    let base_pose = model.links[base.link].pose * base.pose;
    base_pose.inverse() * model.links[frame.link].pose * frame.pose
}

/// Middle and axis of a joint in the frame `base`, with every joint at zero.
fn axle(model: &Model, base: &Frame, joint: usize) -> (Vector, Vector) {
    let joint: &Joint = &model.joints[joint];
    let base_pose = model.links[base.link].pose * base.pose;
    let frame = base_pose.inverse() * model.links[joint.parent].pose * joint.joint.local_frame1;
    (frame.translation, frame.transform_vector(Vector::X))
}

/// How `frame` hangs on `base`; `None` if it is a part of it, does not hang on it, or by a joint that moves in several ways at
/// once.
fn limb_of(model: &Model, base: &Frame, frame: &Frame) -> Option<Limb> {
    let mut chain = Vec::new();
    let mut link = frame.link;
    while link != base.link {
        let joint = model.joints.iter().find(|joint| joint.child == link)?;
        chain.push(joint);
        link = joint.parent;
    }
    let last = chain.first()?;
    let tip = last.joint.local_frame2.inverse() * frame.pose;
    let mut joints = Vec::new();
    // From the frame before a joint to the joint's: the base's own frame, or what lies behind the joint before.
    let mut before = base.pose.inverse();
    for joint in chain.iter().rev() {
        let origin = before * joint.joint.local_frame1;
        before = joint.joint.local_frame2.inverse();
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
    let foot = model.links[frame.link].colliders.iter().find_map(|collider| collider.shape().as_ball());
    let radius = foot.map_or(0.0, |ball| f64::from(ball.radius));
    (!joints.is_empty()).then(|| Limb { joints, tip: pose64(&tip), radius })
}

/// The radius of the cylinder or sphere that a wheel rolls on, m.
fn wheel_shape(model: &Model, joint: usize) -> Option<f64> {
    let link = &model.links[model.joints[joint].child];
    link.colliders.iter().find_map(|collider| {
        let shape = collider.shape();
        let radius = shape.as_cylinder().map(|c| c.radius).or_else(|| shape.as_ball().map(|b| b.radius));
        radius.map(f64::from)
    })
}
