//! What circuits share on their way to and from a body: where joints stand, what they feel, and when to step.

use nalgebra::Vector3;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{Imu, JointState};
use neuraxis_core::senses::{Readable, is_possible};
use neuraxis_core::{Input, Interface, Percepts, Stamp, saved, time};

use crate::MotorError;

/// A reading is too old after so many of its periods.
const PATIENCE: f64 = 5.0;

/// The state of one joint; NaN where it is not known, or where what is told cannot be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct JointNow {
    /// rad.
    pub(crate) position: f64,
    /// rad/s.
    pub(crate) velocity: f64,
    /// N·m.
    pub(crate) effort: f64,
}

impl JointNow {
    const UNKNOWN: Self = Self { position: f64::NAN, velocity: f64::NAN, effort: f64::NAN };
}

/// Where a joint stands in the senses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Joint {
    input: Input<JointState>,
    index: usize,
}

impl Joint {
    /// Where `joint` is felt, if it is.
    pub(crate) fn find(body: &BodyDescription, joint: &str) -> Option<Self> {
        Input::all(body).find_map(|input| {
            let joints = &body.sensors[input.slot()].joints;
            Some(Self { input, index: joints.iter().position(|name| name == joint)? })
        })
    }

    /// The joint's state, unknown if nothing came yet or for too long.
    pub(crate) fn read(&self, percepts: &Percepts) -> JointNow {
        let Some(joints) = fresh(&self.input, percepts) else { return JointNow::UNKNOWN };
        let at = |list: &[f64]| {
            list.get(self.index).copied().filter(|value| is_possible(*value)).unwrap_or(f64::NAN)
        };
        JointNow {
            position: at(&joints.position),
            velocity: at(&joints.velocity),
            effort: at(&joints.effort),
        }
    }
}

/// What a sense says; nothing if it said nothing yet or for too long.
pub(crate) fn fresh<'p, T: Readable>(input: &Input<T>, percepts: &'p Percepts) -> Option<&'p T> {
    input.within(percepts, input.patience(PATIENCE))
}

/// Turning rate (rad/s) and specific force (m/s²) in the frame of `base_link`; nothing if they are not known, or cannot be.
pub(crate) fn inertial(unit: &Input<Imu>, percepts: &Percepts) -> Option<(Vector3<f64>, Vector3<f64>)> {
    let imu = fresh(unit, percepts)?;
    let turn = unit.mount().rotation;
    let felt = (turn * imu.angular_velocity, turn * imu.linear_acceleration);
    (felt.0.iter().chain(&felt.1).all(|value| is_possible(*value))).then_some(felt)
}

/// Where `joint` stands in the command.
pub(crate) fn actuator(body: &BodyDescription, joint: &str) -> Result<usize, MotorError> {
    body.actuators
        .iter()
        .position(|actuator| actuator.joint == joint)
        .ok_or_else(|| MotorError::unknown_joint(joint, &body.joints()))
}

/// Whether the body takes what `circuit` commands.
pub(crate) fn takes(
    body: &BodyDescription,
    circuit: &'static str,
    kind: &'static str,
    wanted: Interface,
) -> Result<(), MotorError> {
    match body.main_actuators().iter().find(|actuator| actuator.interface != wanted) {
        None => Ok(()),
        Some(other) => Err(MotorError::NeedsInterface { circuit, kind, wanted, found: other.interface }),
    }
}

/// When a circuit with a period of its own is due, by the body's clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    period: u64,
    next: Option<Stamp>,
}

impl Pace {
    /// More steps than these in a tick are not made up for.
    const MAX: usize = 4;

    /// Every `period` s, from the first tick on.
    pub(crate) fn new(period: f64) -> Self {
        Self { period: time::period(1.0 / period), next: None }
    }

    /// How many steps are due at `now`. A clock that jumps starts it anew.
    pub(crate) fn due(&mut self, now: Stamp) -> usize {
        let next = *self.next.get_or_insert(now);
        if next > now + 2 * self.period || now > next + Self::MAX as u64 * self.period {
            self.next = Some(now + self.period);
            return 1;
        }
        let mut steps = 0;
        let mut next = next;
        while next <= now {
            steps += 1;
            next = next + self.period;
        }
        self.next = Some(next);
        steps
    }

    pub(crate) fn reset(&mut self) {
        self.next = None;
    }
}

saved!(Pace { next; period });

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn a_circuit_keeps_its_own_pace_whatever_the_brains() {
        for tick in [1, 3, 7, 10, 29, 30, 31, 45, 100] {
            let mut pace = Pace::new(0.03);
            let steps: usize = (0..9000 / tick).map(|i| pace.due(Stamp(i * tick * MS))).sum();
            let last = (9000 / tick - 1) * tick;
            assert_eq!(steps as u64, last / 30 + 1, "a tick of {tick} ms");
        }
    }

    #[test]
    fn a_clock_that_jumps_starts_the_pace_anew() {
        let mut pace = Pace::new(0.03);
        assert_eq!(pace.due(Stamp(5000 * MS)), 1);
        assert_eq!(pace.due(Stamp(5010 * MS)), 0);
        assert_eq!(pace.due(Stamp(9000 * MS)), 1, "what was slept through is not made up for");
        assert_eq!(pace.due(Stamp(0)), 1);
        assert_eq!(pace.due(Stamp(30 * MS)), 1);
    }
}
