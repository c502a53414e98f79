//! Peers of the cognitive graph: searches on a grid of square cells, for robots with nothing but a pose and touch.
//!
//! [`Search::GridDStarLite`] is D* Lite (Koenig and Likhachev, 2002), [`Search::LrtaStar`] is LRTA* (Korf, 1990), and
//! [`Search::RandomWalk`] is what it takes without a search. All that they share with
//! [`GraphNavigator`](crate::GraphNavigator) is the [`LegDriver`] that executes a move and the rules for a goal that is reached
//! and a body that was moved.
//!
//! The cells are eight-connected, and what was not touched is free. A move goes straight to the middle of the next cell. A touch
//! or a stall blocks that step for good; if the step was straight and no move ever ended in the cell it led to, the cell is
//! blocked too. Where that leaves no way, blocks of cells are lifted, once a goal: from then on steps alone are blocked, until
//! the goal is reached or no way is left. Steps and cells stay blocked from one goal to the next.

mod lattice;

use std::task::Poll;

use nalgebra::Point2;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::random::{self, Stream};
use neuraxis_core::reasons::{Choice, MotionMode, PlanReason, Verdict};
use neuraxis_core::{
    Drive, Goal, GoalStatus, OccupancyGrid, Part, Pose2, Reasons, Stamp, math, saved, value,
};

use self::lattice::{Lattice, NONE, STRAIGHT};
use crate::graph::heap::Heap;
use crate::graph::leg::{LegDriver, Outcome, arrival_radius};
use crate::{CognitionSpec, Navigator, Search, Situation};

/// After a touch it backs off so far, radii.
const BACK: f64 = 0.5;
/// A pose that moves further than this beyond what the body can do was moved by somebody else, m.
const JUMP: f64 = 0.3;
/// Points of a way at most.
const MAX_POINTS: usize = 8192;
/// Plans in a tick.
const TURNS: usize = 4;
/// The random walk goes a normally distributed distance of this deviation, cells.
const WALK: f64 = 10.0;

/// A move from a cell to a vertex. The random walk moves from [`NONE`] to [`NONE`].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Move {
    from: u32,
    to: u32,
}

/// What it is busy with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Activity {
    Plan,
    Go(Move),
    /// It backs off from what it touched, from here.
    Back(Point2<f64>),
}

/// The navigator.
#[derive(Clone, Debug)]
pub struct GridNavigator {
    search: Search,
    budget: u32,
    radius: f64,
    /// Shares of the greatest speed: where it has been, and where it has not.
    tops: [f64; 2],
    lattice: Lattice,
    /// D* Lite: g. LRTA*: h.
    values: Vec<f64>,
    /// D* Lite: rhs, one step ahead of g. LRTA*: finite where a way to the goal is left.
    ahead: Vec<f64>,
    open: Heap,
    /// D* Lite: how much keys that were given earlier may be too low.
    km: f64,
    start: u32,
    /// LRTA*: whether a block is newer than `ahead`.
    is_stale: bool,
    flooded: Vec<u32>,
    /// Whether blocks of cells were lifted for this goal.
    has_lifted: bool,
    stream: Stream,
    driver: LegDriver,
    activity: Activity,
    /// The cell that moves begin in: the last in whose middle it stood, even where it was stopped beyond its border.
    here: u32,
    goal: Option<Goal>,
    status: GoalStatus,
    /// What the goal was given up on.
    verdict: Option<Verdict>,
    last: Option<(Point2<f64>, Stamp)>,
    path: Vec<Point2<f64>>,
    reasons: Reasons,
}

impl GridNavigator {
    /// A navigator for `body`, in the area of `map`.
    #[must_use]
    pub fn new(spec: &CognitionSpec, body: &BodyDescription, map: &OccupancyGrid) -> Self {
        let lattice = Lattice::new(&spec.grid, map);
        let count = lattice.cells.len() + 1;
        Self {
            search: spec.search,
            budget: spec.expansions,
            radius: body.radius,
            tops: [spec.local.cruise, spec.local.cruise * spec.graph.probe],
            lattice,
            values: vec![f64::INFINITY; count],
            ahead: vec![f64::INFINITY; count],
            open: Heap::new(count),
            km: 0.0,
            start: NONE,
            is_stale: true,
            flooded: Vec::with_capacity(count),
            has_lifted: false,
            stream: random::stream(spec.grid.seed, "random walk"),
            driver: LegDriver::new(body),
            activity: Activity::Plan,
            here: NONE,
            goal: None,
            status: GoalStatus::Idle,
            verdict: None,
            last: None,
            path: Vec::with_capacity(MAX_POINTS),
            reasons: Reasons::default(),
        }
    }

