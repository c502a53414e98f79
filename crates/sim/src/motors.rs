//! The motors of a robot's joints, and what the joints themselves take away by friction.
//!
//! Torque comes as an equal and opposite pair on the two links, clamped to the joint's effort limit. A
//! servo is the engine's implicit spring in reduced coordinates (its joint motors let standing legs creep) and
//! its joint motor in maximal ones; where it would exceed the effort limit, it is a torque at the limit. Wheels
//! are velocity motors.
//!
//! Soft ends of a joint's range ([`crate::limits`]) are a torque pair and an armature.
//!
//! Viscous friction (`damping`) is implicit in the solver. Dry friction is the engine's own in reduced coordinates;
//! in maximal ones it is Coulomb's law made smooth below [`STRIBECK`], as a viscous friction that
//! follows the speed: a joint under load creeps at less than that speed instead of sticking.

use neuraxis_core::Actuator;
use rapier3d::prelude::{
    GenericJoint, JointAxis, MotorModel, Multibody, MultibodyLink, PhysicsWorld, Vector,
};

use crate::limits::SoftRange;
use crate::model::{Joint, JointHandle, JointKind, Model, PhysicsHandles};
use crate::state::{JointState, RobotState};

/// Speed below which dry friction in maximal coordinates is viscous, rad/s or m/s.
const STRIBECK: f64 = 0.01;

/// What an actuator asks of its joint in a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Demand {
    /// Turn at `speed` (rad/s); `gain` (N·m·s/rad) says how hard it strives.
    Velocity { speed: f64, gain: f64 },
    /// Put out this much, N·m or N.
    Effort(f64),
    /// Go to `target` (rad or m) with gains N·m/rad and N·m·s/rad.
    Position { target: f64, kp: f64, kd: f64 },
}

/// The motors of one robot.
#[derive(Clone, Debug)]
pub(crate) struct Motors {
    joints: Vec<Motor>,
}

/// The motor and the friction of one joint.
#[derive(Clone, Debug)]
struct Motor {
    handle: JointHandle,
    kind: JointKind,
    /// Links at both ends.
    parent: usize,
    child: usize,
    damping: f64,
    friction: f64,
    limit: f64,
    /// What the actuator put out in this step, if that is known without asking the solver.
    effort: Option<f64>,
    /// Friction that the solver's motor stands for besides the actuator, N·m·s/rad.
    drag: f64,
    /// kg·m² or kg.
    armature: f32,
    /// The range whose ends give way.
    soft: Option<SoftRange>,
}

impl Motors {
    /// The motors of `model`; `actuators` may limit the effort of joints further than the model does.
    ///
    /// To be called after the first step of `world`, in which the engine numbers the joints of a
    /// body in reduced coordinates anew.
    pub(crate) fn new(
        model: &Model,
        actuators: &[Actuator],
        handles: &PhysicsHandles,
        world: &mut PhysicsWorld,
        timestep: f64,
    ) -> Self {
        let own =
            |joint: &Joint| actuators.iter().find(|actuator| actuator.joint == joint.name)?.limits.effort;
        let mut joints: Vec<Motor> = model
            .joints
            .iter()
            .zip(&handles.joints)
            .map(|(joint, handle)| Motor::new(joint, *handle, own(joint)))
            .collect();
        // The engine damps every free direction of a multibody, its root's too, by 0.1 N·m·s/rad unasked.
        let hinges = joints.iter().filter_map(|joint| match joint.handle {
            JointHandle::Multibody(handle) => Some(handle),
            JointHandle::Impulse(_) => None,
        });
        for handle in hinges.chain(handles.plane) {
            if let Some((multibody, _)) = world.multibody_joints.get_mut(handle) {
                multibody.damping_mut().fill(0.0);
            }
        }
        for (motor, joint) in joints.iter().zip(&model.joints) {
            motor.with_dof(world, |multibody, _, dof| {
                multibody.damping_mut()[dof] = joint.damping;
                multibody.frictions_mut()[dof] = joint.friction;
                multibody.armature_mut()[dof] = joint.armature;
            });
        }
        for (motor, joint) in joints.iter_mut().zip(&model.joints) {
            if let (Some(limit), Some(range)) = (&joint.soft_limit, joint.range()) {
                // The inertia counts with the model as drawn, and so it still is.
                let inverse = motor.inverse_inertia(world);
                motor.soft = inverse.map(|inverse| SoftRange::new(limit, range, inverse, timestep));
            }
        }
        Self { joints }
    }

