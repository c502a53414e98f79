//! Training: it climbs, it is the same on one thread or many and after an interruption, and it takes no foreign state.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use neuraxis_lab::motor::{MotorEnv, Start, Task, run_episode};
use neuraxis_lab::train::{self, Algorithm, Checkpoint, End, Identity, MotorObjective, Objective, Optimizer};
use neuraxis_motor::{MlpInput, MlpSpec, MotorSpec, RunningStats, SwimmerSpec};

/// As published.
const SWIM: Task = Task::Swim { speed: None };

/// A hill of which everything is known: highest, 0, at (1, -2, 3, ..).
struct Hill {
    /// Scores until somebody stops.
    patience: AtomicUsize,
    stop: AtomicBool,
}

impl Hill {
    fn new(patience: usize) -> Self {
        Self { patience: AtomicUsize::new(patience), stop: AtomicBool::new(false) }
    }
}

impl Objective for Hill {
    fn steps(&self) -> usize {
        10
    }

    fn evaluate(&self, parameters: &[f64], _: &RunningStats, episode: u64) -> (f64, RunningStats) {
        if self.patience.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.stop.store(true, Ordering::SeqCst);
        }
        let top = |i: usize| if i.is_multiple_of(2) { i as f64 + 1.0 } else { -(i as f64 + 1.0) };
        let square: f64 =
            parameters.iter().enumerate().map(|(i, p)| (i + 1) as f64 * (p - top(i)) * (p - top(i))).sum();
        // Each episode has its own luck, the same for all members.
        (-square + (episode % 7) as f64, RunningStats::default())
    }

    fn project(&self, parameters: &mut [f64]) {
        for p in &mut *parameters {
            *p = p.clamp(-100.0, 100.0);
        }
    }
}

fn swimmer() -> MotorEnv {
    MotorEnv::swimmer(6, MotorSpec::Swimmer(SwimmerSpec::default()), SWIM).expect("a swimmer")
}

fn identity() -> Identity {
    let objective = MotorObjective::new(swimmer()).expect("it fits");
    Identity { count: 4, names: Vec::new(), ..Identity::of(objective.subject(), objective.circuit()) }
}

fn fresh(algorithm: Algorithm) -> Checkpoint {
    let search = |start| Optimizer::new(algorithm, start, 16, 0.3, 0.2);
    Checkpoint::new(identity(), vec![0.0; 4], |_| true, 5, search).expect("a training")
}

/// A training on the hill with so many threads, up to `budget`, stopped after `patience` scores.
fn climb(state: &mut Checkpoint, budget: u64, jobs: usize, patience: usize) -> End {
    let hill = Hill::new(patience);
    train::run(state, &hill, budget, jobs, &hill.stop, &mut |_| {})
}

const ALL: [Algorithm; 3] = [Algorithm::Es, Algorithm::CmaEs, Algorithm::Random];

#[test]
fn each_search_climbs_a_known_hill_and_the_baseline_least() {
    let scores = ALL.map(|algorithm| {
        let mut state = fresh(algorithm);
        assert_eq!(climb(&mut state, 16_000, 2, usize::MAX), End::Done);
        assert_eq!((state.generation, state.steps), (100, 16_000));
        (state.curve[0].best, state.best.expect("a best one").score)
    });
    for (first, best) in scores {
        assert!(best > first, "{scores:?}");
    }
    // The top is at 0, and what luck adds is at most 6.
    assert!(scores[0].0 < -90.0, "{scores:?}");
    assert!(scores[0].1 > -1.0 && scores[1].1 > -1.0, "{scores:?}");
    assert!(scores[2].1 < scores[0].1 && scores[2].1 < scores[1].1, "{scores:?}");
}

#[test]
fn one_thread_or_two_train_the_same_to_the_bit() {
    for algorithm in ALL {
        let (mut one, mut two) = (fresh(algorithm), fresh(algorithm));
        climb(&mut one, 4_000, 1, usize::MAX);
        climb(&mut two, 4_000, 2, usize::MAX);
        assert_eq!(one.text(), two.text());
    }
}

