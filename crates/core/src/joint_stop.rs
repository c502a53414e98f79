//! What an actuator is told while its body stops: the numbers of a stop, which say the same as its flag.
//!
//! The safety supervisor and the session stop bodies with these, and nothing else does: a joint that is commanded by position stays
//! where it is, a wheel stands, a torque is none. A robot that reads only numbers stops as well as one that reads the flag.

use crate::actuator::StopBehaviour;
use crate::body::BodyDescription;
use crate::percepts::JointState;
use crate::{Input, Interface, Percepts, saved};

/// A position that was measured longer ago than this is not where the joint is, s; the sense's own deadline goes before it.
const FRESH: f64 = 0.1;

/// The stop of one actuator.
#[derive(Clone, Debug)]
pub struct JointStop {
    interface: Interface,
    behaviour: StopBehaviour,
    /// First and last position of the joint, if it has such, rad or m.
    range: Option<[f64; 2]>,
    /// Where its joint is measured, if it is.
    measured: Option<MeasuredJoint>,
    /// Where its joint stands at the start, rad or m.
    start: f64,
    /// What it was commanded last.
    last: Option<f64>,
    /// Where it was when the stop began.
    held: Option<f64>,
}

/// A joint's place in a sense of joint states.
#[derive(Clone, Copy, Debug)]
struct MeasuredJoint {
    input: Input<JointState>,
    index: usize,
}

impl MeasuredJoint {
    fn find(body: &BodyDescription, joint: &str) -> Option<Self> {
        // Wheel odometry reads joints too, but does not say where they are.
        Input::all(body).find_map(|input| {
            let joints = &body.sensors[input.slot()].joints;
            Some(Self { input, index: joints.iter().position(|name| name == joint)? })
        })
    }

    fn read(&self, percepts: &Percepts) -> Option<f64> {
        let joints = self.input.within(percepts, self.input.deadline().unwrap_or(FRESH))?;
        joints.position.get(self.index).copied().filter(|position| position.is_finite())
    }
}

impl JointStop {
    /// The stops of all actuators of `body`, in their order.
    pub fn all(body: &BodyDescription) -> impl Iterator<Item = Self> {
        body.actuators.iter().map(|actuator| Self {
            interface: actuator.interface,
            behaviour: actuator.stop,
            range: actuator.limits.position.filter(|[low, high]| low <= high),
            measured: MeasuredJoint::find(body, &actuator.joint),
            start: actuator.start,
            last: None,
            held: None,
        })
    }

    /// Notes what the actuator was commanded while the body did not stop.
    pub fn note(&mut self, value: f64) {
        self.last = Some(value).filter(|value| value.is_finite()).or(self.last);
        self.held = None;
    }

    /// The number of a stop: where the joint is, rad or m; or no speed; or no effort.
    pub fn stop(&mut self, percepts: &Percepts) -> f64 {
        let value = match (self.interface, self.behaviour) {
            (Interface::Position, StopBehaviour::Hold) => match self.held {
                Some(held) => held,
                None => self.position(percepts),
            },
            (Interface::Position, _) => self.position(percepts),
            (Interface::Velocity | Interface::Effort, _) => 0.0,
        };
        (self.held, self.last) = (Some(value), Some(value));
        value
    }

    /// What it was commanded last, a stop included.
    #[must_use]
    pub fn last(&self) -> Option<f64> {
        self.last
    }

    /// Where a joint that is commanded by position is: as measured, else as commanded last, else as it stood at the start; within
    /// its range.
    #[must_use]
    pub fn position(&self, percepts: &Percepts) -> f64 {
        let measured = self.measured.and_then(|joint| joint.read(percepts));
        let here = measured.or(self.last).unwrap_or(self.start);
        self.range.map_or(here, |[low, high]| here.clamp(low, high))
    }
}

saved!(JointStop { last, held; interface, behaviour, range, measured, start });

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
            stop.note(value);
        }
        for (stop, expected) in stops.iter_mut().zip([0.7, 0.0, 0.0]) {
            assert_eq!(stop.stop(&percepts), expected);
            assert_eq!(stop.stop(&percepts), expected, "it stays so");
            stop.note(f64::NAN);
            assert_eq!(stop.stop(&percepts), expected, "not finite is no command");
        }
    }
}
