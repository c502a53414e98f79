//! One leg: straight from where the body is to a point, by nothing but pose and touch.
//!
//! The body turns on the spot until the point lies ahead, then goes straight to it. It has failed when it touches something
//! ahead, when it gets no nearer for some time, or when it takes much longer than the way should. After a touch it backs off
//! the way it came.

use nalgebra::{Point2, Vector2};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::percepts::Contact;
use neuraxis_core::{Drive, Input, Pose2, Stamp, math, saved, value};

use crate::Situation;

/// Heading errors at which it stops to turn, and at which it goes on, rad.
const TURN_FROM: f64 = 0.5;
const TURN_TO: f64 = 0.04;
/// Turning rate, of the greatest, a rad of error.
const TURN_GAIN: f64 = 1.2;
/// Slower than this share of its speed is no progress.
const PROGRESS: f64 = 0.2;
/// No progress for this long is a stall, s.
const STALL: f64 = 1.5;
/// It may take this much longer than it should: a factor, and s.
const LATE: (f64, f64) = (2.5, 3.0);
/// A touch further round than this, rad from its course, is a graze: the body slides along, and only a stall ends the leg.
const AHEAD: f64 = 1.1;
/// On a line a touch further round than this, rad, pushes aside, and one further than that is behind.
const ASIDE: f64 = 0.5;
const BEHIND: f64 = 2.2;
/// How far a line gives way at most, and at each touch, radii.
const LINE_YIELD: f64 = 0.3;
const GIVES_WAY_BY: f64 = 0.03;
/// On a line it steers to a point so far ahead, radii.
const AHEAD_ON_LINE: f64 = 1.2;
/// Acceleration that it counts on for stopping, of the limits.
const BRAKE: f64 = 0.7;

/// The believed distance that counts as there, as a share of the tolerance: the belief errs too.
pub const NEAR: f64 = 0.6;
/// Held back from the tolerance in any case, m.
const MARGIN: f64 = 0.02;

/// The believed distance that counts as there for one who is told where it is, to within `std` m: three standard deviations
/// inside the tolerance, if that is more than its share. The same for all who go by touch.
#[must_use]
pub fn arrival_radius(tolerance: f64, std: f64) -> f64 {
    (tolerance - 3.0 * std - MARGIN).max(NEAR * tolerance)
}

/// What became of a leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// It goes on.
    Going(Drive),
    /// It is there.
    Arrived,
    /// It touched something at `at` (map, m), which lay in the direction `toward` (unit vector).
    Touched {
        /// m.
        at: Point2<f64>,
        /// From the body.
        toward: Vector2<f64>,
    },
    /// It got nowhere.
    Stalled,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Phase {
    Turn,
    Go,
}

/// A line that a leg keeps to.
#[derive(Clone, Copy, Debug)]
struct Line {
    from: Point2<f64>,
    /// How far to the left of it, m.
    offset: f64,
}

/// Drives legs.
#[derive(Clone, Debug)]
pub struct LegDriver {
    radius: f64,
    linear: f64,
    acceleration: f64,
    /// The bumpers.
    bumpers: Vec<Input<Contact>>,
    target: Point2<f64>,
    top: f64,
    phase: Phase,
    begun: Stamp,
    allowed: f64,
    /// The nearest that it came to the target, and when.
    best: (f64, Stamp),
    from: Point2<f64>,
    /// The line that it has to keep to, if it has to keep to one.
    line: Option<Line>,
}

impl LegDriver {
    /// A driver for `body`.
    #[must_use]
    pub fn new(body: &BodyDescription) -> Self {
        Self {
            radius: body.radius,
            linear: body.limits.linear,
            acceleration: body.limits.linear_acceleration,
            bumpers: Input::all(body).collect(),
            target: Point2::origin(),
            top: 1.0,
            phase: Phase::Turn,
            begun: Stamp::ZERO,
            allowed: 0.0,
            best: (f64::INFINITY, Stamp::ZERO),
            from: Point2::origin(),
            line: None,
        }
    }

    /// Begins a leg to `target` at `top` of the greatest speed, with a time for the turn; on the line from `from`, if it has to be
    /// entered where it begins.
    pub fn begin(
        &mut self,
        now: Stamp,
        pose: &Pose2,
        from: Option<Point2<f64>>,
        target: Point2<f64>,
        top: f64,
    ) {
        let here = Point2::new(pose.x, pose.y);
        self.line = from.map(|from| Line { from, offset: 0.0 });
        let length = nalgebra::distance(&here, &target);
        self.target = target;
        self.top = top;
        self.phase = Phase::Turn;
        self.begun = now;
        self.allowed = LATE.0 * length / (self.linear * top) + LATE.1 + STALL + 6.0;
        self.best = (f64::INFINITY, now);
        self.from = here;
    }

