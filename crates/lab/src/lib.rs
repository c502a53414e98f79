//! The laboratory: whole tables that hold mechanisms against their baselines, and the training of motor circuits.
//!
//! Nothing that a robot carries needs it: it runs bodies in the simulator, many times, and says what came of it.

pub mod bench;
pub mod estimate;
pub mod motor;
pub mod train;
