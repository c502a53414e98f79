//! One arena: one physics world with its robots, their brains and their faults.
//!
//! An arena is a value of its own: nothing in it looks outside, so that a trial computes the same bits
//! alone or among a thousand. A step is the six stages in the order of [`Arena::step`]; the Bevy
//! schedule in [`crate::app`] runs the same stages over many arenas.

mod motion;
mod score;
mod stance;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bevy_ecs::component::Component;
use bevy_platform::cell::SyncCell;
use neuraxis_core::digest::Digest;
use neuraxis_core::robot::Actuators;
use neuraxis_core::{Brain, Command, Interface, Observer, Percepts, Pose2, Stamp, StopBehaviour, ops};
use rapier3d::prelude::{
    CoefficientCombineRule, ColliderBuilder, PhysicsWorld, Pose, RigidBodyBuilder, Vector,
};

pub use self::motion::{FEET_PERIOD, Foot, JOINTS_EVERY, MOST_STRETCHES, Motion, STRETCH, Stretch};
pub use self::score::{Collision, Score, TRACED_CUES, TracePoint};
pub use self::stance::Stance;
pub use crate::judge::Outcome;

use self::score::TRACE_PERIOD;
use crate::convert::pose64;
use crate::judge::Judge;
use crate::medium::Immersed;
use crate::model::{JointKind, Placed};
use crate::motors::{Demand, Motors};
use crate::reduced;
use crate::robot::RobotModel;
use crate::scene::SceneSpec;
use crate::scene::spec::{Beacon, Fault};
use crate::scene::world::{Layout, Task};
use crate::senses::{Defect, JointTruth, Mechanics, Sense, Truth, Wiring};

/// How quickly wheel motors bring the whole robot to speed, 1/s (their torque limits them besides).
const MOTOR_GAIN: f64 = 400.0;
/// Marks solids that one may drive on; robots are marked by their number, walls by 0.
const DRIVABLE: u128 = u128::MAX;
/// A robot, ready to be put into an arena.
pub struct Setup {
    /// Its file and model.
    pub robot: RobotModel,
    /// Its brain, and how often it thinks, Hz; a body without a brain is driven from outside.
    pub brain: Option<(Box<dyn Brain>, f64)>,
}

/// A robot in an arena.
pub struct SimRobot {
    /// Its file and model.
    pub model: RobotModel,
    /// Its start and goal.
    pub task: Task,
    /// What is measured of it.
    pub score: Score,
    /// Its brain.
    pub brain: Option<Box<dyn Brain>>,
    pub(crate) percepts: Percepts,
    pub(crate) command: Command,
    judge: Judge,
    think_period: u64,
    next_thought: Stamp,
    has_command: bool,
    placed: Placed,
    truth: Mechanics,
    senses: Vec<Sense>,
    touching: Vec<bool>,
    next_trace: Stamp,
    trace_period: u64,
    /// Damping of a wheel's velocity motor, N·m·s/rad.
    motor_gain: f64,
    /// From the first step on.
    motors: Option<Motors>,
    /// Where joints that are commanded by position were told to go last, rad or m; one an actuator.
    targets: Vec<f64>,
    immersed: Immersed,
}

/// One physics world with everything in it.
#[derive(Component)]
pub struct Arena {
    /// Which trial this is.
    pub trial: usize,
    /// The scene's name.
    pub scene: String,
    /// The trial's seed.
    pub seed: u64,
    /// The trial's world.
    pub layout: Layout,
    now: Stamp,
    timestep: u64,
    time_limit: Stamp,
    world: PhysicsWorld,
    robots: Vec<SimRobot>,
    faults: Vec<Fault>,
    beacons: Vec<Beacon>,
    digest: Digest,
    /// In a cell that only `&mut` opens: observers need not be shared between threads.
    observer: SyncCell<Option<Box<dyn Observer>>>,
    is_over: bool,
}

