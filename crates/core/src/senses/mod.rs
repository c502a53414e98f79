//! The senses: one file a sense, and the list of them, from which [`Sensor`] (an entry of a robot file) and [`Reading`] (what is in a
//! slot) are made.
//!
//! A sense's file holds its entry in the robot file (a [`SensorSpec`]), the errors that the file can give it, and its reading, a
//! [`Measurement`]: whatever is done to a reading of any kind (copying, checking, recording, restoring, naming a difference) follows
//! from one walk over its named numbers. To add a sense: a file here, a line in the list below, a file in the simulator that
//! measures it, and a message for those who look at recordings.

mod beams;
mod fault_kind;
mod input;
mod measurement;
mod spec;

pub use beams::Beams;
pub use fault_kind::FaultKind;
pub use input::{Input, Sample, Seen};
pub use measurement::{Change, Fields, FieldsMut, LARGEST, Measurement, Readable, Variant, is_possible};
pub use spec::{SensorSpec, SharedKeys, Transport};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{Problems, Validate};
use crate::random::Stream;

/// Makes everything that has one arm a sense, so that nothing can be forgotten. A line: the word in robot files, the file,
/// the entry in the robot file, the reading.
macro_rules! senses {
    ($($kind:tt => $file:ident: $sensor:ident($spec:ident), $reading:ident($measurement:ident);)*) => {
        $(mod $file; pub use $file::*;)*

        /// One sense, as an entry of `sensors:` in a robot file.
        #[expect(missing_docs, reason = "each sense's own type says what it is, and so does the schema")]
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind")]
        pub enum Sensor {
            $(#[serde(rename = $kind)] $sensor($spec),)*
        }

        /// The reading of one sense.
        #[expect(missing_docs, reason = "each reading's own type says what it is")]
        #[expect(clippy::large_enum_variant, reason = "a slot holds one reading for life, and nobody moves it")]
        #[derive(Clone, Debug, PartialEq)]
        pub enum Reading {
            $($reading($measurement),)*
        }

        impl Sensor {
            /// The sense's name.
            #[must_use]
            pub fn name(&self) -> &str {
                match self { $(Self::$sensor(spec) => spec.name(),)* }
            }

            /// Rate of its readings, Hz.
            #[must_use]
            pub fn rate(&self) -> f64 {
                match self { $(Self::$sensor(spec) => spec.rate(),)* }
            }

            /// Delay and loss of its messages.
            #[must_use]
            pub fn transport(&self) -> Transport {
                match self { $(Self::$sensor(spec) => spec.transport(),)* }
            }

            /// The same sense with another deadline.
            #[must_use]
            pub fn with_deadline(&self, to: Option<f64>) -> Self {
                let mut sensor = self.clone();
                match &mut sensor { $(Self::$sensor(spec) => spec.set_deadline(to),)* }
                sensor
            }

            /// The longest silence that the body may go on through, s.
            ///
            /// The senses that steer (range finder, wheel odometry) have a deadline even if the file gives none.
            #[must_use]
            pub fn deadline(&self) -> Option<f64> {
                match self { $(Self::$sensor(spec) => spec.deadline(),)* }
            }

            /// The link or frame of the model that it sits on, if it sits on one of its own.
            #[must_use]
            pub fn link(&self) -> Option<&str> {
                match self { $(Self::$sensor(spec) => spec.link(),)* }
            }

            /// The faults that befall it besides those that befall all.
            #[must_use]
            pub fn faults(&self) -> &'static [FaultKind] {
                match self { $(Self::$sensor(_) => $measurement::FAULTS,)* }
            }

            /// An empty reading with buffers of the right size, of a sense that reads so many joints.
            #[must_use]
            pub fn blank(&self, joints: usize) -> Reading {
                match self { $(Self::$sensor(spec) => Reading::$reading($measurement::blank(spec, joints)),)* }
            }
        }

        impl Validate for Sensor {
            fn validate(&self, problems: &mut Problems<'_>) {
                match self { $(Self::$sensor(spec) => spec.check(problems),)* }
            }
        }

        impl Reading {
            /// The kind's name as the robot file writes it.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$reading(_) => $kind,)* }
            }

            /// Overwrites this reading with `source` in the buffers that it has; nothing if the kinds differ.
            pub fn copy_from(&mut self, source: &Self) {
                match self {
                    $(Self::$reading(to) => if let Some(from) = $measurement::of(source) { to.copy_from(from) },)*
                }
            }

            /// Whether every number in the reading is one that the sense may report; see [`Measurement::all_valid`].
            #[must_use]
            pub fn is_valid(&self) -> bool {
                match self { $(Self::$reading(reading) => reading.is_valid(),)* }
            }

            /// Shows `fields` the numbers of the reading by name, in the order in which they are recorded.
            pub fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
                match self { $(Self::$reading(reading) => reading.walk(fields),)* }
            }

            /// The distances that the reading tells, if it tells such; see [`Measurement::beams`].
            #[must_use]
            pub fn beams(&self) -> Option<Beams<'_>> {
                match self { $(Self::$reading(reading) => reading.beams(),)* }
            }

            /// Overwrites the reading with recorded numbers; `false` if they do not fit.
            #[must_use]
            pub fn restore(&mut self, numbers: &[f64], list: &[f32]) -> bool {
                match self { $(Self::$reading(reading) => reading.restore(numbers, list),)* }
            }

            /// Loses a `fraction` of it; whether all of it. See [`Measurement::drop_out`].
            pub fn drop_out(&mut self, fraction: f64, stream: &mut Stream) -> bool {
                match self { $(Self::$reading(reading) => reading.drop_out(fraction, stream),)* }
            }

            /// Makes a `fraction` of it anything at all.
            pub fn outlie(&mut self, fraction: f64, stream: &mut Stream) {
                match self { $(Self::$reading(reading) => reading.outlie(fraction, stream),)* }
            }

            /// Adds `offset`, as the fault `bias` has it.
            pub fn bias(&mut self, offset: [f64; 3]) {
                match self { $(Self::$reading(reading) => reading.bias(offset),)* }
            }

            /// What noise and slip of these factors do to a reading of `sensor` that was measured already; `before` is the reading before,
            /// as it was measured and as it was told. See [`Measurement::remeasure`].
            pub fn remeasure(
                &mut self,
                sensor: &Sensor,
                [noise, slip]: [f64; 2],
                before: Option<(&Reading, &Reading)>,
                stream: &mut Stream,
            ) {
                match self {
                    $(Self::$reading(reading) => if let Some(spec) = $measurement::spec(sensor) {
                        let of = $measurement::of;
                        let before = before.and_then(|(measured, told)| of(measured).zip(of(told)));
                        reading.remeasure(spec, &Change { noise, slip, before }, stream);
                    },)*
                }
            }

            /// Puts numbers into the reading that its sense may never report.
            pub fn make_not_finite(&mut self) {
                match self { $(Self::$reading(reading) => reading.make_not_finite(),)* }
            }
        }

        $(impl Readable for $measurement {
            fn of(reading: &Reading) -> Option<&Self> {
                if let Reading::$reading(reading) = reading { Some(reading) } else { None }
            }
            fn of_mut(reading: &mut Reading) -> Option<&mut Self> {
                if let Reading::$reading(reading) = reading { Some(reading) } else { None }
            }
            fn is_read_by(sensor: &Sensor) -> bool {
                matches!(sensor, Sensor::$sensor(_))
            }
            fn is_valid(&self) -> bool {
                self.all_valid()
            }
        }

        impl Variant for $measurement {
            type Spec = $spec;

            fn spec(sensor: &Sensor) -> Option<&$spec> {
                if let Sensor::$sensor(spec) = sensor { Some(spec) } else { None }
            }
        }

        impl From<$measurement> for Reading {
            fn from(reading: $measurement) -> Self {
                Self::$reading(reading)
            }
        })*
    };
}

