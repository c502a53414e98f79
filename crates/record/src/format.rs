//! The version of a recording's format: the layout of our own topics, attachments and metadata.
//!
//! CONTRIBUTING.md says what a change of it takes.

/// The format that is written.
///
/// 1: the first. 2: `neuraxis_msgs/Decision` has poses in space, the goal and the reasons, and names every status; each actuator of a body
/// has an interface and limits of its own.
pub(crate) const FORMAT: u32 = 2;
/// The oldest format that is read. The bodies in recordings of format 1 have no limits for their actuators, so that no brain can be
/// built for them.
pub(crate) const OLDEST: u32 = 2;
