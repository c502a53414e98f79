//! Float functions that give the same bits on every platform.
//!
//! `f64::sin` and its kin call the platform's C library, which differs from one to the next; a trial
//! has to be a pure function of its files and its seed. These go through the `libm` crate. The
//! lints in `clippy.toml` keep the others out. `sqrt`, `abs`, `floor` and the four operations are
//! exact by IEEE 754 and need no stand-in.

pub use std::f64::consts::PI;

/// Sine of `x` (rad).
#[must_use]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of `x` (rad).
#[must_use]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Sine and cosine of `x` (rad).
#[must_use]
pub fn sin_cos(x: f64) -> (f64, f64) {
    libm::sincos(x)
}

/// Tangent of `x` (rad).
#[must_use]
pub fn tan(x: f64) -> f64 {
    libm::tan(x)
}

/// The angle of the vector (`x`, `y`), in (-π, π].
#[must_use]
pub fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

/// The arc cosine of `x`, which is clamped to [-1, 1] first.
#[must_use]
pub fn acos(x: f64) -> f64 {
    libm::acos(x.clamp(-1.0, 1.0))
}

/// The length of the vector (`x`, `y`), by the plain formula (no overflow care: metres, not light years).
#[must_use]
pub fn hypot(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// `e` to the `x`.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// The natural logarithm of `x`.
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// The hyperbolic tangent of `x`.
#[must_use]
pub fn tanh(x: f64) -> f64 {
    libm::tanh(x)
}

/// `x` to the `y`.
#[must_use]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// `angle` (rad) brought into (-π, π].
///
/// A NaN stays a NaN, an infinity becomes one.
#[must_use]
pub fn wrap(angle: f64) -> f64 {
    if angle > -PI && angle <= PI {
        return angle;
    }
    let turns = ((angle - PI) / (2.0 * PI)).ceil();
    angle - turns * 2.0 * PI
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrap_lands_in_the_half_open_circle() {
        assert_eq!(wrap(PI), PI);
        assert!((wrap(-PI) - PI).abs() < 1e-12);
        assert!((wrap(7.0 * PI) - PI).abs() < 1e-12);
        assert!((wrap(-0.5 - 20.0 * PI) + 0.5).abs() < 1e-12);
        assert!(wrap(f64::NAN).is_nan());
        assert!(wrap(f64::INFINITY).is_nan());
    }
}
