//! Circuits as files: a good one, and everything that can be wrong with one, each with its message and place.

use std::path::Path;

use neuraxis_core::file;
use neuraxis_neural::{CircuitSpec, Sign, UnitSpec, Weight};

const GOOD: &str = "\
name: bend
step: 0.03
parameters:
  reach: 1.5
  hold: -1.0
inputs:
  - { name: q }
  - { name: speed, range: [0, 1] }
units:
  - { kind: square, name: pace, period: 1.8 }
  - { kind: graded, name: brake, bias: 1 }
  - { kind: graded, name: left }
  - { kind: leaky, name: right, bias: 0.1, time: 0.03 }
synapses:
  - { from: speed, to: brake, weight: -1, sign: inhibitory }
  - { from: pace, to: left, weight: reach, sign: excitatory }
  - { from: q, part: negative, to: left, weight: 0.5 }
  - { from: brake, to: left, weight: hold, sign: inhibitory }
  - { from: left, to: right, weight: hold, sign: inhibitory }
  - { from: right, to: left, weight: hold, sign: inhibitory, delay: 0.06 }
outputs:
  - { name: torque, from: [{ unit: left }, { unit: right, weight: -1 }] }
";

fn load(text: &str) -> Result<CircuitSpec, String> {
    file::parse::<CircuitSpec>(Path::new("circuits/bend.yaml"), text.to_owned(), &[])
        .map(|loaded| loaded.value)
        .map_err(|error| error.to_string())
}

#[test]
fn a_good_file_is_a_circuit() {
    let spec = load(GOOD).expect("a circuit");
    let mut circuit = spec.compile().expect("it was checked");
    assert_eq!((circuit.inputs(), circuit.outputs(), circuit.parameter_count()), (2, 1, 2));
    assert_eq!(circuit.parameter_names(), ["hold", "reach"]);
    assert_eq!(circuit.parameters(), [-1.0, 1.5]);
    assert_eq!(circuit.signs(), [Sign::Inhibitory, Sign::Excitatory]);
    let mut torque = [0.0];
    circuit.step(&[0.0, 1.0], &mut torque);
    // left = 1, and right = 4 · (0.1 - 1) / 5 < 0 says nothing.
    assert_eq!(torque, [1.0]);
    let text = serde_json::to_string(&spec).expect("JSON");
    assert_eq!(serde_json::from_str::<CircuitSpec>(&text).expect("the same"), spec);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases = [
        // Names.
        (
            "from: pace, to: left",
            "from: pase, to: left",
            "16:13: there is no unit or input `pase` (did you mean `pace`?)",
        ),
        (
            "to: brake, weight: -1",
            "to: brakes, weight: -1",
            "15:24: there is no unit `brakes` (did you mean `brake`?)",
        ),
        ("weight: reach", "weight: raech", "16:37: there is no parameter `raech` (did you mean `reach`?)"),
        (
            "{ unit: left }",
            "{ unit: lift }",
            "22:36: there is no unit or input `lift` (did you mean `left`?)",
        ),
        ("name: brake, bias", "name: pace, bias", "11:27: the name `pace` stands twice"),
        ("{ name: q }", "{ name: left }", "12:27: the name `left` stands twice"),
        ("to: brake,", "to: q,", "15:24: `q` is an input: a synapse leads to a unit"),
        ("to: brake,", "to: pace,", "15:24: the pacemaker `pace` listens to nobody"),
        // Signs.
        (
            "weight: -1, sign: inhibitory",
            "weight: -1, sign: excitatory",
            "15:39: the weight -1 contradicts its sign, which is excitatory (write 1, or another sign)",
        ),
        ("reach: 1.5", "reach: -1.5", "4:10: the parameter `reach` is -1.5, but its synapses are excitatory"),
        (
            "to: right, weight: hold, sign: inhibitory",
            "to: right, weight: hold, sign: excitatory",
            "19:50: the same parameter is inhibitory at another synapse (one parameter has one sign: use two)",
        ),
        (
            "sign: inhibitory }\n  - { from: pace",
            "sign: inhibitive }\n  - { from: pace",
            "(did you mean `inhibitory`?)",
        ),
        // Times.
        (
            "delay: 0.06",
            "delay: 0.05",
            "20:69: the delay 0.05 s is not a whole number of the circuit's steps of 0.03 s (give 0.03 or 0.06)",
        ),
        ("delay: 0.06", "delay: -0.03", "20:69: -0.03 is out of range: expected from 0 to 10"),
        (
            "period: 1.8",
            "period: 1.81",
            "10:41: the period 1.81 s is not a whole number of the circuit's steps of 0.03 s",
        ),
        ("period: 1.8", "period: 0.03", "10:41: the period 0.03 s is shorter than two steps"),
        ("period: 1.8", "period: 1.8, steps: 60", "10:5: the pacemaker `pace` needs one period"),
        ("step: 0.03", "step: 0", "2:7: 0 is out of range"),
        (
            "weight: hold, sign: inhibitory, delay: 0.06",
            "weight: hold, sign: inhibitory",
            "20:5: a cycle without delay: right → left → right (give one of its synapses a `delay` of 0.03 s)",
        ),
        (
            "from: brake, to: left",
            "from: left, to: left",
            "18:5: a cycle without delay: left → left (give it a `delay` of 0.03 s)",
        ),
        // Numbers.
        ("reach: 1.5", "reach: .nan", "4:10: NaN is not a number that can be used here"),
        ("reach: 1.5", "reach: 1e7", "4:10: the parameter 10000000 is beyond 1000000"),
        ("weight: 0.5", "weight: .inf", "17:50: inf is not a number that can be used here"),
        ("bias: 0.1", "bias: -.inf", "13:39: -inf is not a number that can be used here"),
        ("range: [0, 1]", "range: [1, 0]", "8:27: the range [1, 0] is not possible"),
        // Things.
        (
            "  reach: 1.5\n",
            "  reach: 1.5\n  spare: 1\n",
            "5:10: no synapse and no bias uses the parameter `spare`",
        ),
        ("weight: 0.5", "weight: [1]", "17:50: expected a number or text, found a list"),
        ("kind: leaky", "kind: leeky", "(did you mean `leaky`?)"),
        ("part: negative", "part: half", "is not one of the choices here"),
        ("time: 0.03", "tau: 0.03", "unknown key `tau`"),
        ("name: bend", "name: ''", "1:7: the name is empty"),
    ];
    for (from, to, message) in cases {
        assert!(GOOD.contains(from), "{from}");
        let error = load(&GOOD.replacen(from, to, 1)).expect_err(to);
        assert!(error.contains(message), "`{to}` gives:\n{error}\nand not\n{message}");
        assert!(error.starts_with("circuits/bend.yaml:"), "{error}");
    }
}

