//! The messages of a log, decoded as they come: what of each is of use, and why the others are not.

use std::collections::BTreeMap;

use byteorder::{BigEndian, LittleEndian};
use nalgebra::{Isometry3, Matrix6, Quaternion, Translation3, UnitQuaternion, Vector3};
use neuraxis_core::percepts::{AbsolutePose, Imu, Odometry};
use neuraxis_core::{Pose2, Twist2};
use serde::de::DeserializeOwned;

use crate::messages as msg;

/// No sweep has more beams (the robot file allows no more).
const MOST_BEAMS: usize = 10_000;
/// More than this is not kept: hours of a robot take some hundred MB of it.
const MOST_BYTES: usize = 4 << 30;
/// Padding that some middlewares append.
const PADDING: usize = 7;
/// So many sentences about damage are kept, and so many reasons a topic.
const MOST_REASONS: usize = 8;

/// What the messages of a topic are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Odometry,
    Imu,
    Scan,
    /// A pose with its covariance.
    Pose,
    /// A pose alone.
    BarePose,
    Transforms,
}

/// A topic.
#[derive(Debug)]
pub(super) struct Topic {
    pub(super) name: String,
    /// The name of its type in the log.
    pub(super) kind: String,
    /// What it is, or why it is not read.
    usable: Result<Type, String>,
    /// The frame of the sensor, or the body's (`child_frame_id`) for odometry; empty if no message named one.
    pub(super) frame: String,
    /// How many messages were left out, for which reason.
    pub(super) skipped: BTreeMap<String, usize>,
}

impl Topic {
    pub(super) fn skip(&mut self, why: String) {
        let is_known = self.skipped.len() < MOST_REASONS || self.skipped.contains_key(&why);
        let why = if is_known { why } else { "for other reasons".to_owned() };
        *self.skipped.entry(why).or_default() += 1;
    }

    pub(super) fn is(&self, kind: Type) -> bool {
        self.usable == Ok(kind)
    }
}

/// A sweep, as its message tells it.
#[derive(Debug)]
pub(super) struct Sweep {
    pub(super) angle_min: f32,
    pub(super) angle_increment: f32,
    pub(super) range_min: f32,
    pub(super) range_max: f32,
    pub(super) ranges: Vec<f32>,
}

/// Where a frame is in another one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// Index of the other frame's name.
    pub(super) parent: usize,
    /// Index of the frame's name.
    pub(super) child: usize,
    pub(super) pose: Isometry3<f64>,
    /// ns, on the clock of the headers.
    pub(super) stamp: i64,
    /// Told once and for all.
    pub(super) is_static: bool,
}

/// The content of a message.
#[derive(Debug)]
pub(super) enum Content {
    Odometry(Odometry),
    Imu(Imu),
    Scan(Sweep),
    Pose(Box<AbsolutePose>),
    BarePose(Pose2),
    Links(Vec<Link>),
}

/// A message.
#[derive(Debug)]
pub(super) struct Event {
    /// ns, on the log's clock.
    pub(super) received: u64,
    /// ns, on the clock of the headers.
    pub(super) stamp: i64,
    pub(super) topic: usize,
    pub(super) content: Content,
}

/// All that was read.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) topics: Vec<Topic>,
    pub(super) events: Vec<Event>,
    /// Names of frames.
    pub(super) frames: Vec<String>,
    frame_index: BTreeMap<String, usize>,
    topic_index: BTreeMap<(String, String), usize>,
    /// What is damaged, and how often.
    damage: Vec<(String, usize)>,
    other_damage: usize,
    bytes: usize,
}

impl Gathered {
    /// Takes down that something is damaged.
    pub(super) fn damaged(&mut self, what: String) {
        if let Some((_, count)) = self.damage.iter_mut().find(|(known, _)| *known == what) {
            *count += 1;
        } else if self.damage.len() < MOST_REASONS {
            self.damage.push((what, 1));
        } else {
            self.other_damage += 1;
        }
    }

    /// What is damaged, for a person.
    pub(super) fn damage(&self) -> Option<String> {
        let one = |(what, count): &(String, usize)| match count {
            1 => what.clone(),
            _ => format!("{what} ({count} times)"),
        };
        let mut text = self.damage.iter().map(one).collect::<Vec<_>>().join("; ");
        if self.other_damage > 0 {
            text.push_str(&format!("; and {} more", self.other_damage));
        }
        (!text.is_empty()).then_some(text)
    }