    fn give_up(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
        self.reasons.verdict = self.verdict;
        self.status = verdict.status();
    }

    /// The search begins anew.
    fn begin(&mut self) {
        let end = self.lattice.end();
        self.is_stale = true;
        if self.search == Search::GridDStarLite {
            self.values.fill(f64::INFINITY);
            self.ahead.fill(f64::INFINITY);
            self.open.clear();
            self.km = 0.0;
            self.start = NONE;
            self.ahead[end as usize] = 0.0;
            self.open.set(end, [0.0, 0.0]);
        }
    }

    fn key(&self, vertex: u32) -> [f64; 2] {
        let least = self.values[vertex as usize].min(self.ahead[vertex as usize]);
        // Zero is never too much.
        let rest = if self.start == NONE { 0.0 } else { self.lattice.distance(self.start, vertex) };
        [least + rest + self.km, least]
    }

    /// A step from `vertex` costs something else now, or what it leads to does.
    fn update(&mut self, vertex: u32) {
        let i = vertex as usize;
        if vertex != self.lattice.end() {
            self.ahead[i] = self.lattice.best(vertex, &self.values).map_or(f64::INFINITY, |(_, cost)| cost);
        }
        if self.values[i] == self.ahead[i] {
            self.open.remove(vertex);
        } else {
            self.open.set(vertex, self.key(vertex));
        }
    }

    /// The vertices from which a step leads to `vertex` are updated.
    fn update_before(&mut self, vertex: u32) {
        for k in 0..9 {
            if let Some(cell) = self.lattice.before(vertex, k) {
                self.update(cell);
            }
        }
    }

    /// D* Lite, as in the paper's figure 3; whether it came to its end.
    fn advance(&mut self, here: u32) -> bool {
        if self.start == NONE {
            self.start = here;
        }
        self.km += self.lattice.distance(self.start, here);
        self.start = here;
        for _ in 0..self.budget {
            let Some((key, vertex)) = self.open.first() else { return true };
            let (i, start) = (vertex as usize, here as usize);
            if key >= self.key(here) && self.values[start] == self.ahead[start] {
                return true;
            }
            let new = self.key(vertex);
            if key < new {
                self.open.set(vertex, new);
                continue;
            }
            if self.values[i] > self.ahead[i] {
                self.values[i] = self.ahead[i];
                self.open.remove(vertex);
            } else {
                self.values[i] = f64::INFINITY;
                self.update(vertex);
            }
            self.update_before(vertex);
        }
        false
    }

    /// Finds the cells from which a way is left. LRTA* itself never knows that there is none.
    fn flood(&mut self) {
        self.is_stale = false;
        self.ahead.fill(f64::INFINITY);
        self.ahead[self.lattice.end() as usize] = 0.0;
        self.flooded.clear();
        self.flooded.push(self.lattice.end());
        while let Some(vertex) = self.flooded.pop() {
            for cell in (0..9).filter_map(|k| self.lattice.before(vertex, k)) {
                if self.ahead[cell as usize] > 0.0 && self.lattice.cost(cell, vertex).is_finite() {
                    self.ahead[cell as usize] = 0.0;
                    self.flooded.push(cell);
                }
            }
        }
    }

    /// The next move from the cell `here`, once the search has come to its end; none if no way is left.
    fn choose(&mut self, here: u32) -> Poll<Option<Move>> {
        self.path.clear();
        self.path.push(self.lattice.at(here));
        if self.search == Search::LrtaStar {
            if self.is_stale {
                self.flood();
            }
            let Some((to, cost)) = self.lattice.best(here, &self.values) else { return Poll::Ready(None) };
            if self.ahead[here as usize] > 0.0 {
                return Poll::Ready(None);
            }
            self.values[here as usize] = cost;
            self.path.push(self.lattice.at(to));
            return Poll::Ready(Some(Move { from: here, to }));
        }
        if !self.advance(here) {
            return Poll::Pending;
        }
        let mut first = None;
        let mut cell = here;
        while let Some((to, _)) = self.lattice.best(cell, &self.values) {
            first = first.or(Some(Move { from: here, to }));
            self.path.push(self.lattice.at(to));
            cell = to;
            if self.path.len() >= MAX_POINTS {
                break;
            }
        }
        Poll::Ready(first)
    }

