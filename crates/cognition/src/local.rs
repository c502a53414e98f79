//! Follows a way and keeps clear of what the range finder sees.
//!
//! Source: the dynamic window approach of Fox, Burgard and Thrun, "The dynamic window approach to
//! collision avoidance" (1997): candidate pairs of speed and turning rate are rolled out as arcs, those
//! that would touch something are struck out (equation 14: what is left can stop in time), and the best
//! by heading, clearance and speed is taken. Departures: the heading term is the distance that is left
//! to a point ahead on the planned way (pure pursuit, Coulter 1992) at the end of the arc, so that there
//! are no local minima beside the plan's; candidates span the speed limits and not only the next tick's
//! window, since the motor level ramps; large heading errors are turned off on the spot; and a body
//! that has got nowhere for some seconds turns to where it is open and creeps out.
//!
//! A body with steered wheels cannot turn on the spot. Of it only arcs are tried that its steering can drive, it is two discs (one about
//! each axle) instead of one, and where others turn on the spot it drives hard over, forwards while that is free and leads
//! there, and else back with the wheels the other way.

mod obstacles;

use nalgebra::Point2;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::reasons::{Candidate, MotionMode, MotionReason, SpeedLimit};
use neuraxis_core::{Drive, Modulation, OccupancyGrid, Pose2, Stamp, Twist2, math, saved, value};

use crate::Situation;
use crate::costmap::Costmap;
use crate::spec::LocalSpec;
use obstacles::{PointCloud, RangeSense};

/// Steps of a rollout.
const STEPS: usize = 8;
/// Turning rates that are tried, as shares of the greatest.
const TURNS: [f64; 15] =
    [-0.7, -0.45, -0.3, -0.2, -0.13, -0.07, -0.03, 0.0, 0.03, 0.07, 0.13, 0.2, 0.3, 0.45, 0.7];
/// Speeds that are tried, as shares of what is allowed now.
const SPEEDS: [f64; 4] = [1.0, 0.7, 0.4, 0.2];
/// More clearance than this is no better, m.
const CLEAR: f64 = 0.15;
/// Heading error at which it stops to turn, and at which it goes on, rad.
const TURN_FROM: f64 = 1.0;
const TURN_TO: f64 = 0.35;
/// Getting nowhere for this long calls for a way out, s.
const STUCK: f64 = 5.0;
/// Less than this is nowhere, m.
const NOWHERE: f64 = 0.08;

/// What it is busy with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Follow,
    /// Turning on the spot until the way lies ahead.
    Turn,
    /// Getting out of a place where it is stuck: first turn to `heading` in `odom`, then creep on.
    Escape {
        heading: f64,
        until: Stamp,
        is_turned: bool,
    },
}

/// The local controller.
#[derive(Clone, Debug)]
pub struct LocalController {
    spec: LocalSpec,
    radius: f64,
    linear: f64,
    angular: f64,
    acceleration: f64,
    range_senses: Vec<RangeSense>,
    /// What they saw, in `base_link`, m; what of it matters now.
    near: PointCloud,
    mode: Mode,
    /// Where it last got somewhere, and when.
    progress: Option<(Pose2, Stamp)>,
    escapes: u32,
    /// If it cannot turn on the spot.
    steering: Option<Steering>,
    /// 0 (bold) to 1 (creep): what the needs ask for.
    caution: f64,
    reason: MotionReason,
}

/// What it knows of a body that has to go somewhere to turn.
#[derive(Clone, Copy, Debug)]
struct Steering {
    /// The tightest turn, 1/m.
    curvature: f64,
    /// How far before `base_link` its front swings out, m.
    front: f64,
    /// Whether it is turning by backing up.
    backs: bool,
    /// The point that it aims at, in `base_link`, m.
    carrot: Point2<f64>,
}

/// The speed at which a body that cannot turn on the spot turns to its way, as a share of its greatest.
const MANOEUVRE: f64 = 0.3;

