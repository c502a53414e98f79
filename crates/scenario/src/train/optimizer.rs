//! The searches that can be chosen: each is asked for candidates and told how well they did, and is nothing but its state.

use serde::{Deserialize, Serialize};

use super::cma::{self, CmaEs};
use super::es::Es;
use super::noise;
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

/// Independent draws around the start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomSearch {
    start: Vec<f64>,
    sigma: f64,
    population: usize,
    /// The best of the last generation.
    pick: Vec<f64>,
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
        if algorithm == Algorithm::CmaEs && start.len() > cma::MOST {
            return Err(format!(
                "cma-es is for up to {} parameters, and these are {}: use es",
                cma::MOST,
                start.len()
            ));
        }
        Ok(match algorithm {
            Algorithm::Ppo => return Err("ppo is made of a perceptron's layers".to_owned()),
            Algorithm::Es => Self::Es(Es::new(start, population, sigma, rate)),
            Algorithm::CmaEs => Self::CmaEs(CmaEs::new(start, population, sigma)),
            Algorithm::Random => {
                let pick = start.clone();
                Self::Random(RandomSearch { start, sigma, population: population.max(1), pick })
            }
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

    /// Candidates a generation.
    #[must_use]
    pub fn population(&self) -> usize {
        match self {
            Self::Es(es) => es.population,
            Self::CmaEs(cma) => cma.population,
            Self::Random(random) => random.population,
            Self::Ppo(ppo) => ppo.settings.n_envs,
        }
    }

    /// Where it stands: what is evaluated and kept.
    #[must_use]
    pub fn center(&self) -> &[f64] {
        match self {
            Self::Es(es) => &es.center,
            Self::CmaEs(cma) => &cma.center,
            Self::Random(random) => &random.pick,
            Self::Ppo(ppo) => &ppo.policy,
        }
    }

    /// The candidates of a generation; they follow from the state, the seed and the generation.
    #[must_use]
    pub fn ask(&self, seed: u64, generation: usize) -> Vec<Vec<f64>> {
        match self {
            Self::Es(es) => es.ask(seed, generation),
            Self::CmaEs(cma) => cma.ask(seed, generation),
            Self::Random(random) => (0..random.population)
                .map(|i| {
                    let noise = noise(seed, generation, i, random.start.len());
                    random.start.iter().zip(noise).map(|(s, n)| s + random.sigma * n).collect()
                })
                .collect(),
            Self::Ppo(_) => Vec::new(),
        }
    }

    /// How well these candidates did, the more the better, in their order; a NaN is the worst.
    pub fn tell(&mut self, seed: u64, generation: usize, scores: &[f64]) {
        let scores: Vec<f64> =
            scores.iter().map(|score| if score.is_nan() { f64::NEG_INFINITY } else { *score }).collect();
        match self {
            Self::Es(es) => es.tell(seed, generation, &scores),
            Self::CmaEs(cma) => cma.tell(seed, generation, &scores),
            Self::Ppo(_) => {}
            Self::Random(_) => {
                let best = (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
                let pick = best.and_then(|i| self.ask(seed, generation).into_iter().nth(i));
                if let (Self::Random(random), Some(pick)) = (self, pick) {
                    random.pick = pick;
                }
            }
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
            project(&mut es.center);
        }
    }

    /// Whether the state is whole, for `n` parameters: it may come from a file.
    pub(super) fn is_whole(&self, n: usize) -> bool {
        let fits = |list: &[f64]| list.len() == n && list.iter().all(|v| v.is_finite());
        let is_scale = |v: f64| v.is_finite() && v > 0.0;
        let lists = match self {
            Self::Es(es) => {
                fits(&es.center)
                    && fits(&es.first)
                    && fits(&es.second)
                    && is_scale(es.sigma)
                    && is_scale(es.rate)
                    && es.population.is_multiple_of(2)
            }
            Self::CmaEs(cma) => {
                fits(&cma.center)
                    && fits(&cma.path)
                    && fits(&cma.scale_path)
                    && n <= cma::MOST
                    && cma.covariance.len() == n * n
                    && cma.covariance.iter().all(|v| v.is_finite())
                    && is_scale(cma.sigma)
            }
            Self::Random(random) => fits(&random.start) && fits(&random.pick) && is_scale(random.sigma),
            Self::Ppo(ppo) => ppo.is_whole(n),
        };
        lists && (1..=100_000).contains(&self.population())
    }
}
