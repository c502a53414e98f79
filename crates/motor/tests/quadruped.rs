//! The quadruped: it stands, strides and turns, its legs take turns, its reflexes answer a touch, and it fits its body.

mod bodies;

use bodies::{MS, balanced_dog, dog, feel, touch};
use neuraxis_core::{Drive, Gait};
use neuraxis_motor::quadruped::rhythm;
use neuraxis_motor::{LegState, MotorSpec, Quadruped, QuadrupedSpec, build};
use proptest::prelude::*;

const STANDING: [[f64; 3]; 4] = [[0.0, 0.4, -1.2], [0.0, 0.4, -1.2], [0.0, 0.7, -1.2], [0.0, 0.7, -1.2]];

fn deaf() -> QuadrupedSpec {
    QuadrupedSpec { afferents: false, stumbling: false, loading: false, ..QuadrupedSpec::default() }
}

/// What it does for `steps` steps, its feet in the air.
fn run(spec: &QuadrupedSpec, drive: &Drive, steps: usize) -> Vec<[[f64; 3]; 4]> {
    let mut quadruped = Quadruped::new(spec).expect("a quadruped");
    let mut targets = [[f64::NAN; 3]; 4];
    (0..steps)
        .map(|_| {
            quadruped.step(&[LegState::UNKNOWN; 4], drive, &mut targets);
            targets
        })
        .collect()
}

/// Range of the thigh of `leg` over the second half of `trace`, rad.
fn stride(trace: &[[[f64; 3]; 4]], leg: usize) -> f64 {
    let angles = trace[trace.len() / 2..].iter().map(|targets| targets[leg][1]);
    angles.clone().fold(f64::MIN, f64::max) - angles.fold(f64::MAX, f64::min)
}

#[test]
fn a_quadruped_at_zero_drive_holds_its_stance() {
    for targets in run(&QuadrupedSpec::default(), &Drive::REST, 100) {
        assert_eq!(targets, STANDING);
    }
    let nonsense = Drive { speed: f64::NAN, turn: f64::INFINITY, gait: Gait::Auto };
    assert_eq!(run(&QuadrupedSpec::default(), &nonsense, 10)[9], STANDING);
}

#[test]
fn a_walking_quadruped_stands_again_at_zero_drive() {
    let mut quadruped = Quadruped::new(&deaf()).expect("a quadruped");
    let mut targets = [[0.0; 3]; 4];
    for _ in 0..100 {
        quadruped.step(&[LegState::UNKNOWN; 4], &Drive::new(1.0, 0.0), &mut targets);
    }
    assert_ne!(targets, STANDING);
    for _ in 0..11 {
        quadruped.step(&[LegState::UNKNOWN; 4], &Drive::REST, &mut targets);
    }
    assert_eq!(targets, STANDING, "after the ramp of 0.3 s");
}

#[test]
fn strides_grow_with_speed_turn_round_with_its_sign_and_differ_in_a_turn() {
    let strides = |speed: f64, turn: f64| {
        let trace = run(&deaf(), &Drive::new(speed, turn), 300);
        [0, 1, 2, 3].map(|leg| stride(&trace, leg))
    };
    let (slow, fast) = (strides(0.1, 0.0), strides(0.45, 0.0));
    assert!((0..4).all(|leg| slow[leg] > 0.05 && fast[leg] > 1.3 * slow[leg]), "{slow:?} {fast:?}");
    let left = strides(0.45, 0.5);
    assert!(left[0] < 0.8 * left[1] && left[2] < 0.8 * left[3], "left legs are the inner ones: {left:?}");
    let right = strides(0.45, -0.5);
    assert!(right[1] < 0.8 * right[0] && right[3] < 0.8 * right[2], "{right:?}");

    // Forward, a bent leg (calf low) is in front (thigh low); backward it is behind.
    let lean = |speed: f64| {
        let trace = run(&deaf(), &Drive::new(speed, 0.0), 300);
        let (bent, straight): (Vec<_>, Vec<_>) =
            trace[150..].iter().map(|t| t[0]).partition(|leg| leg[2] < -1.2);
        let mean = |legs: &[[f64; 3]]| legs.iter().map(|leg| leg[1]).sum::<f64>() / legs.len() as f64;
        mean(&bent) - mean(&straight)
    };
    assert!(lean(0.8) < -0.1 && lean(-0.8) > 0.1, "{} {}", lean(0.8), lean(-0.8));
}

