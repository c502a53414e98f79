//! One drive of `bench navigation`: a new arena, a new brain with an old navigator, and how it goes; and the worlds for it.

use std::sync::atomic::{AtomicBool, Ordering};

use neuraxis_brain::{Driver as Seated, RobotBrain, Session};
use neuraxis_core::observer::{Event, Flow, Observer};
use neuraxis_core::random::{self, Stream};
use neuraxis_core::{Brain as _, Goal, GoalStatus, Pose2, math};
use neuraxis_sim::Arena;
use neuraxis_sim::scene::optimum::{Field, Ground, Way};
use neuraxis_sim::scene::world::{Assignment, WorldInstance};
use neuraxis_sim::scene::{SceneSpec, Solid};
use rand::RngExt as _;
use serde::Serialize;

use neuraxis_trial::plan::PlannedRobot;

/// How near is near enough, m: `PointMaze`'s radius of the goal.
pub const TOLERANCE: f64 = 0.45;
/// Start and goal are at least so far apart, m.
const APART: f64 = 2.5;
/// Room to walls that start and goal have beyond the body's radius, m.
const CLEAR: f64 = 0.15;
/// A wall that is closed stays so far away from start and goal, m.
const KEPT_OPEN: f64 = 1.2;
/// It makes the optimum longer by this factor at least.
const LONGER: f64 = 1.15;
/// Thickness of what closes a way, and the least and greatest width, m.
const PLUG: (f64, f64, f64) = (0.5, 0.5, 1.0);
/// What is left open beside it on each side is less than this share of the body's radius.
const LEFT_OPEN: f64 = 0.75;
/// No way of the world with a closed wall leads through a gap that is narrower than the body and this, m.
const SQUEEZE: f64 = 0.03;
/// Distance between the points of a trail that are kept, m.
const TRAIL_STEP: f64 = 0.05;
/// A drive may take so many times as long as its budget takes at full speed.
const PATIENCE: f64 = 4.0;
/// Ticks between two looks at the stop.
const LOOK: u64 = 256;

/// A world without robots.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) spec: SceneSpec,
    pub(super) layout: WorldInstance,
    pub(super) ground: Ground,
}

impl World {
    /// The same world with something more in it.
    pub(super) fn with(&self, solid: &Solid) -> Self {
        let mut other = Self { ground: self.ground.with(solid), ..self.clone() };
        other.layout.solids.push(solid.clone());
        other
    }

    /// The length of the shortest way from `start` to within the tolerance of `goal`, m.
    pub(super) fn optimum(&self, start: [f64; 2], goal: [f64; 2]) -> Option<f64> {
        self.ground.way(&self.ground.field(goal, TOLERANCE), start).map(|way| way.length)
    }
}

/// How a drive ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The brain said that it was there, and it was.
    Reached,
    /// It said so, and it was not.
    Mistaken,
    /// It said that there is no way.
    GaveUp,
    /// The budget was used up.
    OutOfBudget,
    /// It fell out of the world, or could not be set up.
    Lost,
    /// The bench was interrupted.
    Interrupted,
}

/// One drive.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drive {
    /// How it ended.
    pub end: End,
    /// Length of the way of `base_link`, m.
    pub length: f64,
    /// The shortest way that there is, m.
    pub optimum: f64,
    /// s.
    pub seconds: f64,
    /// How often something was touched.
    pub touches: usize,
    /// The way, m.
    #[serde(skip)]
    pub trail: Vec<[f64; 2]>,
    /// Where it was when it touched something, m.
    #[serde(skip)]
    pub touched: Vec<[f64; 2]>,
}

impl Drive {
    /// Length over optimum.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.length / self.optimum
    }

    /// Whether the goal was reached.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.end == End::Reached
    }
}

/// What a drive is to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct TripSpec {
    pub(super) start: Pose2,
    pub(super) goal: [f64; 2],
    pub(super) optimum: f64,
    pub(super) seed: u64,
    /// In optima.
    pub(super) budget: f64,
}

