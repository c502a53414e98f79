//! The judge of a trial: whether what a brain claims of its goals is so.

use neuraxis_core::{Goal, GoalStatus, Landmark, Pose2};

use neuraxis_sim::scene::world::Assignment;

/// Who explored has been near so much of what can be got to.
pub(crate) const EXPLORED: f64 = 0.95;

/// How a robot's trial ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It said that it was there, and it was.
    Reached,
    /// It said that it was there, and it was not.
    Mistaken,
    /// It said that there is no way.
    GaveUp,
    /// The time was over.
    TimedOut,
    /// It fell out of the world, or physics broke down.
    Lost,
    /// It tipped over.
    Fallen,
    /// Its brain panicked; the message.
    Crashed(String),
}

/// Watches one robot and holds its claims against the truth.
#[derive(Clone, Debug)]
pub(crate) struct Judge {
    /// The goal that it is on.
    goal_index: usize,
    /// Where it was when it began this goal, and the one before.
    began: [Pose2; 2],
}

impl Judge {
    pub(crate) fn new(task: &Assignment) -> Self {
        Self { goal_index: 0, began: [task.start; 2] }
    }

    /// Looks at the robot, which is at `pose` and claims to be on the goal `claimed` and that it stands so; how its trial ended,
    /// if that ends it.
    pub(crate) fn look(
        &mut self,
        task: &mut Assignment,
        pose: &Pose2,
        claimed: usize,
        status: GoalStatus,
    ) -> Option<Outcome> {
        if let Some(coverage) = &mut task.coverage {
            coverage.visit([pose.x, pose.y]);
        }
        while self.goal_index < claimed {
            if !self.is_done(task, pose) {
                return Some(Outcome::Mistaken);
            }
            self.goal_index += 1;
            self.began = [*pose, self.began[0]];
        }
        match status {
            GoalStatus::Reached if self.is_done(task, pose) => Some(Outcome::Reached),
            GoalStatus::Reached => Some(Outcome::Mistaken),
            GoalStatus::Unreachable | GoalStatus::Exhausted => Some(Outcome::GaveUp),
            GoalStatus::Idle | GoalStatus::Active => None,
        }
    }

    fn is_done(&self, task: &Assignment, pose: &Pose2) -> bool {
        match task.goals.get(self.goal_index) {
            Some(Goal::Reach { x, y, tolerance }) => pose.distance(&Pose2::new(*x, *y, 0.0)) <= *tolerance,
            Some(Goal::Explore { .. }) => task.coverage.as_ref().is_some_and(|c| c.share() >= EXPLORED),
            Some(Goal::Return { to, tolerance }) => {
                let place = match to {
                    Landmark::Start => task.start,
                    Landmark::Previous => self.began[1],
                };
                pose.distance(&place) <= *tolerance
            }
            _ => false,
        }
    }
}
