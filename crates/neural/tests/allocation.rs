//! Once it is made, a circuit takes no memory.

use neuraxis_neural::{CircuitSpec, HalfCentreSpec, Sign, UnitSpec};

#[test]
fn no_step_of_a_circuit_allocates() {
    let mut spec = CircuitSpec::new("all", 0.01);
    spec.input("x", [-1.0, 1.0]);
    spec.parameters.insert("w".to_owned(), 0.5);
    spec.units.push(UnitSpec::graded("a", 0.1));
    spec.units.push(UnitSpec::leaky("b", 0.1, 0.05));
    spec.units.push(UnitSpec::HalfCentre {
        name: "c".to_owned(),
        bias: 0.2.into(),
        burst: HalfCentreSpec::default(),
        start: None,
    });
    spec.units.push(UnitSpec::Square { name: "d".to_owned(), period: None, steps: Some(10) });
    spec.units.push(UnitSpec::Tanh { name: "e".to_owned(), bias: 0.0.into() });
    for (from, to, delay) in
        [("x", "a", 0.0), ("a", "b", 0.05), ("b", "c", 0.01), ("c", "e", 0.0), ("d", "a", 0.0)]
    {
        spec.synapse(from, to, "w", Sign::Excitatory).delay = delay;
    }
    spec.output("out", &[("e", 1.0), ("a", -1.0)]);
    let mut circuit = spec.compile().expect("a circuit");
    let mut out = [0.0];
    let before = neuraxis_testing::allocations::so_far();
    for i in 0..1000 {
        circuit.step(&[if i % 7 == 0 { f64::NAN } else { 0.3 }], &mut out);
        circuit.set_parameters(&[0.4]).expect("one");
    }
    circuit.reset();
    assert_eq!(neuraxis_testing::allocations::so_far() - before, 0);
}
