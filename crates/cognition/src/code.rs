//! Harmonic codes: a place or an angle as a vector of phases, so that near is similar and to move is to multiply.
//!
//! The key of a place x is k(x) = exp(2πi Γ x), one phase a row of Γ. The rows are drawn from N(0, (2πσ₀)⁻² I),
//! so the mean product of two keys, Re k(x)·k(x')* / rows, is about exp(-|x - x'|² / 2σ₀²): it errs by
//! 1/√(2 rows), rms. A key shifted by δ is k(x) ⊙ exp(2πi Γ δ), wherever x is. Weights on the rows turn that
//! kernel into any wider Gaussian.
//!
//! Inspired by A. Baranski's harmonic relational keys ("`HaRK`" on his pages, around arXiv 2410.01349; the paper
//! itself could not be read). The same algebra is known as random Fourier features (Rahimi and Recht, 2007) and as
//! fractional power encoding (Plate, 1995).
//!
//! Keys are slices of f32 in the order `[cos | sin]`, one half a row each: `2 * rows` numbers.

use nalgebra::{Cholesky, Const, Point, SMatrix, SVector};
use neuraxis_core::math;
use neuraxis_core::random;

/// Lanes in which products are summed: always the same order of additions, so always the same bits.
const LANES: usize = 16;

/// Keys of places in `D` dimensions, m.
#[derive(Clone, Debug)]
pub struct HarmonicCode<const D: usize> {
    /// Γ: turns per m, one row a phase.
    frequencies: Vec<[f64; D]>,
    sigma: f64,
}

impl<const D: usize> HarmonicCode<D> {
    /// A code of `rows` phases whose kernel is a Gaussian of `sigma` m (> 0), the finest that it can show.
    #[must_use]
    pub fn new(seed: u64, rows: usize, sigma: f64) -> Self {
        let mut stream = random::stream(seed, "harmonic code");
        let mut row = || std::array::from_fn(|_| random::normal(&mut stream) / (2.0 * math::PI * sigma));
        Self { frequencies: (0..rows).map(|_| row()).collect(), sigma }
    }

    /// Phases in a key; a key has twice as many numbers.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.frequencies.len()
    }

    /// The width of the kernel without weights, m.
    #[must_use]
    pub fn sigma(&self) -> f64 {
        self.sigma
    }

    /// Writes the key of `x` (m): `2 * rows` numbers.
    pub fn encode(&self, x: &Point<f64, D>, key: &mut [f32]) {
        let (cos, sin) = key.split_at_mut(self.rows());
        self.encode_rows(0, x, cos, sin);
    }

    /// Writes the part of the key of `x` that begins at row `from` and is as long as `cos` and `sin`.
    pub(crate) fn encode_rows(&self, from: usize, x: &Point<f64, D>, cos: &mut [f32], sin: &mut [f32]) {
        for ((row, cos), sin) in self.frequencies[from..].iter().zip(cos).zip(sin) {
            let (c, s) = turn(dot_position(row, &x.coords));
            (*cos, *sin) = (c as f32, s as f32);
        }
    }

    /// Path integration: writes the key of the place that lies `dx` (m) from that of `key`.
    ///
    /// Each call rounds to f32 once (about 1e-7); no knowledge of the place is needed.
    pub fn shift(&self, key: &[f32], dx: &SVector<f64, D>, out: &mut [f32]) {
        let (cos, sin) = key.split_at(self.rows());
        let (out_cos, out_sin) = out.split_at_mut(self.rows());
        let keys = cos.iter().zip(sin).zip(out_cos.iter_mut().zip(out_sin));
        for (row, ((cos, sin), out)) in self.frequencies.iter().zip(keys) {
            (*out.0, *out.1) = rotate((*cos, *sin), turn(dot_position(row, dx)));
        }
    }

    /// The closed form of the kernel without weights, 0..1, at displacement `dx` (m).
    #[must_use]
    pub fn kernel(&self, dx: &SVector<f64, D>) -> f64 {
        math::exp(-dx.norm_squared() / (2.0 * self.sigma * self.sigma))
    }

    /// Writes the weights, one a row, under which the kernel is the Gaussian of `covariance` (m²), and returns how many rows
    /// are left in effect: with m of them the kernel errs by at most about 1/√(2m), rms.
    ///
    /// The weight of a row γ is ĉ(γ)/p(γ), the wanted density over that from which the row was drawn, divided by the mean
    /// of these ratios over the rows that *were* drawn (self-normalised importance sampling): so the kernel at zero
    /// is 1 exactly, not only on the average over draws, at the price of a bias of the order 1/m elsewhere. With s
    /// the eigenvalues of `covariance` over σ₀², m is about rows · Π √(2s - 1)/s.
    ///
    /// `None`, and no weights, if an eigenvalue is below σ₀² (the ratio would have no bound), if a number is not finite
    /// or if the Gaussian is so wide that all ratios vanish.
    pub fn gaussian(&self, covariance: &SMatrix<f64, D, D>, weights: &mut [f32]) -> Option<f64> {
        let fine = self.sigma * self.sigma;
        let identity = SMatrix::<f64, D, D>::identity();
        Cholesky::<f64, Const<D>>::new(covariance - identity * (fine * (1.0 - 1e-9)))?;
        let excess = covariance - identity * fine;
        let (mut sum, mut squares) = (0.0, 0.0);
        for (row, weight) in self.frequencies.iter().zip(weights.iter_mut()) {
            let omega = SVector::<f64, D>::from(*row) * (2.0 * math::PI);
            let ratio = math::exp(-0.5 * omega.dot(&(excess * omega)));
            sum += ratio;
            squares += ratio * ratio;
            *weight = ratio as f32;
        }
        let effective = sum * sum / squares;
        if !effective.is_finite() {
            weights.fill(0.0);
            return None;
        }
        let scale = (self.rows() as f64 / sum) as f32;
        for weight in weights {
            *weight *= scale;
        }
        Some(effective)
    }
}

