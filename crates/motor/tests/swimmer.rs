//! The swimmer on a body: whose joints it reads, when it rests, what its switches do, and what it does without a sense.

mod bodies;

use bodies::{MS, chain, feel};
use neuraxis_core::Drive;
use neuraxis_motor::{MotorCircuit, MotorSpec, Swimmer, SwimmerCircuit, SwimmerSpec, build};
use proptest::prelude::*;

/// A bent body, rad.
const BENT: [f64; 5] = [0.5, -0.3, 0.8, -0.6, 0.1];

fn bare(spec: &SwimmerSpec, q: &[f64], speed: f64, turn: f64) -> Vec<f64> {
    let mut swimmer = Swimmer::new(spec, q.len()).expect("a swimmer");
    let mut activation = vec![f64::NAN; q.len()];
    swimmer.step(q, speed, turn, &mut activation);
    activation
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12)
}

#[test]
fn a_joint_is_driven_by_the_one_before_it_wherever_they_stand() {
    // The command and the sense have orders of their own.
    let mut body = chain(6);
    for (actuator, i) in body.actuators.iter_mut().zip([3, 0, 4, 1, 2]) {
        actuator.joint = format!("joint_{i}");
    }
    body.sensors[0].joints =
        ["joint_4", "joint_2", "joint_0", "joint_3", "joint_1"].map(str::to_owned).to_vec();
    let joints = (0..5).map(|i| format!("joint_{i}")).collect();
    let spec = SwimmerSpec { joints: Some(joints), torque: 2e-3, ..SwimmerSpec::default() };
    let mut circuit = SwimmerCircuit::new(&spec, &body).expect("they fit");
    let mut percepts = body.percepts();
    let mut command = body.command();
    feel(&mut percepts, 0, &[BENT[4], BENT[2], BENT[0], BENT[3], BENT[1]]);
    circuit.step(&Drive::new(1.0, 0.0), &percepts, 0.01, &mut command);
    let per_joint = 6.0 / (2.0 * std::f64::consts::PI);
    let expected = [1.0, BENT[0] * per_joint, BENT[1] * per_joint, BENT[2] * per_joint, BENT[3] * per_joint];
    let found = [1, 3, 4, 0, 2].map(|index: usize| command.values[index] / 2e-3);
    assert!(close(&found, &expected), "{found:?} {expected:?}");
}

#[test]
fn a_swimmer_steps_at_its_own_period_and_holds_torques_between() {
    let body = chain(6);
    let mut circuit = SwimmerCircuit::new(&SwimmerSpec::default(), &body).expect("they fit");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    let mut head = Vec::new();
    let mut second = Vec::new();
    for tick in 0..360 {
        let bend = if tick % 3 == 0 { 0.5 } else { -0.5 };
        feel(&mut percepts, tick * 10 * MS, &[bend; 5]);
        circuit.step(&Drive::new(1.0, 0.0), &percepts, 0.01, &mut command);
        head.push(command.values[0]);
        second.push(command.values[1]);
    }
    assert!(second.iter().all(|torque| *torque > 0.0), "it looks every 30 ms only");
    assert!(head[..90].iter().all(|torque| *torque == 5e-4), "0.9 s to one side");
    assert!(head[90..180].iter().all(|torque| *torque == -5e-4), "0.9 s to the other");
    assert_eq!(head[..180], head[180..]);
}

#[test]
fn a_swimmer_rests_at_zero_drive_and_cannot_reverse() {
    let wild = SwimmerSpec {
        parameters: [("bneuron_speed".to_owned(), -0.1), ("bneuron_prop".to_owned(), 9.0)].into(),
        ..SwimmerSpec::default()
    };
    for spec in [SwimmerSpec::default(), SwimmerSpec { speed: false, ..SwimmerSpec::default() }, wild] {
        for (speed, turn) in [(0.0, 0.0), (-1.0, 0.0), (-0.2, 0.7), (f64::NAN, 0.3), (-1.0, f64::NAN)] {
            assert_eq!(bare(&spec, &BENT, speed, turn), [0.0; 5], "speed {speed}, turn {turn}");
        }
        assert_ne!(bare(&spec, &BENT, 1.0, 0.0), [0.0; 5]);
    }
    // It cannot turn in place either, but it can swim a curve.
    assert_ne!(bare(&SwimmerSpec::default(), &BENT, 0.0, 1.0), [0.0; 5]);
}

