//! The estimators in a room of known walls, on senses whose errors are known: who keeps the pose, and
//! what late, empty or wild readings do to it.

use nalgebra::{Isometry3, SymmetricEigen};
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::kinematics::DifferentialDrive;
use neuraxis_core::random::{self, Stream, normal};
use neuraxis_core::robot::{Limits, Sensor};
use neuraxis_core::{
    Actuator, Belief, Interface, JointLimits, Mobility, Percepts, Pose2, Reading, Stamp, Twist2, math,
};
use neuraxis_fusion::{Estimator, FusionSpec, Rule, build};
use proptest::prelude::*;

/// Walls of the room and of a crate in it, as segments, m.
const WALLS: [[f64; 4]; 8] = [
    [-3.0, -2.0, 3.0, -2.0],
    [3.0, -2.0, 3.0, 2.0],
    [3.0, 2.0, -3.0, 2.0],
    [-3.0, 2.0, -3.0, -2.0],
    [0.9, 0.4, 1.6, 0.4],
    [1.6, 0.4, 1.6, 1.2],
    [1.6, 1.2, 0.9, 1.2],
    [0.9, 1.2, 0.9, 0.4],
];
const RANGE: [f64; 2] = [0.12, 8.0];
const BEAMS: u32 = 360;
/// The wheels read the left path too long by this share, and the gyroscope this much too fast.
const LEFT_SCALE: f64 = 1.02;
const GYRO_BIAS: f64 = 0.01;

fn body() -> BodyDescription {
    let yaml = |text: &str| -> Sensor { serde_json::from_str(text).expect("a sensor") };
    let sensors = [
        r#"{"kind": "lidar", "name": "scan", "link": "base", "beams": 360, "range": [0.12, 8.0], "rate": 10}"#,
        r#"{"kind": "imu", "name": "imu", "link": "base", "rate": 100}"#,
        r#"{"kind": "wheel_odometry", "name": "odom", "left": "l", "right": "r", "rate": 50}"#,
    ];
    BodyDescription {
        name: "box".to_owned(),
        sensors: sensors
            .iter()
            .map(|text| SensorDescription {
                sensor: yaml(text),
                // The range finder must not see the ground at the tilts that noise feigns.
                mount: Isometry3::translation(0.0, 0.0, 0.5),
                joints: Vec::new(),
                limb: None,
            })
            .collect(),
        actuators: Actuator::all(["l", "r"], Interface::Velocity, JointLimits::default()),
        mobility: Mobility::default(),
        drive: Some(DifferentialDrive { wheel_radius: 0.05, track: 0.3 }),
        ackermann: None,
        other_actuators: 0,
        calibration: None,
        radius: 0.2,
        limits: Limits { linear: 0.5, angular: 2.0, linear_acceleration: 1.0, angular_acceleration: 8.0 },
    }
}

/// From `pose` along `angle` to the nearest wall, m.
fn ray(pose: &Pose2, angle: f64) -> f64 {
    let (s, c) = math::sin_cos(pose.yaw + angle);
    let mut nearest = f64::INFINITY;
    for [x1, y1, x2, y2] in WALLS {
        let (ex, ey) = (x2 - x1, y2 - y1);
        let det = ex * s - ey * c;
        if det.abs() < 1e-12 {
            continue;
        }
        let (dx, dy) = (x1 - pose.x, y1 - pose.y);
        let along = (ex * dy - ey * dx) / det;
        let share = (c * dy - s * dx) / det;
        if along > 0.0 && (0.0..=1.0).contains(&share) {
            nearest = nearest.min(along);
        }
    }
    nearest
}

/// A body that drives through the room and feels it, with a tick each 10 ms.
struct Drive {
    truth: Pose2,
    twist: Twist2,
    odometry: Pose2,
    percepts: Percepts,
    tick: u64,
    stream: Stream,
    /// Scans that are on their way: when they were taken, and what they say.
    under_way: Vec<(Stamp, Reading)>,
    scan_delay: f64,
}

impl Drive {
    fn new(start: Pose2, scan_delay: f64) -> Self {
        Self {
            truth: start,
            twist: Twist2::default(),
            odometry: Pose2::default(),
            percepts: body().percepts(),
            tick: 0,
            stream: random::stream(7, "test"),
            under_way: Vec::new(),
            scan_delay,
        }
    }