#[test]
fn all_that_is_wrong_comes_at_once() {
    let text =
        GOOD.replace("from: pace", "from: pase").replace("0.06", "0.05").replace("reach: 1.5", "reach: -2");
    let error = load(&text).expect_err("three problems");
    assert_eq!(error.lines().count(), 3, "{error}");
}

#[test]
fn a_cycle_is_named_among_those_who_only_hang_on_it() {
    let mut spec = CircuitSpec::new("ring", 0.01);
    for name in ["a", "b", "c", "d", "e"] {
        spec.units.push(UnitSpec::graded(name, 0.0));
    }
    for (from, to) in [("a", "b"), ("b", "c"), ("c", "d"), ("d", "b"), ("d", "e")] {
        spec.synapse(from, to, 1.0, Sign::Excitatory);
    }
    spec.output("out", &[("e", 1.0)]);
    let error = spec.compile().expect_err("a cycle").to_string();
    assert!(error.contains("a cycle without delay: "), "{error}");
    let names: Vec<&str> = error
        .split("delay: ")
        .nth(1)
        .expect("names")
        .split(" (")
        .next()
        .expect("names")
        .split(" → ")
        .collect();
    assert_eq!(names.len(), 4, "{error}");
    assert_eq!(names.first(), names.last(), "{error}");
    for pair in names.windows(2) {
        assert!(
            spec.synapses.iter().any(|s| (s.from.as_str(), s.to.as_str()) == (pair[0], pair[1])),
            "{error}"
        );
    }
}

#[test]
fn a_circuit_from_code_is_checked_like_one_from_a_file() {
    let mut spec = CircuitSpec::new("made", 0.01);
    spec.units.push(UnitSpec::graded("a", f64::NAN));
    spec.synapse("b", "a", Weight::Number(f64::INFINITY), Sign::Free);
    let error = spec.compile().expect_err("nonsense").to_string();
    for message in [
        "`units.0.bias`: the bias NaN is not a number that can be used",
        "`synapses.0.weight`: the weight inf is not a number",
        "`synapses.0.from`: there is no unit or input `b`",
        "`outputs`: a circuit without outputs moves nothing",
    ] {
        assert!(error.contains(message), "{error}");
    }
    assert!(CircuitSpec::default().compile().is_err());
}

#[test]
fn the_ablation_may_begin_with_any_sign() {
    let text = GOOD.replace("reach: 1.5", "reach: -1.5");
    assert!(load(&text).is_err());
    let spec = load(&text.replace("step: 0.03", "step: 0.03\nconstrained: false")).expect("an ablation");
    let mut circuit = spec.compile().expect("a circuit");
    let mut torque = [9.0];
    circuit.step(&[-1.0, 1.0], &mut torque);
    assert_eq!(torque, [-0.08], "left = g(0.5 - 1.5), right = 4 · 0.1 / 5");
}
