//! One arena: one physics world with its robots and the faults of their senses, as a [`World`].
//!
//! An arena is a value of its own: nothing in it looks outside, so that a trial computes the same bits
//! alone or among a thousand. It knows bodies and not brains: who drives them, and who judges, is a matter of the session that
//! it is put into.

mod stance;
mod touch;

use neuraxis_core::body::{BodyDescription, BodyError};
use neuraxis_core::digest::Digest;
use neuraxis_core::world::{Incident, Truth as BodyTruth, World};
use neuraxis_core::{Command, Interface, Percepts, Pose2, Stamp, StopBehaviour, StopReason, math};
use rapier3d::prelude::{
    CoefficientCombineRule, ColliderBuilder, PhysicsWorld, Pose, RigidBodyBuilder, Vector,
};

pub use self::stance::Stance;

use crate::convert::pose64;
use crate::medium::Immersed;
use crate::model::{JointKind, PhysicsHandles};
use crate::motors::{Demand, Motors};
use crate::reduced;
use crate::robot::RobotModel;
use crate::scene::SceneSpec;
use crate::scene::spec::{Beacon, Fault};
use crate::scene::world::WorldInstance;
use crate::senses::{Sense, Truth, Wiring};
use crate::state::{JointState, RobotState};

/// How quickly wheel motors bring the whole robot to speed, 1/s (their torque limits them besides).
const MOTOR_GAIN: f64 = 400.0;
/// Marks solids that one may drive on; robots are marked by their number, walls by 0.
const DRIVABLE: u128 = u128::MAX;

/// A robot in an arena.
pub struct SimRobot {
    /// Its file and model.
    pub model: RobotModel,
    percepts: Percepts,
    command: Command,
    /// Whether nobody drives it any more.
    is_released: bool,
    placed: PhysicsHandles,
    truth: RobotState,
    senses: Vec<Sense>,
    touching: Vec<bool>,
    /// What pushes it in the step to come, N, in the world.
    push: Option<Vector>,
    /// Damping of a wheel's velocity motor, N·m·s/rad.
    motor_gain: f64,
    /// From the first step on.
    motors: Option<Motors>,
    /// Where joints that are commanded by position were told to go last, rad or m; one an actuator.
    targets: Vec<f64>,
    immersed: Immersed,
}

/// One physics world with everything in it.
pub struct Arena {
    /// The world as the scene and the seed make it.
    pub layout: WorldInstance,
    now: Stamp,
    timestep: u64,
    time_limit: Stamp,
    /// Until when senses have measured.
    measured: Option<Stamp>,
    world: PhysicsWorld,
    robots: Vec<SimRobot>,
    faults: Vec<Fault>,
    /// Which faults are on.
    active: Vec<bool>,
    beacons: Vec<Beacon>,
    digest: Digest,
    incidents: Vec<Incident>,
}

