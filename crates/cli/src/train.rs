//! `neuraxis train`: makes the parameters of a robot's motor circuit better at a task.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::Args;
use neuraxis_core::Trainable;
use neuraxis_core::file::{self, Override};
use neuraxis_core::robot::Sensor;
use neuraxis_lab::motor::task::Ground;
use neuraxis_lab::motor::{MotorEnv, Task, circuit_name};
use neuraxis_lab::train::{
    self, Algorithm, Checkpoint, CmaEs, End, Identity, MotorObjective, Optimizer, Ppo, PpoSettings,
};
use neuraxis_motor::{MlpInput, MlpSpec, MotorSpec, SwimmerSpec};
use neuraxis_trial::plan::PlannedRobot;

use crate::exit::Exit;
use crate::output;
use crate::settings::split_overrides;
use crate::work::{self, Jobs};

#[derive(Args, Debug)]
#[command(
    after_help = "Examples:\n  neuraxis train robots/swimmer/swimmer6.yaml --budget 400000 --out trained\n  neuraxis train robots/swimmer/swimmer6.yaml --task swim --speed 0.05 --budget 200000\n  neuraxis train robots/swimmer/swimmer6.yaml --circuit mlp --budget 400000 --seed 3\n  neuraxis train robots/swimmer/swimmer6.yaml --algo cma-es --budget 100000\n  neuraxis train robots/swimmer/swimmer6.yaml --algo ppo --circuit mlp --budget 400000\n  neuraxis train robots/swimmer/swimmer6.yaml --resume trained/checkpoint.json --budget 800000 --out trained"
)]
pub(crate) struct TrainArgs {
    /// The robot file; its `motor:` block says where training begins.
    robot: PathBuf,
    /// What it is trained for: `swim` (at a speed or faster), `swim_to` (to a place), `walk` (at a commanded speed, pushed now and
    /// then), or `follow` (a figure of eight).
    #[arg(long, value_name = "NAME", default_value = "swim")]
    task: String,
    /// The place of the task `swim_to`, seen from the start, m.
    #[arg(long, value_name = "X,Y", value_delimiter = ',', num_args = 1, allow_hyphen_values = true)]
    target: Vec<f64>,
    /// In the task `swim` the speed that is worth a full reward, m/s (0.1 if not given); in `walk` (any from 0.2 to 1) and
    /// `follow` (0.5) the drive's speed, a share of the robot's limit.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    speed: Option<f64>,
    /// Impulse of the push in every second episode of the task `walk`, N·s; 20 if not given.
    #[arg(long, value_name = "NUMBER")]
    push: Option<f64>,
    /// What the task `walk` walks on.
    #[arg(long, value_name = "NAME", value_enum)]
    ground: Option<Floor>,
    /// Half the length of the figure of eight that the task `follow` follows, m; 2 if not given.
    #[arg(long, value_name = "NUMBER")]
    radius: Option<f64>,
    /// How to search: an evolution strategy, covariance matrix adaptation, draws at random for a baseline, or, for an mlp, proximal
    /// policy optimisation (a program that was built with the feature `candle`).
    #[arg(long, value_name = "NAME", value_enum, default_value_t = Algo::Es)]
    algo: Algo,
    /// Control steps of the episodes that train, in all. Evaluations, two scores a generation, come on top.
    #[arg(long, value_name = "STEPS", default_value_t = 400_000)]
    budget: u64,
    /// Draws noise, starts, and the weights of an mlp.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Scores a generation; 16 if not given, for cma-es what Hansen advises, for ppo 2 (its `n_envs`).
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    population: Option<u32>,
    /// Episodes that make one score, each under other conditions: more of them hide less, and cost more. For `walk` a multiple of 4
    /// (slow and fast, with and without a push), 4 if not given; else 1. Not for ppo, which learns from episodes and not from scores.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=train::MAX_EPISODES as i64))]
    episodes: Option<u16>,
    /// Standard deviation of the search at its start; 0.1 if not given, 0.05 for an mlp, 0.3 for cma-es, 0.5 for random.
    #[arg(long, value_name = "NUMBER")]
    sigma: Option<f64>,
    /// Step of the evolution strategy; 0.05 if not given, 0.02 for an mlp.
    #[arg(long, value_name = "NUMBER")]
    step: Option<f64>,
    /// Another circuit in the place of the robot's own.
    #[arg(long, value_name = "NAME", value_enum)]
    circuit: Option<Which>,
    #[command(flatten)]
    ppo: PpoArgs,
    /// Leave these parameters as they are, besides those that the task does not use; `afferent_*` are all that begin so.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    freeze: Vec<String>,
    #[command(flatten)]
    jobs: Jobs,
    /// A folder for parameters.yaml, checkpoint.json, curve.csv and curve.svg.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on from a checkpoint, with its search and its seed, up to the budget.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["algo", "seed", "population", "sigma", "step", "freeze", "episodes"])]
    resume: Option<PathBuf>,
    /// Change a setting of the robot's file.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<Override>,
}

