//! The battery (`sensor_msgs/BatteryState`).

use neuraxis_core::body::SensorDescription;
use neuraxis_core::percepts::Battery;

use super::{Place, SenseMessage, View};
use crate::message::messages;
use crate::{Header, Unusable};

messages! {
    /// The state of a battery; what is not measured is NaN.
    "sensor_msgs/BatteryState" BatteryState {
        /// When.
        header: Header,
        /// V.
        voltage: f32,
        /// °C.
        temperature: f32,
        /// A, negative while it discharges.
        current: f32,
        /// A·h.
        charge: f32,
        /// A·h.
        capacity: f32,
        /// A·h.
        design_capacity: f32,
        /// Charge left, 0 to 1.
        percentage: f32,
        /// 0 unknown, 1 charging, 2 discharging, 3 not charging, 4 full.
        power_supply_status: u8,
        /// 0 unknown, 1 good.
        power_supply_health: u8,
        /// 0 unknown, 2 lithium-ion.
        power_supply_technology: u8,
        /// Whether there is one.
        present: bool,
        /// V, cell by cell.
        cell_voltage: Vec<f32>,
        /// °C, cell by cell.
        cell_temperature: Vec<f32>,
        /// Where it sits.
        location: String,
        /// Its serial number.
        serial_number: String,
    }
}

impl SenseMessage for BatteryState {
    type Sense = Battery;
    const TOPIC: Option<&'static str> = Some("battery_state");
    const VIEW: View = View::Seldom;

    fn from_sense(battery: &Self::Sense, at: &Place<'_>) -> Self {
        Self {
            header: at.header(),
            voltage: battery.voltage as f32,
            temperature: f32::NAN,
            current: battery.current as f32,
            charge: f32::NAN,
            capacity: f32::NAN,
            design_capacity: f32::NAN,
            percentage: battery.percentage as f32,
            present: true,
            ..Self::default()
        }
    }

    /// The charge has to be measured; a voltage or current that is not is 0.
    fn to_sense(&self, _: &SensorDescription, battery: &mut Self::Sense) -> Result<(), Unusable> {
        if !self.percentage.is_finite() {
            return Err(Unusable::Unmeasured("percentage"));
        }
        let told = |value: f32| if value.is_finite() { f64::from(value) } else { 0.0 };
        *battery = Battery {
            percentage: f64::from(self.percentage),
            voltage: told(self.voltage),
            current: told(self.current),
        };
        Ok(())
    }

    fn header(&self) -> &Header {
        &self.header
    }
}
