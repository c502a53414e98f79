//! What every motor circuit keeps to.

use neuraxis_core::body::BodyDescription;
use neuraxis_core::{Command, Drive};
use neuraxis_motor::MotorCircuit;

use super::{NONSENSE_SEEDS, TICKS, move_over};
use crate::{Rig, allocations};

/// A circuit and the body that it moves.
pub type Made = (BodyDescription, Box<dyn MotorCircuit>);

/// What it is asked for at a tick: to go, to turn, to rest, to go back.
fn drive(tick: u64) -> Drive {
    match tick / 50 % 4 {
        0 => Drive::new(0.6, 0.0),
        1 => Drive::new(0.4, -0.7),
        2 => Drive::REST,
        _ => Drive::new(-0.3, 0.2),
    }
}

/// The commands of `ticks` ticks in the rig.
fn run(
    circuit: &mut dyn MotorCircuit,
    rig: &mut Rig,
    command: &mut Command,
    ticks: std::ops::Range<u64>,
) -> Vec<Vec<u64>> {
    let mut commands = Vec::new();
    for tick in ticks {
        rig.step(command);
        circuit.step(&drive(tick), rig.percepts(), crate::rig::DT, command);
        commands.push(command.values.iter().map(|value| value.to_bits()).collect());
    }
    commands
}

/// No step takes memory.
pub fn a_step_takes_no_memory(make: &dyn Fn() -> Made) {
    let (body, mut circuit) = make();
    let (mut rig, mut command) = (Rig::new(&body, 1), body.command());
    for tick in 0..TICKS {
        rig.step(&command);
        let before = allocations::so_far();
        circuit.step(&drive(tick), rig.percepts(), crate::rig::DT, &mut command);
        assert_eq!(allocations::so_far() - before, 0, "in tick {tick}");
    }
}

/// Whatever is felt, the command is finite.
pub fn nonsense_in_gives_finite_commands(make: &dyn Fn() -> Made) {
    for seed in NONSENSE_SEEDS {
        let (body, mut circuit) = make();
        let (mut rig, mut command) = (Rig::new(&body, seed).with_nonsense(0.3), body.command());
        for tick in 0..TICKS {
            rig.step(&command);
            circuit.step(&drive(tick), rig.percepts(), crate::rig::DT, &mut command);
            let values = &command.values;
            assert!(values.iter().all(|value| value.is_finite()), "seed {seed}, tick {tick}: {values:?}");
        }
    }
}

/// The same senses give the same commands, to the bit.
pub fn the_same_senses_give_the_same_commands(make: &dyn Fn() -> Made) {
    let [a, b] = [0, 1].map(|_| {
        let (body, mut circuit) = make();
        run(&mut *circuit, &mut Rig::new(&body, 3), &mut body.command(), 0..TICKS)
    });
    assert!(a == b);
}

/// A circuit that was reset does what a new one does.
pub fn a_reset_circuit_is_a_new_one(make: &dyn Fn() -> Made) {
    let (body, mut used) = make();
    run(&mut *used, &mut Rig::new(&body, 4), &mut body.command(), 0..TICKS);
    used.reset();
    let (_, mut new) = make();
    let [a, b] = [&mut used, &mut new]
        .map(|circuit| run(&mut **circuit, &mut Rig::new(&body, 5), &mut body.command(), 0..TICKS));
    assert!(a == b);
}

/// A circuit that was saved, and one that was loaded with that, do the same from then on.
pub fn a_saved_circuit_goes_on_the_same(make: &dyn Fn() -> Made) {
    for saved_at in [0, 1, 57, 130] {
        let (body, mut circuit) = make();
        let (mut rig, mut command) = (Rig::new(&body, 6), body.command());
        run(&mut *circuit, &mut rig, &mut command, 0..saved_at);
        let (_, mut other) = make();
        move_over(&body, &*circuit, &mut *other);
        let [a, b] = [&mut circuit, &mut other].map(|circuit| {
            run(&mut **circuit, &mut rig.clone(), &mut command.clone(), saved_at..saved_at + TICKS)
        });
        assert!(a == b, "saved at tick {saved_at}");
    }
}

/// A circuit of a body that feels nothing, and is asked for rest, comes to rest: its command stands still.
pub fn it_rests_when_all_is_silent(make: &dyn Fn() -> Made) {
    let (body, mut circuit) = make();
    let (mut rig, mut command) = (Rig::new(&body, 7), body.command());
    run(&mut *circuit, &mut rig, &mut command, 0..TICKS);
    let mut percepts = rig.percepts().clone();
    let mut largest = 0.0_f64;
    for tick in 0..1500 {
        percepts.now = percepts.now + 10_000_000;
        let before = command.values.clone();
        circuit.step(&Drive::REST, &percepts, crate::rig::DT, &mut command);
        let change = command.values.iter().zip(&before).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        if tick >= 1400 {
            largest = largest.max(change);
        }
    }
    assert!(largest < 1e-3, "after 14 s the command still changes by {largest} a tick");
}

/// The tests of the laws for one circuit: `circuit_laws!(name, || (body, circuit))`.
#[macro_export]
macro_rules! circuit_laws {
    ($name:ident, $make:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "what makes it may need nothing")]
            use super::*;
            $crate::laws!(circuit, $make;
                a_step_takes_no_memory, nonsense_in_gives_finite_commands, the_same_senses_give_the_same_commands,
                a_reset_circuit_is_a_new_one, a_saved_circuit_goes_on_the_same, it_rests_when_all_is_silent);
        }
    };
}
