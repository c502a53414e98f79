//! Once it is built, no circuit takes memory.

#![expect(unsafe_code, reason = "counting allocations takes an allocator, and that is an unsafe trait")]

mod bodies;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bodies::{MS, chain, dog, feel, touch};
use neuraxis_core::Drive;
use neuraxis_motor::{MlpSpec, MotorSpec, QuadrupedSpec, SwimmerSpec, build};

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
fn no_step_of_a_motor_circuit_allocates() {
    let mlp = MlpSpec { hidden: vec![16], clock: Some(1.2), ..MlpSpec::default() };
    for (spec, body) in [
        (MotorSpec::Swimmer(SwimmerSpec::default()), chain(6)),
        (MotorSpec::Quadruped(QuadrupedSpec::default()), dog()),
        (MotorSpec::Mlp(mlp), chain(6)),
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