/// The Gaussian of `covariance` (m²) at `dx` (m), 1 at zero; `None` where `covariance` is not one.
#[must_use]
pub fn gaussian<const D: usize>(covariance: &SMatrix<f64, D, D>, dx: &SVector<f64, D>) -> Option<f64> {
    let root = Cholesky::<f64, Const<D>>::new(*covariance)?;
    Some(math::exp(-0.5 * dx.dot(&root.solve(dx))))
}

/// How alike two keys are: their mean product, -1..1, which is about the kernel at their displacement.
#[must_use]
pub fn similarity(a: &[f32], b: &[f32]) -> f32 {
    dot(a, b) * 2.0 / a.len() as f32
}

/// As [`similarity`], with `weights` on the rows; the same as that of one weighed key with the other plain one.
#[must_use]
pub fn weighted_similarity(a: &[f32], b: &[f32], weights: &[f32]) -> f32 {
    let half = weights.len();
    let products = |a: &[f32], b: &[f32]| -> f32 {
        let terms = a.iter().zip(b).zip(weights);
        terms.map(|((a, b), weight)| a * b * weight).sum()
    };
    (products(&a[..half], &b[..half]) + products(&a[half..], &b[half..])) / half as f32
}

/// Multiplies the rows of `key` by `weights`: a weighed key, stored or asked with, has the kernel of the weights.
pub fn weigh(key: &mut [f32], weights: &[f32]) {
    for half in key.chunks_mut(weights.len()) {
        half.iter_mut().zip(weights).for_each(|(number, weight)| *number *= weight);
    }
}

/// The highest harmonic of an angle that is kept.
pub const HARMONICS: usize = 8;

/// Numbers in the code of an angle: 1, then cos nθ and sin nθ for n = 1..=[`HARMONICS`].
pub const ANGLE_REALS: usize = 2 * HARMONICS + 1;

/// The code of `angle` (rad): 1, cos θ, sin θ, cos 2θ, sin 2θ, ...
#[must_use]
pub fn harmonics(angle: f64) -> [f64; ANGLE_REALS] {
    let (s, c) = math::sin_cos(angle);
    let mut code = [1.0; ANGLE_REALS];
    let mut last = (1.0, 0.0);
    for pair in code[1..].chunks_exact_mut(2) {
        last = (last.0 * c - last.1 * s, last.1 * c + last.0 * s);
        (pair[0], pair[1]) = last;
    }
    code
}

/// A kernel over differences of angles, as an even Fourier series: h(θ) = Σ wₙ cos nθ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AngleKernel {
    weights: [f64; HARMONICS + 1],
}

