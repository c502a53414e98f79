//! The gradient of PPO, by candle: what a generation of episodes teaches policy and value.

use candle_core::{Device, Result, Tensor, Var};
#[cfg(test)]
use neuraxis_core::math;
use neuraxis_core::random;
use rand::RngExt as _;

use super::ppo::{Episode, Ppo, advantages};

/// A perceptron's layers as candle's variables: weights (outputs × inputs) and biases.
struct Net {
    layers: Vec<(Var, Var)>,
    /// Whether the last layer bends too.
    is_bent: bool,
}

impl Net {
    fn new(sizes: &[usize], parameters: &[f64], is_bent: bool) -> Result<Self> {
        let mut layers = Vec::new();
        let mut at = 0;
        for pair in sizes.windows(2) {
            let (inputs, outputs) = (pair[0], pair[1]);
            let biases = at + inputs * outputs;
            let weights = Tensor::from_slice(&parameters[at..biases], (outputs, inputs), &Device::Cpu)?;
            at = biases + outputs;
            let biases = Tensor::from_slice(&parameters[biases..at], outputs, &Device::Cpu)?;
            layers.push((Var::from_tensor(&weights)?, Var::from_tensor(&biases)?));
        }
        Ok(Self { layers, is_bent })
    }

    fn forward(&self, inputs: &Tensor) -> Result<Tensor> {
        let mut x = inputs.clone();
        for (i, (weights, biases)) in self.layers.iter().enumerate() {
            x = x.matmul(&weights.t()?)?.broadcast_add(biases)?;
            if self.is_bent || i + 1 < self.layers.len() {
                x = x.tanh()?;
            }
        }
        Ok(x)
    }

    fn variables(&self) -> impl Iterator<Item = &Var> {
        self.layers.iter().flat_map(|(weights, biases)| [weights, biases])
    }
}

/// All samples of a generation.
struct Samples {
    inputs: usize,
    outputs: usize,
    observations: Vec<f64>,
    actions: Vec<f64>,
    log_probs: Vec<f64>,
    advantages: Vec<f64>,
    returns: Vec<f64>,
}

/// ln(2π) / 2.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// Takes in a generation of episodes.
///
/// # Errors
/// If candle cannot, or an episode is not whole; then `ppo` is no training any more.
pub(super) fn learn(ppo: &mut Ppo, seed: u64, generation: usize, episodes: &[Episode]) -> Result<()> {
    let samples = gather(ppo, episodes)?;
    let count = samples.log_probs.len();
    let mut stream = random::stream(seed, &format!("train/{generation}/shuffle"));
    let mut order: Vec<usize> = (0..count).collect();
    for _ in 0..ppo.settings.n_epochs {
        for i in (1..count).rev() {
            order.swap(i, stream.random_range(0..=i));
        }
        for batch in order.chunks(ppo.settings.batch_size) {
            let gradient = gradient(ppo, &samples, batch)?;
            ppo.descend(&gradient);
        }
    }
    Ok(())
}

fn value_sizes(ppo: &Ppo) -> Vec<usize> {
    let mut sizes = ppo.sizes.clone();
    if let Some(last) = sizes.last_mut() {
        *last = 1;
    }
    sizes
}

fn gather(ppo: &mut Ppo, episodes: &[Episode]) -> Result<Samples> {
    let (inputs, outputs) = (ppo.sizes[0], ppo.sizes[ppo.sizes.len() - 1]);
    let mut samples = Samples {
        inputs,
        outputs,
        observations: Vec::new(),
        actions: Vec::new(),
        log_probs: Vec::new(),
        advantages: Vec::new(),
        returns: Vec::new(),
    };
    let rewards = ppo.normalise_rewards(episodes);
    let net = Net::new(&value_sizes(ppo), &ppo.value, false)?;
    for (episode, rewards) in episodes.iter().zip(rewards) {
        let steps = rewards.len();
        let seen = Tensor::from_slice(&episode.observations, (steps + 1, inputs), &Device::Cpu)?;
        let values: Vec<f64> = net.forward(&seen)?.flatten_all()?.to_vec1()?;
        let (gamma, lambda) = (ppo.settings.gamma, ppo.settings.gae_lambda);
        let advantages = advantages(&rewards, &values, episode.is_over, gamma, lambda);
        samples.returns.extend(advantages.iter().zip(&values).map(|(a, v)| a + v));
        samples.advantages.extend(advantages);
        samples.observations.extend(&episode.observations[..steps * inputs]);
        samples.actions.extend(&episode.actions);
        samples.log_probs.extend(&episode.log_probs);
    }
    Ok(samples)
}