impl LocalController {
    /// A controller for `body`.
    #[must_use]
    pub fn new(spec: &LocalSpec, body: &BodyDescription) -> Self {
        Self {
            spec: *spec,
            radius: body.radius,
            linear: body.limits.linear,
            angular: body.limits.angular,
            acceleration: body.limits.linear_acceleration,
            range_senses: RangeSense::all(body),
            near: PointCloud::new(),
            mode: Mode::Follow,
            progress: None,
            escapes: 0,
            steering: (!body.mobility.turns_on_spot).then(|| Steering {
                curvature: body.mobility.curvature(),
                front: body.mobility.front.unwrap_or(0.0),
                backs: false,
                carrot: Point2::origin(),
            }),
            caution: 0.0,
            reason: MotionReason::default(),
        }
    }

    /// How cautious to be from now on.
    pub fn regulate(&mut self, by: &Modulation) {
        self.caution = by.caution;
    }

    /// Why the last drive.
    #[must_use]
    pub fn reason(&self) -> &MotionReason {
        &self.reason
    }

    /// Forgets what it was busy with: there is a new goal.
    pub fn forget(&mut self) {
        self.mode = Mode::Follow;
        self.progress = None;
    }

    /// Takes in what is seen; to be called every tick.
    pub fn look(&mut self, situation: &Situation<'_>) {
        let (percepts, belief) = (situation.percepts, situation.belief);
        if !belief.odom.is_finite() {
            return;
        }
        let far = self.radius + self.linear * self.spec.horizon + 1.0;
        for sense in &mut self.range_senses {
            sense.take(percepts, belief, far);
        }
    }

    /// The drive that looks around on the spot.
    pub fn look_around(&mut self, _: &Situation<'_>) -> Drive {
        if self.steering.is_some() {
            return Drive::REST;
        }
        Drive::new(0.0, 0.25)
    }

    /// The drive that follows `path` (points in the map, m) and slows down to end within `arrival_radius` m
    /// of its last point.
    pub fn follow(
        &mut self,
        situation: &Situation<'_>,
        costs: &Costmap,
        path: &[Point2<f64>],
        arrival_radius: f64,
    ) -> Drive {
        let belief = situation.belief;
        let now = situation.percepts.now;
        let pose = belief.pose;
        let sees_far = self.range_senses.iter().any(|sense| sense.is_wide && sense.is_fresh(now));
        let reach = self.radius + self.linear * self.spec.horizon + 0.3;
        let gap = self.bring_near(&belief.odom, reach, now);

        self.reason = MotionReason { gap, ..MotionReason::default() };
        let Some(carrot) = self.carrot(situation.map, costs, &pose, path) else { return Drive::REST };
        self.reason.carrot = [carrot.x, carrot.y];
        let carrot = pose.inverse().transform(carrot.x, carrot.y);
        let heading = math::atan2(carrot.y, carrot.x);
        if let Some(steering) = &mut self.steering {
            steering.carrot = carrot;
        }
        let left = path.last().map_or(0.0, |goal| math::hypot(goal.x - pose.x, goal.y - pose.y));

        if let Some(drive) = self.escape(situation, gap, heading) {
            self.reason.mode = MotionMode::Escape;
            return drive;
        }
        let turn_from = if self.mode == Mode::Turn { TURN_TO } else { TURN_FROM };
        if heading.abs() > turn_from {
            self.mode = Mode::Turn;
            self.reason.mode = MotionMode::Turn;
            return self.turn(heading, gap);
        }
        self.mode = Mode::Follow;
        if let Some(steering) = &mut self.steering {
            steering.backs = false;
        }

        // How fast at most: caution, room, sight, and the goal.
        let room = ((gap - self.spec.margin) / 0.20).clamp(0.25, 1.0);
        let caution = 1.0 - 0.7 * self.caution.clamp(0.0, 1.0);
        let sight = if sees_far { 1.0 } else { 0.25 };
        let braking = (2.0 * self.acceleration * (left - 0.5 * arrival_radius).max(0.02)).sqrt();
        let open = self.linear * self.spec.cruise * room * caution * sight;
        let top = open.min(braking);
        self.reason.mode = MotionMode::Follow;
        self.reason.top = top;
        self.reason.limit = if braking < open {
            SpeedLimit::Braking
        } else {
            // Of what is multiplied, the smallest.
            let factors =
                [(SpeedLimit::Room, room), (SpeedLimit::Caution, caution), (SpeedLimit::Sight, sight)];
            let mut least = (SpeedLimit::Cruise, 1.0);
            for (limit, factor) in factors {
                if factor < least.1 {
                    least = (limit, factor);
                }
            }
            least.0
        };

        if let Some((speed, rate)) = self.best(&carrot, top, gap) {
            return Drive::new(speed / self.linear, rate / self.angular);
        }
        // Nothing is admissible: turning on the spot always is, for a round body.
        self.reason.mode = MotionMode::Blocked;
        self.turn(if heading.abs() > 0.1 { heading } else { self.most_open(heading) }, gap)
    }

