//! Proximal policy optimisation: a perceptron learns by the gradient of what its own tries turned out to be worth.
//!
//! Source: Schulman et al. (2017), arXiv 1707.06347 (the clipped objective), with generalised advantage estimation, Schulman et al.
//! (2015), arXiv 1506.02438. Names and defaults are those of Stable-Baselines3, and so are the details: normalised
//! advantages, Adam with ε = 1e-5, a clipped gradient norm, observations and rewards normalised by what was seen, and a value beyond the
//! end of an episode that only time ended. Departures: a rollout is a whole episode in each arena (`n_steps` is the
//! task's), the policy's mean is the circuit's own output, a hyperbolic tangent, and its weights begin as the circuit's.
//!
//! This is the state, and what needs no gradient; `ppo_learn` has the gradient, by candle, behind the feature `candle`. The bits are the
//! same on one thread or many; candle picks its kernels by the processor, and so they are those of one kind of processor.

use neuraxis_core::random;
use neuraxis_motor::{Mlp, RunningStats};
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

/// What can be set, under the names of Stable-Baselines3.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PpoSettings {
    /// Episodes a generation, each in its own arena.
    pub n_envs: usize,
    /// Samples a step of Adam.
    pub batch_size: usize,
    /// Times that each sample is used.
    pub n_epochs: usize,
    /// Adam's step.
    pub learning_rate: f64,
    /// How far the probability of an action may move, as a share.
    pub clip_range: f64,
    /// What a step later is worth.
    pub gamma: f64,
    /// How far advantages look ahead: 0 one step, 1 the whole episode.
    pub gae_lambda: f64,
    /// Weight of the entropy.
    pub ent_coef: f64,
    /// Weight of the value's error.
    pub vf_coef: f64,
    /// Longest gradient.
    pub max_grad_norm: f64,
    /// Logarithm of the standard deviation of actions at the start.
    pub log_std_init: f64,
}

impl Default for PpoSettings {
    fn default() -> Self {
        Self {
            n_envs: 2,
            batch_size: 64,
            n_epochs: 10,
            learning_rate: 3e-4,
            clip_range: 0.2,
            gamma: 0.99,
            gae_lambda: 0.95,
            ent_coef: 0.0,
            vf_coef: 0.5,
            max_grad_norm: 0.5,
            log_std_init: 0.0,
        }
    }
}

/// An episode of tries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Episode {
    /// What was seen before each step and after the last one, normalised, row by row.
    pub observations: Vec<f64>,
    /// What was done, row by row.
    pub actions: Vec<f64>,
    /// Logarithm of the probability density of that.
    pub log_probs: Vec<f64>,
    /// What each step was worth.
    pub rewards: Vec<f64>,
    /// Whether it ended by itself, so that nothing comes after it.
    pub is_over: bool,
    /// What was seen, before it was normalised.
    pub observation_stats: RunningStats,
}

/// The state of a training by PPO.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ppo {
    /// What was set.
    pub settings: PpoSettings,
    /// Layers of the policy, inputs first; the value's are the same with one output.
    pub(super) sizes: Vec<usize>,
    /// The circuit's parameters.
    pub(super) policy: Vec<f64>,
    /// Logarithm of the standard deviation of each action.
    pub(super) log_std: Vec<f64>,
    /// The value's parameters, laid out as the policy's.
    pub(super) value: Vec<f64>,
    /// Adam's running mean of the gradient: policy, deviations, value.
    pub(super) first: Vec<f64>,
    /// Adam's running mean of its square.
    pub(super) second: Vec<f64>,
    /// Steps of Adam.
    pub(super) taken: u32,
    /// Discounted sums of rewards, by which rewards are normalised.
    pub(super) returns: RunningStats,
}

/// Adam's decays and what keeps it from dividing by zero.
#[cfg(feature = "candle")]
const ADAM: (f64, f64, f64) = (0.9, 0.999, 1e-5);

/// Parameters of a perceptron with these layers.
fn count(sizes: &[usize]) -> usize {
    sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum()
}

impl Ppo {
    /// From a perceptron with layers of these `sizes` and these parameters; `seed` draws the value's.
    ///
    /// # Errors
    /// If that is no perceptron, or a setting is not possible.
    pub fn new(settings: PpoSettings, sizes: &[usize], start: Vec<f64>, seed: u64) -> Result<Self, String> {
        if sizes.len() < 2 || sizes.contains(&0) || count(sizes) != start.len() {
            return Err("ppo trains all weights of a perceptron".to_owned());
        }
        let mut layers = sizes.to_vec();
        let outputs = layers.pop().unwrap_or_default();
        layers.push(1);
        let value = Mlp::new(&layers, random::stream(seed, "ppo/value").random()).parameters().to_vec();
        let all = start.len() + outputs + value.len();
        let ppo = Self {
            log_std: vec![settings.log_std_init; outputs],
            settings,
            sizes: sizes.to_vec(),
            policy: start,
            value,
            first: vec![0.0; all],
            second: vec![0.0; all],
            taken: 0,
            returns: RunningStats::default(),
        };
        if ppo.is_whole(ppo.policy.len()) {
            Ok(ppo)
        } else {
            Err("a setting of ppo is out of its range, or a weight is not a number".to_owned())
        }
    }

    /// Standard deviation of each action.
    #[must_use]
    pub fn deviation(&self) -> Vec<f64> {
        self.log_std.iter().map(|log| neuraxis_core::math::exp(*log)).collect()
    }

