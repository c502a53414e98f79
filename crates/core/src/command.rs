//! What the brain wants: the [`Drive`] that descends to the motor circuits, and the [`Command`] that
//! they make of it for the actuators.

use serde::{Deserialize, Serialize};

use crate::Stamp;

/// How a legged body should step; other bodies ignore it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gait {
    /// The motor circuit chooses.
    #[default]
    Auto,
    /// Four-beat walk.
    Walk,
    /// Diagonal legs together.
    Trot,
    /// Fore and hind pairs.
    Bound,
}

crate::named!(Gait, "gait" {
    Auto => "auto",
    Walk => "walk",
    Trot => "trot",
    Bound => "bound",
});

/// The descending command, the same for every kind of body.
///
/// Shares of the body's limits: `speed` of `limits.linear`, `turn` of `limits.angular`, so a body should move at `speed ·
/// limits.linear` and turn at `turn · limits.angular`. Each circuit comes as near to that as its body can: a car
/// turns no sharper than its steering allows and creeps forward when it is to turn on the spot, a swimmer has to swim to turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drive {
    /// 0 (rest) to 1 (as fast as the body's limits allow); down to -1 backwards.
    pub speed: f64,
    /// -1 (as sharply right as the body can) to 1 (left).
    pub turn: f64,
    /// For legs.
    pub gait: Gait,
}

impl Drive {
    /// No movement wanted.
    pub const REST: Self = Self { speed: 0.0, turn: 0.0, gait: Gait::Auto };

    /// `speed` and `turn` clamped into their ranges; a NaN becomes rest.
    #[must_use]
    pub fn new(speed: f64, turn: f64) -> Self {
        if speed.is_nan() || turn.is_nan() {
            return Self::REST;
        }
        Self { speed: speed.clamp(-1.0, 1.0), turn: turn.clamp(-1.0, 1.0), gait: Gait::Auto }
    }
}

/// What an actuator's number in a command means (after `ros2_control`'s command interfaces).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Interface {
    /// Joint position, rad or m.
    Position,
    /// Joint velocity, rad/s or m/s.
    Velocity,
    /// Joint torque or force, N·m or N.
    Effort,
}

impl Interface {
    /// `ros2_control`'s name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Position => "position",
            Self::Velocity => "velocity",
            Self::Effort => "effort",
        }
    }
}

/// Why the safety supervisor stopped the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The emergency stop is pressed.
    EmergencyStop,
    /// A sense that has a deadline is silent; its index among the slots.
    SenseSilent(usize),
    /// A sense reported a number that cannot be; its index among the slots.
    #[serde(alias = "sense_insane")]
    SenseInvalid(usize),
    /// The command was not finite or had the wrong length.
    #[serde(alias = "command_insane")]
    CommandInvalid,
    /// The belief was not finite.
    #[serde(alias = "belief_insane")]
    BeliefInvalid,
    /// The brain missed its ticks too often.
    BrainLate,
    /// The body is believed to have tipped over.
    Tipped,
}

/// One number an actuator, and whether the body must stop instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// When it was decided.
    pub stamp: Stamp,
    /// One number an actuator, in the order of the body's description, which says what each means.
    pub values: Vec<f64>,
    /// If set, each actuator stops as the body's description says (`hold`, `brake`, `relax`), whatever `values` say. A supervisor's
    /// `values` say the same: positions are those that were commanded last, velocities and efforts zero.
    pub stop: Option<StopReason>,
}

impl Command {
    /// A command of zeros for `actuators` actuators.
    #[must_use]
    pub fn new(actuators: usize) -> Self {
        Self { stamp: Stamp::ZERO, values: vec![0.0; actuators], stop: None }
    }

    /// Takes over what `other` says, in the buffer that is here: without allocating, if both are of one body.
    pub fn copy_from(&mut self, other: &Self) {
        let mut values = std::mem::take(&mut self.values);
        values.clone_from(&other.values);
        *self = Self { values, ..*other };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drive_stays_in_its_range() {
        assert_eq!(Drive::new(7.0, -3.0), Drive { speed: 1.0, turn: -1.0, gait: Gait::Auto });
        assert_eq!(Drive::new(-1.2, 0.0).speed, -1.0);
        assert_eq!(Drive::new(f64::NAN, 0.5), Drive::REST);
        assert_eq!(Drive::new(0.5, f64::NAN), Drive::REST);
    }
}