impl Arena {
    /// Sets up the trial: walls, robots at their starts, brains told their goals.
    #[must_use]
    pub fn new(trial: usize, seed: u64, scene: &SceneSpec, layout: Layout, setups: Vec<Setup>) -> Self {
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
        let robots = setups
            .into_iter()
            .zip(&layout.tasks)
            .enumerate()
            .map(|(i, (setup, task))| {
                let radius = setup.robot.description.radius;
                let ground = crate::scene::ground::under(&layout.solids, &task.start, radius);
                SimRobot::new(i, setup, task.clone(), ground, &mut world, scene, seed)
            })
            .collect();
        // One step ahead of time, so that the first sweep of a range finder sees the walls. (The world's
        // `detect_collisions` would do for that, but bodies that it has seen first never wake.)
        world.step();
        let mut arena = Self {
            trial,
            scene: scene.name.clone(),
            seed,
            layout,
            now: Stamp::ZERO,
            timestep: timestep(scene),
            time_limit: Stamp::from_seconds(scene.time_limit),
            world,
            robots,
            faults: scene.faults.clone(),
            beacons: scene.beacons.clone(),
            digest: Digest::default(),
            observer: SyncCell::new(None),
            is_over: false,
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

    /// The robots, for one who drives them from outside.
    pub fn robots_mut(&mut self) -> &mut [SimRobot] {
        &mut self.robots
    }

    /// Digest of all bodies' poses and velocities and of all commands, of every step so far.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.digest.value()
    }

    /// Whether the trial is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Lets `observer` look on from now on.
    pub fn set_observer(&mut self, observer: Box<dyn Observer>) {
        *self.observer.get() = Some(observer);
    }

    /// Takes the observer back.
    pub fn take_observer(&mut self) -> Option<Box<dyn Observer>> {
        self.observer.get().take()
    }

    /// All six stages once: one physics step.
    pub fn step(&mut self) {
        self.apply_faults();
        self.sense();
        self.think();
        self.act();
        self.advance();
        self.keep_score();
    }

    /// Stage 1: what is broken now.
    pub fn apply_faults(&mut self) {
        // Simulated time stands still until the observer has room: nothing is lost, and no brain is late.
        while self.observer.get().as_mut().is_some_and(|observer| !observer.has_room()) {
            std::thread::sleep(std::time::Duration::from_micros(100));
        }
        for robot in &mut self.robots {
            robot.senses.iter_mut().for_each(|sense| sense.defect = None);
        }
        for fault in &self.faults {
            let from = Stamp::from_seconds(fault.from);
            let until = fault.until.map(Stamp::from_seconds);
            if self.now < from || until.is_some_and(|until| self.now >= until) {
                continue;
            }
            let Some(robot) = self.robots.get_mut(fault.robot) else { continue };
            if let Some(slot) = robot.percepts.find(&fault.sensor) {
                robot.senses[slot].defect = Some(Defect::of(fault));
            }
        }
    }

    /// Stage 2: senses measure and messages arrive.
    pub fn sense(&mut self) {
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

    /// Stage 3: brains whose time it is think.
    pub fn think(&mut self) {
        for (i, robot) in self.robots.iter_mut().enumerate() {
            robot.think(self.now);
            if let (Some(observer), Some(brain), true) =
                (self.observer.get(), robot.brain.as_deref(), robot.has_command)
            {
                observer.ticked(i, &robot.percepts, &robot.command, brain);
            }
        }
    }

    /// Stage 4: commands reach the motors.
    pub fn act(&mut self) {
        for robot in &mut self.robots {
            if robot.has_command {
                for value in &robot.command.values {
                    self.digest.f64(*value);
                }
            }
            robot.actuate(&mut self.world);
        }
    }

    /// Stage 5: physics moves everything on by one step.
    pub fn advance(&mut self) {
        self.world.step();
        self.now = self.now + self.timestep;
        for robot in &mut self.robots {
            robot.observe(&self.world);
        }
    }

    /// Stage 6: what happened is measured, and the trial ends if it is over.
    pub fn keep_score(&mut self) {
        for robot in &mut self.robots {
            for (pose, (linear, angular)) in robot.truth.links.iter().zip(&robot.truth.velocities) {
                let (t, r) = (pose.translation, pose.rotation);
                self.digest.f32s([t.x, t.y, t.z, r.x, r.y, r.z, r.w, linear.x, linear.y, linear.z]);
                self.digest.f32s([angular.x, angular.y, angular.z]);
            }
            robot.keep_score(&self.world, self.now);
        }
        if self.now.0 % TRACE_PERIOD < self.timestep
            && let Some(observer) = self.observer.get()
        {
            for (i, robot) in self.robots.iter().enumerate() {
                observer.stood(i, self.now, &Pose2::from_spatial(&robot.pose()));
            }
        }
        let late = self.now >= self.time_limit;
        for robot in &mut self.robots {
            if late && robot.score.outcome.is_none() {
                robot.finish(Outcome::TimedOut, self.now);
            }
        }
        self.is_over = self.robots.iter().all(|robot| robot.score.outcome.is_some());
    }
}

/// Length of a physics step, ns.
fn timestep(scene: &SceneSpec) -> u64 {
    (scene.physics.timestep * 1e9).round() as u64
}

impl SimRobot {
    fn new(
        index: usize,
        setup: Setup,
        task: Task,
        ground: f64,
        world: &mut PhysicsWorld,
        scene: &SceneSpec,
        seed: u64,
    ) -> Self {
        let model = setup.robot;
        let description = model.description.clone();
        // The lowest point goes a hair above the ground.
        let base_at_start = model.model.start_of(model.base.link) * model.base.pose;
        let lift = base_at_start.translation.z - model.model.lowest() + 1e-3;
        let base_pose = crate::convert::pose(&task.start.to_spatial(ground + f64::from(lift)));
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
        let truth = Mechanics {
            user_data,
            links: vec![Pose::IDENTITY; placed.links.len()],
            velocities: vec![(Vector::ZERO, Vector::ZERO); placed.links.len()],
            last_velocities: vec![(Vector::ZERO, Vector::ZERO); placed.links.len()],
            joints: vec![JointTruth::default(); placed.joints.len()],
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
                let frame = match &sensor.sensor {
                    Sensor::Lidar { link, .. }
                    | Sensor::Imu { link, .. }
                    | Sensor::Velocimeter { link, .. }
                    | Sensor::Contact { link, .. }
                    | Sensor::Beacon { link, .. } => {
                        model.model.frame(link).map(|frame| (frame.link, frame.pose))
                    }
                    Sensor::Pose { .. } => Some((model.base.link, model.base.pose)),
                    _ => None,
                };
                let joints: Vec<usize> =
                    sensor.joints.iter().filter_map(|name| model.model.joint(name)).collect();
                let drive = description.drive.map(|drive| (drive, [model.signs[0], model.signs[1]]));
                let touch = match &sensor.sensor {
                    Sensor::Contact { link, .. } => model.shapes_of(link, &link_colliders),
                    _ => Vec::new(),
                };
                let wiring = Wiring { frame, joints: &joints, drive, touch };
                Sense::new(&sensor.sensor, &sensor.blank(), &wiring, seed, index)
            })
            .collect();
        let (mut brain, rate) = match setup.brain {
            Some((brain, rate)) => (Some(brain), rate),
            None => (None, 100.0),
        };
        if let Some(brain) = &mut brain {
            brain.set_goals(&task.errands);
        }
        Self {
            judge: Judge::new(&task),
            percepts: description.percepts(),
            command: description.command(),
            think_period: neuraxis_core::time::period(rate),
            next_thought: Stamp::ZERO,
            has_command: false,
            touching: vec![false; truth.colliders.iter().map(Vec::len).sum()],
            next_trace: Stamp::ZERO,
            trace_period: TRACE_PERIOD,
            motor_gain: description.drive.map_or(0.0, |drive| {
                let radius = drive.wheel_radius;
                0.5 * f64::from(model.model.mass()) * radius * radius * MOTOR_GAIN
            }),
            motors: None,
            targets: description.actuators.iter().map(|actuator| actuator.start).collect(),
            immersed,
            score: Score { motion: Motion::of(&description, &model.model.joints), ..Score::default() },
            model,
            task,
            brain,
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

    /// What the robot feels.
    #[must_use]
    pub fn percepts(&self) -> &Percepts {
        &self.percepts
    }

    fn think(&mut self, now: Stamp) {
        self.has_command = false;
        if now < self.next_thought || self.score.outcome.is_some() {
            return;
        }
        while self.next_thought <= now {
            self.next_thought = self.next_thought + self.think_period;
        }
        let Some(brain) = &mut self.brain else { return };
        let (percepts, command) = (&self.percepts, &mut self.command);
        // A brain that panics ends its own trial and no other.
        match catch_unwind(AssertUnwindSafe(|| brain.tick(percepts, command))) {
            Ok(()) => self.has_command = true,
            Err(panic) => {
                let message = panic
                    .downcast_ref::<&str>()
                    .map(ToString::to_string)
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_else(|| "a panic without a message".to_owned());
                self.brain = None;
                self.command.values.fill(0.0);
                self.finish(Outcome::Crashed(message), now);
            }
        }
    }

    /// Takes a command from outside, in place of a brain's.
    pub fn set_command(&mut self, command: &Command) {
        if command.values.len() == self.command.values.len() {
            self.command.values.copy_from_slice(&command.values);
            self.command.stop = command.stop;
        } else {
            self.command.stop = Some(neuraxis_core::StopReason::CommandInsane);
        }
        self.command.stamp = command.stamp;
        self.has_command = true;
    }

    fn actuate(&mut self, world: &mut PhysicsWorld) {
        let safe = self.command.stop.is_some()
            || self.score.outcome.is_some()
            || self.command.values.iter().any(|value| !value.is_finite());
        let Some(motors) = &mut self.motors else { return };
        motors.rest(world, &self.placed, &self.truth);
        for (i, &joint) in self.model.actuated.iter().enumerate() {
            let actuator = &self.model.description.actuators[i];
            let [kp, kd] = self.model.spec.actuators.gains(i);
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
                        let [low, high] = match (&self.model.spec.actuators, actuator.limits.position) {
                            (Actuators::Ackermann { .. }, Some(range)) => range,
                            _ => [f64::NEG_INFINITY, f64::INFINITY],
                        };
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
                    let angle = 2.0 * ops::atan2(f64::from(relative.x), f64::from(relative.w));
                    // Unwrapped: wheels turn on and on.
                    joint.position += ops::wrap(angle - joint.position);
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
                neuraxis_core::robot::Sensor::Battery { idle_power, .. } => Some(*idle_power),
                _ => None,
            })
            .sum();
        truth.power = power + idle;
        truth.energy += truth.power * truth.timestep;
    }
}
