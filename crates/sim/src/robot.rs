//! A robot file fitted to its model: every name resolved, every measure taken, all faults of the two
//! together reported at once.

use std::sync::Arc;

use neuraxis_core::Interface;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::file::{FileError, Loaded, Problems};
use neuraxis_core::kinematics::{Ackermann, DifferentialDrive, Limb, LimbJoint};
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
    /// For steering joints: +1 if a positive turn steers to the left, else -1.
    pub(crate) steering_signs: [f64; 2],
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
    // The root of a planar body hangs on the joint of its plane, and an impulse body's links are moved each by its own mass.
    if spec.articulation == Articulation::Multibody && !spec.planar {
        model.centre_root();
    }
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
            (Actuators::DifferentialDrive { .. } | Actuators::Ackermann { .. }, 0) => {
                "/actuators/left".to_owned()
            }
            (Actuators::DifferentialDrive { .. } | Actuators::Ackermann { .. }, 1) => {
                "/actuators/right".to_owned()
            }
            (Actuators::Ackermann { .. }, _) => format!("/actuators/steering/{}", i - 2),
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
    if let (
        Actuators::DifferentialDrive { wheel_radius, track, .. }
        | Actuators::Ackermann { wheel_radius, track, .. },
        [left, right, ..],
    ) = (&spec.actuators, &actuated[..])
    {
        drive = driven(&model, &base, [*left, *right], [*wheel_radius, *track], &mut signs, problems);
    }
    let mut ackermann = None;
    let mut steering_signs = [1.0; 2];
    if let (Actuators::Ackermann { wheelbase, angle, .. }, [left, right, first, second]) =
        (&spec.actuators, &actuated[..])
    {
        let joints = [*left, *right, *first, *second];
        ackermann = steered(&model, &base, joints, [*wheelbase, *angle], &mut steering_signs, problems);
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
                let rolls = matches!(
                    spec.actuators,
                    Actuators::DifferentialDrive { .. } | Actuators::Ackermann { .. }
                );
                if !rolls {
                    problems.at(&here("kind"), "wheel odometry needs two driven wheels");
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
        Actuators::Ackermann { .. } => Interface::Ackermann,
        Actuators::JointTorque { .. } => Interface::Effort,
        Actuators::JointPosition { .. } => Interface::Position,
    };
    let description = BodyDescription {
        name: spec.name.clone(),
        sensors,
        actuators: spec.actuators.joints().into_iter().map(str::to_owned).collect(),
        interface,
        drive,
        ackermann,
        radius,
        limits: spec.limits.clone(),
        calibration: spec.calibration.clone(),
    };
    Some(RobotModel {
        spec: spec.clone(),
        model: Arc::new(model),
        description: Arc::new(description),
        base,
        actuated,
        signs,
        steering_signs,
    })
}

/// The two driven wheels at `joints` (left, right), with the measures that the file gives (radius, track; m), and which way
/// each drives forward.
fn driven(
    model: &Model,
    base: &Frame,
    [left, right]: [usize; 2],
    [wheel_radius, track]: [Option<f64>; 2],
    signs: &mut [f64; 2],
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
fn steered(
    model: &Model,
    base: &Frame,
    joints: [usize; 4],
    [wheelbase, angle]: [Option<f64>; 2],
    signs: &mut [f64; 2],
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
    let (moved, armature): (&[String], f64) = match &spec.actuators {
        Actuators::JointPosition { joints, armature, .. } => (joints, *armature),
        Actuators::Ackermann { steering, armature, .. } => (steering, *armature),
        _ => (&[], 0.0),
    };
    for name in moved {
        if let Some(index) = model.joint(name) {
            model.joints[index].armature += armature as f32;
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