#[test]
fn a_training_that_was_interrupted_and_resumed_is_the_whole_one_to_the_bit() {
    for algorithm in ALL {
        let mut whole = fresh(algorithm);
        climb(&mut whole, 4_000, 2, usize::MAX);
        for patience in [1, 20, 41, 100, 333] {
            let mut part = fresh(algorithm);
            assert_eq!(climb(&mut part, 4_000, 2, patience), End::Stopped);
            assert!(part.generation < whole.generation);
            let mut rest = Checkpoint::read(&part.text(), &identity()).expect("its own checkpoint");
            assert_eq!(rest, part, "what is written is what is read");
            assert_eq!(climb(&mut rest, 4_000, 1, usize::MAX), End::Done);
            assert_eq!(rest.text(), whole.text());
        }
    }
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let own = identity();
    let text = fresh(Algorithm::Es).text();
    assert!(Checkpoint::read(&text, &own).is_ok());
    let refused = |wanted: Identity| Checkpoint::read(&text, &wanted).expect_err("refused");
    let robot = Identity { robot: "eel".to_owned(), ..own.clone() };
    assert_eq!(refused(robot), "it is of the robot `swimmer6`, and this is `eel`");
    let circuit = Identity { circuit: "mlp".to_owned(), ..own.clone() };
    assert_eq!(refused(circuit), "it is of the circuit `swimmer`, and this is `mlp`");
    let names = Identity { names: vec!["a".to_owned()], count: 1, ..own.clone() };
    assert_eq!(refused(names), "it has 4 parameters, and this circuit 1");
    let task = Identity { task: Task::SwimTo { target: [1.0, 0.0] }, ..own.clone() };
    assert_eq!(refused(task), "it is of the task `swim`, and this is `swim_to`");
    let objective = MotorObjective::new(
        swimmer()
            .with(MotorSpec::Swimmer(SwimmerSpec { period: 2.4, ..SwimmerSpec::default() }))
            .expect("it fits"),
    );
    let objective = objective.expect("it fits");
    let period = Identity::of(objective.subject(), objective.circuit());
    let period = Identity { count: 4, names: Vec::new(), ..period };
    assert_eq!(refused(period), "its circuit has another `period`");
    for (from, to) in [
        ("\"free\":[0,1,2,3]", "\"free\":[0,1,2,9]"),
        ("\"initial\":[0.0,", "\"initial\":[0.0,0.0,"),
        ("\"center\":[0.0,", "\"center\":["),
        ("\"center\":[0.0,", "\"center\":[null,"),
        ("\"center\":[0.0,", "\"center\":[1e999,"),
        ("\"population\":16", "\"population\":0"),
        ("\"sigma\":0.3", "\"sigma\":0.0"),
        ("\"version\":1", "\"version\":2"),
        ("{", ""),
    ] {
        assert!(text.contains(from), "{from}");
        assert!(Checkpoint::read(&text.replacen(from, to, 1), &own).is_err(), "{to}");
    }
}

#[test]
fn numbers_that_are_none_are_refused() {
    let nan = |start: Vec<f64>| {
        Checkpoint::new(
            identity(),
            start,
            |_| true,
            0,
            |start| Optimizer::new(Algorithm::Es, start, 16, 0.1, 0.1),
        )
    };
    assert!(nan(vec![0.0, f64::NAN]).is_err());
    assert!(nan(vec![f64::INFINITY]).is_err());
    assert!(nan(Vec::new()).is_err());
    let objective = MotorObjective::new(swimmer()).expect("it fits");
    let mut parameters = objective.parameters().to_vec();
    parameters[0] = f64::NAN;
    assert!(objective.score(&parameters, 0).is_nan());
    assert!(objective.score(&[1.0], 0).is_nan(), "too few");
    // Scores that are none count as the worst, and leave no mark on the state.
    let mut search = Optimizer::new(Algorithm::Es, vec![0.0; 3], 4, 0.1, 0.1).expect("a search");
    search.tell(0, 0, &[f64::NAN, 1.0, f64::NAN, 2.0]);
    assert!(search.center().iter().all(|v| v.is_finite()));
}

#[test]
fn swim_reward_is_zero_at_rest_and_high_at_speed() {
    let still = SwimmerSpec { torque: 0.0, ..SwimmerSpec::default() };
    let still = swimmer().with(MotorSpec::Swimmer(still)).expect("it fits");
    let mut circuit = still.circuit().expect("it fits");
    let rollout = run_episode(&still, &mut *circuit, Start::Random(3), Some(200), false);
    assert_eq!((rollout.reward, rollout.steps), (0.0, 200));
    let subject = swimmer();
    let mut circuit = subject.circuit().expect("it fits");
    let once = run_episode(&subject, &mut *circuit, Start::Random(3), Some(300), false);
    assert!(once.reward > 150.0, "{once:?}");
    assert_eq!(
        run_episode(&subject, &mut *circuit, Start::Random(3), Some(300), false),
        once,
        "again, to the bit"
    );
    assert_ne!(run_episode(&subject, &mut *circuit, Start::Random(4), Some(300), false), once);
}

