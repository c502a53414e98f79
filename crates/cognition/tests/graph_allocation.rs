//! Once it is made, the cognitive graph takes no memory: not in a tick, not in a failure, not in a plan.

mod mazes;

use mazes::{World, drive, navigator, pursue};
use nalgebra::Point2;
use neuraxis_cognition::graph::MemoryKind;
use neuraxis_cognition::{CognitionSpec, Navigator, Search, Situation};
use neuraxis_core::archive::{Damage, Reader, Saved, Writer};
use neuraxis_core::{Drive, Goal, GoalStatus, Part, Reasons};

/// A navigator whose steps are watched.
struct Watched {
    inner: Box<dyn Navigator>,
    allocations: u64,
}

impl Saved for Watched {
    fn write(&self, to: &mut Writer) {
        self.inner.write(to);
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        self.inner.read(from)
    }
}

impl Part for Watched {
    fn name(&self) -> &'static str {
        self.inner.name()
    }
    fn explain(&self, to: &mut Reasons) {
        self.inner.explain(to);
    }
}

impl Navigator for Watched {
    fn set_goal(&mut self, goal: Option<Goal>) {
        self.inner.set_goal(goal);
    }
    fn step(&mut self, situation: &Situation<'_>) -> Drive {
        let before = neuraxis_testing::allocations::so_far();
        let drive = self.inner.step(situation);
        self.allocations += neuraxis_testing::allocations::so_far() - before;
        drive
    }
    fn status(&self) -> GoalStatus {
        self.inner.status()
    }
    fn path(&self) -> &[Point2<f64>] {
        self.inner.path()
    }
}

#[test]
fn no_step_of_a_search_allocates() {
    let world = World::drawn(mazes::MEDIUM);
    for memory in [MemoryKind::Exact, MemoryKind::Superposed] {
        let mut spec = CognitionSpec { search: Search::CognitiveGraph, ..CognitionSpec::default() };
        spec.graph.memory = memory;
        let mut watched = Watched { inner: navigator(&spec, world.size), allocations: 0 };
        for (start, goal) in [([1.5, 6.5], [6.5, 1.5]), ([1.5, 6.5], [6.5, 1.5]), ([6.5, 1.5], [1.5, 1.5])] {
            let trip = drive(&world, &mut watched, start.into(), goal.into(), 0.45, 500.0);
            assert_eq!(trip.status, GoalStatus::Reached);
        }
        // Some way into it is enough; superposed memory is slow to explore with.
        let some = if memory == MemoryKind::Exact { 60.0 } else { 3.0 };
        let trip = pursue(&world, &mut watched, [1.5, 6.5].into(), Goal::Explore { radius: 0.75 }, some);
        assert!(trip.length > some);
        assert_eq!(watched.allocations, 0, "{memory:?}");
    }
}
