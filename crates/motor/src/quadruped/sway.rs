//! What a stride feels like when nobody pushes: the sway that is expected at each phase of it, learned on the way.
//!
//! The principle of reafference (von Holst & Mittelstaedt 1950, *Naturwissenschaften* 37): of what is felt, that which one's own
//! movement brings is subtracted, and what is left came from outside. Neurons of the vestibular nuclei do so (Cullen 2012,
//! *Trends in Neurosciences* 35): they answer to a body that is moved, and not to one that moves.
//!
//! Neither source gives an equation. Here the copy of the command is the phase of the stride, counted from where the rhythm swings the first leg, as
//! a share of the last strides' length; one leg stands for all. A stride has 16 phases. At each, a stride whose mean was x
//! changes the mean m and how well it is known, k (0 to 1), by `m += s (x - m)`, `s = L / (L + (1 - L) k)`, and `k += L (1 - k)`, L = 0.4. What
//! is expected is `k (m - M)`, M being the mean of all phases: who drifts does not sway. What is felt counts from the next stride on, so that a
//! push does not explain itself, and not at all while the body braces; what was learned before stays.
//! Where k is small whoever asks has to be patient: in its first strides a body is half deaf to pushes.

use neuraxis_core::{saved, value};
/// Phases of a stride that are told apart.
const PHASES: usize = 16;
/// What a stride adds to the mean at each of its phases.
const LEARNING: f64 = 0.4;
/// A stride is no shorter and no longer, s.
const STRIDE: [f64; 2] = [0.1, 2.0];

/// The sway that is expected: forward and to the left, m/s.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sway {
    /// Since the first leg began to swing, s.
    since: f64,
    /// From one such beginning to the next, s.
    period: f64,
    swung: bool,
    phases: [Phase; PHASES],
    /// What this stride feels like at the phase that it is in: which one, the sum, and of how many ticks.
    now: Option<(usize, [f64; 2], f64)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Phase {
    mean: [f64; 2],
    /// 0: never seen, 1: well known.
    known: f64,
}

impl Sway {
    pub(super) fn new() -> Self {
        // Nothing swings at the beginning.
        Self { since: STRIDE[1], period: 0.5, swung: false, phases: [Phase::default(); PHASES], now: None }
    }

    /// Another `dt` s; whether the first leg `swings` now.
    pub(super) fn go_on(&mut self, swings: bool, dt: f64) {
        self.since += dt;
        if swings && !self.swung {
            // The first stride after a rest has no length.
            if self.since < STRIDE[1] {
                self.period += (self.since.max(STRIDE[0]) - self.period) * 0.5;
            }
            self.since = 0.0;
        }
        self.swung = swings;
    }

    fn phase(&self) -> Option<usize> {
        // `since` is neither negative nor NaN.
        let phase = (self.since / self.period * PHASES as f64) as usize;
        (self.since < STRIDE[1]).then_some(phase.min(PHASES - 1))
    }

    /// What is expected now, and how well that is known, 0 to 1. Who stands expects nothing, and knows it.
    pub(super) fn expected(&self) -> ([f64; 2], f64) {
        let Some(phase) = self.phase().map(|phase| self.phases[phase]) else { return ([0.0; 2], 1.0) };
        let weight: f64 = self.phases.iter().map(|phase| phase.known).sum();
        let middle = [0, 1].map(|i| {
            let sum: f64 = self.phases.iter().map(|phase| phase.known * phase.mean[i]).sum();
            sum / weight.max(1e-9)
        });
        ([0, 1].map(|i| phase.known * (phase.mean[i] - middle[i])), phase.known)
    }

    /// Takes in what was felt. It is expected from the next stride on: a push must not explain itself.
    pub(super) fn learn(&mut self, felt: [f64; 2]) {
        let phase = self.phase();
        if let Some((past, sum, count)) = self.now
            && phase != Some(past)
        {
            let past = &mut self.phases[past];
            // The first times count more, so that the mean begins where they are.
            let share = LEARNING / (LEARNING + (1.0 - LEARNING) * past.known);
            for (mean, sum) in past.mean.iter_mut().zip(sum) {
                *mean += (sum / count - *mean) * share;
            }
            past.known += (1.0 - past.known) * LEARNING;
            self.now = None;
        }
        if let Some(phase) = phase
            && felt.iter().all(|felt| felt.is_finite())
        {
            let (_, sum, count) = self.now.unwrap_or((phase, [0.0; 2], 0.0));
            self.now = Some((phase, [sum[0] + felt[0], sum[1] + felt[1]], count + 1.0));
        }
    }

    /// Forgets what it felt since the phase began: that was no sway.
    pub(super) fn disregard(&mut self) {
        self.now = None;
    }
}

value!(struct Phase { mean, known });
saved!(Sway { since, period, swung, phases, now } then Self::is_whole);

impl Sway {
    /// Whether what was loaded names only phases that are there.
    fn is_whole(&mut self) -> bool {
        self.now.is_none_or(|(phase, ..)| phase < PHASES)
    }
}

#[cfg(test)]
mod tests {
    use neuraxis_core::math;

    use super::*;

    const DT: f64 = 0.01;

    /// `strides` of 0.6 s that sway by `sway` to the sides; what was left of it in the last one, at most.
    fn walk(sway: &mut Sway, strides: usize, amplitude: f64) -> f64 {
        let mut left = 0.0_f64;
        for tick in 0..60 * strides {
            let phase = (tick % 60) as f64 / 60.0;
            let felt = [0.0, amplitude * math::sin(2.0 * math::PI * phase)];
            sway.go_on(phase < 0.4, DT);
            if tick >= 60 * (strides - 1) {
                left = left.max((felt[1] - sway.expected().0[1]).abs());
            }
            sway.learn(felt);
        }
        left
    }

    #[test]
    fn a_sway_that_comes_with_each_stride_is_expected() {
        let mut sway = Sway::new();
        let left = walk(&mut sway, 10, 0.5);
        assert!(left < 0.15, "{left} m/s of 0.5 are left");
        assert!(sway.expected().1 > 0.9, "and well known");
        // Another gait is learned anew.
        assert!(walk(&mut sway, 10, -0.5) < 0.15);
    }

    #[test]
    fn a_steady_drift_is_not_taken_for_sway() {
        let mut sway = Sway::new();
        for tick in 0..600 {
            sway.go_on(tick % 60 < 25, DT);
            sway.learn([0.3, -0.5]);
        }
        let ([ahead, aside], known) = sway.expected();
        assert!(known > 0.9 && ahead.abs() < 1e-9 && aside.abs() < 1e-9, "{ahead} {aside} {known}");
    }

    #[test]
    fn sway_is_not_predicted_at_rest_or_in_the_first_stride() {
        let mut sway = Sway::new();
        assert_eq!(sway.expected(), ([0.0; 2], 1.0));
        sway.go_on(true, DT);
        assert_eq!(sway.expected(), ([0.0; 2], 0.0));
        walk(&mut sway, 5, 0.5);
        for _ in 0..250 {
            sway.go_on(false, DT);
            sway.learn([1.0, 1.0]);
        }
        assert_eq!(sway.expected(), ([0.0; 2], 1.0));
    }
}
