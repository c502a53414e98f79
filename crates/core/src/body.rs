//! A body: something that senses and acts. The simulator, a ROS 2 robot and a recording are bodies;
//! nothing above this trait can tell them apart.

use nalgebra::Isometry3;
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::kinematics::{Ackermann, DifferentialDrive, Limb};
use crate::robot::Limits;
use crate::senses::Sensor;
use crate::{Actuator, Command, Interface, Mobility, Percepts, Reading, Slot};

/// Two verbs, called in turn once a tick.
///
/// Every implementation has to pass [`crate::conformance::check`]
/// in its tests. The rules that it holds bodies to:
///
/// - `sense` sets `now`, which never goes back; it refills slots and never blocks, and never invents
///   or removes a slot;
/// - a slot changes only together with its stamp and sequence number, and no stamp is later than `now`;
/// - `act` never blocks; a command with `stop` set, of the wrong length or with a number that is not
///   finite brings the body to its safe state: each actuator stops as the description says (`hold`, `brake`, `relax`);
/// - the body depends on nothing but its construction and the commands.
pub trait Body {
    /// What the body consists of; it does not change while the body lives.
    fn description(&self) -> &BodyDescription;

    /// Hands over the latest readings.
    ///
    /// # Errors
    /// If the body is gone (connection lost, recording at its end).
    fn sense(&mut self, percepts: &mut Percepts) -> Result<(), BodyError>;

    /// Takes the command.
    ///
    /// # Errors
    /// If the body is gone.
    fn act(&mut self, command: &Command) -> Result<(), BodyError>;
}

/// Why a body can no longer sense or act.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// There is nothing more to sense: a recording at its end, a trial that is over.
    #[error("the body has come to its end")]
    Ended,
    /// The connection to the body is lost.
    #[error("the connection to the body is lost: {0}")]
    Lost(String),
}

/// What a brain has to know of its body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BodyDescription {
    /// The robot's name.
    pub name: String,
    /// The senses, in the order of the slots.
    pub sensors: Vec<SensorDescription>,
    /// What moves its joints, in the order of the command.
    #[serde(deserialize_with = "crate::actuator::read")]
    pub actuators: Vec<Actuator>,
    /// How many of the actuators, the last ones, do not move the body about (an arm, a gripper): motor circuits leave them alone.
    #[serde(default, skip_serializing_if = "is_none")]
    pub other_actuators: usize,
    /// How it can move over the ground.
    #[serde(default)]
    pub mobility: Mobility,
    /// The two driven wheels, if it has such: those of a differential drive, or the rear wheels of a car. They are the first
    /// two of the actuators, and commanded by velocity.
    pub drive: Option<DifferentialDrive>,
    /// The steering, if it is steered by its front wheels: the next two actuators, commanded by position, positive to the left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ackermann: Option<Ackermann>,
    /// Radius of the circle about `base_link` that holds the outline, m.
    pub radius: f64,
    /// How fast it may go.
    pub limits: Limits,
    /// How it answers the drive, if that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
}

/// What a brain has to know of a sense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SensorDescription {
    /// The sense as the robot file gives it.
    pub sensor: Sensor,
    /// The sensor's frame in `base_link`.
    pub mount: Isometry3<f64>,
    /// The names of the joints that it reads, if it reads joints.
    pub joints: Vec<String>,
    /// How its link hangs on `base_link`, if it feels at the end of a limb: a foot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limb: Option<Limb>,
}

impl SensorDescription {
    /// An empty reading with buffers of the right size.
    #[must_use]
    pub fn blank(&self) -> Reading {
        self.sensor.blank(self.joints.len())
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

impl BodyDescription {
    /// The actuators that move the body about: all but the other ones.
    #[must_use]
    pub fn main_actuators(&self) -> &[Actuator] {
        let count = self.actuators.len().saturating_sub(self.other_actuators);
        &self.actuators[..count]
    }

    /// Empty percepts of this body, to be made once and refilled.
    #[must_use]
    pub fn percepts(&self) -> Percepts {
        Percepts::new(self.sensors.iter().map(|s| Slot::new(s.sensor.name(), s.blank())).collect())
    }

    /// The names of the joints that are moved, in the order of the command.
    #[must_use]
    pub fn joints(&self) -> Vec<String> {
        self.actuators.iter().map(|actuator| actuator.joint.clone()).collect()
    }

    /// What all actuators are commanded by, if that is the same for all.
    #[must_use]
    pub fn interface(&self) -> Option<Interface> {
        let first = self.actuators.first()?.interface;
        self.actuators.iter().all(|actuator| actuator.interface == first).then_some(first)
    }

    /// A command that moves nothing, to be made once and refilled: positions at the start, no speed, no effort.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.actuators.len());
        for (value, actuator) in command.values.iter_mut().zip(&self.actuators) {
            if actuator.interface == Interface::Position {
                *value = actuator.sign * actuator.start;
            }
        }
        command
    }
}
