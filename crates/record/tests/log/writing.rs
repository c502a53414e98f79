//! A robot's log for the tests: what it says, and how it gets into a file.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use byteorder::LittleEndian;
use nalgebra::{UnitQuaternion, Vector3};
use neuraxis_core::{Pose2, Stamp};
use neuraxis_messages as msg;
use neuraxis_record::log::LogReading;
use neuraxis_record::{Log, LogOptions};
use tempfile::TempDir;

/// The log's time of the first message, ns.
pub(crate) const EPOCH: u64 = 1_700_000_000_000_000_000;
/// From measurement to the log, ns.
pub(crate) const DELAY: u64 = 5_000_000;
pub(crate) const MS: u64 = 1_000_000;
pub(crate) const COMPRESSIONS: [Option<mcap::Compression>; 2] = [None, Some(mcap::Compression::Zstd)];

pub(crate) fn cdr<M: serde::Serialize>(message: &M) -> Vec<u8> {
    let mut bytes = vec![0, 1, 0, 0];
    cdr_encoding::to_writer::<M, LittleEndian, _>(&mut bytes, message).expect("it can be written");
    bytes
}

/// A message of a log.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) topic: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) time: u64,
    pub(crate) data: Vec<u8>,
}

impl Entry {
    pub(crate) fn new<M: msg::Message>(
        topic: &'static str,
        kind: &'static str,
        time: u64,
        message: &M,
    ) -> Self {
        Self { topic, kind, time, data: cdr(message) }
    }
}

/// The header of what was measured before it is logged at `time`.
pub(crate) fn header(time: u64, frame: &str) -> msg::Header {
    msg::Header { stamp: Stamp(time - DELAY).into(), frame_id: frame.to_owned() }
}

pub(crate) fn spatial(x: f64, y: f64, z: f64, rotation: UnitQuaternion<f64>) -> msg::Transform {
    let rotation = msg::Quaternion { x: rotation.i, y: rotation.j, z: rotation.k, w: rotation.w };
    msg::Transform { translation: msg::Vector3 { x, y, z }, rotation }
}

pub(crate) fn link(time: u64, parent: &str, child: &str, transform: msg::Transform) -> msg::TransformStamped {
    msg::TransformStamped { header: header(time, parent), child_frame_id: child.to_owned(), transform }
}

pub(crate) fn odometry(time: u64, pose: Pose2, speed: f64) -> msg::Odometry {
    msg::Odometry {
        header: header(time, "odom"),
        child_frame_id: "base_footprint".to_owned(),
        pose: msg::PoseWithCovariance { pose: (&pose).into(), ..Default::default() },
        twist: msg::TwistWithCovariance {
            twist: (&neuraxis_core::Twist2::new(speed, -0.25)).into(),
            ..Default::default()
        },
    }
}

pub(crate) fn scan(time: u64, beams: usize) -> msg::LaserScan {
    msg::LaserScan {
        header: header(time, "laser"),
        angle_min: -1.0,
        angle_max: 1.0,
        angle_increment: 2.0 / (beams - 1) as f32,
        range_min: 0.12,
        range_max: 3.5,
        ranges: (0..beams).map(|i| 1.0 + 0.01 * i as f32).collect(),
        ..Default::default()
    }
}

pub(crate) fn at_x(seconds: f64) -> Pose2 {
    Pose2::new(0.2 * seconds, 0.0, 0.1 * seconds)
}

/// Four seconds of a robot: odometry at 20 Hz, a second odometry, an inertial unit at 100 Hz, a range finder at
/// 5 Hz, AMCL twice a second, transforms at 20 Hz, and a camera that nobody reads.
pub(crate) fn robot() -> Vec<Entry> {
    let mut all = Vec::new();
    let yaw = |angle: f64| UnitQuaternion::from_axis_angle(&Vector3::z_axis(), angle);
    let fixed = msg::TFMessage {
        transforms: vec![
            link(EPOCH, "base_footprint", "base_link", spatial(0.0, 0.0, 0.1, yaw(0.0))),
            link(EPOCH, "base_link", "laser", spatial(0.2, -0.1, 0.3, yaw(PI))),
            link(EPOCH, "/base_link", "/imu", spatial(0.0, 0.05, 0.0, yaw(0.5))),
        ],
    };
    all.push(Entry::new("/tf_static", "tf2_msgs/msg/TFMessage", EPOCH, &fixed));
    for i in 0..400 {
        let time = EPOCH + 10 * MS * i;
        let seconds = 0.01 * i as f64;
        let imu = msg::Imu {
            header: header(time, "imu"),
            orientation: msg::Quaternion { w: 1.0, ..Default::default() },
            orientation_covariance: [
                if i < 200 { -1.0 } else { 0.1 },
                0.0,
                0.0,
                0.0,
                0.0,
                0.0,
                0.0,
                0.0,
                0.0,
            ],
            angular_velocity: msg::Vector3 { x: 0.01, y: 0.02, z: seconds },
            linear_acceleration: msg::Vector3 { x: 0.0, y: 0.0, z: 9.81 },
            ..Default::default()
        };
        all.push(Entry::new("/imu", "sensor_msgs/msg/Imu", time, &imu));
        if i % 5 == 0 {
            let pose = at_x(seconds);
            all.push(Entry::new("/odom", "nav_msgs/msg/Odometry", time, &odometry(time, pose, 0.3)));
            let truth = Pose2 { y: 7.0, ..pose };
            all.push(Entry::new("/ground_truth", "nav_msgs/msg/Odometry", time, &odometry(time, truth, 0.3)));
            // The correction comes once a second, and is dated ahead.
            let step = Pose2::new(1.0 + (i / 100) as f64, 2.0, 0.0);
            let corrected = msg::TFMessage {
                transforms: vec![link(time + 1000 * MS, "map", "odom", (&step.to_spatial(0.0)).into())],
            };
            if i % 100 == 0 {
                all.push(Entry::new("/tf", "tf2_msgs/msg/TFMessage", time, &corrected));
            }
            let moved = msg::TFMessage {
                transforms: vec![link(time, "odom", "base_footprint", (&pose.to_spatial(0.0)).into())],
            };
            all.push(Entry::new("/tf", "tf2_msgs/msg/TFMessage", time, &moved));
        }
        if i % 20 == 0 {
            let mut sweep = scan(time, 11);
            sweep.ranges[..4].copy_from_slice(&[0.0, f32::INFINITY, f32::NAN, 4.0]);
            all.push(Entry::new("/robot/scan", "sensor_msgs/msg/LaserScan", time, &sweep));
        }
        if i % 50 == 0 {
            let mut covariance = [[0.0; 6]; 6];
            for (axis, value) in [(0, 0.04), (1, 0.09), (5, 0.01)] {
                covariance[axis][axis] = value;
            }
            covariance[0][5] = 0.002;
            covariance[5][0] = 0.002;
            let pose = msg::PoseWithCovariance { pose: (&at_x(seconds)).into(), covariance };
            let amcl = msg::PoseWithCovarianceStamped { header: header(time, "map"), pose };
            all.push(Entry::new("/amcl_pose", "geometry_msgs/msg/PoseWithCovarianceStamped", time, &amcl));
            let mocap = msg::PoseStamped { header: header(time, "world"), pose: (&at_x(seconds)).into() };
            all.push(Entry::new("/mocap", "geometry_msgs/msg/PoseStamped", time, &mocap));
            all.push(Entry { topic: "/camera", kind: "sensor_msgs/msg/Image", time, data: vec![1; 5000] });
        }
    }
    all
}