impl Arena {
    /// Sets up the world: walls, and robots at the starts of the layout's tasks, in their order.
    #[must_use]
    pub fn new(seed: u64, scene: &SceneSpec, layout: WorldInstance, robots: Vec<RobotModel>) -> Self {
        let mut world = PhysicsWorld::new();
        world.gravity = Vector::new(0.0, 0.0, -(scene.physics.gravity as f32));
        world.integration_parameters.dt = scene.physics.timestep as f32;
        world.integration_parameters.num_solver_iterations = scene.physics.iterations as usize;
        // The default contacts are soft: wheels sink in and roll on a smaller radius than theirs (by 2 % for
        // a robot of 1 kg). Stiffer and less damped, the error is below 0.5 %, and the tests hold it there.
        world.integration_parameters.normalized_allowed_linear_error = 1e-4;
        world.integration_parameters.static_contact_softness.natural_frequency = 120.0;
        world.integration_parameters.static_contact_softness.damping_ratio = 2.0;
        // With fewer inner iterations the wheels of a light robot chatter on the ground.
        world.integration_parameters.num_internal_pgs_iterations = 4;
        let friction = scene.friction as f32;

        // Insertion order is the order of the file: physics depends on it.
        let ground = world.insert_body(RigidBodyBuilder::fixed());
        world.insert_collider(
            ColliderBuilder::halfspace(nalgebra::Unit::new_unchecked(Vector::Z))
                .friction(friction)
                .friction_combine_rule(CoefficientCombineRule::Multiply)
                .build(),
            Some(ground),
        );
        for solid in &layout.solids {
            let collider = ColliderBuilder::new(solid.shape.clone())
                .position(solid.pose)
                .friction(friction)
                .friction_combine_rule(CoefficientCombineRule::Multiply);
            let user_data = if solid.drivable { DRIVABLE } else { 0 };
            world.insert_collider(collider.user_data(user_data).build(), Some(ground));
        }
        let robots: Vec<SimRobot> = robots
            .into_iter()
            .zip(&layout.assignments)
            .enumerate()
            .map(|(i, (model, task))| {
                let ground =
                    crate::scene::ground::under(&layout.solids, &task.start, model.description.radius);
                SimRobot::new(i, model, &task.start, ground, &mut world, scene, seed)
            })
            .collect();
        let colliders: usize = robots.iter().map(|robot| robot.touching.len()).sum();
        // One step ahead of time, so that the first sweep of a range finder sees the walls. (The world's
        // `detect_collisions` would do for that, but bodies that it has seen first never wake.)
        world.step();
        let mut arena = Self {
            layout,
            now: Stamp::ZERO,
            timestep: timestep(scene),
            time_limit: Stamp::from_seconds(scene.time_limit),
            measured: None,
            world,
            robots,
            faults: scene.faults.clone(),
            active: vec![false; scene.faults.len()],
            beacons: scene.beacons.clone(),
            digest: Digest::default(),
            // A collider begins to touch once a step at most, a fault begins and ends once.
            incidents: Vec::with_capacity(colliders + 2 * scene.faults.len()),
        };
        for robot in &mut arena.robots {
            let SimRobot { model, placed, .. } = robot;
            let (model, actuators) = (&model.model, &model.description.actuators);
            robot.motors =
                Some(Motors::new(model, actuators, placed, &mut arena.world, scene.physics.timestep));
            robot.observe(&arena.world);
        }
        arena
    }

    /// The arena's time.
    #[must_use]
    pub fn now(&self) -> Stamp {
        self.now
    }

    /// The robots, in the order of the scene file.
    #[must_use]
    pub fn robots(&self) -> &[SimRobot] {
        &self.robots
    }

    /// Digest of all bodies' poses and velocities and of all commands, of every step so far.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest.value()
    }

    /// How long the scene lets a trial last.
    #[must_use]
    pub fn time_limit(&self) -> Stamp {
        self.time_limit
    }

    /// A step of the physics alone: no sense measures, and nothing goes into the digest. For benches of bodies.
    pub fn advance_physics(&mut self) {
        for robot in &mut self.robots {
            robot.actuate(&mut self.world);
        }
        for robot in &mut self.robots {
            let base = robot.placed.links[robot.model.base.link];
            if let (Some(force), Some(body)) = (robot.push.take(), self.world.bodies.get_mut(base)) {
                body.add_force(force, true);
            }
        }
        self.world.step();
        self.now = self.now + self.timestep;
        for robot in &mut self.robots {
            robot.observe(&self.world);
        }
    }

    /// Senses measure and messages arrive, once for each moment.
    fn measure(&mut self) {
        if self.measured == Some(self.now) {
            return;
        }
        self.measured = Some(self.now);
        self.incidents.clear();
        self.note_faults();
        for robot in &mut self.robots {
            let truth =
                Truth { world: &self.world, robot: &robot.truth, beacons: &self.beacons, now: self.now };
            for (sense, slot) in robot.senses.iter_mut().zip(robot.percepts.slots_mut()) {
                sense.measure(self.now, &truth);
                sense.deliver(self.now, slot);
            }
            robot.percepts.now = self.now;
        }
    }

    /// Notes which faults begin and end; what they do, each sense knows by itself.
    fn note_faults(&mut self) {
        for (fault, was_on) in self.faults.iter().zip(&mut self.active) {
            let is_on = fault.is_on(self.now);
            let Some(robot) = self.robots.get(fault.robot) else { continue };
            let Some(slot) = robot.percepts.find(&fault.sensor) else { continue };
            if is_on != *was_on {
                *was_on = is_on;
                self.incidents.push(Incident::Fault { body: fault.robot, slot, has_begun: is_on });
            }
        }
    }
}