    /// Begins a step: no actuator puts out anything, and only friction is left.
    pub(crate) fn rest(&mut self, world: &mut PhysicsWorld, handles: &PhysicsHandles, truth: &RobotState) {
        // Torques stay on a body until they are taken off again.
        for handle in &handles.links {
            if let Some(body) = world.bodies.get_mut(*handle) {
                body.reset_torques(false);
                body.reset_forces(false);
            }
        }
        for (joint, state) in self.joints.iter_mut().zip(&truth.joints) {
            joint.effort = Some(0.0);
            joint.drag = joint.viscous(state.velocity);
            joint.serve(0.0, 0.0, 0.0, world);
        }
        for (joint, state) in self.joints.iter().zip(&truth.joints) {
            if let Some(range) = &joint.soft {
                joint.give(range, state, world, handles, truth);
            }
        }
    }

    /// Gives the joint `index` what its actuator asks for; after [`Motors::rest`].
    pub(crate) fn drive(
        &mut self,
        index: usize,
        demand: Demand,
        world: &mut PhysicsWorld,
        handles: &PhysicsHandles,
        truth: &RobotState,
    ) {
        let state = truth.joints[index];
        let joint = &mut self.joints[index];
        match demand {
            Demand::Velocity { speed, gain } => {
                // The motor has to overcome the friction too: it takes from the torque that drives the joint on,
                // and helps to brake it.
                let drag = joint.drag * state.velocity.abs();
                let brakes = (speed - state.velocity) * state.velocity < 0.0;
                let most = (joint.limit + if brakes { drag } else { -drag }).max(0.0);
                joint.effort = None;
                joint.with_motor(world, |axis, data| {
                    // Force based: the engine's acceleration-based motors scale with the wheel's own inertia,
                    // which is nothing beside the robot that it has to move.
                    data.set_motor_model(axis, MotorModel::ForceBased);
                    data.set_motor_velocity(axis, speed as f32, gain as f32);
                    data.set_motor_max_force(axis, most.min(f64::from(f32::MAX)) as f32);
                });
            }
            Demand::Effort(effort) => {
                let effort = effort.clamp(-joint.limit, joint.limit);
                joint.effort = Some(effort);
                joint.push(effort, state.axis, world, handles, truth);
            }
            Demand::Position { target, kp, kd } => {
                let wanted = kp * (target - state.position) - kd * state.velocity;
                let is_weak = wanted.abs() > joint.limit;
                let (kp, kd) = if is_weak { (0.0, 0.0) } else { (kp, kd) };
                let effort = if is_weak { wanted.clamp(-joint.limit, joint.limit) } else { wanted };
                joint.effort = Some(effort);
                joint.serve(target, kp, kd, world);
                if is_weak {
                    joint.push(effort, state.axis, world, handles, truth);
                }
            }
        }
    }

    /// What the actuator of the joint `index` put out in the last step, N·m or N.
    pub(crate) fn effort(&self, index: usize, velocity: f64, world: &PhysicsWorld, timestep: f64) -> f64 {
        let joint = &self.joints[index];
        joint.effort.unwrap_or_else(|| {
            let substeps = world.integration_parameters.num_solver_iterations as f64;
            // The engine counts what the motor takes from the joint.
            joint.drag * velocity - joint.impulse(world) * substeps / timestep
        })
    }
}

impl Motor {
    fn new(joint: &Joint, handle: JointHandle, own_limit: Option<f64>) -> Self {
        Self {
            handle,
            kind: joint.kind,
            parent: joint.parent,
            child: joint.child,
            damping: f64::from(joint.damping.max(0.0)),
            friction: f64::from(joint.friction.max(0.0)),
            limit: own_limit.or(joint.effort.map(f64::from)).unwrap_or(f64::INFINITY),
            effort: Some(0.0),
            drag: 0.0,
            armature: joint.armature,
            soft: None,
        }
    }

    /// Does what a soft end does, if the joint is beyond it.
    fn give(
        &self,
        range: &SoftRange,
        state: &JointState,
        world: &mut PhysicsWorld,
        handles: &PhysicsHandles,
        truth: &RobotState,
    ) {
        let mut give = None;
        self.with_dof(world, |multibody, _, dof| {
            let acceleration = f64::from(multibody.generalized_acceleration()[dof]);
            give = range.give(state.position, state.velocity, acceleration);
            let more = give.map_or(0.0, |give| give.inertia as f32);
            multibody.armature_mut()[dof] = self.armature + more;
        });
        if let Some(give) = give {
            self.push(give.effort, state.axis, world, handles, truth);
        }
    }

    /// The inverse of the inertia that the joint feels when all other joints are free, 1/(kg·m²) or 1/kg.
    fn inverse_inertia(&self, world: &mut PhysicsWorld) -> Option<f64> {
        let (JointHandle::Multibody(handle), Some(_)) = (self.handle, self.axis()) else { return None };
        let PhysicsWorld { multibody_joints, bodies, .. } = world;
        let (multibody, id) = multibody_joints.get_mut(handle)?;
        let dof = multibody.link(id)?.assembly_id();
        let inverse = f64::from(multibody.dof_inverse_inertia(bodies)[dof]);
        (inverse > 0.0).then_some(inverse)
    }

