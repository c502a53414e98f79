//! A body in space: hills, legs, water, and the rules that it shares with the plane; without a simulator.

use nalgebra::{Isometry3, Matrix6, UnitQuaternion, UnitVector3, Vector3, Vector6};
use neuraxis_core::Mobility;
use neuraxis_core::body::{BodyDescription, SensorDescription};
use neuraxis_core::kinematics::{Limb, LimbJoint};
use neuraxis_core::percepts::{AbsolutePose, Contact, Imu, Odometry};
use neuraxis_core::random::{self, Stream, normal};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::robot::Sensor;
use neuraxis_core::{Percepts, Pose2, Reading, Stamp, Twist2, math};
use neuraxis_fusion::{Estimator, FusionSpec, Rule, Space, SpatialEstimator};

const TICK: f64 = 0.005;

/// What a body in these tests is made of, as a robot file would say it.
fn body(sensors: &[&str], limbs: Vec<Option<Limb>>) -> BodyDescription {
    let sensor = |text: &&str| -> Sensor { serde_json::from_str(text).expect("a sensor") };
    let limits =
        r#"{"linear": 0.8, "angular": 2.0, "linear_acceleration": 2.0, "angular_acceleration": 4.0}"#;
    let mut limbs = limbs.into_iter();
    BodyDescription {
        name: "test".to_owned(),
        sensors: sensors
            .iter()
            .map(|text| {
                let sensor = sensor(text);
                let joints = match &sensor {
                    Sensor::JointState(spec) => spec.joints.clone().unwrap_or_default(),
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
        mobility: Mobility::default(),
        drive: None,
        ackermann: None,
        other_actuators: 0,
        calibration: None,
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
    let (sin, cos) = math::sin_cos(angle);
    let slope = 0.3 * math::cos(2.0 * angle);
    let place = Vector3::new(2.0 * sin, 2.0 - 2.0 * cos, 0.3 * math::sin(2.0 * angle));
    let rotation = UnitQuaternion::from_euler_angles(0.0, -math::atan2(slope, 1.0), angle);
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
            linear_acceleration: rotation.inverse() * acceleration
                + self.accelerometer_bias
                + self.noise(0.05),
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

fn error(estimator: &SpatialEstimator, truth: &Isometry3<f64>) -> (f64, f64) {
    let pose = estimator.filter().pose();
    ((pose.translation.vector - truth.translation.vector).norm(), pose.rotation.angle_to(&truth.rotation))
}

/// How a run went: largest error of position (m) and attitude (rad) after a settling time, and whether all beliefs were sound.
#[derive(Debug, Default)]
struct Run {
    place: f64,
    angle: f64,
}

impl Run {
    fn note(&mut self, estimator: &SpatialEstimator, truth: &Isometry3<f64>) {
        let belief = estimator.belief();
        assert!(belief.is_finite(), "at {}", belief.stamp.seconds());
        assert!(belief.covariance.cholesky().is_some(), "no covariance at {}", belief.stamp.seconds());
        let (place, angle) = error(estimator, truth);
        self.place = self.place.max(place);
        self.angle = self.angle.max(angle);
    }
}

fn spec(rule: Rule) -> FusionSpec {
    FusionSpec { rule, space: Some(Space::Se3), scan_matching: false, ..FusionSpec::default() }
}

#[test]
fn wheels_over_hills_and_an_inertial_unit_keep_the_track() {
    let wheels = r#"{"kind": "wheel_odometry", "name": "odom", "left": "l", "right": "r", "rate": 50}"#;
    let body = body(&[wheels, IMU], Vec::new());
    for seed in 0..3 {
        let mut world = World::new(hills, seed);
        let mut estimator =
            SpatialEstimator::new(&spec(Rule::InverseEffectiveness), &body, Pose2::default(), None);
        let (mut percepts, mut run) = (body.percepts(), Run::default());
        // A round of 12.6 m over ground of ± 0.3 m, with nobody who knows where the body is.
        for _ in 0..(34.0 / TICK) as usize {
            percepts.now = Stamp::from_seconds(world.time());
            let imu = world.imu();
            put(&mut percepts, 1, &Reading::Imu(imu));
            if world.tick.is_multiple_of(4) {
                let odometry = world.wheels(0.02, 1.0);
                put(&mut percepts, 0, &Reading::Odometry(odometry));
            }
            estimator.update(&percepts);
            run.note(&estimator, &world.truth());
            world.tick += 1;
        }
        assert!(run.place < 0.1 && run.angle < 0.03, "seed {seed}: {run:?}");
        let off = estimator.filter().gyro_bias() - world.gyro_bias;
        assert!(off.norm() < 0.3 * 0.004 * 3.0_f64.sqrt() + 0.001, "the gyroscope's error is {off} off");
        let height = estimator.belief().vertical.z - world.truth().translation.z;
        assert!(height.abs() < 0.1, "the belief tells the height, {height} off");
    }
}

/// Drives the hills with wheels; `tell` may change what the inertial unit (1) and the wheels (0) say, or say that they are silent.
fn roll(seconds: f64, mut tell: impl FnMut(usize, f64, &mut Reading) -> bool) -> (SpatialEstimator, World) {
    let wheels = r#"{"kind": "wheel_odometry", "name": "odom", "left": "l", "right": "r", "rate": 50}"#;
    let body = body(&[wheels, IMU], Vec::new());
    let mut world = World::new(hills, 4);
    let mut estimator =
        SpatialEstimator::new(&spec(Rule::InverseEffectiveness), &body, Pose2::default(), None);
    let mut percepts = body.percepts();
    while world.time() < seconds {
        percepts.now = Stamp::from_seconds(world.time());
        let mut imu = Reading::Imu(world.imu());
        if tell(1, world.time(), &mut imu) {
            put(&mut percepts, 1, &imu);
        }
        if world.tick.is_multiple_of(4) {
            let mut odometry = Reading::Odometry(world.wheels(0.02, 1.0));
            if tell(0, world.time(), &mut odometry) {
                put(&mut percepts, 0, &odometry);
            }
        }
        estimator.update(&percepts);
        assert!(estimator.belief().is_finite());
        world.tick += 1;
    }
    (estimator, world)
}

#[test]
fn an_inertial_unit_that_falls_silent_is_not_believed_for_ever() {
    let (estimator, world) = roll(12.0, |slot, time, _| slot == 0 || time < 8.0);
    let (_, turning) = world.twist();
    let belief = estimator.belief();
    assert!((belief.twist.angular - turning.z).abs() < 0.05, "{} {}", belief.twist.angular, turning.z);
    assert!(belief.cues[1].reliability == 0.0);
    // The wheels alone turn it, on the plane of its last tilt.
    assert!(error(&estimator, &world.truth()).0 < 0.6, "{:?}", error(&estimator, &world.truth()));
    // One that comes late is welcome: it levels the body as if it had been there from the beginning.
    let (estimator, world) = roll(8.0, |slot, time, _| slot == 0 || time > 0.3);
    assert!(error(&estimator, &world.truth()).0 < 0.1, "{:?}", error(&estimator, &world.truth()));
}

#[test]
fn an_inertial_unit_that_repeats_itself_is_left_out_as_long_as_it_does() {
    let mut held = None;
    let (estimator, world) = roll(12.0, |slot, time, reading| {
        if slot == 1 && time >= 8.0 {
            *reading = held.get_or_insert_with(|| reading.clone()).clone();
        }
        true
    });
    let cue = &estimator.belief().cues[1];
    // 800 readings came, and all but the first three were refused.
    assert!(cue.refusal == Refusal::Stuck && cue.refusals > 790, "{:?} {}", cue.refusal, cue.refusals);
    assert!(error(&estimator, &world.truth()).0 < 0.6, "{:?}", error(&estimator, &world.truth()));
}

#[test]
fn odometry_that_is_set_back_and_numbers_beyond_reason_move_nothing() {
    let (estimator, world) = roll(10.0, |slot, time, reading| {
        match reading {
            Reading::Odometry(odometry) if time >= 6.0 => odometry.pose.x -= 30.0,
            Reading::Imu(imu) if (7.0..7.004).contains(&time) => imu.angular_velocity.x = 1e200,
            _ => {}
        }
        slot < 2
    });
    assert!(estimator.filter().scale().abs() < 0.05, "scale {}", estimator.filter().scale());
    assert!(error(&estimator, &world.truth()).0 < 0.1, "{:?}", error(&estimator, &world.truth()));
    assert_eq!((estimator.belief().cues[0].refusals, estimator.belief().cues[1].refusals), (1, 1));
}

/// A leg of three slides, the foot of which stands `out` from the middle when all are at zero.
fn slider(name: &str, out: Vector3<f64>) -> Limb {
    let joint = |axis: &str, origin: Vector3<f64>, along: UnitVector3<f64>| LimbJoint {
        name: format!("{name}_{axis}"),
        origin: Isometry3::from_parts(origin.into(), UnitQuaternion::identity()),
        axis: along,
        slides: true,
    };
    let joints = vec![
        joint("x", out, Vector3::x_axis()),
        joint("y", Vector3::zeros(), Vector3::y_axis()),
        joint("z", Vector3::zeros(), Vector3::z_axis()),
    ];
    Limb { joints, tip: Isometry3::identity(), radius: 0.0 }
}

/// A body on four such legs, of which two diagonal ones stand at a time; the joints, and which feet touch, at a time of `way`.
/// `slides` moves the footholds of one leg, m/s.
fn walk(way: Way, time: f64, outs: &[Vector3<f64>; 4], slides: f64) -> (Vec<f64>, [bool; 4]) {
    const STEP: f64 = 0.4;
    let mut joints = Vec::new();
    let mut touch = [false; 4];
    for (leg, out) in outs.iter().enumerate() {
        let phase = time / STEP + if leg == 0 || leg == 3 { 0.0 } else { 0.5 };
        let (step, share) = (phase.floor(), phase.fract());
        let begin = (step - (phase - time / STEP)) * STEP;
        touch[leg] = share < 0.55;
        // The foothold is where the foot was when the stance began; a swinging foot is anywhere.
        let mut hold = way(begin.max(0.0)) * nalgebra::Point3::from(*out);
        if leg == 0 {
            hold.x += slides * (time - begin);
        }
        let foot = way(time).inverse() * hold;
        let place = if touch[leg] { foot.coords - out } else { Vector3::new(0.0, 0.0, 0.05) };
        joints.extend(place.iter());
    }
    (joints, touch)
}

/// Walks the hills for `seconds`; how far off it is at the end, m.
fn walked(seconds: f64, slides: f64, spec: &FusionSpec) -> (f64, f64) {
    let outs =
        [(0.2, 0.15), (0.2, -0.15), (-0.2, 0.15), (-0.2, -0.15)].map(|(x, y)| Vector3::new(x, y, -0.3));
    let names = ["fl", "fr", "rl", "rr"];
    let limbs: Vec<_> = names.iter().zip(outs).map(|(name, out)| slider(name, out)).collect();
    let joint_names: Vec<String> =
        limbs.iter().flat_map(|limb| limb.joints.iter().map(|j| j.name.clone())).collect();
    let state = format!(
        r#"{{"kind": "joint_state", "name": "joints", "rate": 200, "joints": {}}}"#,
        serde_json::to_string(&joint_names).expect("names")
    );
    let feet: Vec<String> = names
        .iter()
        .map(|name| format!(r#"{{"kind": "contact", "name": "{name}", "link": "{name}", "rate": 200}}"#))
        .collect();
    let mut sensors = vec![IMU, &state];
    sensors.extend(feet.iter().map(String::as_str));
    let body = body(&sensors, limbs.into_iter().map(Some).collect());
    let mut world = World::new(hills, 3);
    let mut estimator = SpatialEstimator::new(spec, &body, Pose2::default(), None);
    let mut percepts = body.percepts();
    let mut run = Run::default();
    while world.time() < seconds {
        let now = Stamp::from_seconds(world.time());
        percepts.now = now;
        let imu = world.imu();
        put(&mut percepts, 0, &Reading::Imu(imu));
        let h = 1e-4;
        let (a, touch) = walk(hills, world.time() - h, &outs, slides);
        let (b, _) = walk(hills, world.time() + h, &outs, slides);
        let (at, _) = walk(hills, world.time(), &outs, slides);
        percepts.slots_mut()[1].put(now, |reading| {
            let Reading::Joints(joints) = reading else { return };
            for i in 0..at.len() {
                joints.position[i] = at[i] + 0.0005 * normal(&mut world.stream);
                joints.velocity[i] = (b[i] - a[i]) / (2.0 * h) + 0.02 * normal(&mut world.stream);
            }
        });
        for (foot, touching) in touch.into_iter().enumerate() {
            put(&mut percepts, 2 + foot, &Reading::Contact(Contact { touching, ..Contact::default() }));
        }
        estimator.update(&percepts);
        run.note(&estimator, &world.truth());
        world.tick += 1;
    }
    assert_eq!(&*estimator.belief().cues[0].name, "leg_odometry");
    (run.place, run.angle)
}

#[test]
fn standing_feet_carry_the_body_over_hills() {
    let rule = spec(Rule::InverseEffectiveness);
    let (place, angle) = walked(20.0, 0.0, &rule);
    assert!(place < 0.15 && angle < 0.04, "{place} m and {angle} rad off after 7 m");
    // Feet that are believed ten times less do worse: it is they who carry it.
    let mut deaf = rule.clone();
    deaf.noise.foot = 5.0;
    let (without, _) = walked(20.0, 0.0, &deaf);
    assert!(without > 3.0 * place, "{without} m without them, {place} with");
}

/// A swimmer: it rolls, pitches, yaws and heaves, and has only an inertial unit and those who see it.
fn swim(t: f64) -> Isometry3<f64> {
    let t = (t - 0.5).max(0.0);
    // Smoothly from rest: a jerk between two readings would be nobody's fault.
    let s = (t / 3.0).min(1.0);
    let pace = s * s * s * (10.0 - 15.0 * s + 6.0 * s * s);
    let w = 0.5 * t;
    let place = Vector3::new(1.5 * math::sin(w), 1.0 - math::cos(w), 0.4 * math::sin(0.7 * w)) * pace;
    let rotation = UnitQuaternion::from_euler_angles(
        0.4 * math::sin(1.3 * w) * pace,
        0.3 * math::sin(w) * pace,
        w * pace,
    );
    Isometry3::from_parts(place.into(), rotation)
}

const STD: [f64; 2] = [0.02, 0.05];

fn tracked_body() -> BodyDescription {
    let tracker = r#"{"kind": "pose", "name": "tracker", "rate": 20, "noise": {"position": 0.02, "heading": 0.02, "height": 0.02, "tilt": 0.02}}"#;
    let sonar =
        r#"{"kind": "pose", "name": "sonar", "rate": 10, "noise": {"position": 0.05, "height": 0.05}}"#;
    body(&[IMU, tracker, sonar], Vec::new())
}

/// Errors over a minute (root mean square, m) of a rule while `lie` may change what the trackers say, and say that they are silent.
fn swum(rule: Rule, lie: impl Fn(usize, f64, &mut AbsolutePose, &mut Stream) -> bool) -> f64 {
    let body = tracked_body();
    let (mut sum, mut count) = (0.0, 0.0_f64);
    for seed in 0..3 {
        let mut world = World::new(swim, seed);
        let mut estimator = SpatialEstimator::new(&spec(rule), &body, Pose2::default(), None);
        let (mut percepts, mut run) = (body.percepts(), Run::default());
        // What the tracker says arrives a tenth of a second late.
        let mut under_way = std::collections::VecDeque::new();
        while world.time() < 60.0 {
            percepts.now = Stamp::from_seconds(world.time());
            let imu = world.imu();
            put(&mut percepts, 0, &Reading::Imu(imu));
            let is_on = (20.0..40.0).contains(&world.time());
            for (i, period) in [(0, 10), (1, 20)] {
                if world.tick.is_multiple_of(period) {
                    let (turn, place) = (world.noise(0.02), world.noise(STD[i]));
                    let mut pose = world.truth();
                    pose.translation.vector += place;
                    pose.rotation = UnitQuaternion::new(turn) * pose.rotation;
                    let v = STD[i] * STD[i];
                    let tilt = if i == 0 { 4e-4 } else { f64::INFINITY };
                    let covariance = Matrix6::from_diagonal(&Vector6::new(v, v, v, tilt, tilt, tilt));
                    let mut absolute = AbsolutePose { pose, covariance };
                    if !is_on || lie(i, world.time(), &mut absolute, &mut world.stream) {
                        under_way.push_back((percepts.now + 100_000_000, 1 + i, percepts.now, absolute));
                    }
                }
            }
            // A slot holds one reading; who comes next waits for the next tick.
            if under_way.front().is_some_and(|(due, ..)| *due <= percepts.now)
                && let Some((_, slot, stamp, absolute)) = under_way.pop_front()
            {
                percepts.slots_mut()[slot].put(stamp, |to| to.copy_from(&Reading::Pose(absolute)));
            }
            estimator.update(&percepts);
            run.note(&estimator, &world.truth());
            if world.time() > 2.0 {
                let (place, _) = error(&estimator, &world.truth());
                sum += place * place;
                count += 1.0;
            }
            world.tick += 1;
        }
    }
    (sum / count).sqrt()
}

#[test]
fn a_swimmer_that_is_seen_late_knows_where_it_is() {
    let own = swum(Rule::InverseEffectiveness, |_, _, _, _| true);
    let plain = swum(Rule::Ekf, |_, _, _, _| true);
    assert!(own < 1.05 * plain, "{own} m, plain {plain} m");
    // The trackers alone, late as they are, would be off by what it swims in a tenth of a second.
    assert!(own < 0.02, "{own} m");
}

#[test]
fn faulty_spatial_poses_are_left_out() {
    type Lie = fn(usize, f64, &mut AbsolutePose, &mut Stream) -> bool;
    let biased: Lie = |cue, _, absolute, _| {
        if cue == 0 {
            absolute.pose.translation.vector += Vector3::new(0.6, -0.3, 0.5);
        }
        true
    };
    let frozen: Lie = |cue, _, absolute, _| {
        if cue == 0 {
            absolute.pose = Isometry3::identity();
        }
        true
    };
    let outliers: Lie = |cue, _, absolute, stream| {
        if cue == 0 && normal(stream) > 0.84 {
            absolute.pose.translation.vector += Vector3::new(2.0, 1.0, -3.0);
        }
        true
    };
    for (name, lie) in [("biased", biased), ("frozen", frozen), ("outliers", outliers)] {
        let own = swum(Rule::InverseEffectiveness, lie);
        let plain = swum(Rule::Ekf, lie);
        assert!(own < 0.25 * plain, "{name}: {own} m, plain {plain} m");
    }
}

#[test]
fn a_swimmer_that_nobody_sees_grows_unsure_and_comes_back() {
    let body = tracked_body();
    let mut world = World::new(swim, 5);
    let mut estimator =
        SpatialEstimator::new(&spec(Rule::InverseEffectiveness), &body, Pose2::default(), None);
    let (mut percepts, mut run) = (body.percepts(), Run::default());
    let (mut before, mut last) = (0.0_f64, 0.0);
    while world.time() < 30.0 {
        percepts.now = Stamp::from_seconds(world.time());
        let imu = world.imu();
        put(&mut percepts, 0, &Reading::Imu(imu));
        let is_gone = (20.0..25.0).contains(&world.time());
        if world.tick.is_multiple_of(10) && !is_gone {
            let place = world.noise(STD[0]);
            let mut pose = world.truth();
            pose.translation.vector += place;
            let covariance = Matrix6::from_diagonal(&Vector6::new(4e-4, 4e-4, 4e-4, 4e-4, 4e-4, 4e-4));
            put(&mut percepts, 1, &Reading::Pose(AbsolutePose { pose, covariance }));
        }
        estimator.update(&percepts);
        run.note(&estimator, &world.truth());
        let (place, _) = error(&estimator, &world.truth());
        if world.time() < 20.0 && world.time() > 5.0 {
            before = before.max(place);
        }
        if is_gone && world.tick % 100 == 99 {
            let std = estimator.belief().position_std();
            assert!(std > last, "it does not grow less sure: {std} m");
            last = std;
        }
        if world.time() > 26.0 {
            assert!(place < 1.5 * before, "{place} m off a second after it was seen again, {before} before");
        }
        world.tick += 1;
    }
}

#[test]
fn late_future_and_invalid_readings_are_refused_in_space_too() {
    let body = tracked_body();
    let mut world = World::new(swim, 1);
    let mut estimator =
        SpatialEstimator::new(&spec(Rule::InverseEffectiveness), &body, Pose2::default(), None);
    let mut percepts = body.percepts();
    for _ in 0..600 {
        percepts.now = Stamp::from_seconds(world.time());
        let imu = world.imu();
        put(&mut percepts, 0, &Reading::Imu(imu));
        estimator.update(&percepts);
        world.tick += 1;
    }
    let good = Matrix6::from_diagonal_element(0.01);
    let mut lopsided = good;
    lopsided[(2, 4)] = 0.5;
    let at = |z: f64| Isometry3::translation(0.0, 0.0, z);
    let now = percepts.now;
    let cases = [
        (now, at(f64::NAN), good, Refusal::NotFinite),
        (now + 1_000_000_000, at(0.0), good, Refusal::FromTheFuture),
        (now, at(0.0), -good, Refusal::Covariance),
        (now, at(0.0), lopsided, Refusal::Covariance),
        (now, at(0.0), Matrix6::from_element(f64::NAN), Refusal::Covariance),
        (now, at(0.0), Matrix6::from_diagonal_element(f64::INFINITY), Refusal::Covariance),
    ];
    for (i, (stamp, pose, covariance, why)) in cases.into_iter().enumerate() {
        let before = estimator.filter().clone();
        let absolute = AbsolutePose { pose, covariance };
        percepts.slots_mut()[1].put(stamp, |to| to.copy_from(&Reading::Pose(absolute)));
        estimator.update(&percepts);
        let report = estimator.belief().cues.iter().find(|cue| &*cue.name == "tracker").expect("a cue");
        assert_eq!((report.refusal, report.refusals), (why, i as u32 + 1), "case {i}");
        assert!(*estimator.filter() == before, "case {i} reached the state");
    }
    let mut broken = world.imu();
    broken.linear_acceleration.y = f64::INFINITY;
    let before = estimator.filter().clone();
    put(&mut percepts, 0, &Reading::Imu(broken));
    estimator.update(&percepts);
    assert!(*estimator.filter() == before && estimator.belief().cues[1].refusal == Refusal::NotFinite);
}