    /// Moves what was seen lately into `base_link` and keeps what is within `reach` m; the gap to the nearest of it, m.
    fn bring_near(&mut self, odom: &Pose2, reach: f64, now: Stamp) -> f64 {
        self.near.clear();
        let front = self.steering.map_or(0.0, |steering| steering.front);
        let back = odom.inverse();
        let mut nearest = f64::INFINITY;
        for sense in &self.range_senses {
            // Of what was seen long ago only what would touch the body counts.
            let reach = if sense.is_fresh(now) { reach + front } else { front };
            for hit in &sense.hits {
                let p = back.transform(hit.x, hit.y);
                let d = math::hypot(p.x, p.y);
                if d <= reach {
                    self.near.push(p);
                    nearest = nearest.min(if front > 0.0 { d.min(math::hypot(p.x - front, p.y)) } else { d });
                }
            }
        }
        nearest - self.radius
    }

    /// The farthest point on the way, within the lookahead, that a straight line reaches; in the map.
    fn carrot(
        &self,
        map: &OccupancyGrid,
        costs: &Costmap,
        pose: &Pose2,
        path: &[Point2<f64>],
    ) -> Option<Point2<f64>> {
        let here = Point2::new(pose.x, pose.y);
        let lookahead = self.spec.lookahead.max(1.5 * self.radius);
        // What lies within the turning circle of steered wheels says nothing of where to go.
        let near = if self.steering.is_some() { 0.5 * lookahead } else { 0.5 * map.resolution() };
        let cell = map.cell_of(here);
        let mut best = *path.first()?;
        let mut has_one = false;
        for point in path {
            let distance = nalgebra::distance(&here, point);
            if distance > lookahead {
                break;
            }
            if distance < near {
                continue;
            }
            let sees = costs.is_clear(cell, map.cell_of(*point));
            if sees || !has_one {
                best = *point;
                has_one = true;
            } else {
                break;
            }
        }
        if !has_one {
            // The way begins beyond the lookahead, or the body stands on its end.
            best = path
                .iter()
                .copied()
                .find(|p| nalgebra::distance(&here, p) >= 0.5 * map.resolution())
                .unwrap_or(best);
        }
        Some(best)
    }

