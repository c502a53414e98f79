//! The search: the wave says which edge, the body tries it, and what comes of it changes the graph.
//!
//! One turn of the loop: value wave from the goal → the cheapest way → its first edge is executed → success strengthens it, failure
//! leaves an impression → the wave is repaired. Every penalty is finite and each failure at least doubles its own, so that no
//! plan is ignored forever; where the cheapest way leads through something that was touched, places are laid out more finely
//! around it first (`way`). Two departures from a first prototype: free space is laid out as far as the wave needs it (so that the
//! first try is as good as D* Lite's), and a way is straightened while it is executed.

mod explore;
mod sight;
mod touch;
mod way;

use nalgebra::{Point2, Vector2};
use neuraxis_core::body::BodyDescription;
use neuraxis_core::reasons::{Choice, MotionMode, PlanReason, Verdict};
use neuraxis_core::robot::Sensor;
use neuraxis_core::{
    Drive, Goal, GoalStatus, GraphSnapshot, Modulation, OccupancyGrid, Part, Reasons, Stamp, math, saved,
    value,
};

use self::explore::Frontier;
use super::NONE;
use super::impressions::{Impressions, WallEnd};
use super::leg::{LegDriver, NEAR, arrival_radius};
use super::spec::GraphSpec;
use super::store::{Graph, View};
use super::wave::Wave;
use crate::local::LocalController;
use crate::{CognitionSpec, Navigator, Situation};

/// A place where the body stood is another one nearer than this, radii.
const SAME: f64 = 0.6;
/// A pose that moves further than this beyond what the body can do was moved by somebody else, m.
const JUMP: f64 = 0.3;
/// The end of a wall is passed at this distance from its edge, from so far before it, if there is room, to so far behind it, radii.
const PASS: (f64, [f64; 2], f64) = (0.1, [3.0, 1.5], 2.0);
/// Places of a way at most.
const MAX_PLACES: usize = 8192;

/// What it is busy with.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Activity {
    /// The wave spreads.
    Plan,
    /// An edge is executed.
    Go(Leg),
    /// It backs off from what it touched, from here.
    Back(Point2<f64>),
}

/// What comes of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Next {
    /// This leg.
    Go(Leg),
    /// The graph was refined: plan again.
    Again,
    /// No way is left that is worth trying.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Leg {
    edge: u32,
    from: u32,
    to: u32,
}

/// The navigator.
#[derive(Clone, Debug)]
pub struct GraphNavigator {
    spec: GraphSpec,
    budget: u32,
    radius: f64,
    top: f64,
    graph: Graph,
    impressions: Impressions,
    all: Wave,
    known: Wave,
    frontier: Frontier,
    driver: LegDriver,
    activity: Activity,
    goal: Option<Goal>,
    goal_node: u32,
    status: GoalStatus,
    /// The place where the body is or was last; [`NONE`] where it does not know how it came here.
    here: u32,
    last: Option<(Point2<f64>, Stamp)>,
    places: Vec<u32>,
    path: Vec<Point2<f64>>,
    /// Points of the way that are behind the body, by sight.
    done: usize,
    reasons: Reasons,
    touches: u32,
    /// Follows the way by sight, if the body has a range finder.
    sight: Option<LocalController>,
    /// Since when no way is open.
    closed_since: Option<Stamp>,
    /// The waves were begun anew, because a way led nowhere.
    is_anew: bool,
    /// What the goal was given up on.
    verdict: Option<Verdict>,
}

