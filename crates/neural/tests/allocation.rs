//! Once it is made, a circuit takes no memory.

#![expect(unsafe_code, reason = "counting allocations takes an allocator, and that is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use neuraxis_neural::{CircuitSpec, HalfCentreSpec, Sign, UnitSpec};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes on to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
    let before = COUNT.get();
    for i in 0..1000 {
        circuit.step(&[if i % 7 == 0 { f64::NAN } else { 0.3 }], &mut out);
        circuit.set_parameters(&[0.4]).expect("one");
    }
    circuit.reset();
    assert_eq!(COUNT.get() - before, 0);
}
