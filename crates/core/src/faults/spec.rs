//! A fault as a scene's `faults:` gives it: what goes wrong with a sense, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Stamp;
use crate::file::{Problems, Validate};
use crate::senses::{FaultKind, Sensor};

/// A fault of a sense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Index of the robot in the scene, from 0.
    #[serde(default)]
    pub robot: usize,
    /// Name of the sense, as in the robot file.
    pub sensor: String,
    /// What happens to the sense.
    pub kind: FaultKind,
    /// Time at which the fault begins, s.
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub from: f64,
    /// Time at which the fault ends, s; it lasts to the end of the trial if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub until: Option<f64>,
    /// For `noise`: so many times the standard deviations of the robot's file. For `slip`: so many times the way
    /// that the wheels really roll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub factor: Option<f64>,
    /// For `dropout` and `outliers`: the share of the beams of a range finder, or of another sense's readings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub fraction: Option<f64>,
    /// For `bias`: what is added. To a pose: x, y (m) and yaw (rad); to an IMU's turning rates: about x, y and z
    /// (rad/s); to a range finder's distances: the first number (m).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<[f64; 3]>,
}

impl FaultKind {
    /// Whether it can happen to this sense.
    #[must_use]
    pub fn suits(self, sensor: &Sensor) -> bool {
        matches!(self, Self::Silent | Self::Frozen | Self::NotANumber | Self::Dropout)
            || sensor.faults().contains(&self)
    }
}

impl Fault {
    /// Whether it befalls what is measured at `stamp`.
    #[must_use]
    pub fn is_on(&self, stamp: Stamp) -> bool {
        stamp >= Stamp::from_seconds(self.from)
            && self.until.is_none_or(|until| stamp < Stamp::from_seconds(until))
    }
}

impl Validate for Fault {
    fn validate(&self, problems: &mut Problems<'_>) {
        if self.until.is_some_and(|until| until <= self.from) {
            problems.at("/until", "the fault ends before it begins");
        }
        if let Some(offset) = &self.offset
            && !offset.iter().all(|v| v.abs() <= 1000.0)
        {
            problems.at("/offset", "every number of an offset lies between -1000 and 1000");
        }
        let wanted = self.kind.measure();
        let given = [
            ("factor", self.factor.is_some()),
            ("fraction", self.fraction.is_some()),
            ("offset", self.offset.is_some()),
        ];
        for (key, is_given) in given {
            match wanted {
                Some((wanted, example)) if wanted == key && !is_given => problems.help(
                    "/kind",
                    format!("this fault does not say how bad it is: `{key}` is missing"),
                    format!("add `{key}: {example}`"),
                ),
                Some((wanted, _)) if wanted == key => {}
                _ if is_given => {
                    problems.at(&format!("/{key}"), format!("`{key}` means nothing to a fault of this kind"));
                }
                _ => {}
            }
        }
    }
}