#[test]
fn diagonal_legs_go_together_in_a_trot() {
    let mut quadruped = Quadruped::new(&deaf()).expect("a quadruped");
    let mut targets = [[0.0; 3]; 4];
    let mut onsets: [Vec<usize>; 4] = Default::default();
    let mut before = [1.0; 4];
    for step in 0..600 {
        quadruped.step(&[LegState::UNKNOWN; 4], &Drive::new(1.0, 0.0), &mut targets);
        for (leg, flexor) in quadruped.flexors().into_iter().enumerate() {
            if flexor > 0.0 && before[leg] <= 0.0 && step >= 300 {
                onsets[leg].push(step);
            }
            before[leg] = flexor;
        }
    }
    let period = (onsets[2][5] - onsets[2][0]) as f64 / 5.0;
    assert!((period * 0.03 - 0.6).abs() < 0.02, "{} s", period * 0.03);
    let phase = |leg: usize| {
        let since = onsets[leg].iter().find(|o| **o >= onsets[2][0]).expect("an onset") - onsets[2][0];
        (since as f64 / period).fract()
    };
    assert!((phase(3) - 0.5).abs() < 0.1 && (phase(0) - 0.5).abs() < 0.1, "{} {}", phase(3), phase(0));
    assert!(phase(1).min(1.0 - phase(1)) < 0.1, "{}", phase(1));
}

#[test]
fn gaits_are_commands_to_the_generator() {
    let swings = |gait: Gait, speed: f64| {
        let mut quadruped = Quadruped::new(&deaf()).expect("a quadruped");
        let mut targets = [[0.0; 3]; 4];
        let drive = Drive { speed, turn: 0.0, gait };
        let mut count = 0;
        let mut before = 0.0;
        for _ in 0..1000 {
            quadruped.step(&[LegState::UNKNOWN; 4], &drive, &mut targets);
            let now = quadruped.flexors()[2];
            count += usize::from(now > 0.0 && before <= 0.0);
            before = now;
        }
        count
    };
    assert_eq!(swings(Gait::Auto, 0.2), swings(Gait::Walk, 0.2));
    assert_eq!(swings(Gait::Auto, 0.9), swings(Gait::Trot, 0.9));
    assert!(swings(Gait::Bound, 0.5) > swings(Gait::Trot, 0.5), "it is faster");
}

/// Steps FL (or not) into something `when` steps after its swing began; calf targets and length of that swing.
fn swing(spec: &QuadrupedSpec, when: Option<usize>) -> (Vec<f64>, u64) {
    let mut quadruped = Quadruped::new(spec).expect("a quadruped");
    let mut targets = [[0.0; 3]; 4];
    let air = LegState { position: [0.0; 3], velocity: [0.0; 3], effort: [0.0; 3], foot: 0.0 };
    let mut calf = Vec::new();
    let (mut started, mut was) = (false, 1.0);
    for step in 0..400 {
        let mut legs = [air; 4];
        if started && when.is_some_and(|when| when <= calf.len()) {
            legs[0].foot = 20.0;
        }
        quadruped.step(&legs, &Drive::new(0.3, 0.0), &mut targets);
        let flexor = quadruped.flexors()[0];
        started |= step > 100 && was <= 0.0 && flexor > 0.0;
        was = flexor;
        if started {
            if flexor <= 0.0 {
                break;
            }
            calf.push(targets[0][2]);
        }
    }
    (calf, 0)
}

#[test]
fn a_leg_that_stumbles_early_bends_further_and_one_that_is_loaded_late_is_put_down() {
    let plain = QuadrupedSpec { afferents: false, ..QuadrupedSpec::default() };
    let (free, _) = swing(&plain, None);
    assert!(free.len() >= 6, "{free:?}");

    let (stumbled, _) = swing(&plain, Some(2));
    assert!(stumbled[3] < free[3] - 0.2, "the calf is bent further: {stumbled:?} {free:?}");
    let numb = QuadrupedSpec { stumbling: false, loading: false, ..plain.clone() };
    assert_eq!(swing(&numb, Some(2)).0, swing(&numb, None).0, "without reflexes it does not care");

    let (loaded, _) = swing(&plain, Some(5));
    assert!(loaded.len() < free.len(), "the swing ends sooner: {loaded:?} {free:?}");
    let unloaded = QuadrupedSpec { loading: false, ..plain };
    assert_eq!(swing(&unloaded, Some(5)).0.len(), free.len());
}