#[test]
fn speed_is_a_throttle() {
    let spec = SwimmerSpec::default();
    for speed in [0.1, 0.4, 0.7, 1.0] {
        let activation = bare(&spec, &[0.0; 5], speed, 0.0);
        assert!((activation[0] - speed).abs() < 1e-12, "{speed} {activation:?}");
    }
    let free = SwimmerSpec { speed: false, ..spec };
    assert_eq!(bare(&free, &BENT, 0.2, 0.0), bare(&free, &BENT, 1.0, 0.0));
}

#[test]
fn a_turn_bends_the_head_and_is_limited() {
    let spec = SwimmerSpec::default();
    let mut swimmer = Swimmer::new(&spec, 5).expect("a swimmer");
    let mut mean = |turn: f64| {
        let mut sum = 0.0;
        swimmer.circuit_mut().set_clock(0);
        for _ in 0..60 {
            let mut activation = [0.0; 5];
            swimmer.step(&[0.0; 5], 1.0, turn, &mut activation);
            sum += activation[0];
        }
        sum / 60.0
    };
    let (left, straight, right) = (mean(0.5), mean(0.0), mean(-0.5));
    assert!(
        left < -0.2 && straight.abs() < 1e-12 && right > 0.2,
        "right is dorsal: {left} {straight} {right}"
    );
    assert_eq!(mean(1.0), mean(0.75), "beyond the limit a turn is the limit");
    let unlimited = SwimmerSpec { turn_limit: 1.0, ..spec.clone() };
    let mut stalled = Swimmer::new(&unlimited, 5).expect("a swimmer");
    stalled.circuit_mut().set_clock(30);
    let mut activation = [9.0; 5];
    stalled.step(&[0.0; 5], 1.0, -1.0, &mut activation);
    assert_eq!(activation[0], 0.0, "why it is limited: in the other half the head no longer swings");
    assert_ne!(bare(&spec, &BENT, 1.0, 0.5), bare(&spec, &BENT, 1.0, 0.0));
    let straight_on = SwimmerSpec { turn: false, ..spec.clone() };
    assert_eq!(bare(&straight_on, &BENT, 1.0, 0.5), bare(&spec, &BENT, 1.0, 0.0));
    let two = bare(&SwimmerSpec { turn_joints: 2, ..spec.clone() }, &BENT, 1.0, -0.5);
    let one = bare(&spec, &BENT, 1.0, -0.5);
    assert!(two[0] == one[0] && two[1] != one[1] && two[2..] == one[2..], "{one:?} {two:?}");
}

#[test]
fn without_proprioception_only_the_head_moves_and_without_oscillator_it_does_not() {
    let spec = SwimmerSpec::default();
    let deaf = bare(&SwimmerSpec { proprioception: false, ..spec.clone() }, &BENT, 1.0, 0.0);
    assert_eq!(deaf, [1.0, 0.0, 0.0, 0.0, 0.0]);
    let still = bare(&SwimmerSpec { oscillator: false, ..spec.clone() }, &BENT, 1.0, 0.0);
    let full = bare(&spec, &BENT, 1.0, 0.0);
    assert!(still[0] == 0.0 && full[0] == 1.0 && still[1..] == full[1..]);
    // Without the sense it needs no joint state.
    let mut body = chain(6);
    body.sensors.clear();
    assert!(SwimmerCircuit::new(&SwimmerSpec { proprioception: false, ..spec }, &body).is_ok());
}

#[test]
fn a_longer_period_is_longer_and_signs_are_held_only_where_they_should() {
    let mut slow =
        Swimmer::new(&SwimmerSpec { period: 3.6, ..SwimmerSpec::default() }, 5).expect("a swimmer");
    let mut activation = [0.0; 5];
    let head: Vec<f64> = (0..120)
        .map(|_| {
            slow.step(&[0.0; 5], 1.0, 0.0, &mut activation);
            activation[0]
        })
        .collect();
    assert!(head[..60].iter().all(|a| *a == 1.0) && head[60..].iter().all(|a| *a == -1.0));

    let set = |constrained| {
        let spec = SwimmerSpec { constrained, ..SwimmerSpec::default() };
        let mut swimmer = Swimmer::new(&spec, 5).expect("a swimmer");
        let flipped: Vec<f64> = swimmer.circuit().parameters().iter().map(|w| -w).collect();
        swimmer.circuit_mut().set_parameters(&flipped).expect("as many");
        let mut activation = [9.0; 5];
        swimmer.step(&BENT, 0.5, 0.2, &mut activation);
        activation
    };
    assert_eq!(set(true), [0.0; 5], "wrong signs are as nothing");
    assert_ne!(set(false), [0.0; 5]);
}

