//! The blocks `actuators:` and `other_actuators:` of a robot file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Interface, JointLimits, StopBehaviour};

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// What the body is moved by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Actuators {
    /// Two driven wheels on one axle, commanded by their speeds.
    DifferentialDrive {
        /// The left wheel's joint.
        left: String,
        /// The right wheel's joint.
        right: String,
        /// Greatest torque on each wheel, N·m; the model's effort limit if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.0001, max = 10000.0))]
        torque: Option<f64>,
        /// Radius of the wheels, m; measured on the left wheel's shape (a cylinder or a sphere) if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        wheel_radius: Option<f64>,
        /// Distance between the wheels' middles, m; measured on their joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        track: Option<f64>,
        /// What the wheels do when the body stops: `brake` or `relax`; `brake` if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<StopBehaviour>,
    },
    /// Two driven wheels behind and two steered ones in front, as a car has them: wheels are commanded by their speeds, steering
    /// joints by position. `base_link` is in the middle of the rear axle.
    Ackermann {
        /// The joint of the left driven wheel, which is behind.
        left: String,
        /// The joint of the right driven wheel.
        right: String,
        /// The joints that steer the front wheels: left, right. They turn about an axis that points up or down.
        steering: [String; 2],
        /// Greatest torque on each driven wheel, N·m; the model's effort limit if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.0001, max = 10000.0))]
        torque: Option<f64>,
        /// Radius of the driven wheels, m; measured on the left one's shape (a cylinder or a sphere) if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        wheel_radius: Option<f64>,
        /// Distance between the driven wheels' middles, m; measured on their joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        track: Option<f64>,
        /// Distance from the rear axle to the steering joints, m; measured on the joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 20.0))]
        wheelbase: Option<f64>,
        /// Greatest angle by which a wheel is steered to either side, rad; the smaller range of the two steering joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.01, max = 1.5))]
        angle: Option<f64>,
        /// Greatest speed at which a wheel is steered, rad/s; the model's velocity limit of its joint if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.01, max = 1000.0))]
        steering_velocity: Option<f64>,
        /// What the driven wheels do when the body stops: `brake` or `relax`; `brake` if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<StopBehaviour>,
        /// Proportional gain of the steering's servo, N·m/rad.
        #[serde(default = "Actuators::default_kp")]
        #[schemars(range(min = 0.001, max = 100_000.0))]
        kp: f64,
        /// Derivative gain of the steering's servo, N·m·s/rad.
        #[serde(default = "Actuators::default_kd")]
        #[schemars(range(min = 0.0, max = 10000.0))]
        kd: f64,
        /// Inertia of each steering motor as its joint feels it, besides the model's own, kg·m².
        #[serde(default = "Actuators::default_armature")]
        #[schemars(range(min = 0.0, max = 1000.0))]
        armature: f64,
    },
    /// Joints commanded by torque (N·m) or force (N).
    JointTorque {
        /// The joints, in the order of the command.
        #[schemars(length(min = 1))]
        joints: Vec<String>,
        /// Limits of each of the joints, within those of the model.
        #[serde(default, skip_serializing_if = "JointLimits::is_none")]
        limits: JointLimits,
        /// What the joints do when the body stops; they can only `relax`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<StopBehaviour>,
    },
    /// Joints commanded by position, held by a proportional-derivative servo.
    JointPosition {
        /// The joints, in the order of the command.
        #[schemars(length(min = 1))]
        joints: Vec<String>,
        /// Proportional gain of the servo, N·m/rad.
        #[schemars(range(min = 0.0, max = 100_000.0))]
        kp: f64,
        /// Derivative gain of the servo, N·m·s/rad.
        #[schemars(range(min = 0.0, max = 10000.0))]
        kd: f64,
        /// Inertia of each motor as its joint feels it, besides the model's own, kg·m² or kg. For bodies with
        /// `articulation: multibody`.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0.0, max = 1000.0))]
        armature: f64,
        /// Limits of each of the joints, within those of the model.
        #[serde(default, skip_serializing_if = "JointLimits::is_none")]
        limits: JointLimits,
        /// What the joints do when the body stops: they `hold` the position that they were commanded last, or `relax`: their servos only damp them; `hold`
        /// if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stop: Option<StopBehaviour>,
    },
}

impl Actuators {
    fn default_kp() -> f64 {
        5.0
    }
    fn default_kd() -> f64 {
        0.2
    }
    fn default_armature() -> f64 {
        1e-3
    }

    /// The names of the joints that are moved, in the order of the command.
    #[must_use]
    pub fn joints(&self) -> Vec<&str> {
        match self {
            Self::DifferentialDrive { left, right, .. } => vec![left, right],
            Self::Ackermann { left, right, steering: [first, second], .. } => {
                vec![left, right, first, second]
            }
            Self::JointTorque { joints, .. } | Self::JointPosition { joints, .. } => {
                joints.iter().map(String::as_str).collect()
            }
        }
    }

    /// What the actuator `index` of [`Self::joints`] is commanded by.
    #[must_use]
    pub fn interface(&self, index: usize) -> Interface {
        match self {
            Self::DifferentialDrive { .. } => Interface::Velocity,
            Self::Ackermann { .. } if index < 2 => Interface::Velocity,
            Self::Ackermann { .. } | Self::JointPosition { .. } => Interface::Position,
            Self::JointTorque { .. } => Interface::Effort,
        }
    }

