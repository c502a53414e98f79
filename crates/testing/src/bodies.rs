//! Bodies in a line: what a test's body has, said as a robot's file says it.

use nalgebra::{Isometry3, Vector3};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::kinematics::{Ackermann, DifferentialDrive, Limb, LimbJoint};
use neuraxis_core::robot::{Limits, Sensor};
use neuraxis_core::{Actuator, Interface, JointLimits, Mobility};

/// A body that is being put together.
#[derive(Clone, Debug)]
pub struct BodyBuilder {
    body: BodyDescription,
}

impl BodyBuilder {
    /// A disc of 0.2 m that is moved by nothing and feels nothing: up to 0.5 m/s and 2 rad/s.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let limits =
            Limits { linear: 0.5, angular: 2.0, linear_acceleration: 1.0, angular_acceleration: 8.0 };
        Self {
            body: BodyDescription {
                name: name.to_owned(),
                sensors: Vec::new(),
                actuators: Vec::new(),
                mobility: Mobility::default(),
                drive: None,
                ackermann: None,
                other_actuators: 0,
                calibration: None,
                radius: 0.2,
                limits,
            },
        }
    }

    /// Two driven wheels, `left` and `right`.
    #[must_use]
    pub fn wheels(mut self) -> Self {
        self = self.joints(&["left", "right"], Interface::Velocity);
        self.body.drive = Some(DifferentialDrive { wheel_radius: 0.05, track: 0.24 });
        self
    }

    /// Two driven wheels behind and two steered ones in front.
    #[must_use]
    pub fn car(mut self) -> Self {
        let steering = Ackermann { wheelbase: 0.3, kingpins: 0.2, angle: 0.6 };
        self = self.joints(&["steering_left", "steering_right"], Interface::Position);
        let steered = std::mem::take(&mut self.body.actuators);
        self = self.wheels();
        self.body.actuators.extend(steered);
        self.body.mobility = Mobility::steered(&steering);
        self.body.ackermann = Some(steering);
        self
    }

    /// Joints that are commanded through `interface`.
    #[must_use]
    pub fn joints(mut self, names: &[&str], interface: Interface) -> Self {
        let limits = JointLimits {
            position: Some([-3.0, 3.0]),
            velocity: Some(30.0),
            effort: Some(20.0),
            acceleration: None,
        };
        self.body.actuators = Actuator::all(names.iter().map(|name| (*name).to_owned()), interface, limits);
        self
    }

    /// A sense, as a robot's file describes it, in JSON; of joints it reads those that are moved.
    #[must_use]
    pub fn sense(mut self, json: &str) -> Self {
        let sensor: Sensor = serde_json::from_str(json).expect("a sense of a robot's file");
        let joints = match sensor {
            Sensor::JointState { .. } => {
                self.body.actuators.iter().map(|actuator| actuator.joint.clone()).collect()
            }
            _ => Vec::new(),
        };
        self.body.sensors.push(SensorDescription {
            sensor,
            mount: Isometry3::identity(),
            joints,
            limb: None,
        });
        self
    }

    /// Puts the last sense at this place in `base_link`, m.
    #[must_use]
    pub fn at(mut self, x: f64, y: f64, z: f64) -> Self {
        self.body.sensors.last_mut().expect("a sense").mount = Isometry3::translation(x, y, z);
        self
    }

    /// A range finder `scan` all round, too high for its beams to meet the ground.
    #[must_use]
    pub fn lidar(self, beams: u32) -> Self {
        self.sense(&format!(
            r#"{{"kind": "lidar", "name": "scan", "link": "base", "beams": {beams}, "range": [0.1, 6.0], "rate": 10}}"#
        ))
        .at(0.0, 0.0, 0.5)
    }

    /// An inertial unit `imu`.
    #[must_use]
    pub fn imu(self) -> Self {
        self.sense(r#"{"kind": "imu", "name": "imu", "link": "base", "rate": 100}"#)
    }

    /// Wheel odometry `odom`.
    #[must_use]
    pub fn odometry(self) -> Self {
        self.sense(
            r#"{"kind": "wheel_odometry", "name": "odom", "left": "left", "right": "right", "rate": 50}"#,
        )
    }

    /// The joints that are moved are felt, as `joints`.
    #[must_use]
    pub fn felt(self) -> Self {
        self.sense(r#"{"kind": "joint_state", "name": "joints", "rate": 100}"#)
    }

    /// A bumper or a foot.
    #[must_use]
    pub fn contact(self, name: &str) -> Self {
        self.sense(&format!(r#"{{"kind": "contact", "name": "{name}", "link": "{name}", "rate": 100}}"#))
    }

    /// A battery `battery`.
    #[must_use]
    pub fn battery(self) -> Self {
        self.sense(r#"{"kind": "battery", "name": "battery", "capacity": 10, "rate": 1}"#)
    }

    /// An absolute pose `pose`.
    #[must_use]
    pub fn pose(self) -> Self {
        self.sense(
            r#"{"kind": "pose", "name": "pose", "rate": 10, "noise": {"position": 0.02, "heading": 0.02}}"#,
        )
    }

    /// Its radius, m.
    #[must_use]
    pub fn radius(mut self, radius: f64) -> Self {
        self.body.radius = radius;
        self
    }

    /// How fast it may go.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.body.limits = limits;
        self
    }

    /// The body.
    #[must_use]
    pub fn build(self) -> BodyDescription {
        self.body
    }
}

/// Two wheels, and all senses that help to tell where they are.
#[must_use]
pub fn wheeled() -> BodyDescription {
    BodyBuilder::new("wheeled").wheels().lidar(72).imu().odometry().pose().contact("bumper").battery().build()
}

/// The same without a range finder: it finds its way by touch.
#[must_use]
pub fn feeling() -> BodyDescription {
    BodyBuilder::new("feeling").wheels().imu().odometry().pose().contact("bumper").build()
}

/// A car with the senses of [`wheeled`].
#[must_use]
pub fn car() -> BodyDescription {
    BodyBuilder::new("car").car().lidar(72).imu().odometry().pose().contact("bumper").battery().build()
}

/// A chain of `links` links that is moved by torques, `joint_0` at the head; it feels its joints and is told its pose.
#[must_use]
pub fn chain(links: usize) -> BodyDescription {
    let names: Vec<String> = (0..links - 1).map(|i| format!("joint_{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    BodyBuilder::new("chain").joints(&names, Interface::Effort).felt().imu().pose().contact("nose").build()
}

/// Four legs of three joints and a foot each, moved by positions, with an inertial unit and limbs that the model tells.
#[must_use]
pub fn dog() -> BodyDescription {
    let legs = ["FR", "FL", "RR", "RL"];
    let names: Vec<String> = legs
        .iter()
        .flat_map(|leg| ["hip", "thigh", "calf"].map(|joint| format!("{leg}_{joint}_joint")))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut builder = BodyBuilder::new("dog").joints(&names, Interface::Position).felt();
    for leg in legs {
        builder = builder.contact(&format!("{leg}_foot"));
    }
    let mut body = builder.imu().pose().lidar(72).build();
    for (leg, [x, y]) in [[0.2, -0.05], [0.2, 0.05], [-0.2, -0.05], [-0.2, 0.05]].into_iter().enumerate() {
        let joint = |i: usize, origin, axis| LimbJoint {
            name: names[3 * leg + i].to_owned(),
            origin,
            axis,
            slides: false,
        };
        let joints = vec![
            joint(0, Isometry3::translation(x, y, 0.0), Vector3::x_axis()),
            joint(1, Isometry3::translation(0.0, 1.6 * y, 0.0), Vector3::y_axis()),
            joint(2, Isometry3::translation(0.0, 0.0, -0.2), Vector3::y_axis()),
        ];
        let tip = Isometry3::translation(0.0, 0.0, -0.2);
        body.sensors[1 + leg].limb = Some(Limb { joints, tip, radius: 0.02 });
    }
    body
}
