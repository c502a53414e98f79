//! Mean and variance of what a circuit feels, gathered one step after the other and put together from several bodies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Mean and variance of several numbers, over so many steps.
///
/// Gathered as Welford (1962) does and merged as Chan, Golub and `LeVeque` (1979) do: the same to the bit as long as the order
/// of merging is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunningStats {
    /// Steps so far.
    pub count: u64,
    /// Mean of each number.
    pub mean: Vec<f64>,
    /// Variance of each number.
    pub variance: Vec<f64>,
}

/// Beyond so many standard deviations a number counts as that many.
const MAX: f64 = 10.0;
/// Added to a variance, so that what never changed can be divided by it.
const MIN: f64 = 1e-8;

impl RunningStats {
    /// Of `size` numbers, before the first step.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { count: 0, mean: vec![0.0; size], variance: vec![0.0; size] }
    }

    /// Whether there is nothing to normalise by: two steps at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count < 2
    }

    /// Whether the lists fit each other and hold numbers.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.mean.len() == self.variance.len()
            && self.mean.iter().all(|v| v.is_finite())
            && self.variance.iter().all(|v| v.is_finite() && *v >= 0.0)
    }

    /// Takes in a step. A number that is missing, NaN or infinite, counts as the mean so far.
    pub fn take(&mut self, values: &[f64]) {
        self.count += 1;
        let n = self.count as f64;
        for ((mean, variance), value) in self.mean.iter_mut().zip(&mut self.variance).zip(values) {
            let off = if value.is_finite() { value - *mean } else { 0.0 };
            *mean += off / n;
            *variance += (off * off * (n - 1.0) / n - *variance) / n;
        }
    }

    /// Takes in all steps of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            self.clone_from(other);
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let all = a + b;
        let own = self.mean.iter_mut().zip(&mut self.variance);
        for ((mean, variance), (m, v)) in own.zip(other.mean.iter().zip(&other.variance)) {
            let off = m - *mean;
            *mean += off * b / all;
            *variance = (a * *variance + b * v + off * off * a * b / all) / all;
        }
        self.count += other.count;
    }

    /// Each of `values` in standard deviations from its mean, up to 10; as it is if there is nothing to normalise by.
    pub fn normalise(&self, values: &mut [f64]) {
        if self.is_empty() {
            return;
        }
        for ((value, mean), variance) in values.iter_mut().zip(&self.mean).zip(&self.variance) {
            *value = ((*value - mean) / (variance + MIN).sqrt()).clamp(-MAX, MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_parts_or_at_once_the_moments_are_those_of_all_steps() {
        let steps: Vec<[f64; 2]> =
            (0..100).map(|i| [f64::from(i % 7), 1e3 + 0.01 * f64::from(i * i % 13)]).collect();
        let of = |steps: &[[f64; 2]]| {
            let mut moments = RunningStats::new(2);
            for step in steps {
                moments.take(step);
            }
            moments
        };
        let whole = of(&steps);
        let mut parts = RunningStats::default();
        for part in [&steps[..1], &steps[1..1], &steps[1..40], &steps[40..]] {
            parts.merge(&of(part));
        }
        assert_eq!((whole.count, parts.count), (100, 100));
        for i in 0..2 {
            let mean = steps.iter().map(|s| s[i]).sum::<f64>() / 100.0;
            let variance = steps.iter().map(|s| (s[i] - mean) * (s[i] - mean)).sum::<f64>() / 100.0;
            for found in [&whole, &parts] {
                assert!((found.mean[i] - mean).abs() < 1e-9, "{found:?}");
                assert!((found.variance[i] / variance - 1.0).abs() < 1e-6, "{found:?} {variance}");
            }
        }
    }

    #[test]
    fn normalised_observations_have_mean_0_and_variance_1() {
        let moments = RunningStats { count: 9, mean: vec![3.0, 0.0], variance: vec![4.0, 0.0] };
        let mut values = [5.0, 1.0];
        moments.normalise(&mut values);
        assert!((values[0] - 1.0).abs() < 1e-6);
        assert_eq!(values[1], 10.0, "what never changed is no reason to shout");
        RunningStats::new(2).normalise(&mut values);
        assert_eq!(values[1], 10.0, "as it is");
        let mut broken = [f64::NAN, 0.0];
        moments.normalise(&mut broken);
        assert!(broken[0].is_nan(), "what is missing is still told");
    }
}
