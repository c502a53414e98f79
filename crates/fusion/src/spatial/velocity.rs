//! What moves the estimate in space and holds its velocity: the inertial unit, wheels, standing feet, and what stands in while
//! none of them speaks.

use nalgebra::{Matrix1, Matrix3, SMatrix, SVector, Vector1, Vector3};
use neuraxis_core::kinematics::DifferentialDrive;
use neuraxis_core::percepts::Imu;
use neuraxis_core::reasons::Refusal;
use neuraxis_core::{Percepts, Pose2, Stamp, Twist2, saved};

use super::filter::{Diffusion, Filter, GRAVITY, Jacobian};
use super::{GYRO, INDEPENDENT, ODOMETRY, SILENT, SpatialEstimator};
use crate::motion::TurnRates;
use crate::wheels::{WheelWay, leaps};

/// No unit on a robot turns (rad/s) or is pushed (m/s²) harder.
const MAX_RATE: f64 = 1000.0;
const MAX_FORCE: f64 = 10_000.0;
/// Readings of an inertial unit that may repeat each other to the bit.
const REPEATS: u32 = 3;
/// Standard deviation of the velocity across and upwards that rolling wheels leave: m/s, and a share of the speed.
const ASIDE: [f64; 2] = [0.01, 0.05];
/// For so long after the start, and after so long without one who tells the velocity, the accelerometer is a plumb line, s; how weak
/// a one then, m/s², and how often, s.
const YOUNG: f64 = 0.5;
const UNTOLD: f64 = 0.5;
const PLUMB: [f64; 2] = [0.3, 1.0];
const PLUMB_PERIOD: f64 = 0.05;
/// How often the body is held to be no faster than its limits, s.
const SPEED_PERIOD: f64 = 1.0;

/// The inertial unit's last reading.
#[derive(Clone, Debug, Default)]
pub(super) struct Inertial {
    pub(super) last: Option<(Stamp, Imu)>,
    /// The last one that came, taken in or not, and how often it has been repeated to the bit.
    raw: Option<Imu>,
    repeats: u32,
}

/// What the wheels said last.
#[derive(Clone, Debug, Default)]
pub(super) struct Wheels {
    way: WheelWay,
    last: Option<(Stamp, Pose2, Twist2)>,
    turns: TurnRates,
    pub(super) disagreement: f64,
    /// Turned since the last message as the gyroscope has it (rad), and in which time (s).
    turned: [f64; 2],
    is_stuck: bool,
}

impl Wheels {
    /// Wheels of `drive` that have said nothing yet.
    pub(super) fn new(drive: Option<DifferentialDrive>) -> Self {
        Self { way: WheelWay::new(drive), ..Self::default() }
    }
}

impl SpatialEstimator {
    /// What the gyroscope reads now; if it is silent, what it would read if the body turned as its wheels say, or not at all.
    pub(super) fn rate(&self) -> Vector3<f64> {
        let now = self.belief.stamp;
        match self.inertial.last {
            Some((_, imu)) if self.lives(now) => imu.angular_velocity,
            _ => self.filter.reads(&self.rolling(now)),
        }
    }

    /// The turning rate of `base_link` that wheels tell, if they are not silent, rad/s.
    fn rolling(&self, now: Stamp) -> Vector3<f64> {
        let wheels = self.wheels.last.filter(|(stamp, ..)| now.since(*stamp) < SILENT);
        wheels.map_or_else(Vector3::zeros, |(_, _, twist)| Vector3::new(0.0, 0.0, twist.angular))
    }

    fn lives(&self, now: Stamp) -> bool {
        self.inertial.last.is_some_and(|(stamp, _)| now.since(stamp) < SILENT)
    }

    /// What is added in a second now.
    fn diffusion(&self, now: Stamp) -> Diffusion {
        let noise = &self.noise;
        let square = |v: f64| v * v;
        let mut walk = [square(noise.gyro_walk), square(noise.accelerometer_walk), square(noise.scale_walk)];
        if self.robustness.fault_isolation {
            let [bias, scale] = self.pose_cues.freedom(now, self.heading(), 1.0);
            walk[0] += bias;
            walk[2] += scale;
            if self.wheels.disagreement > 1.0 {
                walk[0] += self.wheels.turns.relearning();
            }
        } else {
            walk[2] = 0.0;
        }
        Diffusion {
            velocity: square(noise.accelerometer) * INDEPENDENT,
            rotation: square(noise.gyro) * INDEPENDENT,
            walk,
        }
    }

