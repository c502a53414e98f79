//! A single cone that tells one distance (`sensor_msgs/Range`): sonar, or an infrared eye.

use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lidar::RangeNoise;
use super::spec::{check_range, sensor_spec};
use super::{Beams, Change, Fields, FieldsMut, Measurement, SensorSpec};
use super::FaultKind;
use crate::random::happens;
use crate::file::Problems;
use crate::random::{Stream, normal};

sensor_spec! {
    /// A single cone about the x axis of its link that tells the distance of the nearest thing in it: sonar, or an infrared eye.
    RangeSpec {
        /// The link or frame of the model that it sits on.
        pub link: String,
        /// Angle of the whole cone of the field of view, rad.
        #[schemars(range(min = 0.001, max = 3.0))]
        pub field_of_view: f64,
        /// Nearest and farthest distance that it can measure, m.
        pub range: [f64; 2],
        /// Radiation that it measures with.
        #[serde(default)]
        pub radiation: Radiation,
        /// Errors of its readings.
        #[serde(default)]
        pub noise: RangeNoise,
    }
}

impl SensorSpec for RangeSpec {
    fn link(&self) -> Option<&str> {
        Some(&self.link)
    }

    fn check(&self, problems: &mut Problems<'_>) {
        check_range(&self.range, problems);
    }
}

/// What a cone measures with, as `sensor_msgs/Range` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Radiation {
    /// Sound.
    #[default]
    Ultrasound,
    /// Light.
    Infrared,
}

/// The distance of the nearest thing in a cone (`sensor_msgs/Range`), in the sensor's frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Range {
    /// Radiation that it measures with.
    pub radiation: Radiation,
    /// Angle of the whole cone about the x axis, rad.
    pub field_of_view: f64,
    /// Nearest distance that the sensor can tell, m.
    pub range_min: f64,
    /// Farthest distance that the sensor can tell, m.
    pub range_max: f64,
    /// m. `+inf`: nothing within `range_max`; `-inf`: something nearer than `range_min`; NaN: no measurement (REP 117).
    pub range: f32,
}

/// Beams that stand for a cone lie so far apart, rad: its arc 1 m away is told every 5 cm.
const SPACING: f64 = 0.05;

impl Measurement for Range {
    const POISONED: &'static str = "range";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Noise, FaultKind::Outliers, FaultKind::Bias];

    fn blank(spec: &RangeSpec, _: usize) -> Self {
        let [range_min, range_max] = spec.range;
        let RangeSpec { radiation, field_of_view, .. } = *spec;
        Self { radiation, field_of_view, range_min, range_max, range: f32::INFINITY }
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        fields.unchecked("range", f64::from(self.range));
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        let mut range = f64::from(self.range);
        fields.number("range", &mut range);
        self.range = range as f32;
    }

    /// NaN and infinity have a meaning (REP 117); a distance below zero has none.
    fn all_valid(&self) -> bool {
        !self.range.is_finite() || self.range >= 0.0
    }

    fn beams(&self) -> Option<Beams<'_>> {
        let beams = (self.field_of_view / SPACING).ceil() as usize + 1;
        Some(Beams::cone(self.field_of_view, self.range_min, &self.range, beams))
    }

    fn outlie(&mut self, fraction: f64, stream: &mut Stream) {
        if happens(fraction, stream) {
            self.range = stream.random_range(self.range_min..self.range_max) as f32;
        }
    }

    fn bias(&mut self, offset: [f64; 3]) {
        self.shift(offset[0]);
    }

    fn remeasure(&mut self, spec: &RangeSpec, by: &Change<'_, Self>, stream: &mut Stream) {
        let std = spec.noise.std * by.added();
        if std > 0.0 {
            self.shift(std * normal(stream));
        }
    }

    fn make_not_finite(&mut self) {
        self.range = -1.0;
    }
}