    /// A move failed.
    fn block(&mut self, Move { from, to }: Move) {
        if from == NONE {
            return;
        }
        self.is_stale = true;
        self.lattice.block(from, to, !self.has_lifted);
        if self.search == Search::GridDStarLite {
            self.update(from);
            self.update(to);
            self.update_before(to);
        }
    }

    /// The steps out of a cell are free again.
    fn release(&mut self, cell: u32) {
        self.lattice.steps[cell as usize] = 0;
        self.is_stale = true;
        if self.search == Search::GridDStarLite {
            self.update(cell);
        }
    }

    /// A random move: its end, m.
    fn walk(&mut self, at: Point2<f64>) -> Point2<f64> {
        // Two normal numbers are a vector of any direction; the third is the distance.
        let [x, y, far] = std::array::from_fn(|_| random::normal(&mut self.stream));
        let (s, c) = math::sin_cos(math::atan2(y, x));
        let far = WALK * self.lattice.cell * far.abs();
        self.lattice.within(Point2::new(at.x + far * c, at.y + far * s))
    }

    /// Takes up a move.
    fn take(&mut self, next: Move, target: Point2<f64>, now: Stamp, pose: &Pose2) {
        let is_known = self.lattice.stood.get(next.to as usize).is_some_and(|stood| *stood);
        self.driver.begin(now, pose, None, target, self.tops[usize::from(!is_known)]);
        self.activity = Activity::Go(next);
    }

    /// Writes down why this move.
    fn weigh(&mut self, from: u32, at: Point2<f64>) {
        let plan = &mut self.reasons.plan;
        *plan = PlanReason { is_complete: true, has_way: from != NONE, ..PlanReason::default() };
        if from == NONE {
            return;
        }
        let metres = self.lattice.cell / STRAIGHT;
        for (to, cost) in (0..9).filter_map(|k| self.lattice.step(from, k)) {
            let cost = metres * (cost + self.values[to as usize]);
            if !cost.is_finite() {
                continue;
            }
            let d = self.lattice.at(to) - at;
            // Kept in order, the cheapest first.
            let place = plan.choices[..plan.count].iter().position(|c| cost < c.cost).unwrap_or(plan.count);
            if place < plan.choices.len() {
                plan.count = (plan.count + 1).min(plan.choices.len());
                plan.choices[place..plan.count].rotate_right(1);
                plan.choices[place] = Choice { heading: math::atan2(d.y, d.x), cost };
            }
        }
        plan.cost = plan.choices[0].cost;
    }
}

impl Part for GridNavigator {
    fn name(&self) -> &'static str {
        "grid_navigator"
    }

    fn explain(&self, to: &mut Reasons) {
        *to = Reasons { motor: to.motor, ..self.reasons };
    }
}

impl Navigator for GridNavigator {
    fn set_goal(&mut self, goal: Option<Goal>) {
        self.status = if goal.is_some() { GoalStatus::Active } else { GoalStatus::Idle };
        self.goal = goal;
        self.path.clear();
        self.activity = Activity::Plan;
        self.here = NONE;
        self.last = None;
        self.has_lifted = false;
        self.verdict = None;
        let (x, y) = match goal {
            None => return,
            Some(Goal::Reach { x, y, .. }) => (x, y),
            Some(_) => return self.give_up(Verdict::Unable),
        };
        let goal = Point2::new(x, y);
        let around = self.lattice.cell_of(goal).unwrap_or(NONE);
        if goal != self.lattice.goal {
            self.lattice.gates = 0;
        }
        let is_other = around != self.lattice.around;
        (self.lattice.goal, self.lattice.around) = (goal, around);
        if around == NONE {
            return;
        }
        if self.search == Search::LrtaStar && is_other {
            for vertex in 0..=self.lattice.end() {
                self.values[vertex as usize] = self.lattice.distance(vertex, around);
            }
        }
        self.begin();
    }