    /// Calls `change` and lets the smooth track follow what it did.
    fn smoothly(&mut self, change: impl FnOnce(&mut Filter)) {
        let before = self.filter.pose();
        change(&mut self.filter);
        let step = before.inverse() * self.filter.pose();
        self.track.odom *= step;
        self.track.odom.rotation.renormalize_fast();
        // What a late cue of velocity corrects is the pose now, whatever its own stamp.
        if let Some(at) = self.at {
            self.track.note(at);
        }
    }

    pub(super) fn take_inertial(&mut self, percepts: &Percepts) {
        match self.senses.imu.as_mut().and_then(|source| source.read(percepts)) {
            Some(Ok((stamp, imu))) => {
                let inertial = &mut self.inertial;
                let repeats = inertial.raw.replace(*imu) == Some(*imu);
                inertial.repeats = if repeats { inertial.repeats.saturating_add(1) } else { 0 };
                // A unit without noise repeats itself where nothing moves; none does for long that feels a turn or a push.
                let wheels = self.wheels.last.map_or(0.0, |(_, _, twist)| twist.angular);
                let felt = (imu.linear_acceleration.norm() - GRAVITY).abs() > 0.5
                    || (imu.angular_velocity - self.filter.gyro_bias()).norm() > 0.05;
                let is_stuck = inertial.repeats >= REPEATS && (wheels.abs() > 0.05 || felt);
                if self.robustness.stuck_detection && is_stuck {
                    inertial.last = None;
                    self.refuse(GYRO, Refusal::Stuck);
                    return;
                }
                // No unit on a robot tells so much: such a number would only break the arithmetic.
                let is_absurd =
                    imu.angular_velocity.amax() > MAX_RATE || imu.linear_acceleration.amax() > MAX_FORCE;
                if is_absurd {
                    self.refuse(GYRO, Refusal::NotFinite);
                    return;
                }
                self.belief.cues[GYRO].refusal = Refusal::None;
                self.born = self.born.or(Some(stamp));
                let before = self.inertial.last.replace((stamp, *imu));
                match (before, self.at) {
                    // Over a gap the mean of both ends would be a guess: the body coasts over it.
                    (Some(_), Some(at)) if stamp.since(at) > SILENT => self.coast_to(stamp),
                    (Some((_, last)), Some(at)) if stamp > at => {
                        let dt = stamp.since(at);
                        let rate = 0.5 * (last.angular_velocity + imu.angular_velocity);
                        let force = 0.5 * (last.linear_acceleration + imu.linear_acceleration);
                        let diffusion = self.diffusion(stamp);
                        self.at = Some(stamp);
                        self.smoothly(|filter| filter.predict(&rate, &force, dt, &diffusion));
                        self.wheels.turned[0] += dt * self.filter.turning(&rate).z;
                        self.wheels.turned[1] += dt;
                    }
                    (_, None) => {
                        self.track.note(stamp);
                        self.at = Some(stamp);
                    }
                    _ => {}
                }
            }
            Some(Err(why)) => self.refuse(GYRO, why),
            None => {}
        }
    }

    /// Without an inertial unit the body goes on as it went.
    pub(super) fn coast(&mut self, now: Stamp) {
        // One that has not spoken yet will in a moment: the body has not been started for longer.
        let is_awaited = self.born.is_none() && self.senses.imu.is_some() && self.wheels.last.is_none();
        if !self.lives(now) && !is_awaited {
            self.coast_to(now);
        }
    }

    fn coast_to(&mut self, now: Stamp) {
        let at = *self.at.get_or_insert(now);
        let dt = now.since(at).min(0.5);
        if dt <= 0.0 {
            return;
        }
        let rate = self.rolling(now);
        let rolls = self.wheels.last.is_some_and(|(stamp, ..)| now.since(stamp) < SILENT);
        let mut diffusion = self.diffusion(now);
        // Nobody feels how the body speeds up, and how it turns only wheels tell.
        diffusion.velocity = self.fastest * self.fastest;
        let turning = self.noise.odometry_angular * self.noise.odometry_angular * (rate.z.abs() + 0.01);
        diffusion.rotation = if rolls { turning } else { 1.0 };
        self.at = Some(now);
        self.smoothly(|filter| filter.coast(&rate, dt, &diffusion));
    }

