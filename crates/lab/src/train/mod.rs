//! Training of motor circuits: a search over their parameters, scored by episodes in the simulator.
//!
//! A generation is a pure function of the state before it and of the seed: noise comes from streams that are named by
//! generation and member, all members of a generation get the same start, and scores are put in order before they are used.
//! So one thread or many give the same bits, and so does a run that was interrupted and resumed.

mod checkpoint;
mod curve;
mod optimizer;
mod ppo;
#[cfg(feature = "candle")]
mod ppo_learn;
mod rollout;
mod snippet;
mod spread;

use std::sync::atomic::AtomicBool;

use neuraxis_core::{Trainable, random};
use neuraxis_motor::{MlpCircuit, MotorCircuit, MotorError, MotorSpec, RunningStats};
use neuraxis_trial::parallel::map_in_order;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

pub use checkpoint::{Checkpoint, Identity, MAX_EPISODES};
pub use curve::{csv, svg};
pub use neuraxis_optimizer::{CmaEs, Es};
pub use optimizer::{Algorithm, Optimizer};
pub use ppo::{Episode, Ppo, PpoSettings};
pub use snippet::yaml;
pub use spread::{Arm, arms, spread_svg};

use crate::motor::{MotorEnv, Start, run_episode};

/// Whether this program can train by PPO.
pub const HAS_PPO: bool = cfg!(feature = "candle");
/// What to do if it cannot.
pub const NO_PPO: &str =
    "this program was built without ppo: build it by `cargo build --release --features candle`";

/// Starts that the centre is evaluated on in each generation: the same for all seeds, so that runs with as many episodes a score
/// can be compared.
pub const EVALUATIONS: [u64; 2] = [1_000_000, 1_000_001];

/// What is to be made better.
pub trait Objective: Sync {
    /// Control steps that one score costs.
    fn steps(&self) -> usize;
    /// Control steps that one episode of [`Self::collect_rollout`] costs.
    fn exploring(&self) -> usize {
        self.steps()
    }
    /// How good `parameters` are in the episode `episode`: the more the better. What is seen is normalised by `observation_stats`, if it is
    /// normalised; what was seen then comes as the second.
    fn evaluate(
        &self,
        parameters: &[f64],
        observation_stats: &RunningStats,
        episode: u64,
    ) -> (f64, RunningStats);
    /// The same without a past.
    fn score(&self, parameters: &[f64], episode: u64) -> f64 {
        self.evaluate(parameters, &RunningStats::default(), episode).0
    }
    /// An episode of tries around `parameters`, with these standard deviations of what is done; `episode` draws start and tries.
    /// None where nothing can be tried.
    fn collect_rollout(
        &self,
        _parameters: &[f64],
        _observation_stats: &RunningStats,
        _deviation: &[f64],
        _episode: u64,
    ) -> Option<Episode> {
        None
    }
    /// The nearest parameters that are allowed.
    fn project(&self, parameters: &mut [f64]);
}

/// A motor circuit at its task.
pub struct MotorObjective {
    subject: MotorEnv,
    circuit: Box<dyn MotorCircuit>,
    episodes: usize,
}

impl MotorObjective {
    /// The circuit of `subject` at its task.
    ///
    /// # Errors
    /// If the circuit does not fit the body.
    pub fn new(subject: MotorEnv) -> Result<Self, MotorError> {
        Ok(Self { circuit: subject.circuit()?, episodes: subject.task.episodes(), subject })
    }

    /// The same with so many episodes a score; the task's own number if not given.
    #[must_use]
    pub fn with_episodes(self, episodes: Option<usize>) -> Self {
        Self { episodes: episodes.unwrap_or(self.subject.task.episodes()).max(1), ..self }
    }

    /// The circuit, with the parameters that it begins with.
    #[must_use]
    pub fn circuit(&self) -> &dyn MotorCircuit {
        &*self.circuit
    }

    /// What of the circuit is trained; nothing, if it has no parameters.
    #[must_use]
    pub fn trainable(&self) -> Option<&dyn Trainable> {
        self.circuit.trainable()
    }