impl Range {
    /// Tells a distance that is longer by `by` m, if it tells one.
    pub fn shift(&mut self, by: f64) {
        if self.range.is_finite() {
            self.range = (f64::from(self.range) + by).clamp(self.range_min, self.range_max) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Reading;
    use crate::faults::{Fault, SenseFaults};
    use crate::senses::Sensor;
    use crate::Stamp;

    const ENTRY: &str = r#"{"kind": "range", "name": "sonar", "link": "l", "field_of_view": 0.5, "range": [0.1, 4.0], "rate": 20}"#;

    fn told(range: f32) -> Reading {
        let sensor: Sensor = serde_json::from_str(ENTRY).expect("an entry");
        let mut reading = sensor.blank(0);
        assert!(reading.restore(&[f64::from(range)], &[]));
        reading
    }

    #[test]
    fn a_cone_may_say_infinite_and_nothing_but_not_less_than_zero() {
        for range in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0, 1.5] {
            assert!(told(range).is_valid(), "{range}");
        }
        assert!(!told(-0.5).is_valid());
        assert_eq!(told(1.5).kind(), "range");
        assert_eq!(told(1.5).number_name(0), "range");
    }

    #[test]
    fn a_cone_stands_for_its_whole_arc() {
        let reading = told(2.0);
        let beams = reading.beams().expect("distances");
        assert!(beams.is_cone() && (beams.field_of_view() - 0.5).abs() < 1e-12);
        assert!(beams.iter().all(|(angle, range)| angle.abs() <= 0.25 + 1e-12 && range == 2.0));
    }

    #[test]
    fn an_impossible_cone_is_refused_with_its_place() {
        let entry = ENTRY.replace("[0.1, 4.0]", "[4.0, 0.1]");
        let refused = crate::file::parse::<Sensor>("robot.yaml".as_ref(), entry, &[]);
        let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("[4, 0.1] m is not possible"), "{error}");
    }

    #[test]
    fn each_fault_does_to_a_cone_what_it_says() {
        let range_after = |fault: &str, from: f32| {
            let yaml = format!(r#"{{"sensor": "sonar", "from": 0, {fault}}}"#);
            let fault: Fault = serde_json::from_str(&yaml).expect("a fault");
            let sensor: Sensor = serde_json::from_str(ENTRY).expect("an entry");
            assert!(fault.kind.suits(&sensor));
            let mut faults = SenseFaults::of(&[fault], 0, "sonar", 3);
            let mut reading = told(from);
            let is_lost = faults.distort(Stamp::ZERO, &mut reading);
            (!is_lost).then(|| {
                let mut range = f64::NAN;
                reading.numbers(|value| range = value);
                range
            })
        };
        assert_eq!(range_after(r#""kind": "silent""#, 1.0), None);
        assert_eq!(range_after(r#""kind": "dropout", "fraction": 1.0"#, 1.0), None);
        assert_eq!(range_after(r#""kind": "dropout", "fraction": 0.0"#, 1.0), Some(1.0));
        assert_eq!(range_after(r#""kind": "not_a_number""#, 1.0), Some(-1.0), "no distance is negative");
        assert_eq!(range_after(r#""kind": "bias", "offset": [0.5, 0, 0]"#, 1.0), Some(1.5));
        assert_eq!(range_after(r#""kind": "bias", "offset": [0.5, 0, 0]"#, f32::INFINITY), Some(f64::INFINITY));
        let outlier = range_after(r#""kind": "outliers", "fraction": 1.0"#, 1.0).expect("a distance");
        assert!((0.1..4.0).contains(&outlier) && (outlier - 1.0).abs() > 1e-3, "{outlier}");
    }

    #[test]
    fn noise_that_is_added_moves_what_a_cone_tells() {
        let sensor: Sensor = serde_json::from_str(&ENTRY.replace("\"rate\"", "\"noise\": {\"std\": 0.02}, \"rate\"")).expect("an entry");
        let mut stream = crate::random::stream(5, "test");
        let mut square = 0.0;
        for _ in 0..1000 {
            let mut reading = told(2.0);
            reading.remeasure(&sensor, [3.0, 1.0], None, &mut stream);
            reading.numbers(|range| square += (range - 2.0) * (range - 2.0));
        }
        let (std, expected) = ((square / 1000.0_f64).sqrt(), 0.02 * 8.0_f64.sqrt());
        assert!((std - expected).abs() < 0.1 * expected, "{std}");
    }
}
