//! What fusion costs: an update with four cues, all of them new, by each rule; and matching a sweep of 360 beams.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use nalgebra::{Isometry3, Matrix3, Point2, Vector3};
use neuraxis_core::Mobility;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::percepts::{AbsolutePose, Imu, LaserScan, Odometry};
use neuraxis_core::robot::Limits;
use neuraxis_core::senses::{
    ImuNoise, ImuSpec, OdometryNoise, PoseNoise, PoseSpec, Sensor, Transport, WheelOdometrySpec,
};
use neuraxis_core::{OccupancyGrid, Percepts, Pose2, Reading, Stamp, Twist2, math};
use neuraxis_fusion::mapper::Mapper;
use neuraxis_fusion::scan_match::Matcher;
use neuraxis_fusion::{Estimator, FusionSpec, Rule, Space, build};

fn body() -> BodyDescription {
    let (transport, deadline, rate) = (Transport::default(), None, 100.0);
    let pose = |name: &str, heading| {
        Sensor::Pose(PoseSpec {
            name: name.to_owned(),
            rate,
            noise: PoseNoise { position: 0.05, heading, ..PoseNoise::default() },
            transport,
            deadline,
        })
    };
    let sensors = [
        Sensor::WheelOdometry(WheelOdometrySpec {
            name: "odom".to_owned(),
            left: "l".to_owned(),
            right: "r".to_owned(),
            rate,
            noise: OdometryNoise::default(),
            transport,
            deadline,
        }),
        Sensor::Imu(ImuSpec {
            name: "imu".to_owned(),
            link: "imu".to_owned(),
            rate,
            noise: ImuNoise::default(),
            transport,
            deadline,
        }),
        pose("lidar", Some(0.02)),
        pose("camera", None),
    ];
    BodyDescription {
        name: "bench".to_owned(),
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

/// A tick in which every sense has something new.
fn percepts(percepts: &mut Percepts, tick: u64, truth: &mut Pose2) {
    let twist = Twist2::new(0.3, 0.2);
    *truth = truth.advance(&twist, 0.01);
    let now = Stamp(tick * 10_000_000);
    percepts.now = now;
    // Noise that needs no generator: the bench is about the estimator.
    let off = |k: f64| 0.03 * math::sin(k * tick as f64);
    let seen = Pose2::new(truth.x + off(1.7), truth.y + off(2.3), truth.yaw + 0.3 * off(3.1));
    let covariance = |heading| Matrix3::from_diagonal(&Vector3::new(0.0025, 0.0025, heading));
    let readings = [
        Reading::Odometry(Odometry { pose: *truth, twist }),
        Reading::Imu(Imu {
            angular_velocity: Vector3::new(0.0, 0.0, 0.2 + 0.1 * off(5.3)),
            linear_acceleration: Vector3::new(off(7.1), 0.0, 9.81),
            orientation: None,
        }),
        Reading::Pose(AbsolutePose::planar(&seen, &covariance(4e-4))),
        Reading::Pose(AbsolutePose::planar(&seen, &covariance(f64::INFINITY))),
    ];
    for (slot, reading) in percepts.slots_mut().iter_mut().zip(&readings) {
        slot.put(now, |to| to.copy_from(reading));
    }
}

fn update(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("update, 4 cues");
    for (name, rule, space) in [
        ("inverse_effectiveness, se2", Rule::InverseEffectiveness, Space::Se2),
        ("ekf, se2", Rule::Ekf, Space::Se2),
        ("inverse_effectiveness, se3", Rule::InverseEffectiveness, Space::Se3),
        ("ekf, se3", Rule::Ekf, Space::Se3),
        ("odometry", Rule::Odometry, Space::Se2),
    ] {
        let mut spec = FusionSpec { rule, space: Some(space), ..FusionSpec::default() };
        spec.map.size = [1.0, 1.0];
        let mut estimator: Box<dyn Estimator> = build(&spec, &body(), Pose2::default(), None);
        let (mut felt, mut truth, mut tick) = (body().percepts(), Pose2::default(), 0);
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| {
                let mut total = std::time::Duration::ZERO;
                for _ in 0..times {
                    tick += 1;
                    percepts(&mut felt, tick, &mut truth);
                    #[expect(clippy::disallowed_methods, reason = "a bench measures time")]
                    let start = std::time::Instant::now();
                    estimator.update(black_box(&felt));
                    total += start.elapsed();
                }
                total
            });
        });
    }
    group.finish();
}

/// A sweep in a room of 6 m by 4 m.
fn sweep(at: &Pose2) -> LaserScan {
    let ranges = (0..360).map(|i| {
        let (s, c) = math::sin_cos(at.yaw + f64::from(i) * math::PI / 180.0);
        let along = if c > 0.0 { (3.0 - at.x) / c } else { (-3.0 - at.x) / c };
        let across = if s > 0.0 { (2.0 - at.y) / s } else { (-2.0 - at.y) / s };
        along.min(across) as f32
    });
    LaserScan {
        angle_min: 0.0,
        angle_increment: math::PI / 180.0,
        range_min: 0.1,
        range_max: 10.0,
        ranges: ranges.collect(),
    }
}

fn scan_matching(criterion: &mut Criterion) {
    let mut grid = OccupancyGrid::new(Point2::origin(), [10.0, 10.0], 0.05);
    let mut mapper = Mapper::new(&grid);
    let start = Pose2::new(0.4, -0.3, 0.2);
    for _ in 0..20 {
        mapper.draw(&mut grid, &start, &sweep(&start));
    }
    let mut matcher = Matcher::new(360);
    let scan = sweep(&Pose2::new(0.45, -0.28, 0.23));
    criterion.bench_function("scan matching, 360 beams", |bencher| {
        bencher.iter(|| matcher.find(&grid, &mapper, black_box(&scan), &Pose2::default(), &start, 0.02));
    });
}

criterion_group!(benches, update, scan_matching);
criterion_main!(benches);
