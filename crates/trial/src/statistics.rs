//! Means and shares with their intervals.

use neuraxis_core::random;
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A number and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Estimate; 0 if there is nothing to estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// The share of `hits` in `trials` with Wilson's score interval (Wilson 1927), which stays inside of 0
/// to 1 and says something even when all or none hit.
#[must_use]
pub fn wilson(hits: usize, trials: usize) -> Interval {
    if trials == 0 {
        return Interval { value: 0.0, low: 0.0, high: 1.0 };
    }
    let (n, z) = (trials as f64, 1.959_963_984_540_054_f64);
    let p = hits as f64 / n;
    let scale = 1.0 + z * z / n;
    let middle = (p + z * z / (2.0 * n)) / scale;
    let half = z / scale * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Interval { value: p, low: (middle - half).max(0.0), high: (middle + half).min(1.0) }
}

/// The mean of `values` with its percentile bootstrap interval (Efron 1979), from 1000 resamples of a
/// fixed stream, so that the same values always give the same interval.
#[must_use]
pub fn mean_interval(values: &[f64]) -> Interval {
    let n = values.len();
    if n == 0 {
        return Interval { value: 0.0, low: 0.0, high: 0.0 };
    }
    let mean = values.iter().sum::<f64>() / n as f64;
    if n == 1 {
        return Interval { value: mean, low: mean, high: mean };
    }
    let mut stream = random::stream(n as u64, "bootstrap");
    let mut means: Vec<f64> = (0..1000)
        .map(|_| (0..n).map(|_| values[stream.random_range(0..n)]).sum::<f64>() / n as f64)
        .collect();
    means.sort_by(f64::total_cmp);
    Interval { value: mean, low: means[25], high: means[974] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_equals_published_values() {
        // Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611.
        let i = wilson(81, 263);
        assert!((i.low - 0.2553).abs() < 5e-5 && (i.high - 0.3662).abs() < 5e-5, "{i:?}");
        let i = wilson(0, 20);
        assert!(i.low.abs() < 1e-12 && (i.high - 0.1611).abs() < 5e-5, "{i:?}");
    }

    #[test]
    fn the_bootstrap_covers_the_mean_about_as_often_as_it_says() {
        let mut covered = 0;
        for seed in 0..200 {
            let mut stream = random::stream(seed, "coverage");
            let values: Vec<f64> = (0..40).map(|_| 3.0 + random::normal(&mut stream)).collect();
            let i = mean_interval(&values);
            covered += usize::from(i.low <= 3.0 && 3.0 <= i.high);
        }
        assert!((176..=198).contains(&covered), "{covered} of 200");
    }
}