impl World for Arena {
    fn bodies(&self) -> usize {
        self.robots.len()
    }

    fn description(&self, body: usize) -> &BodyDescription {
        &self.robots[body].model.description
    }

    fn sense(&mut self, body: usize, percepts: &mut Percepts) -> Result<(), BodyError> {
        self.measure();
        let Some(robot) = self.robots.get(body) else { return Err(BodyError::Ended) };
        percepts.now = self.now;
        for (slot, own) in percepts.slots_mut().iter_mut().zip(robot.percepts.slots()) {
            slot.follow(own);
        }
        Ok(())
    }

    fn act(&mut self, body: usize, command: &Command) -> Result<(), BodyError> {
        let Some(robot) = self.robots.get_mut(body) else { return Err(BodyError::Ended) };
        robot.take_command(command);
        for value in &robot.command.values {
            self.digest.f64(*value);
        }
        Ok(())
    }

    fn release(&mut self, body: usize, _: &Command) -> Result<(), BodyError> {
        let Some(robot) = self.robots.get_mut(body) else { return Err(BodyError::Ended) };
        robot.is_released = true;
        Ok(())
    }

    fn advance(&mut self) -> Result<(), BodyError> {
        self.measure();
        self.advance_physics();
        for (index, robot) in self.robots.iter_mut().enumerate() {
            for (pose, (linear, angular)) in robot.truth.links.iter().zip(&robot.truth.velocities) {
                let (t, r) = (pose.translation, pose.rotation);
                self.digest.f32s([t.x, t.y, t.z, r.x, r.y, r.z, r.w, linear.x, linear.y, linear.z]);
                self.digest.f32s([angular.x, angular.y, angular.z]);
            }
            if !robot.is_released {
                robot.find_touches(&self.world, index, &mut self.incidents);
            }
        }
        Ok(())
    }

    fn truth(&self, body: usize) -> Option<BodyTruth> {
        let robot = self.robots.get(body)?;
        let velocity = robot.truth.velocities[robot.model.base.link].0;
        Some(BodyTruth {
            stamp: self.now,
            pose: robot.pose(),
            speed: f64::from((velocity.x * velocity.x + velocity.y * velocity.y).sqrt()),
            energy: robot.truth.energy,
            timestep: robot.truth.timestep,
        })
    }

    fn incidents(&self) -> &[Incident] {
        &self.incidents
    }
}

/// Length of a physics step, ns.
fn timestep(scene: &SceneSpec) -> u64 {
    (scene.physics.timestep * 1e9).round() as u64
}

