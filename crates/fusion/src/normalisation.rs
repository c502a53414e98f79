//! The event read-out: normalised responses and Bayes detection, which gain most where cues are weak.
//!
//! Sources: divisive normalisation, Ohshiro et al. 2011 (*Nature Neuroscience* 14, 775–782): unit `j` of a
//! pool of `N` responds with `R_j = E_j^n / (α^n + (1/N) Σ_k E_k^n)` to the drive `E_j = Σ_m d_jm I_m`,
//! with fixed modality dominance weights `d`. Detection, Anastasio, Patton and Belkacem-Boussaid 2000
//! (*Neural Computation* 12, 1165–1187): the response is the probability that a target is there, given the
//! cues. Enhancement and inverse effectiveness, Stein and Meredith 1993 (*The Merging of the Senses*).
//!
//! The two models are one: with `E = e^(l/n)`, α = 1 and no other units, `E^n / (1 + E^n)` is the logistic
//! function of the log-odds `l`. So [`Detector`] is the single unit of [`Normalisation`] with a drive in
//! which cues multiply, and for events the optimal rule is inversely effective, within the limits below.
//!
//! For *estimates* it is not. Two equal Gaussian cues lower the error by 1 − 1/√2 = 29.3 % however good
//! they are. Inverse effectiveness belongs here, to a read-out that saturates; the weights of the
//! filter stay the optimal ones.
//!
//! Departures: the layers of the paper before the drive (receptive fields, the input's own compression)
//! are left out, so a strength here is the input `I_m` itself; drives are divided by the largest of them
//! before they are raised, which changes no response and cannot overflow; what is not a number counts as
//! no cue; and the spacing of the weights in [`Population::by_dominance`] is this crate's choice.
//!
//! # Enhancement of two equal cues
//!
//! The response to both over the response to one, less one, for n = 2 and α = 1, in %; additivity is
//! that of the pool (see [`additivity`]):
//!
//! | strength | 0.1 | 0.25 | 0.5 | 1 | 2 | 4 | 8 |
//! |---|---|---|---|---|---|---|---|
//! | single unit | 288.5 | 240.0 | 150.0 | 60.0 | 17.6 | 4.6 | 1.2 |
//! | balanced unit of a pool of 11 | 294.8 | 270.5 | 210.9 | 119.7 | 57.7 | 34.9 | 28.5 |
//! | its additivity | +0.33 | +0.30 | +0.22 | +0.05 | −0.12 | −0.19 | −0.22 |
//!
//! # Enhancement in detection
//!
//! The mean posterior over targets, with both of two equal Gaussian cues over that with one, less one, in
//! % ([`detection_enhancement`]), by base rate of the event:
//!
//! | d′ | 1 | 1.5 | 2 | 2.5 | 3 | 3.5 | 4 |
//! |---|---|---|---|---|---|---|---|
//! | 0.05 | 72.9 | 88.6 | 73.4 | 52.5 | 34.6 | 21.5 | 12.6 |
//! | 0.02 | 101.9 | 139.9 | 116.3 | 80.9 | 52.1 | 31.9 | 18.6 |
//! | 0.01 | 122.0 | 190.7 | 161.6 | 110.4 | 69.8 | 42.2 | 24.4 |
//! | 0.001 | 161.8 | 430.2 | 452.3 | 299.8 | 176.3 | 100.7 | 56.5 |
//!
//! Over 100 % is super-additive, below sub-additive. What one reads off depends on the base rate. With
//! 0.05 the gain falls from d′ = 1.5 on, but never is super-additive: the prior alone already gives the
//! single cue a response to add to. From d′ = 1.5 to 4 it falls throughout *and* changes from super- to
//! sub-additive for base rates from 0.00143 to 0.0396. With 0.001 it falls from 2 on only: at 1.5 one cue
//! is too weak against such a prior, and two still are. At every base rate the gain *rises* with d′ while
//! cues are weaker still, as two cues that say next to nothing say next to nothing: inverse effectiveness
//! of the mean posterior is a statement about cues that are usable alone.
//!
//! The realistic case is the rare event. A decision is taken each tick, so at 50 Hz [`BASE_RATE`] (0.01)
//! is one tick of contact, slip or obstacle in 2 s, and 0.001 one in 20 s; 0.05 would be two and a half
//! each second.

use neuraxis_core::ops;

