//! Cues that lie: the estimator against the plain filter on the same senses, without a simulator.

use nalgebra::{Isometry3, Matrix3, Vector3};
use neuraxis_core::Mobility;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::percepts::AbsolutePose;
use neuraxis_core::random::{self, Stream, normal};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::robot::Limits;
use neuraxis_core::senses::{
    ImuNoise, ImuSpec, OdometryNoise, PoseNoise, PoseSpec, Sensor, Transport, WheelOdometrySpec,
};
use neuraxis_core::{Percepts, Pose2, Reading, Stamp, Twist2, math};
use neuraxis_fusion::{FusionSpec, RobustnessSpec, Rule, build};

const ODOM: usize = 0;
const IMU: usize = 1;
const LIDAR: usize = 2;
const CAMERA: usize = 3;
const STD: [f64; 2] = [0.05, 0.15];

fn body() -> BodyDescription {
    let transport = Transport::default();
    let (rate, deadline) = (50.0, None);
    let wheels = Sensor::WheelOdometry(WheelOdometrySpec {
        name: "odom".to_owned(),
        left: "left".to_owned(),
        right: "right".to_owned(),
        rate,
        noise: OdometryNoise::default(),
        transport,
        deadline,
    });
    let imu = Sensor::Imu(ImuSpec {
        name: "imu".to_owned(),
        link: "imu".to_owned(),
        rate: 100.0,
        noise: ImuNoise::default(),
        transport,
        deadline,
    });
    let pose = |name: &str, i: usize| {
        Sensor::Pose(PoseSpec {
            name: name.to_owned(),
            rate: 10.0,
            noise: PoseNoise { position: STD[i], ..PoseNoise::default() },
            transport,
            deadline,
        })
    };
    let sensors = [wheels, imu, pose("lidar", 0), pose("camera", 1)];
    BodyDescription {
        name: "test".to_owned(),
        sensors: sensors
            .into_iter()
            .map(|sensor| SensorDescription {
                sensor,
                mount: Isometry3::identity(),
                joints: Vec::new(),
                limb: None,
            })
            .collect(),
        actuators: Vec::new(),
        mobility: Mobility::default(),
        drive: None,
        ackermann: None,
        other_actuators: 0,
        calibration: None,
        radius: 0.2,
        limits: Limits { linear: 0.5, angular: 2.0, linear_acceleration: 1.0, angular_acceleration: 4.0 },
    }
}

/// A world in which a body drives rounds, and what its senses make of it.
struct World {
    stream: Stream,
    truth: Pose2,
    way: Pose2,
    percepts: Percepts,
    tick: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            stream: random::stream(seed, "test/world"),
            truth: Pose2::default(),
            way: Pose2::default(),
            percepts: body().percepts(),
            tick: 0,
        }
    }

    /// One tick of 10 ms; `lie` may change a reading before it arrives, and say that it does not.
    fn step(&mut self, slip: f64, mut lie: impl FnMut(usize, f64, &mut Reading, &mut Stream) -> bool) {
        let time = self.tick as f64 * 0.01;
        let now = Stamp(self.tick * 10_000_000);
        self.percepts.now = now;
        // It gains speed for half a second, and feels that.
        let pace = ((time - 1.0) / 0.5).clamp(0.0, 1.0);
        let twist = Twist2::new(0.3 * pace, pace * (0.3 + 0.4 * math::sin(0.5 * time)));
        let gain = if pace > 0.0 && pace < 1.0 { 0.3 / 0.5 } else { 0.0 };
        let across = twist.linear * twist.angular;
        let mut send = |slot: usize, mut reading: Reading, percepts: &mut Percepts, stream: &mut Stream| {
            if lie(slot, time, &mut reading, stream) {
                percepts.slots_mut()[slot].put(now, |to| to.copy_from(&reading));
            }
        };
        let n = |stream: &mut Stream, std: f64| std * normal(stream);
        let (percepts, stream) = (&mut self.percepts, &mut self.stream);
        let imu = neuraxis_core::percepts::Imu {
            angular_velocity: Vector3::new(0.0, 0.0, twist.angular + n(stream, 0.005)),
            linear_acceleration: Vector3::new(gain + n(stream, 0.02), across + n(stream, 0.02), 9.81),
            orientation: None,
        };
        send(IMU, Reading::Imu(imu), percepts, stream);
        if self.tick.is_multiple_of(2) {
            let noisy =
                Twist2::new(twist.linear * (1.0 + n(stream, 0.05)), twist.angular * (1.0 + n(stream, 0.05)));
            let noisy = Twist2::new(noisy.linear * slip, noisy.angular * slip);
            self.way = self.way.advance(&noisy, 0.02);
            let odometry = neuraxis_core::percepts::Odometry { pose: self.way, twist: noisy };
            send(ODOM, Reading::Odometry(odometry), percepts, stream);
        }
        if self.tick.is_multiple_of(10) {
            for (slot, std) in [(LIDAR, STD[0]), (CAMERA, STD[1])] {
                let pose = Pose2::new(self.truth.x + n(stream, std), self.truth.y + n(stream, std), 0.0);
                let variance = std * std;
                let covariance = Matrix3::from_diagonal(&Vector3::new(variance, variance, f64::INFINITY));
                send(slot, Reading::Pose(AbsolutePose::planar(&pose, &covariance)), percepts, stream);
            }
        }
        self.truth = self.truth.advance(&twist, 0.01);
        self.tick += 1;
    }
}