    fn step(&mut self, situation: &Situation<'_>) -> Drive {
        self.reasons = Reasons::default();
        let now = situation.percepts.now;
        let pose = situation.belief.pose;
        self.reasons.verdict = self.verdict;
        let Some(Goal::Reach { tolerance, .. }) = self.goal else { return Drive::REST };
        if !situation.belief.is_finite() || self.verdict.is_some() {
            return Drive::REST;
        }
        let (goal, at) = (self.lattice.goal, Point2::new(pose.x, pose.y));
        let cell = self.lattice.cell_of(at).filter(|_| self.lattice.around != NONE);
        let Some(cell) = cell else {
            self.give_up(Verdict::Outside);
            return Drive::REST;
        };
        let jumped = self.last.is_some_and(|(before, when)| {
            nalgebra::distance(&before, &at)
                > JUMP + 2.0 * situation.belief.twist.linear.abs() * now.since(when)
        });
        self.last = Some((at, now));
        if nalgebra::distance(&at, &goal) <= arrival_radius(tolerance, situation.belief.position_std()) {
            self.activity = Activity::Plan;
            self.status = GoalStatus::Reached;
            self.reasons.motion.mode = MotionMode::Arrived;
            return Drive::REST;
        }
        if jumped {
            self.activity = Activity::Plan;
            self.here = NONE;
        }
        if self.here == NONE {
            self.here = cell;
            if !self.lattice.stood[cell as usize] {
                // What stopped moves to its middle need not stop one that begins at its rim.
                self.release(cell);
            }
        }
        self.status = GoalStatus::Active;
        for _ in 0..TURNS {
            match self.activity {
                Activity::Plan if self.search == Search::RandomWalk => {
                    let target = self.walk(at);
                    self.path.clear();
                    self.path.push(target);
                    self.take(Move { from: NONE, to: NONE }, target, now, &pose);
                }
                Activity::Plan => match self.choose(self.here) {
                    Poll::Pending => break,
                    Poll::Ready(Some(next)) => self.take(next, self.lattice.at(next.to), now, &pose),
                    Poll::Ready(None) if self.has_lifted => {
                        let shut = self.lattice.steps.iter().filter(|steps| **steps != 0).count() as u32;
                        let places = self.lattice.stood.iter().filter(|stood| **stood).count() as u32;
                        self.give_up(Verdict::Enclosed { obstacles: shut, places });
                        return Drive::REST;
                    }
                    Poll::Ready(None) => {
                        self.has_lifted = true;
                        self.lattice.cells.fill(false);
                        // It may stand beside the middle from which these were tried.
                        self.lattice.steps[self.here as usize] = 0;
                        self.begin();
                    }
                },
                Activity::Go(next) => {
                    self.weigh(next.from, at);
                    let motion = &mut self.reasons.motion;
                    motion.mode = MotionMode::Follow;
                    motion.carrot = [self.driver.target().x, self.driver.target().y];
                    match self.driver.step(situation) {
                        Outcome::Going(drive) => {
                            if drive.speed == 0.0 {
                                motion.mode = MotionMode::Turn;
                            }
                            return drive;
                        }
                        Outcome::Arrived => {
                            self.here = cell;
                            if let Some(stood) = self.lattice.stood.get_mut(next.to as usize) {
                                *stood = true;
                                self.here = next.to;
                            }
                            self.activity = Activity::Plan;
                        }
                        Outcome::Touched { .. } | Outcome::Stalled => {
                            self.block(next);
                            self.activity = Activity::Back(at);
                        }
                    }
                }
                Activity::Back(since) => {
                    self.reasons.motion.mode = MotionMode::Withdraw;
                    if let Some(drive) = self.driver.back_off(situation, &since, BACK * self.radius) {
                        return drive;
                    }
                    self.activity = Activity::Plan;
                }
            }
        }
        self.reasons.motion.mode = MotionMode::Search;
        Drive::REST
    }

    fn status(&self) -> GoalStatus {
        self.status
    }

    fn path(&self) -> &[Point2<f64>] {
        &self.path
    }
}

value!(struct Move { from, to });
value!(
    enum Activity {
        Plan,
        Go(next),
        Back(from),
    }
);
saved!(GridNavigator {
    lattice, values, ahead, open, km, start, is_stale, flooded: list, has_lifted, stream, driver, activity, here, goal, status,
    verdict, last, path: list, reasons; search, budget, radius, tops
} then Self::is_whole);

impl GridNavigator {
    /// Whether what was loaded names only cells that are there.
    fn is_whole(&mut self) -> bool {
        let is = |vertex: &u32| *vertex == NONE || (*vertex as usize) < self.values.len();
        let going = match &self.activity {
            Activity::Go(next) => [next.from, next.to].iter().all(is),
            Activity::Plan | Activity::Back(_) => true,
        };
        let here = self.here == NONE || (self.here as usize) < self.lattice.cells.len();
        going && here && is(&self.start) && self.flooded.iter().all(is)
    }
}
