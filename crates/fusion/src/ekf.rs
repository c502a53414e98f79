//! An extended Kalman filter over wheel odometry, a gyroscope and matched scans.
//!
//! Source: Thrun, Burgard and Fox, *Probabilistic Robotics* (2005), table 3.3, with the motion between
//! two odometry messages as control and the matched pose as measurement, in information form
//! (table 3.6) so that a match may leave a direction open. State: x, y, yaw of `base_link` in the map,
//! and the gyroscope's constant error. Departures: the turn of the control is the inverse-variance mean
//! of wheels and gyroscope; the gyroscope's error is also learned while the wheels stand still; a match enters at the pose of its own stamp, by a short history of
//! odometry; scans are left out while the accelerometer shows a tilt at which a beam could reach the
//! ground; and a match is refused where its Mahalanobis distance exceeds [`GATE`]. After [`LOST`] refusals in
//! a row the filter admits that it is wrong and widens its covariance.

use nalgebra::{Matrix3, Matrix4, Point2, RowVector4, Vector2, Vector3, Vector4};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::reasons::Refusal;
use neuraxis_core::{Belief, CueReport, OccupancyGrid, Percepts, Pose2, Stamp, Twist2, ops};

use crate::mapper::Mapper;
use crate::scan_match::Matcher;
use crate::senses::Senses;
use crate::{Estimator, FusionSpec};

/// χ² of three degrees of freedom at 0.999.
pub const GATE: f64 = 16.27;
/// Refused matches in a row after which the filter widens its covariance.
pub const LOST: u32 = 10;
/// Odometry poses that are kept for late scans: 1.3 s at 50 Hz.
const HISTORY: usize = 64;
/// Below this speed (m/s) and turning rate (rad/s) the wheels stand still, and all that the gyroscope
/// reads is its error. (Driving straight will not do: wheels of unequal size turn the body unseen.)
const STILL: f64 = 0.002;
/// m/s².
const GRAVITY: f64 = 9.81;
/// Time over which accelerations are smoothed into a tilt, s.
const TILT_TIME: f64 = 0.25;
/// Fewer of its beams on known walls, and a match says nothing.
const LEAST_OVERLAP: f64 = 0.3;
/// Worse than this, and the scan does not fit the map.
const LEAST_SCORE: f64 = 0.2;

/// The places of the cues in the report.
const ODOMETRY: usize = 0;
const GYRO: usize = 1;
const SCANS: usize = 2;

/// The filter.
#[derive(Clone, Debug)]
pub struct Ekf {
    spec: FusionSpec,
    senses: Senses,
    state: Vector4<f64>,
    covariance: Matrix4<f64>,
    /// The last odometry message: stamp, pose in its own frame, twist.
    last_odometry: Option<(Stamp, Pose2, Twist2)>,
    /// The gyroscope's integral (rad), its last rate (rad/s) and stamp, and the integral at the last odometry.
    gyro: Gyro,
    /// Smooth odometry with the gyroscope in it.
    odom: Pose2,
    history: [(Stamp, Pose2); HISTORY],
    newest: usize,
    refused: u32,
    matcher: Matcher,
    belief: Belief,
    map: OccupancyGrid,
    mapper: Mapper,
}

#[derive(Clone, Copy, Debug, Default)]
struct Gyro {
    angle: f64,
    rate: f64,
    stamp: Option<Stamp>,
    angle_at_odometry: f64,
    /// The specific force in the ground plane of the body, smoothed, as a share of gravity.
    slope: Vector2<f64>,
}

impl Ekf {
    /// A filter for `body`, which stands at `start` in the map.
    #[must_use]
    pub fn new(spec: &FusionSpec, body: &BodyDescription, start: Pose2) -> Self {
        let senses = Senses::of(body);
        let name = |reader: &Option<crate::senses::Reader>, missing: &str| {
            CueReport::silent(reader.as_ref().map_or(missing, |r| &r.name))
        };
        let cues = vec![
            name(&senses.odometry, "wheel_odometry"),
            name(&senses.imu, "gyro"),
            CueReport::silent("scan_matching"),
        ];
        let map = OccupancyGrid::new(Point2::new(start.x, start.y), spec.map.size, spec.map.resolution);
        let bias = spec.noise.gyro_bias;
        let beams = senses.scans.iter().map(|reader| reader.beams).max().unwrap_or(0);
        Self {
            mapper: Mapper::new(&map),
            senses,
            state: Vector4::new(start.x, start.y, start.yaw, 0.0),
            covariance: Matrix4::from_diagonal(&Vector4::new(1e-6, 1e-6, 1e-6, bias * bias)),
            last_odometry: None,
            gyro: Gyro::default(),
            odom: Pose2::default(),
            history: [(Stamp::ZERO, Pose2::default()); HISTORY],
            newest: 0,
            refused: 0,
            matcher: Matcher::new(beams),
            belief: Belief::at(start, cues),
            map,
            spec: spec.clone(),
        }
    }

