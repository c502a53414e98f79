//! What each kind of sense measures, and what it has to remember for that.

use std::collections::VecDeque;

use nalgebra::{Isometry3, Matrix6, Translation3, UnitQuaternion, Vector3, Vector6};
use neuraxis_core::percepts::{AbsolutePose, Azimuth, Battery, Contact, Imu, Motion, Odometry};
use neuraxis_core::random::{Stream, normal};
use neuraxis_core::robot::{
    BeaconSense, ImuNoise, JointNoise, OdometryNoise, PoseNoise, RangeNoise, Sensor, VelocimeterNoise,
};
use neuraxis_core::{Pose2, Reading, Stamp, Twist2, kinematics::DifferentialDrive, ops};
use rand::RngExt as _;
use rapier3d::prelude::{ColliderHandle, Pose, QueryFilter, Ray, Rotation, Vector};

use super::{Defect, Mechanics, Truth, Wiring, heading};
use crate::convert::{pose64, vector64};
use crate::scene::spec::{Beacon, FaultKind};

/// Steps of physics that an inertial unit averages at most.
const MOST_FELT: usize = 100;

/// How a sense measures, with what it has to remember.
pub(super) enum Kind {
    Lidar {
        link: usize,
        mount: Pose,
        directions: Vec<Vector>,
        noise: RangeNoise,
    },
    Imu {
        link: usize,
        mount: Pose,
        noise: ImuNoise,
        gyro_bias: Vector3<f64>,
        accelerometer_bias: Vector3<f64>,
        /// Turning rates (rad/s) and specific forces (m/s²) of the last steps of physics, in its own frame: what it averages.
        felt: VecDeque<(Vector, Vector)>,
    },
    Velocimeter {
        link: usize,
        mount: Pose,
        noise: VelocimeterNoise,
    },
    WheelOdometry {
        joints: [usize; 2],
        last: Option<[f64; 2]>,
        pose: Pose2,
        scale: [f64; 2],
        noise: OdometryNoise,
        drive: DifferentialDrive,
        signs: [f64; 2],
    },
    JointState {
        joints: Vec<usize>,
        noise: JointNoise,
    },
    Contact {
        link: usize,
        shapes: Vec<ColliderHandle>,
        threshold: f64,
    },
    Battery {
        capacity: f64,
        charge: f64,
        voltage: f64,
    },
    Pose {
        link: usize,
        mount: Pose,
        noise: PoseNoise,
    },
    Beacon {
        link: usize,
        mount: Pose,
        by: BeaconSense,
        d_prime: f64,
    },
}

impl Kind {
    /// The kind that `sensor` describes, with its constant errors drawn from `stream`.
    pub(super) fn of(sensor: &Sensor, blank: &Reading, wiring: &Wiring<'_>, stream: &mut Stream) -> Self {
        let (link, mount) = wiring.frame.unwrap_or((0, Pose::IDENTITY));
        match sensor {
            Sensor::Lidar { noise, .. } => {
                let directions = match blank {
                    Reading::Scan(scan) => (0..scan.ranges.len())
                        .map(|i| {
                            let (s, c) = ops::sin_cos(scan.angle_min + i as f64 * scan.angle_increment);
                            Vector::new(c as f32, s as f32, 0.0)
                        })
                        .collect(),
                    _ => Vec::new(),
                };
                Self::Lidar { link, mount, directions, noise: *noise }
            }
            Sensor::Imu { noise, .. } => {
                let mut bias = |std: f64| Vector3::new(normal(stream), normal(stream), normal(stream)) * std;
                let (gyro_bias, accelerometer_bias) = (bias(noise.gyro_bias), bias(noise.accelerometer_bias));
                let felt = VecDeque::with_capacity(MOST_FELT);
                Self::Imu { link, mount, noise: *noise, gyro_bias, accelerometer_bias, felt }
            }
            Sensor::Velocimeter { noise, .. } => Self::Velocimeter { link, mount, noise: *noise },
            Sensor::WheelOdometry { noise, .. } => {
                let scale =
                    [1.0 + noise.calibration * normal(stream), 1.0 + noise.calibration * normal(stream)];
                let joints =
                    [wiring.joints.first().copied().unwrap_or(0), wiring.joints.get(1).copied().unwrap_or(0)];
                let (drive, signs) =
                    wiring.drive.unwrap_or((DifferentialDrive { wheel_radius: 1.0, track: 1.0 }, [1.0; 2]));
                Self::WheelOdometry {
                    joints,
                    last: None,
                    pose: Pose2::default(),
                    scale,
                    noise: *noise,
                    drive,
                    signs,
                }
            }
            Sensor::JointState { noise, .. } => {
                Self::JointState { joints: wiring.joints.to_vec(), noise: *noise }
            }
            Sensor::Contact { threshold, .. } => {
                Self::Contact { link, shapes: wiring.touch.clone(), threshold: *threshold }
            }
            Sensor::Battery { capacity, charge, voltage, .. } => {
                Self::Battery { capacity: *capacity, charge: *charge, voltage: *voltage }
            }
            Sensor::Pose { noise, .. } => Self::Pose { link, mount, noise: *noise },
            Sensor::Beacon { by, d_prime, .. } => Self::Beacon { link, mount, by: *by, d_prime: *d_prime },
        }
    }

