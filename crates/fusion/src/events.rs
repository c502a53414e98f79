//! Events: what just happens to the body, read out of several weak cues at once.
//!
//! Each event is decided by Bayes detection, which is divisive normalisation with a multiplicative drive
//! ([`crate::normalisation`]): weak cues that agree gain most from one another. A cue adds its log-likelihood ratio, weighed
//! by its present reliability. Drives the reflexes of the brain and the navigator's caution.
//!
//! | event | cues |
//! |---|---|
//! | obstacle ahead | room in the swath ahead against the way to stop (range finder, cone); bumper; wheels that hardly turn while their motors strain (joint efforts) |
//! | contact | bumper; a jolt that the wheels did not make (accelerometer) |
//! | beacon | a map of directions in which camera and microphones meet (`beacon`) |
//! | slip | turning rates of wheels and gyroscope apart; wheels whose speed gains what the body does not feel (accelerometer); the blame that rests on the prediction |
//!
//! Departure: the likelihoods are those of a Gaussian cue ([`GaussianCue`]) with the scales below, which were set by what the senses
//! of the robots in `robots/` do, and not learned; a bumper's are its rates of hits and false alarms.

use nalgebra::Vector2;
use neuraxis_core::archive::{Damage, Reader, Saved, Writer};
use neuraxis_core::belief::Events;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::{Contact, Imu, JointState, Odometry};
use neuraxis_core::senses::{Beams, Readable};
use neuraxis_core::{Input, Percepts, Pose2, Reading, Stamp, Twist2, math, saved};

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
const MIN: f64 = -1.5;
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

/// A sense that says something of events.
#[derive(Clone, Debug)]
enum Cue {
    /// Distances: a range finder, or a cone.
    Room {
        input: Input<Reading>,
        mount: Pose2,
        is_cone: bool,
        said: Evidence,
    },
    Touch(Input<Contact>),
    Strain(Input<JointState>),
    Wheels(Input<Odometry>),
    Inertial(Input<Imu>),
}

impl Cue {
    /// What the sense in `slot` says, if it says something.
    fn of(body: &BodyDescription, slot: usize) -> Option<Self> {
        let room = || {
            let input: Input<Reading> = Input::at(body, slot)?;
            let is_cone = body.sensors[slot].blank().beams()?.is_cone();
            Some(Self::Room { input, mount: Pose2::from_spatial(input.mount()), is_cone, said: None })
        };
        room()
            .or_else(|| Input::at(body, slot).map(Self::Touch))
            .or_else(|| Input::at(body, slot).map(Self::Strain))
            .or_else(|| Input::at(body, slot).map(Self::Wheels))
            .or_else(|| Input::at(body, slot).map(Self::Inertial))
    }
}