    /// The gyroscope's constant error as it is believed to be, rad/s.
    #[must_use]
    pub fn gyro_bias(&self) -> f64 {
        self.state[3]
    }

    fn pose(&self) -> Pose2 {
        Pose2::new(self.state[0], self.state[1], self.state[2])
    }

    fn take_gyro(&mut self, percepts: &Percepts) {
        let Some((stamp, imu)) = self.senses.imu.as_mut().and_then(|r| r.imu(percepts)) else { return };
        let rate = imu.angular_velocity.z;
        if let Some(last) = self.gyro.stamp {
            // Over a gap, the mean of both ends would be a guess; a short hold is a safer one.
            let dt = stamp.since(last).clamp(0.0, 0.1);
            self.gyro.angle += 0.5 * (self.gyro.rate + rate) * dt;
            let force = imu.linear_acceleration;
            let share = (dt / TILT_TIME).min(1.0);
            self.gyro.slope += share * (force.xy() / GRAVITY - self.gyro.slope);
        }
        self.gyro.rate = rate;
        self.gyro.stamp = Some(stamp);
    }

    fn take_odometry(&mut self, percepts: &Percepts) {
        let Some((stamp, odometry)) = self.senses.odometry.as_mut().and_then(|r| r.odometry(percepts)) else {
            return;
        };
        let (pose, twist) = (odometry.pose, odometry.twist);
        let Some((last_stamp, last_pose, _)) = self.last_odometry.replace((stamp, pose, twist)) else {
            self.gyro.angle_at_odometry = self.gyro.angle;
            self.history = [(stamp, self.odom); HISTORY];
            return;
        };
        let dt = stamp.since(last_stamp);
        let delta = last_pose.relative(&pose);
        if dt <= 0.0 || !delta.is_finite() {
            return;
        }
        self.predict(&delta, dt, percepts.now);
        self.newest = (self.newest + 1) % HISTORY;
        self.history[self.newest] = (stamp, self.odom);
    }

    /// Moves the estimate on by the motion between two odometry messages.
    fn predict(&mut self, delta: &Pose2, dt: f64, now: Stamp) {
        let noise = &self.spec.noise;
        let gyro_turn = self.gyro.angle - self.gyro.angle_at_odometry;
        self.gyro.angle_at_odometry = self.gyro.angle;
        let gyro_lives = self.gyro.stamp.is_some_and(|stamp| now.since(stamp) < 0.1);

        // Variances of one message; the floor is a standstill's.
        let wheel_turn =
            noise.odometry_angular * noise.odometry_angular * (delta.yaw.abs() + 0.1 * delta.x.abs()) + 1e-8;
        let gyro_turn_variance = (noise.gyro * noise.gyro * dt * 0.02).max(1e-10);

        if gyro_lives && delta.yaw.abs() < STILL * dt && delta.x.abs() < STILL * dt {
            let h = RowVector4::new(0.0, 0.0, 0.0, dt);
            let innovation = gyro_turn - delta.yaw - self.state[3] * dt;
            let variance = (h * self.covariance * h.transpose())[0] + noise.gyro * noise.gyro * dt * dt;
            let gain = self.covariance * h.transpose() / variance;
            // Only the error learns from it; the pose learns from the motion itself.
            self.state[3] += gain[3] * innovation;
            self.covariance[(3, 3)] = ((1.0 - gain[3] * dt) * self.covariance[(3, 3)]).max(1e-12);
            for i in 0..3 {
                let kept = self.covariance[(i, 3)] * (1.0 - gain[3] * dt);
                self.covariance[(i, 3)] = kept;
                self.covariance[(3, i)] = kept;
            }
        }
        let share = if gyro_lives { wheel_turn / (wheel_turn + gyro_turn_variance) } else { 0.0 };
        let turn = share * (gyro_turn - self.state[3] * dt) + (1.0 - share) * delta.yaw;
        self.belief.cues[ODOMETRY].gain = 1.0 - share;
        self.belief.cues[GYRO].gain = share;
        self.belief.cues[ODOMETRY].surprise = {
            let error = delta.yaw - turn;
            error * error / (wheel_turn + gyro_turn_variance)
        };

        // Half the turn before the step, half after: the chord of the arc.
        let heading = self.state[2] + 0.5 * turn;
        let along = Pose2 { x: 0.0, y: 0.0, yaw: heading }.transform(delta.x, delta.y);
        let untwist = Pose2 { x: 0.0, y: 0.0, yaw: -0.5 * delta.yaw }.transform(along.x, along.y);
        self.state[0] += untwist.x;
        self.state[1] += untwist.y;
        self.state[2] = ops::wrap(self.state[2] + turn);
        self.odom = self.odom.compose(&{
            let p = Pose2 { x: 0.0, y: 0.0, yaw: 0.5 * (turn - delta.yaw) }.transform(delta.x, delta.y);
            Pose2::new(p.x, p.y, turn)
        });

        let mut f = Matrix4::identity();
        f[(0, 2)] = -untwist.y;
        f[(1, 2)] = untwist.x;
        f[(2, 3)] = -share * dt;
        f[(0, 3)] = 0.5 * untwist.y * share * dt;
        f[(1, 3)] = -0.5 * untwist.x * share * dt;
        let way = delta.x.abs() + 0.1 * delta.yaw.abs();
        let along_variance = noise.odometry_linear * noise.odometry_linear * way + 1e-10;
        let turn_variance =
            1.0 / (1.0 / wheel_turn + if gyro_lives { 1.0 / gyro_turn_variance } else { 0.0 });
        let bias_walk = 1e-10 * dt;
        let q =
            Matrix4::from_diagonal(&Vector4::new(along_variance, along_variance, turn_variance, bias_walk));
        self.covariance = f * self.covariance * f.transpose() + q;
        self.tidy();
    }

