//! A body in space: hills, legs, water, and the rules that it shares with the plane; without a simulator.

use nalgebra::{Isometry3, Matrix3, Matrix6, UnitQuaternion, UnitVector3, Vector3, Vector6};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::command::Interface;
use neuraxis_core::kinematics::{Limb, LimbJoint};
use neuraxis_core::percepts::{AbsolutePose, Contact, Imu, Odometry};
use neuraxis_core::random::{self, Stream, normal};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Percepts, Pose2, Reading, Stamp, Twist2, ops};
use neuraxis_fusion::{Estimator, FusionSpec, Rule, Space, SpatialFusion};

const TICK: f64 = 0.005;

/// What a body in these tests is made of, as a robot file would say it.
fn body(sensors: &[&str], limbs: Vec<Option<Limb>>) -> BodyDescription {
    let sensor = |text: &&str| -> Sensor { serde_json::from_str(text).expect("a sensor") };
    let limits = r#"{"linear": 0.8, "angular": 2.0, "linear_acceleration": 2.0, "angular_acceleration": 4.0}"#;
    let mut limbs = limbs.into_iter();
    BodyDescription {
        name: "test".to_owned(),
        sensors: sensors
            .iter()
            .map(|text| {
                let sensor = sensor(text);
                let joints = match &sensor {
                    Sensor::JointState { joints, .. } => joints.clone().unwrap_or_default(),
                    _ => Vec::new(),
                };
                let is_unit = matches!(sensor, Sensor::Imu { .. });
                let is_foot = matches!(sensor, Sensor::Contact { .. });
                SensorDescription {
                    mount: if is_unit { unit() } else { Isometry3::identity() },
                    limb: if is_foot { limbs.next().flatten() } else { None },
                    sensor,
                    joints,
                }
            })
            .collect(),
        actuators: Vec::new(),
        interface: Interface::Effort,
        drive: None,
        radius: 0.2,
        limits: serde_json::from_str(limits).expect("limits"),
    }
}

/// The inertial unit sits off the middle, and turned.
fn unit() -> Isometry3<f64> {
    Isometry3::new(Vector3::new(-0.05, 0.02, 0.1), Vector3::new(0.1, -0.2, 1.5))
}

const IMU: &str = r#"{"kind": "imu", "name": "imu", "link": "imu", "rate": 200}"#;

/// Where the body is at a time: any smooth motion will do.
type Way = fn(f64) -> Isometry3<f64>;

/// Over a hilly ground, along its own x axis.
fn hills(t: f64) -> Isometry3<f64> {
    // It stands for a second, and then gains speed for two.
    let t = (t - 1.0).max(0.0);
    let s = 0.4 * if t < 2.0 { 0.25 * t * t } else { t - 1.0 };
    // A circle of 2 m on ground that rises and falls by 0.3 m twice a round.
    let angle = s / 2.0;
    let (sin, cos) = ops::sin_cos(angle);
    let slope = 0.3 * ops::cos(2.0 * angle);
    let place = Vector3::new(2.0 * sin, 2.0 - 2.0 * cos, 0.3 * ops::sin(2.0 * angle));
    let rotation = UnitQuaternion::from_euler_angles(0.0, -ops::atan2(slope, 1.0), angle);
    Isometry3::from_parts(place.into(), rotation)
}

/// The senses of a body that goes along `way`.
struct World {
    way: Way,
    stream: Stream,
    tick: u64,
    gyro_bias: Vector3<f64>,
    accelerometer_bias: Vector3<f64>,
    odom: Pose2,
}

impl World {
    fn new(way: Way, seed: u64) -> Self {
        let mut stream = random::stream(seed, "test/spatial-world");
        let mut vector = |std: f64| Vector3::from_fn(|_, _| std * normal(&mut stream));
        let (gyro_bias, accelerometer_bias) = (vector(0.004), vector(0.05));
        Self { way, stream, tick: 0, gyro_bias, accelerometer_bias, odom: Pose2::default() }
    }