/// Reads events out of percepts.
#[derive(Clone, Debug)]
pub(crate) struct EventSense {
    detector: Detector,
    beacon: BeaconSense,
    radius: f64,
    braking: f64,
    /// In the order of the slots.
    cues: Vec<Cue>,
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
            cues: (0..body.sensors.len()).filter_map(|slot| Cue::of(body, slot)).collect(),
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
        // Lent out for the loop, so that the cues can be read and the rest be written.
        let mut cues = std::mem::take(&mut self.cues);
        for cue in &mut cues {
            self.take(cue, percepts, context);
        }
        self.cues = cues;
        let fresh = |evidence: Evidence, weight: f64| match evidence {
            Some((stamp, llr)) if now.since(stamp) < STALE => (weight, llr),
            _ => (0.0, 0.0),
        };
        let rooms = self.cues.iter().filter_map(|cue| match cue {
            Cue::Room { said, is_cone, .. } => {
                let (weight, llr) = fresh(*said, if *is_cone { 1.0 } else { context.scan });
                // That a cone sees nothing says little of the swath, which is wider.
                Some((weight, if *is_cone { llr.max(0.0) } else { llr }))
            }
            _ => None,
        });
        let touch = fresh(self.touch, 1.0);
        // That nothing is touched says nothing of what lies ahead.
        let bump = (touch.0, touch.1.max(0.0));
        let turning = CUE.llr(0.5 * CUE.d_prime * context.turning).max(MIN);
        // Variances are inflated by what the squared error is: its likelihood ratio, for two cues that agree.
        let blame = 2.0 * math::ln(context.blame).max(0.0);
        let (beacon, beacon_bearing) = self.beacon.update(percepts);
        Events {
            beacon,
            beacon_bearing,
            obstacle: self.detector.posterior(rooms.chain([bump, fresh(self.strain, 1.0)])),
            contact: self.detector.posterior([touch, fresh(self.jolt, 1.0)]),
            slip: self.detector.posterior([(context.inertial, turning), fresh(self.pull, 1.0), (1.0, blame)]),
        }
    }

    /// Takes in what a cue has new.
    fn take(&mut self, cue: &mut Cue, percepts: &Percepts, context: &Context) {
        match cue {
            Cue::Room { input, mount, said, .. } => {
                let Some((stamp, reading)) = valid(input, percepts) else { return };
                let Some(beams) = reading.beams() else { return };
                let room = self.room_ahead(beams, mount);
                let speed = context.twist.linear.max(0.0);
                let stop = speed * speed / (2.0 * self.braking) + LATENCY * speed + MARGIN;
                // No nearer than it takes to stop: no obstacle, however far the wall may be.
                let llr = CUE.llr((stop - room) / ROOM_STD + CUE.d_prime).max(MIN);
                *said = Some((stamp, llr));
            }
            Cue::Touch(input) => {
                let Some((stamp, contact)) = valid(input, percepts) else { return };
                let llr = if contact.touching {
                    math::ln(HIT / FALSE_ALARM)
                } else {
                    math::ln((1.0 - HIT) / (1.0 - FALSE_ALARM))
                };
                self.touch = Some((stamp, llr));
            }
            Cue::Strain(input) => {
                let Some((stamp, joints)) = valid(input, percepts) else { return };
                let effort = joints.effort.iter().fold(0.0_f64, |most, e| most.max(e.abs()));
                let is_moving = context.twist.linear.abs() > 0.02 || context.twist.angular.abs() > 0.1;
                if is_moving {
                    self.usual_effort += SLOWNESS * (effort - self.usual_effort);
                }
                if self.usual_effort > 0.0 {
                    let strain = effort / (STRAIN * self.usual_effort);
                    let llr = if is_moving { MIN } else { CUE.llr(CUE.d_prime * strain) };
                    self.strain = Some((stamp, llr.max(MIN)));
                }
            }
            Cue::Wheels(input) => {
                let Some((stamp, odometry)) = valid(input, percepts) else { return };
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
            Cue::Inertial(input) => {
                let turn = input.mount().rotation;
                let Some((stamp, imu)) = valid(input, percepts) else { return };
                let felt = (turn * imu.linear_acceleration).xy();
                let rate = (turn * imu.angular_velocity).z;
                // What driving itself makes: along, the wheels' acceleration; across, the turn's.
                let driven = Vector2::new(self.wheel_acceleration, context.twist.linear * rate);
                let rest = felt - self.level - driven;
                let most = 0.2 * GRAVITY;
                self.level += SLOWNESS * rest.map(|v| v.clamp(-most, most));
                self.jolt = Some((stamp, CUE.llr(rest.norm() / JOLT_STD).max(MIN)));
                // Over a gap nothing is known of what was felt.
                let dt = self.last_imu.replace(stamp).map_or(0.0, |last| stamp.since(last).clamp(0.0, 0.1));
                self.unfelt -= (felt.x - self.level.x) * dt;
                self.unfelt *= 1.0 - (dt / PULL_TIME).min(1.0);
                // A body without wheels that speak has nothing to pull with.
                let rolls = self.last_speed.is_some_and(|(last, _)| stamp.since(last) < STALE);
                self.unfelt = if rolls { self.unfelt } else { 0.0 };
                self.pull = rolls.then(|| (stamp, CUE.llr(self.unfelt.abs() / PULL_STD).max(MIN)));
            }
        }
    }

    /// Whether the wheels just sped up or braked and the body did not, as far as the accelerometer tells by itself.
    pub(crate) fn spins(&self, now: Stamp) -> bool {
        let pull = self.pull.filter(|(stamp, _)| now.since(*stamp) < STALE).map(|(_, llr)| (1.0, llr));
        self.detector.posterior(pull) > SPIN
    }

    /// Room between the body's outline and the nearest thing in the swath that it drives into, m.
    fn room_ahead(&self, beams: Beams<'_>, mount: &Pose2) -> f64 {
        let mut room = f64::INFINITY;
        for (angle, range) in beams.iter() {
            // A sweep's other beams tell of what is too near for one; a cone has no others.
            let is_too_near = beams.is_cone() && range == f64::NEG_INFINITY;
            let range = if is_too_near { beams.range_min } else { range };
            // Only what is near can lie within the way to stop.
            if !(range.is_finite() && range >= beams.range_min && range < 2.0 + 4.0 * self.radius) {
                continue;
            }
            let (s, c) = math::sin_cos(angle);
            let end = mount.transform(range * c, range * s);
            if end.x > 0.0 && end.y.abs() < self.radius {
                let outline = (self.radius * self.radius - end.y * end.y).sqrt();
                room = room.min(end.x - outline);
            }
        }
        room
    }
}

/// What an input has new, if it is valid.
fn valid<'p, T: Readable>(input: &mut Input<T>, percepts: &'p Percepts) -> Option<(Stamp, &'p T)> {
    let sample = input.take(percepts).filter(|sample| sample.reading.is_valid())?;
    Some((sample.stamp, sample.reading))
}

