//! The kinds of fault that a sense can have; each sense says which it knows, and what they do to its readings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What can happen to a sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It sends nothing.
    Silent,
    /// It sends its last reading again and again, with new stamps.
    Frozen,
    /// It sends numbers that are none.
    NotANumber,
    /// It is noisier, by `factor`.
    Noise,
    /// A `fraction` of it is missing.
    Dropout,
    /// A `fraction` of it is anything at all.
    Outliers,
    /// It errs by `offset`, always by the same.
    Bias,
    /// The wheels turn `factor` times as far as they roll.
    Slip,
}

impl FaultKind {
    /// The key that says how bad it is, and an example of it.
    #[must_use]
    pub fn measure(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Silent | Self::Frozen | Self::NotANumber => None,
            Self::Noise => Some(("factor", "10")),
            Self::Slip => Some(("factor", "2")),
            Self::Dropout => Some(("fraction", "0.5")),
            Self::Outliers => Some(("fraction", "0.2")),
            Self::Bias => Some(("offset", "[1, 0.5, 0]")),
        }
    }
}