/// The gradient of the loss over some samples: policy, deviations, value.
fn gradient(ppo: &Ppo, samples: &Samples, batch: &[usize]) -> Result<Vec<f64>> {
    let rows = |list: &[f64], width: usize| -> Result<Tensor> {
        let picked: Vec<f64> =
            batch.iter().flat_map(|i| &list[i * width..(i + 1) * width]).copied().collect();
        Tensor::from_vec(picked, (batch.len(), width), &Device::Cpu)
    };
    let settings = &ppo.settings;
    let policy = Net::new(&ppo.sizes, &ppo.policy, true)?;
    let value = Net::new(&value_sizes(ppo), &ppo.value, false)?;
    let log_std = Var::from_tensor(&Tensor::from_slice(&ppo.log_std, samples.outputs, &Device::Cpu)?)?;
    let seen = rows(&samples.observations, samples.inputs)?;

    let off = (rows(&samples.actions, samples.outputs)? - policy.forward(&seen)?)?;
    let z = off.broadcast_div(&log_std.exp()?)?;
    let per_action = ((z.sqr()? * -0.5)?.broadcast_sub(&log_std)? - HALF_LN_TAU)?;
    let ratio = (per_action.sum(1)? - rows(&samples.log_probs, 1)?.flatten_all()?)?.exp()?;
    // Where the clipped objective is flat, it has no gradient: the other samples are open.
    let advantages = normalised(batch.iter().map(|i| samples.advantages[*i]).collect());
    let ratios: Vec<f64> = ratio.detach().to_vec1()?;
    let open: Vec<f64> = ratios
        .iter()
        .zip(&advantages)
        .map(|(ratio, advantage)| {
            let is_open = if *advantage >= 0.0 {
                *ratio <= 1.0 + settings.clip_range
            } else {
                *ratio >= 1.0 - settings.clip_range
            };
            if is_open { *advantage } else { 0.0 }
        })
        .collect();
    let gain = (ratio * Tensor::from_vec(open, batch.len(), &Device::Cpu)?)?.mean_all()?;
    let error = (value.forward(&seen)? - rows(&samples.returns, 1)?)?.sqr()?.mean_all()?;
    let entropy = log_std.sum_all()?;
    let loss = ((error * settings.vf_coef)? - gain)?;
    let loss = (loss - (entropy * settings.ent_coef)?)?;
    let gradients = loss.backward()?;

    let mut all = Vec::with_capacity(ppo.first.len());
    let log_std = std::iter::once(&log_std);
    for variable in policy.variables().chain(log_std).chain(value.variables()) {
        match gradients.get(variable) {
            Some(gradient) => all.extend(gradient.flatten_all()?.to_vec1::<f64>()?),
            None => all.resize(all.len() + variable.elem_count(), 0.0),
        }
    }
    Ok(all)
}

/// With mean 0 and standard deviation 1.
fn normalised(mut values: Vec<f64>) -> Vec<f64> {
    let count = values.len() as f64;
    if values.len() > 1 {
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (count - 1.0);
        for value in &mut values {
            *value = (*value - mean) / (square.sqrt() + 1e-8);
        }
    }
    values
}

