//! The quadruped stands, walks, and says so when it has fallen.

#[path = "common/walk.rs"]
mod walk;

use nalgebra::Vector3;
use neuraxis_brain::RobotBrain;
use neuraxis_core::{StopReason, ops};
use neuraxis_scenario::TrialResult;
use neuraxis_sim::{Outcome, Setup};
use walk::Episode;

#[test]
fn it_stands_without_creeping() {
    let walk = walk::walk(&walk::walker(), &Episode::new(6.0, 0.0));
    assert_eq!(walk.fell, None);
    let settled = walk.ticks.iter().find(|now| now.time >= 1.0).expect("it was told");
    let last = walk.ticks.last().expect("it was told");
    let way = ops::hypot(last.at[0] - settled.at[0], last.at[1] - settled.at[1]);
    assert!(way <= 2e-3, "it crept {way} m in 5 s");
    assert!((0.24..0.36).contains(&last.height), "{last:?}");
    assert!(last.feet.iter().all(|force| (15.0..50.0).contains(force)), "a foot carries its share: {last:?}");
    let weight: f64 = last.feet.iter().sum();
    assert!((weight - 12.0 * 9.81).abs() < 3.0, "the feet carry {weight} N");
}

#[test]
fn it_walks_as_fast_as_asked_without_falling() {
    for (command, least) in [(0.3, 0.2), (0.5, 0.3)] {
        let walk = walk::walk(&walk::walker(), &Episode::new(5.5, command));
        assert_eq!(walk.fell, None, "at {command}");
        let speed = walk.speed(0.5);
        assert!(speed >= least, "{speed} m/s at {command}");
        // All legs are lifted, again and again.
        for leg in 0..4 {
            let touches: Vec<bool> = walk.ticks.iter().map(|now| now.feet[leg] > 1.0).collect();
            let steps = touches.windows(2).filter(|pair| !pair[0] && pair[1]).count();
            assert!(steps >= 4, "leg {leg} made {steps} steps at {command}");
        }
    }
}

#[test]
fn it_walks_the_same_to_the_bit() {
    let end = || {
        let walk = walk::walk(&walk::walker(), &Episode::new(2.0, 0.5));
        walk.ticks.last().map(|now| (now.at, now.joints, now.yaw))
    };
    assert_eq!(end(), end());
}

#[test]
fn a_push_ends_in_a_fall_that_is_told() {
    let (walker, brain) = walk::with_brain();
    let mind = RobotBrain::new(&brain, &walker.robot.description, neuraxis_core::Pose2::default());
    let setup =
        Setup { robot: walker.robot.clone(), brain: Some((Box::new(mind.expect("it fits")), brain.rate)) };
    let mut arena = walk::ground(setup, 0.9, 4);
    let mut told = None;
    while !arena.is_over() && arena.now().seconds() < 5.0 {
        arena.apply_faults();
        arena.sense();
        arena.think();
        arena.act();
        let time = arena.now().seconds();
        if (1.0..1.2).contains(&time) {
            arena.push(0, &Vector3::new(0.0, 500.0, 0.0));
        }
        arena.advance();
        arena.keep_score();
        let robot = &arena.robots()[0];
        let stop = robot.brain.as_ref().and_then(|brain| brain.decision().safety.stop);
        if told.is_none() && stop.is_some() {
            assert_eq!(stop, Some(StopReason::Tipped));
            let up = robot.pose().rotation * Vector3::z();
            let lean = ops::atan2(ops::hypot(up.x, up.y), up.z);
            assert!((0.6..1.2).contains(&lean), "it believes that it has tipped at {lean}");
            assert!(time > 1.0, "it stood until it was pushed");
            told = Some(time);
        }
    }
    assert!(told.is_some(), "it tells that it has tipped");
    assert_eq!(arena.robots()[0].score.outcome, Some(Outcome::Fallen));
    assert_eq!(TrialResult::of(&arena)[0].outcome, "fallen");
}