#[test]
fn quadruped_inputs_are_scaled_and_split_at_their_middle() {
    let spec =
        QuadrupedSpec { constrained: false, stumbling: false, loading: false, ..QuadrupedSpec::default() };
    let mut quadruped = Quadruped::new(&spec).expect("a quadruped");
    let names = quadruped.circuit().parameter_names().to_vec();
    let middle = LegState { position: [0.0, 0.4, -1.2], velocity: [0.0; 3], effort: [0.0; 3], foot: 0.0 };
    let mut targets = [[0.0; 3]; 4];
    let mut count = 0;
    for (joint, name) in ["hip", "thigh", "calf"].into_iter().enumerate() {
        for (feeling, [down, up]) in [
            ("position", [[-0.075, 0.075], [-0.1, 0.8], [-1.6, -1.06]][joint]),
            ("effort", [-16.75, 16.75]),
            ("velocity", [-7.5, 7.5]),
        ] {
            for (word, value) in [("neg", down), ("pos", up)] {
                let parameter = format!("afferent_front_flx_{name}_{feeling}_{word}");
                let index = names.iter().position(|own| *own == parameter).expect("a parameter");
                let mut weights = vec![0.0; names.len()];
                weights[index] = 0.6;
                quadruped.circuit_mut().set_parameters(&weights).expect("92");
                let mut felt = middle;
                match feeling {
                    "position" => felt.position[joint] = value,
                    "effort" => felt.effort[joint] = value,
                    _ => felt.velocity[joint] = value,
                }
                quadruped.step(&[felt; 4], &Drive::REST, &mut targets);
                let found = quadruped.circuit().activity("aff_flx_FL").expect("a unit");
                assert!((found - 0.3).abs() < 1e-12, "{parameter} {found}");
                assert_eq!(quadruped.circuit().activity("aff_ext_FL"), Some(0.0));
                count += 1;
            }
        }
    }
    assert_eq!(count, 18);
}

#[test]
fn a_touch_that_makes_a_leg_stumble_is_no_load() {
    let mut quadruped = Quadruped::new(&QuadrupedSpec::default()).expect("a quadruped");
    let names = quadruped.circuit().parameter_names();
    let weights: Vec<f64> =
        names.iter().map(|name| if name == "afferent_front_flx_foot_pos" { -1.0 } else { 0.0 }).collect();
    quadruped.circuit_mut().set_parameters(&weights).expect("92");
    let mut targets = [[0.0; 3]; 4];
    let mut legs = [LegState { position: [0.0; 3], velocity: [0.0; 3], effort: [0.0; 3], foot: 0.0 }; 4];
    let mut felt = Vec::new();
    let mut swing = 0;
    for _ in 0..60 {
        swing = if quadruped.flexors()[0] > 0.0 { swing + 1 } else { 0 };
        legs[0].foot = if swing == 3 || swing == 0 { 25.0 } else { 0.0 };
        quadruped.step(&legs, &Drive::new(0.3, 0.0), &mut targets);
        felt.push((swing, quadruped.circuit().activity("aff_flx_FL").expect("a unit")));
    }
    assert!(felt.iter().any(|(swing, _)| *swing == 3), "{felt:?}");
    for (swing, felt) in felt {
        match swing {
            0 => assert_eq!(felt, -0.5, "a standing leg feels its load"),
            1 | 2 => assert_eq!(felt, 0.0),
            3..=6 => assert_eq!(felt, 0.5, "the leg is lifted for 0.12 s: step {swing}"),
            _ => assert_eq!(felt, 0.0, "step {swing}"),
        }
    }
}

#[test]
fn the_rhythm_listens_to_the_legs() {
    let spec = QuadrupedSpec { stumbling: false, loading: false, ..QuadrupedSpec::default() };
    let swings = |spec: &QuadrupedSpec, foot: f64| {
        let mut quadruped = Quadruped::new(spec).expect("a quadruped");
        let mut targets = [[0.0; 3]; 4];
        let leg = LegState { position: [0.0, 0.4, -1.2], velocity: [0.0; 3], effort: [0.0; 3], foot };
        (0..300)
            .map(|_| {
                quadruped.step(&[leg; 4], &Drive::new(0.3, 0.0), &mut targets);
                usize::from(quadruped.flexors()[0] > 0.0)
            })
            .sum::<usize>()
    };
    assert_eq!(swings(&spec, 50.0), 0, "load on the feet holds the stance");
    assert!(swings(&spec, 0.0) > 50);
    let deaf = QuadrupedSpec { afferents: false, ..spec };
    assert_eq!(swings(&deaf, 50.0), swings(&deaf, 0.0));
}