    fn time(&self) -> f64 {
        self.tick as f64 * TICK
    }

    fn truth(&self) -> Isometry3<f64> {
        (self.way)(self.time())
    }

    fn noise(&mut self, std: f64) -> Vector3<f64> {
        Vector3::from_fn(|_, _| std * normal(&mut self.stream))
    }

    /// Velocity and turning rate of `base_link` in `base_link`.
    fn twist(&self) -> (Vector3<f64>, Vector3<f64>) {
        let h = 1e-4;
        let (a, b) = ((self.way)(self.time() - h), (self.way)(self.time() + h));
        let back = self.truth().rotation.inverse();
        let turn = (b.rotation * a.rotation.inverse()).scaled_axis() / (2.0 * h);
        (back * (b.translation.vector - a.translation.vector) / (2.0 * h), back * turn)
    }

    fn imu(&mut self) -> Imu {
        let h = 1e-3;
        let at = |t: f64| ((self.way)(t) * unit()).translation.vector;
        let t = self.time();
        let acceleration = (at(t + h) - 2.0 * at(t) + at(t - h)) / (h * h) + Vector3::new(0.0, 0.0, 9.81);
        let rotation = self.truth().rotation * unit().rotation;
        let (_, turning) = self.twist();
        Imu {
            angular_velocity: unit().rotation.inverse() * turning + self.gyro_bias + self.noise(0.003),
            linear_acceleration: rotation.inverse() * acceleration + self.accelerometer_bias + self.noise(0.05),
            orientation: None,
        }
    }

    fn wheels(&mut self, dt: f64, slip: f64) -> Odometry {
        let (velocity, turning) = self.twist();
        let noisy = |v: f64, n: f64| v * slip * (1.0 + 0.02 * n);
        let (a, b) = (normal(&mut self.stream), normal(&mut self.stream));
        let twist = Twist2::new(noisy(velocity.x, a), noisy(turning.z, b));
        self.odom = self.odom.advance(&twist, dt);
        Odometry { pose: self.odom, twist }
    }
}

fn put(percepts: &mut Percepts, slot: usize, reading: &Reading) {
    let now = percepts.now;
    percepts.slots_mut()[slot].put(now, |to| to.copy_from(reading));
}

fn error(estimator: &SpatialFusion, truth: &Isometry3<f64>) -> (f64, f64) {
    let pose = estimator.filter().pose();
    ((pose.translation.vector - truth.translation.vector).norm(), pose.rotation.angle_to(&truth.rotation))
}

#[test]
fn wheels_over_hills_and_an_inertial_unit_keep_the_track() {
    let wheels = r#"{"kind": "wheel_odometry", "name": "odom", "left": "l", "right": "r", "rate": 50}"#;
    let body = body(&[wheels, IMU], Vec::new());
    let spec = FusionSpec { space: Some(Space::Se3), scan_matching: false, ..FusionSpec::default() };
    for seed in 0..3 {
        let mut world = World::new(hills, seed);
        let mut estimator = SpatialFusion::new(&spec, &body, Pose2::default(), None);
        let mut percepts = body.percepts();
        // A round of 12.6 m over ground of ± 0.3 m.
        for _ in 0..(34.0 / TICK) as usize {
            percepts.now = Stamp::from_seconds(world.time());
            let imu = world.imu();
            put(&mut percepts, 1, &Reading::Imu(imu));
            if world.tick.is_multiple_of(4) {
                let odometry = world.wheels(0.02, 1.0);
                put(&mut percepts, 0, &Reading::Odometry(odometry));
            }
            estimator.update(&percepts);
            let (place, angle) = error(&estimator, &world.truth());
            if world.tick % 400 == 0 { eprintln!("{:.1} {place:.3} {angle:.4} bias {:?}", world.time(), (estimator.filter().gyro_bias() - world.gyro_bias).norm()); }
            world.tick += 1;
        }
    }
}
