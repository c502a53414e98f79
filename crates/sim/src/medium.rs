//! The medium that a scene is filled with, and its drag on every link: the inertia-box model of `MuJoCo`.
//!
//! After the chapter "Fluid forces" of `MuJoCo`'s documentation (`density`, `viscosity` and `wind` of `<option>`, without
//! `fluidshape`). A link counts as the box of even density that has its mass and its principal inertias, with the full edges
//! `b_x = √(6 (I_y + I_z − I_x) / m)` and so on round. With the velocity `v` of its centre of mass against the medium and
//! its turning rate `ω`, both in the frame of its principal axes,
//!
//! ```text
//! F_i = −½ ρ b_j b_k |v_i| v_i − 3 π d μ v_i
//! T_i = −1/64 ρ b_i (b_j⁴ + b_k⁴) |ω_i| ω_i − π d³ μ ω_i,    d = (b_x + b_y + b_z) / 3
//! ```
//!
//! Departures: links that a fixed joint holds together are one box, because they are one link here; force and torque are
//! those of the beginning of a step, as in `MuJoCo`'s Euler integrator, and so a step has to be short beside the time in
//! which drag slows a link; no step takes more than a link's own momentum, so that one which is too long for that does not
//! make the link rebound, faster each time; `surface` and `buoyancy` are ours. As there, the medium carries nothing unless `buoyancy` says so,
//! and it has no inertia of its own (no added mass).

use rapier3d::prelude::{PhysicsWorld, RigidBody, RigidBodyHandle, Rotation, Vector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use neuraxis_core::file::Problems;
use neuraxis_core::math;

use crate::model::{Link, PhysicsHandles};
use crate::state::RobotState;

/// What a scene is filled with.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Medium {
    /// Density, kg/m³: 1.2 for air, 1000 for water.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 100_000.0))]
    pub density: f64,
    /// Dynamic viscosity, Pa·s: 1.8e-5 for air, 0.001 for water.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 10000.0))]
    pub viscosity: f64,
    /// Velocity at which it streams, along x, y and z, m/s.
    #[serde(default, skip_serializing_if = "is_still")]
    pub flow: [f64; 3],
    /// Height of its surface, m: links whose centre of mass is above feel nothing of it. It is everywhere if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1000.0, max = 1000.0))]
    pub surface: Option<f64>,
    /// Whether it carries what is in it, so that nothing sinks or rises.
    #[serde(default)]
    pub buoyancy: bool,
}

fn is_still(flow: &[f64; 3]) -> bool {
    *flow == [0.0; 3]
}

impl Medium {
    /// What no schema can say of it.
    pub(crate) fn validate(&self, problems: &mut Problems<'_>) {
        if !self.flow.iter().all(|v| v.abs() <= 100.0) {
            problems.at("/medium/flow", "every number of a flow lies between -100 and 100 m/s");
        }
    }
}

/// What a medium takes from one link, along and about its principal axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drag {
    /// Force by the square of the speed, N·s²/m².
    pub linear: [f64; 3],
    /// Torque by the square of the turning rate, N·m·s².
    pub angular: [f64; 3],
    /// Force by the speed, N·s/m.
    pub viscous_linear: f64,
    /// Torque by the turning rate, N·m·s.
    pub viscous_angular: f64,
}

impl Drag {
    /// Of a link with this mass (kg) and these principal inertias (kg·m²) in a medium of `density` (kg/m³) and
    /// `viscosity` (Pa·s).
    #[must_use]
    pub fn new(mass: f64, inertia: [f64; 3], density: f64, viscosity: f64) -> Self {
        let [x, y, z] = inertia;
        let edge = |sum: f64| (6.0 * sum.max(0.0) / mass).sqrt();
        let edges = [edge(y + z - x), edge(x + z - y), edge(x + y - z)];
        let across = |i: usize| (edges[(i + 1) % 3], edges[(i + 2) % 3]);
        let mean = (edges[0] + edges[1] + edges[2]) / 3.0;
        Self {
            linear: [0, 1, 2].map(|i| {
                let (b, c) = across(i);
                0.5 * density * b * c
            }),
            angular: [0, 1, 2].map(|i| {
                let (b, c) = across(i);
                density * edges[i] * (b * b * b * b + c * c * c * c) / 64.0
            }),
            viscous_linear: 3.0 * math::PI * mean * viscosity,
            viscous_angular: math::PI * mean * mean * mean * viscosity,
        }
    }