impl Saved for Cue {
    fn write(&self, to: &mut Writer) {
        match self {
            Self::Room { input, mount: _, is_cone: _, said } => {
                input.write(to);
                said.write(to);
            }
            Self::Touch(input) => input.write(to),
            Self::Strain(input) => input.write(to),
            Self::Wheels(input) => input.write(to),
            Self::Inertial(input) => input.write(to),
        }
    }
    fn read(&mut self, from: &mut Reader<'_>) -> Result<(), Damage> {
        match self {
            Self::Room { input, mount: _, is_cone: _, said } => {
                input.read(from)?;
                said.read(from)
            }
            Self::Touch(input) => input.read(from),
            Self::Strain(input) => input.read(from),
            Self::Wheels(input) => input.read(from),
            Self::Inertial(input) => input.read(from),
        }
    }
}

saved!(EventSense {
    beacon, cues, strain, touch, jolt, pull, level, usual_effort, last_speed, wheel_acceleration, unfelt, last_imu;
    detector, radius, braking
});

#[cfg(test)]
mod tests {
    use neuraxis_core::senses::Range;
    use neuraxis_testing::bodies::BodyBuilder;

    use super::*;

    /// What the estimator lends while a body drives ahead at 0.5 m/s, and all is well.
    const DRIVING: Context = Context {
        twist: Twist2 { linear: 0.5, lateral: 0.0, angular: 0.0 },
        turning: 0.0,
        blame: 1.0,
        scan: 1.0,
        inertial: 1.0,
    };

    /// A disc of 0.2 m radius with a sonar at its front, which tells from 0.125 m to 4 m.
    fn body() -> BodyDescription {
        let sonar = r#"{"kind": "range", "name": "sonar", "link": "l", "field_of_view": 0.5, "range": [0.125, 4.0], "rate": 20}"#;
        BodyBuilder::new("disc").sense(sonar).at(0.2, 0.0, 0.0).build()
    }

    /// The probability of an obstacle `age` s after the sonar told the last of `ranges` (m), one every 10 ms.
    fn obstacle_after(ranges: &[f32], age: f64) -> f64 {
        let body = body();
        let mut events = EventSense::new(&body);
        let mut percepts = body.percepts();
        for range in ranges {
            percepts.now = percepts.now + 10_000_000;
            let now = percepts.now;
            percepts.slots_mut()[0].put(now, |reading| {
                Range::of_mut(reading).expect("a cone").range = *range;
            });
            events.update(&percepts, &DRIVING);
        }
        percepts.now = percepts.now + (1e9 * age) as u64;
        events.update(&percepts, &DRIVING).obstacle
    }

    #[test]
    fn a_cone_with_an_obstacle_within_the_way_to_stop_raises_the_obstacle_event() {
        // To stop from 0.5 m/s takes 0.185 m: half of v²/a, v times the latency, and the margin.
        let prior = obstacle_after(&[], 0.0);
        assert!(prior < 0.1, "{prior}");
        for near in [0.125, 0.15] {
            let obstacle = obstacle_after(&[near], 0.0);
            assert!(obstacle > 0.99, "{obstacle} at {near} m");
        }
    }

    #[test]
    fn a_cone_without_an_obstacle_near_leaves_the_obstacle_event_at_its_prior() {
        let prior = obstacle_after(&[], 0.0);
        for far in [0.5, 3.9, f32::INFINITY, f32::NAN] {
            assert_eq!(obstacle_after(&[far], 0.0), prior, "{far} m");
        }
        assert_eq!(obstacle_after(&[0.125, f32::INFINITY], 0.0), prior, "what was near is gone");
    }

    #[test]
    fn a_cone_with_a_detection_too_close_to_tell_raises_the_obstacle_event() {
        // REP 117: −inf is something nearer than `range_min`, and counts as something at that distance.
        let too_close = obstacle_after(&[f32::NEG_INFINITY], 0.0);
        assert!(too_close > 0.99, "{too_close}");
        assert_eq!(too_close, obstacle_after(&[0.125], 0.0));
    }

    #[test]
    fn a_stale_cone_leaves_the_obstacle_event_at_its_prior() {
        let fresh = obstacle_after(&[0.125], 0.9 * STALE);
        assert!(fresh > 0.99, "{fresh}");
        assert_eq!(obstacle_after(&[0.125], 1.1 * STALE), obstacle_after(&[], 0.0));
    }

    #[test]
    fn a_cone_with_a_negative_distance_changes_nothing() {
        let near = obstacle_after(&[0.125], 0.01);
        assert_eq!(obstacle_after(&[0.125, -0.5], 0.0), near, "what it told before still holds");
        assert_eq!(obstacle_after(&[-0.5], 0.0), obstacle_after(&[], 0.0));
    }
}