    /// The parameters that it begins with.
    #[must_use]
    pub fn parameters(&self) -> &[f64] {
        self.trainable().map_or(&[], Trainable::parameters)
    }

    /// Layers of the circuit, inputs first, if it is a perceptron that steps with the task.
    #[must_use]
    pub fn layers(&self) -> Option<Vec<usize>> {
        let MotorSpec::Mlp(spec) = &self.subject.motor else { return None };
        let in_step = (spec.step - self.subject.task.control()).abs() < 1e-6;
        let circuit = MlpCircuit::new(spec, &self.subject.model.description).ok()?;
        in_step.then(|| circuit.mlp().sizes().to_vec())
    }

    /// Who is trained.
    #[must_use]
    pub fn subject(&self) -> &MotorEnv {
        &self.subject
    }
}

impl Objective for MotorObjective {
    fn steps(&self) -> usize {
        self.subject.task.steps() * self.episodes
    }

    fn exploring(&self) -> usize {
        self.subject.task.steps()
    }

    fn evaluate(
        &self,
        parameters: &[f64],
        observation_stats: &RunningStats,
        episode: u64,
    ) -> (f64, RunningStats) {
        let nothing = (f64::NAN, RunningStats::default());
        let Ok(mut circuit) = self.subject.circuit() else { return nothing };
        let Some(trained) = circuit.trainable_mut() else { return nothing };
        if trained.set_parameters(parameters).is_err()
            || trained.set_normalisation(observation_stats).is_err()
        {
            return nothing;
        }
        let episodes = self.episodes as u64;
        let (mut sum, mut gathered) = (0.0, RunningStats::default());
        for i in 0..episodes {
            let start = Start::Random(episode.wrapping_mul(episodes).wrapping_add(i));
            sum += run_episode(&self.subject, &mut *circuit, start, None, false).reward;
            if let Some(own) = circuit.trainable().and_then(Trainable::gathered) {
                gathered.merge(own);
            }
        }
        (sum / episodes as f64, gathered)
    }

    fn collect_rollout(
        &self,
        parameters: &[f64],
        observation_stats: &RunningStats,
        deviation: &[f64],
        episode: u64,
    ) -> Option<Episode> {
        rollout::collect(&self.subject, parameters, observation_stats, deviation, episode)
    }

    fn project(&self, parameters: &mut [f64]) {
        if let Some(trained) = self.circuit.trainable() {
            trained.project(parameters);
        }
    }
}

/// A generation in the learning curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Generations so far.
    pub generation: usize,
    /// Control steps that training took so far; evaluations come on top.
    pub steps: u64,
    /// Score of the centre: mean over the fixed starts.
    pub score: f64,
    /// Mean score of the generation's members that have one.
    pub mean: f64,
    /// The best score of the centre so far.
    pub best: f64,
}

/// The best centre so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// All parameters of the circuit.
    pub parameters: Vec<f64>,
    /// What the circuit normalises what it sees by; empty if it does not.
    #[serde(default, skip_serializing_if = "has_no_steps", alias = "felt")]
    pub observation_stats: RunningStats,
    /// Mean over the fixed starts.
    pub score: f64,
    /// Control steps that training had taken.
    pub steps: u64,
}

fn has_no_steps(observation_stats: &RunningStats) -> bool {
    observation_stats.count == 0
}

/// How a training ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Another generation would not fit into the budget.
    Done,
    /// It was stopped; the state is that of the last whole generation.
    Stopped,
    /// It could not learn: why. The state is that of the last whole generation.
    Failed(String),
}

