//! Events: what just happens to the body, read out of several weak cues at once.
//!
//! Each event is decided by Bayes detection, which is divisive normalisation with a multiplicative drive
//! ([`crate::normalisation`]): weak cues that agree gain most from one another. A cue adds its log-likelihood ratio, weighed
//! by its present reliability. Drives the reflexes of the brain and the navigator's caution.
//!
//! | event | cues |
//! |---|---|
//! | obstacle ahead | room in the swath ahead against the way to stop (range finder); bumper; wheels that hardly turn while their motors strain (joint efforts) |
//! | contact | bumper; a jolt that the wheels did not make (accelerometer) |
//! | beacon | a map of directions in which camera and microphones meet (`beacon`) |
//! | slip | turning rates of wheels and gyroscope apart; wheels whose speed gains what the body does not feel (accelerometer); the blame that rests on the prediction |
//!
//! Departure: the likelihoods are those of a Gaussian cue ([`GaussianCue`]) with the scales below, which were set by what the senses
//! of the robots in `robots/` do, and not learned; a bumper's are its rates of hits and false alarms.

use nalgebra::{UnitQuaternion, Vector2};
use neuraxis_core::belief::Events;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::LaserScan;
use neuraxis_core::{Percepts, Pose2, Reading, Stamp, Twist2, ops, saved};

use crate::beacon::BeaconSense;
use crate::normalisation::{Detector, GaussianCue};

/// A cue of middling strength: 3 standard deviations between the event and none.
const CUE: GaussianCue = GaussianCue { d_prime: 3.0 };
/// Standard deviation of the room ahead, m, and room that is kept besides the way to stop, m.
const ROOM_STD: f64 = 0.02;
const MARGIN: f64 = 0.01;
/// Time from seeing to braking, s.
const LATENCY: f64 = 0.1;
/// A bumper misses one touch in 20, and reports one in 1000 that is none.
const HIT: f64 = 0.95;
const FALSE_ALARM: f64 = 0.001;
/// Standard deviation of an acceleration that wheels and ground make unasked, m/s².
const JOLT_STD: f64 = 1.0;
/// Standard deviation of what the wheels' speed gains and the body's does not, over about [`PULL_TIME`], m/s.
const PULL_STD: f64 = 0.015;
/// Time over which speeds are held against accelerations, s.
const PULL_TIME: f64 = 0.3;
/// Wheels that so surely speed up without the body are to blame for what follows.
const SPIN: f64 = 0.999;
/// Share of a new value in the running means of gravity's pull and of the motors' effort.
const SLOWNESS: f64 = 0.02;
/// Motors strain at so many times their usual effort.
const STRAIN: f64 = 3.0;
/// What one cue may add at most against an event, so that another can still speak for it.
const LEAST: f64 = -1.5;
/// A cue that is older says nothing, s.
const STALE: f64 = 0.25;
/// m/s².
const GRAVITY: f64 = 9.81;

/// What the rest of the estimator lends to the read-out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// Believed velocity.
    pub(crate) twist: Twist2,
    /// Running disagreement of the turning rates of wheels and gyroscope, 1 at the border of chance.
    pub(crate) turning: f64,
    /// Inflation of the prediction's variance.
    pub(crate) blame: f64,
    /// Reliability of the range finder and of the gyroscope, 0 to 1.
    pub(crate) scan: f64,
    pub(crate) inertial: f64,
}

/// A log-likelihood ratio, and when it was taken.
type Evidence = Option<(Stamp, f64)>;

