//! Motion: what wheels and gyroscope say of the way between two moments, and the smooth track that it adds up to.
//!
//! Source: the odometry motion model of Thrun, Burgard and Fox, *Probabilistic Robotics* (2005), section 5.4, with
//! variances that grow with the way and the turn. The turn is the inverse-variance mean of wheels and gyroscope. Departures: a sense that
//! repeats itself to the bit while the other one moves is stuck and left out; while wheels and gyroscope disagree for long, the
//! turn is as uncertain as they are apart, and the gyroscope's error is learned anew (rule `blame`).

use nalgebra::Vector2;
use neuraxis_core::kinematics::DifferentialDrive;
use neuraxis_core::percepts::Imu;
use neuraxis_core::{Pose2, Stamp, Twist2, saved};

use crate::filter::Motion;
use crate::senses::WheelMotion;
use crate::spec::{NoiseSpec, RobustnessSpec};
use crate::wheels::{WheelWay, leaps};

/// Track poses that are kept for late cues: 1.3 s at 50 Hz.
const HISTORY: usize = 64;
/// Below this speed (m/s) and turning rate (rad/s) the wheels stand still, and all that the gyroscope
/// reads is its error. (Driving straight will not do: wheels of unequal size turn the body unseen.)
const STILL: f64 = 0.002;
/// A gyroscope that has been silent for longer is not used, s.
const SILENT: f64 = 0.1;
/// Readings of an inertial unit that may repeat each other to the bit.
const REPEATS: u32 = 3;
/// m/s².
const GRAVITY: f64 = 9.81;
/// Time over which accelerations are smoothed into a tilt, s.
const TILT_TIME: f64 = 0.25;
/// Share of a new difference between the turning rates of wheels and gyroscope in the running one.
const SLOWNESS: f64 = 0.05;
/// Standard deviation of the running difference, of a single one's: √(0.05 / (2 − 0.05)).
const SLOW_STD: f64 = 0.16;
/// They disagree beyond so many standard deviations.
const DISAGREE: f64 = 4.0;
/// Time in which the gyroscope's error is learned anew, s.
const RELEARN: f64 = 0.5;

/// The gyroscope and the accelerometer.
#[derive(Clone, Debug, Default)]
struct Inertial {
    stamp: Option<Stamp>,
    rate: f64,
    /// Turned so far, rad, with the constant error in it.
    angle: f64,
    /// The same at the last odometry message.
    angle_at_way: f64,
    /// Acceleration in the ground plane of the body, smoothed, as a share of gravity.
    slope: Vector2<f64>,
    last: Imu,
    repeats: u32,
}

/// Whether the turning rates of wheels and gyroscope part for longer than chance lets them.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TurnRates {
    /// Running difference, rad/s.
    pub(crate) apart: f64,
}

impl TurnRates {
    /// Takes in a difference `apart` (rad/s) of this standard deviation; how far they disagree, 1 at the border of chance.
    pub(crate) fn hold(&mut self, apart: f64, std: f64) -> f64 {
        self.apart += SLOWNESS * (apart - self.apart);
        self.apart.abs() / (DISAGREE * SLOW_STD * std)
    }

    /// What the gyroscope's error gains in a second while it is learned anew, rad²/s².
    pub(crate) fn relearning(self) -> f64 {
        self.apart * self.apart / RELEARN
    }
}

/// A step that the motion senses have brought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) motion: Motion,
    pub(crate) stamp: Stamp,
    /// Mean turning rate of the gyroscope while the wheels stood still, rad/s.
    pub(crate) still: Option<f64>,
    /// How far wheels and gyroscope disagree, in standard deviations.
    pub(crate) disagreement: f64,
    /// Time since the step before, if that is longer than a sense may take.
    pub(crate) gap: f64,
}

/// What the motion senses say, and the track.
#[derive(Clone, Debug)]
pub(crate) struct MotionSense {
    noise: NoiseSpec,
    inertial: Inertial,
    /// The last message of the wheels: stamp, pose in their own frame, twist.
    last: Option<(Stamp, Pose2, Twist2)>,
    way: WheelWay,
    is_stuck: bool,
    /// Whether the last message was set back to somewhere else.
    leapt: bool,
    fastest: f64,
    turns: TurnRates,
    gyro_share: f64,
    odom: Pose2,
    /// Variances of way and turn since the start.
    drift: [f64; 2],
    history: [(Stamp, Pose2, [f64; 2]); HISTORY],
    newest: usize,
}

impl MotionSense {
    pub(crate) fn new(noise: NoiseSpec, drive: Option<DifferentialDrive>, fastest: f64) -> Self {
        Self {
            noise,
            inertial: Inertial::default(),
            last: None,
            way: WheelWay::new(drive),
            is_stuck: false,
            leapt: false,
            fastest,
            turns: TurnRates::default(),
            gyro_share: 0.0,
            odom: Pose2::default(),
            drift: [0.0; 2],
            history: [(Stamp::ZERO, Pose2::default(), [0.0; 2]); HISTORY],
            newest: 0,
        }
    }

