//! What a brain has to know of a body, from a robot's file and its model: without a physics engine.
//!
//! [`Fitted`] is a robot file fitted to its model, every name resolved and every measure taken: a simulator, a ROS 2 body and
//! anybody's own get their [`neuraxis_core::BodyDescription`] from it. [`model`] is the model as this needs it: links, joints with
//! their limits, named frames, collision shapes as plain geometry; [`load`] reads it with `urdf-rs` and `mjcf-rs`.
//!
//! Masses and inertias, colliders and whatever else physics needs is not here. A simulator has its engine's own loaders for
//! that, which read the same file; `the_description_and_the_engine_agree_on_every_model` holds the two together.

pub mod fit;
mod limb;
pub mod load;
mod mesh;
pub mod mjcf;
pub mod model;
pub mod tree;
pub mod urdf;
mod wheels;

pub use fit::Fitted;
pub use model::{Frame, Geometry, Joint, JointKind, Link, Model, Pose, Rotation, Shape, Vector};