/// Settings of PPO, as Stable-Baselines3 calls them; `n_steps` is the task's episode.
#[derive(Args, Debug)]
#[command(next_help_heading = "Settings of ppo")]
struct PpoArgs {
    /// Adam's step.
    #[arg(long, value_name = "NUMBER", default_value_t = PpoSettings::default().learning_rate)]
    learning_rate: f64,
    /// Samples a step of Adam.
    #[arg(long, value_name = "COUNT", default_value_t = PpoSettings::default().batch_size)]
    batch_size: usize,
    /// Times that each sample is used.
    #[arg(long, value_name = "COUNT", default_value_t = PpoSettings::default().n_epochs)]
    n_epochs: usize,
    /// How far the probability of an action may move, as a share.
    #[arg(long, value_name = "NUMBER", default_value_t = PpoSettings::default().clip_range)]
    clip_range: f64,
    /// What a step later is worth.
    #[arg(long, value_name = "NUMBER", default_value_t = PpoSettings::default().gamma)]
    gamma: f64,
    /// How far advantages look ahead: 0 one step, 1 the whole episode.
    #[arg(long, value_name = "NUMBER", default_value_t = PpoSettings::default().gae_lambda)]
    gae_lambda: f64,
    /// Weight of the entropy.
    #[arg(long, value_name = "NUMBER", default_value_t = PpoSettings::default().ent_coef)]
    ent_coef: f64,
    /// Weight of the value's error.
    #[arg(long, value_name = "NUMBER", default_value_t = PpoSettings::default().vf_coef)]
    vf_coef: f64,
    /// Longest gradient.
    #[arg(long, value_name = "NUMBER", default_value_t = PpoSettings::default().max_grad_norm)]
    max_grad_norm: f64,
    /// Logarithm of the standard deviation of actions at the start.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, default_value_t = PpoSettings::default().log_std_init)]
    log_std_init: f64,
}

