//! What a circuit does in a step: delays, signs, parts of a source, missing inputs, and nothing that is not finite.

use neuraxis_core::digest::Digest;
use neuraxis_neural::{Circuit, CircuitSpec, HalfCentreSpec, ParameterError, Part, Sign, UnitSpec};
use proptest::prelude::*;

fn run(circuit: &mut Circuit, inputs: &[f64]) -> f64 {
    let mut out = [f64::NAN];
    circuit.step(inputs, &mut out);
    out[0]
}

/// An input, and a unit that hears it after `delay` s.
fn echo(delay: f64) -> Circuit {
    let mut spec = CircuitSpec::new("echo", 0.01);
    spec.input("x", [-1.0, 1.0]);
    spec.units.push(UnitSpec::graded("late", 0.0));
    spec.synapse("x", "late", 1.0, Sign::Excitatory).delay = delay;
    spec.output("out", &[("late", 1.0)]);
    spec.compile().expect("a circuit")
}

#[test]
fn a_delay_is_exact_to_the_step() {
    for steps in [0, 1, 2, 7] {
        let mut circuit = echo(f64::from(steps) * 0.01);
        let sound: Vec<f64> = (0..40).map(|i| f64::from(i % 10) / 10.0).collect();
        let heard: Vec<f64> = sound.iter().map(|x| run(&mut circuit, &[*x])).collect();
        let steps = steps as usize;
        assert!(heard[..steps].iter().all(|x| *x == 0.0), "nothing was before the start");
        assert_eq!(heard[steps..], sound[..sound.len() - steps]);
        circuit.reset();
        assert_eq!(run(&mut circuit, &[0.0]), 0.0, "a reset forgets what is on its way");
    }
}

#[test]
fn units_are_sorted_in_order_of_dependence() {
    // Written back to front: the last of the chain first.
    let mut spec = CircuitSpec::new("chain", 0.01);
    spec.input("x", [0.0, 1.0]);
    for i in (0..6).rev() {
        spec.units.push(UnitSpec::graded(format!("u{i}"), 0.0));
        let from = if i == 0 { "x".to_owned() } else { format!("u{}", i - 1) };
        spec.synapse(from, format!("u{i}"), 0.5, Sign::Excitatory);
    }
    spec.output("out", &[("u5", 64.0)]);
    let mut circuit = spec.compile().expect("a circuit");
    assert_eq!(run(&mut circuit, &[1.0]), 1.0, "all six in one step");
    assert_eq!(circuit.activity("u2"), Some(0.125));
}

#[test]
fn signs_are_kept_in_the_forward_pass_and_parameters_are_not_touched() {
    let build = |constrained| {
        let mut spec = CircuitSpec::new("signs", 0.01);
        spec.constrained = constrained;
        spec.parameters.insert("plus".to_owned(), 0.5);
        spec.parameters.insert("minus".to_owned(), -0.5);
        spec.input("x", [-1.0, 1.0]);
        spec.units.push(UnitSpec::Linear { name: "sum".to_owned(), bias: 0.0.into() });
        spec.synapse("x", "sum", "plus", Sign::Excitatory);
        spec.synapse("x", "sum", "minus", Sign::Inhibitory);
        spec.output("out", &[("sum", 1.0)]);
        spec.compile().expect("a circuit")
    };
    let mut circuit = build(true);
    assert_eq!(circuit.parameter_names(), ["minus", "plus"]);
    // minus, plus
    for (set, expected) in [([-0.3, 0.8], 0.5), ([0.3, 0.8], 0.8), ([-0.3, -0.8], -0.3), ([0.3, -0.8], 0.0)] {
        circuit.set_parameters(&set).expect("two");
        assert_eq!(circuit.parameters(), set);
        assert!((run(&mut circuit, &[1.0]) - expected).abs() < 1e-15, "{set:?}");
    }
    let mut free = build(false);
    free.set_parameters(&[0.3, -0.8]).expect("two");
    assert!((run(&mut free, &[1.0]) + 0.5).abs() < 1e-15, "the ablation lets all signs through");

    let mut values = [0.3, -0.8];
    circuit.project(&mut values);
    assert_eq!(values, [0.0, 0.0]);
    let count = circuit.set_parameters(&[1.0]);
    assert_eq!(count, Err(ParameterError::Count { expected: 2, found: 1 }));
    let nan = circuit.set_parameters(&[-0.1, f64::NAN]).expect_err("no number").to_string();
    assert_eq!(nan, "the parameter `plus` would be NaN, which is not a number");
    assert_eq!(circuit.parameters(), [0.3, -0.8], "nothing was changed");
}

#[test]
fn a_synapse_may_take_one_half_of_its_source() {
    let mut spec = CircuitSpec::new("halves", 0.01);
    spec.input("q", [-1.0, 1.0]);
    for (name, part) in [("up", Part::Positive), ("down", Part::Negative)] {
        spec.units.push(UnitSpec::graded(name, 0.0));
        spec.synapse("q", name, 1.0, Sign::Excitatory).part = part;
    }
    spec.output("difference", &[("up", 1.0), ("down", -1.0)]);
    let mut circuit = spec.compile().expect("a circuit");
    for q in [-7.0, -0.4, 0.0, 0.4, 7.0_f64] {
        assert_eq!(run(&mut circuit, &[q]), q.clamp(-1.0, 1.0));
    }
    circuit.step(&[-0.4], &mut []);
    assert_eq!((circuit.activity("up"), circuit.activity("down")), (Some(0.0), Some(0.4)));
}