    /// Lets a cue of `D` numbers correct the estimate, smoothly; χ², or `None` if the numbers broke down.
    fn hold<const D: usize>(
        &mut self,
        h: &Jacobian<D>,
        innovation: &SVector<f64, D>,
        information: &SMatrix<f64, D, D>,
    ) -> Option<f64> {
        let verdict = self.filter.weigh(h, innovation, information)?;
        self.smoothly(|filter| {
            filter.accept(&verdict);
        });
        Some(verdict.distance)
    }

    pub(super) fn take_wheels(&mut self, percepts: &Percepts) {
        let now = percepts.now;
        let (stamp, pose, twist) =
            match self.senses.odometry.as_mut().and_then(|source| source.read(percepts)) {
                Some(Ok((stamp, way))) => {
                    let (pose, twist) = self.wheels.way.follow(&way);
                    (stamp, pose, twist)
                }
                Some(Err(why)) => return self.refuse(ODOMETRY, why),
                None => return,
            };
        let Some((last_stamp, last_pose, _)) = self.wheels.last else {
            self.wheels.last = Some((stamp, pose, twist));
            self.wheels.turned = [0.0; 2];
            return;
        };
        let dt = stamp.since(last_stamp);
        let delta = last_pose.relative(&pose);
        if dt <= 0.0 || !delta.is_finite() {
            return;
        }
        // Wheels that say that they turn and stand in the same place repeat an old message.
        let moves = twist.linear.abs() > 0.01 || twist.angular.abs() > 0.02;
        self.wheels.is_stuck = self.robustness.stuck_detection && moves && pose == last_pose;
        if self.wheels.is_stuck {
            return self.refuse(ODOMETRY, Refusal::Stuck);
        }
        self.wheels.last = Some((stamp, pose, twist));
        if leaps(&delta, dt, self.fastest) {
            self.wheels.turned = [0.0; 2];
            return self.refuse(ODOMETRY, Refusal::Gate);
        }
        self.belief.cues[ODOMETRY].refusal = Refusal::None;

        let noise = self.noise;
        let isolates = self.robustness.fault_isolation;
        let q = self.pose_cues.inflation() * self.known_q;
        if let Some(share) = self.pose_cues.forgetting(stamp, self.heading(), dt) {
            self.filter.relax_scale(share, noise.odometry_scale);
        }
        // After a silence the way is known, but not when it was gone: it is a mean velocity and no more.
        let gap = if dt > SILENT { self.fastest * self.fastest } else { 0.0 };
        let speed = delta.x / dt;
        let way = delta.x.abs() + 0.1 * delta.yaw.abs();
        let along = q * (noise.odometry_linear * noise.odometry_linear * way + 1e-10) / (dt * dt) + gap;
        let aside = ASIDE[0] + ASIDE[1] * speed.abs();
        let aside = q * aside * aside + gap;
        let rate = self.rate();
        let innovation =
            Vector3::new((1.0 + self.filter.scale()) * speed, 0.0, 0.0) - self.filter.velocity(&rate);
        let told = Matrix3::from_diagonal(&Vector3::new(1.0 / along, 1.0 / aside, 1.0 / aside));
        // A mean over a silence tells nothing of the scale.
        let h = if dt > SILENT { self.filter.of_velocity() } else { self.filter.of_wheels(speed) };
        let surprise = self.hold(&h, &innovation, &told);
        self.told = Some(stamp);

        // The turning rates of wheels and gyroscope, over the same time as far as they can be had.
        let [turned, time] = std::mem::take(&mut self.wheels.turned);
        if self.lives(now) && time > 0.0 && dt <= SILENT {
            let wheel =
                noise.odometry_angular * noise.odometry_angular * (delta.yaw.abs() + 0.1 * delta.x.abs())
                    + 1e-8;
            let gyro = (noise.gyro * noise.gyro * dt * INDEPENDENT).max(1e-10);
            let apart = turned / time - delta.yaw / dt;
            let is_still = delta.yaw.abs() < 0.002 * dt && delta.x.abs() < 0.002 * dt;
            self.wheels.disagreement = self.wheels.turns.hold(apart, (wheel + gyro).sqrt() / dt);
            let mut variance = q * (wheel + gyro) / (dt * dt);
            if isolates && self.wheels.disagreement > 1.0 && !is_still {
                variance += self.wheels.turns.apart * self.wheels.turns.apart;
            }
            if isolates && !is_still {
                self.pose_cues.fault_isolation.suspect(self.wheels.disagreement);
            }
            let h = self.filter.of_turning();
            self.hold(&h, &Vector1::new(-apart), &Matrix1::new(1.0 / variance));
        }
        let doubt = self.wheels.disagreement.max(1.0);
        let lives = self.lives(now);
        let reports = &mut self.belief.cues;
        reports[ODOMETRY].surprise = surprise.map_or(0.0, |d2| d2 / 3.0);
        reports[ODOMETRY].reliability = 1.0 / q;
        reports[ODOMETRY].gain = 1.0;
        reports[GYRO].reliability = if lives { 1.0 / (doubt * doubt) } else { 0.0 };
        reports[GYRO].gain = f64::from(u8::from(lives));
    }