/// Trains until `budget` control steps are used up or it is stopped; `progress` sees each generation's state.
pub fn run(
    state: &mut Checkpoint,
    objective: &dyn Objective,
    budget: u64,
    jobs: usize,
    stop: &AtomicBool,
    progress: &mut dyn FnMut(&Checkpoint),
) -> End {
    let evaluate = |parameters: &[f64], observation_stats: &RunningStats| {
        let score = |i: usize| objective.evaluate(parameters, observation_stats, EVALUATIONS[i]).0;
        let scores = map_in_order(EVALUATIONS.len(), jobs, stop, score)?;
        Some(scores.iter().sum::<f64>() / scores.len() as f64)
    };
    if state.curve.is_empty() {
        let parameters = state.center(objective);
        let Some(score) = evaluate(&parameters, &state.observation_stats) else { return End::Stopped };
        state.keep(parameters, score, score);
        progress(state);
    }
    loop {
        let cost = state.cost(objective);
        if state.steps + cost > budget {
            return End::Done;
        }
        let learnt = match &state.optimizer {
            Optimizer::Ppo(_) => ppo_update(state, objective, jobs, stop),
            _ => Ok(search(state, objective, jobs, stop)),
        };
        let (mut next, scores) = match learnt {
            Ok(Some(learnt)) => learnt,
            Ok(None) => return End::Stopped,
            Err(message) => return End::Failed(message),
        };
        next.bring_back(objective);
        next.generation += 1;
        next.steps += cost;
        let parameters = next.center(objective);
        let Some(score) = evaluate(&parameters, &next.observation_stats) else { return End::Stopped };
        let finite: Vec<f64> = scores.into_iter().filter(|score| score.is_finite()).collect();
        next.keep(parameters, score, finite.iter().sum::<f64>() / finite.len().max(1) as f64);
        *state = next;
        progress(state);
    }
}

/// A state after a generation's scores were told, and those scores.
type Learnt = Result<Option<(Checkpoint, Vec<f64>)>, String>;

/// A generation of a search over parameters.
fn search(
    state: &Checkpoint,
    objective: &dyn Objective,
    jobs: usize,
    stop: &AtomicBool,
) -> Option<(Checkpoint, Vec<f64>)> {
    let generation = state.generation;
    let candidates = state.optimizer.ask(state.seed, generation);
    let members: Vec<Vec<f64>> = candidates.iter().map(|free| state.whole(free, objective)).collect();
    let episode: u64 = random::stream(state.seed, &format!("train/{generation}/start")).random();
    let observation_stats = &state.observation_stats;
    let scores = map_in_order(members.len(), jobs, stop, |i| {
        objective.evaluate(&members[i], observation_stats, episode)
    });
    let scores = scores?;
    let mut next = state.clone();
    // In the order of the members, whoever was first.
    let scores: Vec<f64> = scores
        .into_iter()
        .map(|(score, observation_stats)| {
            next.observation_stats.merge(&observation_stats);
            score
        })
        .collect();
    next.optimizer.tell(state.seed, generation, &scores);
    Some((next, scores))
}

/// A generation of PPO: tries around where it stands, and what they teach.
fn ppo_update(state: &Checkpoint, objective: &dyn Objective, jobs: usize, stop: &AtomicBool) -> Learnt {
    let Optimizer::Ppo(ppo) = &state.optimizer else { return Ok(None) };
    let generation = state.generation;
    let (parameters, deviation) = (state.center(objective), ppo.deviation());
    let explore = |i: usize| {
        let episode = random::stream(state.seed, &format!("train/{generation}/{i}/start")).random();
        objective.collect_rollout(&parameters, &state.observation_stats, &deviation, episode)
    };
    let Some(episodes) = map_in_order(ppo.settings.n_envs, jobs, stop, explore) else { return Ok(None) };
    let episodes: Option<Vec<Episode>> = episodes.into_iter().collect();
    let Some(episodes) = episodes else {
        return Err("ppo trains an mlp whose step is that of the task".to_owned());
    };
    let mut next = state.clone();
    for episode in &episodes {
        next.observation_stats.merge(&episode.observation_stats);
    }
    next.optimizer.learn(state.seed, generation, &episodes)?;
    Ok(Some((next, episodes.iter().map(|episode| episode.rewards.iter().sum()).collect())))
}