#[test]
fn a_swimmer_comes_to_a_place_beside_its_way() {
    let task = Task::SwimTo { target: [0.5, 1.2] };
    let subject = MotorEnv::swimmer(6, MotorSpec::Swimmer(SwimmerSpec::default()), task).expect("a swimmer");
    let mut circuit = subject.circuit().expect("it fits");
    let there = run_episode(&subject, &mut *circuit, Start::Zero, None, false);
    let mut straight = subject.clone();
    straight.drive = Some(neuraxis_core::Drive::new(1.0, 0.0));
    let past = run_episode(&straight, &mut *circuit, Start::Zero, None, false);
    assert!(there.reward > 1.5 * past.reward, "{there:?} {past:?}");
}

#[test]
fn a_lower_speed_is_reached_sooner_and_earns_more_at_a_slow_drive() {
    let swim = |speed: Option<f64>, drive: f64| {
        let motor = MotorSpec::Swimmer(SwimmerSpec::default());
        let mut subject = MotorEnv::swimmer(6, motor, Task::Swim { speed }).expect("a swimmer");
        subject.drive = Some(neuraxis_core::Drive::new(drive, 0.0));
        let mut circuit = subject.circuit().expect("it fits");
        let episode = run_episode(&subject, &mut *circuit, Start::Zero, None, true);
        let rewards = episode.track.expect("a track").reward;
        let first = rewards.iter().position(|reward| *reward >= 1.0);
        (episode.reward, episode.speed, first.unwrap_or(rewards.len()))
    };
    let (low, pace, soon) = swim(Some(0.05), 0.5);
    let (usual, same_pace, late) = swim(None, 0.5);
    assert_eq!(pace, same_pace, "what is paid changes nothing of how it swims");
    assert!(low > 1.3 * usual && soon < late, "{low} after {soon} steps, {usual} after {late}");
    assert_eq!(swim(Some(0.1), 0.5).0.to_bits(), usual.to_bits(), "0.1 m/s is what is published");
    // Where nothing is above the speed, a return is the way over it.
    let high = swim(Some(1.0), 1.0).0;
    assert!(high < 0.5 * swim(None, 1.0).0 && high > 0.0, "{high}");
}

#[test]
fn parameters_that_a_task_does_not_use_are_not_trained() {
    let objective = MotorObjective::new(swimmer()).expect("it fits");
    let names = objective.trainable().expect("parameters").parameter_names();
    let idle: Vec<&str> = names.iter().map(String::as_str).filter(|name| SWIM.is_idle(name)).collect();
    assert_eq!(idle, ["bneuron_speed", "bneuron_turn"]);
    // A wrong answer there would show: these two change nothing.
    let base = objective.parameters().to_vec();
    let short = |parameters: &[f64]| {
        let mut circuit = objective.subject().circuit().expect("it fits");
        circuit.trainable_mut().expect("parameters").set_parameters(parameters).expect("as many");
        run_episode(objective.subject(), &mut *circuit, Start::Random(1), Some(120), false).reward
    };
    for (i, name) in names.iter().enumerate() {
        let mut other = base.clone();
        other[i] *= 0.5;
        // Straight on, no two sides of a joint are active at a time, so that nothing is there to be inhibited.
        let is_idle = SWIM.is_idle(name) || name == "muscle_contra";
        assert_eq!(short(&other) == short(&base), is_idle, "{name}");
    }
}

#[test]
fn trained_parameters_are_written_as_a_robot_file_takes_them() {
    for motor in [
        MotorSpec::Swimmer(SwimmerSpec::default()),
        MotorSpec::Mlp(MlpSpec { hidden: vec![3], scale: 5e-4, ..MlpSpec::default() }),
    ] {
        let objective = MotorObjective::new(swimmer().with(motor).expect("it fits")).expect("it fits");
        let identity = Identity::of(objective.subject(), objective.circuit());
        let initial = objective.parameters().to_vec();
        let search = |start| Optimizer::new(Algorithm::Es, start, 16, 0.1, 0.05);
        let names = identity.names.clone();
        let is_free = |i: usize| names.get(i).is_none_or(|name| !SWIM.is_idle(name));
        let mut state = Checkpoint::new(identity, initial, is_free, 0, search).expect("a training");
        let parameters = objective.parameters().iter().map(|p| 1.1 * p).collect::<Vec<_>>();
        state.best = Some(train::Best {
            parameters: parameters.clone(),
            observation_stats: RunningStats::default(),
            score: 1.0,
            steps: 0,
        });
        let text = train::yaml(&state, "neuraxis train");
        let robot = neuraxis_sim::swimmer::robot(6, "it.xml");
        let block = format!("  {}\n", text.trim_end().replace('\n', "\n  "));
        let file = neuraxis_core::file::parse::<neuraxis_brain::RobotFile>(
            std::path::Path::new("it.yaml"),
            format!("{robot}brain:\n{block}"),
            &[],
        )
        .map_err(|error| error.to_string())
        .expect("a robot file");
        let subject = objective.subject().with(file.value.brain.motor).expect("it fits");
        let circuit = subject.circuit().expect("it fits");
        for (i, (written, wanted)) in
            circuit.trainable().expect("parameters").parameters().iter().zip(&parameters).enumerate()
        {
            let wanted = if state.free.contains(&i) { *wanted } else { wanted / 1.1 };
            assert!((written - wanted).abs() <= 1e-15 * wanted.abs(), "{written} instead of {wanted}");
        }
    }
}