    /// The friction at `velocity` as a viscous one, N·m·s/rad; in reduced coordinates the engine has its own.
    fn viscous(&self, velocity: f64) -> f64 {
        match self.handle {
            JointHandle::Impulse(_) => self.damping + self.friction / velocity.abs().max(STRIBECK),
            JointHandle::Multibody(_) => 0.0,
        }
    }

    /// An effort on the child, and its opposite on the parent.
    fn push(
        &self,
        effort: f64,
        axis: Vector,
        world: &mut PhysicsWorld,
        handles: &PhysicsHandles,
        truth: &RobotState,
    ) {
        let push = axis * effort as f32;
        for (link, sign) in [(self.child, 1.0), (self.parent, -1.0)] {
            let at = truth.links[self.child].translation;
            if let Some(body) = world.bodies.get_mut(handles.links[link]) {
                match self.kind {
                    JointKind::Revolute => body.add_torque(push * sign, true),
                    JointKind::Prismatic => body.add_force_at_point(push * sign, at, true),
                    JointKind::Other | JointKind::Fixed => {}
                }
            }
        }
    }

    /// Pulls the joint towards `target` with the given gains, against its friction; without gains only the
    /// friction is left.
    fn serve(&self, target: f64, kp: f64, kd: f64, world: &mut PhysicsWorld) {
        match self.handle {
            JointHandle::Impulse(_) => {
                let damping = kd + self.drag;
                self.with_motor(world, |axis, data| {
                    // To the engine a motor without gains is a rigid one.
                    if kp == 0.0 && damping == 0.0 {
                        data.motor_axes.remove(axis.into());
                        return;
                    }
                    data.set_motor_model(axis, MotorModel::ForceBased);
                    data.set_motor(axis, target as f32, 0.0, kp as f32, damping as f32);
                    data.set_motor_max_force(axis, f32::MAX);
                });
            }
            JointHandle::Multibody(_) => {
                let damping = (self.damping + kd) as f32;
                self.with_dof(world, |multibody, id, dof| {
                    multibody.damping_mut()[dof] = damping;
                    if let (Some(axis), Some(link)) = (self.axis(), multibody.link_mut(id)) {
                        link.joint.set_spring(axis as usize, kp as f32, target as f32);
                    }
                });
            }
        }
    }

    /// The one axis that is free, if it is one.
    fn axis(&self) -> Option<JointAxis> {
        match self.kind {
            JointKind::Revolute => Some(JointAxis::AngX),
            JointKind::Prismatic => Some(JointAxis::LinX),
            JointKind::Other | JointKind::Fixed => None,
        }
    }

    /// Lets `set` change the solver's motor of the joint.
    fn with_motor(&self, world: &mut PhysicsWorld, set: impl FnOnce(JointAxis, &mut GenericJoint)) {
        let Some(axis) = self.axis() else { return };
        match self.handle {
            JointHandle::Impulse(handle) => {
                if let Some(joint) = world.impulse_joints.get_mut(handle, false) {
                    set(axis, &mut joint.data);
                }
            }
            JointHandle::Multibody(handle) => {
                if let Some((multibody, id)) = world.multibody_joints.get_mut(handle)
                    && let Some(link) = multibody.link_mut(id)
                {
                    set(axis, &mut link.joint.data);
                }
            }
        }
    }

    /// Lets `set` change the multibody of a joint in reduced coordinates; it gets the joint's link in it and
    /// the joint's place in the vectors of its degrees of freedom.
    fn with_dof(&self, world: &mut PhysicsWorld, set: impl FnOnce(&mut Multibody, usize, usize)) {
        let (JointHandle::Multibody(handle), Some(_)) = (self.handle, self.axis()) else { return };
        if let Some((multibody, id)) = world.multibody_joints.get_mut(handle)
            && let Some(dof) = multibody.link(id).map(MultibodyLink::assembly_id)
        {
            set(multibody, id, dof);
        }
    }

    /// The impulse that the solver's motor gave in the last substep, N·m·s or N·s.
    fn impulse(&self, world: &PhysicsWorld) -> f64 {
        let Some(axis) = self.axis() else { return 0.0 };
        let motor = match self.handle {
            JointHandle::Impulse(handle) => {
                world.impulse_joints.get(handle).and_then(|j| j.data.motor(axis).copied())
            }
            JointHandle::Multibody(handle) => {
                world.multibody_joints.get(handle).and_then(|(multibody, id)| {
                    multibody.link(id).and_then(|link| link.joint.data.motor(axis).copied())
                })
            }
        };
        motor.map_or(0.0, |motor| f64::from(motor.impulse))
    }
}