    /// Force (N) and torque (N·m) at a velocity (m/s) and a turning rate (rad/s), all along the principal axes.
    #[must_use]
    pub fn at(&self, velocity: [f64; 3], rate: [f64; 3]) -> ([f64; 3], [f64; 3]) {
        self.at_most(velocity, rate, [f64::INFINITY; 2], [1.0; 3])
    }

    /// The same, and no more than what stops a mass and three inertias in a step: `most` is mass (kg) and 1 by the length
    /// of the step (s).
    fn at_most(
        &self,
        velocity: [f64; 3],
        rate: [f64; 3],
        most: [f64; 2],
        inertia: [f64; 3],
    ) -> ([f64; 3], [f64; 3]) {
        let (mut force, mut torque) = ([0.0; 3], [0.0; 3]);
        for i in 0..3 {
            let (v, w) = (velocity[i], rate[i]);
            force[i] = -(self.linear[i] * v.abs() + self.viscous_linear).min(most[0]) * v;
            torque[i] = -(self.angular[i] * w.abs() + self.viscous_angular).min(most[1] * inertia[i]) * w;
        }
        (force, torque)
    }
}

/// The links of a robot that a medium can act on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Immersed {
    medium: Option<Medium>,
    links: Vec<Wet>,
    /// m/s².
    gravity: f64,
    /// s.
    timestep: f64,
}

/// One of them.
#[derive(Clone, Debug)]
struct Wet {
    body: RigidBodyHandle,
    /// Its index among the robot's links.
    link: usize,
    /// From its principal axes to its own frame.
    axes: Rotation,
    /// In its own frame, m.
    middle: Vector,
    /// kg.
    mass: f64,
    /// kg·m².
    inertia: [f64; 3],
    drag: Drag,
}

impl Immersed {
    /// The robot of these `links` in `medium`; links without mass, and what stands still, feel nothing.
    pub(crate) fn new(
        medium: &Medium,
        links: &[Link],
        placed: &PhysicsHandles,
        world: &PhysicsWorld,
        gravity: f64,
        timestep: f64,
    ) -> Self {
        let can_move = |body: RigidBodyHandle| world.bodies.get(body).is_some_and(RigidBody::is_dynamic);
        let links = links
            .iter()
            .zip(&placed.links)
            .enumerate()
            .filter(|(_, (link, body))| link.mass.mass() > 0.0 && can_move(**body))
            .map(|(i, (link, body))| {
                let mass = f64::from(link.mass.mass());
                let inertia = link.mass.principal_inertia();
                let inertia = [inertia.x, inertia.y, inertia.z].map(f64::from);
                let drag = Drag::new(mass, inertia, medium.density, medium.viscosity);
                let axes = link.mass.principal_inertia_local_frame;
                Wet { body: *body, link: i, axes, middle: link.mass.local_com, mass, inertia, drag }
            })
            .collect();
        Self { medium: Some(*medium), links, gravity, timestep }
    }

    /// Adds what the medium does to the forces of this step.
    pub(crate) fn act(&self, world: &mut PhysicsWorld, truth: &RobotState) {
        let Some(medium) = &self.medium else { return };
        let [x, y, z] = medium.flow.map(|v| v as f32);
        let flow = Vector::new(x, y, z);
        for link in &self.links {
            let Some(body) = world.bodies.get_mut(link.body) else { continue };
            let (pose, (linear, angular)) = (&truth.links[link.link], truth.velocities[link.link]);
            let arm = pose.rotation * link.middle;
            if medium.surface.is_some_and(|surface| f64::from(pose.translation.z + arm.z) > surface) {
                continue;
            }
            let to_world = pose.rotation * link.axes;
            let local = |v: Vector| {
                let v = to_world.inverse() * v;
                [v.x, v.y, v.z].map(f64::from)
            };
            let most = [link.mass / self.timestep, 1.0 / self.timestep];
            let (velocity, rate) = (local(linear + angular.cross(arm) - flow), local(angular));
            let (force, torque) = link.drag.at_most(velocity, rate, most, link.inertia);
            let global = |v: [f64; 3]| to_world * Vector::new(v[0] as f32, v[1] as f32, v[2] as f32);
            let mut force = global(force);
            if medium.buoyancy {
                force.z += (link.mass * self.gravity) as f32;
            }
            body.add_force(force, true);
            body.add_torque(global(torque), true);
        }
    }
}