#[test]
fn a_joint_that_is_not_felt_is_relaxed_and_said_so() {
    let body = chain(6);
    let mut circuit = build(&MotorSpec::Swimmer(SwimmerSpec::default()), &body).expect("they fit");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    let drive = Drive::new(1.0, 0.0);

    circuit.step(&drive, &percepts, 0.01, &mut command);
    assert_eq!(command.values, [0.0; 5], "nothing was felt yet");
    assert_eq!(circuit.diagnostics().missing_now, 5);

    let mut bent = BENT;
    bent[2] = f64::NAN;
    feel(&mut percepts, 30 * MS, &bent);
    circuit.step(&drive, &percepts, 0.01, &mut command);
    assert_eq!(circuit.diagnostics().missing_now, 1);
    let relaxed: Vec<bool> = command.values.iter().map(|torque| *torque == 0.0).collect();
    assert_eq!(
        relaxed,
        [false, false, true, true, false],
        "the joint itself, and the one that listens to it"
    );

    feel(&mut percepts, 60 * MS, &BENT);
    circuit.step(&drive, &percepts, 0.01, &mut command);
    assert!(command.values.iter().all(|torque| *torque != 0.0));
    assert_eq!((circuit.diagnostics().missing_now, circuit.diagnostics().missing), (0, 6));

    // The sense falls silent: five of its periods are 50 ms.
    percepts.now = neuraxis_core::Stamp(150 * MS);
    circuit.step(&drive, &percepts, 0.01, &mut command);
    assert_eq!(command.values, [0.0; 5]);
    assert_eq!(circuit.diagnostics().missing_now, 5);
}

#[test]
fn a_reset_is_the_start_and_parameters_stay() {
    let body = chain(4);
    let mut circuit = build(&MotorSpec::Swimmer(SwimmerSpec::default()), &body).expect("they fit");
    assert_eq!(
        circuit.trainable().expect("parameters").parameter_names().len(),
        circuit.trainable().expect("parameters").parameters().len()
    );
    let set = vec![0.9, 1.1, -0.8, 0.7, -1.2, 1.3];
    circuit.trainable_mut().expect("parameters").set_parameters(&set).expect("six");
    assert!(circuit.trainable_mut().expect("parameters").set_parameters(&[1.0]).is_err());
    let mut run = || {
        circuit.reset();
        let (mut percepts, mut command) = (body.percepts(), body.command());
        let mut all = Vec::new();
        for tick in 0..100 {
            feel(&mut percepts, tick * 30 * MS, &[0.1, -0.2, 0.3]);
            circuit.step(&Drive::new(0.7, 0.2), &percepts, 0.03, &mut command);
            all.extend_from_slice(&command.values);
        }
        all
    };
    assert_eq!(run(), run());
    assert_eq!(circuit.trainable().expect("parameters").parameters(), set);
    let wiring = circuit.wiring().expect("it is made of units");
    assert_eq!(wiring.units.len(), 3 + 3 * 4);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn activations_stay_within_bounds_for_any_weights_and_inputs(
        joints in 2_usize..15,
        flags in prop::array::uniform6(any::<bool>()),
        seed in prop::collection::vec(any::<f64>(), 200),
        q in prop::collection::vec(any::<f64>(), 15),
        (speed, turn) in (any::<f64>(), any::<f64>()),
    ) {
        let [proprioception, oscillator, speed_on, turn_on, constrained, weight_sharing] = flags;
        let spec = SwimmerSpec {
            proprioception, oscillator, speed: speed_on, turn: turn_on, constrained, weight_sharing,
            ..SwimmerSpec::default()
        };
        let mut swimmer = Swimmer::new(&spec, joints).expect("a swimmer");
        let count = swimmer.circuit().parameter_count();
        let values: Vec<f64> = seed[..count].iter().map(|w| if w.is_finite() { *w } else { 1.0 }).collect();
        swimmer.circuit_mut().set_parameters(&values).expect("as many");
        let mut activation = vec![f64::NAN; joints];
        for _ in 0..3 {
            swimmer.step(&q[..joints], speed, turn, &mut activation);
            prop_assert!(activation.iter().all(|a| (-1.0..=1.0).contains(a)), "{:?}", activation);
        }
    }
}
