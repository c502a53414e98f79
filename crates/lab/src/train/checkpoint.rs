//! All that a training has to remember, as a file: whose parameters these are, the search's state, and the curve so far.

use neuraxis_core::file::problem::did_you_mean;
use neuraxis_motor::{MotorCircuit, RunningStats};
use serde::{Deserialize, Serialize};

use super::{Best, Objective, Optimizer, Point};
use crate::motor::{MotorEnv, Task, circuit_name};

/// Format of the file.
const VERSION: u32 = 1;
/// No score is made of more episodes.
pub const MAX_EPISODES: usize = 1000;

/// Whose parameters are trained, and at what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The robot's name.
    pub robot: String,
    /// The joints that it moves.
    pub actuators: Vec<String>,
    /// The circuit's name.
    pub circuit: String,
    /// Its settings, without what is trained.
    pub settings: serde_json::Value,
    /// The names of its parameters; empty if they have none.
    pub names: Vec<String>,
    /// How many there are.
    pub count: usize,
    /// What it is trained for.
    pub task: Task,
}

impl Identity {
    /// That of `subject`, whose circuit is `circuit`.
    #[must_use]
    pub fn of(subject: &MotorEnv, circuit: &dyn MotorCircuit) -> Self {
        let mut settings = serde_json::to_value(&subject.motor).unwrap_or_default();
        if let Some(map) = settings.as_object_mut() {
            // What is trained, and what only draws where that begins.
            map.retain(|key, _| !["parameters", "seed", "normalisation"].contains(&key.as_str()));
        }
        let trained = circuit.trainable();
        Self {
            robot: subject.model.description.name.clone(),
            actuators: subject.model.description.joints(),
            circuit: circuit_name(&subject.motor).to_owned(),
            settings,
            names: trained.map_or_else(Vec::new, |trained| trained.parameter_names().to_vec()),
            count: trained.map_or(0, |trained| trained.parameters().len()),
            task: subject.task,
        }
    }

    /// What `self`, of a file, has that is not that of `wanted`, in a sentence.
    fn difference(&self, wanted: &Self) -> Option<String> {
        let told = |what: &str, own: &str, wanted: &str| {
            Some(format!("it is of the {what} `{own}`, and this is `{wanted}`"))
        };
        if self.robot != wanted.robot || self.actuators != wanted.actuators {
            return told("robot", &self.robot, &wanted.robot)
                .filter(|_| self.robot != wanted.robot)
                .or_else(|| Some(format!("it is of a robot `{}` that moves other joints", self.robot)));
        }
        if self.circuit != wanted.circuit {
            return told("circuit", &self.circuit, &wanted.circuit);
        }
        if self.task != wanted.task {
            return told("task", self.task.name(), wanted.task.name())
                .filter(|_| self.task.name() != wanted.task.name())
                .or_else(|| Some(format!("its task `{}` has other settings", self.task.name())));
        }
        if self.names != wanted.names || self.count != wanted.count {
            let known: Vec<&str> = wanted.names.iter().map(String::as_str).collect();
            return match self.names.iter().find(|name| !known.contains(&name.as_str())) {
                Some(name) => {
                    Some(format!("the circuit has no parameter `{name}` ({})", did_you_mean(name, &known)))
                }
                None => Some(format!("it has {} parameters, and this circuit {}", self.count, wanted.count)),
            };
        }
        let key = |a: &serde_json::Value, b: &serde_json::Value| {
            let map = a.as_object()?;
            map.iter().find(|(key, value)| b.get(key.as_str()) != Some(value)).map(|(key, _)| key.clone())
        };
        key(&self.settings, &wanted.settings)
            .or_else(|| key(&wanted.settings, &self.settings))
            .map(|key| format!("its circuit has another `{key}`"))
    }
}

/// The state of a training after a whole generation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    version: u32,
    /// Whose parameters these are.
    pub identity: Identity,
    /// Draws all noise and all starts.
    pub seed: u64,
    /// Episodes that make one score, if not the task's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episodes: Option<usize>,
    /// Generations so far.
    pub generation: usize,
    /// Control steps that training took so far.
    pub steps: u64,
    /// Parameters of the circuit at the beginning.
    pub initial: Vec<f64>,
    /// Which of them are trained, by their places.
    pub free: Vec<usize>,
    /// What the circuits saw so far, by which what they see is normalised; empty if it is not.
    #[serde(default, skip_serializing_if = "super::has_no_steps", alias = "felt")]
    pub observation_stats: RunningStats,
    /// The search.
    pub optimizer: Optimizer,
    /// The best centre so far.
    pub best: Option<Best>,
    /// The learning curve.
    pub curve: Vec<Point>,
}

