//! The baseline navigator: a planner for the way, a local controller for the next step.

use nalgebra::Point2;
use neuraxis_core::body::BodyDescription;
use neuraxis_core::reasons::{Choice, MotionMode, PlanReason, Verdict};
use neuraxis_core::{Drive, Goal, GoalStatus, Modulation, OccupancyGrid, Part, Reasons, Stamp, math, saved};

use neuraxis_core::grid::Cell;

use crate::costmap::Costmap;
use crate::d_star_lite::{DStarLite, FREE_STEP, INFINITE};
use crate::local::LocalController;
use crate::{CognitionSpec, Navigator, Search, Situation};

/// The way must be closed for this long before the goal is given up, s: maps are noisy.
const PATIENCE: f64 = 3.0;
/// The believed distance that counts as there, as a share of the tolerance: the belief errs too.
const NEAR: f64 = 0.6;
/// Points of a way that are kept at most.
const MAX_POINTS: usize = 16_384;

/// Plans with D* Lite (or anew each time, for comparison) and follows the plan.
#[derive(Clone, Debug)]
pub struct PlannedNavigator {
    spec: CognitionSpec,
    costs: Costmap,
    planner: DStarLite,
    local: LocalController,
    goal: Option<Goal>,
    status: GoalStatus,
    path: Vec<Point2<f64>>,
    is_complete: bool,
    has_way: bool,
    closed_since: Option<Stamp>,
    /// What the goal was given up on.
    verdict: Option<Verdict>,
    needs_path: bool,
    reasons: Reasons,
}

impl PlannedNavigator {
    /// A navigator for `body`, which knows what `map` shows already and follows its changes.
    #[must_use]
    pub fn new(spec: &CognitionSpec, body: &BodyDescription, map: &OccupancyGrid) -> Self {
        let costs = Costmap::new(map, body.radius + spec.clearance, body.radius + spec.inflation);
        Self {
            planner: DStarLite::new(&costs),
            local: LocalController::new(&spec.local, body),
            costs,
            spec: spec.clone(),
            goal: None,
            status: GoalStatus::Idle,
            path: Vec::with_capacity(MAX_POINTS),
            is_complete: false,
            has_way: false,
            closed_since: None,
            verdict: None,
            needs_path: true,
            reasons: Reasons::default(),
        }
    }

    /// Writes down why this way: what it costs, and what the ways cost that begin differently.
    fn weigh(&mut self, map: &OccupancyGrid) {
        let metres = |cost: u32| f64::from(cost) / f64::from(FREE_STEP) * map.resolution();
        let plan = &mut self.reasons.plan;
        *plan = PlanReason { is_complete: self.is_complete, has_way: self.has_way, ..PlanReason::default() };
        if !self.has_way {
            return;
        }
        plan.cost = metres(self.planner.cost());
        for (dx, dy, cost) in self.planner.choices(&self.costs, self.planner.start()) {
            if plan.count < plan.choices.len() {
                let heading = math::atan2(dy as f64, dx as f64);
                plan.choices[plan.count] = Choice { heading, cost: metres(cost) };
                plan.count += 1;
            }
        }
        // Few enough for the simplest sort, which takes no memory and keeps equal ones in their order.
        for i in 1..plan.count {
            let mut j = i;
            while j > 0 && plan.choices[j].cost < plan.choices[j - 1].cost {
                plan.choices.swap(j, j - 1);
                j -= 1;
            }
        }
    }

    /// Keeps the plan up to date; the cell that the way starts at.
    fn plan(&mut self, situation: &Situation<'_>, goal: Point2<f64>, tolerance: f64) {
        let map = situation.map;
        let pose = situation.belief.pose;
        let here = map.cell_of(Point2::new(pose.x, pose.y));
        let reach = |metres: f64| ((metres / map.resolution()).ceil() as i64).clamp(1, 40);
        // A body that stands too near to a wall starts from the nearest cell that is clear.
        let start = self.costs.nearest_free(here, reach(0.5)).or_else(|| map.index(here.0, here.1));

        self.costs.update(map);
        let mut has_changed = !self.costs.touched().is_empty();
        if self.spec.search == Search::DStarLite {
            for &cell in self.costs.touched() {
                self.planner.touch(&self.costs, cell as usize);
            }
        }
        let Some(start) = start else { return };
        // The goal's own cell, or the nearest clear one that is near enough.
        let wanted = map.cell_of(goal);
        let target = self.costs.nearest_free(wanted, reach(NEAR * tolerance));
        let target = target.filter(|cell| {
            let (x, y) = map.coordinates(*cell);
            nalgebra::distance(&map.center_of(x, y), &goal) <= tolerance
        });
        let Some(target) = target.or_else(|| map.index(wanted.0, wanted.1)) else { return };

        let keeps_goal = self.planner.goal().is_some_and(|old| {
            old == target
                || self.costs.factor(old).is_some() && {
                    let (x, y) = map.coordinates(old);
                    nalgebra::distance(&map.center_of(x, y), &goal) <= NEAR * tolerance
                }
        });
        let anew = self.spec.search == Search::AStar && has_changed && self.is_complete;
        if !keeps_goal || anew {
            self.planner.begin(start, target);
            has_changed = true;
        }
        let moved = self.planner.start() != start;
        self.planner.set_start(start);
        self.is_complete = self.planner.advance(&self.costs, self.spec.expansions);
        if has_changed || moved {
            self.needs_path = true;
        }
        if self.is_complete {
            self.has_way = self.planner.cost() < INFINITE;
            if self.needs_path {
                self.needs_path = false;
                self.trace(map, goal);
            }
        }
    }

