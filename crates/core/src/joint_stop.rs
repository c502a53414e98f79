//! What an actuator is told while its body stops: the numbers of a stop, which say the same as its flag.
//!
//! The safety supervisor and the session stop bodies with these: a wheel stands, a torque is none, and a joint that is commanded by
//! position keeps the position that it was commanded last. So nothing jumps: whatever an encoder says, the servo is told what it was told
//! before. (Where a joint is measured is another place, by the lag and the load of its servo: to command that lets a loaded leg sink.) A
//! joint that `relax`es is told where it is measured, no faster than it may move. A robot that reads only numbers stops as well as one that reads
//! the flag.

use crate::actuator::StopBehaviour;
use crate::body::BodyDescription;
use crate::percepts::JointState;
use crate::senses::is_possible;
use crate::{Input, Interface, Percepts, Stamp, saved};

/// A position that was measured longer ago than this is not where the joint is, s; a shorter deadline of its sense goes before it.
const FRESH: f64 = 0.1;
/// A position that is measured so far outside of its range, as a share of the range, is none.
const OUTSIDE: f64 = 0.1;
/// Longer than this no tick takes, whatever the clock says, s.
const LONGEST_TICK: f64 = 0.1;

/// The stop of one actuator.
#[derive(Clone, Debug)]
pub struct JointStop {
    interface: Interface,
    behaviour: StopBehaviour,
    /// First and last position of the joint, if it has such, rad or m.
    range: Option<[f64; 2]>,
    /// Greatest speed of the joint, if it has one, rad/s or m/s.
    velocity: Option<f64>,
    /// Where its joint is measured, if it is.
    measured: Option<MeasuredJoint>,
    /// What commands its joint to stand as at the start, rad or m.
    start: f64,
    /// What it was commanded last, a stop included, and when.
    last: Option<(Stamp, f64)>,
}

/// A joint's place in a sense of joint states.
#[derive(Clone, Copy, Debug)]
struct MeasuredJoint {
    input: Input<JointState>,
    index: usize,
    /// +1, or -1 if a positive command moves the joint backwards.
    sign: f64,
}

impl MeasuredJoint {
    fn find(body: &BodyDescription, joint: &str, sign: f64) -> Option<Self> {
        // Wheel odometry reads joints too, but does not say where they are.
        Input::all(body).find_map(|input| {
            let joints = &body.sensors[input.slot()].joints;
            Some(Self { input, index: joints.iter().position(|name| name == joint)?, sign })
        })
    }

    /// Where the joint is, as a command would say it, if that is fresh and can be.
    fn read(&self, percepts: &Percepts) -> Option<f64> {
        let joints = self.input.within(percepts, self.input.deadline().unwrap_or(FRESH).min(FRESH))?;
        let position = joints.position.get(self.index).copied().filter(|position| is_possible(*position))?;
        Some(self.sign * position)
    }
}

impl JointStop {
    /// The stops of all actuators of `body`, in their order.
    pub fn all(body: &BodyDescription) -> impl Iterator<Item = Self> {
        body.actuators.iter().map(|actuator| {
            let range = actuator.limits.position.filter(|[low, high]| low <= high);
            Self {
                interface: actuator.interface,
                behaviour: actuator.stop,
                range,
                velocity: actuator.limits.velocity,
                measured: MeasuredJoint::find(body, &actuator.joint, actuator.sign),
                start: actuator.sign * actuator.start,
                last: None,
            }
        })
    }

    /// Notes what the actuator was commanded at `now`.
    pub fn note(&mut self, now: Stamp, value: f64) {
        if value.is_finite() {
            self.last = Some((now, value));
        }
    }

    /// The number of a stop: the position that was commanded last (of a joint that relaxes: where it is), rad or m; or no speed; or no
    /// effort.
    pub fn stop(&mut self, percepts: &Percepts) -> f64 {
        let now = percepts.now;
        let value = match (self.interface, self.last) {
            (Interface::Velocity | Interface::Effort, _) => 0.0,
            (Interface::Position, None) => self.position(percepts),
            (Interface::Position, Some((then, last))) if self.behaviour == StopBehaviour::Relax => {
                let step = self.velocity.unwrap_or(f64::INFINITY) * now.since(then).clamp(0.0, LONGEST_TICK);
                last + (self.measure(percepts).unwrap_or(last) - last).clamp(-step, step)
            }
            (Interface::Position, Some((_, last))) => last,
        };
        self.last = Some((now, value));
        value
    }