fn spec(rule: Rule) -> FusionSpec {
    let mut spec = FusionSpec { rule, scan_matching: false, ..FusionSpec::default() };
    spec.map.size = [1.0, 1.0];
    spec.noise.odometry_linear = 0.01;
    spec
}

/// Root mean square errors, m, of the full rule and of the plain one, over 60 s with a fault from 20 s to 40 s.
fn errors(
    honest: &FusionSpec,
    slip: f64,
    lie: impl Fn(usize, f64, &mut Reading, &mut Stream) -> bool,
) -> (f64, f64) {
    let (mut sums, mut count) = ([0.0_f64; 2], 0.0);
    for seed in 0..3 {
        let mut world = World::new(seed);
        let mut estimators = [
            build(honest, &body(), Pose2::default(), None),
            build(&spec(Rule::Ekf), &body(), Pose2::default(), None),
        ];
        for tick in 0..6000 {
            let is_on = (2000..4000).contains(&tick);
            let truth = world.truth;
            world.step(if is_on { slip } else { 1.0 }, |slot, time, reading, stream| {
                !is_on || lie(slot, time, reading, stream)
            });
            for (sum, estimator) in sums.iter_mut().zip(&mut estimators) {
                estimator.update(&world.percepts);
                let error = estimator.belief().pose.distance(&truth);
                *sum += error * error;
            }
            count += 1.0;
        }
    }
    let [own, plain] = sums.map(|sum| f64::sqrt(sum / count));
    (own, plain)
}

fn shift(reading: &mut Reading, x: f64, y: f64) {
    if let Reading::Pose(absolute) = reading {
        absolute.pose.translation.x += x;
        absolute.pose.translation.y += y;
    }
}

#[test]
fn without_a_fault_nothing_is_lost() {
    let (own, plain) = errors(&spec(Rule::InverseEffectiveness), 1.0, |_, _, _, _| true);
    assert!(own < 1.05 * plain, "{own} against {plain}");
}

#[test]
fn a_biased_cue_is_excluded() {
    let lie = |slot: usize, _: f64, reading: &mut Reading, _: &mut Stream| {
        if slot == LIDAR {
            shift(reading, 1.0, 0.5);
        }
        true
    };
    let (own, plain) = errors(&spec(Rule::InverseEffectiveness), 1.0, lie);
    assert!(own < 0.25 * plain, "{own} against {plain}");
    let open = RobustnessSpec { gating: false, ..RobustnessSpec::ALL };
    let (without, _) = errors(&FusionSpec { robustness: open, ..spec(Rule::InverseEffectiveness) }, 1.0, lie);
    assert!(without > 2.0 * own, "the gate makes the difference: {without} without, {own} with");
}