impl AngleKernel {
    /// The series of max(0, cos θ) up to the harmonic `highest` (at most [`HARMONICS`]).
    ///
    /// 1/π + cos θ / 2 + Σ over even n of 2 (-1)^(n/2+1) / (π (n² - 1)) cos nθ; odd harmonics above 1 are zero. Up to 2 it errs
    /// by 0.106 at most (at right angles) and is 1.030 at zero; up to 4 by 0.064, and is 0.988 at zero.
    #[must_use]
    pub fn rectified_cosine(highest: usize) -> Self {
        let mut weights = [0.0; HARMONICS + 1];
        weights[0] = 1.0 / math::PI;
        weights[1] = 0.5;
        for n in (2..=HARMONICS).step_by(2) {
            let sign = if n % 4 == 2 { 1.0 } else { -1.0 };
            weights[n] = sign * 2.0 / (math::PI * (n * n - 1) as f64);
        }
        Self { weights }.up_to(highest)
    }

    /// The von Mises kernel exp(κ (cos θ - 1)), with κ = `concentration` >= 0, up to the harmonic `highest`.
    ///
    /// What is cut off is about exp(-n²/2κ) of the whole: harmonics up to 8 do for κ up to 6.
    #[must_use]
    pub fn von_mises(concentration: f64, highest: usize) -> Self {
        // The trapezoidal rule over a period, which converges faster than any power of the number of nodes.
        const NODES: usize = 256;
        let mut weights = [0.0; HARMONICS + 1];
        for node in 0..NODES {
            let code = harmonics(2.0 * math::PI * node as f64 / NODES as f64);
            let value = math::exp(concentration * (code[1] - 1.0)) / NODES as f64;
            weights[0] += value;
            for n in 1..=HARMONICS {
                weights[n] += 2.0 * value * code[2 * n - 1];
            }
        }
        Self { weights }.up_to(highest)
    }

    fn up_to(mut self, highest: usize) -> Self {
        self.weights[highest.min(HARMONICS) + 1..].fill(0.0);
        self
    }

    /// wₙ for n = 0..=[`HARMONICS`].
    #[must_use]
    pub fn weights(&self) -> &[f64; HARMONICS + 1] {
        &self.weights
    }

    /// h at the difference `angle`, rad.
    #[must_use]
    pub fn value(&self, angle: f64) -> f64 {
        let code = harmonics(angle);
        let terms = self.weights[1..].iter().zip(code[1..].chunks_exact(2));
        self.weights[0] + terms.map(|(weight, pair)| weight * pair[0]).sum::<f64>()
    }
}

/// Keys of a place and a direction together: k(x) ⊗ h(u), with a kernel that is the product of the two.
///
/// Row j of the place turns by nⱼ times the angle, with nⱼ a whole number that as many rows share as its weight in the angle's
/// kernel asks for. So the key is no longer than that of the place, and both path integration and weights
/// (of [`Self::place`]) work as they do there. A harmonic of negative weight cannot be shared out so, and is left out.
#[derive(Clone, Debug)]
pub struct BehaviourCode<const D: usize> {
    place: HarmonicCode<D>,
    /// nⱼ, ascending.
    turns: Vec<u8>,
    /// The share of the rows that each harmonic has; their kernel is 1 at zero.
    shares: AngleKernel,
}

impl<const D: usize> BehaviourCode<D> {
    /// A code of `rows` phases: a Gaussian of `sigma` m over places, times `direction` (1 at zero) over angles.
    #[must_use]
    pub fn new(seed: u64, rows: usize, sigma: f64, direction: &AngleKernel) -> Self {
        let positive = direction.weights.map(|weight| weight.max(0.0));
        let total: f64 = positive.iter().sum();
        let mut turns = Vec::with_capacity(rows);
        let mut sum = 0.0;
        for (n, weight) in positive.iter().enumerate() {
            sum += weight;
            let end = (sum / total * rows as f64).round() as usize;
            turns.resize(end.min(rows).max(turns.len()), n as u8);
        }
        turns.resize(rows, 0);
        let shares = AngleKernel { weights: positive.map(|weight| weight / total) };
        Self { place: HarmonicCode::new(seed, rows, sigma), turns, shares }
    }