/// Share of decisions at which an event is there, unless more is known: one tick in a hundred.
pub const BASE_RATE: f64 = 0.01;

/// Log-odds, and what one cue adds to them, stay within ± this: odds of 5·10²¹.
pub const LOGIT_LIMIT: f64 = 50.0;

/// Cues and weights count as this at most. A response has saturated long before.
const LARGEST: f64 = 1e100;

/// The saturating response of a unit: `E^n / (α^n + E^n)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Normalisation {
    /// `n`: how steeply the response rises; positive. Above 1, weak cues add up to more than their sum.
    pub exponent: f64,
    /// `α`: the drive at which a lone unit responds with one half; positive, in the unit of the drive.
    pub semisaturation: f64,
}

impl Default for Normalisation {
    fn default() -> Self {
        Self { exponent: 2.0, semisaturation: 1.0 }
    }
}

impl Normalisation {
    /// The response of a unit that is its own pool to `drive`, in 0..=1.
    ///
    /// A negative drive and NaN give 0, `+inf` gives 1.
    #[must_use]
    pub fn response(&self, drive: f64) -> f64 {
        if drive.is_nan() || drive <= 0.0 {
            return 0.0;
        }
        if drive == f64::INFINITY {
            return 1.0;
        }
        number(1.0 / (1.0 + ops::pow(self.semisaturation / drive, self.exponent)))
    }

    /// The enhancement of a single unit by two equal cues of this `strength`, in closed form.
    ///
    /// With `s` the strength over `α` it is `2^n (1 + s^n) / (1 + 2^n s^n) − 1`, written without the
    /// difference: `(2^n − 1) / (1 + 2^n s^n)`. It falls from `2^n − 1` to 0.
    /// A strength that is negative or NaN counts as 0.
    #[must_use]
    pub fn equal_cue_enhancement(&self, strength: f64) -> f64 {
        let both = ops::pow(2.0, self.exponent);
        let s = strength.max(0.0) / self.semisaturation;
        (both - 1.0) / (1.0 + both * ops::pow(s, self.exponent))
    }
}

/// A pool of `N` units that share one normalisation and weigh `M` cues differently.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Population<const N: usize, const M: usize> {
    normalisation: Normalisation,
    /// The modality dominance weights of each unit.
    weights: [[f64; M]; N],
}

impl<const N: usize> Population<N, 2> {
    /// Units from "first cue only" to "second cue only", in even steps of the second cue's share.
    ///
    /// A unit with share `t` weighs the cues as `1 − t` to `t`, scaled so that its dominant cue has weight
    /// 1: the ratio of the paper's figures, in 0..=1 to either side. With an odd `N` the middle unit is
    /// the balanced one.
    #[must_use]
    pub fn by_dominance(normalisation: Normalisation) -> Self {
        let last = N.saturating_sub(1);
        let weights = std::array::from_fn(|i| {
            let (first, second) = if last == 0 { (1.0, 1.0) } else { ((last - i) as f64, i as f64) };
            let dominant = f64::max(first, second);
            [first / dominant, second / dominant]
        });
        Self { normalisation, weights }
    }
}

impl<const N: usize, const M: usize> Population<N, M> {
    /// A pool with the weights `d_jm` of unit `j` for cue `m`; what is negative or NaN counts as 0.
    #[must_use]
    pub fn new(normalisation: Normalisation, weights: [[f64; M]; N]) -> Self {
        Self { normalisation, weights: weights.map(|unit| unit.map(strength)) }
    }

    /// The dominance weights, unit by unit.
    #[must_use]
    pub fn weights(&self) -> &[[f64; M]; N] {
        &self.weights
    }

    /// The normalisation that the units share.
    #[must_use]
    pub fn normalisation(&self) -> Normalisation {
        self.normalisation
    }

    /// Writes each unit's response to `cues`, in 0..=`N`, into `responses`; it does not allocate.
    ///
    /// Cues are strengths, from 0 up; what is negative, NaN or missing counts as 0, and cues after the
    /// `M`th are ignored. Places in `responses` after the `N`th are set to 0.
    pub fn respond(&self, cues: &[f64], responses: &mut [f64]) {
        let drives = self.drives(cues);
        let scale = self.scale(&drives);
        let pool = self.pool(&drives, scale);
        responses.fill(0.0);
        for (response, drive) in responses.iter_mut().zip(&drives) {
            *response = number(ops::pow(drive / scale, self.normalisation.exponent) / pool);
        }
    }

