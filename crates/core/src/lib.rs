//! What every part of Neuraxis shares: time, frames, what a body feels ([`Percepts`]), what a brain
//! wants ([`Drive`], [`Command`]), what it believes ([`Belief`]) and needs ([`Needs`]), the two
//! traits [`Body`] and [`Brain`], and the loading of files with errors for a person.
//!
//! SI units and radians everywhere; right-handed frames, x forward, y left, z up (REP 103); frames
//! `map`, `odom`, `base_link` (REP 105); field names follow the ROS messages where ROS has one.

pub mod actuator;
pub mod archive;
pub mod belief;
pub mod body;
pub mod brain;
pub mod calibration;
pub mod command;
pub mod conformance;
pub mod decision;
pub mod digest;
pub mod faults;
pub mod file;
pub mod geometry;
pub mod goal;
pub mod graph_snapshot;
pub mod grid;
pub mod joint_stop;
pub mod kinematics;
pub mod map_file;
pub mod markup;
pub mod math;
pub mod mobility;
pub mod named;
pub mod needs;
pub mod observer;
pub mod part;
pub mod percepts;
pub mod random;
pub mod reasons;
pub mod robot;
pub mod running_stats;
pub mod senses;
pub mod soft_limit;
pub mod time;
pub mod world;

pub use actuator::{Actuator, JointLimits, StopBehaviour};
pub use archive::{Archive, ArchiveError, Origin};
pub use belief::{Belief, CueReport, Events, Vertical};
pub use body::{Body, BodyDescription, BodyError};
pub use brain::Brain;
pub use command::{Command, Drive, Gait, Interface, StopReason};
pub use decision::{Decision, Limit, SafetyState};
pub use geometry::{Pose2, Twist2};
pub use goal::{Goal, GoalStatus, Landmark};
pub use graph_snapshot::GraphSnapshot;
pub use grid::OccupancyGrid;
pub use mobility::Mobility;
pub use needs::{Modulation, Needs};
pub use observer::{Event, Flow, Observer};
pub use part::{Outcome, Part, Trainable};
pub use percepts::{Percepts, Slot};
pub use reasons::Reasons;
pub use senses::{Input, Reading};
pub use time::Stamp;
pub use world::World;
