//! What the brain is asked to do, and how far it has come.

/// A task for the navigator, in the `map` frame.
#[derive(Clone, Copy, Debug, PartialEq)]
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
}

/// How the present goal stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GoalStatus {
    /// There is no goal.
    #[default]
    Idle,
    /// Working on it.
    Active,
    /// The brain believes that it is there.
    Reached,
    /// The brain has shown to itself that no way leads there.
    Unreachable,
}