    /// The odometry pose at `stamp`, between the kept ones.
    fn odom_at(&self, stamp: Stamp) -> Pose2 {
        let mut later = self.history[self.newest];
        if stamp >= later.0 {
            let ahead = stamp.since(later.0).clamp(0.0, 0.1);
            return self.odom.advance(&self.twist(), ahead);
        }
        for i in 1..HISTORY {
            let earlier = self.history[(self.newest + HISTORY - i) % HISTORY];
            if earlier.0 <= stamp {
                let span = later.0.since(earlier.0);
                if span <= 0.0 {
                    return earlier.1;
                }
                let t = stamp.since(earlier.0) / span;
                let step = earlier.1.relative(&later.1);
                return earlier.1.compose(&Pose2::new(step.x * t, step.y * t, step.yaw * t));
            }
            later = earlier;
        }
        later.1
    }

    /// The velocity now: wheels for the way, gyroscope for the turn where it lives.
    fn twist(&self) -> Twist2 {
        let wheels = self.last_odometry.map_or(Twist2::default(), |(_, _, twist)| twist);
        let angular = match self.gyro.stamp {
            Some(_) if self.belief.cues[GYRO].gain > 0.0 => self.gyro.rate - self.state[3],
            _ => wheels.angular,
        };
        Twist2 { linear: wheels.linear, lateral: 0.0, angular }
    }

    fn take_scans(&mut self, percepts: &Percepts) {
        for i in 0..self.senses.scans.len() {
            let mount = self.senses.scans[i].mount;
            let tilt = self.senses.scans[i].tilt;
            let Some((stamp, scan)) = self.senses.scans[i].scan(percepts) else { continue };
            // Tilted so far, the sweep may show the ground as a wall.
            if self.gyro.slope.norm() > tilt {
                self.belief.cues[SCANS].reliability = 0.0;
                self.belief.cues[SCANS].gain = 0.0;
                self.belief.cues[SCANS].refusal = Refusal::Tilt;
                continue;
            }
            // Where the body was when the scan was taken: back along the odometry.
            let then = self.odom_at(stamp);
            let since = then.relative(&self.odom);
            let guess = self.pose().compose(&since.inverse());
            if self.spec.scan_matching {
                let found = self.matcher.find(&self.map, &self.mapper, scan, &mount, &guess);
                let cue = &mut self.belief.cues[SCANS];
                match found {
                    Some(found) if found.score >= LEAST_SCORE && found.overlap >= LEAST_OVERLAP => {
                        cue.reliability = found.score;
                        cue.refusal = Refusal::None;
                        self.correct(&found.pose, &found.information, &since, stamp);
                    }
                    Some(found) => {
                        cue.reliability = 0.0;
                        cue.surprise = 1.0 / found.score.max(0.01);
                        cue.gain = 0.0;
                        cue.refusal =
                            if found.overlap < LEAST_OVERLAP { Refusal::NoOverlap } else { Refusal::Misfit };
                        // A scan that does not fit is not drawn either, unless it shows a new place.
                        if found.overlap >= LEAST_OVERLAP {
                            continue;
                        }
                    }
                    None => {
                        cue.gain = 0.0;
                        cue.refusal = Refusal::NoOverlap;
                    }
                }
            }
            let then = self.pose().compose(&since.inverse());
            self.mapper.draw(&mut self.map, &then.compose(&mount), scan);
        }
    }

