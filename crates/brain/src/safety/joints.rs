//! The limits of single joints, and what is left of a command when the body stops.

use neuraxis_core::Limit;
use neuraxis_core::actuator::StopBehaviour;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::JointState;
use neuraxis_core::{Input, Interface, Percepts, Stamp, saved};

use super::SupervisorError;

/// A position that was measured longer ago than this is not where the joint is, s; the sense's own deadline goes before it.
const FRESH: f64 = 0.1;
/// Longer than this no tick takes, whatever the clock says, s.
const LONGEST_TICK: f64 = 0.1;
/// A hair of slack, so that a motor level that keeps to the limits is not clipped by rounding.
pub(super) const SLACK: f64 = 1.001;

/// How long ago `then` was, s, as far as a limit of speed or acceleration is concerned.
pub(super) fn elapsed(now: Stamp, then: Stamp) -> f64 {
    now.since(then).clamp(0.0, LONGEST_TICK) * SLACK
}

/// Guards one actuator.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    interface: Interface,
    stop: StopBehaviour,
    range: [f64; 2],
    velocity: f64,
    acceleration: Option<f64>,
    effort: f64,
    /// Whether it is a driven wheel, which the limits of the body hold.
    is_wheel: bool,
    /// Where its joint is measured.
    felt: Option<Felt>,
    /// Where its joint stands at the start, rad or m.
    start: f64,
    /// The last command, and when it was.
    last: Option<(Stamp, f64)>,
    /// Where it was when the stop began.
    held: Option<f64>,
}

/// A joint's place in a sense of joint states.
#[derive(Clone, Copy, Debug)]
struct Felt {
    input: Input<JointState>,
    index: usize,
}

impl Felt {
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

impl Guard {
    /// The guard of the actuator `index` of `body`; `effort` (N·m or N) is what no actuator may exceed.
    pub(super) fn new(
        body: &BodyDescription,
        index: usize,
        effort: f64,
        is_wheel: bool,
    ) -> Result<Self, SupervisorError> {
        let actuator = &body.actuators[index];
        let (joint, limits) = (&actuator.joint, &actuator.limits);
        if let Some((what, help)) = actuator.interface.refuses(actuator.stop) {
            return Err(SupervisorError::Stop { joint: joint.clone(), what, help });
        }
        let interface = actuator.interface.name();
        let unlimited = |what| SupervisorError::Unlimited { joint: joint.clone(), interface, what };
        match actuator.interface {
            Interface::Position if limits.position.is_none() => return Err(unlimited("position")),
            Interface::Position if limits.velocity.is_none() => return Err(unlimited("velocity")),
            Interface::Velocity if limits.velocity.is_none() && !is_wheel => {
                return Err(unlimited("velocity"));
            }
            _ => {}
        }
        let impossible = |what| SupervisorError::Impossible { joint: joint.clone(), what };
        let range = limits.position.unwrap_or([f64::MIN, f64::MAX]);
        let is_range = range[0] <= range[1] && range.iter().all(|end| end.is_finite());
        if !is_range || !actuator.start.is_finite() {
            return Err(impossible("position"));
        }
        for (what, value) in
            [("velocity", limits.velocity), ("effort", limits.effort), ("acceleration", limits.acceleration)]
        {
            if value.is_some_and(|value| !(value.is_finite() && value > 0.0)) {
                return Err(impossible(what));
            }
        }
        Ok(Self {
            interface: actuator.interface,
            stop: actuator.stop,
            range,
            velocity: limits.velocity.unwrap_or(f64::INFINITY),
            acceleration: limits.acceleration,
            effort: limits.effort.map_or(effort, |own| own.min(effort)),
            is_wheel,
            felt: Felt::find(body, joint),
            start: actuator.start,
            last: None,
            held: None,
        })
    }

    /// Holds `value` to the limits, and says which of them took something.
    pub(super) fn hold(&mut self, percepts: &Percepts, value: &mut f64) -> Option<Limit> {
        self.held = None;
        let now = percepts.now;
        let asked = *value;
        let mut limit = None;
        *value = match self.interface {
            Interface::Position => {
                let inside = asked.clamp(self.range[0], self.range[1]);
                let (step, before) = match self.last {
                    Some((then, last)) => (self.velocity * elapsed(now, then), last),
                    // Where it is now, and not where the first command would have it jump to.
                    None => (0.0, self.here(percepts)),
                };
                let held =
                    (before + (inside - before).clamp(-step, step)).clamp(self.range[0], self.range[1]);
                if held != asked {
                    limit = Some(if held == inside { Limit::Range } else { Limit::Speed });
                }
                held
            }
            Interface::Velocity if self.is_wheel => asked,
            Interface::Velocity => {
                let inside = asked.clamp(-self.velocity, self.velocity);
                let held = match (self.acceleration, self.last) {
                    (None, _) => inside,
                    (Some(most), Some((then, last))) => approach(last, inside, most * elapsed(now, then)),
                    (Some(_), None) => 0.0,
                };
                if held != asked {
                    limit = Some(if held == inside { Limit::Speed } else { Limit::Acceleration });
                }
                held
            }
            Interface::Effort => {
                let held = asked.clamp(-self.effort, self.effort);
                limit = (held != asked).then_some(Limit::Effort);
                held
            }
        };
        self.last = Some((now, *value));
        limit
    }

    /// The number of a stop: where the joint is, or no speed, or no effort.
    pub(super) fn stop(&mut self, percepts: &Percepts) -> f64 {
        let value = match (self.interface, self.stop) {
            (Interface::Position, StopBehaviour::Hold) => match self.held {
                Some(held) => held,
                None => self.here(percepts),
            },
            (Interface::Position, _) => self.here(percepts),
            (Interface::Velocity | Interface::Effort, _) => 0.0,
        };
        self.held = Some(value);
        self.last = Some((percepts.now, value));
        value
    }

    /// Where the joint is: as measured, else as commanded last, else as it stood at the start; within its range.
    fn here(&self, percepts: &Percepts) -> f64 {
        let measured = self.felt.and_then(|felt| felt.read(percepts));
        let here = measured.or(self.last.map(|(_, last)| last)).unwrap_or(self.start);
        here.clamp(self.range[0], self.range[1])
    }
}

/// `target`, but no faster away from rest than by `step`; towards rest at once.
pub(super) fn approach(now: f64, target: f64, step: f64) -> f64 {
    if target * now < 0.0 {
        // Through zero: stop now, go the other way from the next tick on.
        return 0.0;
    }
    if target.abs() <= now.abs() { target } else { now + (target - now).clamp(-step, step) }
}

saved!(Guard { last, held; interface, stop, range, velocity, acceleration, effort, is_wheel, felt, start });