impl GraphNavigator {
    /// A navigator for `body`, in the area of `map`.
    #[must_use]
    pub fn new(spec: &CognitionSpec, body: &BodyDescription, map: &OccupancyGrid) -> Self {
        let mut graph_spec = spec.graph.clone();
        let size = [map.width() as f64 * map.resolution(), map.height() as f64 * map.resolution()];
        let has_sight = body.sensors.iter().any(|s| matches!(s.sensor, Sensor::Lidar { .. }));
        // Who sees need not feel for each place: finer ones cost no tries.
        let spacing = graph_spec.spacing.unwrap_or(if has_sight { 2.5 } else { 5.0 } * body.radius);
        if has_sight {
            graph_spec.fineness = 0.0;
            graph_spec.capacity = graph_spec.capacity.saturating_mul(3);
        }
        let capacity = graph_spec.capacity as usize;
        let mut impressions = Impressions::new(&graph_spec, body.radius, map.origin(), size);
        if has_sight {
            impressions.see(map, body.radius + spec.clearance, body.radius + spec.inflation);
        }
        Self {
            budget: spec.expansions,
            radius: body.radius,
            top: spec.local.cruise,
            graph: Graph::new(&graph_spec, spacing, map.origin(), size),
            impressions,
            all: Wave::new(View::All, capacity),
            known: Wave::new(View::Experienced, capacity),
            frontier: Frontier::new(capacity),
            driver: LegDriver::new(body),
            activity: Activity::Plan,
            goal: None,
            goal_node: NONE,
            status: GoalStatus::Idle,
            here: NONE,
            last: None,
            places: Vec::with_capacity(MAX_PLACES),
            path: Vec::with_capacity(MAX_PLACES),
            done: 0,
            reasons: Reasons::default(),
            touches: 0,
            sight: has_sight.then(|| LocalController::new(&spec.local, body)),
            closed_since: None,
            is_anew: false,
            verdict: None,
            spec: graph_spec,
        }
    }

    /// The cognitive graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// What failures left behind.
    #[must_use]
    pub fn impressions(&self) -> &Impressions {
        &self.impressions
    }

    /// How often something was touched so far.
    #[must_use]
    pub fn touches(&self) -> u32 {
        self.touches
    }

    /// How much more than the best hope a known way may cost, now.
    fn kappa(&self) -> f64 {
        let [first, last] = self.spec.kappa;
        last + (first - last)
            * math::pow(self.spec.kappa_decay, f64::from(self.graph.nodes()[self.goal_node as usize].reached))
    }

    /// The place of the body at `at`: an old one, or a new one.
    fn place(&mut self, at: Point2<f64>) -> Option<u32> {
        if let Some(old) = self.graph.nearest(at, SAME * self.radius, |_| true) {
            return Some(old);
        }
        let node = self.graph.add(at, 0)?;
        self.graph.link(node, &self.impressions);
        Some(node)
    }

    /// Where the body is now becomes the place that it is at; the way from the last place was gone.
    fn settle(&mut self, at: Point2<f64>) {
        // Too near to a wall that is seen, no way would begin there.
        let at = self.impressions.free_near(at, 0.5).unwrap_or(at);
        let Some(node) = self.place(at) else { return };
        if self.here != NONE && self.here != node {
            self.record_success(self.here, node);
        }
        let visits = &mut self.graph.node_mut(node).visits;
        *visits = visits.saturating_add(1);
        if self.graph.nodes()[node as usize].inhibition > 0.0 {
            self.graph.node_mut(node).inhibition = 0.0;
            self.graph.mark_around(node);
        }
        self.here = node;
    }

    /// The body went straight from `a` to `b`.
    fn record_success(&mut self, a: u32, b: u32) {
        let (from, to) = (self.graph.at(a), self.graph.at(b));
        if self.impressions.contradict(from, to) {
            let middle = nalgebra::center(&from, &to);
            let reach = self.impressions.reach() + 0.5 * nalgebra::distance(&from, &to);
            self.graph.recharge_around(middle, reach, &self.impressions);
        }
        if let Some(edge) = self.graph.connect(a, b, &self.impressions) {
            self.graph.succeed(edge);
        }
    }