    /// The response of a unit that weighs all `cues` with 1, against this pool.
    ///
    /// The pool need not have such a unit; where it hardly takes part, nothing holds the response down
    /// but 1e100. Cues are taken as by [`respond`](Self::respond).
    #[must_use]
    pub fn balanced(&self, cues: &[f64]) -> f64 {
        let drives = self.drives(cues);
        let drive: f64 = cues.iter().take(M).copied().map(strength).sum();
        let scale = self.scale(&drives).max(drive);
        let response = ops::pow(drive / scale, self.normalisation.exponent) / self.pool(&drives, scale);
        number(response).min(LARGEST)
    }

    fn drives(&self, cues: &[f64]) -> [f64; N] {
        self.weights.map(|unit| unit.iter().zip(cues).map(|(weight, cue)| weight * strength(*cue)).sum())
    }

    /// What drives are divided by, so that their powers stay within 0..=1.
    fn scale(&self, drives: &[f64; N]) -> f64 {
        drives.iter().copied().fold(self.normalisation.semisaturation, f64::max)
    }

    /// `α^n` and the mean of the units' `E^n`, with all divided by `scale` first.
    fn pool(&self, drives: &[f64; N], scale: f64) -> f64 {
        let Normalisation { exponent, semisaturation } = self.normalisation;
        let sum: f64 = drives.iter().map(|drive| ops::pow(drive / scale, exponent)).sum();
        ops::pow(semisaturation / scale, exponent) + sum / N.max(1) as f64
    }
}

/// The probability of an event, from its base rate and what independent cues say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detector {
    /// Log-odds of the event before any cue, `l0`; NaN counts as 0, even odds.
    pub prior_logit: f64,
}

impl Default for Detector {
    fn default() -> Self {
        Self::from_base_rate(BASE_RATE)
    }
}

impl Detector {
    /// A detector for an event that is there at this share of all decisions, in 0..=1.
    #[must_use]
    pub fn from_base_rate(rate: f64) -> Self {
        let rate = rate.clamp(0.0, 1.0);
        Self { prior_logit: clamp_logit(ops::ln(rate) - ops::ln(1.0 - rate)) }
    }

    /// The log-odds of the event: `l0 + Σ w_i LLR_i`, within ± [`LOGIT_LIMIT`].
    ///
    /// `evidence` gives each cue's weight and log-likelihood ratio. The weight is the cue's reliability
    /// over its nominal one, `J_i / J_i^nominal`. A NaN, and a weight that is not positive, count as no
    /// evidence. No single cue adds more than ± [`LOGIT_LIMIT`], so that two that contradict each other
    /// with infinite certainty cancel.
    #[must_use]
    pub fn logit(&self, evidence: impl IntoIterator<Item = (f64, f64)>) -> f64 {
        let said = evidence.into_iter().filter(|(weight, _)| *weight > 0.0);
        let sum: f64 = said.map(|(weight, llr)| clamp_logit(weight * llr)).sum();
        clamp_logit(clamp_logit(self.prior_logit) + sum)
    }

    /// The probability of the event; `evidence` is taken as by [`logit`](Self::logit).
    ///
    /// It is the normalised response to the drive `e^(l/n)`, which equals the logistic function of the
    /// log-odds `l` whatever `n` is.
    #[must_use]
    pub fn posterior(&self, evidence: impl IntoIterator<Item = (f64, f64)>) -> f64 {
        let unit = Normalisation::default();
        unit.response(ops::exp(self.logit(evidence) / unit.exponent))
    }
}

/// A cue that reads about 0 without the event and about `d_prime` with it, with Gaussian noise of variance 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianCue {
    /// The separation of the two means, in standard deviations of the noise: d′ of signal detection.
    pub d_prime: f64,
}

impl GaussianCue {
    /// The log-likelihood ratio of event to no event, given the reading `x`: `d′ (x − d′/2)`.
    #[must_use]
    pub fn llr(&self, x: f64) -> f64 {
        self.d_prime * (x - self.d_prime / 2.0)
    }
}

/// Multisensory enhancement `(multi − best_single) / best_single`, of Stein and Meredith.
///
/// Where no cue alone gives a response, it is infinite, or 0 if both together give none either.
#[must_use]
pub fn enhancement(multi: f64, best_single: f64) -> f64 {
    if multi == best_single { 0.0 } else { (multi - best_single) / best_single }
}

