//! The messages of a recording as Rust types; their definitions stand in `msg/`, field by field the same.
#![allow(missing_docs, reason = "the definitions in msg/ document every field")]

use byteorder::LittleEndian;
use nalgebra::Isometry3;
use neuraxis_core::{Pose2, Stamp, Twist2, ops};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A message with a name.
pub trait Message: Serialize {
    /// `package/Name`.
    const NAME: &'static str;
}

macro_rules! messages {
    ($($(#[$meta:meta])* $name:literal $kind:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
            pub struct $kind { $(pub $field: $type,)* }
            impl Message for $kind {
                const NAME: &'static str = $name;
            }
        )*
    };
}

messages! {
    "builtin_interfaces/Time" Time { sec: i32, nanosec: u32, }
    "std_msgs/Header" Header { stamp: Time, frame_id: String, }
    "geometry_msgs/Vector3" Vector3 { x: f64, y: f64, z: f64, }
    "geometry_msgs/Quaternion" Quaternion { x: f64, y: f64, z: f64, w: f64, }
    "geometry_msgs/Pose" Pose { position: Vector3, orientation: Quaternion, }
    "geometry_msgs/PoseStamped" PoseStamped { header: Header, pose: Pose, }
    "geometry_msgs/PoseWithCovariance" PoseWithCovariance { pose: Pose, covariance: [[f64; 6]; 6], }
    "geometry_msgs/PoseWithCovarianceStamped" PoseWithCovarianceStamped {
        header: Header, pose: PoseWithCovariance,
    }
    "geometry_msgs/Twist" Twist { linear: Vector3, angular: Vector3, }
    "geometry_msgs/TwistStamped" TwistStamped { header: Header, twist: Twist, }
    "geometry_msgs/TwistWithCovariance" TwistWithCovariance { twist: Twist, covariance: [[f64; 6]; 6], }
    "geometry_msgs/Transform" Transform { translation: Vector3, rotation: Quaternion, }
    "geometry_msgs/TransformStamped" TransformStamped {
        header: Header, child_frame_id: String, transform: Transform,
    }
    "tf2_msgs/TFMessage" TFMessage { transforms: Vec<TransformStamped>, }
    "rosgraph_msgs/Clock" Clock { clock: Time, }
    "sensor_msgs/LaserScan" LaserScan {
        header: Header, angle_min: f32, angle_max: f32, angle_increment: f32, time_increment: f32,
        scan_time: f32, range_min: f32, range_max: f32, ranges: Vec<f32>, intensities: Vec<f32>,
    }
    "sensor_msgs/Imu" Imu {
        header: Header, orientation: Quaternion, orientation_covariance: [f64; 9],
        angular_velocity: Vector3, angular_velocity_covariance: [f64; 9],
        linear_acceleration: Vector3, linear_acceleration_covariance: [f64; 9],
    }
    "sensor_msgs/JointState" JointState {
        header: Header, name: Vec<String>, position: Vec<f64>, velocity: Vec<f64>, effort: Vec<f64>,
    }
    "sensor_msgs/BatteryState" BatteryState {
        header: Header, voltage: f32, temperature: f32, current: f32, charge: f32, capacity: f32,
        design_capacity: f32, percentage: f32, power_supply_status: u8, power_supply_health: u8,
        power_supply_technology: u8, present: bool, cell_voltage: Vec<f32>, cell_temperature: Vec<f32>,
        location: String, serial_number: String,
    }
    "nav_msgs/Odometry" Odometry {
        header: Header, child_frame_id: String, pose: PoseWithCovariance, twist: TwistWithCovariance,
    }
    "nav_msgs/MapMetaData" MapMetaData {
        map_load_time: Time, resolution: f32, width: u32, height: u32, origin: Pose,
    }
    "nav_msgs/OccupancyGrid" OccupancyGrid { header: Header, info: MapMetaData, data: Vec<i8>, }
    "nav_msgs/Path" Path { header: Header, poses: Vec<PoseStamped>, }
    "neuraxis_msgs/Contact" Contact { header: Header, touching: bool, force: f64, bearing: f64, }
    "neuraxis_msgs/Azimuth" Azimuth {
        header: Header, angle_min: f64, angle_increment: f64, activity: Vec<f32>,
    }
    "neuraxis_msgs/Stream" Stream {
        slot: u16, sequence: u64, tick: Vec<u16>, more: Vec<u32>, age: Vec<u64>, values: Vec<f64>,
        ranges: Vec<f32>,
    }
    "neuraxis_msgs/Trace" Trace {
        first: u64, stamp: u64, since: Vec<u64>, streams: Vec<Stream>, command: Vec<f64>, stop: Vec<u8>,
        stop_slot: Vec<u16>, check: Vec<u16>,
    }
    "neuraxis_msgs/Cue" Cue { name: String, reliability: f64, age: f64, surprise: f64, gain: f64, }
    "neuraxis_msgs/Decision" Decision {
        header: Header, pose: [f64; 3], covariance: [f64; 6], odom: [f64; 3], twist: [f64; 3],
        cues: Vec<Cue>, energy: f64, integrity: f64, certainty: f64, progress: f64, plasticity: f64,
        caution: f64, curiosity: f64, drive_speed: f64, drive_turn: f64, status: String, stop: String,
        clipped: bool,
    }
    "neuraxis_msgs/Verdict" Verdict { header: Header, json: String, }
}

impl From<Stamp> for Time {
    fn from(stamp: Stamp) -> Self {
        Self { sec: (stamp.0 / 1_000_000_000) as i32, nanosec: (stamp.0 % 1_000_000_000) as u32 }
    }
}

impl Header {
    pub(crate) fn new(stamp: Stamp, frame: &str) -> Self {
        Self { stamp: stamp.into(), frame_id: frame.to_owned() }
    }
}

/// The attitude of a body that is turned by `yaw` about z.
fn upright(yaw: f64) -> Quaternion {
    let (s, c) = ops::sin_cos(0.5 * yaw);
    Quaternion { x: 0.0, y: 0.0, z: s, w: c }
}

impl From<&Pose2> for Pose {
    fn from(pose: &Pose2) -> Self {
        Self { position: Vector3 { x: pose.x, y: pose.y, z: 0.0 }, orientation: upright(pose.yaw) }
    }
}

impl From<&Isometry3<f64>> for Pose {
    fn from(pose: &Isometry3<f64>) -> Self {
        let (p, q) = (&pose.translation, &pose.rotation);
        Self {
            position: Vector3 { x: p.x, y: p.y, z: p.z },
            orientation: Quaternion { x: q.i, y: q.j, z: q.k, w: q.w },
        }
    }
}

impl From<&Pose2> for Transform {
    fn from(pose: &Pose2) -> Self {
        Self { translation: Vector3 { x: pose.x, y: pose.y, z: 0.0 }, rotation: upright(pose.yaw) }
    }
}

impl From<&Twist2> for Twist {
    fn from(twist: &Twist2) -> Self {
        Self {
            linear: Vector3 { x: twist.linear, y: twist.lateral, z: 0.0 },
            angular: Vector3 { x: 0.0, y: 0.0, z: twist.angular },
        }
    }
}

/// What stands before every CDR message: little-endian, no options.
const ENCAPSULATION: [u8; 4] = [0, 1, 0, 0];

/// `message` in CDR, as ROS 2 sends it.
pub(crate) fn encode<M: Serialize>(message: &M, bytes: &mut Vec<u8>) {
    bytes.clear();
    bytes.extend_from_slice(&ENCAPSULATION);
    // Writing into memory cannot fail, and none of the messages holds what CDR cannot say.
    let _ = cdr_encoding::to_writer::<M, LittleEndian, _>(&mut *bytes, message);
}

/// The message in `bytes`, if it is one.
pub(crate) fn decode<M: DeserializeOwned>(bytes: &[u8]) -> Option<M> {
    let payload = bytes.strip_prefix(&ENCAPSULATION)?;
    cdr_encoding::from_bytes::<M, LittleEndian>(payload).ok().map(|(message, _)| message)
}