#[test]
fn quadruped_joints_and_feet_are_matched_by_name() {
    let body = dog();
    let spec = QuadrupedSpec::default();
    let mut circuit = build(&MotorSpec::Quadruped(spec.clone()), &body).expect("they fit");
    assert_eq!(circuit.trainable().expect("parameters").parameters().len(), 92);
    let (mut percepts, mut command) = (body.percepts(), body.command());
    let mut alone = Quadruped::new(&spec).expect("a quadruped");
    let mut targets = [[0.0; 3]; 4];
    // The body's order is FR, FL, RR, RL.
    let own = [1, 0, 3, 2];
    for tick in 0..400_u64 {
        let position: Vec<f64> = (0..12).map(|i| 0.1 * f64::from(i) - 0.4).collect();
        feel(&mut percepts, tick * 10 * MS, &position);
        let forces = [0.0, 5.0, 12.0, 30.0];
        for (foot, force) in forces.iter().enumerate() {
            touch(&mut percepts, tick * 10 * MS, foot, *force);
        }
        circuit.step(&Drive::new(0.6, 0.2), &percepts, 0.01, &mut command);
        if tick % 3 == 0 {
            let legs = own.map(|at: usize| LegState {
                position: [position[3 * at], position[3 * at + 1], position[3 * at + 2]],
                velocity: [0.0; 3],
                effort: [0.0; 3],
                foot: forces[at],
            });
            alone.step(&legs, &Drive::new(0.6, 0.2), &mut targets);
        }
        for (leg, at) in own.iter().enumerate() {
            assert_eq!(command.values[3 * at..3 * at + 3], targets[leg], "tick {tick}");
        }
    }
    assert_eq!(circuit.diagnostics().missing, 0);
    percepts.now = neuraxis_core::Stamp(5000 * MS);
    circuit.step(&Drive::new(0.6, 0.2), &percepts, 0.01, &mut command);
    assert_eq!(circuit.diagnostics().missing_now, 40, "joints and feet that fell silent are told");
    assert!(command.values.iter().all(|value| value.is_finite()));
}

