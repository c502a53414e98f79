//! The simulated inertial unit: it averages over the last steps of physics, as its low-pass filter does.

use std::collections::VecDeque;

use nalgebra::Vector3;
use neuraxis_core::percepts::Imu as Reading;
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::senses::{ImuNoise, ImuSpec};
use rapier3d::prelude::{Pose, Rotation, Vector};

use super::{Measuring, Simulated, Wiring, stepped};
use crate::state::RobotState;
use crate::convert::vector64;

/// Steps of physics that an inertial unit averages at most.
const MAX_FELT: usize = 100;

pub(super) struct Imu {
    link: usize,
    mount: Pose,
    noise: ImuNoise,
    gyro_bias: Vector3<f64>,
    accelerometer_bias: Vector3<f64>,
    /// Turning rates (rad/s) and specific forces (m/s²) of the last steps of physics, in its own frame: what it averages.
    felt: VecDeque<(Vector, Vector)>,
}

impl Simulated for Imu {
    type Reading = Reading;

    fn new(spec: &ImuSpec, wiring: &Wiring<'_>, stream: &mut Stream) -> Self {
        let noise = spec.noise;
        let mut bias = |std: f64| Vector3::new(normal(stream), normal(stream), normal(stream)) * std;
        let (gyro_bias, accelerometer_bias) = (bias(noise.gyro_bias), bias(noise.accelerometer_bias));
        let felt = VecDeque::with_capacity(MAX_FELT);
        let (link, mount) = wiring.frame();
        Self { link, mount, noise, gyro_bias, accelerometer_bias, felt }
    }

    fn step(&mut self, robot: &RobotState) {
        let Self { link, mount, noise, felt, .. } = self;
        let steps = (noise.window / robot.timestep).round() as usize;
        while felt.len() >= steps.clamp(1, MAX_FELT) {
            felt.pop_front();
        }
        felt.push_back(feel_motion(robot, *link, mount));
    }

    fn measure(&mut self, now: Measuring<'_>, imu: &mut Reading) {
        let Self { noise, gyro_bias, accelerometer_bias, felt, .. } = self;
        let Measuring { stream, louder, .. } = now;
        let (rate, force) = mean(felt);
        let mut noisy = |v: Vector, std: f64, bias: &Vector3<f64>, step: f64| {
            let noise = Vector3::new(normal(stream), normal(stream), normal(stream)) * std * louder;
            (vector64(v) + bias + noise).map(|value| stepped(value, step))
        };
        *imu = Reading {
            angular_velocity: noisy(rate, noise.gyro, gyro_bias, noise.gyro_resolution),
            linear_acceleration: noisy(
                force,
                noise.accelerometer,
                accelerometer_bias,
                noise.accelerometer_resolution,
            ),
            orientation: None,
        };
    }
}

/// Turning rate (rad/s) and specific force (m/s²) over the last step of physics at `mount` on a link, in the frame there.
fn feel_motion(robot: &RobotState, link: usize, mount: &Pose) -> (Vector, Vector) {
    let pose = robot.links[link] * *mount;
    let dt = robot.timestep as f32;
    let arm = pose.translation - robot.links[link].translation;
    let (linear, angular) = robot.velocities[link];
    let (last_linear, last_angular) = robot.last_velocities[link];
    let last_arm = arm - last_angular.cross(arm) * dt;
    let at = linear + angular.cross(arm);
    let last_at = last_linear + last_angular.cross(last_arm);
    let force = (at - last_at) / dt + Vector::new(0.0, 0.0, robot.gravity);
    let to_sensor: Rotation = pose.rotation.inverse();
    (to_sensor * angular, to_sensor * force)
}

/// The mean of what an inertial unit felt.
fn mean(felt: &VecDeque<(Vector, Vector)>) -> (Vector, Vector) {
    let count = felt.len().max(1) as f32;
    let (rates, forces) =
        felt.iter().fold((Vector::ZERO, Vector::ZERO), |(rates, forces), (r, f)| (rates + *r, forces + *f));
    (rates / count, forces / count)
}
