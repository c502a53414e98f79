//! The arithmetic that the filters share: a Gaussian over any number of states, corrected in information form.
//!
//! Source: Thrun, Burgard and Fox, *Probabilistic Robotics* (2005), table 3.6: `P⁻¹ ← P⁻¹ + HᵀΛH`, for cues with the
//! information Λ = R⁻¹, which may be singular (a direction that a cue leaves open), so that several cues add up in any
//! order. Written without the inverse of P: `P⁺ = P − PHᵀ (I + ΛHPHᵀ)⁻¹ Λ (PHᵀ)ᵀ`. Departure: none.

use nalgebra::{SMatrix, SVector};

/// What a cue did to the estimate, or would have done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verdict<const N: usize> {
    /// Innovation squared over its covariance; about its number of dimensions if all is well.
    pub distance: f64,
    /// The states' covariance with the cue in it.
    pub(crate) posterior: SMatrix<f64, N, N>,
    /// What is added to the states.
    pub(crate) step: SVector<f64, N>,
}

/// What a cue of `D` numbers with this `innovation` and `information` does to `N` states with this `covariance` P;
/// `columns` is `PHᵀ` and `predicted` `HPHᵀ`. `None` if the numbers break down.
#[must_use]
pub fn weigh<const N: usize, const D: usize>(
    covariance: &SMatrix<f64, N, N>,
    columns: &SMatrix<f64, N, D>,
    predicted: &SMatrix<f64, D, D>,
    innovation: &SVector<f64, D>,
    information: &SMatrix<f64, D, D>,
) -> Option<Verdict<N>> {
    let inner = (SMatrix::<f64, D, D>::identity() + information * predicted).try_inverse()?;
    let weight = inner * information;
    let posterior = covariance - columns * weight * columns.transpose();
    // S⁻¹ = (HPHᵀ + Λ⁻¹)⁻¹ = (I + ΛHPHᵀ)⁻¹ Λ.
    let pull = weight * innovation;
    let distance = innovation.dot(&pull);
    let step = columns * pull;
    let is_finite =
        distance.is_finite() && step.iter().all(|v| v.is_finite()) && posterior.trace().is_finite();
    is_finite.then_some(Verdict { distance: distance.max(0.0), posterior, step })
}

/// `information`, softened by another, independent error of covariance `more`: `(Λ⁻¹ + M)⁻¹` for a Λ that may be
/// singular.
#[must_use]
pub fn add_noise<const D: usize>(
    information: &SMatrix<f64, D, D>,
    more: &SMatrix<f64, D, D>,
) -> Option<SMatrix<f64, D, D>> {
    let softened = (SMatrix::<f64, D, D>::identity() + information * more).try_inverse()? * information;
    Some(0.5 * (softened + softened.transpose()))
}

/// The inverse of a covariance in which infinite variances say nothing; `None` if it is no covariance.
#[must_use]
pub fn information<const D: usize>(covariance: &SMatrix<f64, D, D>) -> Option<SMatrix<f64, D, D>> {
    let is_told: [bool; D] = std::array::from_fn(|i| covariance[(i, i)] != f64::INFINITY);
    // What is not told stands apart, with a variance of 1, and is taken out again.
    let told = SMatrix::<f64, D, D>::from_fn(|i, j| match (is_told[i] && is_told[j], i == j) {
        (true, _) => covariance[(i, j)],
        (false, same) => f64::from(u8::from(same)),
    });
    let largest = (0..D).filter(|i| is_told[*i]).map(|i| told[(i, i)].abs()).fold(0.0, f64::max);
    let is_covariance = is_told.contains(&true)
        && told.iter().all(|v| v.is_finite())
        && (told - told.transpose()).abs().max() <= 1e-6 * largest;
    // Not positive definite, no Cholesky factor.
    let mut inverse = is_covariance.then(|| told.cholesky()).flatten()?.inverse();
    for i in (0..D).filter(|i| !is_told[*i]) {
        inverse[(i, i)] = 0.0;
    }
    Some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{Matrix3, Vector3};

    #[test]
    fn an_entry_without_covariance_has_no_information() {
        let covariance = Matrix3::from_diagonal(&Vector3::new(0.25, 4.0, f64::INFINITY));
        let told = information(&covariance).expect("a covariance");
        assert!((told - Matrix3::from_diagonal(&Vector3::new(4.0, 0.25, 0.0))).abs().max() < 1e-12);
        let nothing = Matrix3::from_diagonal_element(f64::INFINITY);
        assert_eq!(information(&nothing), None, "who tells nothing is no cue");
    }

    #[test]
    fn a_matrix_that_is_no_covariance_has_no_information() {
        for (place, value) in
            [((0, 0), -1.0), ((1, 1), 0.0), ((2, 2), f64::NAN), ((0, 1), 9.0), ((0, 2), f64::NAN)]
        {
            let mut covariance = Matrix3::identity();
            covariance[place] = value;
            assert_eq!(information(&covariance), None, "{place:?} {value}");
        }
    }
}
