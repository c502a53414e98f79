//! The senses as ROS messages: which topic, which message, and how often.

use mcap::McapResult;
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Reading, Stamp};

use super::{GLANCE_PERIOD, RobotSink, VIEW_PERIOD};
use crate::messages::{self as msg, Header};
use crate::output::{Channel, Output};
use crate::trace::{self, Sense};

/// The topic of each sense: ROS's usual name for the first of a kind, its own for the others.
pub(crate) fn topics(sensors: &[&Sensor]) -> Vec<String> {
    fn usual(sensor: &Sensor) -> &str {
        match sensor {
            Sensor::Lidar { .. } => "scan",
            Sensor::Imu { .. } => "imu",
            Sensor::WheelOdometry { .. } => "odom",
            Sensor::JointState { .. } => "joint_states",
            Sensor::Contact { .. } => "bumper",
            Sensor::Battery { .. } => "battery_state",
            // Several kinds of things know where a body is, or a beacon, and none is the usual one.
            Sensor::Pose { name, .. } | Sensor::Beacon { name, .. } | Sensor::Velocimeter { name, .. } => {
                name
            }
        }
    }
    let is_first = |i: usize| sensors[..i].iter().all(|other| usual(other) != usual(sensors[i]));
    (0..sensors.len())
        .map(|i| if is_first(i) { usual(sensors[i]) } else { sensors[i].name() }.to_owned())
        .collect()
}

/// The channel of a sense, under the name `topic`.
pub(super) fn channel(output: &mut Output, sensor: &Sensor, topic: &str) -> McapResult<Channel> {
    match sensor {
        Sensor::Lidar { .. } => output.channel::<msg::LaserScan>(topic),
        Sensor::Imu { .. } => output.channel::<msg::Imu>(topic),
        Sensor::Velocimeter { .. } => output.channel::<msg::TwistStamped>(topic),
        Sensor::WheelOdometry { .. } => output.channel::<msg::Odometry>(topic),
        Sensor::JointState { .. } => output.channel::<msg::JointState>(topic),
        Sensor::Contact { .. } => output.channel::<msg::Contact>(topic),
        Sensor::Battery { .. } => output.channel::<msg::BatteryState>(topic),
        Sensor::Pose { .. } => output.channel::<msg::PoseWithCovarianceStamped>(topic),
        Sensor::Beacon { .. } => output.channel::<msg::Azimuth>(topic),
    }
}

impl RobotSink {
    /// A sense as a ROS message.
    pub(super) fn view(&mut self, output: &mut Output, sense: &Sense) -> McapResult<()> {
        let slot = usize::from(sense.slot);
        let Some(blank) = self.blanks.get_mut(slot) else { return Ok(()) };
        let period = match blank {
            Reading::Scan(_) => 0,
            Reading::Odometry(_) => VIEW_PERIOD,
            // What a bumper feels is news when it changes.
            Reading::Contact(contact)
                if sense.values.first().is_some_and(|value| (*value != 0.0) != contact.touching) =>
            {
                0
            }
            _ => GLANCE_PERIOD,
        };
        if self.last_view[slot].is_some_and(|last| sense.stamp < last + period) {
            return Ok(());
        }
        self.last_view[slot] = Some(sense.stamp);
        if !trace::restore(sense, blank) {
            return Ok(());
        }
        let header = Header::new(Stamp(sense.stamp), &self.frames.sensors[slot]);
        let channel = &mut self.views[slot];
        let sensor = &self.header.body.sensors[slot];
        let stamp = sense.stamp;
        let vector = |v: &nalgebra::Vector3<f64>| msg::Vector3 { x: v.x, y: v.y, z: v.z };
        match &*blank {
            Reading::Scan(scan) => {
                let last = scan.angle_min + scan.angle_increment * scan.ranges.len().saturating_sub(1) as f64;
                let message = msg::LaserScan {
                    header,
                    angle_min: scan.angle_min as f32,
                    angle_max: last as f32,
                    angle_increment: scan.angle_increment as f32,
                    time_increment: 0.0,
                    scan_time: (1.0 / sensor.sensor.rate()) as f32,
                    range_min: scan.range_min as f32,
                    range_max: scan.range_max as f32,
                    ranges: scan.ranges.clone(),
                    intensities: Vec::new(),
                };
                output.put(channel, stamp, &message)
            }
            Reading::Imu(imu) => {
                let mut message = msg::Imu {
                    header,
                    angular_velocity: vector(&imu.angular_velocity),
                    linear_acceleration: vector(&imu.linear_acceleration),
                    ..msg::Imu::default()
                };
                if let Some(q) = imu.orientation {
                    message.orientation = msg::Quaternion { x: q.i, y: q.j, z: q.k, w: q.w };
                } else {
                    // So says sensor_msgs/Imu that there is no estimate of the orientation.
                    message.orientation.w = 1.0;
                    message.orientation_covariance[0] = -1.0;
                }
                output.put(channel, stamp, &message)
            }
            Reading::Motion(motion) => {
                let twist = msg::Twist {
                    linear: vector(&motion.linear_velocity),
                    angular: vector(&motion.angular_velocity),
                };
                output.put(channel, stamp, &msg::TwistStamped { header, twist })
            }
            Reading::Odometry(odometry) => {
                let mut message = msg::Odometry {
                    header: Header::new(Stamp(sense.stamp), &self.frames.odom),
                    child_frame_id: self.frames.base.clone(),
                    ..msg::Odometry::default()
                };
                message.pose.pose = (&odometry.pose).into();
                message.twist.twist = (&odometry.twist).into();
                output.put(channel, stamp, &message)
            }
            Reading::Joints(joints) => {
                let message = msg::JointState {
                    header,
                    name: sensor.joints.clone(),
                    position: joints.position.clone(),
                    velocity: joints.velocity.clone(),
                    effort: joints.effort.clone(),
                };
                output.put(channel, stamp, &message)
            }
            Reading::Contact(contact) => {
                let message = msg::Contact {
                    header,
                    touching: contact.touching,
                    force: contact.force,
                    bearing: contact.bearing,
                };
                output.put(channel, stamp, &message)
            }
            Reading::Battery(battery) => {
                let message = msg::BatteryState {
                    header,
                    voltage: battery.voltage as f32,
                    temperature: f32::NAN,
                    current: battery.current as f32,
                    charge: f32::NAN,
                    capacity: f32::NAN,
                    design_capacity: f32::NAN,
                    percentage: battery.percentage as f32,
                    present: true,
                    ..msg::BatteryState::default()
                };
                output.put(channel, stamp, &message)
            }
            Reading::Azimuth(azimuth) => {
                let message = msg::Azimuth {
                    header,
                    angle_min: azimuth.angle_min,
                    angle_increment: azimuth.angle_increment,
                    activity: azimuth.activity.clone(),
                };
                output.put(channel, stamp, &message)
            }
            Reading::Pose(absolute) => {
                let covariance =
                    std::array::from_fn(|r| std::array::from_fn(|c| absolute.covariance[(r, c)]));
                let message = msg::PoseWithCovarianceStamped {
                    header: Header::new(Stamp(sense.stamp), &self.frames.map),
                    pose: msg::PoseWithCovariance { pose: (&absolute.pose).into(), covariance },
                };
                output.put(channel, stamp, &message)
            }
        }
    }
}
