//! Places that the brain remembers to come back to: where it began, and where it took up its last goal.

use neuraxis_core::{Belief, Goal, Landmark, Pose2, saved};

/// The places, and a goal that waits for the first of them to be known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Landmarks {
    start: Option<Pose2>,
    /// Where the last goal was reached, and where it was taken up.
    last: Option<Pose2>,
    previous: Option<Pose2>,
    waiting: Option<Goal>,
}

impl Landmarks {
    /// The body believes itself here: the first time, that is where it begins.
    pub(crate) fn update(&mut self, belief: &Belief) {
        if self.start.is_none() && belief.is_finite() {
            self.start = Some(belief.pose);
        }
    }

    /// A goal was reached here.
    pub(crate) fn arrive(&mut self, belief: &Belief) {
        if belief.is_finite() {
            self.previous = self.last.or(self.start);
            self.last = Some(belief.pose);
        }
    }

    /// `goal` as a navigator understands it, if the place that it names is known; else it waits.
    pub(crate) fn wait_for(&mut self, goal: Goal) -> Option<Goal> {
        let is_known = self.start.is_some() || !matches!(goal, Goal::Return { .. });
        self.waiting = (!is_known).then_some(goal);
        is_known.then(|| self.resolve(goal))
    }

    /// The goal that waited, once the place that it names is known.
    pub(crate) fn take_waiting(&mut self) -> Option<Goal> {
        self.start?;
        self.waiting.take().map(|goal| self.resolve(goal))
    }

    /// `goal` with the place that it names; as it is, if that is not known.
    pub(crate) fn resolve(&self, goal: Goal) -> Goal {
        let Goal::Return { to, tolerance } = goal else { return goal };
        let place = match to {
            Landmark::Start => self.start,
            Landmark::Previous => self.previous.or(self.start),
        };
        place.map_or(goal, |place| Goal::Reach { x: place.x, y: place.y, tolerance })
    }
}

saved!(Landmarks { start, last, previous, waiting });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_not_known_yet_is_waited_for() {
        let mut places = Landmarks::default();
        let back = Goal::Return { to: Landmark::Start, tolerance: 0.2 };
        assert_eq!(places.wait_for(back), None);
        assert_eq!(places.take_waiting(), None, "nothing is known yet");
        places.update(&Belief::at(Pose2::new(1.0, 2.0, 0.0), Vec::new()));
        places.update(&Belief::at(Pose2::new(5.0, 5.0, 0.0), Vec::new()));
        assert_eq!(places.take_waiting(), Some(Goal::Reach { x: 1.0, y: 2.0, tolerance: 0.2 }));
        assert_eq!(places.take_waiting(), None, "once");
    }

    #[test]
    fn return_to_previous_goes_to_where_the_last_goal_was_taken_up() {
        let mut places = Landmarks::default();
        places.update(&Belief::at(Pose2::new(1.0, 2.0, 0.0), Vec::new()));
        let back = Goal::Return { to: Landmark::Previous, tolerance: 0.2 };
        assert_eq!(places.resolve(back), Goal::Reach { x: 1.0, y: 2.0, tolerance: 0.2 });
        places.arrive(&Belief::at(Pose2::new(3.0, 4.0, 0.0), Vec::new()));
        assert_eq!(places.resolve(back), Goal::Reach { x: 1.0, y: 2.0, tolerance: 0.2 });
        places.arrive(&Belief::at(Pose2::new(5.0, 6.0, 0.0), Vec::new()));
        assert_eq!(places.resolve(back), Goal::Reach { x: 3.0, y: 4.0, tolerance: 0.2 });
    }
}
