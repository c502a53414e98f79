//! What tests share: bodies in a line ([`bodies`]), a little world that they move through ([`rig`]), the laws that every
//! implementation keeps ([`mod@laws`]), and a count of how often memory is taken ([`allocations`]).
//!
//! It stands beside the floors: crates name it under `[dev-dependencies]` alone.

#![allow(clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

pub mod allocations;
pub mod bodies;
pub mod laws;
pub mod rig;

pub use bodies::BodyBuilder;
pub use rig::Rig;
