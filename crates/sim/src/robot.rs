//! A robot that can be put into worlds: a robot file fitted to its model, and the model as the physics engine wants it.

use std::sync::Arc;

use neuraxis_core::body::BodyDescription;
use neuraxis_core::file::{FileError, Loaded, Problems};
use neuraxis_core::robot::{Articulation, Robot};
use neuraxis_robot::Fitted;
use rapier3d::prelude::ColliderHandle;

use crate::model::{self, Frame, Model};
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
    /// +1 or -1 for each of them: how the joint turns when the command is positive.
    pub(crate) signs: Vec<f64>,
    /// Gains of the servo of each of them, N·m/rad and N·m·s/rad; zero if it has none.
    pub(crate) gains: Vec<[f64; 2]>,
    /// Which of them steer a wheel.
    pub(crate) steers: Vec<bool>,
}

impl RobotModel {
    /// Loads the model of a robot file and fits the two together.
    ///
    /// # Errors
    /// If the model is missing or wrong, or the robot file names joints and links that it does not have.
    pub fn new<B: Clone>(file: &Loaded<Robot<B>>) -> Result<Self, FileError> {
        Self::of(file, Fitted::new(file)?)
    }

    /// The same of a file that is fitted to its model already.
    ///
    /// # Errors
    /// If the physics engine cannot take the model.
    pub fn of<B>(file: &Loaded<Robot<B>>, fitted: Fitted) -> Result<Self, FileError> {
        let Fitted { spec, path, description, signs, .. } = fitted;
        let mut model = model::load(&path)?;
        // The root of a planar body hangs on the joint of its plane, and an impulse body's links are moved each by its own mass.
        if spec.articulation == Articulation::Multibody && !spec.planar {
            model.centre_root();
        }
        file.check(|_, problems| check_links(&spec, &model, problems))?;
        soften(&spec, &mut model);
        pose(&spec, &mut model);
        let base = match &spec.base {
            Some(name) => model.frame(name).cloned(),
            None => model.frame("base_link").or(model.frames.iter().find(|f| f.link == 0)).cloned(),
        };
        let actuated: Vec<usize> =
            spec.each_actuator().filter_map(|entry| model.joint(entry.joint)).collect();
        let Some(base) = base.filter(|_| actuated.len() == spec.each_actuator().count()) else {
            // Two readers of the same file do not see the same in it.
            let why = "the physics engine's loader does not find the joints and links that it has";
            return Err(FileError::unreadable(&path, why, "report this as a defect"));
        };
        let servos = spec.each_actuator().map(|entry| (entry.gains(), entry.steers())).unzip();
        let (gains, steers) = servos;
        Ok(Self {
            spec,
            model: Arc::new(model),
            description: Arc::new(description),
            base,
            actuated,
            signs,
            gains,
            steers,
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

/// Whether the links have the mass that the robot's articulation needs.
fn check_links(spec: &Robot<()>, model: &Model, problems: &mut Problems<'_>) {
    if let (Articulation::Impulse, Some(link)) = (spec.articulation, model.light_link()) {
        let message = format!("the link `{link}` between joints has no mass and inertia of its own");
        problems.help("/articulation", message, "set `articulation: multibody`");
    }
}

/// Gives the model's joints the soft limits of the robot file, which go before the model's own.
fn soften(spec: &Robot<()>, model: &mut Model) {
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
    for limit in &spec.soft_limits {
        let is_named = |name: &String| limit.joints.as_ref().is_none_or(|named| named.contains(name));
        for joint in model.joints.iter_mut().filter(|joint| joint.range().is_some() && is_named(&joint.name))
        {
            joint.soft_limit = Some(limit.clone());
        }
    }
}

/// Gives the model the stance of the robot file, and the armature of its motors.
fn pose(spec: &Robot<()>, model: &mut Model) {
    let mut stance = vec![0.0; model.joints.len()];
    for (name, position) in &spec.stance {
        if let Some(index) = model.joint(name) {
            stance[index] = *position as f32;
        }
    }
    if !spec.stance.is_empty() {
        model.take_stance(stance);
    }
    for block in spec.each_actuator().filter(|entry| entry.index == 0).map(|entry| entry.block) {
        let (moved, armature) = block.armature();
        for name in moved {
            if let Some(index) = model.joint(name) {
                model.joints[index].armature += armature as f32;
            }
        }
    }
}