impl SimRobot {
    fn new(
        index: usize,
        model: RobotModel,
        start: &Pose2,
        ground: f64,
        world: &mut PhysicsWorld,
        scene: &SceneSpec,
        seed: u64,
    ) -> Self {
        let description = model.description.clone();
        // The lowest point goes a hair above the ground.
        let base_at_start = model.model.start_of(model.base.link) * model.base.pose;
        let lift = base_at_start.translation.z - model.model.lowest() + 1e-3;
        let base_pose = crate::convert::pose(&start.to_spatial(ground + f64::from(lift)));
        let root = base_pose * base_at_start.inverse() * model.model.links[0].pose;
        let user_data = index as u128 + 1;
        let placed = model.model.insert(world, &root, &model.spec, user_data);

        let colliders: Vec<Vec<_>> = placed
            .links
            .iter()
            .map(|handle| world.bodies.get(*handle).map(|b| b.colliders().to_vec()).unwrap_or_default())
            .collect();
        for (link, handles) in model.model.links.iter().zip(&colliders) {
            for (source, handle) in link.colliders.iter().zip(handles) {
                // The model marks each shape with the frame of the link that it came from.
                let from = model.model.frames.get(source.user_data as usize).map(|frame| frame.name.as_str());
                let surface = model.spec.surfaces.iter().find(|s| Some(s.link.as_str()) == from);
                if let Some(collider) = world.colliders.get_mut(*handle) {
                    collider.set_friction(surface.map_or(1.0, |s| s.friction as f32));
                    collider.set_friction_combine_rule(CoefficientCombineRule::Multiply);
                }
            }
        }
        let link_colliders = colliders.clone();
        let truth = RobotState {
            user_data,
            links: vec![Pose::IDENTITY; placed.links.len()],
            velocities: vec![(Vector::ZERO, Vector::ZERO); placed.links.len()],
            last_velocities: vec![(Vector::ZERO, Vector::ZERO); placed.links.len()],
            joints: vec![JointState::default(); placed.joints.len()],
            colliders,
            energy: 0.0,
            power: 0.0,
            // As the clock counts it.
            timestep: timestep(scene) as f64 * 1e-9,
            gravity: scene.physics.gravity as f32,
        };
        // The weight of a planar body is carried already.
        let weight = if model.spec.planar { 0.0 } else { scene.physics.gravity };
        let immersed = scene.medium.as_ref().map_or_else(Immersed::default, |medium| {
            Immersed::new(medium, &model.model.links, &placed, world, weight, truth.timestep)
        });
        let senses = description
            .sensors
            .iter()
            .map(|sensor| {
                use neuraxis_core::robot::Sensor;
                let frame = match sensor.sensor.link() {
                    Some(link) => model.model.frame(link).map(|frame| (frame.link, frame.pose)),
                    None => Some((model.base.link, model.base.pose)),
                };
                let joints: Vec<usize> =
                    sensor.joints.iter().filter_map(|name| model.model.joint(name)).collect();
                let drive = description.drive.map(|drive| (drive, [model.signs[0], model.signs[1]]));
                let touch = match &sensor.sensor {
                    Sensor::Contact(spec) => model.shapes_of(&spec.link, &link_colliders),
                    _ => Vec::new(),
                };
                let wiring = Wiring { frame, joints: &joints, drive, touch };
                Sense::new(&sensor.sensor, &sensor.blank(), &wiring, seed, index, &scene.faults)
            })
            .collect();
        Self {
            percepts: description.percepts(),
            command: description.command(),
            is_released: false,
            touching: vec![false; truth.colliders.iter().map(Vec::len).sum()],
            push: None,
            motor_gain: description.drive.map_or(0.0, |drive| {
                let radius = drive.wheel_radius;
                0.5 * f64::from(model.model.mass()) * radius * radius * MOTOR_GAIN
            }),
            motors: None,
            targets: description.actuators.iter().map(|actuator| actuator.start).collect(),
            immersed,
            model,
            placed,
            truth,
            senses,
        }
    }

    /// The true pose of `base_link`.
    #[must_use]
    pub fn pose(&self) -> nalgebra::Isometry3<f64> {
        pose64(&(self.truth.links[self.model.base.link] * self.model.base.pose))
    }

    /// What its senses said in the last step.
    #[must_use]
    pub fn percepts(&self) -> &Percepts {
        &self.percepts
    }

    /// Takes a command; one of the wrong length is a stop.
    fn take_command(&mut self, command: &Command) {
        if command.values.len() == self.command.values.len() {
            self.command.values.copy_from_slice(&command.values);
            self.command.stop = command.stop;
        } else {
            self.command.stop = Some(StopReason::CommandInvalid);
        }
        self.command.stamp = command.stamp;
    }

