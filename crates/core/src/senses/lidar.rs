//! A planar range finder (`sensor_msgs/LaserScan`).

use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{check_angle, check_range, fan, sensor_spec};
use super::{Beams, Change, Fields, FieldsMut, Measurement, SensorSpec};
use super::FaultKind;
use crate::random::happens;
use crate::file::Problems;
use crate::random::{Stream, normal};

sensor_spec! {
    /// A planar range finder that turns counter-clockwise about its z axis.
    LidarSpec {
        /// The link or frame of the model that it sits on.
        pub link: String,
        /// Number of beams in a scan.
        #[schemars(range(min = 1, max = 10000))]
        pub beams: u32,
        /// Nearest and farthest distance that it can measure, m.
        pub range: [f64; 2],
        /// First and last angle, rad; the full circle if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub angle: Option<[f64; 2]>,
        /// Errors of its readings.
        #[serde(default)]
        pub noise: RangeNoise,
    }
}

impl SensorSpec for LidarSpec {
    const STEERS: bool = true;

    fn link(&self) -> Option<&str> {
        Some(&self.link)
    }

    fn check(&self, problems: &mut Problems<'_>) {
        check_range(&self.range, problems);
        check_angle(self.angle.as_ref(), problems);
    }
}

/// Errors of a range finder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeNoise {
    /// Standard deviation of a range, m.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub std: f64,
    /// Share of the beams that return nothing.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub dropout: f64,
    /// Share of the beams that return any distance at all.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub outliers: f64,
    /// Step in which it tells distances, m; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub resolution: f64,
}

/// One planar sweep of a range finder (`sensor_msgs/LaserScan`), in the sensor's frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LaserScan {
    /// Angle of the first beam, rad from the sensor's x axis.
    pub angle_min: f64,
    /// Angle from one beam to the next, rad, positive counter-clockwise.
    pub angle_increment: f64,
    /// Nearest distance that the sensor can tell, m.
    pub range_min: f64,
    /// Farthest distance that the sensor can tell, m.
    pub range_max: f64,
    /// One distance a beam, m. `+inf`: nothing within `range_max`; `-inf`: something nearer than
    /// `range_min`; NaN: no return (REP 117).
    pub ranges: Vec<f32>,
}

impl Measurement for LaserScan {
    const POISONED: &'static str = "ranges";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Noise, FaultKind::Outliers, FaultKind::Bias];

    fn blank(spec: &LidarSpec, _: usize) -> Self {
        let (angle_min, angle_increment) = fan(spec.beams, spec.angle);
        let [range_min, range_max] = spec.range;
        let ranges = vec![f32::INFINITY; spec.beams as usize];
        Self { angle_min, angle_increment, range_min, range_max, ranges }
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        fields.list("ranges", &self.ranges);
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        fields.list("ranges", &mut self.ranges);
    }

    fn copy_from(&mut self, source: &Self) {
        let mut ranges = std::mem::take(&mut self.ranges);
        ranges.clone_from(&source.ranges);
        *self = Self { ranges, ..*source };
    }

    /// NaN and infinity have a meaning in a sweep (REP 117); a distance below zero has none.
    fn all_valid(&self) -> bool {
        self.ranges.iter().all(|range| range.is_nan() || range.is_infinite() || *range >= 0.0)
    }

    fn beams(&self) -> Option<Beams<'_>> {
        Some(Beams::new(self.angle_min, self.angle_increment, self.range_min, &self.ranges))
    }

    fn make_not_finite(&mut self) {
        self.ranges.fill(-1.0);
    }

    fn drop_out(&mut self, fraction: f64, stream: &mut Stream) -> bool {
        for range in &mut self.ranges {
            if happens(fraction, stream) {
                *range = f32::NAN;
            }
        }
        false
    }

    fn outlie(&mut self, fraction: f64, stream: &mut Stream) {
        for range in &mut self.ranges {
            if happens(fraction, stream) {
                *range = stream.random_range(self.range_min..self.range_max) as f32;
            }
        }
    }

    fn bias(&mut self, offset: [f64; 3]) {
        for range in self.ranges.iter_mut().filter(|range| range.is_finite()) {
            *range = (f64::from(*range) + offset[0]).clamp(self.range_min, self.range_max) as f32;
        }
    }

    fn remeasure(&mut self, spec: &LidarSpec, by: &Change<'_, Self>, stream: &mut Stream) {
        let std = spec.noise.std * by.added();
        for range in self.ranges.iter_mut().filter(|range| std > 0.0 && range.is_finite()) {
            let noisy = f64::from(*range) + std * normal(stream);
            *range = noisy.clamp(self.range_min, self.range_max) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::senses::Readable as _;

    #[test]
    fn a_scan_may_say_infinite_and_nothing_but_not_less_than_zero() {
        let mut scan = LaserScan { ranges: vec![f32::INFINITY, f32::NAN, 1.0], ..Default::default() };
        assert!(scan.is_valid());
        scan.ranges[1] = -0.5;
        assert!(!scan.is_valid());
    }
}
