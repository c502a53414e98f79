//! What the engine holds of bodies in reduced coordinates, and where it is up to date.
//!
//! After a step, the velocities of a multibody's *bodies* are those of the last substep's beginning; only its generalized
//! velocities are those of the end. So all velocities are read here.

use rapier3d::prelude::{PhysicsWorld, RigidBodyHandle, Vector};

/// Velocity of the centre of mass, m/s, and turning rate, rad/s, of a link in the world; `None` if it is in maximal
/// coordinates.
pub(crate) fn velocity(world: &PhysicsWorld, body: RigidBodyHandle) -> Option<(Vector, Vector)> {
    let link = world.multibody_joints.rigid_body_link(body)?;
    let multibody = world.multibody_joints.get_multibody(link.multibody)?;
    // Before the first step nothing moves, and the engine has not laid out the coordinates.
    let jacobian = multibody.body_jacobian(link.id);
    let rates = multibody.generalized_velocity();
    if jacobian.ncols() != rates.len() {
        return None;
    }
    let v = jacobian * rates;
    Some((Vector::new(v[0], v[1], v[2]), Vector::new(v[3], v[4], v[5])))
}