/// The published baseline: 23 observations.
fn baseline() -> MotorObjective {
    let inputs = Some(vec![MlpInput::Positions, MlpInput::Velocities]);
    let spec = MlpSpec { inputs, scale: 5e-4, ..MlpSpec::default() };
    let objective = MotorObjective::new(swimmer().with(MotorSpec::Mlp(spec)).expect("it fits"));
    objective.expect("it fits")
}

#[test]
fn mlp_observation_statistics_are_the_same_on_one_thread_or_two() {
    let train = |jobs: usize| {
        let objective = baseline();
        let identity = Identity::of(objective.subject(), objective.circuit());
        assert_eq!(identity.count, 6021);
        let search = |start| Optimizer::new(Algorithm::Es, start, 2, 0.05, 0.02);
        let initial = objective.parameters().to_vec();
        let mut state = Checkpoint::new(identity.clone(), initial, |_| true, 3, search).expect("a training");
        train::run(&mut state, &objective, 4_000, jobs, &AtomicBool::new(false), &mut |_| {});
        (state, identity)
    };
    let ((one, identity), (two, _)) = (train(1), train(2));
    assert_eq!(one.text(), two.text());
    assert_eq!((one.observation_stats.count, one.observation_stats.mean.len()), (4_000, 23));
    assert!(one.observation_stats.variance.iter().all(|v| *v > 0.0), "{:?}", one.observation_stats);
    let read = Checkpoint::read(&one.text(), &identity).expect("its own");
    assert_eq!(read, one);
    let cut = one.text().replacen("\"mean\":[", "\"mean\":[0.0,", 1);
    assert!(Checkpoint::read(&cut, &identity).is_err());
    // What is written sees as it did in training, and so does as well.
    let best = one.best.as_ref().expect("a best one");
    let text = train::yaml(&one, "neuraxis train");
    let robot = neuraxis_sim::swimmer::robot(6, "it.xml");
    let block = format!("  {}\n", text.trim_end().replace('\n', "\n  "));
    let path = std::path::Path::new("it.yaml");
    let file =
        neuraxis_core::file::parse::<neuraxis_brain::RobotFile>(path, format!("{robot}brain:\n{block}"), &[])
            .map_err(|error| error.to_string())
            .expect("a robot file");
    let subject = swimmer().with(file.value.brain.motor).expect("it fits");
    let mut circuit = subject.circuit().expect("it fits");
    let returns = train::EVALUATIONS
        .map(|episode| run_episode(&subject, &mut *circuit, Start::Random(episode), None, false).reward);
    assert_eq!(f64::midpoint(returns[0], returns[1]), best.score);
}

#[test]
fn a_random_start_may_bend_each_joint_as_far_as_it_goes() {
    let joints = &swimmer().model.model.joints;
    let range = neuraxis_sim::swimmer::range(6);
    let found: Vec<_> = joints.iter().map(|joint| joint.range().expect("it is limited")).collect();
    assert_eq!(found.len(), 5);
    for [low, high] in found {
        assert!((low + range).abs() < 1e-6 && (high - range).abs() < 1e-6, "{low} to {high}");
    }
    let subject = swimmer();
    let mut circuit = subject.circuit().expect("it fits");
    let bends: Vec<Vec<f64>> = (0..20)
        .filter_map(|seed| run_episode(&subject, &mut *circuit, Start::Random(seed), Some(1), true).track)
        .filter_map(|track| track.joints.into_iter().next())
        .collect();
    assert_eq!(bends.len(), 20);
    let most = bends.iter().flatten().fold(0.0_f64, |most, bend| most.max(bend.abs()));
    assert!(most > 0.9 * range && most <= range + 1e-6, "{most} of {range}");
}
