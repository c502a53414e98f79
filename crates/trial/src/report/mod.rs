//! The report of a run: one HTML page that needs nothing else, neither files nor a network.
//!
//! The page is `page.html` with the run's data put in as JSON, in whole numbers (mm, mrad, centiseconds) so that a
//! hundred trials stay within [`MAX_BYTES`].

mod graph;
mod motion;

use serde::Serialize;

use self::graph::GraphView;
use self::motion::MotionView;
use crate::score::TracePoint;
use crate::trial::{Trial, TrialRobot};
use crate::trial_svg::outline;
use crate::{SceneSummary, TrialResult};

/// The page, with a place for the data.
const PAGE: &str = include_str!("page.html");
/// The place.
const PLACE: &str = "\"@DATA@\"";
/// A page is not larger, bytes; of a long run only some trials, failures first, can be looked into.
pub const MAX_BYTES: usize = 4_800_000;
/// Moments of a trial that are kept at most.
const MAX_MOMENTS: usize = 300;
/// Runs of occupied cells of a map that are kept at most.
const MAX_RUNS: usize = 4000;

/// A world's bounds lie so far beyond its outermost wall, and need not be seen, m.
const MARGIN: f64 = 0.7;

/// What a page shows of one trial.
#[derive(Clone, Debug, Serialize)]
pub struct TrialView {
    trial: usize,
    /// Lowest and highest x and y, mm.
    bounds: [i64; 4],
    /// Outlines, each with 1 before it if one may drive on it, else 0.
    solids: Vec<Vec<i64>>,
    robots: Vec<RobotView>,
    #[serde(skip)]
    failed: bool,
}

#[derive(Clone, Debug, Serialize)]
struct RobotView {
    name: String,
    radius: i64,
    goal: [i64; 3],
    shortest: Vec<i64>,
    cues: Vec<String>,
    /// Time (cs), truth x y (mm) yaw (mrad), belief x y yaw, speed (mm/s), gap (mm, -1 for none), held (0 or 1),
    /// then the cues' reliabilities (%).
    moments: Vec<Vec<i64>>,
    /// Time (cs), x, y (mm), speed (mm/s).
    touches: Vec<[i64; 4]>,
    /// The plan as it was at the end: x, y, x, y (mm).
    plan: Vec<i64>,
    map: Option<MapView>,
    /// What it remembers of its search, as it was at the end.
    graph: Option<GraphView>,
    /// How it walks or swims; none if it rolls.
    motion: Option<MotionView>,
}

#[derive(Clone, Debug, Serialize)]
struct MapView {
    /// Corner (mm) and edge of a cell (mm).
    origin: [i64; 2],
    cell: i64,
    /// Row, first column and length of each run of occupied cells.
    runs: Vec<i64>,
}

/// A length in mm, an angle in mrad, a share in ‰.
fn milli(value: f64) -> i64 {
    (value * 1000.0).round() as i64
}

impl TrialView {
    /// The number of the trial.
    #[must_use]
    pub fn trial(&self) -> usize {
        self.trial
    }

    /// The same with less of the cognitive graphs.
    fn without_hopes(&self) -> Self {
        let mut view = self.clone();
        for graph in view.robots.iter_mut().filter_map(|robot| robot.graph.as_mut()) {
            graph.forget_hopes();
        }
        view
    }

    /// The same without how the bodies move themselves.
    fn without_motion(&self) -> Self {
        let mut view = self.without_hopes();
        view.robots.iter_mut().for_each(|robot| robot.motion = None);
        view
    }

    /// The view of a trial that is over.
    #[must_use]
    pub fn of(trial: &Trial, rows: &[TrialResult]) -> Self {
        let [low, high] = trial.arena().layout.bounds;
        let layout = &trial.arena().layout;
        let solids = layout
            .solids
            .iter()
            .map(|solid| {
                let mut numbers = vec![i64::from(solid.drivable)];
                numbers.extend(outline(solid).into_iter().flatten().map(milli));
                numbers
            })
            .collect();
        Self {
            trial: trial.number,
            bounds: [
                milli(low[0] + MARGIN),
                milli(low[1] + MARGIN),
                milli(high[0] - MARGIN),
                milli(high[1] - MARGIN),
            ],
            solids,
            robots: trial.robots().map(RobotView::of).collect(),
            failed: rows.iter().any(|row| !row.success),
        }
    }
}

impl RobotView {
    fn of(robot: TrialRobot<'_>) -> Self {
        let score = robot.score;
        let stride = score.trace.len().div_ceil(MAX_MOMENTS).max(1);
        let cues: Vec<String> = robot
            .brain
            .as_ref()
            .map(|brain| brain.decision().belief.cues.iter().map(|cue| cue.name.to_string()).collect())
            .unwrap_or_default();
        let last = score.trace.len().saturating_sub(1);
        let chosen = score.trace.iter().enumerate().filter(|(i, _)| i % stride == 0 || *i == last);
        let brain = robot.brain;
        let path = brain.map(neuraxis_core::Brain::path).unwrap_or_default();
        let path_stride = path.len().div_ceil(MAX_MOMENTS).max(1);
        Self {
            name: robot.model.spec.name.clone(),
            radius: milli(robot.model.description.radius),
            goal: [milli(robot.task.goal[0]), milli(robot.task.goal[1]), milli(robot.task.tolerance)],
            shortest: robot.task.shortest.iter().flatten().map(|v| milli(*v)).collect(),
            moments: chosen.map(|(_, point)| moment(point, cues.len())).collect(),
            touches: score
                .collisions
                .iter()
                .map(|touch| {
                    [
                        (touch.stamp.seconds() * 100.0).round() as i64,
                        milli(touch.at[0]),
                        milli(touch.at[1]),
                        milli(touch.speed),
                    ]
                })
                .collect(),
            plan: path.iter().step_by(path_stride).flat_map(|p| [milli(p.x), milli(p.y)]).collect(),
            map: brain.and_then(neuraxis_core::Brain::map).and_then(map),
            graph: brain.and_then(neuraxis_core::Brain::graph_snapshot).map(|sketch| GraphView::of(&sketch)),
            motion: MotionView::of(&score.motion),
            cues,
        }
    }
}