    fn step(&mut self, twist: Twist2, blind: bool) {
        self.percepts.now = Stamp(self.tick * 10_000_000);
        let now = self.percepts.now;
        let slots = self.percepts.slots_mut();
        let rate = twist.angular + GYRO_BIAS + 0.003 * normal(&mut self.stream);
        slots[1].put(now, |reading| {
            if let Reading::Imu(imu) = reading {
                imu.angular_velocity.z = rate;
                imu.linear_acceleration.z = 9.81;
            }
        });
        if self.tick.is_multiple_of(2) {
            let (pose, felt) = (self.odometry, self.twist);
            slots[2].put(now, |reading| {
                if let Reading::Odometry(odometry) = reading {
                    (odometry.pose, odometry.twist) = (pose, felt);
                }
            });
        }
        if self.tick.is_multiple_of(10) {
            let mut reading = body().sensors[0].blank();
            if let Reading::Scan(scan) = &mut reading {
                for (i, range) in scan.ranges.iter_mut().enumerate() {
                    let angle = f64::from(i as u32) * 2.0 * math::PI / f64::from(BEAMS);
                    let distance = ray(&self.truth, angle) + 0.01 * normal(&mut self.stream);
                    *range = if blind { f32::NAN } else { distance.clamp(RANGE[0], RANGE[1]) as f32 };
                }
            }
            self.under_way.push((now, reading));
        }
        while self.under_way.first().is_some_and(|(stamp, _)| now.since(*stamp) >= self.scan_delay - 1e-9) {
            let (stamp, taken) = self.under_way.remove(0);
            slots[0].put(stamp, |reading| reading.copy_from(&taken));
        }
        // What the wheels make of the same motion: the left one thinks that it went farther.
        let half = 0.5 * 0.3 * twist.angular;
        let (left, right) = ((twist.linear - half) * LEFT_SCALE, twist.linear + half);
        self.twist = Twist2::new(0.5 * (left + right), (right - left) / 0.3);
        self.odometry = self.odometry.advance(&self.twist, 0.01);
        self.truth = self.truth.advance(&twist, 0.01);
        self.tick += 1;
    }
}

/// Stands for a second, then drives rounds through the room; the greatest error of the pose, m, and of the
/// heading, rad, over the drive.
fn rounds(spec: &FusionSpec, seconds: f64, scan_delay: f64, blind: bool) -> (f64, f64, Box<dyn Estimator>) {
    let start = Pose2::new(-1.0, -1.2, 0.3);
    let mut estimator = build(spec, &body(), start, None);
    let mut drive = Drive::new(start, scan_delay);
    let (mut worst, mut turned) = (0.0_f64, 0.0_f64);
    for tick in 0..(seconds * 100.0) as usize {
        let t = tick as f64 * 0.01;
        let twist =
            if t < 1.0 { Twist2::default() } else { Twist2::new(0.3, 0.35 + 0.5 * math::sin(0.7 * t)) };
        drive.step(twist, blind);
        estimator.update(&drive.percepts);
        // `step` moves on after it has sensed: the belief is for the pose before.
        let before = drive.truth.advance(&Twist2::new(-twist.linear, -twist.angular), 0.01);
        let belief = estimator.belief();
        worst = worst.max(belief.pose.distance(&before));
        turned = turned.max(math::wrap(belief.pose.yaw - before.yaw).abs());
    }
    (worst, turned, estimator)
}

fn ekf() -> FusionSpec {
    let mut spec = FusionSpec::default();
    spec.map.size = [10.0, 10.0];
    spec
}

#[test]
fn matched_scans_keep_what_the_wheels_lose() {
    let (fused, heading, _) = rounds(&ekf(), 60.0, 0.0, false);
    let (wheels, ..) = rounds(&FusionSpec { rule: Rule::Odometry, ..ekf() }, 60.0, 0.0, false);
    assert!(fused < 0.04 && heading < 0.02, "the filter is off by {fused} m, {heading} rad");
    assert!(wheels > 0.4, "the wheels alone are off by {wheels} m only");
}

#[test]
fn without_scan_matching_the_pose_drifts() {
    let (drifting, ..) = rounds(&FusionSpec { scan_matching: false, ..ekf() }, 60.0, 0.0, false);
    let (fused, ..) = rounds(&ekf(), 60.0, 0.0, false);
    assert!(drifting > 2.0 * fused, "{drifting} m without, {fused} m with");
}

#[test]
fn a_late_scan_is_matched_where_it_was_taken() {
    // A third of a second late at up to 0.85 rad/s: taken for new, each would be off by 0.3 rad.
    let (worst, heading, _) = rounds(&ekf(), 40.0, 0.35, false);
    assert!(worst < 0.06 && heading < 0.04, "off by {worst} m, {heading} rad");
}

