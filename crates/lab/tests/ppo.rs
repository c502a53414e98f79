//! PPO: the same on one thread or two and after an interruption, and better for it. Only with the feature `candle`.
#![cfg(feature = "candle")]

use std::sync::atomic::AtomicBool;

use neuraxis_lab::motor::{MotorEnv, Task};
use neuraxis_lab::train::{self, Checkpoint, End, Identity, MotorObjective, Optimizer, Ppo, PpoSettings};
use neuraxis_motor::{MlpInput, MlpSpec, MotorSpec};

fn fresh() -> (MotorObjective, Checkpoint, Identity) {
    let inputs = Some(vec![MlpInput::Positions, MlpInput::Velocities]);
    let spec = MotorSpec::Mlp(MlpSpec { inputs, scale: 5e-4, ..MlpSpec::default() });
    let objective =
        MotorObjective::new(MotorEnv::swimmer(6, spec, Task::Swim { speed: None }).expect("a swimmer"));
    let objective = objective.expect("it fits");
    let layers = objective.layers().expect("a perceptron");
    assert_eq!(layers, [23, 64, 64, 5]);
    let identity = Identity::of(objective.subject(), objective.circuit());
    let initial = objective.parameters().to_vec();
    let search = |start| {
        let ppo = Ppo::new(PpoSettings::default(), &layers, start, 0)?;
        Ok(Optimizer::Ppo(Box::new(ppo)))
    };
    let state = Checkpoint::new(identity.clone(), initial, |_| true, 0, search).expect("a training");
    (objective, state, identity)
}

fn learn(objective: &MotorObjective, state: &mut Checkpoint, budget: u64, jobs: usize) {
    let end = train::run(state, objective, budget, jobs, &AtomicBool::new(false), &mut |_| {});
    assert_eq!(end, End::Done);
}

#[test]
fn ppo_is_the_same_on_one_thread_or_two_and_resumed_and_it_learns() {
    let (objective, mut whole, identity) = fresh();
    learn(&objective, &mut whole, 20_000, 2);
    let (_, mut part, _) = fresh();
    learn(&objective, &mut part, 4_000, 1);
    let mut rest = Checkpoint::read(&part.text(), &identity).expect("its own checkpoint");
    assert_eq!(rest, part);
    learn(&objective, &mut rest, 20_000, 1);
    assert!(rest.text() == whole.text(), "not the same bits");
    let (first, best) = (whole.curve[0].score, whole.best.expect("a best one").score);
    assert!(best > first + 100.0, "{first}, then {best}");
}