/// Additivity `(multi − (a + b)) / (multi + (a + b))`, in −1..=1: positive is super-additive.
///
/// It is 0 where there is no response at all.
#[must_use]
pub fn additivity(multi: f64, a: f64, b: f64) -> f64 {
    let sum = a + b;
    if multi == sum { 0.0 } else { (multi - sum) / (multi + sum) }
}

/// The mean posterior over targets that one cue gives, and that two equal, independent cues give.
///
/// Both cues are Gaussian with this `d_prime` (its sign does not matter, NaN counts as 0), the event has the
/// base rate `prior`. Two equal cues are one of √2 d′, as their log-likelihood ratios add up to the same
/// distribution. The mean is an integral, by the trapezoidal rule, not a sample.
#[must_use]
pub fn detection_enhancement(d_prime: f64, prior: f64) -> (f64, f64) {
    let detector = Detector::from_base_rate(prior);
    let d_prime = number(d_prime).abs().min(100.0);
    let mean =
        |cue: GaussianCue| over_noise(|noise| detector.posterior([(1.0, cue.llr(cue.d_prime + noise))]));
    (mean(GaussianCue { d_prime }), mean(GaussianCue { d_prime: std::f64::consts::SQRT_2 * d_prime }))
}

/// The mean of `f` over Gaussian noise of variance 1.
///
/// For a smooth `f` the trapezoidal rule converges exponentially in the step; 16 standard deviations hold
/// even the tail in which a very rare event is first believed.
fn over_noise(f: impl Fn(f64) -> f64) -> f64 {
    const STEP: f64 = 1.0 / 32.0;
    const STEPS: i32 = 16 * 32;
    let sum: f64 = (-STEPS..=STEPS)
        .map(|i| {
            let x = f64::from(i) * STEP;
            ops::exp(-0.5 * x * x) * f(x)
        })
        .sum();
    sum * STEP / (2.0 * ops::PI).sqrt()
}

/// `x` as a cue's strength or weight.
fn strength(x: f64) -> f64 {
    number(x).clamp(0.0, LARGEST)
}

fn clamp_logit(x: f64) -> f64 {
    number(x).clamp(-LOGIT_LIMIT, LOGIT_LIMIT)
}

