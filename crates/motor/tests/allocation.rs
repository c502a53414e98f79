//! Once it is built, no circuit takes memory.

#![expect(unsafe_code, reason = "counting allocations takes an allocator, and that is an unsafe trait")]

mod bodies;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bodies::{MS, chain, dog, feel, felt_chain, touch};
use neuraxis_core::Drive;
use neuraxis_motor::{MlpInput, MlpSpec, Moments, MotorSpec, QuadrupedSpec, SwimmerSpec, WiredSpec, build};
use neuraxis_neural::{CircuitSpec, Sign, UnitSpec};

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

fn wiring() -> CircuitSpec {
    let mut wiring = CircuitSpec::new("own", 0.02);
    wiring.input("speed", [-1.0, 1.0]);
    wiring.input("position_joint_0", [-1.0, 1.0]);
    wiring.units.push(UnitSpec::graded("a", 0.1));
    wiring.parameters.insert("w".to_owned(), 0.5);
    wiring.synapse("speed", "a", "w", Sign::Free);
    wiring.synapse("position_joint_0", "a", 0.3, Sign::Free).delay = 0.04;
    wiring.output("joint_1", &[("a", 1.0)]);
    wiring
}

#[test]
fn no_step_of_a_motor_circuit_allocates() {
    let mlp = MlpSpec { hidden: vec![16], clock: Some(1.2), ..MlpSpec::default() };
    let inputs = Some(vec![MlpInput::Positions, MlpInput::Velocities]);
    let normalisation = Some(Moments { count: 2, mean: vec![0.0; 23], variance: vec![1.0; 23] });
    let normalised = MlpSpec { inputs, normalisation, ..MlpSpec::default() };
    let wired = WiredSpec { file: None, wiring: Some(wiring()), scale: 1.0 };
    for (spec, body) in [
        (MotorSpec::Wired(wired), chain(6)),
        (MotorSpec::Swimmer(SwimmerSpec::default()), chain(6)),
        (MotorSpec::Quadruped(QuadrupedSpec::default()), dog()),
        (MotorSpec::Mlp(mlp), chain(6)),
        (MotorSpec::Mlp(normalised), felt_chain(6)),
    ] {
        let mut circuit = build(&spec, &body).expect("they fit");
        let (mut percepts, mut command) = (body.percepts(), body.command());
        let mut position = vec![0.1; body.actuators.len()];
        let parameters = circuit.parameters().to_vec();
        let mut allocations = 0;
        for tick in 0..2000 {
            position[0] = if tick % 11 == 0 { f64::NAN } else { 0.2 };
            feel(&mut percepts, tick * 10 * MS, &position);
            for foot in 0..percepts.slots().len() - 1 {
                touch(&mut percepts, tick * 10 * MS, foot, (tick % 20) as f64);
            }
            let before = COUNT.get();
            circuit.step(&Drive::new(0.7, 0.1), &percepts, 0.01, &mut command);
            circuit.set_parameters(&parameters).expect("its own");
            allocations += COUNT.get() - before;
        }
        assert_eq!(allocations, 0, "{spec:?}");
    }
}
