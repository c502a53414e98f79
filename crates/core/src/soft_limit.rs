//! Ends of joints that give way: what a robot's file says of them, in MuJoCo's terms.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::Problems;

/// How joints give way at the ends of their range, which the model gives.
///
/// The terms are those of `MuJoCo`'s `solreflimit` and `solimplimit` (documentation, "Computation", "Constraint model"), and
/// the simulated body computes what they mean there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SoftLimit {
    /// The joints; all that have a range if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub joints: Option<Vec<String>>,
    /// Time constant (s) and damping ratio of the way back into the range.
    #[serde(default = "SoftLimit::default_solref")]
    pub solref: [f64; 2],
    /// How much of the way back is enforced: at the end of the range and from `width` beyond it on (both from 0 to 1),
    /// the width (rad or m), the midpoint (0 to 1) and the power of the curve between the two.
    #[serde(default = "SoftLimit::default_solimp")]
    pub solimp: [f64; 5],
}

impl SoftLimit {
    /// Whether its numbers are ones that the simulated body computes with.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        self.has_possible_reference() && self.has_possible_impedance()
    }

    fn has_possible_reference(&self) -> bool {
        let [time, ratio] = self.solref;
        (0.001..=10.0).contains(&time) && (0.01..=100.0).contains(&ratio)
    }

    fn has_possible_impedance(&self) -> bool {
        let [first, last, width, middle, power] = self.solimp;
        let share = 0.0..=1.0;
        share.contains(&first)
            && share.contains(&last)
            && (1e-6..=10.0).contains(&width)
            && share.contains(&middle)
            && (1.0..=10.0).contains(&power)
    }

    fn default_solref() -> [f64; 2] {
        [0.02, 1.0]
    }
    fn default_solimp() -> [f64; 5] {
        [0.9, 0.95, 0.001, 0.5, 2.0]
    }
}

impl Default for SoftLimit {
    fn default() -> Self {
        Self { joints: None, solref: Self::default_solref(), solimp: Self::default_solimp() }
    }
}

/// What no schema can say of a robot's soft limits.
///
/// Only joints in reduced coordinates have soft limits.
pub(crate) fn validate(limits: &[SoftLimit], is_reduced: bool, problems: &mut Problems<'_>) {
    if !limits.is_empty() && !is_reduced {
        problems.help(
            "/soft_limits",
            "only joints in reduced coordinates have soft limits",
            "set `articulation: multibody`",
        );
    }
    for (i, limit) in limits.iter().enumerate() {
        let here = format!("/soft_limits/{i}");
        let [time, ratio] = limit.solref;
        if !limit.has_possible_reference() {
            problems.help(
                &format!("{here}/solref"),
                format!("[{time}, {ratio}] is not possible"),
                "give [time constant, damping ratio], from 0.001 to 10 s and from 0.01 to 100",
            );
        }
        let [first, last, width, middle, power] = limit.solimp;
        if !limit.has_possible_impedance() {
            problems.help(
                &format!("{here}/solimp"),
                format!("[{first}, {last}, {width}, {middle}, {power}] is not possible"),
                "give [at the end, beyond the width, width, midpoint, power]: shares from 0 to 1, a width from 1e-6 to 10, \
                 a power from 1 to 10",
            );
        }
    }
}
