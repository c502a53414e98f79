//! What every estimator keeps to.

use neuraxis_core::Command;
use neuraxis_core::body::BodyDescription;
use neuraxis_fusion::Estimator;

use super::{NONSENSE_SEEDS, TICKS, move_over};
use crate::{Rig, allocations};

/// An estimator and the body that it knows about.
pub type Made = (BodyDescription, Box<dyn Estimator>);

/// A body that is driven about by hand: what its wheels or joints are told at a tick.
fn steer(command: &mut Command, tick: u64) {
    let wanted = match tick / 40 % 4 {
        0 => [4.0, 4.0],
        1 => [2.0, 4.5],
        2 => [0.0, 0.0],
        _ => [5.0, 1.0],
    };
    for (value, wanted) in command.values.iter_mut().zip(wanted) {
        *value = wanted;
    }
}

/// Beliefs as text, to the last bit, tick by tick.
fn run(
    estimator: &mut dyn Estimator,
    rig: &mut Rig,
    command: &mut Command,
    ticks: std::ops::Range<u64>,
) -> Vec<String> {
    let mut beliefs = Vec::new();
    for tick in ticks {
        steer(command, tick);
        rig.step(command);
        estimator.update(rig.percepts());
        beliefs.push(format!("{:?}", estimator.belief()));
    }
    beliefs
}

/// No update takes memory.
pub fn an_update_takes_no_memory(make: &dyn Fn() -> Made) {
    let (body, mut estimator) = make();
    let (mut rig, mut command) = (Rig::new(&body, 1), body.command());
    for tick in 0..TICKS {
        steer(&mut command, tick);
        rig.step(&command);
        let before = allocations::so_far();
        estimator.update(rig.percepts());
        assert_eq!(allocations::so_far() - before, 0, "in tick {tick}");
    }
}

/// Whatever is felt, the belief is finite.
pub fn nonsense_in_gives_finite_beliefs(make: &dyn Fn() -> Made) {
    for seed in NONSENSE_SEEDS {
        let (body, mut estimator) = make();
        let (mut rig, mut command) = (Rig::new(&body, seed).with_nonsense(0.3), body.command());
        for tick in 0..TICKS {
            steer(&mut command, tick);
            rig.step(&command);
            estimator.update(rig.percepts());
            let belief = estimator.belief();
            assert!(belief.is_finite(), "seed {seed}, tick {tick}: {belief:?}");
        }
    }
}

/// The same senses give the same beliefs and the same map, to the bit.
pub fn the_same_senses_give_the_same_beliefs(make: &dyn Fn() -> Made) {
    let [a, b] = [0, 1].map(|_| {
        let (body, mut estimator) = make();
        let beliefs = run(&mut *estimator, &mut Rig::new(&body, 3), &mut body.command(), 0..TICKS);
        (beliefs, estimator.map().cells().to_vec())
    });
    assert!(a == b);
}

/// An estimator that was saved, and one that was loaded with that, believe the same from then on.
pub fn a_saved_estimator_goes_on_the_same(make: &dyn Fn() -> Made) {
    for saved_at in [0, 1, 57, 130] {
        let (body, mut estimator) = make();
        let (mut rig, mut command) = (Rig::new(&body, 6), body.command());
        run(&mut *estimator, &mut rig, &mut command, 0..saved_at);
        let (_, mut other) = make();
        move_over(&body, &*estimator, &mut *other);
        let [a, b] = [&mut estimator, &mut other].map(|estimator| {
            run(&mut **estimator, &mut rig.clone(), &mut command.clone(), saved_at..saved_at + TICKS)
        });
        assert!(a == b, "saved at tick {saved_at}");
        assert!(
            estimator.map().log_odds() == other.map().log_odds(),
            "the maps of one saved at tick {saved_at}"
        );
    }
}

/// An estimator that hears nothing any more does not run away: its belief stays finite, and drifts by less than 0.1 m in the two
/// seconds that begin one second after the last reading.
///
/// The estimators on the plane move by their wheels alone and drift by 0 m: without a message they extrapolate for 0.1 s and stay. Those
/// in space coast: without an inertial unit nobody feels a body brake, so it is believed to go on at the velocity that it had, whose variance
/// grows by the square of the speed limit each second. Once a second the prior that the body is no faster than that limit takes away
/// part of the velocity, 62 % where both are in balance (the variance is then 1.62 times the prior's), and with it part of the way of the
/// second before. The drift is therefore proportional to the velocity at the last reading: measured 0.058 m on wheels at 0.23 m/s, and
/// 0.020 m on legs at 0.08 m/s.
pub fn it_stays_when_all_is_silent(make: &dyn Fn() -> Made) {
    let (body, mut estimator) = make();
    let (mut rig, mut command) = (Rig::new(&body, 7), body.command());
    run(&mut *estimator, &mut rig, &mut command, 0..TICKS);
    let mut percepts = rig.percepts().clone();
    let mut poses = Vec::new();
    for _ in 0..300 {
        percepts.now = percepts.now + 10_000_000;
        estimator.update(&percepts);
        assert!(estimator.belief().is_finite());
        poses.push(estimator.belief().pose);
    }
    let drift = poses[299].distance(&poses[99]);
    assert!(drift < 0.1, "{drift} m from {:?} to {:?}", poses[99], poses[299]);
}

/// The tests of the laws for one estimator: `estimator_laws!(name, || (body, estimator))`.
#[macro_export]
macro_rules! estimator_laws {
    ($name:ident, $make:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "what makes it may need nothing")]
            use super::*;
            $crate::laws!(estimator, $make;
                an_update_takes_no_memory, nonsense_in_gives_finite_beliefs, the_same_senses_give_the_same_beliefs,
                a_saved_estimator_goes_on_the_same, it_stays_when_all_is_silent);
        }
    };
}