#[test]
fn a_bias_that_the_gate_lets_through_is_found_in_time() {
    let lie = |slot: usize, _: f64, reading: &mut Reading, _: &mut Stream| {
        if slot == CAMERA {
            shift(reading, 0.35, 0.2);
        }
        true
    };
    let (own, _) = errors(&spec(Rule::InverseEffectiveness), 1.0, lie);
    let blind = RobustnessSpec { bias_detection: false, ..RobustnessSpec::ALL };
    let (without, _) =
        errors(&FusionSpec { robustness: blind, ..spec(Rule::InverseEffectiveness) }, 1.0, lie);
    assert!(own < 0.7 * without, "{own} with the rule, {without} without");
}

#[test]
fn a_frozen_cue_is_left_out() {
    let frozen = Pose2::new(1.0, 1.0, 0.0);
    let lie = |slot: usize, _: f64, reading: &mut Reading, _: &mut Stream| {
        if let (LIDAR, Reading::Pose(absolute)) = (slot, reading) {
            absolute.pose = frozen.to_spatial(0.0);
        }
        true
    };
    let (own, plain) = errors(&spec(Rule::InverseEffectiveness), 1.0, lie);
    assert!(own < 0.25 * plain, "{own} against {plain}");
}

#[test]
fn outliers_are_left_out() {
    use rand::RngExt as _;
    let lie = |slot: usize, _: f64, reading: &mut Reading, stream: &mut Stream| {
        if slot == LIDAR && stream.random_bool(0.2) {
            shift(reading, stream.random_range(-5.0..5.0), stream.random_range(-5.0..5.0));
        }
        true
    };
    let (own, plain) = errors(&spec(Rule::InverseEffectiveness), 1.0, lie);
    assert!(own < 0.25 * plain, "{own} against {plain}");
}

#[test]
fn slip_is_isolated_to_the_wheels() {
    let honest = |_: usize, _: f64, _: &mut Reading, _: &mut Stream| true;
    let (own, plain) = errors(&spec(Rule::InverseEffectiveness), 2.0, honest);
    assert!(own < 0.25 * plain, "{own} against {plain}");
    // A gate alone is a catastrophe: it holds off the only ones who are right.
    let (gated, _) = errors(&spec(Rule::EkfGated), 2.0, honest);
    assert!(gated > 2.0 * plain, "{gated} with a gate alone, {plain} without");
}

#[test]
fn a_gyroscope_that_drifts_is_relearned() {
    let lie = |slot: usize, _: f64, reading: &mut Reading, _: &mut Stream| {
        if let (IMU, Reading::Imu(imu)) = (slot, reading) {
            imu.angular_velocity.z += 0.3;
        }
        true
    };
    let (own, plain) = errors(&spec(Rule::InverseEffectiveness), 1.0, lie);
    assert!(own < 0.5 * plain, "{own} against {plain}");
}

#[test]
fn a_body_that_is_carried_off_is_found_again() {
    let mut world = World::new(4);
    let mut estimator = build(&spec(Rule::InverseEffectiveness), &body(), Pose2::default(), None);
    for tick in 0..3000 {
        if tick == 2000 {
            world.truth = world.truth.compose(&Pose2::new(3.0, -2.0, 0.0));
        }
        let truth = world.truth;
        world.step(1.0, |_, _, _, _| true);
        estimator.update(&world.percepts);
        if tick > 2100 {
            let error = estimator.belief().pose.distance(&truth);
            assert!(error < 0.2, "{error} m off, {} ticks later", tick - 2000);
        }
    }
}

#[test]
fn odometry_that_is_set_back_moves_nothing() {
    let mut world = World::new(2);
    let mut estimator = build(&spec(Rule::InverseEffectiveness), &body(), Pose2::default(), None);
    for tick in 0..2000 {
        let truth = world.truth;
        world.step(1.0, |slot, time, reading, _| {
            if let Reading::Odometry(odometry) = reading {
                odometry.pose.x -= if time >= 10.0 { 30.0 } else { 0.0 };
            }
            // Nobody else knows where it is, from shortly before on.
            time < 9.0 || slot == ODOM || slot == IMU
        });
        estimator.update(&world.percepts);
        let error = estimator.belief().pose.distance(&truth);
        assert!(tick < 200 || error < 0.4, "{error} m off at tick {tick}");
    }
    assert_eq!(estimator.belief().cues[ODOM].refusals, 1);
}

