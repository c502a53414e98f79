//! The baseline: a perceptron that computes what it should, and sees what it says it sees.

mod bodies;

use bodies::{MS, chain, feel, felt_chain, move_link};
use neuraxis_core::{Drive, Reading, Stamp, math};
use neuraxis_motor::{Mlp, MlpInput, MlpSpec, MotorSpec, RunningStats, build};
use proptest::prelude::*;

#[test]
fn a_perceptron_is_sums_and_tangents() {
    let mut mlp = Mlp::new(&[2, 3, 1], 0);
    assert_eq!(mlp.parameters().len(), 2 * 3 + 3 + 3 + 1);
    let w = [0.1, -0.2, 0.3, 0.4, -0.5, 0.6, 0.01, 0.02, 0.03, 1.0, -2.0, 3.0, 0.25];
    mlp.set_parameters(&w).expect("13");
    let mut out = [0.0];
    assert_eq!(mlp.step(&[0.7, -0.9], &mut out), 0);
    let hidden = [0, 1, 2].map(|i: usize| math::tanh(w[2 * i] * 0.7 - w[2 * i + 1] * 0.9 + w[6 + i]));
    let expected = math::tanh(hidden[0] - 2.0 * hidden[1] + 3.0 * hidden[2] + 0.25);
    assert!((out[0] - expected).abs() < 1e-12);
    assert!(mlp.set_parameters(&w[1..]).is_err() && mlp.set_parameters(&[f64::NAN; 13]).is_err());
    assert_eq!(mlp.parameters(), w);
}

#[test]
fn the_mlp_baseline_is_as_large_as_the_papers() {
    // 23 observations, two layers of 64, 5 joints.
    assert_eq!(Mlp::new(&[23, 64, 64, 5], 0).parameters().len(), 6021);
    assert_eq!(Mlp::new(&[24, 256, 256, 5], 0).parameters().len(), 73_477);
}

#[test]
fn on_a_body_it_sees_joints_drive_and_clock() {
    let body = chain(3);
    let spec = MlpSpec { hidden: Vec::new(), scale: 0.5, clock: Some(1.2), ..MlpSpec::default() };
    let mut circuit = build(&MotorSpec::Mlp(spec), &body).expect("they fit");
    // Two joints with two numbers each, speed, turn, sine, cosine: one row of weights an output, then biases.
    assert_eq!(circuit.trainable().expect("parameters").parameters().len(), 2 * 8 + 2);
    let (mut percepts, mut command) = (body.percepts(), body.command());
    let mut look = |input: usize, now: u64| {
        let mut weights = vec![0.0; 18];
        weights[input] = 1.0;
        circuit.trainable_mut().expect("parameters").set_parameters(&weights).expect("18");
        circuit.reset();
        for now in [0, now] {
            feel(&mut percepts, now, &[0.9, -0.6]);
            percepts.slots_mut()[0].put(Stamp(now), |reading| {
                if let Reading::Joints(joints) = reading {
                    joints.velocity.copy_from_slice(&[2.0, -1.0]);
                }
            });
            circuit.step(&Drive::new(0.3, -0.4), &percepts, 0.01, &mut command);
        }
        assert_eq!(command.values[1], 0.0);
        libm_atanh(command.values[0] / 0.5)
    };
    let pi = std::f64::consts::PI;
    for (input, expected) in [(0, 0.9 / pi), (1, 0.2), (2, -0.6 / pi), (3, -0.1), (4, 0.3), (5, -0.4)] {
        assert!((look(input, 30 * MS) - expected).abs() < 1e-9, "input {input}");
    }
    let phase = 2.0 * pi * 0.03 / 1.2;
    assert!((look(6, 30 * MS) - math::sin(phase)).abs() < 1e-9);
    assert!((look(7, 30 * MS) - math::cos(phase)).abs() < 1e-9);
}

/// The published baseline on a swimmer of six links.
fn published() -> MlpSpec {
    MlpSpec { inputs: Some(vec![MlpInput::Positions, MlpInput::Velocities]), ..MlpSpec::default() }
}

