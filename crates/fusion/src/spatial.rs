//! The estimator of a body in space: legs, swimmers, and wheels on ground that is not flat.
//!
//! The inertial unit moves the estimate (`filter`); what wheels and standing feet (`legs`) tell of the velocity holds it; matched
//! scans, levelled by the attitude that is believed (`level`), and absolute poses correct it at their own stamps. Who is
//! heard, doubted and left out is decided as on the plane ([`crate::estimator`]), by the same code (`absolutes`), and the rules
//! have the same names and switches.
//!
//! Departures from the estimator on the plane: wheels are no motion but a cue of velocity, with a standing wheel's freedom
//! across and upwards; while nobody tells the velocity, the accelerometer is taken for a plumb line, weakly, and the body for no
//! faster than its limits, once a second; without an inertial unit the body coasts.

pub mod filter;
mod legs;
mod level;

use nalgebra::{
    Isometry3, Matrix1, Matrix3, Matrix6, Point2, SMatrix, SVector, Translation3, UnitQuaternion, Vector1,
    Vector3, Vector6,
};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{AbsolutePose, Imu, PLANAR};
use neuraxis_core::reasons::Refusal;
use neuraxis_core::{Belief, CueReport, OccupancyGrid, Percepts, Pose2, Reading, Stamp, Twist2};

use crate::absolutes::Absolutes;
use crate::events::{Context, EventSense};
use crate::gaussian::{information, soften};
use crate::motion::TurnRates;
use crate::senses::Senses;
use crate::spec::{Honesty, NoiseSpec};
use crate::sweeps::{Sight, Sweeps};
use crate::wheels::{WheelWay, leaps};
use crate::{Estimator, FusionSpec};
use filter::{Diffusion, Filter, GRAVITY, Jacobian, Prior, Sighting};
use legs::Legs;
use level::Level;

/// Poses of the track that are kept for late cues: more than half a second at 200 Hz.
const HISTORY: usize = 128;
/// Late cues are no later, s.
const LATEST: f64 = 0.6;
/// An inertial unit, wheels or feet that have been silent for longer move nothing, s.
const SILENT: f64 = 0.1;
/// No unit on a robot turns (rad/s) or is pushed (m/s²) harder.
const MOST_RATE: f64 = 1000.0;
const MOST_FORCE: f64 = 10_000.0;
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
/// Standard deviations at the start: of the tilt, rad, and of the height, m.
const TILT: f64 = 0.2;
const HEIGHT: f64 = 0.1;
/// Time over which a single reading's noise is independent, s: it makes densities of the standard deviations in the file.
const INDEPENDENT: f64 = 0.02;

/// Places in the report.
const ODOMETRY: usize = 0;
const GYRO: usize = 1;
const FIRST: usize = 2;
/// Matched scans among the absolute cues.
const SCANS: usize = 0;

/// The inertial unit's last reading.
#[derive(Clone, Debug, Default)]
struct Inertial {
    last: Option<(Stamp, Imu)>,
    /// The last one that came, taken in or not, and how often it has been repeated to the bit.
    raw: Option<Imu>,
    repeats: u32,
}

/// What the wheels said last.
#[derive(Clone, Debug, Default)]
struct Wheels {
    way: WheelWay,
    last: Option<(Stamp, Pose2, Twist2)>,
    turns: TurnRates,
    disagreement: f64,
    /// Turned since the last message as the gyroscope has it (rad), and in which time (s).
    turned: [f64; 2],
    is_stuck: bool,
}

/// The smooth track, for late cues.
#[derive(Clone, Debug)]
struct Track {
    odom: Isometry3<f64>,
    history: Vec<(Stamp, Isometry3<f64>)>,
    newest: usize,
}

impl Track {
    fn note(&mut self, stamp: Stamp) {
        if self.history[self.newest].0 == stamp {
            self.history[self.newest].1 = self.odom;
            return;
        }
        self.newest = (self.newest + 1) % HISTORY;
        self.history[self.newest] = (stamp, self.odom);
    }

    /// Learns at `now` that the body was faster all along, by `velocity` (in the track's frame, m/s): it has come from
    /// farther back. Where it is now, the track leaves alone.
    fn correct(&mut self, now: Stamp, velocity: &Vector3<f64>) {
        for (stamp, pose) in &mut self.history {
            let age = now.since(*stamp);
            if age > 0.0 && age < LATEST {
                pose.translation.vector -= velocity * age;
            }
        }
    }