    /// A leg failed at `at`, where something lies towards `toward`.
    fn failed(&mut self, leg: Leg, at: Point2<f64>, toward: Vector2<f64>) {
        self.touches = self.touches.saturating_add(1);
        let was_open = self.graph.edges()[leg.edge as usize].uses > 0;
        self.graph.fail(leg.edge);
        if self.spec.impressions {
            let broke = self.graph.break_through(at, 0.8 * self.radius);
            let was_open = was_open || broke;
            if was_open && self.goal_node != NONE {
                self.graph.node_mut(self.goal_node).reached = 0;
            }
            let noted = self.impressions.note(at, toward, was_open);
            let reach = self.impressions.reach();
            self.graph.recharge_around(at, reach, &self.impressions);
            if let Some(noted) = noted.filter(|_| self.spec.ends) {
                self.pass_ends(noted);
            }
        }
        let node = self.graph.node_mut(leg.to);
        node.misses = node.misses.saturating_add(1);
        if node.visits == 0 && self.spec.inhibition > 0.0 {
            node.inhibition += self.spec.inhibition;
            self.graph.mark_around(leg.to);
        }
    }

    /// Proposes to pass beside the ends of walls that the impression `noted` tells, and between two things of which each was
    /// felt from the side of the other.
    fn pass_ends(&mut self, noted: usize) {
        let ends = self.impressions.take_ends(noted);
        let between = self.impressions.gap_at(noted);
        let beside = |end: WallEnd| (end.at + end.along * (self.radius * (1.0 + PASS.0)), end.into);
        for (middle, into) in between.into_iter().chain(ends.into_iter().flatten().map(beside)) {
            let to = middle + into * (PASS.2 * self.radius);
            for far in PASS.1 {
                let from = middle - into * (far * self.radius);
                if self.impressions.fits(from) && !self.impressions.charge_invited(from, to).is_blocked {
                    self.graph.invite(from, to, 0.03 * self.radius, &self.impressions);
                    break;
                }
            }
        }
    }

    /// The next leg, as soon as it is known.
    fn decide(&mut self) -> Option<Next> {
        match self.goal {
            Some(Goal::Explore { radius }) => self.seek(radius),
            _ => self.plan().then(|| self.choose()),
        }
    }

    /// No way is left. If all was to be seen, all has been.
    fn end(&mut self) {
        let is_full = self.graph.is_full();
        let explores = matches!(self.goal, Some(Goal::Explore { .. }));
        if explores && !is_full {
            self.status = GoalStatus::Reached;
            self.reasons.motion.mode = MotionMode::Arrived;
            return;
        }
        self.give_up(if is_full {
            Verdict::MemoryFull
        } else {
            Verdict::Enclosed {
                obstacles: self.impressions.list().iter().filter(|i| i.counts()).count() as u32,
                places: self.graph.nodes().len() as u32,
            }
        });
    }

    fn give_up(&mut self, verdict: Verdict) {
        self.verdict = Some(verdict);
        self.reasons.verdict = self.verdict;
        self.status = verdict.status();
    }

    /// Brings both waves up to date; whether they are.
    fn plan(&mut self) -> bool {
        self.graph.set_ends([self.here, self.goal_node]);
        while let Some(node) = self.graph.take_changed() {
            self.all.update(&self.graph, node);
            self.known.update(&self.graph, node);
        }
        self.all.set_start(&self.graph, self.here);
        self.known.set_start(&self.graph, self.here);
        self.all.advance(&mut self.graph, &self.impressions, self.budget)
            & self.known.advance(&mut self.graph, &self.impressions, self.budget)
    }

    /// The believed distance that counts as there. What a range finder says of its own error leaves out that its map drifts.
    fn arrival_radius(&self, tolerance: f64, std: f64) -> f64 {
        if self.sight.is_some() { NEAR * tolerance } else { arrival_radius(tolerance, std) }
    }