#[test]
fn a_lone_cue_that_insists_is_believed_and_a_lone_outlier_is_not() {
    // The camera alone, and wheels that are lifted over a metre at 20 s; before that, one reading in five is 3 m off.
    let mut world = World::new(7);
    let mut estimator = build(&spec(Rule::InverseEffectiveness), &body(), Pose2::default(), None);
    let mut worst: f64 = 0.0;
    for tick in 0..2100 {
        if tick == 2000 {
            world.truth = world.truth.compose(&Pose2::new(0.0, 2.0, 0.0));
        }
        let truth = world.truth;
        world.step(1.0, |slot, time, reading, stream| {
            if time < 19.0 && slot == CAMERA && normal(stream) > 0.84 {
                shift(reading, 3.0, -1.0);
            }
            slot != LIDAR
        });
        estimator.update(&world.percepts);
        let error = estimator.belief().pose.distance(&truth);
        if (500..2000).contains(&tick) {
            worst = worst.max(error);
        }
        if tick > 2050 {
            assert!(error < 0.4, "{error} m off, {} ticks after it was carried", tick - 2000);
        }
    }
    assert!(worst < 0.3, "outliers moved it by {worst} m");
}

#[test]
fn late_future_and_invalid_readings_are_refused_and_counted() {
    let mut world = World::new(1);
    let mut estimator = build(&spec(Rule::InverseEffectiveness), &body(), Pose2::default(), None);
    for _ in 0..300 {
        world.step(1.0, |_, _, _, _| true);
        estimator.update(&world.percepts);
    }
    let now = world.percepts.now;
    let cue = estimator.belief().cues.iter().position(|cue| &*cue.name == "lidar").expect("a cue");
    let good = Matrix3::from_diagonal(&Vector3::new(0.01, 0.01, f64::INFINITY));
    let mut lopsided = good;
    lopsided[(0, 1)] = 0.5;
    let negative = Matrix3::from_diagonal(&Vector3::new(-0.01, 0.01, f64::INFINITY));
    let at = |x: f64| Pose2 { x, y: 0.0, yaw: 0.0 };
    let later = Stamp(now.0 + 1_000_000_000);
    let earlier = Stamp(now.0 - 500_000_000);
    let cases = [
        (now, at(f64::NAN), good, Refusal::NotFinite),
        (later, at(0.0), good, Refusal::FromTheFuture),
        (earlier, at(0.0), good, Refusal::Backwards),
        (now, at(0.0), negative, Refusal::Covariance),
        (now, at(0.0), lopsided, Refusal::Covariance),
        (now, at(0.0), Matrix3::from_element(f64::NAN), Refusal::Covariance),
    ];
    for (i, (stamp, pose, covariance, why)) in cases.into_iter().enumerate() {
        let before = estimator.belief().pose;
        let absolute = AbsolutePose::planar(&pose, &covariance);
        world.percepts.slots_mut()[LIDAR].put(stamp, |to| to.copy_from(&Reading::Pose(absolute)));
        estimator.update(&world.percepts);
        let report = &estimator.belief().cues[cue];
        assert_eq!((report.refusal, report.refusals), (why, i as u32 + 1), "case {i}");
        assert!(estimator.belief().pose == before, "case {i} reached the state");
    }
}

#[test]
fn a_loss_of_all_absolute_cues_is_survived() {
    let mut world = World::new(2);
    let mut estimator = build(&spec(Rule::InverseEffectiveness), &body(), Pose2::default(), None);
    let mut last = 0.0;
    for tick in 0..4000 {
        let is_gone = (2000..2500).contains(&tick);
        let truth = world.truth;
        world.step(1.0, |slot, _, _, _| !(is_gone && (slot == LIDAR || slot == CAMERA)));
        estimator.update(&world.percepts);
        let belief = estimator.belief();
        let block = Matrix3::from_fn(|r, c| belief.covariance[([0, 1, 5][r], [0, 1, 5][c])]);
        assert!(block.cholesky().is_some(), "no covariance at tick {tick}");
        if is_gone && tick % 50 == 49 {
            assert!(belief.position_std() > last, "it does not grow less sure");
            last = belief.position_std();
        }
        if tick == 2600 {
            assert!(belief.pose.distance(&truth) < 0.1);
        }
    }
}
