//! Time as the body tells it: nanoseconds since the body's own epoch, never the wall clock.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Nanoseconds since the body's epoch (start of the trial, or 1970 for a ROS clock).
///
/// Integer, so that periods add up exactly: a 30 Hz sensor is still in phase after an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stamp(pub u64);

impl Stamp {
    /// The body's epoch.
    pub const ZERO: Self = Self(0);

    /// Seconds since the epoch.
    #[must_use]
    pub fn seconds(self) -> f64 {
        self.0 as f64 * 1e-9
    }

    /// The stamp `seconds` after the epoch, to the nearest nanosecond; negative and NaN are the epoch.
    #[must_use]
    pub fn from_seconds(seconds: f64) -> Self {
        // A float-to-int cast saturates, and NaN becomes 0.
        Self((seconds * 1e9).round() as u64)
    }

    /// Seconds from `earlier` to `self`; negative if `earlier` is in fact later.
    #[must_use]
    pub fn since(self, earlier: Self) -> f64 {
        if self >= earlier {
            (self.0 - earlier.0) as f64 * 1e-9
        } else {
            -((earlier.0 - self.0) as f64 * 1e-9)
        }
    }
}

impl Add<u64> for Stamp {
    type Output = Self;
    /// `nanoseconds` later.
    fn add(self, nanoseconds: u64) -> Self {
        Self(self.0.saturating_add(nanoseconds))
    }
}

impl Sub<u64> for Stamp {
    type Output = Self;
    /// `nanoseconds` earlier, not before the epoch.
    fn sub(self, nanoseconds: u64) -> Self {
        Self(self.0.saturating_sub(nanoseconds))
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} s", self.0 / 1_000_000_000, self.0 / 1_000_000 % 1000)
    }
}

/// The period of `rate` (Hz) in nanoseconds, to the nearest; at least 1.
#[must_use]
pub fn period(rate: f64) -> u64 {
    ((1e9 / rate).round() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_the_way_to_seconds_and_back() {
        for ns in [0, 1, 999_999_999, 1_000_000_000, 3_600_000_000_007] {
            assert_eq!(Stamp::from_seconds(Stamp(ns).seconds()), Stamp(ns));
        }
        assert_eq!(Stamp::from_seconds(f64::NAN), Stamp::ZERO);
        assert_eq!(Stamp::from_seconds(-1.0), Stamp::ZERO);
    }

    #[test]
    fn since_is_signed() {
        assert_eq!(Stamp(2_000_000_000).since(Stamp(500_000_000)), 1.5);
        assert_eq!(Stamp(500_000_000).since(Stamp(2_000_000_000)), -1.5);
    }
}
