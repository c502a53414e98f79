//! The true mechanical state of a simulated robot, which motors, water and senses read.

use rapier3d::prelude::{ColliderHandle, Pose, Vector};

/// The robot's true mechanical state, kept up to date by the physics stage.
#[derive(Clone, Debug, Default)]
pub(crate) struct RobotState {
    /// Marks the robot's own colliders.
    pub(crate) user_data: u128,
    /// Poses of the links.
    pub(crate) links: Vec<Pose>,
    /// Velocity of each link's origin, m/s, and its turning rate, rad/s, in the world.
    pub(crate) velocities: Vec<(Vector, Vector)>,
    /// The same before the last step, for accelerations and impacts.
    pub(crate) last_velocities: Vec<(Vector, Vector)>,
    /// Joint positions (rad, unwrapped, or m), velocities and efforts.
    pub(crate) joints: Vec<JointState>,
    /// Colliders of each link.
    pub(crate) colliders: Vec<Vec<ColliderHandle>>,
    /// Charge drawn so far, J.
    pub(crate) energy: f64,
    /// Power drawn now, W.
    pub(crate) power: f64,
    /// Length of a physics step, s.
    pub(crate) timestep: f64,
    /// Downwards, m/s².
    pub(crate) gravity: f32,
}

/// A joint's true state.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct JointState {
    /// Its free axis in the world.
    pub(crate) axis: Vector,
    pub(crate) position: f64,
    pub(crate) velocity: f64,
    pub(crate) effort: f64,
}
