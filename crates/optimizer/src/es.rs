//! Evolution strategy: a centre that climbs the gradient that its mirrored offspring estimate.
//!
//! Source: Salimans et al. (2017), `OpenAI-ES`: antithetic Gaussian perturbations, scores shaped to ranks, the step taken by Adam
//! (Kingma and Ba 2015). Departures: equal scores get the mean of their ranks, so that a plateau has no slope; no weight decay.

use serde::{Deserialize, Serialize};

use crate::{AskTell, are_finite, is_scale, noise, ranks, without_nan};

/// The state of an evolution strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Es {
    /// Where it stands.
    center: Vec<f64>,
    /// Adam's running mean of the gradient.
    first: Vec<f64>,
    /// Adam's running mean of its square.
    second: Vec<f64>,
    /// Steps taken.
    taken: u32,
    /// Standard deviation of the perturbations.
    sigma: f64,
    /// Adam's step.
    rate: f64,
    /// Offspring a generation: an even number.
    population: usize,
}

/// Adam's decays and what keeps it from dividing by zero.
const ADAM: (f64, f64, f64) = (0.9, 0.999, 1e-8);

impl Es {
    /// Beginning at `center`, with `population` offspring (made even) a generation.
    #[must_use]
    pub fn new(center: Vec<f64>, population: usize, sigma: f64, rate: f64) -> Self {
        let zeros = vec![0.0; center.len()];
        let population = population.next_multiple_of(2).max(2);
        Self { center, first: zeros.clone(), second: zeros, taken: 0, sigma, rate, population }
    }

    /// Moves the centre where `project` allows it, as signs do; the running means of the gradient stay as they are.
    pub fn project(&mut self, project: impl FnOnce(&mut [f64])) {
        project(&mut self.center);
    }
}

impl AskTell for Es {
    fn population(&self) -> usize {
        self.population
    }

    fn center(&self) -> &[f64] {
        &self.center
    }

    /// Each perturbation and its mirror image, one after the other.
    fn ask(&self, seed: u64, generation: usize) -> Vec<Vec<f64>> {
        let mut all = Vec::with_capacity(self.population);
        for pair in 0..self.population / 2 {
            let noise = noise(seed, generation, pair, self.center.len());
            for sign in [self.sigma, -self.sigma] {
                all.push(self.center.iter().zip(&noise).map(|(c, n)| c + sign * n).collect());
            }
        }
        all
    }

    fn tell(&mut self, seed: u64, generation: usize, scores: &[f64]) {
        let shaped = ranks(&without_nan(scores));
        let mut gradient = vec![0.0; self.center.len()];
        for (pair, both) in shaped.chunks_exact(2).enumerate() {
            let weight = both[0] - both[1];
            let noise = noise(seed, generation, pair, self.center.len());
            for (sum, noise) in gradient.iter_mut().zip(noise) {
                *sum += weight * noise;
            }
        }
        let scale = 1.0 / (self.population as f64 * self.sigma);
        let (keep, keep_square, tiny) = ADAM;
        self.taken += 1;
        let unbias = |keep: f64| 1.0 / (1.0 - neuraxis_core::math::pow(keep, f64::from(self.taken)));
        let (unbias, unbias_square) = (unbias(keep), unbias(keep_square));
        for (((center, first), second), slope) in
            self.center.iter_mut().zip(&mut self.first).zip(&mut self.second).zip(gradient)
        {
            let slope = slope * scale;
            *first = keep * *first + (1.0 - keep) * slope;
            *second = keep_square * *second + (1.0 - keep_square) * slope * slope;
            *center += self.rate * *first * unbias / ((*second * unbias_square).sqrt() + tiny);
        }
    }
    fn is_whole(&self, count: usize) -> bool {
        [&self.center, &self.first, &self.second].iter().all(|list| are_finite(list, count))
            && is_scale(self.sigma)
            && is_scale(self.rate)
            && self.population.is_multiple_of(2)
    }
}
