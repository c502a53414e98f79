//! The wave that runs down a swimming body: amplitude of each joint at the circuit's period, and lag behind the first.

use neuraxis_core::math;

/// A joint in the wave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swing {
    /// Amplitude, in the units of the joints.
    pub amplitude: f64,
    /// Lag behind the first joint, degrees.
    pub lag: f64,
}

/// The fundamental of each joint at a period of `period` steps, from step `from` on.
#[must_use]
pub fn wave(joints: &[Vec<f64>], period: f64, from: usize) -> Vec<Swing> {
    let count = joints.len().saturating_sub(from);
    let width = joints.first().map_or(0, Vec::len);
    let (mut wave, mut first, mut last) = (Vec::new(), 0.0, 0.0);
    for i in 0..if count == 0 { 0 } else { width } {
        let (mut re, mut im) = (0.0, 0.0);
        for (t, row) in joints.iter().enumerate().skip(from) {
            let (sin, cos) = math::sin_cos(2.0 * math::PI * (t as f64 / period).fract());
            re += row[i] * cos;
            im += row[i] * sin;
        }
        let phase = math::atan2(im, re).to_degrees();
        if i == 0 {
            first = phase;
        }
        // Each joint lags behind the one before by something between a quarter turn back and three ahead.
        let mut lag = phase - first;
        while lag < last - 90.0 {
            lag += 360.0;
        }
        while lag > last + 270.0 {
            lag -= 360.0;
        }
        last = lag;
        wave.push(Swing { amplitude: 2.0 * math::hypot(re, im) / count as f64, lag });
    }
    wave
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_wave_is_found() {
        let row = |t: i32| -> Vec<f64> {
            (0..4)
                .map(|i| {
                    let phase = 2.0 * math::PI * f64::from(t) / 60.0;
                    0.5 * math::cos(phase - f64::from(i) * 1.8)
                })
                .collect()
        };
        let joints: Vec<Vec<f64>> = (0..600).map(row).collect();
        for (i, swing) in wave(&joints, 60.0, 120).iter().enumerate() {
            assert!((swing.amplitude - 0.5).abs() < 1e-9, "{swing:?}");
            assert!((swing.lag - (i as f64 * 1.8).to_degrees()).abs() < 1e-6, "{swing:?}");
        }
        assert!(wave(&joints, 60.0, 600).is_empty());
    }
}
