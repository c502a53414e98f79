//! The limits of single joints, and what is left of a command when the body stops.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::joint_stop::JointStop;
use neuraxis_core::{Interface, Limit, Percepts, Stamp, saved};

use super::SupervisorError;

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
pub(super) struct JointLimiter {
    interface: Interface,
    stop: JointStop,
    range: [f64; 2],
    velocity: f64,
    acceleration: Option<f64>,
    effort: f64,
    /// Whether it is a driven wheel, which the limits of the body hold.
    is_wheel: bool,
}

impl JointLimiter {
    /// The limiter of the actuator `index` of `body`; `effort` (N·m or N) is what no actuator may exceed.
    pub(super) fn new(
        body: &BodyDescription,
        index: usize,
        stop: JointStop,
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
            stop,
            range,
            velocity: limits.velocity.unwrap_or(f64::INFINITY),
            acceleration: limits.acceleration,
            effort: limits.effort.map_or(effort, |own| own.min(effort)),
            is_wheel,
        })
    }

    /// Holds `value` to the limits, and says which of them took something.
    pub(super) fn hold(&mut self, percepts: &Percepts, value: &mut f64) -> Option<Limit> {
        let now = percepts.now;
        let asked = *value;
        let last = self.stop.last();
        let mut limit = None;
        *value = match self.interface {
            Interface::Position => {
                let inside = asked.clamp(self.range[0], self.range[1]);
                let (step, before) = match last {
                    Some((then, last)) => (self.velocity * elapsed(now, then), last),
                    // Where it is now, and not where the first command would have it jump to.
                    None => (0.0, self.stop.position(percepts)),
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
                let held = match (self.acceleration, last) {
                    (None, _) => inside,
                    (Some(most), Some((then, last))) => {
                        // A sum of two numbers within the limit can be one bit beyond it.
                        approach(last, inside, most * elapsed(now, then)).clamp(-self.velocity, self.velocity)
                    }
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
        self.stop.note(now, *value);
        limit
    }

    /// The number of a stop.
    pub(super) fn stop(&mut self, percepts: &Percepts) -> f64 {
        self.stop.stop(percepts)
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

saved!(JointLimiter { stop; interface, range, velocity, acceleration, effort, is_wheel });
