//! Recordings: what every brain of a trial felt, decided and commanded, in one MCAP file.
//!
//! The file holds each tick to the bit ([`neuraxis_messages::Trace`]), so that [`ReplayBody`] can show a brain the same
//! senses again, and beside it what ROS 2 names, as ROS 2 messages in CDR, so that Foxglove, Rerun
//! and `ros2 bag` open it. All files that the trial was made of are attached: the file alone reproduces the run.
//!
//! A [`Tap`] copies each tick into a ring without a lock or an allocation; a [`Recorder`] empties the rings from a
//! thread of its own and writes the files. [`Recording`] reads one back, whole or cut short.

pub mod attachments;
mod frame;
pub mod header;
#[cfg(feature = "live")]
pub mod live;
pub mod log;
mod output;
pub mod recorder;
pub mod recording;
pub mod replay;
mod sink;
mod tap;
pub mod trace;

pub use attachments::Attachments;
pub use header::{RecordingHeader, RobotHeader};
#[cfg(feature = "live")]
pub use live::LiveServer;
pub use log::{Log, LogBody, LogOptions};
pub use recorder::{Finished, Recorder};
pub use recording::{ReadError, Recording};
pub use replay::ReplayBody;
pub use tap::Tap;