    /// The best admissible pair of speed (m/s) and turning rate (rad/s) towards `carrot` in `base_link`.
    fn best(&mut self, carrot: &Point2<f64>, top: f64, gap: f64) -> Option<(f64, f64)> {
        let (mut best, mut rival) = (Candidate::default(), Candidate::default());
        let (mut tried, mut refused) = (0, 0);
        // Turning rates this far apart are another way to go, rad/s.
        let apart = 0.1 * self.angular;
        let distance = math::hypot(carrot.x, carrot.y).max(1e-6);
        // The arc that leads to the carrot (pure pursuit) is tried too.
        let curvature = 2.0 * carrot.y / (distance * distance);
        for share in SPEEDS {
            let speed = top * share;
            let pursuit = (speed * curvature).clamp(-self.angular, self.angular);
            let most = self.steering.map_or(f64::INFINITY, |steering| speed * steering.curvature);
            for turn in TURNS.into_iter().map(|t| t * self.angular).chain([pursuit]) {
                let turn = turn.clamp(-most, most);
                tried += 1;
                let Some(clearance) = self.clearance(speed, turn, gap) else {
                    refused += 1;
                    continue;
                };
                // Equation 14: it must be able to stop before what it would touch.
                let end =
                    Pose2::default().advance(&Twist2::new(speed, turn), self.look_time(speed, distance));
                let away = math::hypot(carrot.x - end.x, carrot.y - end.y);
                let bearing = math::wrap(math::atan2(carrot.y - end.y, carrot.x - end.x) - end.yaw).abs();
                let bearing = if away < 0.1 { 0.0 } else { bearing };
                let score = -2.0 * away / distance - 0.3 * bearing
                    + 0.5 * (clearance / CLEAR).min(1.0)
                    + 0.6 * speed / self.linear
                    - 0.05 * (turn / self.angular).abs();
                let candidate = Candidate { speed, turn, score };
                if score > best.score {
                    if (best.turn - turn).abs() > apart && best.score > rival.score {
                        rival = best;
                    }
                    best = candidate;
                } else if (best.turn - turn).abs() > apart && score > rival.score {
                    rival = candidate;
                }
            }
        }
        self.reason.chosen = best;
        self.reason.rival = rival;
        self.reason.tried = tried;
        self.reason.refused = refused;
        (best.score > f64::NEG_INFINITY).then_some((best.speed, best.turn))
    }

    /// How long an arc at `speed` takes to the carrot, within the horizon, s.
    fn look_time(&self, speed: f64, distance: f64) -> f64 {
        (distance / speed.max(0.05)).min(self.spec.horizon)
    }

    /// The least gap along an arc, m; `None` if it would come nearer than the margin, unless it was so
    /// near already and comes no nearer.
    fn clearance(&self, speed: f64, turn: f64, gap: f64) -> Option<f64> {
        let stop = speed.abs() / self.acceleration;
        let front = self.steering.map(|steering| steering.front);
        let dt = self.spec.horizon.max(stop) / STEPS as f64;
        let twist = Twist2::new(speed, turn);
        let allowed = self.spec.margin.min(gap - 1e-3);
        // So far from everything, no arc changes anything.
        let way = math::hypot(speed, front.unwrap_or(0.0) * turn) * dt * STEPS as f64;
        if gap - way > allowed.max(CLEAR) {
            return Some(gap - way);
        }
        let mut pose = Pose2::default();
        let mut least = f64::INFINITY;
        for _ in 0..STEPS {
            pose = pose.advance(&twist, dt);
            let mut here = self.near.distance(pose.x, pose.y) - self.radius;
            if let Some(front) = front {
                let axle = pose.transform(front, 0.0);
                here = here.min(self.near.distance(axle.x, axle.y) - self.radius);
            }
            least = least.min(here);
            if here < allowed {
                return None;
            }
        }
        Some(least)
    }

    /// The drive that turns on the spot by `angle` rad, or as nearly on the spot as the steering allows.
    fn turn(&mut self, angle: f64, gap: f64) -> Drive {
        if let Some(steering) = self.steering {
            return self.manoeuvre(steering, angle, gap);
        }
        let rate = (2.5 * angle).clamp(-0.5 * self.angular, 0.5 * self.angular);
        Drive::new(0.0, rate / self.angular)
    }

