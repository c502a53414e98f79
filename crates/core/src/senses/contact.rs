//! A bumper, or the sole of a foot: contact of one link.

use super::spec::sensor_spec;
use super::{Fields, FieldsMut, Measurement, SensorSpec};

sensor_spec! {
    /// A bumper: feels contact of one link with anything but the robot itself.
    ContactSpec {
        /// Name of the link that feels the contact.
        pub link: String,
        /// Force from which it reports a contact, N.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 100_000.0))]
        pub threshold: f64,
    }
}

impl SensorSpec for ContactSpec {
    fn link(&self) -> Option<&str> {
        Some(&self.link)
    }
}

/// What a bumper or a touch sensor feels.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Contact {
    /// Whether something touches now.
    pub touching: bool,
    /// Sum of the contact forces, N.
    pub force: f64,
    /// Direction from the sensor's frame towards the thing touched, rad; meaningless if nothing touches.
    pub bearing: f64,
}

impl Measurement for Contact {
    const POISONED: &'static str = "force";

    fn blank(_: &ContactSpec, _: usize) -> Self {
        Self::default()
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        fields.flag("touching", self.touching);
        fields.number("force", self.force);
        fields.unchecked("bearing", self.bearing);
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        fields.flag("touching", &mut self.touching);
        fields.number("force", &mut self.force);
        fields.number("bearing", &mut self.bearing);
    }
}
