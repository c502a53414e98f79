//! Who looks on: an observer is told of every tick of every brain in a trial, and decides nothing.

use crate::{Brain, Command, Percepts, Pose2, Stamp};

/// Looks on. A recorder is one.
///
/// [`Observer::ticked`] is called from the loop that the brain runs in: it does not allocate, lock, block or panic.
pub trait Observer: Send {
    /// The brain of `robot` has felt `percepts` and commands `command`.
    fn ticked(&mut self, robot: usize, percepts: &Percepts, command: &Command, brain: &dyn Brain);

    /// Where `robot` truly is; a few times a second, from bodies that know it.
    fn stood(&mut self, robot: usize, stamp: Stamp, truth: &Pose2);

    /// Whether there is room for what the next step may bring. A body whose time can stand still waits
    /// until there is; one whose time goes on does not, and the observer says later that it fell behind.
    fn has_room(&mut self) -> bool;

    /// The trial is over; `verdict` is JSON. An observer that is dropped without it saw a trial that was cut short.
    fn ended(&mut self, verdict: &str, is_failure: bool);
}