    pub(super) fn take_legs(&mut self, percepts: &Percepts) {
        if !self.legs.are_felt() {
            return;
        }
        if !self.legs.are_valid(percepts) {
            return self.refuse(ODOMETRY, Refusal::NotFinite);
        }
        let turning = self.filter.turning(&self.rate());
        let down = self.filter.pose().rotation.inverse() * -Vector3::z();
        let Some(stance) = self.legs.stance(percepts, &turning, &down) else { return };
        // Feet that slide make the others no surer.
        let q = self.pose_cues.inflation() * self.known_q * (1.0 + stance.sliding as f64);
        let variance = q * self.noise.foot * self.noise.foot / stance.feet as f64;
        let innovation = stance.velocity - self.filter.velocity(&self.rate());
        let h = self.filter.of_velocity();
        let told = Matrix3::from_diagonal_element(1.0 / variance);
        let Some(verdict) = self.filter.weigh(&h, &innovation, &told) else { return };
        let report = &mut self.belief.cues[ODOMETRY];
        report.surprise = verdict.distance / 3.0;
        if self.robustness.gating && verdict.distance > crate::cue_monitor::CueMonitor::gate(3) * 4.0 {
            report.refuse(Refusal::Gate);
            return;
        }
        report.refusal = Refusal::None;
        report.reliability = 1.0 / q;
        report.gain = 1.0;
        self.smoothly(|filter| {
            filter.accept(&verdict);
        });
        self.told = Some(stance.stamp);
    }

    /// What stands in at the start, and while nobody tells the velocity.
    pub(super) fn stand_in(&mut self, now: Stamp) {
        let since = |last: Option<Stamp>| last.map_or(f64::INFINITY, |last| now.since(last));
        let is_young = since(self.born) < YOUNG;
        let is_untold = since(self.told) > UNTOLD && !is_young;
        if !is_young && !is_untold {
            return;
        }
        if let Some((_, imu)) = self.inertial.last
            && self.lives(now)
            && since(self.plumbed) >= PLUMB_PERIOD
        {
            self.plumbed = Some(now);
            let (h, rest) = self.filter.of_gravity();
            let force = imu.linear_acceleration;
            // The more it differs from gravity, the less it is gravity.
            let excess = force.norm() - GRAVITY;
            let std = PLUMB[usize::from(is_untold)];
            let variance = std * std + 4.0 * excess * excess;
            self.hold(&h, &(force - rest), &Matrix3::from_diagonal_element(1.0 / variance));
        }
        if is_untold && since(self.limited) >= SPEED_PERIOD {
            self.limited = Some(now);
            let (h, velocity) = self.filter.of_speed();
            let told = Matrix3::from_diagonal_element(1.0 / (self.fastest * self.fastest));
            self.hold(&h, &-velocity, &told);
        }
    }
}

saved!(Inertial { last, raw, repeats });
saved!(Wheels { way, last, turns, disagreement, turned, is_stuck });
