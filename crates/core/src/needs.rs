//! What the body needs, and how those needs turn the brain up and down.

use serde::{Deserialize, Serialize};

/// How well each need is met: 0 (starved) to 1 (at its set point).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Needs {
    /// Charge left.
    pub energy: f64,
    /// Free of collisions and strain.
    pub integrity: f64,
    /// How sure the body is of where it is.
    pub certainty: f64,
}

impl Needs {
    /// The need that is met worst, by name, and how well it is met.
    #[must_use]
    pub fn worst(&self) -> (&'static str, f64) {
        let all = [("energy", self.energy), ("integrity", self.integrity), ("certainty", self.certainty)];
        all.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(("energy", 1.0))
    }
}

impl Default for Needs {
    fn default() -> Self {
        Self { energy: 1.0, integrity: 1.0, certainty: 1.0 }
    }
}

/// How the needs tune the rest of the brain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Modulation {
    /// Factor on every learning rate; 1 is nominal.
    pub plasticity: f64,
    /// 0 (bold) to 1 (creep): lowers the speed.
    pub caution: f64,
    /// 0 (exploit) to 1 (explore).
    pub curiosity: f64,
}

impl Default for Modulation {
    fn default() -> Self {
        Self { plasticity: 1.0, caution: 0.0, curiosity: 0.0 }
    }
}
