//! The robot file: model, senses ([`crate::senses`]), actuators (`actuators`), limits, and the block of its brain.
//!
//! The brain's block is a type parameter, because this floor does not know what brains are made of;
//! a simulator takes a `Robot<()>`.

mod actuators;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::file::{Problems, Validate};
pub use crate::senses::{
    BeaconSense, ImuNoise, JointNoise, OdometryNoise, PoseNoise, RangeNoise, Sensor, Transport,
    VelocimeterNoise,
};
use crate::soft_limit::{self, SoftLimit};
pub use actuators::{ActuatorEntry, Actuators};

/// A robot: one file in `robots/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Robot<B> {
    /// The robot's name.
    pub name: String,
    /// Path of its model, a `.urdf` or an MJCF `.xml` file, relative to this file.
    pub model: String,
    /// The link whose frame is `base_link`; the root of the model if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// How the links are held together: `impulse` for wheels, `multibody` for legs, arms and steered wheels.
    #[serde(default)]
    pub articulation: Articulation,
    /// Holds the body in a level plane, which carries its weight: it moves along x and y, turns about z, and does nothing
    /// else. For bodies with `articulation: multibody`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub planar: bool,
    /// Ends of joints that give way; the other joints' ends are hard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub soft_limits: Vec<SoftLimit>,
    /// Positions of joints at the start, by name, rad or m; the others start at zero. For bodies with `articulation:
    /// multibody`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stance: BTreeMap<String, f64>,
    /// The radius of the circle about `base_link` that holds the body's outline, m; measured on the
    /// model's collision shapes if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 10.0))]
    pub radius: Option<f64>,
    /// Friction of single links; the others have the scene's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surfaces: Vec<Surface>,
    /// The senses of the robot.
    pub sensors: Vec<Sensor>,
    /// The actuators of the robot.
    pub actuators: Actuators,
    /// Actuators that do not move the body about, of the kinds `joint_position` and `joint_torque`: an arm, a gripper, a head. In
    /// a command they come after `actuators`. Motor circuits leave them alone: positions stay those of the stance, torques zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_actuators: Vec<Actuators>,
    /// Limits of speed and acceleration that the brain keeps to.
    pub limits: Limits,
    /// How it answers the drive, as `neuraxis calibrate` measured it. The brain then asks the motor circuit for the drive that moves
    /// the body as wanted; without it, for the share of the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// Settings of the brain: estimator, navigator, motor circuit, safety.
    pub brain: B,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// How a model's links are held together in the physics engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Articulation {
    /// Maximal coordinates: cheap, a little soft; right for wheels.
    #[default]
    Impulse,
    /// Reduced coordinates (Featherstone): exact joints; right for legs, arms and steered wheels.
    Multibody,
}

/// The surface of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    /// Name of a link of the model.
    pub link: String,
    /// Coulomb friction coefficient, multiplied with the other surface's.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub friction: f64,
}

/// How fast the body may go; the safety supervisor holds it to this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Greatest forward speed, m/s.
    #[schemars(range(min = 0.001, max = 50.0))]
    pub linear: f64,
    /// Greatest turning rate, rad/s.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub angular: f64,
    /// Greatest forward acceleration, m/s².
    #[serde(default = "Limits::default_linear_acceleration")]
    #[schemars(range(min = 0.01, max = 100.0))]
    pub linear_acceleration: f64,
    /// Greatest angular acceleration, rad/s².
    #[serde(default = "Limits::default_angular_acceleration")]
    #[schemars(range(min = 0.01, max = 1000.0))]
    pub angular_acceleration: f64,
}

impl Limits {
    fn default_linear_acceleration() -> f64 {
        1.0
    }
    fn default_angular_acceleration() -> f64 {
        8.0
    }
}