    /// Whether the state is whole, for `n` parameters: it may come from a file.
    pub(super) fn is_whole(&self, n: usize) -> bool {
        let s = &self.settings;
        let finite = |list: &[f64], n: usize| list.len() == n && list.iter().all(|v| v.is_finite());
        let mut layers = self.sizes.clone();
        let outputs = layers.pop().unwrap_or_default();
        layers.push(1);
        let of_value = count(&layers);
        let all = n + outputs + of_value;
        let share = |v: f64| (0.0..=1.0).contains(&v);
        count(&self.sizes) == n
            && finite(&self.policy, n)
            && finite(&self.log_std, outputs)
            && finite(&self.value, of_value)
            && finite(&self.first, all)
            && finite(&self.second, all)
            && self.second.iter().all(|v| *v >= 0.0)
            && self.returns.is_whole()
            && (1..=10_000).contains(&s.n_envs)
            && (2..=1_000_000).contains(&s.batch_size)
            && (1..=1000).contains(&s.n_epochs)
            && share(s.gamma)
            && share(s.gae_lambda)
            && s.learning_rate > 0.0
            && s.clip_range > 0.0
            && s.max_grad_norm > 0.0
            && [s.learning_rate, s.clip_range, s.max_grad_norm, s.log_std_init].iter().all(|v| v.is_finite())
            && s.ent_coef.is_finite()
            && s.vf_coef.is_finite()
    }

    /// Rewards by the spread of what they add up to, as `VecNormalize` does.
    #[cfg(feature = "candle")]
    pub(super) fn normalise_rewards(&mut self, episodes: &[Episode]) -> Vec<Vec<f64>> {
        for episode in episodes {
            let (mut sums, mut sum) = (RunningStats::new(1), 0.0);
            for reward in &episode.rewards {
                sum = self.settings.gamma * sum + reward;
                sums.take(&[sum]);
            }
            self.returns.merge(&sums);
        }
        let spread = (self.returns.variance.first().copied().unwrap_or(1.0) + 1e-8).sqrt();
        let scaled = |reward: &f64| (reward / spread).clamp(-10.0, 10.0);
        episodes.iter().map(|episode| episode.rewards.iter().map(scaled).collect()).collect()
    }

    /// One step of Adam down `gradient`, which is as long as policy, deviations and value together.
    #[cfg(feature = "candle")]
    pub(super) fn descend(&mut self, gradient: &[f64]) {
        let norm = gradient.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
        let scale = (self.settings.max_grad_norm / (norm + 1e-6)).min(1.0);
        self.taken += 1;
        let unbias = |keep: f64| 1.0 / (1.0 - neuraxis_core::math::pow(keep, f64::from(self.taken)));
        let (keep, keep_square, tiny) = ADAM;
        let (unbias, unbias_square) = (unbias(keep), unbias(keep_square));
        let all = self.policy.iter_mut().chain(&mut self.log_std).chain(&mut self.value);
        for (((value, first), second), slope) in all.zip(&mut self.first).zip(&mut self.second).zip(gradient)
        {
            let slope = slope * scale;
            *first = keep * *first + (1.0 - keep) * slope;
            *second = keep_square * *second + (1.0 - keep_square) * slope * slope;
            *value -=
                self.settings.learning_rate * *first * unbias / ((*second * unbias_square).sqrt() + tiny);
        }
    }
}

/// Advantages of an episode's steps; `values` are those before each step and after the last one.
#[cfg(any(feature = "candle", test))]
pub(super) fn advantages(
    rewards: &[f64],
    values: &[f64],
    is_over: bool,
    gamma: f64,
    lambda: f64,
) -> Vec<f64> {
    let mut ahead = 0.0;
    let mut all = vec![0.0; rewards.len()];
    for i in (0..rewards.len()).rev() {
        let next = if is_over && i + 1 == rewards.len() { 0.0 } else { values[i + 1] };
        let surprise = rewards[i] + gamma * next - values[i];
        ahead = surprise + gamma * lambda * ahead;
        all[i] = ahead;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advantages_are_sums_of_surprises() {
        let (rewards, values) = ([1.0, 0.0, 2.0], [0.5, 0.25, 1.0, 3.0]);
        let (g, l) = (0.9, 0.5);
        let surprise = |i: usize, next: f64| rewards[i] + g * next - values[i];
        let [a, b] = [surprise(0, 0.25), surprise(1, 1.0)];
        let last = surprise(2, 3.0);
        let found = advantages(&rewards, &values, false, g, l);
        let wanted = [a + g * l * (b + g * l * last), b + g * l * last, last];
        assert!(found.iter().zip(wanted).all(|(f, w)| (f - w).abs() < 1e-12), "{found:?}");
        // Who fell has nothing to come.
        assert_eq!(advantages(&rewards, &values, true, g, l)[2], 1.0);
        // With λ = 1 it is what came, less what was expected.
        let all = advantages(&rewards, &values, true, g, 1.0)[0];
        assert!((all - (1.0 + g * g * 2.0 - 0.5)).abs() < 1e-12);
    }

    #[test]
    fn settings_that_cannot_be_are_refused() {
        let new = |settings| Ppo::new(settings, &[2, 3, 1], vec![0.0; 13], 0);
        assert!(new(PpoSettings::default()).is_ok());
        assert!(new(PpoSettings { gamma: 1.5, ..PpoSettings::default() }).is_err());
        assert!(new(PpoSettings { learning_rate: f64::NAN, ..PpoSettings::default() }).is_err());
        assert!(Ppo::new(PpoSettings::default(), &[2, 3, 1], vec![0.0; 12], 0).is_err());
    }
}