#[test]
fn the_published_baseline_sees_five_joints_and_how_six_links_move() {
    let body = felt_chain(6);
    let circuit = build(&MotorSpec::Mlp(published()), &body).expect("they fit");
    assert_eq!(circuit.trainable().expect("parameters").parameters().len(), 6021);
    let spec = MlpSpec { hidden: Vec::new(), step: 0.01, ..published() };
    let mut circuit = build(&MotorSpec::Mlp(spec), &body).expect("they fit");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    feel(&mut percepts, 0, &[0.1, 0.2, 0.3, 0.4, 0.5]);
    for link in 0..6 {
        let v = 0.01 * link as f64;
        move_link(&mut percepts, 0, link, [v + 0.1, v + 0.2, 9.0, 9.0, 9.0, v + 0.3]);
    }
    let mut look = |input: usize, now: u64| {
        let mut weights = vec![0.0; 23 * 5 + 5];
        weights[input] = 1.0;
        circuit.trainable_mut().expect("parameters").set_parameters(&weights).expect("as many");
        circuit.reset();
        percepts.now = Stamp(now);
        circuit.step(&Drive::REST, &percepts, 0.01, &mut command);
        (libm_atanh(command.values[0]), circuit.diagnostics().missing_now)
    };
    for (input, expected) in
        [(0, 0.1 / math::PI), (4, 0.5 / math::PI), (5, 0.1), (6, 0.2), (7, 0.3), (8, 0.11), (22, 0.35)]
    {
        let (seen, missing) = look(input, 0);
        assert!((seen - expected).abs() < 1e-9 && missing == 0, "input {input}: {seen}");
    }
    // What was felt too long ago is not felt.
    assert_eq!(look(5, 100 * MS), (0.0, 23));
    let deaf = build(&MotorSpec::Mlp(published()), &chain(6)).err().expect("nothing tells how it moves");
    assert!(deaf.to_string().contains("velocities"), "{deaf}");
}

#[test]
fn mlp_observations_are_normalised_and_their_statistics_gathered() {
    let body = felt_chain(2);
    let by =
        RunningStats { count: 10, mean: vec![0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0], variance: vec![0.04; 7] };
    let spec = MlpSpec { hidden: Vec::new(), step: 0.01, normalisation: Some(by.clone()), ..published() };
    let mut circuit = build(&MotorSpec::Mlp(spec.clone()), &body).expect("they fit");
    assert_eq!(
        (
            circuit.trainable().expect("parameters").normalisation(),
            circuit.trainable().expect("parameters").gathered()
        ),
        (Some(&by), None)
    );
    circuit.trainable_mut().expect("parameters").set_normalisation(&by).expect("as many");
    circuit
        .trainable_mut()
        .expect("parameters")
        .set_parameters(&[0.0, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
        .expect("as many");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    for tick in 0..4_u64 {
        feel(&mut percepts, tick * 10 * MS, &[0.0]);
        for link in 0..2 {
            move_link(&mut percepts, tick * 10 * MS, link, [0.1 * tick as f64, 0.0, 0.0, 0.0, 0.0, 0.0]);
        }
        circuit.step(&Drive::REST, &percepts, 0.01, &mut command);
    }
    // 0.3 m/s is one standard deviation below the mean.
    assert!((libm_atanh(command.values[0]) + 0.1).abs() < 1e-6, "{command:?}");
    let gathered = circuit.trainable().expect("parameters").gathered().expect("it was asked to").clone();
    assert_eq!(gathered.count, 4);
    assert!((gathered.mean[1] - 0.15).abs() < 1e-12, "as it came: {gathered:?}");
    circuit.reset();
    assert_eq!(circuit.trainable().expect("parameters").gathered().map(|moments| moments.count), Some(0));
    let short = MlpSpec {
        normalisation: Some(RunningStats { count: 2, mean: vec![0.0], variance: vec![1.0] }),
        ..spec
    };
    assert!(build(&MotorSpec::Mlp(short), &body).is_err());
}

fn libm_atanh(y: f64) -> f64 {
    0.5 * math::ln((1.0 + y) / (1.0 - y))
}

#[test]
fn missing_inputs_count_as_zero_and_are_reported() {
    let body = chain(6);
    let mut circuit = build(&MotorSpec::Mlp(MlpSpec::default()), &body).expect("they fit");
    let (percepts, mut command) = (body.percepts(), body.command());
    circuit.step(&Drive::REST, &percepts, 0.01, &mut command);
    assert_eq!(circuit.diagnostics().missing_now, 10);
    assert!(command.values.iter().all(|value| value.is_finite()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mlp_outputs_are_within_bounds(
        weights in prop::collection::vec(any::<f64>(), 3 * 4 + 4 + 4 * 2 + 2),
        seen in prop::collection::vec(any::<f64>(), 3),
    ) {
        let mut mlp = Mlp::new(&[3, 4, 2], 1);
        let weights: Vec<f64> = weights.iter().map(|w| if w.is_finite() { *w } else { 1.0 }).collect();
        mlp.set_parameters(&weights).expect("26");
        let mut out = [f64::NAN; 2];
        mlp.step(&seen, &mut out);
        prop_assert!(out.iter().all(|v| (-1.0..=1.0).contains(v)), "{:?}", out);
    }
}