/// `x`, or 0 for NaN.
fn number(x: f64) -> f64 {
    if x.is_nan() { 0.0 } else { x }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRENGTHS: [f64; 7] = [0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
    const D_PRIMES: [f64; 6] = [1.5, 2.0, 2.5, 3.0, 3.5, 4.0];

    fn falls(values: &[f64]) -> bool {
        values.windows(2).all(|pair| pair[0] > pair[1])
    }

    fn logistic(logit: f64) -> f64 {
        1.0 / (1.0 + ops::exp(-logit))
    }

    fn detection(prior: f64) -> [f64; 6] {
        D_PRIMES.map(|d_prime| {
            let (single, multi) = detection_enhancement(d_prime, prior);
            enhancement(multi, single)
        })
    }

    #[test]
    fn a_single_unit_is_inversely_effective_and_follows_the_closed_form() {
        for exponent in [1.0, 2.0, 2.5, 4.0] {
            for semisaturation in [0.5, 1.0, 16.0] {
                let unit = Normalisation { exponent, semisaturation };
                let gains = STRENGTHS.map(|s| enhancement(unit.response(2.0 * s), unit.response(s)));
                assert!(falls(&gains), "{unit:?}: {gains:?}");
                for (s, gain) in STRENGTHS.into_iter().zip(gains) {
                    let (both, s) = (ops::pow(2.0, exponent), ops::pow(s / semisaturation, exponent));
                    let literal = both * (1.0 + s) / (1.0 + both * s) - 1.0;
                    assert!((gain - literal).abs() < 1e-6, "{unit:?}");
                }
                for (s, gain) in STRENGTHS.into_iter().zip(gains) {
                    assert!((gain - unit.equal_cue_enhancement(s)).abs() < 1e-6, "{unit:?}");
                }
            }
        }
        let unit = Normalisation::default();
        let gains = STRENGTHS.map(|s| enhancement(unit.response(2.0 * s), unit.response(s)));
        assert!(gains[0] >= 1.0 && gains[6] <= 0.3, "{gains:?}");
        let table = [288.5, 240.0, 150.0, 60.0, 17.6, 4.6, 1.2];
        for (gain, expected) in gains.into_iter().zip(table) {
            assert!((100.0 * gain - expected).abs() < 0.06, "{gains:?}");
        }
    }

    #[test]
    fn the_pool_gives_the_reference_table_and_turns_from_super_to_sub_additive() {
        let pool = Population::<11, 2>::by_dominance(Normalisation::default());
        let gains = STRENGTHS.map(|s| {
            let single = pool.balanced(&[s, 0.0]).max(pool.balanced(&[0.0, s]));
            100.0 * enhancement(pool.balanced(&[s, s]), single)
        });
        let sums = STRENGTHS
            .map(|s| additivity(pool.balanced(&[s, s]), pool.balanced(&[s, 0.0]), pool.balanced(&[0.0, s])));
        assert!(falls(&gains) && falls(&sums), "{gains:?} {sums:?}");
        let reference = [295.0, 271.0, 211.0, 120.0, 58.0, 35.0, 29.0];
        for (gain, expected) in gains.into_iter().zip(reference) {
            assert!((gain - expected).abs() < 0.6, "{gains:?}");
        }
        let reference = [0.33, 0.30, 0.22, 0.05, -0.12, -0.19, -0.22];
        for (sum, expected) in sums.into_iter().zip(reference) {
            assert!((sum - expected).abs() < 0.006, "{sums:?}");
        }
        assert!(sums[3] > 0.0 && sums[4] < 0.0);
    }

    #[test]
    fn a_pool_is_what_the_equation_says() {
        let unit = Normalisation { exponent: 2.5, semisaturation: 3.0 };
        let weights = [[1.0, 0.0, 0.3], [0.5, 1.0, 0.0], [0.2, 0.7, 1.0], [1.0, 1.0, 1.0]];
        let pool = Population::new(unit, weights);
        let cues = [0.7, 12.0, 3.0];
        let drives = weights.map(|d| d.iter().zip(cues).map(|(d, cue)| d * cue).sum::<f64>());
        let powers = drives.map(|drive| ops::pow(drive, 2.5));
        let shared = ops::pow(3.0, 2.5) + powers.iter().sum::<f64>() / 4.0;
        let mut responses = [9.0; 6];
        pool.respond(&cues, &mut responses);
        for (response, power) in responses.into_iter().zip(powers) {
            assert!((response - power / shared).abs() < 1e-12);
        }
        assert_eq!(responses[4..], [0.0, 0.0], "there is no fifth unit");
        assert!((pool.balanced(&cues) - responses[3]).abs() < 1e-12, "the last unit is the balanced one");
        let mut first = [9.0; 1];
        pool.respond(&cues, &mut first);
        assert_eq!(first[0], responses[0], "a short buffer takes the first");

        let lone = Population::<1, 2>::by_dominance(unit);
        assert!(
            (lone.balanced(&[1.0, 2.0]) - unit.response(3.0)).abs() < 1e-12,
            "a lone unit is its own pool"
        );
        let even = Population::<11, 2>::by_dominance(unit);
        let mut responses = [0.0; 11];
        even.respond(&[2.0, 2.0], &mut responses);
        assert_eq!(responses[5], even.balanced(&[2.0, 2.0]), "the middle unit is the balanced one");
        assert_eq!((even.weights()[0], even.weights()[10]), ([1.0, 0.0], [0.0, 1.0]));
    }

    #[test]
    fn a_cue_that_a_unit_hardly_weighs_suppresses_it() {
        // The model's own prediction (Ohshiro et al. 2011): the cue is in the pool, and not in the drive.
        let pool = Population::<11, 2>::by_dominance(Normalisation::default());
        let (mut one, mut both) = ([0.0; 11], [0.0; 11]);
        pool.respond(&[2.0, 0.0], &mut one);
        pool.respond(&[2.0, 2.0], &mut both);
        assert!(both[0] < one[0]);
    }

    #[test]
    fn the_posterior_is_the_logistic_function_of_the_log_odds() {
        for i in -500..=500 {
            let logit = f64::from(i) / 10.0;
            let posterior = Detector { prior_logit: logit }.posterior([]);
            assert!((posterior - logistic(logit)).abs() < 1e-12, "{logit}");
            let posterior = Detector { prior_logit: -2.0 }.posterior([(0.5, logit), (2.0, 1.5)]);
            assert!((posterior - logistic(0.5 * logit + 1.0)).abs() < 1e-12, "{logit}");
        }
        for rate in [1e-6, 1e-3, 0.05, 0.5, 0.9] {
            assert!((Detector::from_base_rate(rate).posterior([]) - rate).abs() < 1e-12);
        }
        assert_eq!(Detector::default(), Detector::from_base_rate(0.01));
    }

    #[test]
    fn detecting_a_rare_event_is_inversely_effective_and_turns_sub_additive() {
        for prior in [0.00143, 0.002, 0.005, BASE_RATE, 0.02, 0.03, 0.0396] {
            let gains = detection(prior);
            assert!(falls(&gains), "{prior}: {gains:?}");
            assert!(gains[0] > 1.0 && gains[5] < 1.0, "{prior}: {gains:?}");
        }
        for (prior, expected) in [
            (0.05, [88.6, 73.4, 52.5, 34.6, 21.5, 12.6]),
            (0.02, [139.9, 116.3, 80.9, 52.1, 31.9, 18.6]),
            (BASE_RATE, [190.7, 161.6, 110.4, 69.8, 42.2, 24.4]),
            (0.001, [430.2, 452.3, 299.8, 176.3, 100.7, 56.5]),
        ] {
            let gains = detection(prior);
            for (gain, expected) in gains.into_iter().zip(expected) {
                assert!((100.0 * gain - expected).abs() < 0.06, "{prior}: {gains:?}");
            }
        }
    }

    #[test]
    fn neither_a_common_event_nor_a_very_rare_one_shows_all_of_it() {
        let common = detection(0.05);
        assert!(falls(&common) && common[0] < 1.0, "never super-additive: {common:?}");
        assert!(detection(0.0398)[0] < 1.0);
        let very_rare = detection(0.001);
        assert!(very_rare[0] < very_rare[1] && falls(&very_rare[1..]), "falls from 2 on only: {very_rare:?}");
        assert!(!falls(&detection(0.0014)));
        for prior in [0.05, BASE_RATE, 0.001] {
            let gains = [0.25, 0.5, 1.0].map(|d_prime| {
                let (single, multi) = detection_enhancement(d_prime, prior);
                enhancement(multi, single)
            });
            assert!(gains[0] < gains[1] && gains[1] < gains[2], "weak cues: {gains:?}");
        }
    }

    #[test]
    fn the_integral_is_that_over_both_cues_and_posteriors_average_to_the_prior() {
        for (prior, d_prime) in [(0.05, 1.5), (BASE_RATE, 4.0), (0.001, 3.0)] {
            let detector = Detector::from_base_rate(prior);
            let cue = GaussianCue { d_prime };
            let (single, multi) = detection_enhancement(d_prime, prior);
            let both = over_noise(|a| {
                over_noise(|b| detector.posterior([a, b].map(|noise| (1.0, cue.llr(d_prime + noise)))))
            });
            assert!((multi - both).abs() < 1e-9, "{prior} {d_prime}: {multi} {both}");
            let without = over_noise(|noise| detector.posterior([(1.0, cue.llr(noise))]));
            assert!((prior * single + (1.0 - prior) * without - prior).abs() < 1e-9);
        }
        assert!((over_noise(|_| 1.0) - 1.0).abs() < 1e-12);
        assert!((over_noise(|x| x * x) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn drives_that_are_no_numbers_or_huge_do_no_harm() {
        let unit = Normalisation::default();
        for drive in [f64::NAN, -1.0, f64::NEG_INFINITY, 0.0, -0.0] {
            assert_eq!(unit.response(drive), 0.0);
        }
        for drive in [f64::INFINITY, f64::MAX, 1e300] {
            assert_eq!(unit.response(drive), 1.0);
        }
        assert_eq!(unit.response(f64::MIN_POSITIVE), 0.0);
        assert_eq!(unit.equal_cue_enhancement(f64::INFINITY), 0.0);
        assert_eq!(unit.equal_cue_enhancement(-1.0), 3.0);
        let broken = Normalisation { exponent: f64::NAN, semisaturation: 1.0 };
        assert_eq!(broken.response(2.0), 0.0);

        let pool = Population::<11, 2>::by_dominance(unit);
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, -3.0, 0.0, 1.0];
        for a in odd {
            for b in odd {
                let mut responses = [f64::NAN; 11];
                pool.respond(&[a, b, f64::NAN], &mut responses);
                assert!(responses.iter().all(|r| (0.0..=11.0).contains(r)), "{a} {b}: {responses:?}");
                assert!((0.0..=11.0).contains(&pool.balanced(&[a, b])));
            }
        }
        assert_eq!(pool.balanced(&[f64::NAN, 1.0]), pool.balanced(&[0.0, 1.0]), "no number is no cue");
        assert_eq!(pool.balanced(&[1.0]), pool.balanced(&[1.0, 0.0]), "a missing cue is no cue");
        assert_eq!(pool.balanced(&[]), 0.0);
        let strange = Population::new(unit, [[f64::NAN, -1.0], [f64::INFINITY, 1.0]]);
        let mut responses = [0.0; 2];
        strange.respond(&[f64::INFINITY, f64::INFINITY], &mut responses);
        assert_eq!(responses, [0.0, 2.0], "R = E^n / (E^n / 2)");
        assert_eq!(Population::new(unit, [[0.0; 2]; 3]).balanced(&[f64::INFINITY, 1.0]), LARGEST);
        Population::<0, 0>::new(unit, []).respond(&[1.0], &mut responses);
        assert_eq!(responses, [0.0, 0.0]);
    }

    #[test]
    fn evidence_that_is_no_number_or_infinite_does_no_harm() {
        const INF: f64 = f64::INFINITY;
        let detector = Detector::default();
        let prior = detector.posterior([]);
        for nothing in [(1.0, f64::NAN), (f64::NAN, 1.0), (0.0, INF), (-1.0, 3.0), (INF, 0.0)] {
            assert_eq!(detector.posterior([nothing]), prior, "{nothing:?}");
            assert_eq!(
                detector.posterior([nothing, (1.0, 2.0)]),
                detector.posterior([(1.0, 2.0)]),
                "{nothing:?} does not spoil the others"
            );
        }
        assert!(detector.posterior([(1.0, INF)]) > 1.0 - 1e-9);
        assert!(detector.posterior([(1.0, -INF)]) < 1e-9);
        assert!((detector.posterior([(1.0, INF), (INF, -1.0)]) - prior).abs() < 1e-12, "they cancel");
        assert_eq!(detector.logit([(1.0, INF), (1.0, INF)]), LOGIT_LIMIT);
        assert_eq!(Detector { prior_logit: f64::NAN }.posterior([]), 0.5);
        assert_eq!(Detector { prior_logit: INF }.posterior([]), 1.0);
        assert_eq!(Detector::from_base_rate(0.0).prior_logit, -LOGIT_LIMIT);
        assert_eq!(Detector::from_base_rate(7.0).prior_logit, LOGIT_LIMIT);
        for d_prime in [f64::NAN, INF, -INF, 0.0, 1e300, -2.0] {
            for prior in [f64::NAN, INF, -INF, 0.0, 0.01, 1.0] {
                let (single, multi) = detection_enhancement(d_prime, prior);
                assert!((0.0..1.0 + 1e-9).contains(&single), "{d_prime} {prior}: {single}");
                assert!(multi >= single - 1e-12 && multi < 1.0 + 1e-9, "{d_prime} {prior}: {multi}");
            }
        }
        assert_eq!(detection_enhancement(-2.0, 0.01), detection_enhancement(2.0, 0.01));
        assert_eq!(detection_enhancement(f64::NAN, 0.01), detection_enhancement(0.0, 0.01));
        assert!((detection_enhancement(0.0, 0.01).1 - 0.01).abs() < 1e-12, "no cue leaves the prior");
    }

    #[test]
    fn gains_without_a_response_are_defined() {
        assert_eq!((enhancement(0.3, 0.2) * 1e9).round(), 5e8);
        assert_eq!(enhancement(0.0, 0.0), 0.0);
        assert_eq!(enhancement(0.1, 0.0), f64::INFINITY);
        assert_eq!(additivity(0.0, 0.0, 0.0), 0.0);
        assert_eq!(additivity(0.1, 0.0, 0.0), 1.0);
        assert_eq!(additivity(0.0, 0.1, 0.1), -1.0);
        assert!(additivity(0.3, 0.2, 0.2) < 0.0);
        assert_eq!(GaussianCue { d_prime: 2.0 }.llr(1.0), 0.0);
        assert_eq!(GaussianCue { d_prime: 2.0 }.llr(3.0), 4.0);
    }
}