    /// The code of the place alone, whose weights fit these keys.
    #[must_use]
    pub fn place(&self) -> &HarmonicCode<D> {
        &self.place
    }

    /// Writes the key of being at `x` (m) in direction `angle` (rad): `2 * rows` numbers.
    pub fn encode(&self, x: &Point<f64, D>, angle: f64, key: &mut [f32]) {
        let (cos, sin) = key.split_at_mut(self.turns.len());
        let angle = angle / (2.0 * math::PI);
        let rows = self.place.frequencies.iter().zip(&self.turns);
        for ((row, n), (cos, sin)) in rows.zip(cos.iter_mut().zip(sin)) {
            let (c, s) = turn(dot_position(row, &x.coords) + f64::from(*n) * angle);
            (*cos, *sin) = (c as f32, s as f32);
        }
    }

    /// Path integration: writes the key of having gone on by `dx` (m, in the map) and turned by `angle` (rad).
    pub fn shift(&self, key: &[f32], dx: &SVector<f64, D>, angle: f64, out: &mut [f32]) {
        let (cos, sin) = key.split_at(self.turns.len());
        let (out_cos, out_sin) = out.split_at_mut(self.turns.len());
        let angle = angle / (2.0 * math::PI);
        let rows = self.place.frequencies.iter().zip(&self.turns);
        let keys = cos.iter().zip(sin).zip(out_cos.iter_mut().zip(out_sin));
        for ((row, n), ((cos, sin), out)) in rows.zip(keys) {
            (*out.0, *out.1) = rotate((*cos, *sin), turn(dot_position(row, dx) + f64::from(*n) * angle));
        }
    }

    /// The closed form of the kernel at displacement `dx` (m) and turn `angle` (rad).
    #[must_use]
    pub fn kernel(&self, dx: &SVector<f64, D>, angle: f64) -> f64 {
        self.place.kernel(dx) * self.shares.value(angle)
    }
}

/// Turns by which a row of Γ moves over `x`.
fn dot_position<const D: usize>(row: &[f64; D], x: &SVector<f64, D>) -> f64 {
    let mut sum = 0.0;
    for (frequency, x) in row.iter().zip(x.iter()) {
        sum += frequency * x;
    }
    sum
}

/// `key` turned by `by`, all (cosine, sine).
fn rotate(key: (f32, f32), by: (f64, f64)) -> (f32, f32) {
    let (c, s) = (f64::from(key.0), f64::from(key.1));
    ((c * by.0 - s * by.1) as f32, (s * by.0 + c * by.1) as f32)
}

/// Cosine and sine of `turns` whole turns, |turns| < 2⁵⁰, to 1e-8: less than f32 can show.
///
/// Sums and products only, without a branch: the same bits everywhere, and several at once where the compiler sees a loop.
fn turn(turns: f64) -> (f64, f64) {
    /// Adding and taking off 1.5 · 2⁵² rounds to a whole number.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let rest = turns - ((turns + WHOLE) - WHOLE);
    // A quarter of the angle, within ±π/4, by Taylor; then doubled twice.
    let a = rest * (0.5 * math::PI);
    let q = a * a;
    let s = a
        * (1.0
            - q * (1.0 / 6.0)
                * (1.0 - q * (1.0 / 20.0) * (1.0 - q * (1.0 / 42.0) * (1.0 - q * (1.0 / 72.0)))));
    let c = 1.0
        - q * 0.5
            * (1.0
                - q * (1.0 / 12.0)
                    * (1.0 - q * (1.0 / 30.0) * (1.0 - q * (1.0 / 56.0) * (1.0 - q * (1.0 / 90.0)))));
    let (s, c) = (2.0 * s * c, 1.0 - 2.0 * s * s);
    (1.0 - 2.0 * s * s, 2.0 * s * c)
}

/// The inner product, summed in a fixed order.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_sine_and_cosine() {
        for i in -40_000..40_000 {
            let turns = f64::from(i) * 0.000_37 + 1e-9;
            let (c, s) = turn(turns);
            let (s0, c0) = math::sin_cos(2.0 * math::PI * turns);
            assert!((c - c0).abs() < 1e-8 && (s - s0).abs() < 1e-8, "{turns}: {c} {c0}, {s} {s0}");
        }
        assert!(turn(f64::NAN).0.is_nan() && turn(f64::INFINITY).0.is_nan());
    }
}