    /// The track at `stamp`, between the poses that are kept.
    fn at(&self, stamp: Stamp) -> Isometry3<f64> {
        let mut later = self.history[self.newest];
        if stamp >= later.0 {
            return self.odom;
        }
        for i in 1..HISTORY {
            let earlier = self.history[(self.newest + HISTORY - i) % HISTORY];
            if earlier.0 <= stamp {
                let span = later.0.since(earlier.0);
                let t = if span > 0.0 { stamp.since(earlier.0) / span } else { 0.0 };
                let step = earlier.1.inverse() * later.1;
                let part = Isometry3::from_parts(
                    Translation3::from(step.translation.vector * t),
                    UnitQuaternion::new(step.rotation.scaled_axis() * t),
                );
                return earlier.1 * part;
            }
            later = earlier;
        }
        later.1
    }
}

/// The estimator.
#[derive(Clone, Debug)]
pub struct SpatialFusion {
    honesty: Honesty,
    noise: NoiseSpec,
    scan_matching: bool,
    fastest: f64,
    senses: Senses,
    filter: Filter,
    absolutes: Absolutes,
    /// The time that the filter is at.
    at: Option<Stamp>,
    inertial: Inertial,
    wheels: Wheels,
    legs: Legs,
    track: Track,
    last_poses: Vec<Option<Isometry3<f64>>>,
    /// When somebody last told the velocity, when gravity last stood in, and when the speed was last held to its limits.
    told: Option<Stamp>,
    plumbed: Option<Stamp>,
    /// When the inertial unit first spoke.
    born: Option<Stamp>,
    limited: Option<Stamp>,
    level: Level,
    sweeps: Sweeps,
    events: EventSense,
    known_q: f64,
    belief: Belief,
    map: OccupancyGrid,
}

impl SpatialFusion {
    /// An estimator for `body`, whose `base_link` stands upright at `start` in the map; `known` is a map to begin with.
    #[must_use]
    pub fn new(
        spec: &FusionSpec,
        body: &BodyDescription,
        start: Pose2,
        known: Option<&OccupancyGrid>,
    ) -> Self {
        let senses = Senses::of(body);
        let legs = Legs::of(body);
        let honesty = spec.effective_honesty();
        let noise = spec.noise;
        let odometry = match (&senses.odometry, legs.joints()) {
            (Some(reader), _) => &*reader.name,
            (None, Some(_)) => "leg_odometry",
            (None, None) => "wheel_odometry",
        };
        let gyro = senses.imu.as_ref().map_or("gyro", |reader| &reader.name);
        let mut cues = [odometry, gyro, "scan_matching"].map(CueReport::silent).to_vec();
        cues.extend(senses.poses.iter().map(|reader| CueReport::silent(&reader.name)));
        let map = known.cloned().unwrap_or_else(|| {
            OccupancyGrid::new(Point2::new(start.x, start.y), spec.map.size, spec.map.resolution)
        });
        let mount = senses.imu.as_ref().map_or_else(Isometry3::identity, |reader| reader.frame);
        let scale = if honesty.blame { noise.odometry_scale } else { 0.0 };
        let prior = Prior {
            tilt: TILT,
            height: HEIGHT,
            velocity: 0.01,
            constants: [noise.gyro_bias, noise.accelerometer_bias, scale],
        };
        let beams = senses.scans.iter().map(|reader| reader.beams).max().unwrap_or(0);
        Self {
            filter: Filter::new(&start.to_spatial(0.0), &mount, &prior),
            absolutes: Absolutes::new(honesty, 1 + senses.poses.len()),
            at: None,
            inertial: Inertial::default(),
            wheels: Wheels { way: WheelWay::new(body.drive), ..Wheels::default() },
            legs,
            track: Track {
                odom: Isometry3::identity(),
                history: vec![(Stamp::ZERO, Isometry3::identity()); HISTORY],
                newest: 0,
            },
            last_poses: vec![None; senses.poses.len()],
            told: None,
            plumbed: None,
            born: None,
            limited: None,
            level: Level::new(beams),
            sweeps: Sweeps::new(honesty, &noise, &senses, &map),
            events: EventSense::new(body),
            known_q: 1.0,
            belief: Belief::at(start, cues),
            map,
            scan_matching: spec.scan_matching,
            fastest: body.limits.linear,
            senses,
            honesty,
            noise,
        }
    }

    /// The arithmetic, with the states that a belief does not show.
    #[must_use]
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    fn refuse(&mut self, cue: usize, why: Refusal) {
        self.belief.cues[cue].refuse(why);
    }

