//! The searches that can be chosen: ask-and-tell optimisers, and PPO, which learns from its own tries; each is nothing but its state.

use neuraxis_optimizer::{AskTell, CmaEs, Es, RandomSearch};
use serde::{Deserialize, Serialize};

use super::ppo::{Episode, Ppo};

/// Which search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// Evolution strategy with mirrored offspring, ranks and Adam.
    Es,
    /// Covariance matrix adaptation.
    CmaEs,
    /// The plain baseline: independent draws around the start; the best one stays.
    Random,
    /// Proximal policy optimisation, for perceptrons.
    Ppo,
}

/// A search and its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// See [`Algorithm::Es`].
    Es(Es),
    /// See [`Algorithm::CmaEs`].
    CmaEs(CmaEs),
    /// See [`Algorithm::Random`].
    Random(RandomSearch),
    /// See [`Algorithm::Ppo`]: it is not asked for candidates, its own tries teach it.
    Ppo(Box<Ppo>),
}

impl Optimizer {
    /// The search `algorithm` from `start`.
    ///
    /// # Errors
    /// If it is not made for so many parameters, or there is nothing finite to begin with.
    pub fn new(
        algorithm: Algorithm,
        start: Vec<f64>,
        population: usize,
        sigma: f64,
        rate: f64,
    ) -> Result<Self, String> {
        if start.is_empty() {
            return Err("the circuit has no parameters that the task could train".to_owned());
        }
        if let Some(value) = start.iter().find(|value| !value.is_finite()) {
            return Err(format!("a parameter to begin with is {value}, which is not a number"));
        }
        if algorithm == Algorithm::CmaEs && start.len() > CmaEs::MAX_PARAMETERS {
            return Err(format!(
                "cma-es is for up to {} parameters, and these are {}: use es",
                CmaEs::MAX_PARAMETERS,
                start.len()
            ));
        }
        Ok(match algorithm {
            Algorithm::Ppo => return Err("ppo is made of a perceptron's layers".to_owned()),
            Algorithm::Es => Self::Es(Es::new(start, population, sigma, rate)),
            Algorithm::CmaEs => Self::CmaEs(CmaEs::new(start, population, sigma)),
            Algorithm::Random => Self::Random(RandomSearch::new(start, population, sigma)),
        })
    }

    /// Which one it is.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Es(_) => Algorithm::Es,
            Self::CmaEs(_) => Algorithm::CmaEs,
            Self::Random(_) => Algorithm::Random,
            Self::Ppo(_) => Algorithm::Ppo,
        }
    }

    /// The optimiser that is asked and told; PPO is none.
    fn ask_tell(&self) -> Option<&dyn AskTell> {
        match self {
            Self::Es(es) => Some(es),
            Self::CmaEs(cma) => Some(cma),
            Self::Random(random) => Some(random),
            Self::Ppo(_) => None,
        }
    }

    /// Candidates a generation.
    #[must_use]
    pub fn population(&self) -> usize {
        match self {
            Self::Ppo(ppo) => ppo.settings.n_envs,
            _ => self.ask_tell().map_or(0, AskTell::population),
        }
    }

    /// Where it stands: what is evaluated and kept.
    #[must_use]
    pub fn center(&self) -> &[f64] {
        match self {
            Self::Ppo(ppo) => &ppo.policy,
            _ => self.ask_tell().map_or(&[], AskTell::center),
        }
    }

    /// The candidates of a generation; they follow from the state, the seed and the generation.
    #[must_use]
    pub fn ask(&self, seed: u64, generation: usize) -> Vec<Vec<f64>> {
        self.ask_tell().map(|search| search.ask(seed, generation)).unwrap_or_default()
    }

    /// How well these candidates did, the more the better, in their order; a NaN is the worst.
    pub fn tell(&mut self, seed: u64, generation: usize, scores: &[f64]) {
        match self {
            Self::Es(es) => es.tell(seed, generation, scores),
            Self::CmaEs(cma) => cma.tell(seed, generation, scores),
            Self::Random(random) => random.tell(seed, generation, scores),
            Self::Ppo(_) => {}
        }
    }

    /// Takes in a generation's tries, for PPO; nothing for the others.
    pub(super) fn learn(&mut self, seed: u64, generation: usize, episodes: &[Episode]) -> Result<(), String> {
        let Self::Ppo(ppo) = self else { return Ok(()) };
        #[cfg(feature = "candle")]
        let learnt =
            super::ppo_learn::learn(ppo, seed, generation, episodes).map_err(|error| error.to_string());
        #[cfg(not(feature = "candle"))]
        let learnt = {
            let _ = (ppo, seed, generation, episodes);
            Err(super::NO_PPO.to_owned())
        };
        learnt
    }

    /// Moves the centre of an evolution strategy to where signs allow it; the others stay, for it would bend their statistics.
    pub(super) fn bring_back(&mut self, project: impl FnOnce(&mut [f64])) {
        if let Self::Es(es) = self {
            es.project(project);
        }
    }

    /// Whether the state is whole, for `n` parameters: it may come from a file.
    pub(super) fn is_whole(&self, n: usize) -> bool {
        let lists = match self {
            Self::Ppo(ppo) => ppo.is_whole(n),
            _ => self.ask_tell().is_some_and(|search| search.is_whole(n)),
        };
        lists && (1..=100_000).contains(&self.population())
    }
}
