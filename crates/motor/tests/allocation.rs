//! Once it is built, no circuit takes memory.

mod bodies;

use bodies::{MS, balanced_dog, car, chain, dog, feel, felt_chain, swing, touch};
use neuraxis_core::Drive;
use neuraxis_motor::{
    MlpInput, MlpSpec, MotorSpec, QuadrupedSpec, RunningStats, SwimmerSpec, WiredSpec, build,
};
use neuraxis_neural::{CircuitSpec, Sign, UnitSpec};

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
    let normalisation = Some(RunningStats { count: 2, mean: vec![0.0; 23], variance: vec![1.0; 23] });
    let normalised = MlpSpec { inputs, normalisation, ..MlpSpec::default() };
    let wired = WiredSpec { file: None, wiring: Some(wiring()), scale: 1.0 };
    for (spec, body) in [
        (MotorSpec::Ackermann {}, car()),
        (MotorSpec::Wired(wired), chain(6)),
        (MotorSpec::Swimmer(SwimmerSpec::default()), chain(6)),
        (MotorSpec::Quadruped(QuadrupedSpec::default()), dog()),
        (MotorSpec::Mlp(mlp), chain(6)),
        (MotorSpec::Mlp(normalised), felt_chain(6)),
    ] {
        let mut circuit = build(&spec, &body).expect("they fit");
        let (mut percepts, mut command) = (body.percepts(), body.command());
        let mut position = vec![0.1; body.actuators.len()];
        let parameters = circuit.trainable().map(|trainable| trainable.parameters().to_vec());
        let mut allocations = 0;
        for tick in 0..2000 {
            position[0] = if tick % 11 == 0 { f64::NAN } else { 0.2 };
            feel(&mut percepts, tick * 10 * MS, &position);
            for foot in 0..percepts.slots().len() - 1 {
                touch(&mut percepts, tick * 10 * MS, foot, (tick % 20) as f64);
            }
            let before = neuraxis_testing::allocations::so_far();
            circuit.step(&Drive::new(0.7, 0.1), &percepts, 0.01, &mut command);
            if let (Some(trainable), Some(own)) = (circuit.trainable_mut(), &parameters) {
                trainable.set_parameters(own).expect("its own");
            }
            allocations += neuraxis_testing::allocations::so_far() - before;
        }
        assert_eq!(allocations, 0, "{spec:?}");
    }
}

/// Each fourth second it is thrown aside, its feet in the air, as 20 N·s in a tenth of a second throw a body of 12.5 kg.
#[test]
fn no_step_of_a_body_that_is_pushed_and_braces_allocates() {
    let body = balanced_dog();
    // Without reflexes of single legs, those that begin are bracings.
    for reflexes in [false, true] {
        let spec =
            QuadrupedSpec { balance: true, stumbling: reflexes, loading: reflexes, ..Default::default() };
        let mut circuit = build(&MotorSpec::Quadruped(spec), &body).expect("they fit");
        let (mut percepts, mut command) = (body.percepts(), body.command());
        let mut allocations = 0;
        for tick in 0..2000 {
            let now = tick * 10 * MS;
            let is_pushed = tick % 400 >= 390;
            let angle = 0.1 * ((tick % 20) as f64 / 10.0 - 1.0);
            feel(&mut percepts, now, &[0.0, 0.8 + angle, -1.6].repeat(4));
            for foot in 0..4 {
                touch(&mut percepts, now, foot, if is_pushed { 0.0 } else { 30.0 });
            }
            let aside = if is_pushed { 16.0 } else { 0.0 };
            let down = if tick % 97 == 0 { f64::NAN } else { 9.81 };
            swing(&mut percepts, now, [0.0, angle, 0.0], [0.0, aside, down]);
            let before = neuraxis_testing::allocations::so_far();
            circuit.step(&Drive::new(0.3, 0.1), &percepts, 0.01, &mut command);
            allocations += neuraxis_testing::allocations::so_far() - before;
        }
        assert_eq!(allocations, 0);
        let began = circuit.diagnostics().reflexes;
        assert!(if reflexes { began > 5 } else { began == 5 }, "{began} reflexes, and it was pushed 5 times");
    }
}
