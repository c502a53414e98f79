//! Episodes of tries: a perceptron moves its body, does something else than it would by a drawn bit, and all is kept.

use neuraxis_core::random::{self, Stream};
use neuraxis_core::{Command, Drive, Part, Percepts, Trainable as _, math, saved};
use neuraxis_motor::{MlpCircuit, MotorCircuit, MotorSpec, RunningStats};

use super::ppo::Episode;
use crate::motor::{MotorEnv, Start, run_episode};

/// ln(2π) / 2.
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// A perceptron with noise on what it says.
struct Exploring {
    circuit: MlpCircuit,
    deviation: Vec<f64>,
    stream: Stream,
    steps: u64,
    done: Vec<f64>,
    kept: Episode,
}

// Of an episode nothing but the circuit outlives it.
saved!(Exploring { circuit; deviation, stream, steps, done, kept });

impl Part for Exploring {
    fn name(&self) -> &'static str {
        "exploring_mlp"
    }
}

impl MotorCircuit for Exploring {
    fn step(&mut self, drive: &Drive, percepts: &Percepts, dt: f64, command: &mut Command) {
        self.circuit.step(drive, percepts, dt, command);
        if self.circuit.steps() != self.steps {
            self.steps = self.circuit.steps();
            // What is missing counts as nothing, as it does in the circuit.
            let seen = self.circuit.seen().iter().map(|v| if v.is_finite() { *v } else { 0.0 });
            self.kept.observations.extend(seen);
            self.done.clear();
            let mut log_prob = 0.0;
            for (said, deviation) in self.circuit.said().iter().zip(&self.deviation) {
                let noise = random::normal(&mut self.stream);
                self.done.push(said + deviation * noise);
                log_prob -= 0.5 * noise * noise + math::ln(*deviation) + HALF_LN_TAU;
            }
            self.kept.actions.extend(&self.done);
            self.kept.log_probs.push(log_prob);
            self.done.iter_mut().for_each(|done| *done = done.clamp(-1.0, 1.0));
        }
        self.circuit.command(&self.done, command);
    }

    fn reset(&mut self) {
        self.circuit.reset();
        self.steps = 0;
    }
}

/// An episode of the perceptron of `subject` with these parameters, from the start that `episode` draws; `deviation` is the
/// standard deviation of each action. None if there is no perceptron, or it does not step with the task.
pub(super) fn collect(
    subject: &MotorEnv,
    parameters: &[f64],
    observation_stats: &RunningStats,
    deviation: &[f64],
    episode: u64,
) -> Option<Episode> {
    let MotorSpec::Mlp(spec) = &subject.motor else { return None };
    let mut circuit = MlpCircuit::new(spec, &subject.model.description).ok()?;
    circuit.set_parameters(parameters).ok()?;
    circuit.set_normalisation(observation_stats).ok()?;
    let (inputs, outputs) = (circuit.seen().len(), circuit.said().len());
    let mut exploring = Exploring {
        circuit,
        deviation: deviation.to_vec(),
        stream: random::stream(episode, "action"),
        steps: 0,
        done: vec![0.0; outputs],
        kept: Episode::default(),
    };
    // One step more, to see where the last one led.
    let steps = subject.task.steps();
    let rollout = run_episode(subject, &mut exploring, Start::Random(episode), Some(steps + 1), true);
    let mut kept = exploring.kept;
    kept.rewards = rollout.track?.reward;
    kept.is_over = kept.rewards.len() < steps;
    kept.rewards.truncate(steps);
    let taken = kept.rewards.len();
    if kept.is_over && kept.log_probs.len() == taken {
        // Nobody looks at what comes after the end.
        kept.observations.resize((taken + 1) * inputs, 0.0);
    }
    if kept.observations.len() < (taken + 1) * inputs || kept.log_probs.len() > steps + 1 {
        return None;
    }
    kept.observations.truncate((taken + 1) * inputs);
    kept.actions.truncate(taken * outputs);
    kept.log_probs.truncate(taken);
    kept.observation_stats = exploring.circuit.gathered().cloned().unwrap_or_default();
    Some(kept)
}