    /// The index of a topic.
    pub(super) fn topic(&mut self, name: &str, kind: &str, encoding: &str) -> usize {
        let key = (name.to_owned(), kind.to_owned());
        if let Some(known) = self.topic_index.get(&key) {
            return *known;
        }
        self.topic_index.insert(key, self.topics.len());
        let usable = match (&*kind.replace("/msg/", "/"), encoding) {
            ("nav_msgs/Odometry", "cdr") => Ok(Type::Odometry),
            ("sensor_msgs/Imu", "cdr") => Ok(Type::Imu),
            ("sensor_msgs/LaserScan", "cdr") => Ok(Type::Scan),
            ("geometry_msgs/PoseWithCovarianceStamped", "cdr") => Ok(Type::Pose),
            ("geometry_msgs/PoseStamped", "cdr") => Ok(Type::BarePose),
            ("tf2_msgs/TFMessage", "cdr") => Ok(Type::Transforms),
            (_, "cdr") => Err("its type is none that is read".to_owned()),
            _ => Err(format!("its encoding is `{encoding}`, and only `cdr` is read")),
        };
        let (name, kind) = (name.to_owned(), kind.to_owned());
        self.topics.push(Topic { name, kind, usable, frame: String::new(), skipped: BTreeMap::new() });
        self.topics.len() - 1
    }

    /// Takes a message of a topic; `Err` if no more can be taken.
    pub(super) fn message(&mut self, topic: usize, received: u64, data: &[u8]) -> Result<(), String> {
        let Some(of) = self.topics.get_mut(topic) else { return Ok(()) };
        let kind = match &of.usable {
            Ok(kind) => *kind,
            Err(why) => {
                let why = why.clone();
                of.skip(why);
                return Ok(());
            }
        };
        self.bytes = self.bytes.saturating_add(data.len());
        if self.bytes > MOST_BYTES {
            return Err(format!("more than {MOST_BYTES} bytes of messages: the rest is left out"));
        }
        match self.content(kind, topic, data) {
            Ok((stamp, content)) => self.events.push(Event { received, stamp, topic, content }),
            Err(why) => self.topics[topic].skip(why),
        }
        Ok(())
    }

    /// Stamp and content of a message.
    fn content(&mut self, kind: Type, topic: usize, data: &[u8]) -> Result<(i64, Content), String> {
        let (header, frame, content) = match kind {
            Type::Odometry => {
                let m: msg::Odometry = decode(data)?;
                let pose = planar(&m.pose.pose).unwrap_or_else(|flat| Pose2 { yaw: f64::NAN, ..flat });
                let (linear, angular) = (&m.twist.twist.linear, &m.twist.twist.angular);
                let twist = Twist2 { linear: linear.x, lateral: linear.y, angular: angular.z };
                (m.header, Some(m.child_frame_id), Content::Odometry(Odometry { pose, twist }))
            }
            Type::Imu => {
                let m: msg::Imu = decode(data)?;
                // Minus one says that the unit does not estimate its attitude.
                let tells_attitude = m.orientation_covariance[0] != -1.0;
                let imu = Imu {
                    angular_velocity: vector(&m.angular_velocity),
                    linear_acceleration: vector(&m.linear_acceleration),
                    orientation: rotation(&m.orientation).filter(|_| tells_attitude),
                };
                (m.header, None, Content::Imu(imu))
            }
            Type::Scan => {
                let m: msg::LaserScan = decode(data)?;
                if m.ranges.len() > MOST_BEAMS {
                    return Err(format!("it has more than {MOST_BEAMS} beams"));
                }
                let sweep = Sweep {
                    angle_min: m.angle_min,
                    angle_increment: m.angle_increment,
                    range_min: m.range_min,
                    range_max: m.range_max,
                    ranges: m.ranges,
                };
                (m.header, None, Content::Scan(sweep))
            }
            Type::Pose => {
                let m: msg::PoseWithCovarianceStamped = decode(data)?;
                (m.header, None, Content::Pose(Box::new(absolute(&m.pose))))
            }
            Type::BarePose => {
                let m: msg::PoseStamped = decode(data)?;
                let pose = planar(&m.pose).map_err(|_| "its attitude is none".to_owned())?;
                (m.header, None, Content::BarePose(pose))
            }
            Type::Transforms => return self.links(topic, data),
        };
        let frame = frame.unwrap_or(header.frame_id);
        let of = &mut self.topics[topic];
        if of.frame.is_empty() {
            frame.trim_start_matches('/').clone_into(&mut of.frame);
        }
        Ok((nanoseconds(&header.stamp), content))
    }

