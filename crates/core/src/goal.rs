//! What the brain is asked to do, and how far it has come.

use serde::{Deserialize, Serialize};

/// A task for the brain, in the `map` frame.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Goal {
    /// Be within `tolerance` (m) of the point (`x`, `y`) m.
    Reach {
        /// m.
        x: f64,
        /// m.
        y: f64,
        /// m, greater than 0.
        tolerance: f64,
    },
    /// Have been within `reach` (m) of every place that one can get to.
    Explore {
        /// m, greater than 0.
        #[serde(alias = "reach")]
        radius: f64,
    },
    /// Be within `tolerance` (m) of a place where it was before.
    Return {
        /// Which.
        to: Landmark,
        /// m, greater than 0.
        tolerance: f64,
    },
}

/// A place that a brain remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Landmark {
    /// Where it was when it was given its first goal.
    Start,
    /// Where it was when it took up the goal before this one.
    Previous,
}

/// How the present goal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GoalStatus {
    /// There is no goal.
    #[default]
    Idle,
    /// Working on it.
    Active,
    /// The brain believes that it is there.
    Reached,
    /// The brain has shown to itself that no way leads there; [`Verdict`](crate::reasons::Verdict) says by what.
    Unreachable,
    /// The brain gave up and has shown nothing.
    Exhausted,
}

crate::named!(GoalStatus, "goal status" {
    Idle => "idle",
    Active => "active",
    Reached => "reached",
    Unreachable => "unreachable",
    Exhausted => "exhausted",
});

impl GoalStatus {
    /// Whether nothing more will be done about the goal.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Reached | Self::Unreachable | Self::Exhausted)
    }
}