fn moment(point: &TracePoint, cues: usize) -> Vec<i64> {
    let (t, b) = (&point.truth, &point.belief);
    let mut numbers = vec![(point.stamp.seconds() * 100.0).round() as i64];
    numbers.extend([t.x, t.y, t.yaw, b.x, b.y, b.yaw].map(milli));
    let gap = f64::from(point.gap);
    numbers.extend([
        milli(f64::from(point.speed)),
        if gap.is_finite() { milli(gap) } else { -1 },
        i64::from(point.is_held),
    ]);
    numbers.extend(point.reliability.iter().take(cues).map(|r| (f64::from(*r) * 100.0).round() as i64));
    numbers
}

fn map(grid: &neuraxis_core::OccupancyGrid) -> Option<MapView> {
    let [left, low, right, high] = grid.known()?;
    let mut runs = Vec::new();
    for row in low..=high {
        let cells = &grid.cells()[row * grid.width()..(row + 1) * grid.width()];
        let mut column = left;
        while column <= right && runs.len() < 3 * MAX_RUNS {
            let is_wall = |c: usize| cells[c] == neuraxis_core::grid::Cell::Occupied;
            let length = (column..=right).take_while(|c| is_wall(*c)).count();
            if length > 0 {
                runs.extend([row as i64, column as i64, length as i64]);
            }
            column += length.max(1);
        }
    }
    let origin = grid.origin();
    Some(MapView { origin: [milli(origin.x), milli(origin.y)], cell: milli(grid.resolution()), runs })
}

/// The page of a run.
#[must_use]
pub fn page(rows: &[TrialResult], trials: &[TrialView], command_line: &str) -> String {
    let mut budget = MAX_BYTES.saturating_sub(PAGE.len());
    let rows_text = json(&rows);
    let summaries = json(&SceneSummary::all(rows));
    budget = budget.saturating_sub(rows_text.len() + summaries.len());
    let mut texts: Vec<(&TrialView, String)> = trials.iter().map(|view| (view, json(view))).collect();
    let size = |texts: &[(&TrialView, String)]| texts.iter().map(|(_, text)| text.len() + 1).sum::<usize>();
    // Rather all trials than all that their graphs only supposed, and than their gaits.
    for less in [TrialView::without_hopes, TrialView::without_motion] {
        if size(&texts) > budget {
            texts = trials.iter().map(|view| (view, json(&less(view)))).collect();
        }
    }
    // Failures first: they are what one looks into.
    texts.sort_by_key(|(view, _)| !view.failed);
    let mut views: Vec<(usize, String)> = Vec::new();
    for (view, text) in texts {
        if text.len() < budget {
            budget -= text.len() + 1;
            views.push((view.trial, text));
        }
    }
    views.sort_by_key(|(trial, _)| *trial);
    let views: Vec<String> = views.into_iter().map(|(_, text)| text).collect();
    let data = format!(
        "{{\"version\":{},\"command\":{},\"summaries\":{summaries},\"rows\":{rows_text},\"trials\":[{}]}}",
        json(&env!("CARGO_PKG_VERSION")),
        json(&command_line),
        views.join(",")
    );
    PAGE.replacen(PLACE, &data, 1)
}

/// JSON that may stand inside of a `<script>`.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()).replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_holds_its_data_and_nothing_from_outside() {
        let page = page(&[], &[], "neuraxis run </script><b>");
        assert!(!page.contains(PLACE));
        assert!(page.contains("\\u003c/script>\\u003cb>"));
        for part in [
            "id=\"play\"",
            "id=\"graph\"",
            "function drawGraph(",
            "drawGraph(robot",
            "robot.graph",
            "function drawMotion(",
        ] {
            assert!(page.contains(part), "the layer of the cognitive graph has no {part}");
        }
        for outside in ["http://", "https://", "src=", "@import", "url("] {
            let allowed = page.matches("http://www.w3.org/2000/svg").count();
            let found = page.matches(outside).count();
            assert!(found <= if outside == "http://" { allowed } else { 0 }, "{outside}");
        }
    }

    #[test]
    fn a_long_run_rather_drops_supposed_ways_than_trials() {
        let trials: Vec<TrialView> = (0..100)
            .map(|trial| TrialView {
                trial,
                bounds: [0; 4],
                solids: Vec::new(),
                robots: vec![RobotView {
                    name: "bot".to_owned(),
                    radius: 100,
                    goal: [0; 3],
                    shortest: Vec::new(),
                    cues: Vec::new(),
                    moments: Vec::new(),
                    touches: Vec::new(),
                    plan: Vec::new(),
                    map: None,
                    graph: Some(GraphView::with_hopes(30_000)),
                    motion: None,
                }],
                failed: trial % 2 == 0,
            })
            .collect();
        let few = page(&[], &trials[..2], "");
        assert!(few.len() < MAX_BYTES && few.len() > 100_000, "{} bytes", few.len());
        let all = page(&[], &trials, "");
        assert!(all.len() < MAX_BYTES, "{} bytes", all.len());
        assert_eq!(all.matches("{\"trial\":").count(), 100, "every trial is there");
    }
}
