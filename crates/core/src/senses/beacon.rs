//! A camera with a detector, or microphones: how strongly a beacon is seen or heard in each direction.

use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::{check_angle, fan, sensor_spec};
use super::{Change, Fields, FieldsMut, Measurement, SensorSpec};
use super::FaultKind;
use crate::random::happens;
use crate::file::Problems;
use crate::random::{Stream, normal};

sensor_spec! {
    /// A camera with a detector, or microphones: how strongly a beacon is seen or heard in each direction, counter-clockwise about
    /// the z axis of its link.
    BeaconSpec {
        /// The link or frame of the model that it sits on.
        pub link: String,
        /// What it senses beacons with.
        pub by: BeaconSense,
        /// Number of directions that it tells apart.
        #[serde(default = "BeaconSpec::default_directions")]
        #[schemars(range(min = 2, max = 360))]
        pub directions: u32,
        /// First and last direction, rad; the full circle if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub angle: Option<[f64; 2]>,
        /// d′ of signal detection: how far a beacon of strength 1 at a distance of 1 m stands out from the background, in the
        /// background's standard deviations. It falls with the distance.
        #[serde(default = "BeaconSpec::default_d_prime")]
        #[schemars(range(min = 0.0, max = 1000.0))]
        pub d_prime: f64,
        /// Width of a direction's tuning, one standard deviation, rad.
        #[serde(default = "BeaconSpec::default_tuning")]
        #[schemars(range(min = 0.01, max = 3.0))]
        pub tuning: f64,
    }
}

impl BeaconSpec {
    fn default_directions() -> u32 {
        36
    }
    fn default_d_prime() -> f64 {
        6.0
    }
    fn default_tuning() -> f64 {
        0.2
    }
}

impl SensorSpec for BeaconSpec {
    fn link(&self) -> Option<&str> {
        Some(&self.link)
    }

    fn check(&self, problems: &mut Problems<'_>) {
        check_angle(self.angle.as_ref(), problems);
    }
}

/// What senses a beacon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BeaconSense {
    /// Light: what stands before a beacon hides it.
    Camera,
    /// Sound: it comes round what stands before it, half as loud.
    Microphones,
}

/// How strongly a beacon is seen or heard in each direction: the activity of a population of units, each tuned to its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BearingActivity {
    /// The first direction, rad from the sensor's x axis.
    pub angle_min: f64,
    /// From one direction to the next, rad, positive counter-clockwise.
    pub angle_increment: f64,
    /// Width of a direction's tuning, one standard deviation, rad.
    pub tuning: f64,
    /// One number a direction, in standard deviations of the background, whose mean is 0.
    pub activity: Vec<f32>,
}

/// How far the activity of a direction that is outside of all reason may stand out, standard deviations of the background.
const OUTLIER_ACTIVITY: f32 = 10.0;

impl Measurement for BearingActivity {
    const POISONED: &'static str = "activity";
    const FAULTS: &'static [FaultKind] = &[FaultKind::Noise, FaultKind::Outliers, FaultKind::Bias];

    fn blank(spec: &BeaconSpec, _: usize) -> Self {
        let (angle_min, angle_increment) = fan(spec.directions, spec.angle);
        let activity = vec![0.0; spec.directions as usize];
        Self { angle_min, angle_increment, tuning: spec.tuning, activity }
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        fields.list("activity", &self.activity);
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        fields.list("activity", &mut self.activity);
    }

    fn copy_from(&mut self, source: &Self) {
        let mut activity = std::mem::take(&mut self.activity);
        activity.clone_from(&source.activity);
        *self = Self { activity, ..*source };
    }

    fn outlie(&mut self, fraction: f64, stream: &mut Stream) {
        for activity in &mut self.activity {
            if happens(fraction, stream) {
                *activity = stream.random_range(0.0..OUTLIER_ACTIVITY);
            }
        }
    }

    fn bias(&mut self, offset: [f64; 3]) {
        self.activity.iter_mut().for_each(|activity| *activity += offset[0] as f32);
    }

    /// The background's standard deviation is the unit of the activity.
    fn remeasure(&mut self, _: &BeaconSpec, by: &Change<'_, Self>, stream: &mut Stream) {
        let std = by.added();
        if std > 0.0 {
            self.activity.iter_mut().for_each(|activity| *activity += (std * normal(stream)) as f32);
        }
    }
}