    /// Takes in a matched pose of a moment from which the body has since moved by `since`.
    fn correct(&mut self, matched: &Pose2, information: &Matrix3<f64>, since: &Pose2, stamp: Stamp) {
        let z = matched.compose(since);
        // The information about the present pose: through the lever of the motion since.
        let arm = Pose2 { x: 0.0, y: 0.0, yaw: matched.yaw }.transform(since.x, since.y);
        let mut back = Matrix3::identity();
        back[(0, 2)] = arm.y;
        back[(1, 2)] = -arm.x;
        let information = back.transpose() * information * back;
        // No match is better than the map it is made against.
        let noise = &self.spec.noise;
        let floor = Matrix3::from_diagonal(&Vector3::new(
            noise.scan_position * noise.scan_position,
            noise.scan_position * noise.scan_position,
            noise.scan_heading * noise.scan_heading,
        ));
        let Some(softened) = (Matrix3::identity() + information * floor).try_inverse() else { return };
        let information = softened * information;
        let information = 0.5 * (information + information.transpose());

        let innovation =
            Vector3::new(z.x - self.state[0], z.y - self.state[1], ops::wrap(z.yaw - self.state[2]));
        let Some(prior) = self.covariance.try_inverse() else { return };
        let mut posterior = prior;
        for r in 0..3 {
            for c in 0..3 {
                posterior[(r, c)] += information[(r, c)];
            }
        }
        let Some(covariance) = posterior.try_inverse() else { return };
        let p: Matrix3<f64> = covariance.fixed_view::<3, 3>(0, 0).into_owned();
        // (P + Λ⁻¹)⁻¹ = Λ − Λ P⁺ Λ, which needs no inverse of Λ.
        let distance =
            (innovation.transpose() * (information - information * p * information) * innovation)[0];
        let cue = &mut self.belief.cues[SCANS];
        cue.surprise = distance.max(0.0) / 3.0;
        cue.age = self.belief.stamp.since(stamp);
        if distance > GATE {
            cue.gain = 0.0;
            cue.refusal = Refusal::Gate;
            self.refused += 1;
            if self.refused >= LOST {
                self.refused = 0;
                for i in 0..3 {
                    self.covariance[(i, i)] += innovation[i] * innovation[i];
                }
                self.tidy();
            }
            return;
        }
        self.refused = 0;
        let pull = information * innovation;
        let step = covariance * Vector4::new(pull.x, pull.y, pull.z, 0.0);
        let length = innovation.xy().norm();
        cue.gain = if length > 1e-9 { (step.xy().norm() / length).min(1.0) } else { 0.0 };
        self.state += step;
        self.state[2] = ops::wrap(self.state[2]);
        self.covariance = covariance;
        self.tidy();
    }

    /// Keeps the covariance symmetric and its diagonal above rounding.
    fn tidy(&mut self) {
        let symmetric = 0.5 * (self.covariance + self.covariance.transpose());
        self.covariance = symmetric;
        for i in 0..4 {
            self.covariance[(i, i)] = self.covariance[(i, i)].max(1e-12);
        }
    }

    fn publish(&mut self, now: Stamp) {
        let twist = self.twist();
        let ahead = self.last_odometry.map_or(0.0, |(stamp, _, _)| now.since(stamp).clamp(0.0, 0.1));
        let pose = self.pose();
        let belief = &mut self.belief;
        belief.pose = pose.advance(&twist, ahead);
        belief.odom = self.odom.advance(&twist, ahead);
        belief.twist = twist;
        // x, y, yaw stand at 0, 1, 5 in ROS's order.
        for (r, at) in [0, 1, 5].into_iter().enumerate() {
            for (c, to) in [0, 1, 5].into_iter().enumerate() {
                belief.covariance[(at, to)] = self.covariance[(r, c)];
            }
        }
        if let Some((stamp, _, _)) = self.last_odometry {
            belief.cues[ODOMETRY].age = now.since(stamp);
            belief.cues[ODOMETRY].reliability = 1.0;
        }
        if let Some(stamp) = self.gyro.stamp {
            belief.cues[GYRO].age = now.since(stamp);
            belief.cues[GYRO].reliability = 1.0;
        }
    }
}

impl Estimator for Ekf {
    fn update(&mut self, percepts: &Percepts) {
        self.belief.stamp = percepts.now;
        self.take_gyro(percepts);
        self.take_odometry(percepts);
        self.take_scans(percepts);
        self.publish(percepts.now);
    }

    fn belief(&self) -> &Belief {
        &self.belief
    }

    fn map(&self) -> &OccupancyGrid {
        &self.map
    }

    fn map_mut(&mut self) -> &mut OccupancyGrid {
        &mut self.map
    }
}