pub(crate) fn write(path: &Path, entries: &[Entry], compression: Option<mcap::Compression>, profile: &str) {
    let file = BufWriter::new(File::create(path).expect("a file"));
    let options =
        mcap::WriteOptions::new().compression(compression).profile(profile).chunk_size(Some(16 << 10));
    let mut writer = options.create(file).expect("a writer");
    let mut channels = BTreeMap::new();
    for entry in entries {
        let channel = *channels.entry((entry.topic, entry.kind)).or_insert_with(|| {
            let schema = writer.add_schema(entry.kind, "ros2msg", b"not read").expect("a schema");
            writer.add_channel(schema, entry.topic, "cdr", &BTreeMap::new()).expect("a channel")
        });
        let header = mcap::records::MessageHeader {
            channel_id: channel,
            sequence: 0,
            log_time: entry.time,
            publish_time: entry.time,
        };
        writer.write_to_known_channel(&header, &entry.data).expect("a message");
    }
    writer.finish().expect("an end");
}

/// A log of `entries` in a folder of its own.
pub(crate) fn log_of(entries: &[Entry]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("drive.mcap");
    write(&path, entries, Some(mcap::Compression::Zstd), "ros2");
    (folder, path)
}

pub(crate) fn read(entries: &[Entry], options: &LogOptions) -> Log {
    let (_folder, path) = log_of(entries);
    Log::open(&path, options).expect("a log")
}

pub(crate) fn robot_log() -> Log {
    read(&robot(), &LogOptions::default())
}

pub(crate) fn of<'l>(log: &'l Log, topic: &str) -> Vec<&'l LogReading> {
    let slot = log.slot(topic).expect("a sense");
    log.readings.iter().filter(|reading| reading.slot == slot).collect()
}

pub(crate) fn seconds(value: f64) -> Stamp {
    Stamp::from_seconds(value)
}

pub(crate) fn of_count(log: &Log, topic: &str) -> usize {
    of(log, topic).len()
}

/// One of the messages of a topic.
pub(crate) fn nth<'e>(entries: &'e mut [Entry], topic: &str, number: usize) -> &'e mut Entry {
    entries.iter_mut().filter(|entry| entry.topic == topic).nth(number).expect("so many")
}

/// The same file with the chunks compressed by LZ4.
pub(crate) fn to_lz4(plain: &[u8]) -> Vec<u8> {
    let (magic, mut rest) = plain.split_at(8);
    let mut out = magic.to_vec();
    while rest.len() > 9 {
        let length = u64::from_le_bytes(rest[1..9].try_into().expect("8 bytes")) as usize;
        let (record, tail) = rest.split_at(9 + length);
        rest = tail;
        if record[0] != mcap::records::op::CHUNK {
            out.extend_from_slice(record);
            continue;
        }
        // Two times, size and sum; no compression; the length of what follows.
        let (head, records) = (&record[9..9 + 28], &record[9 + 28 + 4 + 8..]);
        let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
        encoder.write_all(records).expect("in memory");
        let packed = encoder.finish().expect("in memory");
        let mut body = head.to_vec();
        body.extend_from_slice(&3_u32.to_le_bytes());
        body.extend_from_slice(b"lz4");
        body.extend_from_slice(&(packed.len() as u64).to_le_bytes());
        body.extend_from_slice(&packed);
        out.push(record[0]);
        out.extend_from_slice(&(body.len() as u64).to_le_bytes());
        out.extend_from_slice(&body);
    }
    out.extend_from_slice(rest);
    out
}