/// Drives `robot` through `world`; with the navigator of `before` if there was a drive before. Gives the brain back.
pub(super) fn drive(
    world: &World,
    robot: &PlannedRobot,
    before: Option<RobotBrain>,
    trip: &TripSpec,
    stop: &AtomicBool,
) -> (Drive, Option<RobotBrain>) {
    let TripSpec { start, goal, optimum, seed, budget } = *trip;
    let drive = Drive {
        end: End::Lost,
        length: 0.0,
        optimum,
        seconds: 0.0,
        touches: 0,
        trail: vec![[start.x, start.y]],
        touched: Vec::new(),
    };
    let brain = &robot.file.value.brain;
    let Ok(fresh) = RobotBrain::new(brain, &robot.model.description, start) else { return (drive, before) };
    let mut brain_now = match before {
        Some(before) => fresh.with_navigator(before.into_navigator()),
        None => fresh,
    };
    let most = budget * optimum;
    let spec = SceneSpec {
        time_limit: PATIENCE * most / robot.model.description.limits.linear + 10.0,
        faults: Vec::new(),
        ..world.spec.clone()
    };
    let task = Assignment::reach(start, goal, TOLERANCE, Vec::new());
    let layout = WorldInstance { assignments: vec![task], ..world.layout.clone() };
    let arena = Arena::new(seed, &spec, layout, vec![robot.model.clone()]);
    let time_limit = arena.time_limit();
    brain_now.set_goal(Some(Goal::Reach { x: goal[0], y: goal[1], tolerance: TOLERANCE }));
    let mut watch = Watch { drive, goal, most, pose: start, ticks: 0, is_over: false, stop };
    let mut session = Session::new(arena)
        .with_seat(0, Seated::Brain(Box::new(&mut brain_now)), Some(brain.rate))
        .with_observer(&mut watch);
    while session.world().now() < time_limit && !session.is_over() {
        if session.step().is_err() {
            break;
        }
    }
    let now = session.world().now();
    let pose = session.world().robots().first().map_or(start, |robot| Pose2::from_spatial(&robot.pose()));
    drop(session);
    let Watch { mut drive, is_over, pose: last, .. } = watch;
    if !is_over {
        drive.length += last.distance(&pose);
        drive.end = if pose.is_finite() && now >= time_limit { End::OutOfBudget } else { End::Lost };
    }
    drive.trail.push([pose.x, pose.y]);
    drive.seconds = now.seconds();
    (drive, Some(brain_now))
}

/// Measures a drive, and ends it.
struct Watch<'a> {
    drive: Drive,
    goal: [f64; 2],
    /// The longest way that it may go, m.
    most: f64,
    /// Where the body was at the last tick.
    pose: Pose2,
    ticks: u64,
    is_over: bool,
    stop: &'a AtomicBool,
}

impl Watch<'_> {
    fn end(&mut self, end: End) -> Flow {
        self.drive.end = end;
        self.is_over = true;
        Flow::End
    }
}

impl Observer for Watch<'_> {
    fn on(&mut self, event: &Event<'_>) -> Flow {
        match *event {
            Event::Touch { at, .. } => {
                self.drive.touches += 1;
                self.drive.touched.push(at);
                Flow::Continue
            }
            Event::Crashed { .. } => self.end(End::Lost),
            Event::Tick(moment) => {
                let (Some(truth), Some(brain)) = (moment.truth, moment.brain) else {
                    return self.end(End::Lost);
                };
                let now = Pose2::from_spatial(&truth.pose);
                if !now.is_finite() {
                    return self.end(End::Lost);
                }
                if self.ticks > 0 {
                    self.drive.length += self.pose.distance(&now);
                    self.pose = now;
                    let last = self.drive.trail.last();
                    if last.is_none_or(|p| math::hypot(p[0] - now.x, p[1] - now.y) > TRAIL_STEP) {
                        self.drive.trail.push([now.x, now.y]);
                    }
                }
                let tick = self.ticks;
                self.ticks += 1;
                match brain.decision().status {
                    GoalStatus::Reached => {
                        let off = math::hypot(self.pose.x - self.goal[0], self.pose.y - self.goal[1]);
                        return self.end(if off <= TOLERANCE { End::Reached } else { End::Mistaken });
                    }
                    GoalStatus::Unreachable | GoalStatus::Exhausted => return self.end(End::GaveUp),
                    _ => {}
                }
                if self.drive.length > self.most {
                    return self.end(End::OutOfBudget);
                }
                if tick.is_multiple_of(LOOK) && self.stop.load(Ordering::Relaxed) {
                    return self.end(End::Interrupted);
                }
                Flow::Continue
            }
            _ => Flow::Continue,
        }
    }
}

/// A start and a goal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// x, y (m) and heading (rad).
    pub start: [f64; 3],
    /// m.
    pub goal: [f64; 2],
    /// The shortest way from one to the other, m.
    pub optimum: f64,
}