#[test]
fn an_input_that_is_no_number_counts_as_missing() {
    let mut circuit = echo(0.01);
    for nonsense in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        circuit.reset();
        run(&mut circuit, &[nonsense]);
        assert_eq!((circuit.missing_now(), circuit.missing()), (1, 1));
        assert_eq!(run(&mut circuit, &[0.5]), 0.0, "it contributes nothing");
        assert_eq!((circuit.missing_now(), circuit.missing()), (0, 1));
        assert_eq!(run(&mut circuit, &[]), 0.5, "and nothing of it stays");
        assert_eq!(
            (circuit.missing_now(), circuit.missing()),
            (1, 2),
            "one that is not given is missing too"
        );
    }
}

#[test]
fn hidden_state_that_is_set_shows_in_the_digest() {
    let mut spec = CircuitSpec::new("memory", 0.03);
    let burst = HalfCentreSpec::default();
    spec.units.push(UnitSpec::HalfCentre {
        name: "flx".to_owned(),
        bias: 0.1.into(),
        burst,
        start: Some(0.6),
    });
    spec.units.push(UnitSpec::leaky("ext", 0.8, 0.03));
    spec.output("out", &[("flx", 1.0)]);
    let mut circuit = spec.compile().expect("a circuit");
    let digest = |circuit: &Circuit| {
        let mut digest = Digest::default();
        circuit.digest(&mut digest);
        digest.value()
    };
    assert_eq!(
        (circuit.state("flx"), circuit.state("ext"), circuit.state("nobody")),
        (Some(0.6), Some(0.0), None)
    );
    let before = digest(&circuit);
    assert!(circuit.set_state("flx", 0.61));
    assert_ne!(digest(&circuit), before);
    assert!(!circuit.set_state("flx", f64::NAN) && !circuit.set_state("nobody", 0.5));
    run(&mut circuit, &[]);
    assert!((circuit.activity("ext").expect("a unit") - 0.64).abs() < 1e-15);
    circuit.reset();
    assert_eq!(digest(&circuit), before, "a reset is the start");
}

/// One unit of each kind, all in a ring with delays, all weights parameters.
fn zoo(constrained: bool) -> CircuitSpec {
    let mut spec = CircuitSpec::new("zoo", 0.01);
    spec.constrained = constrained;
    spec.input("x", [-1.0, 1.0]);
    let name = |name: &str| name.to_owned();
    let bias = || "bias".into();
    let burst = HalfCentreSpec::default();
    spec.units = vec![
        UnitSpec::Graded { name: name("graded"), bias: bias() },
        UnitSpec::Linear { name: name("linear"), bias: bias() },
        UnitSpec::Tanh { name: name("tanh"), bias: bias() },
        UnitSpec::Leaky { name: name("leaky"), bias: bias(), time: 0.05 },
        UnitSpec::HalfCentre { name: name("half"), bias: bias(), burst, start: None },
    ];
    let units: Vec<String> = spec.units.iter().map(|unit| unit.name().to_owned()).collect();
    let mut index = 0;
    for from in units.iter().chain([&name("x")]) {
        for to in &units {
            let (sign, innate) =
                [(Sign::Free, 0.0), (Sign::Excitatory, 1.0), (Sign::Inhibitory, -1.0)][index % 3];
            let parameter = format!("w{index:02}");
            spec.parameters.insert(parameter.clone(), innate);
            spec.synapse(from.as_str(), to.as_str(), parameter, sign).delay =
                0.01 + 0.01 * (index % 3) as f64;
            index += 1;
        }
    }
    spec.parameters.insert(name("bias"), 0.1);
    for unit in &units {
        spec.output(unit.as_str(), &[(unit, 1.0)]);
    }
    spec
}

#[test]
fn weights_as_large_as_numbers_go_make_nothing_infinite() {
    for constrained in [true, false] {
        let mut circuit = zoo(constrained).compile().expect("a circuit");
        let weights: Vec<f64> = (0..31).map(|i| if i % 2 == 0 { f64::MAX } else { f64::MIN }).collect();
        circuit.set_parameters(&weights).expect("31");
        assert_eq!(circuit.parameters(), weights);
        let mut out = [f64::NAN; 5];
        for _ in 0..50 {
            circuit.step(&[0.7], &mut out);
            assert!(out.iter().all(|v| v.is_finite()), "{out:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn circuit_outputs_stay_within_bounds_for_any_weights_and_inputs(
        weights in prop::collection::vec(any::<f64>().prop_map(|w| if w.is_finite() { w } else { 1.0 }), 31),
        inputs in prop::collection::vec(any::<f64>(), 1..40),
        constrained in any::<bool>(),
    ) {
        let mut circuit = zoo(constrained).compile().expect("a circuit");
        circuit.set_parameters(&weights).expect("31 finite ones");
        let mut out = [f64::NAN; 5];
        for x in inputs {
            circuit.step(&[x], &mut out);
            let [graded, linear, tanh, leaky, half] = out;
            prop_assert!(out.iter().all(|v| v.is_finite()), "{:?}", out);
            prop_assert!((0.0..=1.0).contains(&graded) && (0.0..=1.0).contains(&leaky) && (0.0..=1.0).contains(&half));
            prop_assert!((-1.0..=1.0).contains(&tanh) && linear.abs() <= neuraxis_neural::LIMIT);
        }
    }
}