/// Reads events out of percepts.
#[derive(Clone, Debug)]
pub(crate) struct EventSense {
    detector: Detector,
    beacon: BeaconSense,
    radius: f64,
    braking: f64,
    /// Sequence numbers of the readings that were taken in, slot by slot.
    seen: Vec<u64>,
    mounts: Vec<Pose2>,
    /// From a sensor's frame to `base_link`.
    turns: Vec<UnitQuaternion<f64>>,
    room: Evidence,
    strain: Evidence,
    touch: Evidence,
    jolt: Evidence,
    pull: Evidence,
    /// Gravity in the ground plane, m/s², for a body that stands tilted.
    level: Vector2<f64>,
    usual_effort: f64,
    last_speed: Option<(Stamp, f64)>,
    wheel_acceleration: f64,
    /// What the wheels' speed gained lately and the body's did not, m/s.
    unfelt: f64,
    last_imu: Option<Stamp>,
}

impl EventSense {
    pub(crate) fn new(body: &BodyDescription) -> Self {
        Self {
            detector: Detector::default(),
            beacon: BeaconSense::new(body),
            radius: body.radius,
            braking: body.limits.linear_acceleration,
            seen: vec![0; body.sensors.len()],
            turns: body.sensors.iter().map(|sensor| sensor.mount.rotation).collect(),
            mounts: body.sensors.iter().map(|sensor| Pose2::from_spatial(&sensor.mount)).collect(),
            room: None,
            strain: None,
            touch: None,
            jolt: None,
            pull: None,
            level: Vector2::zeros(),
            usual_effort: 0.0,
            last_speed: None,
            wheel_acceleration: 0.0,
            unfelt: 0.0,
            last_imu: None,
        }
    }

    /// The events now. It does not allocate.
    pub(crate) fn update(&mut self, percepts: &Percepts, context: &Context) -> Events {
        let now = percepts.now;
        for (i, slot) in percepts.slots().iter().enumerate() {
            let (Some(stamp), Some(reading)) = (slot.stamp(), slot.reading()) else { continue };
            if self.seen.get(i).is_none_or(|seen| *seen == slot.sequence()) || !reading.is_sane() {
                continue;
            }
            self.seen[i] = slot.sequence();
            match reading {
                Reading::Scan(scan) => {
                    let room = self.room_ahead(scan, &self.mounts[i]);
                    let speed = context.twist.linear.max(0.0);
                    let stop = speed * speed / (2.0 * self.braking) + LATENCY * speed + MARGIN;
                    // No nearer than it takes to stop: no obstacle, however far the wall may be.
                    let llr = CUE.llr((stop - room) / ROOM_STD + CUE.d_prime).max(LEAST);
                    self.room = Some((stamp, llr));
                }
                Reading::Contact(contact) => {
                    let llr = if contact.touching {
                        ops::ln(HIT / FALSE_ALARM)
                    } else {
                        ops::ln((1.0 - HIT) / (1.0 - FALSE_ALARM))
                    };
                    self.touch = Some((stamp, llr));
                }
                Reading::Joints(joints) => {
                    let effort = joints.effort.iter().fold(0.0_f64, |most, e| most.max(e.abs()));
                    let is_moving = context.twist.linear.abs() > 0.02 || context.twist.angular.abs() > 0.1;
                    if is_moving {
                        self.usual_effort += SLOWNESS * (effort - self.usual_effort);
                    }
                    if self.usual_effort > 0.0 {
                        let strain = effort / (STRAIN * self.usual_effort);
                        let llr = if is_moving { LEAST } else { CUE.llr(CUE.d_prime * strain) };
                        self.strain = Some((stamp, llr.max(LEAST)));
                    }
                }
                Reading::Odometry(odometry) => {
                    let speed = odometry.twist.linear;
                    if let Some((last, before)) = self.last_speed.replace((stamp, speed)) {
                        let dt = stamp.since(last);
                        if dt > 0.0 {
                            let raw = (speed - before) / dt;
                            self.wheel_acceleration += 0.2 * (raw - self.wheel_acceleration);
                            self.unfelt += speed - before;
                        }
                    }
                }
                Reading::Imu(imu) => {
                    let turn = self.turns[i];
                    let felt = (turn * imu.linear_acceleration).xy();
                    let rate = (turn * imu.angular_velocity).z;
                    // What driving itself makes: along, the wheels' acceleration; across, the turn's.
                    let driven = Vector2::new(self.wheel_acceleration, context.twist.linear * rate);
                    let rest = felt - self.level - driven;
                    let most = 0.2 * GRAVITY;
                    self.level += SLOWNESS * rest.map(|v| v.clamp(-most, most));
                    self.jolt = Some((stamp, CUE.llr(rest.norm() / JOLT_STD).max(LEAST)));
                    // Over a gap nothing is known of what was felt.
                    let dt =
                        self.last_imu.replace(stamp).map_or(0.0, |last| stamp.since(last).clamp(0.0, 0.1));
                    self.unfelt -= (felt.x - self.level.x) * dt;
                    self.unfelt *= 1.0 - (dt / PULL_TIME).min(1.0);
                    // A body without wheels that speak has nothing to pull with.
                    let rolls = self.last_speed.is_some_and(|(last, _)| stamp.since(last) < STALE);
                    self.unfelt = if rolls { self.unfelt } else { 0.0 };
                    self.pull = rolls.then(|| (stamp, CUE.llr(self.unfelt.abs() / PULL_STD).max(LEAST)));
                }
                Reading::Motion(_) | Reading::Battery(_) | Reading::Pose(_) | Reading::Azimuth(_) => {}
            }
        }
        let fresh = |evidence: Evidence, weight: f64| match evidence {
            Some((stamp, llr)) if now.since(stamp) < STALE => (weight, llr),
            _ => (0.0, 0.0),
        };
        let touch = fresh(self.touch, 1.0);
        // That nothing is touched says nothing of what lies ahead.
        let bump = (touch.0, touch.1.max(0.0));
        let turning = CUE.llr(0.5 * CUE.d_prime * context.turning).max(LEAST);
        // Variances are inflated by what the squared error is: its likelihood ratio, for two cues that agree.
        let blame = 2.0 * ops::ln(context.blame).max(0.0);
        let (beacon, beacon_bearing) = self.beacon.update(percepts);
        Events {
            beacon,
            beacon_bearing,
            obstacle: self.detector.posterior([
                fresh(self.room, context.scan),
                bump,
                fresh(self.strain, 1.0),
            ]),
            contact: self.detector.posterior([touch, fresh(self.jolt, 1.0)]),
            slip: self.detector.posterior([(context.inertial, turning), fresh(self.pull, 1.0), (1.0, blame)]),
        }
    }