    /// What it was commanded last, a stop included, and when.
    #[must_use]
    pub fn last(&self) -> Option<(Stamp, f64)> {
        self.last
    }

    /// Where a joint that is commanded by position begins: as measured, else as it stood at the start, as far as anybody knows.
    #[must_use]
    pub fn position(&self, percepts: &Percepts) -> f64 {
        let here = self.measure(percepts).unwrap_or(self.start);
        self.range.map_or(here, |[low, high]| here.clamp(low, high))
    }

    /// Where it is measured, within its range; nothing if that is unknown, too old or cannot be.
    fn measure(&self, percepts: &Percepts) -> Option<f64> {
        let here = self.measured.and_then(|joint| joint.read(percepts))?;
        let Some([low, high]) = self.range else { return Some(here) };
        let slack = OUTSIDE * (high - low);
        (low - slack..=high + slack).contains(&here).then(|| here.clamp(low, high))
    }
}

saved!(JointStop { last; interface, behaviour, range, velocity, measured, start });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Actuator, JointLimits};

    #[test]
    fn a_stop_without_measured_joints_keeps_the_last_position_and_takes_speed_and_effort_away() {
        let text = r#"{"name": "arm", "sensors": [], "actuators": [], "drive": null, "radius": 0.2, "limits": {"linear": 1, "angular": 1}}"#;
        let mut body: BodyDescription = serde_json::from_str(text).expect("a body");
        let limits = JointLimits { position: Some([-1.0, 1.0]), ..JointLimits::default() };
        body.actuators = vec![
            Actuator { start: 0.4, ..Actuator::new("elbow", Interface::Position).limited(limits) },
            Actuator::new("wheel", Interface::Velocity),
            Actuator::new("hip", Interface::Effort),
        ];
        let percepts = body.percepts();
        let mut stops: Vec<JointStop> = JointStop::all(&body).collect();
        let mut told = || stops.iter_mut().map(|stop| stop.stop(&percepts)).collect::<Vec<_>>();
        assert_eq!(told(), [0.4, 0.0, 0.0], "before the first command the joint stands at its start");
        for (stop, value) in stops.iter_mut().zip([0.7, 3.0, 5.0]) {
            stop.note(Stamp(1), value);
        }
        for (stop, expected) in stops.iter_mut().zip([0.7, 0.0, 0.0]) {
            assert_eq!(stop.stop(&percepts), expected);
            assert_eq!(stop.stop(&percepts), expected, "it stays so");
            stop.note(Stamp(2), f64::NAN);
            assert_eq!(stop.stop(&percepts), expected, "not finite is no command");
        }
    }

    #[test]
    fn a_joint_begins_where_it_is_measured_in_the_sense_of_its_command_unless_that_cannot_be() {
        let text = r#"{"name": "car", "actuators": [], "drive": null, "radius": 0.2, "limits": {"linear": 1, "angular": 1},
            "sensors": [{"sensor": {"kind": "joint_state", "name": "joints", "rate": 50}, "mount": [0, 0, 0, 0, 0, 0, 1], "joints": ["steer"]}]}"#;
        let mut body: BodyDescription = serde_json::from_str(&text.replace(
            "[0, 0, 0, 0, 0, 0, 1]",
            &serde_json::to_string(&nalgebra::Isometry3::<f64>::identity()).expect("text"),
        ))
        .expect("a body");
        let limits = JointLimits { position: Some([-0.5, 0.5]), ..JointLimits::default() };
        // Its axis points down: to the left is a negative angle of the joint.
        let steering = Actuator { start: 0.1, sign: -1.0, ..Actuator::new("steer", Interface::Position) };
        body.actuators = vec![steering.limited(limits)];
        let stop = JointStop::all(&body).next().expect("one");
        let mut percepts = body.percepts();
        let mut begins_at = |at: f64, now: u64| {
            percepts.now = Stamp(now);
            percepts.slots_mut()[0].put(Stamp(1_000_000), |reading| {
                if let crate::Reading::Joints(joints) = reading {
                    joints.position[0] = at;
                }
            });
            stop.position(&percepts)
        };
        assert_eq!(begins_at(-0.4, 2_000_000), 0.4);
        assert_eq!(begins_at(-0.52, 2_000_000), 0.5, "a hair beyond its end");
        for wild in [-3.0, 1e12, f64::NAN, f64::INFINITY] {
            assert_eq!(
                begins_at(wild, 2_000_000),
                -0.1,
                "{wild} rad is no measurement: it stands at its start"
            );
        }
        assert_eq!(begins_at(-0.4, 300_000_000), -0.1, "too old");
    }
}