    /// The drive that turns by `angle` rad hard over; the direction is kept until it is no longer free.
    fn manoeuvre(&mut self, steering: Steering, angle: f64, gap: f64) -> Drive {
        let speed = MANOEUVRE * self.linear;
        let rate = (speed * steering.curvature).min(self.angular).copysign(angle);
        let radius = speed / rate;
        let aside = math::hypot(steering.carrot.x, steering.carrot.y - radius);
        let leads_there = aside > radius.abs();
        let ahead = self.clearance(speed, rate, gap).is_some();
        let behind = self.clearance(-speed, rate, gap).is_some();
        let backs = behind && (steering.backs || !(ahead && leads_there));
        if let Some(steering) = &mut self.steering {
            steering.backs = backs;
        }
        match (backs, ahead) {
            (true, _) => Drive::new(-speed / self.linear, rate / self.angular),
            (false, true) => Drive::new(speed / self.linear, rate / self.angular),
            (false, false) => Drive::REST,
        }
    }

    /// The direction in which the nearest thing is farthest, rad; `wanted` breaks ties.
    fn most_open(&self, wanted: f64) -> f64 {
        let mut best = (f64::NEG_INFINITY, 0.0);
        for i in 0..24 {
            let angle = math::wrap(wanted + f64::from(i) * math::PI / 12.0);
            let (s, c) = math::sin_cos(angle);
            // Room in a lane as wide as the body.
            let mut room: f64 = 2.0;
            for p in self.near.points() {
                let along = p.x * c + p.y * s;
                let across = (p.y * c - p.x * s).abs();
                if along > 0.0 && across < self.radius + self.spec.margin {
                    room = room.min(along);
                }
            }
            let score = room - 0.1 * math::wrap(angle - wanted).abs();
            if score > best.0 + 1e-9 {
                best = (score, angle);
            }
        }
        best.1
    }

    /// Notices that it gets nowhere, and gets out.
    fn escape(&mut self, situation: &Situation<'_>, gap: f64, heading: f64) -> Option<Drive> {
        let now = situation.percepts.now;
        let odom = situation.belief.odom;
        match self.progress {
            Some((at, _)) if at.distance(&odom) > NOWHERE => {
                self.progress = Some((odom, now));
            }
            None => self.progress = Some((odom, now)),
            Some((_, since)) if now.since(since) > STUCK && !matches!(self.mode, Mode::Escape { .. }) => {
                // Each time a little farther round, so that no two tries are the same.
                let spread = f64::from(self.escapes % 5)
                    * 0.4
                    * if self.escapes.is_multiple_of(2) { 1.0 } else { -1.0 };
                self.escapes = self.escapes.wrapping_add(1);
                let open = self.most_open(heading + spread);
                self.mode = Mode::Escape {
                    heading: math::wrap(odom.yaw + open),
                    until: now + 6_000_000_000,
                    is_turned: false,
                };
            }
            Some(_) => {}
        }
        let Mode::Escape { heading, until, is_turned } = self.mode else { return None };
        let error = math::wrap(heading - odom.yaw);
        let came_away = self.progress.is_some_and(|(_, since)| is_turned && now.since(since) < 0.2);
        if now >= until || came_away {
            self.mode = Mode::Follow;
            self.progress = Some((odom, now));
            return None;
        }
        if !is_turned {
            if error.abs() > 0.15 {
                return Some(self.turn(error, gap));
            }
            self.mode = Mode::Escape { heading, until, is_turned: true };
        }
        let speed = 0.3 * self.linear;
        if self.clearance(speed, 0.0, gap).is_some() {
            Some(Drive::new(speed / self.linear, 0.0))
        } else {
            self.mode = Mode::Follow;
            self.progress = Some((odom, now));
            Some(Drive::REST)
        }
    }
}

value!(enum Mode { Follow, Turn, Escape { heading, until, is_turned } });
saved!(Steering { backs, carrot; curvature, front });
saved!(LocalController {
    range_senses, near, mode, progress, escapes, steering: each, caution, reason;
    spec, radius, linear, angular, acceleration
});
