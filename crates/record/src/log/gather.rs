//! The messages of a log, decoded as they come: what of each is of use, and why the others are not.

use std::collections::BTreeMap;

use nalgebra::Isometry3;
use neuraxis_core::Pose2;
use neuraxis_core::percepts::{AbsolutePose, Imu, Odometry};
use neuraxis_messages::senses::MAX_BEAMS;
use neuraxis_messages::{self as msg, Unusable, decode};

/// More than this is not kept: hours of a robot take some hundred MB of it.
const MAX_BYTES: usize = 4 << 30;
/// So many sentences about damage are kept, and so many reasons a topic.
const MAX_REASONS: usize = 8;

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
        let is_known = self.skipped.len() < MAX_REASONS || self.skipped.contains_key(&why);
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
        } else if self.damage.len() < MAX_REASONS {
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
        if self.bytes > MAX_BYTES {
            return Err(format!("more than {MAX_BYTES} bytes of messages: the rest is left out"));
        }
        match self.content(kind, topic, data) {
            Ok((stamp, content)) => self.events.push(Event { received, stamp, topic, content }),
            Err(why) => self.topics[topic].skip(why.to_string()),
        }
        Ok(())
    }

    /// Stamp and content of a message.
    fn content(&mut self, kind: Type, topic: usize, data: &[u8]) -> Result<(i64, Content), Unusable> {
        let (header, frame, content) = match kind {
            Type::Odometry => {
                let m: msg::Odometry = decode(data)?;
                let reading = m.reading();
                (m.header, Some(m.child_frame_id), Content::Odometry(reading))
            }
            Type::Imu => {
                let m: msg::Imu = decode(data)?;
                let reading = m.reading();
                (m.header, None, Content::Imu(reading))
            }
            Type::Scan => {
                let m: msg::LaserScan = decode(data)?;
                if m.ranges.len() > MAX_BEAMS {
                    return Err(Unusable::TooManyBeams(MAX_BEAMS));
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
                (m.header, None, Content::Pose(Box::new(m.pose.to_absolute())))
            }
            Type::BarePose => {
                let m: msg::PoseStamped = decode(data)?;
                let pose = m.pose.to_planar().map_err(|_| Unusable::NoAttitude)?;
                (m.header, None, Content::BarePose(pose))
            }
            Type::Transforms => return self.links(topic, data),
        };
        let frame = frame.unwrap_or(header.frame_id);
        let of = &mut self.topics[topic];
        if of.frame.is_empty() {
            frame.trim_start_matches('/').clone_into(&mut of.frame);
        }
        Ok((header.stamp.nanoseconds(), content))
    }

    fn links(&mut self, topic: usize, data: &[u8]) -> Result<(i64, Content), Unusable> {
        let m: msg::TFMessage = decode(data)?;
        let is_static = self.topics[topic].name.ends_with("tf_static");
        let mut links = Vec::with_capacity(m.transforms.len());
        for transform in &m.transforms {
            let parent = self.frame(&transform.header.frame_id);
            let child = self.frame(&transform.child_frame_id);
            let (Some(pose), true) = (transform.transform.isometry(), parent != child) else {
                self.topics[topic].skip("a transform in it is none".to_owned());
                continue;
            };
            let stamp = transform.header.stamp.nanoseconds();
            links.push(Link { parent, child, pose, stamp, is_static });
        }
        let stamp = links.iter().map(|link| link.stamp).max().ok_or(Unusable::NoTransform)?;
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
