//! The peers of the cognitive graph, in drawn mazes: they solve them, learn from them, and know when there is no way.

mod mazes;

use mazes::{LARGE, LOOPS, MEDIUM, Trip, U, World, body, drive, map, navigator};
use nalgebra::Point2;
use neuraxis_cognition::{CognitionSpec, Navigator, Search, Situation};
use neuraxis_core::{Belief, Drive, Goal, GoalStatus, Pose2};

/// As in the mazes of others.
const TOLERANCE: f64 = 0.45;

fn spec(search: Search) -> CognitionSpec {
    CognitionSpec { search, ..CognitionSpec::default() }
}

/// Three trials with the farthest of a few pairs in each maze; their lengths by the optimum, added up.
fn solve(search: Search) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for (name, rows) in [("u", U), ("medium", MEDIUM), ("large", LARGE), ("loops", LOOPS)] {
        let world = World::drawn(rows);
        let (first, last) = (world.free[0], world.free[world.free.len() - 1]);
        let middle = world.free[world.free.len() / 2];
        for (start, goal) in [(first, last), (last, first), (middle, first), (middle, last)] {
            let mut brain = navigator(&spec(search), world.size);
            let optimum = world.optimum(start, goal, TOLERANCE).expect("a way");
            for (trial, sum) in sums.iter_mut().enumerate() {
                let trip = drive(&world, brain.as_mut(), start, goal, TOLERANCE, 60.0 * optimum);
                assert_eq!(
                    trip.status,
                    GoalStatus::Reached,
                    "{name} {start} {goal} trial {trial}: {} m",
                    trip.length
                );
                *sum += trip.length / optimum / 16.0;
            }
        }
    }
    sums
}

#[test]
fn d_star_lite_solves_mazes_and_its_second_trial_is_not_much_longer() {
    let [first, second, third] = solve(Search::GridDStarLite);
    assert!(second <= 1.3 * first, "{first} {second}");
    assert!(third <= first, "{first} {third}");
}

#[test]
fn lrta_star_solves_mazes() {
    let sums = solve(Search::LrtaStar);
    assert!(sums.iter().all(|ratio| *ratio < 6.0), "{sums:?}");
}

#[test]
fn a_goal_in_a_wall_is_unreachable_after_a_bounded_search() {
    let world = World::drawn(U);
    for search in [Search::GridDStarLite, Search::LrtaStar] {
        let mut brain = navigator(&spec(search), world.size);
        let trip = drive(&world, brain.as_mut(), world.free[0], Point2::new(1.5, 2.5), TOLERANCE, 1000.0);
        assert_eq!(trip.status, GoalStatus::Unreachable, "{search:?}: {} m", trip.length);
        assert!(trip.length < 500.0, "{search:?}: {} m", trip.length);
        // What was learnt on the way does not hide a goal that can be reached.
        let (start, goal) = (Point2::new(trip.end.x, trip.end.y), world.free[0]);
        let trip = drive(&world, brain.as_mut(), start, goal, TOLERANCE, 1000.0);
        assert_eq!(trip.status, GoalStatus::Reached, "{search:?}: {} m", trip.length);
    }
}

fn wander(seed: u64) -> Trip {
    let world = World::drawn(U);
    let mut spec = spec(Search::RandomWalk);
    spec.grid.seed = seed;
    let mut brain = navigator(&spec, world.size);
    drive(&world, brain.as_mut(), world.free[0], world.free[world.free.len() - 1], TOLERANCE, 5000.0)
}

#[test]
fn a_random_walk_gets_there_some_time_and_follows_from_its_seed() {
    let [a, b, c] = [7, 7, 8].map(wander);
    assert_eq!(a.status, GoalStatus::Reached, "{} m", a.length);
    assert_eq!(c.status, GoalStatus::Reached, "{} m", c.length);
    assert_eq!(a.trail, b.trail);
    assert_ne!(a.trail, c.trail);
}

#[test]
fn the_same_goal_on_the_same_ground_gives_the_same_trail() {
    let world = World::drawn(LOOPS);
    for search in [Search::GridDStarLite, Search::LrtaStar] {
        let [a, b] = [(); 2].map(|()| {
            let mut brain = navigator(&spec(search), world.size);
            drive(&world, brain.as_mut(), world.free[0], world.free[9], TOLERANCE, 500.0)
        });
        assert_eq!(a.trail, b.trail, "{search:?}");
    }
}

#[test]
fn a_lost_or_displaced_pose_is_recovered() {
    let map = map([4.0, 4.0]);
    for search in [Search::GridDStarLite, Search::LrtaStar, Search::RandomWalk] {
        let mut brain = navigator(&spec(search), [4.0, 4.0]);
        let mut percepts = body().percepts();
        let mut step = |brain: &mut dyn Navigator, x: f64, y: f64| {
            percepts.now.0 += 20_000_000;
            let belief = Belief::at(Pose2::new(x, y, 0.0), Vec::new());
            let situation = Situation { belief: &belief, percepts: &percepts, map: &map };
            (brain.step(&situation), brain.status())
        };
        let brain = brain.as_mut();
        assert_eq!(step(brain, 1.0, 1.0), (Drive::REST, GoalStatus::Idle));
        brain.set_goal(Some(Goal::Reach { x: 3.0, y: 3.0, tolerance: TOLERANCE }));
        assert_ne!(step(brain, 1.0, 1.0).0, Drive::REST);
        assert_eq!(step(brain, f64::NAN, 1.0), (Drive::REST, GoalStatus::Active));
        assert_ne!(step(brain, 0.2, 3.7).0, Drive::REST);
        assert_eq!(step(brain, 3.1, 3.1), (Drive::REST, GoalStatus::Reached));
        assert_eq!(step(brain, 900.0, 3.1).1, GoalStatus::Unreachable);
        brain.set_goal(Some(Goal::Reach { x: f64::NAN, y: 3.0, tolerance: TOLERANCE }));
        assert_eq!(step(brain, 1.0, 1.0), (Drive::REST, GoalStatus::Unreachable));
    }
}