impl Checkpoint {
    /// Before the first generation; `search` makes a search from the parameters that are trained, those that `is_free`.
    ///
    /// # Errors
    /// If there is nothing to train.
    pub fn new(
        identity: Identity,
        initial: Vec<f64>,
        is_free: impl Fn(usize) -> bool,
        seed: u64,
        search: impl FnOnce(Vec<f64>) -> Result<Optimizer, String>,
    ) -> Result<Self, String> {
        let free: Vec<usize> = (0..initial.len()).filter(|i| is_free(*i)).collect();
        let optimizer = search(free.iter().map(|i| initial[*i]).collect())?;
        Ok(Self {
            version: VERSION,
            identity,
            seed,
            episodes: None,
            generation: 0,
            steps: 0,
            initial,
            free,
            observation_stats: RunningStats::default(),
            optimizer,
            best: None,
            curve: Vec::new(),
        })
    }

    /// From the text of a file; it has to be one of `wanted`.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn read(text: &str, wanted: &Identity) -> Result<Self, String> {
        let state = Self::look(text)?;
        if let Some(difference) = state.identity.difference(wanted) {
            return Err(difference);
        }
        let count = state.initial.len();
        let best = state.best.as_ref().is_none_or(|best| best.parameters.len() == count);
        let observation_stats = |observation_stats: &RunningStats| {
            observation_stats.is_whole() && (observation_stats.count > 0 || observation_stats.mean.is_empty())
        };
        let observation_stats = observation_stats(&state.observation_stats)
            && state.best.as_ref().is_none_or(|best| observation_stats(&best.observation_stats));
        let free = state.free.is_sorted_by(|a, b| a < b) && state.free.iter().all(|i| *i < count);
        let episodes = state.episodes.is_none_or(|episodes| MAX_EPISODES >= episodes && episodes > 0);
        if !episodes
            || count != wanted.count
            || !best
            || !observation_stats
            || !free
            || !state.optimizer.is_whole(state.free.len())
        {
            return Err("its lists do not fit each other: it was changed or cut short".to_owned());
        }
        Ok(state)
    }

    /// From a file, to be looked at and not to be gone on with.
    ///
    /// # Errors
    /// If it is no checkpoint, or one of another version: why, in a sentence.
    pub fn look(text: &str) -> Result<Self, String> {
        let state: Self = serde_json::from_str(text)
            .map_err(|error| format!("this is no checkpoint of a training: {error}"))?;
        if state.version != VERSION {
            return Err(format!(
                "it has version {} of the format, and this program knows {VERSION}",
                state.version
            ));
        }
        Ok(state)
    }

    /// As a file.
    #[must_use]
    pub fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() + "\n"
    }

    /// All parameters of the circuit, from those that are trained.
    pub(super) fn whole(&self, free: &[f64], objective: &dyn Objective) -> Vec<f64> {
        let mut all = self.initial.clone();
        for (i, value) in self.free.iter().zip(free) {
            all[*i] = *value;
        }
        objective.project(&mut all);
        all
    }

    /// Where the search stands, as parameters of the circuit.
    #[must_use]
    pub fn center(&self, objective: &dyn Objective) -> Vec<f64> {
        self.whole(self.optimizer.center(), objective)
    }

    pub(super) fn bring_back(&mut self, objective: &dyn Objective) {
        let all = self.center(objective);
        let free = &self.free;
        self.optimizer.bring_back(|center| {
            for (center, i) in center.iter_mut().zip(free) {
                *center = all[*i];
            }
        });
    }

    /// Notes what the centre `parameters` came to.
    /// Control steps that a generation costs.
    #[must_use]
    pub fn cost(&self, objective: &dyn Objective) -> u64 {
        let member = match &self.optimizer {
            Optimizer::Ppo(_) => objective.exploring(),
            _ => objective.steps(),
        };
        self.optimizer.population() as u64 * member as u64
    }

    /// Episodes that make one score.
    #[must_use]
    pub fn episodes(&self) -> usize {
        self.episodes.unwrap_or(self.identity.task.episodes())
    }

    pub(super) fn keep(&mut self, parameters: Vec<f64>, score: f64, mean: f64) {
        let score = if score.is_finite() { score } else { 0.0 };
        if self.best.as_ref().is_none_or(|best| score > best.score) {
            self.best = Some(Best {
                parameters,
                observation_stats: self.observation_stats.clone(),
                score,
                steps: self.steps,
            });
        }
        let best = self.best.as_ref().map_or(score, |best| best.score);
        self.curve.push(Point { generation: self.generation, steps: self.steps, score, mean, best });
    }
}