#[test]
fn eight_joints_without_hips_and_feet_are_enough() {
    let mut body = dog();
    body.actuators.retain(|actuator| !actuator.joint.contains("hip"));
    body.sensors.truncate(1);
    body.sensors[0].joints = body.joints();
    let mut circuit = build(&MotorSpec::Quadruped(QuadrupedSpec::default()), &body).expect("they fit");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    feel(&mut percepts, 0, &[0.4, -1.2, 0.4, -1.2, 0.7, -1.2, 0.7, -1.2]);
    circuit.step(&Drive::REST, &percepts, 0.01, &mut command);
    assert_eq!(command.values, [0.4, -1.2, 0.4, -1.2, 0.7, -1.2, 0.7, -1.2]);
    assert_eq!(circuit.diagnostics().missing, 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn quadruped_targets_stay_within_ranges_for_any_input(
        weights in prop::collection::vec(any::<f64>(), 92),
        felt in prop::collection::vec(any::<f64>(), 40),
        (speed, turn) in (any::<f64>(), any::<f64>()),
        constrained in any::<bool>(),
    ) {
        let spec = QuadrupedSpec { constrained, ..QuadrupedSpec::default() };
        let mut quadruped = Quadruped::new(&spec).expect("a quadruped");
        let weights: Vec<f64> = weights.iter().map(|w| if w.is_finite() { *w } else { 1.0 }).collect();
        quadruped.circuit_mut().set_parameters(&weights).expect("92");
        let legs = [0, 10, 20, 30].map(|at: usize| LegState {
            position: [felt[at], felt[at + 1], felt[at + 2]],
            velocity: [felt[at + 3], felt[at + 4], felt[at + 5]],
            effort: [felt[at + 6], felt[at + 7], felt[at + 8]],
            foot: felt[at + 9],
        });
        let mut targets = [[f64::NAN; 3]; 4];
        for _ in 0..20 {
            quadruped.step(&legs, &Drive { speed, turn, gait: Gait::Auto }, &mut targets);
            for (leg, target) in targets.iter().enumerate() {
                let thigh = if leg < 2 { -0.6..=1.2 } else { -0.3..=1.5 };
                prop_assert!(target[0] == 0.0 && thigh.contains(&target[1]), "{:?}", target);
                prop_assert!((-2.0..=-0.92).contains(&target[2]), "{:?}", target);
            }
        }
    }
}

#[test]
fn all_legs_would_do_the_same_if_they_began_alike() {
    // Why the generator does not begin in the middle.
    let spec = QuadrupedSpec { start: [0.7; 4], ..deaf() };
    let mut quadruped = Quadruped::new(&spec).expect("a quadruped");
    let mut targets = [[0.0; 3]; 4];
    for _ in 0..300 {
        quadruped.step(&[LegState::UNKNOWN; 4], &Drive::new(0.9, 0.0), &mut targets);
        assert_eq!(targets[0], targets[1]);
    }
    assert!(rhythm::START.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn wrong_weights_of_the_balance_are_refused_and_change_nothing() {
    let spec = MotorSpec::Quadruped(QuadrupedSpec { balance: true, ..QuadrupedSpec::default() });
    let mut circuit = build(&spec, &balanced_dog()).expect("they fit");
    let before = circuit.trainable().expect("parameters").parameters().to_vec();
    let with = |change: fn(&mut Vec<f64>)| {
        let mut values = before.clone();
        change(&mut values);
        values
    };
    for (values, why) in [
        (with(|values| values.truncate(values.len() - 1)), "parameters, not"),
        (with(|values| values.push(0.0)), "parameters, not"),
        (with(|values| values.iter_mut().rev().take(1).for_each(|v| *v = f64::NAN)), "not a number"),
        (with(|values| values.iter_mut().rev().take(1).for_each(|v| *v = -1.0)), "at least 0"),
    ] {
        let error = circuit
            .trainable_mut()
            .expect("parameters")
            .set_parameters(&values)
            .expect_err("refused")
            .to_string();
        assert!(error.contains(why), "{error}");
        assert_eq!(circuit.trainable().expect("parameters").parameters(), before);
    }
    circuit.trainable_mut().expect("parameters").set_parameters(&before).expect("its own");
}

#[test]
fn a_balance_on_legs_without_feet_is_refused_by_the_name_of_the_leg() {
    let spec = MotorSpec::Quadruped(QuadrupedSpec { balance: true, ..QuadrupedSpec::default() });
    let mut body = balanced_dog();
    body.sensors[3].limb = None;
    let error = build(&spec, &body).err().expect("refused").to_string();
    assert!(
        error.contains("the leg of `RR_thigh_joint`") || error.contains("the leg of `RL_thigh_joint`"),
        "{error}"
    );
}

#[test]
fn a_drive_that_is_none_leaves_nothing_behind_in_the_balance() {
    let spec = MotorSpec::Quadruped(QuadrupedSpec { balance: true, ..QuadrupedSpec::default() });
    let body = balanced_dog();
    let mut circuit = build(&spec, &body).expect("they fit");
    let (mut percepts, mut command) = (body.percepts(), body.command());
    for tick in 0..300 {
        let now = tick * 10 * MS;
        feel(&mut percepts, now, &[0.0, 0.8, -1.6].repeat(4));
        bodies::swing(&mut percepts, now, [0.0; 3], [0.0, 0.0, 9.81]);
        let nonsense = Drive { speed: f64::NAN, turn: f64::NAN, gait: Gait::Auto };
        let drive = if (100..110).contains(&tick) { nonsense } else { Drive::new(0.5, 0.2) };
        circuit.step(&drive, &percepts, 0.01, &mut command);
        assert!(command.values.iter().all(|value| value.is_finite()), "tick {tick}: {:?}", command.values);
    }
}

#[test]
fn backward_speed_stays_within_its_limit() {
    let slow = QuadrupedSpec { backward: 0.4, ..deaf() };
    let back = |spec: &QuadrupedSpec, speed: f64| stride(&run(spec, &Drive::new(speed, 0.0), 300), 0);
    assert_eq!(back(&slow, -1.0), back(&slow, -0.4));
    assert!(back(&slow, -1.0) < back(&deaf(), -1.0));
    assert_eq!(back(&slow, 1.0), back(&deaf(), 1.0));
}