    /// Writes the way down.
    fn trace(&mut self, map: &OccupancyGrid, goal: Point2<f64>) {
        self.path.clear();
        if !self.has_way {
            return;
        }
        let mut cell = self.planner.start();
        while self.path.len() + 1 < MAX_POINTS {
            let (x, y) = map.coordinates(cell);
            self.path.push(map.center_of(x, y));
            if Some(cell) == self.planner.goal() {
                break;
            }
            match self.planner.next(&self.costs, cell) {
                Some(next) => cell = next,
                None => break,
            }
        }
        // The last step leads to the goal itself, if that is clear.
        if map.index_of(goal).is_some_and(|cell| self.costs.factor(cell).is_some()) {
            self.path.push(goal);
        }
    }
}

impl Part for PlannedNavigator {
    fn name(&self) -> &'static str {
        "planned_navigator"
    }

    fn regulate(&mut self, by: &Modulation) {
        self.local.regulate(by);
    }

    fn explain(&self, to: &mut Reasons) {
        *to = Reasons { motor: to.motor, ..self.reasons };
    }
}

impl Navigator for PlannedNavigator {
    fn set_goal(&mut self, goal: Option<Goal>) {
        self.goal = goal;
        self.status = match goal {
            None => GoalStatus::Idle,
            Some(Goal::Reach { .. }) => GoalStatus::Active,
            Some(_) => Verdict::Unable.status(),
        };
        self.path.clear();
        self.is_complete = false;
        self.has_way = false;
        self.closed_since = None;
        self.verdict = None;
        self.needs_path = true;
        self.local.forget();
    }

    fn step(&mut self, situation: &Situation<'_>) -> Drive {
        self.local.look(situation);
        self.reasons = Reasons::default();
        let now = situation.percepts.now;
        let pose = situation.belief.pose;
        let Some(Goal::Reach { x, y, tolerance }) = self.goal else {
            self.costs.update(situation.map);
            self.reasons.verdict = self.goal.map(|_| Verdict::Unable);
            return Drive::REST;
        };
        if !situation.belief.is_finite() {
            return Drive::REST;
        }
        let goal = Point2::new(x, y);
        if situation.map.index_of(goal).is_none() {
            self.status = GoalStatus::Unreachable;
            self.reasons.verdict = Some(Verdict::Outside);
            return Drive::REST;
        }
        let distance = nalgebra::distance(&Point2::new(pose.x, pose.y), &goal);
        if distance <= NEAR * tolerance {
            self.status = GoalStatus::Reached;
            self.reasons.motion.mode = MotionMode::Arrived;
            return Drive::REST;
        }
        self.status = GoalStatus::Active;
        self.plan(situation, goal, tolerance);
        self.weigh(situation.map);
        if self.is_complete && !self.has_way {
            let since = *self.closed_since.get_or_insert(now);
            if now.since(since) > PATIENCE {
                self.status = GoalStatus::Unreachable;
                // Counted once: the map may be large.
                let known = situation.map.cells();
                let count = |cell| known.iter().filter(|c| **c == cell).count() as u32;
                self.reasons.verdict = Some(*self.verdict.get_or_insert_with(|| Verdict::Enclosed {
                    obstacles: count(Cell::Occupied),
                    places: count(Cell::Free),
                }));
                return Drive::REST;
            }
            self.reasons.motion.mode = MotionMode::LookAround;
            // Looking around may show that the wall was only noise.
            return self.local.look_around(situation);
        }
        self.closed_since = None;
        self.verdict = None;
        if self.path.is_empty() {
            self.reasons.motion.mode = MotionMode::Search;
            return Drive::REST;
        }
        let drive = self.local.follow(situation, &self.costs, &self.path, NEAR * tolerance);
        self.reasons.motion = *self.local.reason();
        drive
    }

    fn status(&self) -> GoalStatus {
        self.status
    }

    fn path(&self) -> &[Point2<f64>] {
        &self.path
    }

    fn follow_another_map(&mut self) {
        self.costs.follow_another();
    }
}

saved!(PlannedNavigator {
    costs, planner, local, goal, status, path: list, is_complete, has_way, closed_since, verdict, needs_path, reasons; spec
});