    /// Where it goes, m.
    #[must_use]
    pub fn target(&self) -> Point2<f64> {
        self.target
    }

    /// A touch that lies ahead of the course `course` (rad): the point and the direction. On a line, what lies aside pushes the line
    /// aside instead: so a peg finds its hole.
    fn touch(&mut self, situation: &Situation<'_>, course: f64) -> Option<(Point2<f64>, Vector2<f64>)> {
        let pose = situation.belief.pose;
        let mut found = None;
        for bumper in &mut self.bumpers {
            let Some(contact) = bumper.take(situation.percepts).map(|sample| sample.reading) else {
                continue;
            };
            if !contact.touching || !contact.bearing.is_finite() {
                continue;
            }
            let direction = pose.yaw + Pose2::from_spatial(bumper.mount()).yaw + contact.bearing;
            let aside = math::wrap(direction - course);
            if let Some(line) = self.line.as_mut().filter(|_| aside.abs() > ASIDE && aside.abs() < BEHIND) {
                let most = LINE_YIELD * self.radius;
                line.offset = (line.offset - GIVES_WAY_BY * self.radius * aside.signum()).clamp(-most, most);
            } else if aside.abs() < AHEAD {
                let (s, c) = math::sin_cos(direction);
                let toward = Vector2::new(c, s);
                found = Some((Point2::new(pose.x, pose.y) + toward * self.radius, toward));
            }
        }
        found
    }

    /// The point that it steers to: the target, or a point on its line a little ahead.
    fn aim(&self, here: Point2<f64>) -> Point2<f64> {
        let Some(Line { from, offset }) = self.line else { return self.target };
        let way = self.target - from;
        let length = way.norm();
        if length < 1e-9 {
            return self.target;
        }
        let along = way.dot(&(here - from)) / length;
        let left = Vector2::new(-way.y, way.x) * (offset / length);
        from + way * ((along + AHEAD_ON_LINE * self.radius).clamp(0.0, length) / length) + left
    }

    /// One tick of the leg.
    pub fn step(&mut self, situation: &Situation<'_>) -> Outcome {
        let now = situation.percepts.now;
        let pose = situation.belief.pose;
        let here = Point2::new(pose.x, pose.y);
        let left = self.target - here;
        let distance = left.norm();
        let near = (0.1 * self.radius).max(0.004);
        let is_past = self.phase == Phase::Go
            && (self.target - self.from).dot(&left) <= 0.0
            && distance < 0.5 * self.radius;
        if distance < near || is_past {
            return Outcome::Arrived;
        }
        let aim = self.aim(here) - here;
        let course = math::atan2(aim.y, aim.x);
        let error = math::wrap(course - pose.yaw);
        let touch = self.touch(situation, pose.yaw);
        if self.phase == Phase::Turn {
            if error.abs() > TURN_TO {
                if now.since(self.begun) > self.allowed {
                    return Outcome::Stalled;
                }
                self.best = (f64::INFINITY, now);
                return Outcome::Going(turn(error));
            }
            self.phase = Phase::Go;
        }
        if let Some((at, toward)) = touch {
            return Outcome::Touched { at, toward };
        }
        let step = PROGRESS * self.linear * self.top * STALL;
        if distance < self.best.0 - step {
            self.best = (distance, now);
        }
        if now.since(self.best.1) > STALL + 0.5 || now.since(self.begun) > self.allowed {
            return Outcome::Stalled;
        }
        if error.abs() > TURN_FROM {
            self.phase = Phase::Turn;
            return Outcome::Going(turn(error));
        }
        let braking = (2.0 * BRAKE * self.acceleration * distance).sqrt() / self.linear;
        let speed = self.top.min(braking).max(0.05) * math::cos(error).max(0.2);
        Outcome::Going(Drive::new(speed, (TURN_GAIN * error).clamp(-0.5, 0.5)))
    }

    /// Backs off the way it came, until it is `far` m from `since` or touches something behind it.
    pub fn back_off(&mut self, situation: &Situation<'_>, since: &Point2<f64>, far: f64) -> Option<Drive> {
        let pose = situation.belief.pose;
        let behind = self.touch(situation, pose.yaw + math::PI);
        let moved = math::hypot(pose.x - since.x, pose.y - since.y);
        (behind.is_none() && moved < far).then(|| Drive::new(-0.3, 0.0))
    }
}

fn turn(error: f64) -> Drive {
    let rate = (TURN_GAIN * error).clamp(-0.6, 0.6);
    // Fast enough to overcome friction.
    Drive::new(0.0, if rate.abs() < 0.06 { 0.06_f64.copysign(rate) } else { rate })
}

value!(
    enum Phase {
        Turn,
        Go,
    }
);
value!(struct Line { from, offset });
saved!(LegDriver {
    bumpers, target, top, phase, begun, allowed, best, from, line; radius, linear, acceleration
});
