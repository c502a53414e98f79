//! The quadruped stands, walks, and says so when it has fallen.

#[path = "common/walk.rs"]
mod walk;

use std::path::Path;
use std::sync::atomic::AtomicBool;

use nalgebra::Vector3;
use neuraxis_brain::RobotBrain;
use neuraxis_core::{Brain, Drive, StopReason, math};
use neuraxis_lab::motor::task::Ground;
use neuraxis_lab::motor::{MotorEnv, Start, Task, run_episode};
use neuraxis_motor::{MotorSpec, QuadrupedSpec};
use neuraxis_trial::parallel::map_in_order;
use neuraxis_trial::plan::PlannedRobot;
use neuraxis_trial::{Outcome, OutcomeKind, Participant, Trial, TrialResult};
use walk::Episode;

#[test]
fn legs_stand_without_creeping() {
    let walk = walk::walk(&walk::walker(), &Episode::new(6.0, 0.0));
    assert_eq!(walk.fell, None);
    let settled = walk.ticks.iter().find(|now| now.time >= 1.0).expect("it was told");
    let last = walk.ticks.last().expect("it was told");
    let way = math::hypot(last.at[0] - settled.at[0], last.at[1] - settled.at[1]);
    assert!(way <= 2e-3, "it crept {way} m in 5 s");
    assert!((0.24..0.36).contains(&last.height), "{last:?}");
    assert!(last.feet.iter().all(|force| (15.0..50.0).contains(force)), "a foot carries its share: {last:?}");
    let weight: f64 = last.feet.iter().sum();
    assert!((weight - 12.0 * 9.81).abs() < 3.0, "the feet carry {weight} N");
}

#[test]
fn legs_walk_at_the_commanded_speed_without_falling() {
    let walker = walk::walker();
    for (command, least) in [(0.3, 0.25), (0.5, 0.42)] {
        let share = command / walker.robot.description.limits.linear;
        let walk = walk::walk(&walker, &Episode::new(5.5, share));
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
fn walking_is_reproducible_to_the_bit() {
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
    let mind: Box<dyn Brain> = Box::new(mind.expect("it fits"));
    let entrant = Participant { robot: walker.robot.clone(), brain: Some((mind, brain.rate)) };
    let (scene, layout) = walk::scene(&walker.robot, 0.9, 4);
    let mut trial = Trial::new(0, 1, &scene.spec, layout, vec![entrant]);
    let mut told = None;
    while !trial.is_over() && trial.now().seconds() < 5.0 {
        let time = trial.now().seconds();
        if (1.0..1.2).contains(&time) {
            trial.session_mut().world_mut().push(0, &Vector3::new(0.0, 500.0, 0.0));
        }
        trial.step();
        let robot = trial.robot(0);
        let stop = robot.brain.and_then(|brain| brain.decision().safety.stop);
        if told.is_none() && stop.is_some() {
            assert_eq!(stop, Some(StopReason::Tipped));
            let up = robot.sim.pose().rotation * Vector3::z();
            let lean = math::atan2(math::hypot(up.x, up.y), up.z);
            assert!((0.6..1.2).contains(&lean), "it believes that it has tipped at {lean}");
            assert!(time > 1.0, "it stood until it was pushed");
            told = Some(time);
        }
    }
    assert!(told.is_some(), "it tells that it has tipped");
    assert_eq!(trial.robot(0).score.outcome, Some(Outcome::Fallen));
    assert_eq!(TrialResult::of(&trial)[0].outcome, OutcomeKind::Fallen);
}

fn robot(name: &str) -> PlannedRobot {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../robots").join(name);
    PlannedRobot::load(&path, &[]).map_err(|error| error.to_string()).expect("a robot")
}

fn subject(task: Task) -> MotorEnv {
    MotorEnv::of(&robot("quadruped/quadruped.yaml"), task).expect("it can walk")
}

#[test]
fn reflexes_of_balance_catch_pushes_that_throw_it_without_them() {
    let own = subject(Task::Walk { speed: Some(0.5), push: 20.0, ground: Ground::Flat });
    let MotorSpec::Quadruped(spec) = &own.motor else { unreachable!("it is a quadruped") };
    let without =
        own.with(MotorSpec::Quadruped(QuadrupedSpec { balance: false, ..spec.clone() })).expect("it fits");
    let falls = |subject: &MotorEnv| {
        let walks = map_in_order(16, 2, &AtomicBool::new(false), |i| {
            let mut circuit = subject.circuit().expect("a circuit");
            // Odd seeds are pushed.
            run_episode(subject, &mut *circuit, Start::Random(2 * i as u64 + 1), Some(330), false)
        });
        walks.expect("not stopped").iter().filter(|walk| walk.fell.is_some()).count()
    };
    let (caught, thrown) = (falls(&own), falls(&without));
    assert!(thrown >= 8 && caught <= 3, "of 16 pushes {thrown} throw it without, and {caught} with balance");
}

#[test]
fn legs_walk_on_bumps_and_up_a_slope() {
    for ground in [Ground::Bumps, Ground::Slope] {
        let subject = subject(Task::Walk { speed: Some(0.5), push: 0.0, ground });
        let mut circuit = subject.circuit().expect("a circuit");
        let walk = run_episode(&subject, &mut *circuit, Start::Random(0), Some(200), false);
        assert_eq!(walk.fell, None, "{ground:?}");
        assert!(walk.way > 0.6, "{ground:?}: {} m in 6 s", walk.way);
    }
}

#[test]
fn wheels_follow_a_figure_of_eight() {
    let task = Task::Follow { radius: 1.0, speed: Some(0.5) };
    let subject = MotorEnv::of(&robot("burger/burger.yaml"), task).expect("it can follow");
    let mut circuit = subject.circuit().expect("a circuit");
    let along = run_episode(&subject, &mut *circuit, Start::Random(0), None, false);
    assert!(along.reward > 0.7 * along.steps as f64, "{} of {}", along.reward, along.steps);
    // Who is told to stand gets nothing.
    let mut lazy = subject.clone();
    lazy.drive = Some(Drive::REST);
    let mut circuit = lazy.circuit().expect("a circuit");
    assert!(run_episode(&lazy, &mut *circuit, Start::Random(0), None, false).reward < 1.0);
}
