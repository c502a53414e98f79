//! Navigation as a systematic search over behaviours, held in a cognitive graph.
//!
//! Inspired by arXiv 2410.01349 (Baranski and Tani, "Life, uh, Finds a Way"; of which only the abstract and the author's pages
//! are public, so that no number here is the paper's). A robot with nothing but a pose and a sense of touch solves any world
//! that can be solved, and knows it the second time.
//!
//! Imports point downwards: [`navigator`] (the loop) → [`wave`] (values) → [`store`] (places and ways) → [`impressions`] (failures);
//! [`leg`] executes one edge.

pub mod heap;
pub mod impressions;
pub mod leg;
pub mod navigator;
mod sketch;
pub mod spec;
pub mod store;
pub mod wave;

/// No node, no edge.
pub const NONE: u32 = u32::MAX;

pub use navigator::GraphNavigator;
pub use spec::{GraphSpec, MemoryKind};
