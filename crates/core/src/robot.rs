//! The robot file: model, senses, actuators, limits, and the block of its brain.
//!
//! The brain's block is a type parameter, because this floor does not know what brains are made of;
//! a simulator takes a `Robot<()>`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::file::{Problems, Validate};
pub use crate::noise::{ImuNoise, JointNoise, OdometryNoise, PoseNoise, RangeNoise, VelocimeterNoise};
use crate::soft_limit::{self, SoftLimit};

/// A robot: one file in `robots/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Robot<B> {
    /// The robot's name.
    pub name: String,
    /// Its model: a `.urdf` or an MJCF `.xml` file, seen from this file.
    pub model: String,
    /// The link whose frame is `base_link`; the root of the model if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<String>,
    /// How the links are held together: `impulse` for wheels, `multibody` for legs, arms and steered wheels.
    #[serde(default)]
    pub articulation: Articulation,
    /// Holds the body in a level plane, which carries its weight: it moves along x and y, turns about z, and does nothing
    /// else. For bodies with `articulation: multibody`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub planar: bool,
    /// Ends of joints that give way; the other joints' ends are hard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub soft_limits: Vec<SoftLimit>,
    /// Positions of joints at the start, by name, rad or m; the others start at zero. For bodies with `articulation:
    /// multibody`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stance: BTreeMap<String, f64>,
    /// The radius of the circle about `base_link` that holds the body's outline, m; measured on the
    /// model's collision shapes if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.001, max = 10.0))]
    pub radius: Option<f64>,
    /// Friction of single links; the others have the scene's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surfaces: Vec<Surface>,
    /// What it can feel.
    pub sensors: Vec<Sensor>,
    /// What it can move.
    pub actuators: Actuators,
    /// How fast it may go.
    pub limits: Limits,
    /// How it answers the drive, as `neuraxis calibrate` measured it. The brain then asks the motor circuit for the drive that moves
    /// the body as wanted; without it, for the share of the limits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calibration: Option<Calibration>,
    /// What it thinks with.
    pub brain: B,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// How a model's links are held together in the physics engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Articulation {
    /// Maximal coordinates: cheap, a little soft; right for wheels.
    #[default]
    Impulse,
    /// Reduced coordinates (Featherstone): exact joints; right for legs, arms and steered wheels.
    Multibody,
}

/// The surface of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Surface {
    /// A link of the model.
    pub link: String,
    /// Coulomb friction coefficient, multiplied with the other surface's.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub friction: f64,
}

/// How fast the body may go; the safety supervisor holds it to this.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Forward speed, m/s.
    #[schemars(range(min = 0.001, max = 50.0))]
    pub linear: f64,
    /// Turning rate, rad/s.
    #[schemars(range(min = 0.001, max = 100.0))]
    pub angular: f64,
    /// Forward acceleration, m/s².
    #[serde(default = "Limits::default_linear_acceleration")]
    #[schemars(range(min = 0.01, max = 100.0))]
    pub linear_acceleration: f64,
    /// Angular acceleration, rad/s².
    #[serde(default = "Limits::default_angular_acceleration")]
    #[schemars(range(min = 0.01, max = 1000.0))]
    pub angular_acceleration: f64,
}

impl Limits {
    fn default_linear_acceleration() -> f64 {
        1.0
    }
    fn default_angular_acceleration() -> f64 {
        8.0
    }
}