    /// Takes in a reading of the inertial unit; `false` if it is stuck.
    pub(crate) fn inertial(&mut self, stamp: Stamp, imu: &Imu, robustness: RobustnessSpec) -> bool {
        let inertial = &mut self.inertial;
        // Noise never repeats itself; where there is none, only a turn that the wheels make shows that it is stuck.
        let repeats = *imu == inertial.last;
        inertial.repeats = if repeats { inertial.repeats + 1 } else { 0 };
        inertial.last = *imu;
        let turning = self.last.is_some_and(|(_, _, twist)| twist.angular.abs() > 0.05);
        let still_says = imu.angular_velocity.z;
        let contradicts = self.last.is_some_and(|(_, _, t)| (t.angular - still_says).abs() > 0.05);
        if robustness.stuck_detection && inertial.repeats >= REPEATS && (turning || contradicts) {
            inertial.stamp = None;
            return false;
        }
        let rate = imu.angular_velocity.z;
        if let Some(last) = inertial.stamp {
            // Over a gap, the mean of both ends would be a guess; a short hold is a safer one.
            let dt = stamp.since(last).clamp(0.0, 0.1);
            inertial.angle += 0.5 * (inertial.rate + rate) * dt;
            let share = (dt / TILT_TIME).min(1.0);
            inertial.slope += share * (imu.linear_acceleration.xy() / GRAVITY - inertial.slope);
        }
        inertial.rate = rate;
        inertial.stamp = Some(stamp);
        true
    }

    /// Takes in a reading of the wheels at the time `now`; the step that it completes, or `None` if it is the first,
    /// or out of order, or stuck (see [`MotionSense::is_stuck`]).
    pub(crate) fn wheels(
        &mut self,
        stamp: Stamp,
        way: &WheelMotion<'_>,
        now: Stamp,
        bias: f64,
        robustness: RobustnessSpec,
    ) -> Option<Step> {
        let (pose, twist) = self.way.follow(way);
        let Some((last_stamp, last_pose, _)) = self.last else {
            self.last = Some((stamp, pose, twist));
            self.inertial.angle_at_way = self.inertial.angle;
            self.history = [(stamp, self.odom, self.drift); HISTORY];
            return None;
        };
        let dt = stamp.since(last_stamp);
        let delta = last_pose.relative(&pose);
        if dt <= 0.0 || !delta.is_finite() {
            return None;
        }
        // Wheels that say that they turn and stand in the same place repeat an old message.
        let moves = twist.linear.abs() > 0.01 || twist.angular.abs() > 0.02;
        self.is_stuck = robustness.stuck_detection && moves && pose == last_pose;
        if self.is_stuck {
            return None;
        }
        self.last = Some((stamp, pose, twist));
        self.leapt = leaps(&delta, dt, self.fastest);
        if self.leapt {
            self.inertial.angle_at_way = self.inertial.angle;
            return None;
        }
        Some(self.step(&delta, dt, stamp, now, bias, robustness))
    }

    /// A step of a body without wheels, from `last` to `now`: the gyroscope's turn, and a way of which nothing is known
    /// but that the body is no faster than `fastest`, m/s.
    pub(crate) fn unwheeled(&mut self, last: Stamp, now: Stamp, fastest: f64) -> Step {
        let dt = now.since(last);
        let gyro = self.inertial.angle - self.inertial.angle_at_way;
        self.inertial.angle_at_way = self.inertial.angle;
        let lives = self.gyro_lives(now);
        self.gyro_share = f64::from(u8::from(lives));
        let turn = if lives { (self.noise.gyro * self.noise.gyro * dt * 0.02).max(1e-10) } else { dt * dt };
        let motion = Motion {
            gyro,
            gyro_share: self.gyro_share,
            dt,
            // An unknown velocity that lasts for about a second.
            variance: [fastest * fastest * dt, turn],
            walk: [self.noise.gyro_walk * self.noise.gyro_walk * dt, 0.0],
            ..Motion::default()
        };
        Step { motion, stamp: now, still: None, disagreement: 0.0, gap: 0.0 }
    }