senses! {
    "lidar" => lidar: Lidar(LidarSpec), Scan(LaserScan);
    "imu" => imu: Imu(ImuSpec), Imu(Imu);
    "velocimeter" => velocimeter: Velocimeter(VelocimeterSpec), Twist(BodyTwist);
    "wheel_odometry" => odometry: WheelOdometry(WheelOdometrySpec), Odometry(Odometry);
    "joint_state" => joints: JointState(JointStateSpec), Joints(JointState);
    "contact" => contact: Contact(ContactSpec), Contact(Contact);
    "battery" => battery: Battery(BatterySpec), Battery(Battery);
    "pose" => pose: Pose(PoseSpec), Pose(AbsolutePose);
    "beacon" => beacon: Beacon(BeaconSpec), BearingActivity(BearingActivity);
    "range" => range: Range(RangeSpec), Range(Range);
}

impl Reading {
    /// Calls `put` with the single numbers of the reading, in the order in which they are recorded; a sweep has none.
    pub fn numbers(&self, put: impl FnMut(f64)) {
        self.walk(&mut measurement::Numbers(put));
    }

    /// The long list of numbers that a reading has beside the single ones: ranges of a sweep, activity by direction.
    #[must_use]
    pub fn list(&self) -> &[f32] {
        let mut list = measurement::List(&[]);
        self.walk(&mut list);
        list.0
    }

    /// The name of the `index`th single number.
    #[must_use]
    pub fn number_name(&self, index: usize) -> String {
        let mut names = measurement::NumberName::new(index);
        self.walk(&mut names);
        names.found.unwrap_or_else(|| format!("[{index}]"))
    }

