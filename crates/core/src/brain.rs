//! A brain as a body sees it: percepts in, a command out, once a tick.

use nalgebra::Point2;

use crate::{
    Belief, Command, Drive, Goal, GoalStatus, Modulation, Needs, OccupancyGrid, Percepts, Reasons, Sketch,
    StopReason,
};

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

    /// Presses (`true`) or releases the emergency stop.
    fn set_emergency_stop(&mut self, pressed: bool);

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
    fn sketch(&self) -> Option<Sketch> {
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
    fn set_emergency_stop(&mut self, pressed: bool) {
        (**self).set_emergency_stop(pressed);
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
    fn sketch(&self) -> Option<Sketch> {
        (**self).sketch()
    }
}

/// What the safety supervisor did to the last command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SafetyState {
    /// Why the body is held, if it is.
    pub stop: Option<StopReason>,
    /// Whether a limit of speed or acceleration clipped the command.
    pub clipped: bool,
    /// The limit that did, where several did the first in this order: speed, acceleration, effort.
    pub limit: Option<Limit>,
}

/// A limit of the robot's file that a command can run into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Of forward speed or turning rate.
    Speed,
    /// Of forward or angular acceleration.
    Acceleration,
    /// Of torque or force.
    Effort,
    /// Of a joint's range.
    Range,
}

/// The record of one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Where the brain believes it is.
    pub belief: Belief,
    /// How well its needs are met.
    pub needs: Needs,
    /// How they tune the rest.
    pub modulation: Modulation,
    /// The present goal.
    pub goal: Option<Goal>,
    /// Which of the goals that it was given this is, from 0.
    pub errand: usize,
    /// How it stands; `Reached` only if it is the last.
    pub status: GoalStatus,
    /// What descended to the motor circuits.
    pub drive: Drive,
    /// What the safety supervisor did.
    pub safety: SafetyState,
    /// Why.
    pub reasons: Reasons,
}
