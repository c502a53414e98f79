//! The simulated battery: what the motors and all else have drawn.

use neuraxis_core::percepts::Battery as Reading;
use neuraxis_core::random::Stream;
use neuraxis_core::senses::BatterySpec;

use super::{Measuring, Simulated, Wiring};

pub(super) struct Battery {
    capacity: f64,
    charge: f64,
    voltage: f64,
}

impl Simulated for Battery {
    type Reading = Reading;

    fn new(spec: &BatterySpec, _: &Wiring<'_>, _: &mut Stream) -> Self {
        Self { capacity: spec.capacity, charge: spec.charge, voltage: spec.voltage }
    }

    fn measure(&mut self, now: Measuring<'_>, battery: &mut Reading) {
        let robot = now.truth.robot;
        let left = self.charge - robot.energy / (self.capacity * 3600.0);
        *battery = Reading {
            percentage: left.max(0.0),
            voltage: self.voltage,
            current: -robot.power / self.voltage,
        };
    }
}