    /// The name of the list.
    #[must_use]
    pub fn list_name(&self) -> &'static str {
        let mut name = measurement::ListName("list");
        self.walk(&mut name);
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry of each kind, as a robot file has it.
    fn every_sensor() -> Vec<Sensor> {
        [
            r#"{"kind": "lidar", "name": "a", "link": "l", "beams": 3, "range": [0.1, 4.0], "rate": 10}"#,
            r#"{"kind": "imu", "name": "a", "link": "l", "rate": 10}"#,
            r#"{"kind": "velocimeter", "name": "a", "link": "l", "rate": 10}"#,
            r#"{"kind": "wheel_odometry", "name": "a", "left": "l", "right": "r", "rate": 10}"#,
            r#"{"kind": "joint_state", "name": "a", "rate": 10}"#,
            r#"{"kind": "contact", "name": "a", "link": "l", "rate": 10}"#,
            r#"{"kind": "battery", "name": "a", "capacity": 20, "rate": 10}"#,
            r#"{"kind": "pose", "name": "a", "rate": 10}"#,
            r#"{"kind": "range", "name": "a", "link": "l", "field_of_view": 0.5, "range": [0.1, 4.0], "rate": 10}"#,
            r#"{"kind": "beacon", "name": "a", "link": "l", "by": "camera", "directions": 4, "rate": 10}"#,
        ]
        .map(|text| serde_json::from_str(text).expect("an entry"))
        .into()
    }

    #[test]
    fn a_readings_kind_is_the_word_of_the_robot_file() {
        for sensor in every_sensor() {
            let json = serde_json::to_value(&sensor).expect("an entry");
            assert_eq!(json["kind"], sensor.blank(2).kind());
            assert_eq!((sensor.name(), sensor.rate(), sensor.transport().delay), ("a", 10.0, 0.0));
            assert_eq!(sensor.with_deadline(Some(0.7)).deadline(), Some(0.7));
            assert_eq!(serde_json::from_value::<Sensor>(json).expect("an entry"), sensor);
        }
    }

    #[test]
    fn an_unknown_key_of_a_sensor_is_refused() {
        let text = r#"{"kind": "imu", "name": "a", "link": "l", "rate": 10, "ratio": 1}"#;
        assert!(serde_json::from_str::<Sensor>(text).is_err_and(|e| e.to_string().contains("ratio")));
    }

    #[test]
    fn recorded_numbers_restore_a_reading_of_each_kind_to_the_bit() {
        for sensor in every_sensor() {
            let blank = sensor.blank(2);
            let mut count = 0;
            blank.numbers(|_| count += 1);
            // Odd numbers, in which nothing is equal by chance.
            let numbers: Vec<f64> =
                (0..count).map(|i| if i == 0 { 1.0 } else { -0.1 * f64::from(i) }).collect();
            let list: Vec<f32> = blank.list().iter().enumerate().map(|(i, _)| 0.3 + i as f32).collect();
            let mut reading = blank.clone();
            assert!(reading.restore(&numbers, &list), "{}", reading.kind());
            let mut back = Vec::new();
            reading.numbers(|value| back.push(value));
            assert_eq!(back, numbers, "{}", reading.kind());
            assert_eq!(reading.list(), list);
            let mut copy = blank.clone();
            copy.copy_from(&reading);
            assert_eq!(copy, reading);
            let short = numbers.get(1..).map(<[f64]>::to_vec).unwrap_or_default();
            let list = if numbers.is_empty() { &list[1..] } else { &list[..] };
            assert!(!copy.restore(&short, list), "{} of another length", reading.kind());
        }
    }

    #[test]
    fn a_poisoned_reading_of_each_kind_is_not_valid() {
        for sensor in every_sensor() {
            let mut reading = sensor.blank(2);
            assert!(reading.is_valid(), "{}", reading.kind());
            reading.make_not_finite();
            assert!(!reading.is_valid(), "{}", reading.kind());
        }
    }

    #[test]
    fn a_number_beyond_all_measurements_makes_a_reading_invalid() {
        let odometry = |linear: f64| {
            let mut odometry = Odometry::default();
            odometry.twist.linear = linear;
            Reading::from(odometry)
        };
        let azimuth = |activity| {
            Reading::from(BearingActivity { activity: vec![0.0, activity], ..BearingActivity::default() })
        };
        for possible in [0.0, 1e6, -1e6, LARGEST, -LARGEST] {
            assert!(odometry(possible).is_valid(), "{possible}");
        }
        for impossible in [1e10, -1e10, 1e300, -1e300, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert!(!odometry(impossible).is_valid(), "{impossible}");
        }
        assert!(azimuth(1e6).is_valid() && !azimuth(1e10).is_valid() && !azimuth(f32::NAN).is_valid());
    }

    #[test]
    fn every_number_has_a_name_of_its_own() {
        for sensor in every_sensor() {
            let reading = sensor.blank(2);
            let mut count = 0;
            reading.numbers(|_| count += 1);
            let mut names: Vec<String> = (0..count).map(|i| reading.number_name(i)).collect();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), count, "{}: {names:?}", reading.kind());
            assert!(names.iter().all(|name| !name.starts_with('[')), "{names:?}");
            assert_eq!(reading.number_name(count), format!("[{count}]"));
        }
    }
}