    /// Writes down why this way.
    fn weigh(&mut self) {
        if self.goal_node == NONE {
            return;
        }
        let plan = &mut self.reasons.plan;
        *plan = PlanReason { is_complete: true, has_way: true, ..PlanReason::default() };
        plan.cost = self.all.value(self.here);
        let here = self.graph.at(self.here);
        for (edge, to) in self.graph.roads(self.here) {
            let cost = self.graph.cost(edge, self.here, View::All) + self.all.value(to);
            if !cost.is_finite() {
                continue;
            }
            let d = self.graph.at(to) - here;
            let choice = Choice { heading: math::atan2(d.y, d.x), cost };
            // Kept in order, the cheapest first.
            let at = plan.choices[..plan.count].iter().position(|c| cost < c.cost).unwrap_or(plan.count);
            if at < plan.choices.len() {
                plan.count = (plan.count + 1).min(plan.choices.len());
                plan.choices[at..plan.count].rotate_right(1);
                plan.choices[at] = choice;
            }
        }
    }

    /// Begins with the goal `at`: a place for it, or within `near` m of it, and a wave from there.
    fn begin(&mut self, at: Point2<f64>, near: f64) -> bool {
        let at =
            self.impressions.free_near(at, near).filter(|p| nalgebra::distance(p, &at) <= near).unwrap_or(at);
        let node = self.graph.nearest(at, 0.1 * self.radius, |_| true).or_else(|| self.graph.add(at, 0));
        let Some(node) = node else { return false };
        self.graph.link(node, &self.impressions);
        self.goal_node = node;
        self.all.begin(&self.graph, self.here, node);
        self.known.begin(&self.graph, self.here, node);
        true
    }
}

impl GraphNavigator {
    /// Knows its place, from now on; whether there was room for it.
    fn enter_place(&mut self, at: Point2<f64>) -> bool {
        if self.here == NONE {
            self.settle(at);
        }
        if self.here == NONE {
            self.give_up(Verdict::MemoryFull);
        }
        self.here != NONE
    }

    /// One tick on the way to `goal`.
    fn pursue(&mut self, situation: &Situation<'_>, goal: Point2<f64>, tolerance: f64) -> Drive {
        let at = Point2::new(situation.belief.pose.x, situation.belief.pose.y);
        if !self.graph.holds(&goal) {
            self.give_up(Verdict::Outside);
            return Drive::REST;
        }
        let near = self.arrival_radius(tolerance, situation.belief.position_std());
        if nalgebra::distance(&at, &goal) <= near {
            if self.status != GoalStatus::Reached {
                self.settle(at);
                if self.goal_node != NONE && self.here != NONE && self.here != self.goal_node {
                    self.record_success(self.here, self.goal_node);
                }
                if self.goal_node != NONE {
                    let reached = &mut self.graph.node_mut(self.goal_node).reached;
                    *reached = reached.saturating_add(1);
                }
                self.activity = Activity::Plan;
            }
            self.status = GoalStatus::Reached;
            self.reasons.motion.mode = MotionMode::Arrived;
            return Drive::REST;
        }
        self.status = GoalStatus::Active;
        if !self.enter_place(at) {
            return Drive::REST;
        }
        if self.goal_node == NONE && !self.begin(goal, NEAR * tolerance) {
            self.give_up(Verdict::MemoryFull);
            return Drive::REST;
        }
        if self.sight.is_some() {
            return self.by_sight(situation, near);
        }
        self.by_touch(situation)
    }
}

impl Part for GraphNavigator {
    fn name(&self) -> &'static str {
        "graph_navigator"
    }

    fn regulate(&mut self, by: &Modulation) {
        if let Some(sight) = &mut self.sight {
            sight.regulate(by);
        }
    }

    fn explain(&self, to: &mut Reasons) {
        *to = Reasons { motor: to.motor, ..self.reasons };
    }
}