/// The loss whose gradient [`gradient`] is, by plain sums: for the test of it.
#[cfg(test)]
fn loss(ppo: &Ppo, samples: &Samples, batch: &[usize]) -> f64 {
    fn forward(sizes: &[usize], parameters: &[f64], inputs: &[f64], is_bent: bool) -> Vec<f64> {
        let (mut x, mut at) = (inputs.to_vec(), 0);
        for (layer, pair) in sizes.windows(2).enumerate() {
            let biases = at + pair[0] * pair[1];
            x = (0..pair[1])
                .map(|o| {
                    let row = &parameters[at + o * pair[0]..at + (o + 1) * pair[0]];
                    let sum = row.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>() + parameters[biases + o];
                    if is_bent || layer + 2 < sizes.len() { math::tanh(sum) } else { sum }
                })
                .collect();
            at = biases + pair[1];
        }
        x
    }
    let settings = &ppo.settings;
    let advantages = normalised(batch.iter().map(|i| samples.advantages[*i]).collect());
    let (mut gain, mut error) = (0.0, 0.0);
    for (i, advantage) in batch.iter().zip(advantages) {
        let seen = &samples.observations[i * samples.inputs..(i + 1) * samples.inputs];
        let done = &samples.actions[i * samples.outputs..(i + 1) * samples.outputs];
        let mean = forward(&ppo.sizes, &ppo.policy, seen, true);
        let log_prob: f64 = done
            .iter()
            .zip(mean)
            .zip(&ppo.log_std)
            .map(|((a, m), log)| {
                -0.5 * ((a - m) / math::exp(*log)) * ((a - m) / math::exp(*log)) - log - HALF_LN_TAU
            })
            .sum();
        let ratio = math::exp(log_prob - samples.log_probs[*i]);
        let clipped = ratio.clamp(1.0 - settings.clip_range, 1.0 + settings.clip_range);
        gain += (ratio * advantage).min(clipped * advantage);
        let off = forward(&value_sizes(ppo), &ppo.value, seen, false)[0] - samples.returns[*i];
        error += off * off;
    }
    let count = batch.len() as f64;
    settings.vf_coef * error / count - gain / count - settings.ent_coef * ppo.log_std.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::super::ppo::PpoSettings;
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_clipped_objective() {
        let mut stream = random::stream(1, "test");
        let mut draw = |n: usize| -> Vec<f64> { (0..n).map(|_| random::normal(&mut stream)).collect() };
        let settings = PpoSettings { ent_coef: 0.3, log_std_init: -0.2, ..PpoSettings::default() };
        let mut ppo = Ppo::new(settings, &[3, 4, 2], draw(26), 7).expect("a training");
        let samples = Samples {
            inputs: 3,
            outputs: 2,
            observations: draw(30),
            actions: draw(20),
            // Some ratios are beyond the clip, some are not.
            log_probs: draw(10).iter().map(|v| v - 2.5).collect(),
            advantages: draw(10),
            returns: draw(10),
        };
        let batch = [0, 3, 4, 5, 7, 8, 9];
        let found = gradient(&ppo, &samples, &batch).expect("a gradient");
        let (policy, all) = (ppo.policy.len(), ppo.first.len());
        assert_eq!(found.len(), all);
        let h = 1e-6;
        for (i, found) in found.iter().enumerate() {
            let mut at = |by: f64| {
                let outputs = ppo.log_std.len();
                let value = match i {
                    _ if i < policy => &mut ppo.policy[i],
                    _ if i < policy + outputs => &mut ppo.log_std[i - policy],
                    _ => &mut ppo.value[i - policy - outputs],
                };
                let old = *value;
                *value += by;
                let loss = loss(&ppo, &samples, &batch);
                match i {
                    _ if i < policy => ppo.policy[i] = old,
                    _ if i < policy + outputs => ppo.log_std[i - policy] = old,
                    _ => ppo.value[i - policy - outputs] = old,
                }
                loss
            };
            let wanted = (at(h) - at(-h)) / (2.0 * h);
            assert!((found - wanted).abs() < 1e-6 * wanted.abs().max(1.0), "{i}: {found}, not {wanted}");
        }
    }
}