/// What the body is moved by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Actuators {
    /// Two driven wheels on one axle, commanded by their speeds.
    DifferentialDrive {
        /// The left wheel's joint.
        left: String,
        /// The right wheel's joint.
        right: String,
        /// Greatest torque on each wheel, N·m; the model's effort limit if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.0001, max = 10000.0))]
        torque: Option<f64>,
        /// m; measured on the left wheel's shape (a cylinder or a sphere) if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        wheel_radius: Option<f64>,
        /// Distance between the wheels' middles, m; measured on their joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        track: Option<f64>,
    },
    /// Two driven wheels behind and two steered ones in front, as a car has them: wheels are commanded by their speeds, steering
    /// joints by position. `base_link` is in the middle of the rear axle.
    Ackermann {
        /// The joint of the left driven wheel, which is behind.
        left: String,
        /// The joint of the right driven wheel.
        right: String,
        /// The joints that steer the front wheels: left, right. They turn about an axis that points up or down.
        steering: [String; 2],
        /// Greatest torque on each driven wheel, N·m; the model's effort limit if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.0001, max = 10000.0))]
        torque: Option<f64>,
        /// Of the driven wheels, m; measured on the left one's shape (a cylinder or a sphere) if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        wheel_radius: Option<f64>,
        /// Distance between the driven wheels' middles, m; measured on their joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 10.0))]
        track: Option<f64>,
        /// From the rear axle to the steering joints, m; measured on the joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 20.0))]
        wheelbase: Option<f64>,
        /// How far a wheel is steered to either side at most, rad; the smaller range of the two steering joints if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.01, max = 1.5))]
        angle: Option<f64>,
        /// Proportional gain of the steering's servo, N·m/rad.
        #[serde(default = "Actuators::default_kp")]
        #[schemars(range(min = 0.001, max = 100_000.0))]
        kp: f64,
        /// Derivative gain of the steering's servo, N·m·s/rad.
        #[serde(default = "Actuators::default_kd")]
        #[schemars(range(min = 0.0, max = 10000.0))]
        kd: f64,
        /// Inertia of each steering motor as its joint feels it, besides the model's own, kg·m².
        #[serde(default = "Actuators::default_armature")]
        #[schemars(range(min = 0.0, max = 1000.0))]
        armature: f64,
    },
    /// Joints commanded by torque (N·m) or force (N).
    JointTorque {
        /// The joints, in the order of the command.
        #[schemars(length(min = 1))]
        joints: Vec<String>,
    },
    /// Joints commanded by position, held by a proportional-derivative servo.
    JointPosition {
        /// The joints, in the order of the command.
        #[schemars(length(min = 1))]
        joints: Vec<String>,
        /// Proportional gain, N·m/rad.
        #[schemars(range(min = 0.0, max = 100_000.0))]
        kp: f64,
        /// Derivative gain, N·m·s/rad.
        #[schemars(range(min = 0.0, max = 10000.0))]
        kd: f64,
        /// Inertia of each motor as its joint feels it, besides the model's own, kg·m² or kg. For bodies with
        /// `articulation: multibody`.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(min = 0.0, max = 1000.0))]
        armature: f64,
    },
}

impl Actuators {
    fn default_kp() -> f64 {
        5.0
    }
    fn default_kd() -> f64 {
        0.2
    }
    fn default_armature() -> f64 {
        1e-3
    }

    /// The names of the joints that are moved, in the order of the command.
    #[must_use]
    pub fn joints(&self) -> Vec<&str> {
        match self {
            Self::DifferentialDrive { left, right, .. } => vec![left, right],
            Self::Ackermann { left, right, steering: [first, second], .. } => {
                vec![left, right, first, second]
            }
            Self::JointTorque { joints } | Self::JointPosition { joints, .. } => {
                joints.iter().map(String::as_str).collect()
            }
        }
    }
}

/// How a sense's messages travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Transport {
    /// From measurement to arrival, s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub delay: f64,
    /// Share of the messages that are lost.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub loss: f64,
}

