//! A robot file fitted to its model: every name resolved, every measure taken, all problems of the two together reported at
//! once.

use std::path::PathBuf;

use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::file::{FileError, Loaded, Problems};
use neuraxis_core::robot::{ActuatorEntry, Actuators, Articulation, Robot, Sensor};
use neuraxis_core::{Actuator, Interface, JointLimits, Mobility};

use crate::limb::{limb_of, relative};
use crate::load;
use crate::model::{Frame, Joint, JointKind, Model, Pose, pose64};
use crate::wheels::{driven, steered};

/// A robot file and its model, fitted together.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The robot file, without the brain's block.
    pub spec: Robot<()>,
    /// Where its model lies.
    pub path: PathBuf,
    /// The model.
    pub model: Model,
    /// `base_link`.
    pub base: Frame,
    /// What a brain has to know.
    pub description: BodyDescription,
    /// +1 or -1 for each actuator: how its joint turns when the command is positive. A driven wheel goes forward then, and steering to
    /// the left.
    pub signs: Vec<f64>,
}

impl Fitted {
    /// Loads the model of a robot file and fits the two together.
    ///
    /// # Errors
    /// If the model is missing or wrong, or the robot file names joints and links that it does not have.
    pub fn new<B: Clone>(file: &Loaded<Robot<B>>) -> Result<Self, FileError> {
        let (spec, _) = file.value.clone().split();
        let path = file.reference("/model", &spec.model)?;
        let model = load::model(&path)?;
        let mut fitted = None;
        file.check(|_, problems| fitted = fit(&spec, model, path.clone(), problems))?;
        // Without problems there is a robot.
        fitted.ok_or_else(|| {
            FileError::unreadable(&path, "the robot could not be fitted", "report this as a defect")
        })
    }
}