impl PpoArgs {
    fn settings(&self, population: Option<u32>) -> PpoSettings {
        PpoSettings {
            n_envs: population.map_or(PpoSettings::default().n_envs, |count| count as usize),
            batch_size: self.batch_size,
            n_epochs: self.n_epochs,
            learning_rate: self.learning_rate,
            clip_range: self.clip_range,
            gamma: self.gamma,
            gae_lambda: self.gae_lambda,
            ent_coef: self.ent_coef,
            vf_coef: self.vf_coef,
            max_grad_norm: self.max_grad_norm,
            log_std_init: self.log_std_init,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Floor {
    Flat,
    Bumps,
    Slope,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Algo {
    Es,
    CmaEs,
    Random,
    Ppo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Which {
    Swimmer,
    Mlp,
}

/// Trains, and says how it went.
pub(crate) fn train(args: &TrainArgs) -> Exit {
    if args.algo == Algo::Ppo && !train::HAS_PPO {
        return output::usage_error("there is no ppo here", train::NO_PPO);
    }
    let task = match task(args) {
        Ok(task) => task,
        Err(exit) => return exit,
    };
    for (name, value) in [("--sigma", args.sigma), ("--step", args.step)] {
        if value.is_some_and(|value| !(value > 0.0 && value <= 100.0)) {
            return output::usage_error(
                &format!("{name} is not possible"),
                "give a number above 0, up to 100",
            );
        }
    }
    if let Some(episodes) = args.episodes {
        let own = task.episodes();
        if args.algo == Algo::Ppo {
            return output::usage_error(
                "ppo takes no --episodes",
                "leave it out, or give --population: its `n_envs`",
            );
        }
        if !usize::from(episodes).is_multiple_of(own) {
            let message = format!("a score of the task `{}` is made of {own} kinds of episodes", args.task);
            return output::usage_error(&message, &format!("give --episodes a multiple of {own}"));
        }
    }
    let robot = match PlannedRobot::load(&args.robot, &split_overrides(&args.settings).robot_overrides) {
        Ok(robot) => robot,
        Err(error) => {
            output::print_errors(&[error]);
            return Exit::Usage;
        }
    };
    let objective = match subject(args, &robot, task)
        .and_then(|subject| MotorObjective::new(subject).map_err(|error| error.to_string()))
    {
        Ok(objective) => objective,
        Err(message) => {
            return output::usage_error(&message, "choose another task, another circuit or another robot");
        }
    };
    let mut state = match state(args, &objective) {
        Ok(state) => state,
        Err(exit) => return exit,
    };
    let objective = objective.with_episodes(state.episodes);
    let cost = state.cost(&objective);
    if args.budget < state.steps + cost {
        return output::usage_error(
            &format!("a budget of {} control steps is not enough for another generation", args.budget),
            &format!("{} are used up, and a generation takes {cost}", state.steps),
        );
    }
    if let Err(exit) = output::prepare_out(args.out.as_deref()) {
        return exit;
    }
    let stop = work::stop_flag();
    let mut lost = None;
    let mut progress = |state: &Checkpoint| {
        if let Some(point) = state.curve.last() {
            eprintln!(
                "generation {}: {} steps, return {:.1}, members {:.1}, best {:.1}",
                point.generation, point.steps, point.score, point.mean, point.best
            );
        }
        // Whoever pulls the plug loses a generation at most.
        if let Some(folder) = &args.out
            && let Err(error) = output::write(&folder.join("checkpoint.json"), state.text())
        {
            lost.get_or_insert(error);
            stop.store(true, Ordering::SeqCst);
        }
    };
    let end = train::run(&mut state, &objective, args.budget, args.jobs.threads(), &stop, &mut progress);
    let written = match (&args.out, lost) {
        (_, Some(error)) => Err(error),
        (Some(folder), None) => write(folder, &state, &objective),
        (None, None) => Ok(()),
    };
    if let Err(error) = written {
        eprintln!("error: not everything could be written to the output folder: {error}");
        return Exit::Crashed;
    }
    output::print(train::yaml(&state, &command()).trim_end());
    match end {
        End::Done => Exit::Success,
        End::Failed(message) => {
            eprintln!("error: the training cannot go on: {message}");
            Exit::Crashed
        }
        End::Stopped => {
            let kept = if args.out.is_some() { "what was done is kept" } else { "nothing was written" };
            eprintln!("interrupted: {kept}");
            Exit::Crashed
        }
    }
}

fn task(args: &TrainArgs) -> Result<Task, Exit> {
    let target = match args.target[..] {
        [] => None,
        [x, y] => Some([x, y]),
        _ => return Err(output::usage_error("a target has two numbers", "give it as --target X,Y")),
    };
    let mut task = Task::named(&args.task, target).map_err(|help| {
        let known = Task::NAMES.contains(&args.task.as_str());
        let message = if known {
            format!("the task `{}` needs more than its name", args.task)
        } else {
            format!("there is no task `{}`", args.task)
        };
        output::usage_error(&message, &help)
    })?;
    let set = |field: &mut f64, given: Option<f64>| {
        if let Some(value) = given {
            *field = value;
        }
    };
    let (mut speeds, mut walks, mut follows) = (false, false, false);
    match &mut task {
        Task::Walk { speed, push, ground } => {
            (speeds, walks) = (true, true);
            *speed = args.speed.or(*speed);
            set(push, args.push);
            *ground = match args.ground {
                Some(Floor::Flat) => Ground::Flat,
                Some(Floor::Bumps) => Ground::Bumps,
                Some(Floor::Slope) => Ground::Slope,
                None => *ground,
            };
        }
        Task::Follow { radius, speed } => {
            (speeds, follows) = (true, true);
            *speed = args.speed.or(*speed);
            set(radius, args.radius);
        }
        Task::Swim { speed } => {
            speeds = true;
            *speed = args.speed;
        }
        Task::SwimTo { .. } => {}
    }
    for (name, is_given, is_used) in [
        ("--speed", args.speed.is_some(), speeds),
        ("--push", args.push.is_some(), walks),
        ("--ground", args.ground.is_some(), walks),
        ("--radius", args.radius.is_some(), follows),
    ] {
        if is_given && !is_used {
            let message = format!("the task `{}` takes no {name}", args.task);
            return Err(output::usage_error(&message, "leave it out, or choose another task"));
        }
    }
    // A swimmer's speed is a speed; the others' is a drive.
    let (speed, unit) = if matches!(task, Task::Swim { .. }) {
        ([0.001, 10.0], ", m/s")
    } else {
        ([0.01, 1.0], ", a share of the robot's limit")
    };
    for (name, value, range, unit) in [
        ("--speed", args.speed, speed, unit),
        ("--push", args.push, [0.0, 1000.0], ", N·s"),
        ("--radius", args.radius, [0.1, 100.0], ", m"),
    ] {
        if value.is_some_and(|value| !(range[0]..=range[1]).contains(&value)) {
            let help = format!("give a number from {} to {}{unit}", range[0], range[1]);
            return Err(output::usage_error(&format!("{name} is not possible"), &help));
        }
    }
    Ok(task)
}

/// Who is trained.
fn subject(args: &TrainArgs, robot: &PlannedRobot, task: Task) -> Result<MotorEnv, String> {
    let own = &robot.file.value.brain.motor;
    let motor = match args.circuit {
        None => own.clone(),
        Some(Which::Swimmer) if matches!(own, MotorSpec::Swimmer(_)) => own.clone(),
        Some(Which::Swimmer) => MotorSpec::Swimmer(SwimmerSpec::default()),
        Some(Which::Mlp) => {
            let mut spec = match own {
                MotorSpec::Mlp(spec) => spec.clone(),
                // As strong as the muscles that it stands in for, and as often.
                MotorSpec::Swimmer(swimmer) => {
                    let sensors = &robot.file.value.sensors;
                    let can_see = sensors.iter().any(|sensor| matches!(sensor, Sensor::Velocimeter { .. }));
                    // What the published baseline sees, if the body can tell it.
                    let inputs = can_see.then(|| vec![MlpInput::Positions, MlpInput::Velocities]);
                    MlpSpec { inputs, scale: swimmer.torque, step: swimmer.step, ..MlpSpec::default() }
                }
                _ => MlpSpec::default(),
            };
            spec.seed = args.seed;
            MotorSpec::Mlp(spec)
        }
    };
    let brain = &robot.file.value.brain;
    MotorEnv::new(robot.model.clone(), motor, brain.rate, task).map_err(|error| error.to_string())
}

/// A new training, or the one of the checkpoint.
fn state(args: &TrainArgs, objective: &MotorObjective) -> Result<Checkpoint, Exit> {
    let identity = Identity::of(objective.subject(), objective.circuit());
    if let Some(path) = &args.resume {
        let text = file::read(path).map_err(|error| {
            output::print_errors(&[error]);
            Exit::Usage
        })?;
        return Checkpoint::read(&text, &identity).map_err(|message| {
            output::usage_error(
                &format!("cannot go on from {}: {message}", path.display()),
                "give the robot, circuit and task that it was trained with",
            )
        });
    }
    let is_meant = |word: &str, name: &str| match word.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == word,
    };
    if let Some(unknown) =
        args.freeze.iter().find(|word| !identity.names.iter().any(|name| is_meant(word, name)))
    {
        let known: Vec<&str> = identity.names.iter().map(String::as_str).collect();
        let help = file::problem::did_you_mean(unknown, &known);
        return Err(output::usage_error(&format!("the circuit has no parameter `{unknown}`"), &help));
    }
    let task = identity.task;
    let names = identity.names.clone();
    let is_free = |i: usize| {
        names
            .get(i)
            .is_none_or(|name| !task.is_idle(name) && !args.freeze.iter().any(|word| is_meant(word, name)))
    };
    let is_mlp = circuit_name(&objective.subject().motor) == "mlp";
    let (algorithm, sigma) = match args.algo {
        Algo::Es => (Algorithm::Es, if is_mlp { 0.05 } else { 0.1 }),
        Algo::CmaEs => (Algorithm::CmaEs, 0.3),
        Algo::Random => (Algorithm::Random, 0.5),
        Algo::Ppo => (Algorithm::Ppo, 0.0),
    };
    let search = |start: Vec<f64>| {
        if algorithm == Algorithm::Ppo {
            let layers = objective.layers().ok_or("ppo trains an mlp whose step is that of the task")?;
            let ppo = Ppo::new(args.ppo.settings(args.population), &layers, start, args.seed)?;
            return Ok(Optimizer::Ppo(Box::new(ppo)));
        }
        let usual = match algorithm {
            Algorithm::CmaEs => CmaEs::usual_population(start.len()),
            _ => 16,
        };
        let population = args.population.map_or(usual, |count| count as usize);
        let step = args.step.unwrap_or(if is_mlp { 0.02 } else { 0.05 });
        Optimizer::new(algorithm, start, population, args.sigma.unwrap_or(sigma), step)
    };
    let initial = objective.parameters().to_vec();
    let mut state = Checkpoint::new(identity, initial, is_free, args.seed, search).map_err(|message| {
        output::usage_error(&message, "choose another circuit, algorithm or list of parameters")
    })?;
    state.episodes = args.episodes.map(usize::from);
    // What the robot's file normalises by is where that begins.
    if let Some(felt) = objective.trainable().and_then(Trainable::normalisation).filter(|felt| felt.count > 0)
    {
        state.observation_stats = felt.clone();
    }
    Ok(state)
}

/// What was typed, with the program's own name in the place of its path.
fn command() -> String {
    let words: Vec<String> = std::env::args().skip(1).collect();
    format!("neuraxis {}", words.join(" "))
}

fn write(folder: &Path, state: &Checkpoint, objective: &MotorObjective) -> io::Result<()> {
    output::write(&folder.join("checkpoint.json"), state.text())?;
    output::write(&folder.join("parameters.yaml"), train::yaml(state, &command()))?;
    output::write(&folder.join("curve.csv"), train::csv(&state.curve))?;
    output::write(
        &folder.join("curve.svg"),
        train::svg(&state.curve, objective.subject().task.steps() as f64),
    )
}
