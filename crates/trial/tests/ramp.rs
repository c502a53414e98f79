//! Over a ramp: an estimate in space knows the height and the slope that the body is on.

use std::path::Path;

use neuraxis_core::Pose2;
use neuraxis_trial::plan::Changes;
use neuraxis_trial::{Outcome, PlannedScene};

/// Drives the ramp; how the trial ended, and the largest errors of position (m), height (m) and pitch (rad), and the steepest pitch.
fn drive(seed: u64, space: &str) -> (Option<Outcome>, [f64; 3], f64) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenes/ramp.yaml");
    let space = format!("brain.fusion.space={space}").parse().expect("a setting");
    let changes = Changes { robot_overrides: vec![space], ..Changes::default() };
    let scene = PlannedScene::load(&path, &changes).map_err(|e| format!("{e:?}")).expect("the scene loads");
    let mut trial = scene.trial(0, seed).expect("a trial");
    let (mut worst, mut steepest) = ([0.0_f64; 3], 0.0_f64);
    let mut level = None;
    while !trial.is_over() {
        trial.step();
        let robot = trial.robot(0);
        let truth = robot.sim.pose();
        let Some(brain) = robot.brain else { break };
        let belief = &brain.decision().belief;
        // The belief's height counts from where the body stood when its senses had settled.
        if trial.now().seconds() < 1.0 {
            level = Some(truth.translation.z - belief.vertical.z);
            continue;
        }
        let (_, pitch, _) = truth.rotation.euler_angles();
        let height = truth.translation.z - level.unwrap_or(0.0);
        let off = [
            belief.pose.distance(&Pose2::from_spatial(&truth)),
            (belief.vertical.z - height).abs(),
            (belief.vertical.pitch - pitch).abs(),
        ];
        for (worst, off) in worst.iter_mut().zip(off) {
            *worst = worst.max(off);
        }
        steepest = steepest.max(pitch.abs());
    }
    (trial.robot(0).score.outcome.clone(), worst, steepest)
}

#[test]
fn a_body_on_a_ramp_knows_how_high_and_how_steep() {
    for seed in 0..3 {
        let (outcome, [place, height, pitch], steepest) = drive(seed, "se3");
        assert_eq!(outcome, Some(Outcome::Reached), "seed {seed}");
        assert!(steepest > 0.05, "it climbed: {steepest} rad");
        assert!(place < 0.12, "seed {seed}: {place} m off");
        assert!(height < 0.05, "seed {seed}: {height} m too high or low, on a table of 0.09 m");
        assert!(pitch < 0.6 * steepest, "seed {seed}: {pitch} rad off, the steepest is {steepest}");
    }
    // On the plane nobody knows of heights.
    let (_, [_, height, _], _) = drive(0, "se2");
    assert!(height > 0.07);
}