    /// Takes in a step of physics, whether it is time to measure or not.
    pub(super) fn step(&mut self, robot: &Mechanics) {
        if let Self::Imu { link, mount, noise, felt, .. } = self {
            let steps = (noise.window / robot.timestep).round() as usize;
            while felt.len() >= steps.clamp(1, MOST_FELT) {
                felt.pop_front();
            }
            felt.push_back(feel_motion(robot, *link, mount));
        }
    }

    /// Overwrites `reading` with what the sense measures now.
    pub(super) fn fill(
        &mut self,
        stream: &mut Stream,
        defect: Option<&Defect>,
        reading: &mut Reading,
        period: u64,
        truth: &Truth<'_>,
    ) {
        let louder = Defect::factor(defect, FaultKind::Noise);
        match (self, reading) {
            (Self::Lidar { link, mount, directions, noise }, Reading::Scan(scan)) => {
                let pose = truth.robot.links[*link] * *mount;
                let own = truth.robot.user_data;
                let not_own =
                    |_: ColliderHandle, collider: &rapier3d::prelude::Collider| collider.user_data != own;
                let filter = QueryFilter::default().predicate(&not_own);
                // One view of the world's bounding volumes for all beams of the sweep.
                let query = truth.world.query_pipeline_with_filter(filter);
                for (direction, range) in directions.iter().zip(&mut scan.ranges) {
                    let ray = Ray::new(pose.translation, pose.transform_vector(*direction));
                    *range = match query.cast_ray(&ray, scan.range_max as f32, true) {
                        Some((_, distance)) if f64::from(distance) < scan.range_min => f32::NEG_INFINITY,
                        Some((_, distance)) => distance,
                        None => f32::INFINITY,
                    };
                }
                for range in &mut scan.ranges {
                    if noise.std > 0.0 && range.is_finite() {
                        let noisy = f64::from(*range) + louder * noise.std * normal(stream);
                        *range = noisy.clamp(scan.range_min, scan.range_max) as f32;
                    }
                    if noise.resolution > 0.0 && range.is_finite() {
                        *range = stepped(f64::from(*range), noise.resolution) as f32;
                    }
                    if noise.dropout > 0.0 && stream.random_bool(noise.dropout) {
                        *range = f32::NAN;
                    }
                    if noise.outliers > 0.0 && stream.random_bool(noise.outliers) {
                        *range = stream.random_range(scan.range_min..scan.range_max) as f32;
                    }
                }
            }
            (Self::Imu { noise, gyro_bias, accelerometer_bias, felt, .. }, Reading::Imu(imu)) => {
                let (rate, force) = mean(felt);
                let mut noisy = |v: Vector, std: f64, bias: &Vector3<f64>, step: f64| {
                    let noise = Vector3::new(normal(stream), normal(stream), normal(stream)) * std * louder;
                    (vector64(v) + bias + noise).map(|value| stepped(value, step))
                };
                *imu = Imu {
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
            (Self::Velocimeter { link, mount, noise }, Reading::Motion(motion)) => {
                let (velocity, rate) = motion_at(truth.robot, *link, mount);
                let mut noisy = |v: Vector, std: f64| {
                    let noise = Vector3::new(normal(stream), normal(stream), normal(stream)) * std * louder;
                    vector64(v) + noise
                };
                *motion = Motion {
                    linear_velocity: noisy(velocity, noise.linear),
                    angular_velocity: noisy(rate, noise.angular),
                };
            }
            (
                Self::WheelOdometry { joints, last, pose, scale, noise, drive, signs },
                Reading::Odometry(odometry),
            ) => {
                let mut angle = [0.0; 2];
                for i in 0..2 {
                    angle[i] = signs[i] * truth.robot.joints[joints[i]].position;
                }
                let before = last.replace(angle).unwrap_or(angle);
                let mut rate = [0.0; 2];
                let dt = period as f64 * 1e-9;
                for i in 0..2 {
                    let error = scale[i] + louder * noise.proportional * normal(stream);
                    let slip = Defect::factor(defect, FaultKind::Slip);
                    rate[i] = (angle[i] - before[i]) * error * slip / dt;
                }
                let twist = drive.twist(rate[0], rate[1]);
                *pose = pose.advance(&twist, dt);
                *odometry = Odometry { pose: *pose, twist: Twist2::new(twist.linear, twist.angular) };
            }
            (Self::JointState { joints, noise }, Reading::Joints(state)) => {
                for (i, joint) in joints.iter().enumerate() {
                    let truth = truth.robot.joints[*joint];
                    state.position[i] = stepped(truth.position, noise.position_resolution);
                    state.velocity[i] = stepped(truth.velocity, noise.velocity_resolution);
                    // No more digits than the solver has.
                    let effort = f64::from(truth.effort as f32);
                    state.effort[i] = stepped(effort, noise.effort_resolution);
                }
            }
            (Self::Contact { link, shapes, threshold }, Reading::Contact(contact)) => {
                *contact = feel(truth, *link, shapes, *threshold);
            }
            (Self::Battery { capacity, charge, voltage }, Reading::Battery(battery)) => {
                let left = *charge - truth.robot.energy / (*capacity * 3600.0);
                *battery = Battery {
                    percentage: left.max(0.0),
                    voltage: *voltage,
                    current: -truth.robot.power / *voltage,
                };
            }
            (Self::Pose { link, mount, noise }, Reading::Pose(absolute)) => {
                let truth = pose64(&(truth.robot.links[*link] * *mount));
                let shadow = Pose2::from_spatial(&truth);
                let mut off = |std: f64| louder * std * normal(stream);
                let (x, y) = (shadow.x + off(noise.position), shadow.y + off(noise.position));
                let yaw = noise.heading.map_or(0.0, |std| shadow.yaw + off(std));
                let z = noise.height.map_or(0.0, |std| truth.translation.z + off(std));
                let rotation = match noise.tilt {
                    Some(std) => {
                        let upright = heading(shadow.yaw).inverse() * truth.rotation;
                        heading(yaw) * UnitQuaternion::new(Vector3::new(off(std), off(std), 0.0)) * upright
                    }
                    None => heading(yaw),
                };
                let variance = |std: Option<f64>| std.map_or(f64::INFINITY, |std| std * std);
                let (place, tilt) = (noise.position * noise.position, variance(noise.tilt));
                *absolute = AbsolutePose {
                    pose: Isometry3::from_parts(Translation3::new(x, y, z), rotation),
                    // What it says of itself is what it is when it is well.
                    covariance: Matrix6::from_diagonal(&Vector6::new(
                        place,
                        place,
                        variance(noise.height),
                        tilt,
                        tilt,
                        variance(noise.heading),
                    )),
                };
            }
            (Self::Beacon { link, mount, by, d_prime }, Reading::Azimuth(azimuth)) => {
                let pose = truth.robot.links[*link] * *mount;
                let Azimuth { angle_min, angle_increment, tuning, activity } = azimuth;
                for activity in activity.iter_mut() {
                    *activity = (louder * normal(stream)) as f32;
                }
                for beacon in truth.beacons.iter().filter(|beacon| shines(beacon, truth.now)) {
                    let d = *d_prime * reach(truth, &pose, beacon, *by);
                    let [x, y, z] = beacon.at.map(|v| v as f32);
                    let toward = pose.inverse_transform_point(Vector::new(x, y, z));
                    let bearing = ops::atan2(f64::from(toward.y), f64::from(toward.x));
                    for (i, activity) in activity.iter_mut().enumerate() {
                        let off = ops::wrap(*angle_min + i as f64 * *angle_increment - bearing) / *tuning;
                        *activity += (d * ops::exp(-0.5 * off * off)) as f32;
                    }
                }
            }
            // A slot keeps its kind for life, so no other pair can meet.
            _ => {}
        }
    }
}

/// Velocity (m/s) and turning rate (rad/s) against the world at `mount` on a link, in the frame there.
fn motion_at(robot: &Mechanics, link: usize, mount: &Pose) -> (Vector, Vector) {
    let pose = robot.links[link] * *mount;
    let (linear, angular) = robot.velocities[link];
    let at = linear + angular.cross(pose.translation - robot.links[link].translation);
    let to_sensor: Rotation = pose.rotation.inverse();
    (to_sensor * at, to_sensor * angular)
}

/// Turning rate (rad/s) and specific force (m/s²) over the last step of physics at `mount` on a link, in the frame there.
fn feel_motion(robot: &Mechanics, link: usize, mount: &Pose) -> (Vector, Vector) {
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

/// Nearer than this a beacon grows no stronger, m.
const NEAREST: f64 = 0.3;
/// What is left of a sound that comes round something.
const MUFFLED: f64 = 0.5;

fn shines(beacon: &Beacon, now: Stamp) -> bool {
    now >= Stamp::from_seconds(beacon.from)
        && beacon.until.is_none_or(|until| now < Stamp::from_seconds(until))
}

/// The share of a beacon's strength at 1 m that comes as far as `pose`: one over the distance, for light's angle as for sound's
/// pressure.
fn reach(truth: &Truth<'_>, pose: &Pose, beacon: &Beacon, by: BeaconSense) -> f64 {
    let [x, y, z] = beacon.at.map(|v| v as f32);
    let way = Vector::new(x, y, z) - pose.translation;
    let distance = f64::from(way.length());
    let own = truth.robot.user_data;
    let not_own = |_: ColliderHandle, collider: &rapier3d::prelude::Collider| collider.user_data != own;
    let filter = QueryFilter::default().predicate(&not_own);
    let query = truth.world.query_pipeline_with_filter(filter);
    let ray = Ray::new(pose.translation, way);
    let is_hidden = query.cast_ray(&ray, 1.0, true).is_some();
    let left = match (is_hidden, by) {
        (false, _) => 1.0,
        (true, BeaconSense::Camera) => 0.0,
        (true, BeaconSense::Microphones) => MUFFLED,
    };
    left * beacon.strength / distance.max(NEAREST)
}

/// The value to the nearest step of a sensor's resolution; 0 for none.
fn stepped(value: f64, step: f64) -> f64 {
    if step > 0.0 { (value / step).round() * step } else { value }
}

/// The sum of the contact forces on a link from anything but the robot itself.
fn feel(truth: &Truth<'_>, link: usize, shapes: &[ColliderHandle], threshold: f64) -> Contact {
    let pose = truth.robot.links[link];
    let mut force = 0.0;
    let mut toward = Vector::ZERO;
    for handle in shapes {
        for pair in truth.world.contact_pairs_with(*handle) {
            let other = if pair.collider1 == *handle { pair.collider2 } else { pair.collider1 };
            let own = truth.world.colliders.get(other).is_none_or(|c| c.user_data == truth.robot.user_data);
            if own {
                continue;
            }
            let impulse = f64::from(pair.total_impulse_magnitude());
            if impulse <= 0.0 {
                continue;
            }
            force += impulse / truth.robot.timestep;
            if let Some((manifold, _)) = pair.find_deepest_contact() {
                let away =
                    if pair.collider1 == *handle { manifold.data.normal } else { -manifold.data.normal };
                toward += pose.inverse_transform_vector(away) * impulse as f32;
            }
        }
    }
    let touching = force > threshold;
    Contact { touching, force, bearing: ops::atan2(f64::from(toward.y), f64::from(toward.x)) }
}