#[cfg(test)]
mod tests {
    use rapier3d::parry::mass_properties::MassProperties;
    use rapier3d::prelude::{Pose, RigidBodyBuilder};

    use super::*;

    /// Principal inertias of a solid box, kg·m².
    fn inertia_of(mass: f64, edges: [f64; 3]) -> [f64; 3] {
        let [x, y, z] = edges.map(|edge| edge * edge * mass / 12.0);
        [y + z, x + z, x + y]
    }

    fn fourth(x: f64) -> f64 {
        x * x * x * x
    }

    #[track_caller]
    fn same(values: [f64; 3], wanted: [f64; 3]) {
        for (value, wanted) in values.iter().zip(wanted) {
            assert!((value - wanted).abs() <= 1e-9 * wanted.abs(), "{values:?} instead of {wanted:?}");
        }
    }

    #[test]
    fn a_link_of_the_swimmer_has_its_three_constants() {
        // x across the body, y along it, z up, as the published numbers are given.
        let drag = Drag::new(0.01, inertia_of(0.01, [0.002, 0.1, 0.02]), 3000.0, 0.0);
        let (force, torque) = drag.at([1.0, -1.0, 0.0], [0.0, 0.0, 1.0]);
        assert!((force[0] + 3.0).abs() < 3e-9 && (force[1] - 0.06).abs() < 6e-11, "{force:?}");
        let about_z = 3000.0 * 0.02 * (fourth(0.002) + fourth(0.1)) / 64.0;
        assert!((torque[2] + about_z).abs() < 1e-9 * about_z, "{torque:?}");
        assert!((about_z - 9.375e-5).abs() < 1e-10, "{about_z}");
        let (twice, _) = drag.at([2.0, 0.0, 0.0], [0.0; 3]);
        same(twice, [-12.0, 0.0, 0.0]);
    }

    #[test]
    fn the_box_of_a_box_is_that_box() {
        let edges = [0.3, 0.05, 0.11];
        let drag = Drag::new(2.0, inertia_of(2.0, edges), 1000.0, 0.1);
        same(drag.linear, [500.0 * 0.05 * 0.11, 500.0 * 0.3 * 0.11, 500.0 * 0.3 * 0.05]);
        let power = edges.map(fourth);
        same(
            drag.angular,
            [
                1000.0 * 0.3 * (power[1] + power[2]) / 64.0,
                1000.0 * 0.05 * (power[0] + power[2]) / 64.0,
                1000.0 * 0.11 * (power[0] + power[1]) / 64.0,
            ],
        );
        let mean: f64 = (0.3 + 0.05 + 0.11) / 3.0;
        same([drag.viscous_linear; 3], [3.0 * math::PI * mean * 0.1; 3]);
        same([drag.viscous_angular; 3], [math::PI * mean * mean * mean * 0.1; 3]);
    }

    /// A link of the swimmer alone in the engine, with this velocity and turning rate, for `seconds`; what is left of them.
    fn alone(velocity: Vector, rate: Vector, medium: &Medium, seconds: f64) -> (Vector, Vector) {
        let dt = 0.002;
        let mut world = PhysicsWorld::new();
        world.gravity = Vector::ZERO;
        world.integration_parameters.dt = dt as f32;
        let [x, y, z] = inertia_of(0.01, [0.1, 0.002, 0.02]).map(|v| v as f32);
        // Its axes are not those of its frame, and its middle is off its origin.
        let turned = Rotation::from_rotation_z(0.7);
        let mass = MassProperties::with_principal_inertia_frame(
            Vector::new(0.3, 0.2, 0.1),
            0.01,
            Vector::new(x, y, z),
            turned,
        );
        let body = RigidBodyBuilder::dynamic().additional_mass_properties(mass).can_sleep(false);
        let body = world.insert_body(body);
        // The engine learns in the first step where the middle of a body is.
        world.step();
        world.bodies[body].set_linvel(turned * velocity, true);
        world.bodies[body].set_angvel(turned * rate, true);
        let link = Link { name: String::new(), pose: Pose::IDENTITY, mass, colliders: Vec::new() };
        let placed = PhysicsHandles { links: vec![body], joints: Vec::new(), plane: None };
        let mut truth = RobotState::default();
        let immersed = Immersed::new(medium, &[link], &placed, &world, 0.0, dt);
        for _ in 0..(seconds / dt).round() as usize {
            world.bodies[body].reset_forces(true);
            world.bodies[body].reset_torques(true);
            let it = &world.bodies[body];
            let velocity = it.velocity_at_point(it.position().translation);
            truth.links = vec![*it.position()];
            truth.velocities = vec![(velocity, it.angvel())];
            immersed.act(&mut world, &truth);
            world.step();
        }
        let back = (*world.bodies[body].rotation() * turned).inverse();
        (back * world.bodies[body].linvel(), back * world.bodies[body].angvel())
    }