/// One sense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Sensor {
    /// A planar range finder that turns counter-clockwise about its z axis.
    Lidar {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// Beams a sweep.
        #[schemars(range(min = 1, max = 10000))]
        beams: u32,
        /// Nearest and farthest distance it can tell, m.
        range: [f64; 2],
        /// First and last angle, rad; the full circle if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        angle: Option<[f64; 2]>,
        /// Sweeps a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: RangeNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; five periods if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A gyroscope and an accelerometer.
    Imu {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: ImuNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A velocimeter with a gyroscope: how the sensor moves against the still world, as a Doppler log tells.
    Velocimeter {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: VelocimeterNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// Dead reckoning from the turning of two wheels.
    WheelOdometry {
        /// Its name; unique on the robot.
        name: String,
        /// The left wheel's joint.
        left: String,
        /// The right wheel's joint.
        right: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: OdometryNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; five periods if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// Encoders of joints.
    JointState {
        /// Its name; unique on the robot.
        name: String,
        /// The joints that it reads; those of the actuators if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        joints: Option<Vec<String>>,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors.
        #[serde(default)]
        noise: JointNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A bumper: feels contact of one link with anything but the robot itself.
    Contact {
        /// Its name; unique on the robot.
        name: String,
        /// The link that feels.
        link: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Force from which it answers, N.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 100_000.0))]
        threshold: f64,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// The battery's gauge.
    Battery {
        /// Its name; unique on the robot.
        name: String,
        /// Charge when full, W·h.
        #[schemars(range(min = 0.001, max = 100_000.0))]
        capacity: f64,
        /// Charge at the start, 0 to 1.
        #[serde(default = "Sensor::full")]
        #[schemars(range(min = 0.0, max = 1.0))]
        charge: f64,
        /// Nominal voltage, V.
        #[serde(default = "Sensor::default_voltage")]
        #[schemars(range(min = 0.1, max = 1000.0))]
        voltage: f64,
        /// Drawn by everything but the motors, W.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 10000.0))]
        idle_power: f64,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// Something that knows the map and says where the body is: AMCL, motion capture, camera tags, GNSS.
    Pose {
        /// Its name; unique on the robot.
        name: String,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// Its errors, which it also says of itself.
        #[serde(default)]
        noise: PoseNoise,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
    /// A camera with a detector, or microphones: how strongly a beacon is seen or heard in each direction, counter-clockwise about
    /// the z axis of its link.
    Beacon {
        /// Its name; unique on the robot.
        name: String,
        /// The link or frame of the model that it sits on.
        link: String,
        /// What it senses with.
        by: BeaconSense,
        /// Directions that it tells apart.
        #[serde(default = "Sensor::default_directions")]
        #[schemars(range(min = 2, max = 360))]
        directions: u32,
        /// First and last direction, rad; the full circle if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        angle: Option<[f64; 2]>,
        /// d′ of signal detection: how far a beacon of strength 1 at a distance of 1 m stands out from the background, in the
        /// background's standard deviations. It falls with the distance.
        #[serde(default = "Sensor::default_d_prime")]
        #[schemars(range(min = 0.0, max = 1000.0))]
        d_prime: f64,
        /// How far a direction's tuning reaches, one standard deviation, rad.
        #[serde(default = "Sensor::default_tuning")]
        #[schemars(range(min = 0.01, max = 3.0))]
        tuning: f64,
        /// Readings a second, Hz.
        #[schemars(range(min = 0.01, max = 10000.0))]
        rate: f64,
        /// How its messages travel.
        #[serde(default)]
        transport: Transport,
        /// The body stops if it is silent for longer, s; never if not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schemars(range(min = 0.001, max = 60.0))]
        deadline: Option<f64>,
    },
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

impl Sensor {
    fn default_directions() -> u32 {
        36
    }
    fn default_d_prime() -> f64 {
        6.0
    }
    fn default_tuning() -> f64 {
        0.2
    }
    fn full() -> f64 {
        1.0
    }
    fn default_voltage() -> f64 {
        12.0
    }

    /// The sense's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Lidar { name, .. }
            | Self::Imu { name, .. }
            | Self::WheelOdometry { name, .. }
            | Self::Velocimeter { name, .. }
            | Self::JointState { name, .. }
            | Self::Contact { name, .. }
            | Self::Battery { name, .. }
            | Self::Pose { name, .. }
            | Self::Beacon { name, .. } => name,
        }
    }

    /// Readings a second, Hz.
    #[must_use]
    pub fn rate(&self) -> f64 {
        match self {
            Self::Lidar { rate, .. }
            | Self::Imu { rate, .. }
            | Self::WheelOdometry { rate, .. }
            | Self::Velocimeter { rate, .. }
            | Self::JointState { rate, .. }
            | Self::Contact { rate, .. }
            | Self::Battery { rate, .. }
            | Self::Pose { rate, .. }
            | Self::Beacon { rate, .. } => *rate,
        }
    }

    /// How its messages travel.
    #[must_use]
    pub fn transport(&self) -> Transport {
        match self {
            Self::Lidar { transport, .. }
            | Self::Imu { transport, .. }
            | Self::WheelOdometry { transport, .. }
            | Self::Velocimeter { transport, .. }
            | Self::JointState { transport, .. }
            | Self::Contact { transport, .. }
            | Self::Battery { transport, .. }
            | Self::Pose { transport, .. }
            | Self::Beacon { transport, .. } => *transport,
        }
    }

    /// The same sense with another deadline.
    #[must_use]
    pub fn with_deadline(&self, to: Option<f64>) -> Self {
        let mut sensor = self.clone();
        match &mut sensor {
            Self::Lidar { deadline, .. }
            | Self::Imu { deadline, .. }
            | Self::WheelOdometry { deadline, .. }
            | Self::Velocimeter { deadline, .. }
            | Self::JointState { deadline, .. }
            | Self::Contact { deadline, .. }
            | Self::Battery { deadline, .. }
            | Self::Pose { deadline, .. }
            | Self::Beacon { deadline, .. } => *deadline = to,
        }
        sensor
    }

    /// The longest silence that the body may go on through, s.
    ///
    /// The senses that steer (range finder, wheel odometry) have a deadline even if the file gives none.
    #[must_use]
    pub fn deadline(&self) -> Option<f64> {
        match self {
            Self::Lidar { deadline, .. } | Self::WheelOdometry { deadline, .. } => {
                Some(deadline.unwrap_or(5.0 / self.rate() + self.transport().delay))
            }
            Self::Imu { deadline, .. }
            | Self::Velocimeter { deadline, .. }
            | Self::JointState { deadline, .. }
            | Self::Contact { deadline, .. }
            | Self::Battery { deadline, .. }
            | Self::Pose { deadline, .. }
            | Self::Beacon { deadline, .. } => *deadline,
        }
    }
}

impl<B: Validate> Validate for Robot<B> {
    fn validate(&self, problems: &mut Problems<'_>) {
        if self.name.trim().is_empty() {
            problems.help("/name", "the name is empty", "give it a word, it appears in every table");
        }
        let mut names: Vec<&str> = Vec::new();
        for (i, sensor) in self.sensors.iter().enumerate() {
            if names.contains(&sensor.name()) {
                problems.help(
                    &format!("/sensors/{i}/name"),
                    format!("two sensors are called `{}`", sensor.name()),
                    "names are how the brain finds them: rename one",
                );
            }
            names.push(sensor.name());
            if let Sensor::Lidar { range, .. } = sensor
                && !(range[0] >= 0.0 && range[1] > range[0] && range[1] <= 1000.0)
            {
                problems.help(
                    &format!("/sensors/{i}/range"),
                    format!("the range [{}, {}] m is not possible", range[0], range[1]),
                    "give [nearest, farthest] with 0 <= nearest < farthest <= 1000",
                );
            }
            if let Sensor::Lidar { angle: Some(angle), .. } | Sensor::Beacon { angle: Some(angle), .. } =
                sensor
                && !(angle[1] > angle[0] && angle[1] - angle[0] <= 2.0 * crate::ops::PI + 1e-3)
            {
                problems.help(
                    &format!("/sensors/{i}/angle"),
                    format!("the angles [{}, {}] rad are not possible", angle[0], angle[1]),
                    "give [first, last] in radians, at most one turn apart",
                );
            }
        }
        if self.planar && self.articulation != Articulation::Multibody {
            problems.help(
                "/planar",
                "only a body in reduced coordinates can be held in a plane",
                "set `articulation: multibody`",
            );
        }
        let is_reduced = self.articulation == Articulation::Multibody;
        if !self.stance.is_empty() && !is_reduced {
            problems.help(
                "/stance",
                "only a body in reduced coordinates can start with its joints bent",
                "set `articulation: multibody`",
            );
        }
        if matches!(self.actuators, Actuators::JointPosition { armature, .. } if armature > 0.0)
            && !is_reduced
        {
            problems.help(
                "/actuators/armature",
                "only joints in reduced coordinates can have an armature",
                "set `articulation: multibody`",
            );
        }
        if matches!(self.actuators, Actuators::Ackermann { .. }) && !is_reduced {
            problems.help(
                "/actuators/kind",
                "light links that steer wheels are only held in reduced coordinates",
                "set `articulation: multibody`",
            );
        }
        soft_limit::validate(&self.soft_limits, self.articulation, problems);
        let joints = self.actuators.joints();
        for (i, joint) in joints.iter().enumerate() {
            if joints[..i].contains(joint) {
                problems.at("/actuators", format!("the joint `{joint}` is moved twice"));
            }
        }
        if let Some(calibration) = &self.calibration {
            problems.inside("/calibration", |problems| calibration.validate(problems));
        }
        self.brain.validate(problems);
    }
}

impl Validate for () {
    fn validate(&self, _: &mut Problems<'_>) {}
}

impl<B> Robot<B> {
    /// The body alone, and the brain's block.
    #[must_use]
    pub fn split(self) -> (Robot<()>, B) {
        let Self {
            name,
            model,
            base,
            articulation,
            planar,
            soft_limits,
            stance,
            radius,
            surfaces,
            sensors,
            actuators,
            limits,
            calibration,
            brain,
        } = self;
        (
            Robot {
                name,
                model,
                base,
                articulation,
                planar,
                soft_limits,
                stance,
                radius,
                surfaces,
                sensors,
                actuators,
                limits,
                calibration,
                brain: (),
            },
            brain,
        )
    }
}