    fn actuate(&mut self, world: &mut PhysicsWorld) {
        let safe = self.command.stop.is_some()
            || self.is_released
            || self.command.values.iter().any(|value| !value.is_finite());
        let Some(motors) = &mut self.motors else { return };
        motors.rest(world, &self.placed, &self.truth);
        for (i, &joint) in self.model.actuated.iter().enumerate() {
            let actuator = &self.model.description.actuators[i];
            let [kp, kd] = self.model.gains[i];
            let value = self.model.signs[i] * if safe { 0.0 } else { self.command.values[i] };
            let relaxes = safe && actuator.stop == StopBehaviour::Relax;
            let demand = match actuator.interface {
                Interface::Velocity if relaxes => Demand::Effort(0.0),
                Interface::Velocity => {
                    let limit = self.model.model.joints[joint].velocity.map_or(f64::INFINITY, f64::from);
                    Demand::Velocity { speed: value.clamp(-limit, limit), gain: self.motor_gain }
                }
                Interface::Effort => Demand::Effort(value),
                // A servo that lets go is a damper: it gives way, but slowly.
                Interface::Position if relaxes => {
                    Demand::Position { target: self.truth.joints[joint].position, kp: 0.0, kd }
                }
                Interface::Position => {
                    // Who stops and holds stays where it was to go last.
                    if !safe {
                        let range = actuator.limits.position.filter(|_| self.model.steers[i]);
                        let [low, high] = range.unwrap_or([f64::NEG_INFINITY, f64::INFINITY]);
                        self.targets[i] = value.clamp(low, high);
                    }
                    Demand::Position { target: self.targets[i], kp, kd }
                }
            };
            motors.drive(joint, demand, world, &self.placed, &self.truth);
        }
        self.immersed.act(world, &self.truth);
    }

    /// Reads the robot's true state off the physics world.
    fn observe(&mut self, world: &PhysicsWorld) {
        let truth = &mut self.truth;
        std::mem::swap(&mut truth.velocities, &mut truth.last_velocities);
        for (i, handle) in self.placed.links.iter().enumerate() {
            if let Some(body) = world.bodies.get(*handle) {
                truth.links[i] = *body.position();
                truth.velocities[i] = match reduced::velocity(world, *handle) {
                    // Of the centre of mass; the link's origin is elsewhere.
                    Some((linear, angular)) => {
                        let arm = body.position().translation - body.center_of_mass();
                        (linear + angular.cross(arm), angular)
                    }
                    None => (body.velocity_at_point(body.position().translation), body.angvel()),
                };
            }
        }
        let mut power = 0.0;
        for (i, source) in self.model.model.joints.iter().enumerate() {
            let (parent, child) = (truth.links[source.parent], truth.links[source.child]);
            let frame1 = parent * source.joint.local_frame1;
            let frame2 = child * source.joint.local_frame2;
            let axis = frame1.transform_vector(Vector::X);
            let joint = &mut truth.joints[i];
            joint.axis = axis;
            match source.kind {
                JointKind::Revolute => {
                    let relative = frame1.rotation.inverse() * frame2.rotation;
                    let angle = 2.0 * math::atan2(f64::from(relative.x), f64::from(relative.w));
                    // Unwrapped: wheels turn on and on.
                    joint.position += math::wrap(angle - joint.position);
                    joint.velocity = f64::from(
                        axis.dot(truth.velocities[source.child].1 - truth.velocities[source.parent].1),
                    );
                }
                JointKind::Prismatic => {
                    joint.position = f64::from(axis.dot(frame2.translation - frame1.translation));
                    joint.velocity = f64::from(
                        axis.dot(truth.velocities[source.child].0 - truth.velocities[source.parent].0),
                    );
                }
                JointKind::Other | JointKind::Fixed => {}
            }
            let motors = self.motors.as_ref();
            joint.effort = motors.map_or(0.0, |m| m.effort(i, joint.velocity, world, truth.timestep));
            if self.model.actuated.contains(&i) {
                // Motors draw what they put out; braking gives nothing back.
                power += (joint.effort * joint.velocity).max(0.0);
            }
        }
        let idle: f64 = self
            .model
            .spec
            .sensors
            .iter()
            .filter_map(|s| match s {
                neuraxis_core::robot::Sensor::Battery(spec) => Some(spec.idle_power),
                _ => None,
            })
            .sum();
        truth.power = power + idle;
        truth.energy += truth.power * truth.timestep;
    }
}