#[test]
fn a_blind_range_finder_leaves_dead_reckoning_and_no_map() {
    let (worst, _, estimator) = rounds(&ekf(), 20.0, 0.0, true);
    let (unmatched, ..) = rounds(&FusionSpec { scan_matching: false, ..ekf() }, 20.0, 0.0, true);
    assert_eq!(worst, unmatched);
    assert!(estimator.map().log_odds().iter().all(|cell| *cell == 0.0));
}

#[test]
fn the_gyroscopes_error_is_learned_at_rest() {
    let start = Pose2::default();
    let mut filter = neuraxis_fusion::PlanarEstimator::new(&ekf(), &body(), start, None);
    let mut drive = Drive::new(start, 0.0);
    for _ in 0..300 {
        drive.step(Twist2::default(), true);
        filter.update(&drive.percepts);
    }
    assert!((filter.gyro_bias() - GYRO_BIAS).abs() < 0.001, "{}", filter.gyro_bias());
}

#[test]
fn a_reading_with_a_number_that_is_none_is_left_out() {
    let start = Pose2::default();
    for rule in [Rule::InverseEffectiveness, Rule::Ekf, Rule::EkfGated, Rule::Odometry] {
        let mut estimator = build(&FusionSpec { rule, ..ekf() }, &body(), start, None);
        let mut drive = Drive::new(start, 0.0);
        for tick in 0..200_u64 {
            drive.step(Twist2::new(0.2, 0.1), false);
            let now = drive.percepts.now;
            if tick % 7 == 3 {
                drive.percepts.slots_mut()[1].put(now, |reading| {
                    if let Reading::Imu(imu) = reading {
                        imu.angular_velocity.z = f64::NAN;
                    }
                });
                drive.percepts.slots_mut()[2].put(now, |reading| {
                    if let Reading::Odometry(odometry) = reading {
                        odometry.pose.x = f64::INFINITY;
                    }
                });
            }
            estimator.update(&drive.percepts);
            assert!(estimator.belief().is_finite(), "{rule:?} at tick {tick}");
        }
        let error = estimator.belief().pose.distance(&drive.truth);
        assert!(error < 0.05, "{rule:?}: {error} m");
    }
}

/// The covariance of x, y and yaw has no direction in which it is negative.
fn is_covariance(belief: &Belief) -> bool {
    let block = nalgebra::Matrix3::from_fn(|r, c| belief.covariance[([0, 1, 5][r], [0, 1, 5][c])]);
    let is_symmetric = (block - block.transpose()).abs().max() <= 1e-9 * block.abs().max();
    is_symmetric && SymmetricEigen::new(block).eigenvalues.min() >= -1e-9 * block.abs().max()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn beliefs_stay_valid_under_any_readings(
        jumps in proptest::collection::vec(
            (-2.0..2.0_f64, -2.0..2.0_f64, -4.0..4.0_f64, -50.0..50.0_f64, -1.0..12.0_f32, 0..6_u8), 1..120)
    ) {
        let mut estimator = build(&ekf(), &body(), Pose2::default(), None);
        let mut percepts = body().percepts();
        let mut now = 0_u64;
        for (x, y, yaw, rate, range, what) in jumps {
            now += 20_000_000 * u64::from(what);
            percepts.now = Stamp(now);
            // Some readings are late, some come with the stamp of the last.
            let stamp = Stamp(now.saturating_sub(300_000_000 * u64::from(what % 3)));
            let slots = percepts.slots_mut();
            slots[1].put(stamp, |reading| {
                if let Reading::Imu(imu) = reading {
                    imu.angular_velocity.z = rate;
                    imu.linear_acceleration = nalgebra::Vector3::new(x, y, 9.81);
                }
            });
            slots[2].put(stamp, |reading| {
                if let Reading::Odometry(odometry) = reading {
                    odometry.pose = Pose2::new(x, y, yaw);
                    odometry.twist = Twist2::new(x, rate);
                }
            });
            slots[0].put(stamp, |reading| {
                if let Reading::Scan(scan) = reading {
                    for (i, r) in scan.ranges.iter_mut().enumerate() {
                        *r = if i % 5 == 0 { f32::INFINITY } else { range + math::sin(i as f64 * 0.02).abs() as f32 };
                    }
                }
            });
            estimator.update(&percepts);
            prop_assert!(estimator.belief().is_finite());
            prop_assert!(is_covariance(estimator.belief()), "{}", estimator.belief().covariance);
        }
    }
}