    fn links(&mut self, topic: usize, data: &[u8]) -> Result<(i64, Content), String> {
        let m: msg::TFMessage = decode(data)?;
        let is_static = self.topics[topic].name.ends_with("tf_static");
        let mut links = Vec::with_capacity(m.transforms.len());
        for transform in &m.transforms {
            let t = &transform.transform;
            let translation = vector(&t.translation);
            let rotation = rotation(&t.rotation).filter(|_| translation.iter().all(|v| v.is_finite()));
            let parent = self.frame(&transform.header.frame_id);
            let child = self.frame(&transform.child_frame_id);
            let (Some(rotation), true) = (rotation, parent != child) else {
                self.topics[topic].skip("a transform in it is none".to_owned());
                continue;
            };
            let pose = Isometry3::from_parts(Translation3::from(translation), rotation);
            links.push(Link { parent, child, pose, stamp: nanoseconds(&transform.header.stamp), is_static });
        }
        let stamp = links.iter().map(|link| link.stamp).max().ok_or("it holds no transform")?;
        Ok((stamp, Content::Links(links)))
    }

    /// The index of a frame, known or new.
    fn frame(&mut self, name: &str) -> usize {
        let name = name.trim_start_matches('/');
        if let Some(index) = self.frame_index.get(name) {
            return *index;
        }
        self.frames.push(name.to_owned());
        self.frame_index.insert(name.to_owned(), self.frames.len() - 1);
        self.frames.len() - 1
    }

    /// The index of a frame that a transform named.
    pub(super) fn known_frame(&self, name: &str) -> Option<usize> {
        self.frame_index.get(name.trim_start_matches('/')).copied()
    }
}

/// A message in CDR, of either order of bytes.
fn decode<M: DeserializeOwned>(data: &[u8]) -> Result<M, String> {
    let (message, used, length) = match data {
        [0, 0, _, _, payload @ ..] => {
            cdr_encoding::from_bytes::<M, BigEndian>(payload).map(|(m, used)| (m, used, payload.len()))
        }
        [0, 1, _, _, payload @ ..] => {
            cdr_encoding::from_bytes::<M, LittleEndian>(payload).map(|(m, used)| (m, used, payload.len()))
        }
        [0x28, 0xb5, 0x2f, 0xfd, ..] => {
            return Err("it is compressed by itself: `ros2 bag convert` unpacks it".to_owned());
        }
        _ => return Err("it is no plain CDR".to_owned()),
    }
    .map_err(|_| "it does not decode as its type".to_owned())?;
    if length > used.saturating_add(PADDING) {
        return Err("it is longer than its type".to_owned());
    }
    Ok(message)
}

fn nanoseconds(time: &msg::Time) -> i64 {
    i64::from(time.sec) * 1_000_000_000 + i64::from(time.nanosec)
}

fn vector(v: &msg::Vector3) -> Vector3<f64> {
    Vector3::new(v.x, v.y, v.z)
}

/// The rotation, unless the numbers are none of one: a quaternion of zeros is how ROS leaves one out.
fn rotation(q: &msg::Quaternion) -> Option<UnitQuaternion<f64>> {
    let q = Quaternion::new(q.w, q.x, q.y, q.z);
    let length = q.norm();
    (length.is_finite() && length > 1e-6).then(|| UnitQuaternion::new_normalize(q))
}

/// The shadow of a pose on the ground; `Err` with a heading of zero if it has no attitude.
fn planar(pose: &msg::Pose) -> Result<Pose2, Pose2> {
    let flat = Pose2 { x: pose.position.x, y: pose.position.y, yaw: 0.0 };
    let rotation = rotation(&pose.orientation).ok_or(flat)?;
    let spatial = Isometry3::from_parts(Translation3::identity(), rotation);
    Ok(Pose2 { yaw: Pose2::from_spatial(&spatial).yaw, ..flat })
}

/// A pose with its covariance. What has no attitude tells no rotation; a height, roll or pitch without variance is one that is
/// not told (a localiser on the plane leaves zeros there).
fn absolute(pose: &msg::PoseWithCovariance) -> AbsolutePose {
    let told = rotation(&pose.pose.orientation);
    let mut covariance = Matrix6::from_fn(|i, j| pose.covariance[i][j]);
    for axis in [2, 3, 4, 5] {
        let is_told = if axis == 5 { told.is_some() } else { covariance[(axis, axis)] != 0.0 };
        if !is_told || axis > 2 && told.is_none() {
            covariance.row_mut(axis).fill(0.0);
            covariance.column_mut(axis).fill(0.0);
            covariance[(axis, axis)] = f64::INFINITY;
        }
    }
    let place = Translation3::from(vector(&pose.pose.position));
    AbsolutePose { pose: Isometry3::from_parts(place, told.unwrap_or_default()), covariance }
}
