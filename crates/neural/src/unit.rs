//! The units that have a memory: the leaky integrator and the half-centre oscillator, by backward Euler.
//!
//! Source: the spinal model of arXiv 2410.07174. A time constant `T` there is the time in which an exponential comes
//! within e⁻⁴ of its end, which is where the factors of 4 come from.

use neuraxis_core::math;
use neuraxis_core::saved;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a half-centre oscillator bursts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct HalfCentreSpec {
    /// T: the time of its slow variable, s.
    #[schemars(range(min = 0.01, max = 100.0))]
    pub period: f64,
    /// How long it bursts without drive, s.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub active: f64,
    /// How long it is quiet without drive, s.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub quiet: f64,
    /// What full drive makes of the time that it bursts.
    #[schemars(range(min = 0.001, max = 10.0))]
    pub active_scale: f64,
    /// What full drive makes of the time that it is quiet.
    #[schemars(range(min = 0.001, max = 10.0))]
    pub quiet_scale: f64,
    /// Drive above which a burst does not end.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub tonic: f64,
}

impl Default for HalfCentreSpec {
    fn default() -> Self {
        Self { period: 1.4, active: 0.2, quiet: 1.2, active_scale: 0.5, quiet_scale: 0.05, tonic: 3.0 }
    }
}

/// Between which values the slow variable swings: it ends a burst at `low`, and begins one at `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Without drive and with full drive.
    pub low: [f64; 2],
    /// Without drive and with full drive.
    pub high: [f64; 2],
}

impl HalfCentreSpec {
    /// The thresholds that give these times.
    #[must_use]
    pub fn thresholds(&self) -> Thresholds {
        let active = 4.0 * self.active / self.period;
        let quiet = 4.0 * self.quiet / self.period;
        let pair = |active: f64, quiet: f64| {
            let low = (1.0 - math::exp(quiet)) / (1.0 - math::exp(active + quiet));
            (low, low * math::exp(active))
        };
        let (low0, high0) = pair(active, quiet);
        let (low1, high1) = pair(active * self.active_scale, quiet * self.quiet_scale);
        Thresholds { low: [low0, low1], high: [high0, high1] }
    }
}

/// A half-centre oscillator at work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HalfCentre {
    /// 4 dt/T.
    gain: f64,
    thresholds: Thresholds,
    tonic: f64,
    start: f64,
    /// The slow variable, 0 to 1: it recovers while quiet and decays in a burst.
    pub(crate) slow: f64,
    pub(crate) bursting: bool,
}

impl HalfCentre {
    pub(crate) fn new(spec: &HalfCentreSpec, start: Option<f64>, dt: f64) -> Self {
        let thresholds = spec.thresholds();
        let start = start.unwrap_or(0.5 * (thresholds.low[0] + thresholds.high[0]));
        let gain = 4.0 * dt / spec.period;
        Self { gain, thresholds, tonic: spec.tonic, start, slow: start, bursting: false }
    }

    pub(crate) fn reset(&mut self) {
        self.slow = self.start;
        self.bursting = false;
    }

    /// One step with the drive `x`; what it says, 0 to 1.
    #[inline]
    pub(crate) fn step(&mut self, x: f64) -> f64 {
        let z = x.clamp(0.0, 1.0);
        let recovered = if self.bursting { self.slow } else { self.slow + self.gain };
        self.slow = (recovered / (1.0 + self.gain)).clamp(0.0, 1.0);
        let Thresholds { low, high } = &self.thresholds;
        let low = low[0] * (1.0 - z) + low[1] * z;
        let high = high[0] * (1.0 - z) + high[1] * z;
        if self.slow <= low && x <= self.tonic {
            self.bursting = false;
        }
        // What inhibits it holds it quiet.
        if self.slow >= high && x >= 0.0 {
            self.bursting = true;
        }
        if self.bursting { 0.5 * (self.slow + 1.0) } else { 0.0 }
    }
}

saved!(HalfCentre { slow, bursting; gain, thresholds, tonic, start });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thresholds_are_those_of_the_source() {
        let Thresholds { low, high } = HalfCentreSpec::default().thresholds();
        let expected = [
            (low[0], 0.556_596_911_150_237_6),
            (high[0], 0.985_619_000_805_839_1),
            (low[1], 0.322_660_505_573_059_9),
            (high[1], 0.429_368_270_400_599_44),
        ];
        for (found, expected) in expected {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn strong_drive_makes_a_burst_tonic_and_inhibition_holds_it_quiet() {
        let spec = HalfCentreSpec::default();
        let bursts = |drive: f64| {
            let mut unit = HalfCentre::new(&spec, None, 0.001);
            let out: Vec<f64> = (0..5000).map(|_| unit.step(drive)).collect();
            (out.iter().any(|out| *out > 0.0), out[1000..].iter().all(|out| *out > 0.0))
        };
        assert_eq!(bursts(2.9), (true, false), "it bursts and rests");
        assert_eq!(bursts(3.1), (true, true), "it goes on");
        assert_eq!(bursts(-0.1), (false, false));
    }

    #[test]
    fn without_drive_it_bursts_and_rests_for_its_times() {
        let spec = HalfCentreSpec::default();
        let mut unit = HalfCentre::new(&spec, None, 0.0005);
        let (mut on, mut onsets, mut was) = (0, 0, true);
        for _ in 0..28_000 * 4 {
            let out = unit.step(0.0);
            on += usize::from(out > 0.0);
            onsets += usize::from(out > 0.0 && !was);
            was = out > 0.0;
        }
        // 56 s: 40 periods of 1.4 s, a seventh of which is burst.
        assert!((39..=41).contains(&onsets), "{onsets}");
        let share = f64::from(u32::try_from(on).expect("few")) / 112_000.0;
        assert!((share - 1.0 / 7.0).abs() < 0.005, "{share}");
    }
}
