//! The battery's gauge (`sensor_msgs/BatteryState`).

use super::spec::sensor_spec;
use super::{Fields, FieldsMut, Measurement, SensorSpec};

sensor_spec! {
    /// The battery's gauge.
    BatterySpec {
        /// Energy that it holds when full, W·h.
        #[schemars(range(min = 0.001, max = 100_000.0))]
        pub capacity: f64,
        /// State of charge at the start, 0 to 1.
        #[serde(default = "BatterySpec::full")]
        #[schemars(range(min = 0.0, max = 1.0))]
        pub charge: f64,
        /// Nominal voltage of the battery, V.
        #[serde(default = "BatterySpec::default_voltage")]
        #[schemars(range(min = 0.1, max = 1000.0))]
        pub voltage: f64,
        /// Power that everything but the motors draws, W.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 10000.0))]
        pub idle_power: f64,
    }
}

impl BatterySpec {
    fn full() -> f64 {
        1.0
    }
    fn default_voltage() -> f64 {
        12.0
    }
}

impl SensorSpec for BatterySpec {}

/// The battery (`sensor_msgs/BatteryState`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Battery {
    /// Charge left, 0 to 1.
    pub percentage: f64,
    /// V.
    pub voltage: f64,
    /// A, negative while it discharges.
    pub current: f64,
}

impl Measurement for Battery {
    const POISONED: &'static str = "percentage";

    fn blank(_: &BatterySpec, _: usize) -> Self {
        Self::default()
    }

    /// Voltage and current may be NaN: so says `sensor_msgs/BatteryState` that they are not measured.
    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        fields.number("percentage", self.percentage);
        fields.unchecked("voltage", self.voltage);
        fields.unchecked("current", self.current);
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        fields.number("percentage", &mut self.percentage);
        fields.number("voltage", &mut self.voltage);
        fields.number("current", &mut self.current);
    }
}
