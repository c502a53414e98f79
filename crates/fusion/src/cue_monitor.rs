//! Cue monitors: what each absolute cue is worth, worked out online from the cue itself.
//!
//! Per cue, from its innovations ν (what it says less what is predicted) and its nominal noise R:
//!
//! - *noise*: the differences of consecutive innovations tell a cue's noise and nothing of the prediction's slow
//!   errors (Mehra, "On the identification of variances and adaptive Kalman filtering", 1970, uses their correlations).
//!   With `d = Δνᵀ(2λR)⁻¹Δν`, the inflation λ of R goes up when d is above 1.15 medians of χ², else down: a median
//!   tracker, which outliers do not carry away. Departure: steps grow while they keep their direction (Riedmiller and
//!   Braun, "RPROP", 1993), so that a tenfold noise is met within a second and not within four.
//! - *slow innovation*: a winsorised running mean (each innovation cut off at 4 σ) with its own standard deviation. It
//!   tells that the cue and the prediction disagree for long, not who is wrong: that is [`crate::fault_isolation`]'s.
//! - *stuck*: a reading that repeats the last one to the bit while the body moves.
//! - *gate*: an innovation beyond χ² at 0.999.
//!
//! Each rule has a switch in the robot's file (`fusion.robustness`).

use nalgebra::{Matrix3, Vector2, Vector3};
use neuraxis_core::Stamp;
use neuraxis_core::saved;

/// Medians of χ² for 1, 2 and 3 degrees of freedom.
const MEDIANS: [f64; 3] = [0.455, 1.386, 2.366];
/// χ² at 0.999 for 1, 2 and 3 degrees of freedom.
const GATES: [f64; 3] = [10.83, 13.82, 16.27];
/// So many medians part up from down.
const THRESHOLD: f64 = 1.15;
/// Step of ln λ at first, and when its direction changes.
const STEP: f64 = 0.12;
/// By how much the step grows while its direction stays.
const GROWTH: f64 = 1.4;
/// Longest step of ln λ.
const LONGEST: f64 = 0.7;
/// Greatest inflation of a variance: a noise of twenty times the nominal.
const MAX: f64 = 400.0;
/// The median tracker wanders up to this by chance alone.
pub const CHANCE: f64 = 2.5;
/// Share of a new innovation in the slow one.
const SLOWNESS: f64 = 0.15;
/// Standard deviation of the slow innovation, of the innovation's: √(0.15 / (2 − 0.15)).
const SLOW_STD: f64 = 0.285;
/// Innovations are cut off at so many standard deviations before they enter the slow one.
const WINSOR: f64 = 4.0;
/// Share of a new verdict in the running share of accepted readings.
const ACCEPTANCE: f64 = 0.1;

/// What is kept of one absolute cue.
#[derive(Clone, Debug, PartialEq)]
pub struct CueMonitor {
    /// Inflation of the cue's covariance, 1 to [`MAX`].
    inflation: f64,
    step: f64,
    went_up: bool,
    last: Option<(Stamp, Vector3<f64>)>,
    /// Slow innovation of the position, m, and its standard deviation.
    slow: Vector2<f64>,
    slow_std: f64,
    /// Slow innovation of the heading, in standard deviations; 0 if the cue tells none.
    slow_heading: f64,
    /// Readings in a row that were gated.
    gated: u32,
    /// Differences in a row that were no larger than the noise allows.
    steady: u32,
    /// Running share of readings that were taken in.
    accepted: f64,
}

impl Default for CueMonitor {
    fn default() -> Self {
        Self {
            inflation: 1.0,
            step: STEP,
            went_up: false,
            last: None,
            slow: Vector2::zeros(),
            slow_std: f64::INFINITY,
            slow_heading: 0.0,
            gated: 0,
            steady: 0,
            accepted: 1.0,
        }
    }
}

impl CueMonitor {
    /// χ² at 0.999 for a cue that tells so many numbers.
    #[must_use]
    pub fn gate(dimensions: usize) -> f64 {
        GATES[dimensions.clamp(1, 3) - 1]
    }

    /// Inflation of the cue's covariance, at least 1. What chance may bring ([`CHANCE`]) counts as none.
    #[must_use]
    pub fn inflation(&self) -> f64 {
        if self.inflation > CHANCE { self.inflation } else { 1.0 }
    }

    /// 0 (worthless now) to 1 (as good as its nominal noise says).
    #[must_use]
    pub fn reliability(&self) -> f64 {
        self.accepted / self.inflation()
    }

    /// The slow innovation of the position, m, and its standard deviation; infinite while nothing is known.
    #[must_use]
    pub fn slow(&self) -> (Vector2<f64>, f64) {
        (self.slow, self.slow_std)
    }

    /// The slow innovation of the heading, in its standard deviations.
    #[must_use]
    pub fn slow_heading(&self) -> f64 {
        self.slow_heading / SLOW_STD
    }

    /// When it last spoke, and its innovation then.
    #[must_use]
    pub fn last(&self) -> Option<(Stamp, Vector3<f64>)> {
        self.last
    }

    /// Readings in a row that were gated, and how many in a row agree with each other.
    #[must_use]
    pub fn stubbornness(&self) -> (u32, u32) {
        (self.gated, self.steady)
    }