fn fit(spec: &Robot<()>, mut model: Model, path: PathBuf, problems: &mut Problems<'_>) -> Option<Fitted> {
    // As the simulator does it: its engine moves a free root as if its frame were in its centre of mass.
    if spec.articulation == Articulation::Multibody && !spec.planar {
        model.centre_root();
    }
    check_soft_limits(spec, &model, problems);
    take_stance(spec, &mut model, problems);
    let Some(base) = model.base(spec.base.as_deref()).cloned() else {
        let name = spec.base.as_deref().unwrap_or_default();
        problems.unknown("/base", "link", name, frames(&model));
        return None;
    };
    if spec.planar && model.anchored {
        problems.help(
            "/planar",
            "the model's root is bolted to the world already",
            "leave out `planar`, or give the model a free root",
        );
    }
    for (i, surface) in spec.surfaces.iter().enumerate() {
        if model.frame(&surface.link).is_none() {
            problems.unknown(&format!("/surfaces/{i}/link"), "link", &surface.link, frames(&model));
        }
    }

    let actuated = actuated(spec, &model, problems);
    // If one is missing, nobody knows which joint is which.
    let known = if actuated.len() == spec.each_actuator().count() { &actuated[..] } else { &[] };
    let mut drive = None;
    let mut signs = vec![1.0; spec.each_actuator().count()];
    if let (
        Actuators::DifferentialDrive { wheel_radius, track, .. }
        | Actuators::Ackermann { wheel_radius, track, .. },
        [left, right, ..],
    ) = (&spec.actuators, known)
    {
        drive = driven(&model, &base, [*left, *right], [*wheel_radius, *track], &mut signs[..2], problems);
    }
    let mut ackermann = None;
    if let (Actuators::Ackermann { wheelbase, angle, .. }, [left, right, first, second]) =
        (&spec.actuators, known.get(..4).unwrap_or_default())
    {
        let joints = [*left, *right, *first, *second];
        ackermann = steered(&model, &base, joints, [*wheelbase, *angle], &mut signs[2..4], problems);
    }
    let sensors: Vec<SensorDescription> =
        (0..spec.sensors.len()).map(|i| sense(spec, &model, &base, i, problems)).collect();

    if actuated.len() != spec.each_actuator().count() {
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
    let angle = ackermann.map(|steering| steering.angle);
    let actuators = spec
        .each_actuator()
        .zip(&actuated)
        .map(|(entry, joint)| actuator(spec, &model.joints[*joint], &entry, angle, problems));
    let mut actuators: Vec<Actuator> = actuators.collect();
    for (actuator, sign) in actuators.iter_mut().zip(&signs) {
        actuator.sign = *sign;
    }
    let description = BodyDescription {
        name: spec.name.clone(),
        sensors,
        actuators,
        other_actuators: spec.other_actuators.iter().map(|block| block.joints().len()).sum(),
        mobility: ackermann.as_ref().map_or_else(Mobility::default, Mobility::steered),
        drive,
        ackermann,
        radius,
        limits: spec.limits.clone(),
        calibration: spec.calibration.clone(),
    };
    Some(Fitted { spec: spec.clone(), path, model, base, description, signs })
}

fn frames(model: &Model) -> Vec<&str> {
    model.frames.iter().map(|frame| frame.name.as_str()).collect()
}

fn joints(model: &Model) -> Vec<&str> {
    model.joints.iter().map(|joint| joint.name.as_str()).collect()
}

/// The joint `name`; if there is none, that is a problem at `pointer`.
fn find_joint(model: &Model, name: &str, pointer: &str, problems: &mut Problems<'_>) -> Option<usize> {
    let found = model.joint(name);
    if found.is_none() {
        problems.unknown(pointer, "joint", name, joints(model));
    }
    found
}

/// The joints that the actuators move, in the order of the command; those that there are.
fn actuated(spec: &Robot<()>, model: &Model, problems: &mut Problems<'_>) -> Vec<usize> {
    let mut actuated = Vec::new();
    for entry in spec.each_actuator() {
        let (name, pointer) = (entry.joint, entry.pointer());
        let Some(joint) = find_joint(model, name, &pointer, problems) else { continue };
        if model.joints[joint].kind == JointKind::Other {
            problems.at(
                &pointer,
                format!("the joint `{name}` moves in several ways at once; it cannot be driven"),
            );
        }
        actuated.push(joint);
    }
    actuated
}

/// The actuator `entry` of the file, which moves `joint`: its limits are the file's where it gives them, else the model's; `angle` (rad)
/// is how far wheels are steered.
fn actuator(
    spec: &Robot<()>,
    joint: &Joint,
    entry: &ActuatorEntry<'_>,
    angle: Option<f64>,
    problems: &mut Problems<'_>,
) -> Actuator {
    let (name, interface, block) = (&joint.name, entry.interface(), entry.block_pointer());
    let drawn = JointLimits {
        position: joint.range(),
        velocity: joint.velocity.map(f64::from),
        effort: joint.effort.map(f64::from),
        acceleration: None,
    };
    let mut own = entry.limits();
    if let (Some([low, high]), Some([first, last])) = (own.position, drawn.position)
        && (low < first - 1e-6 || high > last + 1e-6)
    {
        problems.help(
            &format!("{block}/limits/position"),
            format!("the joint `{name}` moves from {first:.3} to {last:.3} in the model, and no further"),
            "give a range within that, or leave it out",
        );
    }
    for (key, own, drawn) in
        [("velocity", own.velocity, drawn.velocity), ("effort", own.effort, drawn.effort)]
    {
        if let (Some(own), Some(drawn)) = (own, drawn)
            && own > drawn * (1.0 + 1e-6)
            && !entry.block.has_wheels()
        {
            problems.help(
                &format!("{block}/limits/{key}"),
                format!("the joint `{name}` has a limit of {drawn} in the model"),
                "give a smaller one, or leave it out",
            );
        }
    }
    let is_steering = entry.steers();
    if is_steering {
        own.position = angle.map(|angle| [-angle, angle]);
    }
    let limits = own.or(drawn);
    if interface == Interface::Position {
        let pointer = entry.pointer();
        if limits.position.is_none() && !is_steering {
            problems.help(
                &pointer,
                format!("the joint `{name}` is commanded by position and has no range"),
                "give it `<limit lower=... upper=...>` in the model, or `limits: { position: [...] }` beside `joints`",
            );
        }
        if limits.velocity.is_none() {
            let key = if is_steering { "`steering_velocity: ...`" } else { "`limits: { velocity: ... }`" };
            problems.help(
                &pointer,
                format!(
                    "the joint `{name}` is commanded by position, and nobody knows how fast it may go there"
                ),
                format!("give it `<limit velocity=...>` in the model, or {key} beside it"),
            );
        }
    }
    let start = spec.stance.get(name).copied().unwrap_or(0.0);
    Actuator { joint: name.clone(), interface, limits, stop: entry.stop(), start, sign: 1.0 }
}

/// Where the sense `index` of the file sits, and what joints it reads.
fn sense(
    spec: &Robot<()>,
    model: &Model,
    base: &Frame,
    index: usize,
    problems: &mut Problems<'_>,
) -> SensorDescription {
    let sensor = &spec.sensors[index];
    let here = |key: &str| format!("/sensors/{index}/{key}");
    let mut mount = Pose::IDENTITY;
    let mut read = Vec::new();
    let mut limb = None;
    if let Some(link) = sensor.link() {
        match model.frame(link) {
            Some(frame) => {
                mount = relative(model, base, frame);
                if matches!(sensor, Sensor::Contact(_)) {
                    limb = limb_of(model, base, frame);
                }
            }
            None => problems.unknown(&here("link"), "link", link, frames(model)),
        }
    }
    match sensor {
        Sensor::WheelOdometry(wheels) => {
            for (name, key) in [(&wheels.left, "left"), (&wheels.right, "right")] {
                if find_joint(model, name, &here(key), problems).is_some() {
                    read.push(name.clone());
                }
            }
            if !spec.actuators.has_wheels() {
                problems.at(&here("kind"), "wheel odometry needs two driven wheels");
            }
        }
        Sensor::JointState(encoders) => match &encoders.joints {
            None => read = spec.each_actuator().map(|entry| entry.joint.to_owned()).collect(),
            Some(named) => {
                for (j, name) in named.iter().enumerate() {
                    if find_joint(model, name, &here(&format!("joints/{j}")), problems).is_some() {
                        read.push(name.clone());
                    }
                }
            }
        },
        _ => {}
    }
    SensorDescription { sensor: sensor.clone(), mount: pose64(&mount), joints: read, limb }
}

/// Whether the joints whose ends give way are there and have ends.
fn check_soft_limits(spec: &Robot<()>, model: &Model, problems: &mut Problems<'_>) {
    for (i, limit) in spec.soft_limits.iter().enumerate() {
        for (j, name) in limit.joints.iter().flatten().enumerate() {
            let here = format!("/soft_limits/{i}/joints/{j}");
            let Some(joint) = find_joint(model, name, &here, problems) else { continue };
            if model.joints[joint].range().is_none() {
                problems.help(
                    &here,
                    format!("the joint `{name}` has no range that could end"),
                    "give it one in the model, or leave it out here",
                );
            }
        }
    }
}

/// Gives the model the stance of the robot file.
fn take_stance(spec: &Robot<()>, model: &mut Model, problems: &mut Problems<'_>) {
    let mut stance = vec![0.0; model.joints.len()];
    for (name, position) in &spec.stance {
        let here = format!("/stance/{name}");
        let Some(index) = find_joint(model, name, &here, problems) else { continue };
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
        model.take_stance(&stance);
    }
}
