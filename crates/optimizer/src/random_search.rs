//! The plain baseline: independent draws around the start; the best of a generation is where it stands.

use serde::{Deserialize, Serialize};

use crate::{AskTell, are_finite, is_scale, noise, without_nan};

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

impl RandomSearch {
    /// Around `start`, with the standard deviation `sigma` in all directions and `population` draws a generation.
    #[must_use]
    pub fn new(start: Vec<f64>, population: usize, sigma: f64) -> Self {
        let pick = start.clone();
        Self { start, sigma, population: population.max(1), pick }
    }
}

impl AskTell for RandomSearch {
    fn population(&self) -> usize {
        self.population
    }

    fn center(&self) -> &[f64] {
        &self.pick
    }

    fn ask(&self, seed: u64, generation: usize) -> Vec<Vec<f64>> {
        let draw = |i: usize| {
            let noise = noise(seed, generation, i, self.start.len());
            self.start.iter().zip(noise).map(|(s, n)| s + self.sigma * n).collect()
        };
        (0..self.population).map(draw).collect()
    }

    fn tell(&mut self, seed: u64, generation: usize, scores: &[f64]) {
        let scores = without_nan(scores);
        let best = (0..scores.len()).rev().max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        if let Some(pick) = best.and_then(|i| self.ask(seed, generation).into_iter().nth(i)) {
            self.pick = pick;
        }
    }

    fn is_whole(&self, count: usize) -> bool {
        are_finite(&self.start, count) && are_finite(&self.pick, count) && is_scale(self.sigma)
    }
}