    /// Takes note of an innovation at `stamp` of a cue with the nominal `information`, which tells `dimensions` numbers.
    pub fn note(
        &mut self,
        stamp: Stamp,
        innovation: &Vector3<f64>,
        information: &Matrix3<f64>,
        dimensions: usize,
        learns_noise: bool,
    ) {
        let before = self.last.replace((stamp, *innovation));
        if let Some((_, before)) = before {
            let difference = innovation - before;
            let d = (difference.transpose() * information * difference)[0] / (2.0 * self.inflation);
            let is_up = d > THRESHOLD * MEDIANS[dimensions.clamp(1, 3) - 1];
            self.steady = if d > Self::gate(dimensions) { 0 } else { self.steady + 1 };
            if learns_noise {
                self.step = if is_up == self.went_up { (self.step * GROWTH).min(LONGEST) } else { STEP };
                self.went_up = is_up;
                let by = if is_up { self.step } else { -self.step };
                self.inflation = (self.inflation * neuraxis_core::math::exp(by)).clamp(1.0, MAX);
                if self.inflation <= 1.0 {
                    self.step = STEP;
                }
            }
        }
        let spread = information.fixed_view::<2, 2>(0, 0).into_owned();
        // The position's standard deviation along the direction in which the cue is weakest.
        let (trace, determinant) = (spread.trace(), spread.determinant());
        let weakest = 0.5 * trace - (0.25 * trace * trace - determinant).max(0.0).sqrt();
        let std = (self.inflation / weakest.max(1e-9)).sqrt();
        let cut = innovation.xy().map(|v| v.clamp(-WINSOR * std, WINSOR * std));
        self.slow += SLOWNESS * (cut - self.slow);
        self.slow_std = SLOW_STD * std;
        let heading = information[(2, 2)];
        if heading > 0.0 {
            let sigmas = innovation.z * (heading / self.inflation).sqrt();
            self.slow_heading += SLOWNESS * (sigmas.clamp(-WINSOR, WINSOR) - self.slow_heading);
        }
    }

    /// What became of the reading.
    pub fn judge(&mut self, is_taken: bool) {
        self.gated = if is_taken { 0 } else { self.gated + 1 };
        self.accepted += ACCEPTANCE * (f64::from(u8::from(is_taken)) - self.accepted);
    }

    /// Forgets what separated the cue from the prediction: the prediction has changed.
    pub fn forget(&mut self) {
        self.slow = Vector2::zeros();
        self.slow_heading = 0.0;
        self.gated = 0;
        self.last = self.last.map(|(stamp, _)| (stamp, Vector3::zeros()));
    }
}

saved!(CueMonitor { inflation, step, went_up, last, slow, slow_std, slow_heading, gated, steady, accepted });

#[cfg(test)]
mod tests {
    use super::*;
    use neuraxis_core::random::{self, normal};

    /// The inflation after `seconds` at 10 Hz of a cue whose noise is `factor` times the nominal and which errs by
    /// `slow(t)` besides, and the steps it took to come within a factor of 2 of `factor`².
    fn inflation(factor: f64, outliers: f64, slow: impl Fn(f64) -> f64) -> (f64, usize) {
        use rand::RngExt as _;
        let mut stream = random::stream(5, "test/honesty");
        let mut monitor = CueMonitor::default();
        let information = Matrix3::from_diagonal(&Vector3::new(400.0, 400.0, 2500.0));
        let (mut sum, mut met) = (0.0, usize::MAX);
        for i in 0..600_usize {
            let std = if stream.random_bool(outliers) { 60.0 } else { factor };
            let off = slow(i as f64 * 0.1);
            let nu = Vector3::new(
                0.05 * std * normal(&mut stream) + off,
                0.05 * std * normal(&mut stream),
                0.02 * std * normal(&mut stream),
            );
            monitor.note(Stamp(i as u64), &nu, &information, 3, true);
            if monitor.inflation() > 0.5 * factor * factor {
                met = met.min(i);
            }
            if i >= 300 {
                sum += monitor.inflation() / 300.0;
            }
        }
        (sum, met)
    }

    #[test]
    fn noise_is_told_from_differences() {
        let (nominal, _) = inflation(1.0, 0.0, |_| 0.0);
        assert!(nominal < 1.3, "{nominal}");
        let (loud, met) = inflation(10.0, 0.0, |_| 0.0);
        assert!((60.0..180.0).contains(&loud), "{loud}");
        assert!(met < 15, "a tenfold noise is met after {met} readings");
    }

    #[test]
    fn a_slow_error_is_no_noise_and_outliers_are_little() {
        let (drifting, _) = inflation(1.0, 0.0, |t| 0.1 * t);
        assert!(drifting < 1.3, "{drifting}");
        let (outlying, _) = inflation(1.0, 0.2, |_| 0.0);
        assert!(outlying < 4.0, "{outlying}");
    }

    #[test]
    fn the_slow_innovation_tells_a_lasting_error_from_chance() {
        let mut stream = random::stream(9, "test/honesty");
        let information = Matrix3::from_diagonal(&Vector3::new(400.0, 400.0, 0.0));
        let mut monitor = CueMonitor::default();
        let mut worst: f64 = 0.0;
        for i in 0..2000_u64 {
            let bias = if i < 1000 { 0.0 } else { 0.15 };
            let nu = Vector3::new(0.05 * normal(&mut stream) + bias, 0.05 * normal(&mut stream), 0.0);
            monitor.note(Stamp(i), &nu, &information, 2, true);
            let (slow, std) = monitor.slow();
            if (20..1000).contains(&i) {
                worst = worst.max(slow.norm() / std);
            }
        }
        let (slow, std) = monitor.slow();
        assert!(worst < 5.0, "by chance {worst}");
        assert!(slow.norm() / std > 7.0, "with an error {}", slow.norm() / std);
    }
}