    /// What the actuator `index` does when the body stops; steering always holds.
    #[must_use]
    pub fn stop(&self, index: usize) -> StopBehaviour {
        let own = self.asked_stop().filter(|_| index < 2 || !matches!(self, Self::Ackermann { .. }));
        own.unwrap_or(self.interface(index).default_stop())
    }

    /// The stop that the file asks for.
    #[must_use]
    pub fn asked_stop(&self) -> Option<StopBehaviour> {
        match self {
            Self::DifferentialDrive { stop, .. }
            | Self::Ackermann { stop, .. }
            | Self::JointTorque { stop, .. }
            | Self::JointPosition { stop, .. } => *stop,
        }
    }

    /// The limits that the file gives the actuator `index`.
    #[must_use]
    pub fn limits(&self, index: usize) -> JointLimits {
        let none = JointLimits::default();
        match self {
            Self::DifferentialDrive { torque, .. } => JointLimits { effort: *torque, ..none },
            Self::Ackermann { torque, .. } if index < 2 => JointLimits { effort: *torque, ..none },
            Self::Ackermann { steering_velocity, .. } => JointLimits { velocity: *steering_velocity, ..none },
            Self::JointTorque { limits, .. } | Self::JointPosition { limits, .. } => *limits,
        }
    }

    /// Whether it is two driven wheels, steered ones beside them or not.
    #[must_use]
    pub fn has_wheels(&self) -> bool {
        matches!(self, Self::DifferentialDrive { .. } | Self::Ackermann { .. })
    }

    /// The motors' armature that the file adds to that of the model's joints, kg·m² or kg, and the joints that have it.
    #[must_use]
    pub fn armature(&self) -> (&[String], f64) {
        match self {
            Self::JointPosition { joints, armature, .. } => (joints, *armature),
            Self::Ackermann { steering, armature, .. } => (steering, *armature),
            Self::DifferentialDrive { .. } | Self::JointTorque { .. } => (&[], 0.0),
        }
    }

    /// Where in its block the file names the joint of the actuator `index`.
    fn key(&self, index: usize) -> String {
        match (self, index) {
            (Self::DifferentialDrive { .. } | Self::Ackermann { .. }, 0) => "left".to_owned(),
            (Self::DifferentialDrive { .. } | Self::Ackermann { .. }, 1) => "right".to_owned(),
            (Self::Ackermann { .. }, _) => format!("steering/{}", index - 2),
            _ => format!("joints/{index}"),
        }
    }

    /// Gains of the servo of the actuator `index`, N·m/rad and N·m·s/rad; zero if it has none.
    #[must_use]
    pub fn gains(&self, index: usize) -> [f64; 2] {
        match self {
            Self::Ackermann { kp, kd, .. } if index >= 2 => [*kp, *kd],
            Self::JointPosition { kp, kd, .. } => [*kp, *kd],
            _ => [0.0; 2],
        }
    }
}

/// One actuator of a robot file: one number of the command.
#[derive(Clone, Copy, Debug)]
pub struct ActuatorEntry<'a> {
    /// The block that it stands in.
    pub block: &'a Actuators,
    /// Which of the block's it is, from 0.
    pub index: usize,
    /// Which block: none for `actuators`, else the index in `other_actuators`.
    other: Option<usize>,
    /// The joint that it moves.
    pub joint: &'a str,
}

impl<'a> ActuatorEntry<'a> {
    /// Those of `blocks`, the first of which is `actuators`, in the order of the command.
    pub(super) fn of(blocks: impl Iterator<Item = &'a Actuators>) -> impl Iterator<Item = Self> {
        blocks.enumerate().flat_map(|(number, block)| {
            let other = number.checked_sub(1);
            let joints = block.joints().into_iter().enumerate();
            joints.map(move |(index, joint)| Self { block, index, other, joint })
        })
    }

    /// What it is commanded by.
    #[must_use]
    pub fn interface(&self) -> Interface {
        self.block.interface(self.index)
    }

    /// What it does when the body stops.
    #[must_use]
    pub fn stop(&self) -> StopBehaviour {
        self.block.stop(self.index)
    }

    /// The limits that the file gives it.
    #[must_use]
    pub fn limits(&self) -> JointLimits {
        self.block.limits(self.index)
    }

    /// Gains of its servo, N·m/rad and N·m·s/rad; zero if it has none.
    #[must_use]
    pub fn gains(&self) -> [f64; 2] {
        self.block.gains(self.index)
    }

    /// Whether it steers a wheel.
    #[must_use]
    pub fn steers(&self) -> bool {
        matches!(self.block, Actuators::Ackermann { .. }) && self.index >= 2
    }

    /// The pointer of its block in the file.
    #[must_use]
    pub fn block_pointer(&self) -> String {
        self.other.map_or_else(|| "/actuators".to_owned(), |other| format!("/other_actuators/{other}"))
    }

    /// The pointer at which the file names its joint.
    #[must_use]
    pub fn pointer(&self) -> String {
        format!("{}/{}", self.block_pointer(), self.block.key(self.index))
    }
}
