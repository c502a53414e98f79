//! What all entries of `sensors:` in a robot file have in common: name, rate, transport, deadline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::Problems;
use crate::math;

/// How a sense's messages travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transport {
    /// Time from measurement to arrival, s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub delay: f64,
    /// Share of the messages that are lost.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub loss: f64,
}

/// The keys that all senses share; `sensor_spec!` makes them.
pub trait SharedKeys {
    /// The sense's name.
    fn name(&self) -> &str;
    /// Rate of its readings, Hz.
    fn rate(&self) -> f64;
    /// Delay and loss of its messages.
    fn transport(&self) -> Transport;
    /// The deadline that the file gives, s.
    fn given_deadline(&self) -> Option<f64>;
    /// Gives it another deadline, s.
    fn set_deadline(&mut self, to: Option<f64>);
}

/// The entry of a kind of sense in a robot file.
pub trait SensorSpec: SharedKeys + Clone + PartialEq {
    /// Whether the body is steered by it: then it stops the body after a silence of five periods, if the file says nothing else.
    const STEERS: bool = false;

    /// The link or frame of the model that it sits on, if it sits on one of its own.
    fn link(&self) -> Option<&str> {
        None
    }

    /// What no schema can say of its keys.
    fn check(&self, _problems: &mut Problems<'_>) {}

    /// The longest silence that the body may go on through, s.
    fn deadline(&self) -> Option<f64> {
        let periods = || Self::STEERS.then(|| 5.0 / self.rate() + self.transport().delay);
        self.given_deadline().or_else(periods)
    }
}

/// Makes the entry of a kind of sense: its own keys, and those that all senses share.
macro_rules! sensor_spec {
    ($(#[$doc:meta])* $name:ident { $($keys:tt)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// Name of the sense, unique on the robot.
            pub name: String,
            $($keys)*
            /// Rate of its readings, Hz.
            #[schemars(range(min = 0.01, max = 10000.0))]
            pub rate: f64,
            /// Delay and loss of its messages.
            #[serde(default)]
            pub transport: crate::senses::Transport,
            /// The body stops if it is silent for longer, s. If not given: five periods for the senses that steer (`lidar`,
            /// `wheel_odometry`), never for the others.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[schemars(range(min = 0.001, max = 60.0))]
            pub deadline: Option<f64>,
        }

        impl crate::senses::SharedKeys for $name {
            fn name(&self) -> &str {
                &self.name
            }
            fn rate(&self) -> f64 {
                self.rate
            }
            fn transport(&self) -> crate::senses::Transport {
                self.transport
            }
            fn given_deadline(&self) -> Option<f64> {
                self.deadline
            }
            fn set_deadline(&mut self, to: Option<f64>) {
                self.deadline = to;
            }
        }
    };
}
pub(super) use sensor_spec;

/// The first of `count` directions, and from one to the next, rad; `angle` is the first and the last one, or the full circle.
pub(super) fn fan(count: u32, angle: Option<[f64; 2]>) -> (f64, f64) {
    match angle {
        None => (0.0, 2.0 * math::PI / f64::from(count)),
        Some([first, _]) if count == 1 => (first, 0.0),
        Some([first, last]) => (first, (last - first) / f64::from(count - 1)),
    }
}

/// Says so if the key `range`, [nearest, farthest] in m, is not possible.
pub(super) fn check_range(range: &[f64; 2], problems: &mut Problems<'_>) {
    if !(range[0] >= 0.0 && range[1] > range[0] && range[1] <= 1000.0) {
        problems.help(
            "/range",
            format!("the range [{}, {}] m is not possible", range[0], range[1]),
            "give [nearest, farthest] with 0 <= nearest < farthest <= 1000",
        );
    }
}

/// Says so if the key `angle`, [first, last] in rad, is not possible.
pub(super) fn check_angle(angle: Option<&[f64; 2]>, problems: &mut Problems<'_>) {
    if let Some(angle) = angle
        && !(angle[1] > angle[0] && angle[1] - angle[0] <= 2.0 * math::PI + 1e-3)
    {
        problems.help(
            "/angle",
            format!("the angles [{}, {}] rad are not possible", angle[0], angle[1]),
            "give [first, last] in radians, at most one turn apart",
        );
    }
}
