//! ROS 2 messages: their types, CDR in both directions, type hashes, and what they are in the robot's own terms.
//!
//! One file a message, or one a sense, with both conversions side by side ([`senses`]). The interface definitions stand
//! in `msg/`: those of `common_interfaces` and `geometry2`, field by field, and our own package `neuraxis_msgs`. Tests hold the
//! Rust types to the definitions, and the definitions to the type hashes that ROS 2 publishes. Nothing here knows a
//! transport or a file: recordings and live ROS 2 bodies stand on it alike.

pub mod cdr;
pub mod decision;
pub mod definition;
pub mod geometry;
pub mod map;
mod message;
pub mod path;
pub mod senses;
pub mod time;
pub mod trace;
pub mod transforms;
pub mod type_hash;
pub mod verdict;

pub use cdr::{Unusable, decode, encode};
pub use decision::{
    Candidate, Cue, Decision, Drive, Events, Goal, Modulation, MotionReason, Needs, PlanReason,
};
pub use definition::{definition, ros2msg};
pub use geometry::{
    Point, Pose, PoseStamped, PoseWithCovariance, Quaternion, Twist, TwistWithCovariance, Vector3,
};
pub use map::{MapMetaData, OccupancyGrid};
pub use message::{FieldType, Message};
pub use path::Path;
pub use senses::*;
pub use time::{Clock, Header, Time};
pub use trace::{Stream, Trace};
pub use transforms::{TFMessage, Transform, TransformStamped};
pub use type_hash::type_hash;
pub use verdict::Verdict;