    const WATER: Medium =
        Medium { density: 3000.0, viscosity: 0.0, flow: [0.0; 3], surface: None, buoyancy: false };

    #[track_caller]
    fn about(value: f32, wanted: f64) {
        assert!((f64::from(value) - wanted).abs() <= 0.01 * wanted.abs(), "{value} instead of {wanted}");
    }

    #[test]
    fn a_link_that_moves_sideways_slows_down_as_it_should() {
        let (v, _) = alone(Vector::new(0.0, 0.05, 0.0), Vector::ZERO, &WATER, 2.0);
        about(v.y, 0.05 / (1.0 + 300.0 * 0.05 * 2.0));
        let (v, _) = alone(Vector::new(0.1, 0.0, 0.0), Vector::ZERO, &WATER, 5.0);
        about(v.x, 0.1 / (1.0 + 6.0 * 0.1 * 5.0));
    }

    #[test]
    fn a_link_that_spins_slows_down_as_it_should() {
        let (v, w) = alone(Vector::ZERO, Vector::new(0.0, 0.0, 2.0), &WATER, 1.0);
        about(w.z, 2.0 / (1.0 + 11.2455 * 2.0));
        assert!(v.length() < 1e-6, "{v:?}");
    }

    #[test]
    fn a_flowing_medium_carries_a_link_along() {
        let medium = Medium { flow: [0.2, 0.0, 0.0], ..WATER };
        let (v, _) = alone(Vector::ZERO, Vector::ZERO, &medium, 20.0);
        let along = Rotation::from_rotation_z(0.7) * v;
        assert!(along.x > 0.19 && along.x < 0.2, "{along:?}");
    }

    #[test]
    fn a_very_viscous_medium_stops_a_link_without_reversal() {
        let medium = Medium { viscosity: 100.0, ..WATER };
        let (v, w) = alone(Vector::new(3.0, -2.0, 1.0), Vector::new(9.0, 9.0, 9.0), &medium, 1.0);
        assert!(v.length() < 1e-3 && w.length() < 1e-3, "{v:?} {w:?}");
    }

    #[test]
    fn links_above_the_surface_feel_no_drag() {
        let medium = Medium { surface: Some(0.05), ..WATER };
        let (v, _) = alone(Vector::new(0.0, 1.0, 0.0), Vector::ZERO, &medium, 1.0);
        about(v.y, 1.0);
        let medium = Medium { surface: Some(0.15), ..WATER };
        let (v, _) = alone(Vector::new(0.0, 1.0, 0.0), Vector::ZERO, &medium, 1.0);
        assert!(v.y < 0.1, "{v:?}");
    }

    #[test]
    fn drag_takes_energy_and_never_gives_any() {
        // A flat thing whose inertias are rounded so that one edge would be imaginary.
        let drag = Drag::new(1.0, [1.0, 1.0, 2.000_000_1], 1000.0, 1.0);
        for v in [-3.0, -0.1, 0.2, 4.0] {
            let (force, torque) = drag.at([v, -v, 2.0 * v], [v, v, -v]);
            let power = force[0] * v - force[1] * v + force[2] * 2.0 * v;
            let turning = torque[0] * v + torque[1] * v - torque[2] * v;
            assert!(power < 0.0 && turning < 0.0, "{power} W, {turning} W");
        }
    }
}