    /// What the gyroscope reads now; if it is silent, what it would read if the body turned as its wheels say, or not at all.
    fn rate(&self) -> Vector3<f64> {
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

    fn heading(&self) -> f64 {
        Pose2::from_spatial(&self.filter.pose()).yaw
    }

    fn moves(&self) -> bool {
        self.filter.velocity(&self.rate()).norm() > 0.01 || self.filter.turning(&self.rate()).norm() > 0.05
    }

    /// What is added in a second now.
    fn diffusion(&self, now: Stamp) -> Diffusion {
        let noise = &self.noise;
        let square = |v: f64| v * v;
        let mut walk = [square(noise.gyro_walk), square(noise.accelerometer_walk), square(noise.scale_walk)];
        if self.honesty.blame {
            let [bias, scale] = self.absolutes.freedom(now, self.heading(), 1.0);
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

    fn take_inertial(&mut self, percepts: &Percepts) {
        match self.senses.imu.as_mut().and_then(|reader| reader.imu(percepts)) {
            Some(Ok((stamp, imu))) => {
                let inertial = &mut self.inertial;
                let repeats = inertial.raw.replace(*imu) == Some(*imu);
                inertial.repeats = if repeats { inertial.repeats.saturating_add(1) } else { 0 };
                // A unit without noise repeats itself where nothing moves; none does for long that feels a turn or a push.
                let wheels = self.wheels.last.map_or(0.0, |(_, _, twist)| twist.angular);
                let felt = (imu.linear_acceleration.norm() - GRAVITY).abs() > 0.5
                    || (imu.angular_velocity - self.filter.gyro_bias()).norm() > 0.05;
                let is_stuck = inertial.repeats >= REPEATS && (wheels.abs() > 0.05 || felt);
                if self.honesty.stuck && is_stuck {
                    inertial.last = None;
                    self.refuse(GYRO, Refusal::Stuck);
                    return;
                }
                // No unit on a robot tells so much: such a number would only break the arithmetic.
                let is_absurd =
                    imu.angular_velocity.amax() > MOST_RATE || imu.linear_acceleration.amax() > MOST_FORCE;
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
    fn coast(&mut self, now: Stamp) {
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

    fn take_wheels(&mut self, percepts: &Percepts) {
        let now = percepts.now;
        let (stamp, pose, twist) = match self.senses.odometry.as_mut().and_then(|reader| reader.way(percepts))
        {
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
        self.wheels.is_stuck = self.honesty.stuck && moves && pose == last_pose;
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
        let blame = self.honesty.blame;
        let q = self.absolutes.inflation() * self.known_q;
        if let Some(share) = self.absolutes.forgetting(stamp, self.heading(), dt) {
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
            if blame && self.wheels.disagreement > 1.0 && !is_still {
                variance += self.wheels.turns.apart * self.wheels.turns.apart;
            }
            if blame && !is_still {
                self.absolutes.blame.suspect(self.wheels.disagreement);
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

    fn take_legs(&mut self, percepts: &Percepts) {
        let Some(slot) = self.legs.joints() else { return };
        let is_sane = percepts.slots().get(slot).and_then(|slot| slot.reading()).is_none_or(Reading::is_sane);
        if !is_sane {
            return self.refuse(ODOMETRY, Refusal::NotFinite);
        }
        let turning = self.filter.turning(&self.rate());
        let down = self.filter.pose().rotation.inverse() * -Vector3::z();
        let Some(stance) = self.legs.stance(percepts, &turning, &down) else { return };
        // Feet that slide make the others no surer.
        let q = self.absolutes.inflation() * self.known_q * (1.0 + stance.sliding as f64);
        let variance = q * self.noise.foot * self.noise.foot / stance.feet as f64;
        let innovation = stance.velocity - self.filter.velocity(&self.rate());
        let h = self.filter.of_velocity();
        let told = Matrix3::from_diagonal_element(1.0 / variance);
        let Some(verdict) = self.filter.weigh(&h, &innovation, &told) else { return };
        let report = &mut self.belief.cues[ODOMETRY];
        report.surprise = verdict.distance / 3.0;
        if self.honesty.gate && verdict.distance > crate::honesty::Monitor::gate(3) * 4.0 {
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
    fn stand_in(&mut self, now: Stamp) {
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

    fn take_poses(&mut self, percepts: &Percepts) {
        for i in 0..self.senses.poses.len() {
            let cue = FIRST + 1 + i;
            let (stamp, absolute) = match self.senses.poses[i].absolute(percepts) {
                None => continue,
                Some(Ok(reading)) => reading,
                Some(Err(why)) => {
                    self.refuse(cue, why);
                    continue;
                }
            };
            let AbsolutePose { pose, covariance } = absolute;
            let Some(told) = information(covariance) else {
                self.refuse(cue, Refusal::Covariance);
                continue;
            };
            let repeats = self.last_poses[i].replace(*pose) == Some(*pose);
            if self.honesty.stuck && repeats && self.moves() {
                self.refuse(cue, Refusal::Stuck);
                continue;
            }
            self.correct(1 + i, stamp, pose, &told);
        }
    }

    fn take_scans(&mut self, percepts: &Percepts) {
        let cue = FIRST + SCANS;
        for i in 0..self.senses.scans.len() {
            let frame = self.senses.scans[i].frame;
            let (stamp, scan) = match self.senses.scans[i].scan(percepts) {
                None => continue,
                Some(Err(why)) => {
                    self.refuse(cue, why);
                    continue;
                }
                Some(Ok(reading)) => reading,
            };
            let repeats = self.sweeps.repeats(i, scan);
            if self.honesty.stuck && repeats && self.moves() {
                self.refuse(cue, Refusal::Stuck);
                continue;
            }
            // Where the body was when the scan was taken: back along the track.
            let since = self.track.at(stamp).inverse() * self.track.odom;
            let then = self.filter.pose() * since.inverse();
            let mut level = std::mem::take(&mut self.level);
            let (upright, mount) = level.upright(scan, &then, &frame, self.legs.height());
            self.see(stamp, upright, &mount, &then, &since);
            self.level = level;
        }
    }

    /// Matches and draws an upright sweep that was taken at `then`, from where the body has since moved on by `since`.
    fn see(
        &mut self,
        stamp: Stamp,
        scan: &neuraxis_core::percepts::LaserScan,
        mount: &Pose2,
        then: &Isometry3<f64>,
        since: &Isometry3<f64>,
    ) {
        let cue = FIRST + SCANS;
        let mut rough = false;
        if self.scan_matching {
            match self.sweeps.find(&self.map, scan, mount, &Pose2::from_spatial(then)) {
                Sight::Fits { pose, information, score, is_rough, is_sure, .. } => {
                    rough = is_rough;
                    self.absolutes.vouch(SCANS, is_sure);
                    let told = Matrix6::from_fn(|r, c| {
                        let place = |axis: usize| PLANAR.iter().position(|planar| *planar == axis);
                        place(r).zip(place(c)).map_or(0.0, |at| information[at])
                    });
                    self.correct(SCANS, stamp, &pose.to_spatial(0.0), &told);
                    self.belief.cues[cue].reliability *= score;
                }
                Sight::New => self.refuse(cue, Refusal::NoOverlap),
                Sight::Misfit(score) => {
                    self.refuse(cue, Refusal::Misfit);
                    self.belief.cues[cue].surprise = 1.0 / score.max(0.01);
                    return;
                }
                Sight::Nothing => return,
            }
        }
        // A map that is drawn while the pose is in doubt keeps the error for ever.
        if rough || self.absolutes.is_doubtful() && self.scan_matching {
            return;
        }
        let then = Pose2::from_spatial(&(self.filter.pose() * since.inverse()));
        self.sweeps.draw(&mut self.map, &then.compose(mount), scan);
    }

    /// Takes in an absolute pose of the moment `stamp`, from which the body has since moved on.
    fn correct(&mut self, index: usize, stamp: Stamp, measured: &Isometry3<f64>, told: &Matrix6<f64>) {
        let now = self.belief.stamp;
        // So late that the track does not reach back to it.
        if self.at.is_some_and(|at| at.since(stamp) > LATEST) {
            return self.refuse(FIRST + index, Refusal::Backwards);
        }
        let since = self.track.at(stamp).inverse() * self.track.odom;
        let pose = self.filter.pose();
        let then = pose * since.inverse();
        let moved = pose.translation.vector - then.translation.vector;
        let tells_tilt = told[(3, 3)] > 0.0 && told[(4, 4)] > 0.0;
        let rotation = if tells_tilt {
            measured.rotation
        } else {
            // A heading alone: the body has the tilt that it is believed to have.
            let heading = |pose: &Isometry3<f64>| Pose2::from_spatial(pose).yaw;
            let turn = heading(measured) - heading(&then);
            UnitQuaternion::from_axis_angle(&Vector3::z_axis(), turn) * then.rotation
        };
        let place = measured.translation.vector - then.translation.vector;
        let turn = (rotation * then.rotation.inverse()).scaled_axis();
        // What the unit's noise since may have added; a velocity that is wrong stands in the derivative.
        let age = self.at.map_or(0.0, |at| at.since(stamp)).max(0.0);
        let turned = self.noise.gyro * self.noise.gyro * INDEPENDENT * age;
        let drift = self.noise.accelerometer * self.noise.accelerometer * INDEPENDENT * age * age * age / 3.0;
        let drift = Vector6::new(drift, drift, drift, turned, turned, turned);
        let Some(told) = soften(told, &Matrix6::from_diagonal(&drift)) else {
            return self.refuse(FIRST + index, Refusal::Covariance);
        };
        let sighting = Sighting {
            innovation: Vector6::new(place.x, place.y, place.z, turn.x, turn.y, turn.z),
            information: told,
            jacobian: self.filter.of_pose(&moved, age),
        };
        let dimensions = (0..6).filter(|i| told[(*i, *i)] > 0.0).count();
        let report = &mut self.belief.cues[FIRST + index];
        let before = self.filter.speed();
        self.absolutes.hear(&mut self.filter, index, &sighting, (stamp, now), dimensions, report);
        let to_track = self.track.odom.rotation * self.filter.pose().rotation.inverse();
        let gained = to_track * (self.filter.speed() - before);
        self.track.correct(self.at.unwrap_or(now), &gained);
    }

    fn publish(&mut self, now: Stamp) {
        let rate = self.rate();
        let velocity = self.filter.velocity(&rate);
        let turning = self.filter.turning(&rate);
        // From the filter's time to now.
        let ahead = self.at.map_or(0.0, |at| now.since(at)).clamp(0.0, SILENT);
        let step = Isometry3::new(velocity * ahead, turning * ahead);
        let (pose, odom) = (self.filter.pose() * step, self.track.odom * step);
        let (roll, pitch, _) = pose.rotation.euler_angles();
        let belief = &mut self.belief;
        belief.pose = Pose2::from_spatial(&pose);
        belief.attitude = Vector3::new(pose.translation.z, roll, pitch);
        belief.odom = Pose2::from_spatial(&odom);
        belief.twist = Twist2 { linear: velocity.x, lateral: velocity.y, angular: turning.z };
        belief.covariance = self.filter.pose_covariance();
        let age = |stamp: Option<Stamp>| stamp.map_or(f64::INFINITY, |stamp| now.since(stamp));
        belief.cues[ODOMETRY].age = age(self.told);
        belief.cues[GYRO].age = age(self.inertial.last.map(|(stamp, _)| stamp));
        for (cue, last) in belief.cues[FIRST..].iter_mut().zip(self.absolutes.last()) {
            cue.age = age(last);
        }
        if age(self.told) > SILENT {
            belief.cues[ODOMETRY].reliability = 0.0;
        }
        if age(self.inertial.last.map(|(stamp, _)| stamp)) > SILENT {
            belief.cues[GYRO].reliability = 0.0;
        } else if self.legs.joints().is_some() || self.senses.odometry.is_none() {
            belief.cues[GYRO].reliability = 1.0;
        }
    }
}

impl Estimator for SpatialFusion {
    fn update(&mut self, percepts: &Percepts) {
        self.belief.stamp = percepts.now;
        self.absolutes.touch(self.senses.touches(percepts));
        self.take_inertial(percepts);
        self.coast(percepts.now);
        self.take_wheels(percepts);
        self.take_legs(percepts);
        self.stand_in(percepts.now);
        self.take_poses(percepts);
        self.take_scans(percepts);
        self.publish(percepts.now);
        let is_scan_stuck = self.belief.cues[FIRST + SCANS].refusal == Refusal::Stuck;
        let context = Context {
            twist: self.belief.twist,
            turning: self.wheels.disagreement,
            blame: self.absolutes.blame.inflation(),
            scan: if is_scan_stuck { 0.0 } else { 1.0 },
            inertial: self.belief.cues[GYRO].reliability,
        };
        self.belief.events = self.events.update(percepts, &context);
        self.absolutes.spin(self.events.spins(percepts.now));
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

    fn set_known_noise(&mut self, name: &str, factor: f64) -> bool {
        let Some(place) = self.belief.cues.iter().position(|cue| *cue.name == *name) else { return false };
        match place.checked_sub(FIRST) {
            Some(i) => self.absolutes.set_known_noise(i, factor),
            None => self.known_q = factor,
        }
        true
    }
}
