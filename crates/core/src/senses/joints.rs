//! Encoders of joints (`sensor_msgs/JointState`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::spec::sensor_spec;
use super::{Fields, FieldsMut, Measurement, SensorSpec};

sensor_spec! {
    /// Encoders of joints.
    JointStateSpec {
        /// The joints that it reads; those of the actuators if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub joints: Option<Vec<String>>,
        /// Errors of its readings.
        #[serde(default)]
        pub noise: JointNoise,
    }
}

impl SensorSpec for JointStateSpec {}

/// Errors of joint encoders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JointNoise {
    /// Step in which positions are told, rad or m; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub position_resolution: f64,
    /// Step in which velocities are told, rad/s or m/s; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub velocity_resolution: f64,
    /// Step in which efforts are told, N·m or N; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub effort_resolution: f64,
}

/// Positions, velocities and efforts of the joints (`sensor_msgs/JointState`), in the order of the
/// body's description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JointState {
    /// rad, or m for a sliding joint.
    pub position: Vec<f64>,
    /// rad/s or m/s.
    pub velocity: Vec<f64>,
    /// N·m or N, as applied.
    pub effort: Vec<f64>,
}

impl Measurement for JointState {
    const POISONED: &'static str = "position";

    fn blank(_: &JointStateSpec, joints: usize) -> Self {
        let zeros = vec![0.0; joints];
        Self { position: zeros.clone(), velocity: zeros.clone(), effort: zeros }
    }

    fn walk<'a>(&'a self, fields: &mut impl Fields<'a>) {
        fields.numbers("position", &self.position);
        fields.numbers("velocity", &self.velocity);
        fields.numbers("effort", &self.effort);
    }

    fn walk_mut(&mut self, fields: &mut impl FieldsMut) {
        fields.numbers("position", &mut self.position);
        fields.numbers("velocity", &mut self.velocity);
        fields.numbers("effort", &mut self.effort);
    }

    fn copy_from(&mut self, source: &Self) {
        self.position.clone_from(&source.position);
        self.velocity.clone_from(&source.velocity);
        self.effort.clone_from(&source.effort);
    }
}