impl Navigator for GraphNavigator {
    fn set_goal(&mut self, goal: Option<Goal>) {
        if self.goal.is_some() {
            self.impressions.fade(self.spec.decay, self.spec.volatile_decay);
            // With impressions, these hold what failed; without, only the edges do.
            let edges = if self.spec.impressions { self.spec.volatile_decay } else { self.spec.decay };
            self.graph.fade(edges, &self.impressions);
        }
        self.goal = goal;
        self.goal_node = NONE;
        self.status = if goal.is_some() { GoalStatus::Active } else { GoalStatus::Idle };
        self.path.clear();
        self.activity = Activity::Plan;
        self.here = NONE;
        self.last = None;
        self.closed_since = None;
        self.verdict = None;
        self.frontier.forget();
        if let Some(sight) = &mut self.sight {
            sight.forget();
        }
    }

    fn step(&mut self, situation: &Situation<'_>) -> Drive {
        self.reasons = Reasons::default();
        let now = situation.percepts.now;
        self.graph.now = now;
        self.impressions.now = now;
        if let Some(sight) = &mut self.sight {
            sight.look(situation);
            for place in self.impressions.look(situation.map) {
                self.graph.mark_dirty(&place);
            }
        }
        let pose = situation.belief.pose;
        let Some(goal) = self.goal else { return Drive::REST };
        self.reasons.verdict = self.verdict;
        let is_over = self.verdict.is_some()
            || self.status == GoalStatus::Reached && matches!(goal, Goal::Explore { .. });
        if !situation.belief.is_finite() || is_over {
            return Drive::REST;
        }
        let at = Point2::new(pose.x, pose.y);
        if !self.graph.holds(&at) {
            self.give_up(Verdict::Outside);
            return Drive::REST;
        }
        // Moved by somebody else: how it came here is not known.
        let jumped = self.last.is_some_and(|(before, when)| {
            nalgebra::distance(&before, &at)
                > JUMP + 2.0 * situation.belief.twist.linear.abs() * now.since(when)
        });
        self.last = Some((at, now));
        if jumped {
            self.here = NONE;
            self.activity = Activity::Plan;
            self.frontier.forget();
        }
        match goal {
            Goal::Reach { x, y, tolerance } => self.pursue(situation, Point2::new(x, y), tolerance),
            Goal::Explore { .. } => {
                self.status = GoalStatus::Active;
                if !self.enter_place(at) {
                    return Drive::REST;
                }
                if self.sight.is_some() {
                    return self.by_sight(situation, 0.3 * self.graph.spacing());
                }
                self.by_touch(situation)
            }
            _ => {
                self.give_up(Verdict::Unable);
                Drive::REST
            }
        }
    }

    fn status(&self) -> GoalStatus {
        self.status
    }

    fn path(&self) -> &[Point2<f64>] {
        &self.path
    }

    fn follow_another_map(&mut self) {
        self.impressions.follow_another_map();
    }

    fn graph_snapshot(&self) -> Option<GraphSnapshot> {
        Some(super::sketch::draw(&self.graph, &self.impressions))
    }
}

value!(struct Leg { edge, from, to });
value!(
    enum Activity {
        Plan,
        Go(leg),
        Back(from),
    }
);
saved!(GraphNavigator {
    graph, impressions, all, known, frontier, driver, activity, goal, goal_node, status, here, last, places: list, path: list, done,
    reasons, touches, sight: each, closed_since, is_anew, verdict; spec, budget, radius, top
} then Self::is_whole);

impl GraphNavigator {
    /// Whether what was loaded names only places and edges that are there.
    fn is_whole(&mut self) -> bool {
        let (nodes, edges) = (self.graph.nodes().len(), self.graph.edges().len());
        let is = |node: &u32| *node == NONE || (*node as usize) < nodes;
        let leg = match &self.activity {
            Activity::Go(leg) => {
                (leg.edge == NONE || (leg.edge as usize) < edges) && [leg.from, leg.to].iter().all(is)
            }
            Activity::Plan | Activity::Back(_) => true,
        };
        leg && [self.goal_node, self.here].iter().chain(&self.places).all(is)
            && self.all.is_below(nodes)
            && self.known.is_below(nodes)
            && self.frontier.is_below(nodes)
    }
}