    /// Whether the wheels just sped up or braked and the body did not, as far as the accelerometer tells by itself.
    pub(crate) fn spins(&self, now: Stamp) -> bool {
        let pull = self.pull.filter(|(stamp, _)| now.since(*stamp) < STALE).map(|(_, llr)| (1.0, llr));
        self.detector.posterior(pull) > SPIN
    }

    /// Room between the body's outline and the nearest thing in the swath that it drives into, m.
    fn room_ahead(&self, scan: &LaserScan, mount: &Pose2) -> f64 {
        let mut room = f64::INFINITY;
        for (i, range) in scan.ranges.iter().enumerate() {
            let range = f64::from(*range);
            // Only what is near can lie within the way to stop.
            if !(range.is_finite() && range >= scan.range_min && range < 2.0 + 4.0 * self.radius) {
                continue;
            }
            let (s, c) = ops::sin_cos(scan.angle_min + i as f64 * scan.angle_increment);
            let end = mount.transform(range * c, range * s);
            if end.x > 0.0 && end.y.abs() < self.radius {
                let outline = (self.radius * self.radius - end.y * end.y).sqrt();
                room = room.min(end.x - outline);
            }
        }
        room
    }
}

saved!(EventSense {
    beacon, seen, room, strain, touch, jolt, pull, level, usual_effort, last_speed, wheel_acceleration, unfelt, last_imu;
    detector, radius, braking, mounts, turns
});
