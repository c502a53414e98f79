//! A brain as a body sees it: percepts in, a command out, once a tick.

use nalgebra::Point2;

use crate::{Command, Decision, Goal, GraphSnapshot, OccupancyGrid, Percepts};

/// Something that thinks. It takes its time and its senses only from the percepts, so that the same
/// percepts always give the same commands.
pub trait Brain: Send + Sync {
    /// One tick: fills `command`. It does not allocate, lock, block or panic.
    fn tick(&mut self, percepts: &Percepts, command: &mut Command);

    /// Takes up goals, one after the other, each as soon as the one before is reached; or lets go of the present ones. It allocates:
    /// not for the tick.
    fn set_goals(&mut self, goals: &[Goal]);

    /// Takes up one goal, or lets go of the present one.
    fn set_goal(&mut self, goal: Option<Goal>) {
        self.set_goals(goal.as_slice());
    }

    /// What the last tick decided, and why.
    fn decision(&self) -> &Decision;

    /// The way that it means to take: points in the map, m. Empty if it plans none.
    fn path(&self) -> &[Point2<f64>] {
        &[]
    }

    /// The map that it has drawn, if it draws one.
    fn map(&self) -> Option<&OccupancyGrid> {
        None
    }

    /// What it remembers of its search, if it searches a graph. It allocates: not for the tick.
    fn graph_snapshot(&self) -> Option<GraphSnapshot> {
        None
    }
}

/// A brain that is only lent.
impl<B: Brain + ?Sized> Brain for &mut B {
    fn tick(&mut self, percepts: &Percepts, command: &mut Command) {
        (**self).tick(percepts, command);
    }
    fn set_goals(&mut self, goals: &[Goal]) {
        (**self).set_goals(goals);
    }
    fn decision(&self) -> &Decision {
        (**self).decision()
    }
    fn path(&self) -> &[Point2<f64>] {
        (**self).path()
    }
    fn map(&self) -> Option<&OccupancyGrid> {
        (**self).map()
    }
    fn graph_snapshot(&self) -> Option<GraphSnapshot> {
        (**self).graph_snapshot()
    }
}
