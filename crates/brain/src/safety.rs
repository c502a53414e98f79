//! The safety supervisor: the last word before the body.
//!
//! It holds every number of a command to the limits of its actuator (`joints`) and driven wheels to those of the body
//! (`wheels`), and stops the body when the emergency stop is pressed, a sense with a deadline is silent, a number is not one,
//! or it has tipped over. A stop is a flag and numbers that say the same: a joint that is commanded by position keeps
//! its last command, a wheel stands, a torque is none. No part above can switch it off: a brain cannot be built without it, and
//! nothing comes after it. A stop is given up as soon as its reason is gone, except the emergency stop, which someone has to
//! release.

mod joints;
mod wheels;

use neuraxis_core::SafetyState;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::joint_stop::JointStop;
use neuraxis_core::{Belief, Command, Input, Percepts, Reading, StopReason, math, saved};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::joints::JointLimiter;
use self::wheels::Wheels;

/// The `safety:` block of a brain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SafetySpec {
    /// Greatest torque or force that any actuator is commanded, N·m or N.
    #[serde(default = "SafetySpec::default_effort")]
    #[schemars(range(min = 0.0, max = 10000.0))]
    pub effort: f64,
    /// The body stops while it is believed to lean further than this from upright, rad; never if not given. For an estimate in
    /// space, for one in the plane knows of no leaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.05, max = 3.0))]
    pub tilt: Option<f64>,
}

impl SafetySpec {
    fn default_effort() -> f64 {
        100.0
    }
}

impl Default for SafetySpec {
    fn default() -> Self {
        Self { effort: Self::default_effort(), tilt: None }
    }
}

/// Why a body cannot be supervised.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SupervisorError {
    /// Nobody knows how far an actuator may be commanded.
    #[error(
        "the actuator of `{joint}` is commanded by {interface} and has no limit of {what} (give it one in the model or under `actuators: {{ limits: … }}`)"
    )]
    Unlimited {
        /// The joint.
        joint: String,
        /// What it is commanded by.
        interface: &'static str,
        /// What has no limit.
        what: &'static str,
    },
    /// A limit that is not finite, not positive, or the wrong way round.
    #[error(
        "the actuator of `{joint}` has a limit of {what} that cannot be (a limit is finite and above zero, a range goes from low to high)"
    )]
    Impossible {
        /// The joint.
        joint: String,
        /// What the limit is of.
        what: &'static str,
    },
    /// An actuator that cannot stop as it is to.
    #[error("{what}, and that of `{joint}` is ({help})")]
    Stop {
        /// The joint.
        joint: String,
        /// What cannot be.
        what: &'static str,
        /// What to do.
        help: &'static str,
    },
}

/// A sense that must not be silent for longer than this.
#[derive(Clone, Copy, Debug)]
struct WatchedSense {
    input: Input<Reading>,
    deadline: f64,
    /// Whether its last reading was one that it may report.
    is_valid: bool,
}

/// Watches over one body.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// The cosine of the greatest lean.
    upright: Option<f64>,
    watched: Vec<WatchedSense>,
    /// The driven wheels, if it has such.
    wheels: Option<Wheels>,
    /// One an actuator.
    limiters: Vec<JointLimiter>,
    state: SafetyState,
}

impl Supervisor {
    /// A supervisor for `body`.
    ///
    /// # Errors
    /// If an actuator has no limits, or cannot stop as it is to.
    pub fn new(spec: &SafetySpec, body: &BodyDescription) -> Result<Self, SupervisorError> {
        let watched = Input::all(body)
            .filter_map(|input| Some(WatchedSense { input, deadline: input.deadline()?, is_valid: true }))
            .collect();
        let wheels = Wheels::of(body);
        let driven = if wheels.is_some() { 2 } else { 0 };
        let limiters: Result<Vec<JointLimiter>, SupervisorError> = JointStop::all(body)
            .enumerate()
            .map(|(i, stop)| JointLimiter::new(body, i, stop, spec.effort, i < driven))
            .collect();
        Ok(Self {
            upright: spec.tilt.map(|tilt| math::sin_cos(tilt).1),
            watched,
            wheels,
            limiters: limiters?,
            state: SafetyState::default(),
        })
    }

    /// What it did to the last command.
    #[must_use]
    pub fn state(&self) -> SafetyState {
        self.state
    }

    /// Checks and, where needed, changes `command`; it does not allocate, unless a command of another length has to be given
    /// the right one.
    pub fn supervise(&mut self, percepts: &Percepts, belief: &Belief, command: &mut Command) {
        let now = percepts.now;
        let reason = self.reason(percepts, belief, command);
        let mut limit = None;
        if reason.is_none() {
            let values = &mut command.values[..];
            if let Some(wheels) = &mut self.wheels {
                limit = wheels.steer(now, values);
            }
            let mut lags = false;
            for (i, (limiter, value)) in self.limiters.iter_mut().zip(&mut *values).enumerate() {
                let took = limiter.hold(percepts, value);
                lags |= took.is_some() && (2..4).contains(&i);
                limit = limit.or(took);
            }
            if let Some(wheels) = self.wheels.as_mut().filter(|_| lags) {
                wheels.follow(values);
            }
        } else {
            command.values.resize(self.limiters.len(), 0.0);
            for (limiter, value) in self.limiters.iter_mut().zip(&mut command.values) {
                *value = limiter.stop(percepts);
            }
            if let Some(wheels) = &mut self.wheels {
                wheels.stop(now);
            }
        }
        command.stop = reason;
        self.state = SafetyState { stop: reason, clipped: limit.is_some(), limit };
    }

    /// Why the body has to stop, the gravest reason first.
    fn reason(&mut self, percepts: &Percepts, belief: &Belief, command: &Command) -> Option<StopReason> {
        if percepts.stop_request.is_some() {
            return percepts.stop_request;
        }
        for sense in &self.watched {
            if sense.input.within(percepts, sense.deadline).is_none() {
                return Some(StopReason::SenseSilent(sense.input.slot()));
            }
        }
        // Only a sense that the body relies on can stop it.
        for sense in &mut self.watched {
            if let Some(sample) = sense.input.take(percepts) {
                sense.is_valid = sample.reading.is_valid();
            }
        }
        if let Some(sense) = self.watched.iter().find(|sense| !sense.is_valid) {
            return Some(StopReason::SenseInvalid(sense.input.slot()));
        }
        if !belief.is_finite() {
            return Some(StopReason::BeliefInvalid);
        }
        if let Some(upright) = self.upright {
            // How much of the body's own upwards is upwards; not a number is not upright either.
            let [roll, pitch] =
                [belief.vertical.roll, belief.vertical.pitch].map(|angle| math::sin_cos(angle).1);
            if (roll * pitch).partial_cmp(&upright).is_none_or(std::cmp::Ordering::is_lt) {
                return Some(StopReason::Tipped);
            }
        }
        let length = self.limiters.len();
        if command.values.len() != length || command.values.iter().any(|value| !value.is_finite()) {
            return Some(StopReason::CommandInvalid);
        }
        None
    }
}

saved!(WatchedSense { input, is_valid; deadline });
saved!(Supervisor { watched, wheels: each, limiters, state; upright });
