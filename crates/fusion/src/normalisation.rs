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

use neuraxis_core::math;

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
        number(1.0 / (1.0 + math::pow(self.semisaturation / drive, self.exponent)))
    }

    /// The enhancement of a single unit by two equal cues of this `strength`, in closed form.
    ///
    /// With `s` the strength over `α` it is `2^n (1 + s^n) / (1 + 2^n s^n) − 1`, written without the
    /// difference: `(2^n − 1) / (1 + 2^n s^n)`. It falls from `2^n − 1` to 0.
    /// A strength that is negative or NaN counts as 0.
    #[must_use]
    pub fn equal_cue_enhancement(&self, strength: f64) -> f64 {
        let both = math::pow(2.0, self.exponent);
        let s = strength.max(0.0) / self.semisaturation;
        (both - 1.0) / (1.0 + both * math::pow(s, self.exponent))
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
            *response = number(math::pow(drive / scale, self.normalisation.exponent) / pool);
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
        let response = math::pow(drive / scale, self.normalisation.exponent) / self.pool(&drives, scale);
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
        let sum: f64 = drives.iter().map(|drive| math::pow(drive / scale, exponent)).sum();
        math::pow(semisaturation / scale, exponent) + sum / N.max(1) as f64
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
        Self { prior_logit: clamp_logit(math::ln(rate) - math::ln(1.0 - rate)) }
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
        unit.response(math::exp(self.logit(evidence) / unit.exponent))
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
            math::exp(-0.5 * x * x) * f(x)
        })
        .sum();
    sum * STEP / (2.0 * math::PI).sqrt()
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
mod tests;