    fn step(
        &mut self,
        delta: &Pose2,
        dt: f64,
        stamp: Stamp,
        now: Stamp,
        bias: f64,
        robustness: RobustnessSpec,
    ) -> Step {
        let noise = &self.noise;
        let gyro = self.inertial.angle - self.inertial.angle_at_way;
        self.inertial.angle_at_way = self.inertial.angle;
        let lives = self.gyro_lives(now);

        // Variances of one message; the floor is a standstill's.
        let wheel_turn =
            noise.odometry_angular * noise.odometry_angular * (delta.yaw.abs() + 0.1 * delta.x.abs()) + 1e-8;
        let gyro_turn = (noise.gyro * noise.gyro * dt * 0.02).max(1e-10);
        let share = if lives { wheel_turn / (wheel_turn + gyro_turn) } else { 0.0 };
        let way = delta.x.abs() + 0.1 * delta.yaw.abs();
        let along = noise.odometry_linear * noise.odometry_linear * way + 1e-10;
        let mut around = 1.0 / (1.0 / wheel_turn + if lives { 1.0 / gyro_turn } else { 0.0 });
        let mut bias_walk = noise.gyro_walk * noise.gyro_walk * dt;

        let is_still = delta.yaw.abs() < STILL * dt && delta.x.abs() < STILL * dt;
        let mut disagreement = 0.0;
        if lives {
            let apart = (gyro - delta.yaw) / dt - bias;
            disagreement = self.turns.hold(apart, (wheel_turn + gyro_turn).sqrt() / dt);
            if robustness.fault_isolation && disagreement > 1.0 && !is_still {
                around += self.turns.apart * self.turns.apart * dt * dt;
                bias_walk += self.turns.relearning() * dt;
            }
        }
        self.gyro_share = share;
        Step {
            motion: Motion {
                wheels: *delta,
                gyro,
                gyro_share: share,
                dt,
                variance: [along, around],
                walk: [bias_walk, noise.scale_walk * noise.scale_walk * dt],
            },
            stamp,
            still: (lives && is_still).then(|| (gyro - delta.yaw) / dt),
            disagreement,
            gap: dt,
        }
    }

    /// Adds a believed motion to the track.
    pub(crate) fn moved(&mut self, by: &Pose2, stamp: Stamp, variance: [f64; 2]) {
        self.odom = self.odom.compose(by);
        self.drift = [self.drift[0] + variance[0], self.drift[1] + variance[1]];
        self.newest = (self.newest + 1) % HISTORY;
        self.history[self.newest] = (stamp, self.odom, self.drift);
    }

    /// The track at `stamp`, between the kept poses, and the variances that it has gained since.
    pub(crate) fn at(&self, stamp: Stamp, bias: f64) -> (Pose2, [f64; 2]) {
        let mut later = self.history[self.newest];
        if stamp >= later.0 {
            let ahead = stamp.since(later.0).clamp(0.0, 0.1);
            return (self.odom.advance(&self.twist(bias), ahead), [0.0; 2]);
        }
        for i in 1..HISTORY {
            let earlier = self.history[(self.newest + HISTORY - i) % HISTORY];
            if earlier.0 <= stamp {
                let since = [self.drift[0] - earlier.2[0], self.drift[1] - earlier.2[1]];
                let span = later.0.since(earlier.0);
                if span <= 0.0 {
                    return (earlier.1, since);
                }
                let t = stamp.since(earlier.0) / span;
                let step = earlier.1.relative(&later.1);
                return (earlier.1.compose(&Pose2::new(step.x * t, step.y * t, step.yaw * t)), since);
            }
            later = earlier;
        }
        (later.1, [self.drift[0] - later.2[0], self.drift[1] - later.2[1]])
    }

    /// The velocity now: wheels for the way, gyroscope for the turn where it lives.
    pub(crate) fn twist(&self, bias: f64) -> Twist2 {
        let wheels = self.last.map_or(Twist2::default(), |(_, _, twist)| twist);
        let angular = match self.inertial.stamp {
            Some(_) if self.gyro_share > 0.0 => self.inertial.rate - bias,
            _ => wheels.angular,
        };
        Twist2 { linear: wheels.linear, lateral: 0.0, angular }
    }

    /// The body's pose in `odom` at the last step.
    pub(crate) fn odom(&self) -> Pose2 {
        self.odom
    }

    /// When the wheels last spoke.
    pub(crate) fn last_wheels(&self) -> Option<Stamp> {
        self.last.map(|(stamp, ..)| stamp)
    }

    /// When the inertial unit last spoke.
    pub(crate) fn last_inertial(&self) -> Option<Stamp> {
        self.inertial.stamp
    }

    /// Share of the gyroscope in the last turn.
    pub(crate) fn gyro_share(&self) -> f64 {
        self.gyro_share
    }

    /// Whether the wheels were set back to somewhere else.
    pub(crate) fn leapt(&self) -> bool {
        self.leapt
    }

    /// Whether the wheels repeat themselves.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    /// How far the body is tilted, as the sine of the angle.
    pub(crate) fn slope(&self) -> f64 {
        self.inertial.slope.norm()
    }

    /// Whether the body moves, as far as wheels or gyroscope tell.
    pub(crate) fn moves(&self, bias: f64) -> bool {
        let twist = self.twist(bias);
        twist.linear.abs() > 0.01 || twist.angular.abs() > 0.05
    }

    fn gyro_lives(&self, now: Stamp) -> bool {
        self.inertial.stamp.is_some_and(|stamp| now.since(stamp) < SILENT)
    }
}

saved!(Inertial { stamp, rate, angle, angle_at_way, slope, last, repeats });
saved!(TurnRates { apart });
saved!(MotionSense {
    inertial, last, way, is_stuck, leapt, fastest, turns, gyro_share, odom, drift, history, newest; noise
} then Self::is_whole);

impl MotionSense {
    /// Whether what was loaded names only places that are there.
    fn is_whole(&mut self) -> bool {
        self.newest < HISTORY
    }
}
