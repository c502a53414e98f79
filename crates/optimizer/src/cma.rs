//! Covariance matrix adaptation: offspring are drawn from a normal distribution that learns the shape of the hill.
//!
//! Source: Hansen (2016), "The CMA Evolution Strategy: A Tutorial", arXiv 1604.00772: the `(μ/μ_w, λ)` strategy with its default
//! constants, rank-one and rank-μ update, and cumulative step-size control. Departures: no negative weights; the matrix is decomposed
//! anew in each generation, which is cheap for the few parameters of a circuit and makes the state small.
//!
//! Written here because a run has to be stopped and resumed to the bit: the crate `cmaes` (0.2.2, on rand 0.8 and nalgebra 0.33) owns
//! the objective instead of being asked and told, and neither its state nor that of its random numbers can be written down.

use nalgebra::{DMatrix, DVector, SymmetricEigen};
use neuraxis_core::math;
use serde::{Deserialize, Serialize};

use crate::{AskTell, are_finite, is_scale, noise, without_nan};

/// The state of the strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CmaEs {
    /// Mean of the distribution.
    center: Vec<f64>,
    /// Its scale.
    sigma: f64,
    /// Its shape, column by column.
    covariance: Vec<f64>,
    /// The path of the shape.
    path: Vec<f64>,
    /// The path of the scale.
    scale_path: Vec<f64>,
    /// Generations so far.
    taken: u32,
    /// Offspring a generation.
    population: usize,
}

/// What follows from the number of parameters and of offspring.
struct Constants {
    weights: Vec<f64>,
    /// Effective number of parents.
    parents: f64,
    path: f64,
    scale: f64,
    one: f64,
    mu: f64,
    damping: f64,
    /// Expected length of a standard normal vector.
    length: f64,
}

impl Constants {
    fn new(n: usize, population: usize) -> Self {
        let n = n as f64;
        let best = (population / 2).max(1);
        let raw: Vec<f64> = (1..=best)
            .map(|i| math::ln(f64::midpoint(population as f64, 1.0)) - math::ln(i as f64))
            .collect();
        let sum: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.iter().map(|w| w / sum).collect();
        let parents = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();
        let scale = (parents + 2.0) / (n + parents + 5.0);
        let one = 2.0 / ((n + 1.3) * (n + 1.3) + parents);
        let mu = (2.0 * (parents - 2.0 + 1.0 / parents) / ((n + 2.0) * (n + 2.0) + parents)).min(1.0 - one);
        Self {
            parents,
            path: (4.0 + parents / n) / (n + 4.0 + 2.0 * parents / n),
            scale,
            one,
            mu,
            damping: 1.0 + 2.0 * (((parents - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + scale,
            length: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
            weights,
        }
    }
}

impl CmaEs {
    /// More parameters than these are too many: time goes with their cube, memory with their square.
    pub const MAX_PARAMETERS: usize = 500;

    /// Beginning at `center` with the standard deviation `sigma` in all directions.
    #[must_use]
    pub fn new(center: Vec<f64>, population: usize, sigma: f64) -> Self {
        let n = center.len();
        Self {
            covariance: DMatrix::<f64>::identity(n, n).as_slice().to_vec(),
            path: vec![0.0; n],
            scale_path: vec![0.0; n],
            center,
            sigma,
            taken: 0,
            population: population.max(4),
        }
    }

    /// How many offspring Hansen takes for `n` parameters.
    #[must_use]
    pub fn usual_population(n: usize) -> usize {
        4 + (3.0 * math::ln(n.max(1) as f64)) as usize
    }

    /// Axes of the distribution, and its standard deviations along them.
    fn axes(&self) -> (DMatrix<f64>, DVector<f64>) {
        let n = self.center.len();
        let eigen = SymmetricEigen::new(DMatrix::from_column_slice(n, n, &self.covariance));
        (eigen.eigenvectors, eigen.eigenvalues.map(|v| v.max(1e-20).sqrt()))
    }
}

impl AskTell for CmaEs {
    fn population(&self) -> usize {
        self.population
    }

    fn center(&self) -> &[f64] {
        &self.center
    }

    fn ask(&self, seed: u64, generation: usize) -> Vec<Vec<f64>> {
        let (axes, deviations) = self.axes();
        (0..self.population)
            .map(|i| {
                let z = DVector::from_vec(noise(seed, generation, i, self.center.len()));
                let y = &axes * z.component_mul(&deviations);
                self.center.iter().zip(y.iter()).map(|(c, y)| c + self.sigma * y).collect()
            })
            .collect()
    }

    fn tell(&mut self, seed: u64, generation: usize, scores: &[f64]) {
        let scores = without_nan(scores);
        let n = self.center.len();
        let k = Constants::new(n, self.population);
        let offspring = self.ask(seed, generation);
        let mut order: Vec<usize> = (0..offspring.len()).collect();
        // Among equals the first one is the better one.
        order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        let steps: Vec<DVector<f64>> = order
            .iter()
            .take(k.weights.len())
            .map(|i| {
                DVector::from_iterator(
                    n,
                    offspring[*i].iter().zip(&self.center).map(|(x, c)| (x - c) / self.sigma),
                )
            })
            .collect();
        let mut step = DVector::zeros(n);
        for (y, w) in steps.iter().zip(&k.weights) {
            step += y * *w;
        }
        let (axes, deviations) = self.axes();
        for (center, y) in self.center.iter_mut().zip(step.iter()) {
            *center += self.sigma * y;
        }
        self.taken += 1;
        let white = &axes * (axes.transpose() * &step).component_div(&deviations);
        let scale_path = DVector::from_column_slice(&self.scale_path) * (1.0 - k.scale)
            + white * (k.scale * (2.0 - k.scale) * k.parents).sqrt();
        let length = scale_path.norm();
        let settled = (1.0 - math::pow(1.0 - k.scale, 2.0 * f64::from(self.taken))).sqrt();
        let is_calm = length / settled < (1.4 + 2.0 / (n as f64 + 1.0)) * k.length;
        let mut path = DVector::from_column_slice(&self.path) * (1.0 - k.path);
        if is_calm {
            path += step * (k.path * (2.0 - k.path) * k.parents).sqrt();
        }
        let lost = if is_calm { 0.0 } else { k.path * (2.0 - k.path) };
        let old = DMatrix::from_column_slice(n, n, &self.covariance);
        let mut shape = &old * (1.0 - k.one - k.mu + k.one * lost);
        shape += &path * path.transpose() * k.one;
        for (y, w) in steps.iter().zip(&k.weights) {
            shape += y * y.transpose() * (k.mu * *w);
        }
        // Rounding must not make it lopsided.
        shape = (&shape + shape.transpose()) * 0.5;
        self.covariance = shape.as_slice().to_vec();
        self.sigma *= math::exp(((length / k.length - 1.0) * k.scale / k.damping).min(1.0));
        (self.path, self.scale_path) = (path.as_slice().to_vec(), scale_path.as_slice().to_vec());
    }
    fn is_whole(&self, count: usize) -> bool {
        [&self.center, &self.path, &self.scale_path].iter().all(|list| are_finite(list, count))
            && count <= Self::MAX_PARAMETERS
            && are_finite(&self.covariance, count * count)
            && is_scale(self.sigma)
    }
}