impl<B: Validate> Validate for Robot<B> {
    fn validate(&self, problems: &mut Problems<'_>) {
        if self.name.trim().is_empty() {
            problems.help("/name", "the name is empty", "give it a word, it appears in every table");
        }
        let mut names: Vec<&str> = Vec::new();
        for (i, sensor) in self.sensors.iter().enumerate() {
            if names.contains(&sensor.name()) {
                problems.help(
                    &format!("/sensors/{i}/name"),
                    format!("two sensors are called `{}`", sensor.name()),
                    "names are how the brain finds them: rename one",
                );
            }
            names.push(sensor.name());
            problems.inside(&format!("/sensors/{i}"), |problems| sensor.validate(problems));
        }
        if self.planar && self.articulation != Articulation::Multibody {
            problems.help(
                "/planar",
                "only a body in reduced coordinates can be held in a plane",
                "set `articulation: multibody`",
            );
        }
        let is_reduced = self.articulation == Articulation::Multibody;
        if !self.stance.is_empty() && !is_reduced {
            problems.help(
                "/stance",
                "only a body in reduced coordinates can start with its joints bent",
                "set `articulation: multibody`",
            );
        }
        soft_limit::validate(&self.soft_limits, is_reduced, problems);
        self.validate_actuators(is_reduced, problems);
        if let Some(calibration) = &self.calibration {
            problems.inside("/calibration", |problems| calibration.validate(problems));
        }
        self.brain.validate(problems);
    }
}

impl Validate for () {
    fn validate(&self, _: &mut Problems<'_>) {}
}

impl<B> Robot<B> {
    fn validate_actuators(&self, is_reduced: bool, problems: &mut Problems<'_>) {
        let mut joints: Vec<&str> = Vec::new();
        for actuator in self.each_actuator() {
            if joints.contains(&actuator.joint) {
                problems
                    .at(&actuator.block_pointer(), format!("the joint `{}` is moved twice", actuator.joint));
            }
            joints.push(actuator.joint);
        }
        for actuator in self.each_actuator().filter(|actuator| actuator.index == 0) {
            let (block, pointer) = (actuator.block, actuator.block_pointer());
            let is_other = pointer != "/actuators";
            if block.has_wheels() && is_other {
                problems.help(
                    &format!("{pointer}/kind"),
                    "wheels that drive the body are its first actuators",
                    "give them as `actuators`, and the other joints as `other_actuators`",
                );
            }
            let steers = matches!(block, Actuators::Ackermann { .. });
            if block.armature().1 > 0.0 && !steers && !is_reduced {
                problems.help(
                    &format!("{pointer}/armature"),
                    "only joints in reduced coordinates can have an armature",
                    "set `articulation: multibody`",
                );
            }
            if steers && !is_reduced {
                problems.help(
                    &format!("{pointer}/kind"),
                    "light links that steer wheels are only held in reduced coordinates",
                    "set `articulation: multibody`",
                );
            }
            if let Some((what, help)) = block.asked_stop().and_then(|stop| block.interface(0).refuses(stop)) {
                problems.help(&format!("{pointer}/stop"), what, help);
            }
            if let Some([low, high]) = block.limits(0).position
                && !(low <= high && low.is_finite() && high.is_finite())
            {
                problems.help(
                    &format!("{pointer}/limits/position"),
                    "a range goes from a low position to a high one",
                    "give `[low, high]`, in radians or metres",
                );
            }
        }
    }

    /// All actuators, in the order of the command.
    pub fn each_actuator(&self) -> impl Iterator<Item = ActuatorEntry<'_>> {
        ActuatorEntry::of(std::iter::once(&self.actuators).chain(&self.other_actuators))
    }

    /// The body alone, and the brain's block.
    #[must_use]
    pub fn split(self) -> (Robot<()>, B) {
        let Self {
            name,
            model,
            base,
            articulation,
            planar,
            soft_limits,
            stance,
            radius,
            surfaces,
            sensors,
            actuators,
            other_actuators,
            limits,
            calibration,
            brain,
        } = self;
        (
            Robot {
                name,
                model,
                base,
                articulation,
                planar,
                soft_limits,
                stance,
                radius,
                surfaces,
                sensors,
                actuators,
                other_actuators,
                limits,
                calibration,
                brain: (),
            },
            brain,
        )
    }
}