/// Draws `count` starts and goals; fewer if the world has no room for them.
///
/// They lie where the scene's own start can go; a scene that gives regions gets them drawn in these.
pub(super) fn pairs(world: &World, count: usize, seed: u64) -> Vec<Pair> {
    let ground = &world.ground;
    let mut stream = random::stream(seed, &format!("navigation/{}/pairs", world.spec.name));
    let Some(task) = world.layout.assignments.first() else { return Vec::new() };
    let all = world.layout.bounds;
    let entry = world.spec.robots.first();
    let within = |place: Option<&neuraxis_sim::scene::Place>| place.and_then(|p| p.within).unwrap_or(all);
    let regions = [
        within(entry.and_then(|entry| entry.spawn.as_ref())),
        within(entry.and_then(|entry| entry.goal.as_ref())),
    ];
    let inside = ground.field([task.start.x, task.start.y], TOLERANCE);
    let least = world.ground.radius() + CLEAR;
    let mut found = Vec::new();
    for _ in 0..20_000 * count {
        if found.len() == count {
            break;
        }
        let [start, goal] = regions.map(|[low, high]| {
            [stream.random_range(low[0]..=high[0]), stream.random_range(low[1]..=high[1])]
        });
        let is_free = |p: [f64; 2]| ground.room(p) >= least && ground.reaches(&inside, p);
        if math::hypot(goal[0] - start[0], goal[1] - start[1]) < APART || !is_free(start) || !is_free(goal) {
            continue;
        }
        let yaw = stream.random_range(-math::PI..math::PI);
        if let Some(optimum) = world.optimum(start, goal) {
            found.push(Pair { start: [start[0], start[1], yaw], goal, optimum });
        }
    }
    found
}

/// A world in which the way that was gone is closed somewhere.
pub(super) struct Closed {
    pub(super) world: World,
    pub(super) optimum: f64,
    pub(super) at: [f64; 2],
}

/// Closes the way along `trail` with a box, so that the optimum gets longer by 15 % at least and the goal stays
/// reachable; `None` if that can be done nowhere.
pub(super) fn close(world: &World, pair: &Pair, trail: &[[f64; 2]], stream: &mut Stream) -> Option<Closed> {
    let start = [pair.start[0], pair.start[1]];
    let field = world.ground.field(pair.goal, TOLERANCE);
    let best = world.ground.way(&field, start)?;
    let mut places: Vec<[f64; 2]> = trail.iter().step_by(4).copied().collect();
    while !places.is_empty() {
        let at = places.swap_remove(stream.random_range(0..places.len()));
        let Some(closed) = plug(world, &best, at, [start, pair.goal]) else { continue };
        if let Some(closed) = judged(world, &field, start, &best, closed) {
            return Some(closed);
        }
    }
    None
}

/// A box across the passage at `at`, if there is one that is narrow enough and that the best way leads through.
fn plug(world: &World, best: &Way, at: [f64; 2], ends: [[f64; 2]; 2]) -> Option<([f64; 2], Solid)> {
    let radius = world.ground.radius();
    let (thick, least, most) = PLUG;
    let widest = most + 2.0 * LEFT_OPEN * radius;
    let reach = |direction: [f64; 2]| {
        let mut far = 0.0;
        while far < widest
            && world.ground.room([at[0] + far * direction[0], at[1] + far * direction[1]]) > 0.01
        {
            far += 0.01;
        }
        far
    };
    let narrowest = (0..8)
        .map(|k| {
            let angle = f64::from(k) * math::PI / 8.0;
            let (s, c) = math::sin_cos(angle);
            let (ahead, behind) = (reach([c, s]), reach([-c, -s]));
            let middle = 0.5 * (ahead - behind);
            (ahead + behind, angle, [at[0] + middle * c, at[1] + middle * s])
        })
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let (width, angle, middle) = narrowest.filter(|(width, ..)| *width <= widest)?;
    let is_clear = ends.iter().all(|end| math::hypot(end[0] - middle[0], end[1] - middle[1]) > KEPT_OPEN);
    let solid = Solid::block(middle, [width.clamp(least, most), thick, 0.4], angle);
    // What does not touch the best way makes it no longer.
    let is_on_it = nearest(&best.points, middle) < 0.5 * most + radius;
    (is_clear && is_on_it).then_some((middle, solid))
}

/// The closed world, if it is as it should be.
fn judged(
    world: &World,
    field: &Field,
    start: [f64; 2],
    best: &Way,
    (at, solid): ([f64; 2], Solid),
) -> Option<Closed> {
    let closed = world.with(&solid);
    let way = closed.ground.way(field, start)?;
    if way.length < LONGER * best.length {
        return None;
    }
    // No squeezing past it: with a little more room around it, the body would go the same way.
    let wide = closed.ground.wider(SQUEEZE).way(field, start)?;
    (wide.length < 1.05 * way.length + 0.1).then(|| Closed { world: closed, optimum: way.length, at })
}

/// Distance from `at` to a line of points, m.
fn nearest(points: &[[f64; 2]], at: [f64; 2]) -> f64 {
    let mut least = f64::INFINITY;
    for pair in points.windows(2) {
        let along = [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]];
        let to = [at[0] - pair[0][0], at[1] - pair[0][1]];
        let square = along[0] * along[0] + along[1] * along[1];
        let t = ((along[0] * to[0] + along[1] * to[1]) / square.max(1e-12)).clamp(0.0, 1.0);
        least = least.min(math::hypot(to[0] - t * along[0], to[1] - t * along[1]));
    }
    least
}
