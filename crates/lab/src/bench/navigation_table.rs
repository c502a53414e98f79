//! What `bench navigation` says of what was measured: each demand with its number, and a row a maze and navigator.

use serde::Serialize;

use super::navigation::{
    ABLATIONS, Drive, FINE_PEER, LifeRow, NavigationBench, OURS, PEER, PairRow, REOPENED, SEEING,
};
use neuraxis_trial::statistics::{Interval, mean_interval, wilson};

/// Which number of a measure is held to the demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Its mean.
    Mean,
    /// Its median.
    Median,
    /// Its mean, which is a share and must not be smaller than demanded.
    Share,
}

/// A row of the table of demands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// What is measured.
    pub what: String,
    /// On so many values.
    pub count: usize,
    /// Mean, with its 95 % interval.
    pub mean: Interval,
    /// Median.
    pub median: f64,
    /// Which of them counts.
    pub by: By,
    /// What must hold.
    pub must: f64,
    /// What is aimed at; none if there is no number for it.
    pub aim: Option<f64>,
    /// How many values there would be if all had reached their goals, beyond `count`.
    pub missing: usize,
}

impl Measure {
    /// The number that counts.
    #[must_use]
    pub fn ours(&self) -> f64 {
        if self.by == By::Median { self.median } else { self.mean.value }
    }

    fn is_within(&self, bound: f64) -> bool {
        if self.count == 0 {
            return false;
        }
        if self.by == By::Share { self.ours() >= bound } else { self.ours() <= bound }
    }

    /// Whether what must hold does; `None` if nothing was measured.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        (self.count > 0).then(|| self.is_within(self.must))
    }

    /// Whether the aim is reached.
    #[must_use]
    pub fn is_aim_reached(&self) -> Option<bool> {
        self.aim.filter(|_| self.count > 0).map(|aim| self.is_within(aim))
    }
}

/// Gathers values of which some are missing.
#[derive(Default)]
struct Values {
    list: Vec<f64>,
    missing: usize,
}

impl Values {
    fn add(&mut self, value: Option<f64>) {
        match value {
            Some(value) => self.list.push(value),
            None => self.missing += 1,
        }
    }

    fn measure(self, what: &str, by: By, must: f64, aim: Option<f64>) -> Measure {
        let mean = if by == By::Share {
            wilson(self.list.iter().filter(|v| **v > 0.5).count(), self.list.len())
        } else {
            mean_interval(&self.list)
        };
        Measure {
            what: what.to_owned(),
            count: self.list.len(),
            mean,
            median: median(&self.list),
            by,
            must,
            aim,
            missing: self.missing,
        }
    }
}

/// The median; 0 of nothing.
#[must_use]
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    match n {
        0 => 0.0,
        _ if n % 2 == 1 => sorted[n / 2],
        _ => 0.5 * (sorted[n / 2 - 1] + sorted[n / 2]),
    }
}

fn ratio(drive: Option<&Drive>) -> Option<f64> {
    drive.filter(|drive| drive.is_good()).map(Drive::ratio)
}

fn first_of(life: Option<&LifeRow>) -> Option<&Drive> {
    life.and_then(|life| life.trials.first())
}

/// Length over length of two drives on the same trip, where both reached the goal.
fn against(ours: Option<&Drive>, theirs: Option<&Drive>) -> Option<f64> {
    match (ours, theirs) {
        (Some(a), Some(b)) if a.is_good() && b.is_good() => Some(a.length / b.length),
        _ => None,
    }
}

/// The table of demands.
#[must_use]
pub fn measures(bench: &NavigationBench) -> Vec<Measure> {
    let mut success = Values::default();
    let (mut first, mut second, mut fifth) = (Values::default(), Values::default(), Values::default());
    let (mut closed, mut again) = (Values::default(), Values::default());
    let (mut reopened, mut swapped) = (Values::default(), Values::default());
    let (mut gap, mut fine, mut seeing) = (Values::default(), Values::default(), Values::default());
    for pair in &bench.pairs {
        let is_gap = bench.mazes[pair.maze].is_gap;
        let life = |name: &str| pair.life(name);
        if let Some(ours) = life(OURS) {
            for drive in ours.drives() {
                success.add(Some(f64::from(drive.is_good())));
                if is_gap {
                    gap.add(Some(f64::from(drive.is_good())));
                }
            }
            second.add(ratio(ours.trials.get(1)));
            fifth.add(ratio(ours.trials.last()));
            if let Some(peer) = life(PEER) {
                first.add(against(ours.trials.first(), peer.trials.first()));
                if pair.wall.is_some() {
                    closed.add(against(ours.closed.first(), peer.closed.first()));
                }
            }
            if pair.wall.is_some() {
                again.add(ratio(ours.closed.get(1)));
                swapped.add(ratio(ours.swapped.as_ref()));
                reopened.add(Some(ours.used_after.unwrap_or(REOPENED + 1) as f64));
            }
            if life(FINE_PEER).is_some() {
                fine.add(against(ours.trials.first(), first_of(life(FINE_PEER))));
            }
        }
        if SEEING.iter().all(|name| life(name).is_some()) {
            seeing.add(against(first_of(life(SEEING[0])), first_of(life(SEEING[1]))));
        }
    }
    vec![
        success.measure("success, budget 60 × optimum", By::Share, 1.0, Some(1.0)),
        first.measure("first trial / D* Lite", By::Mean, 1.5, Some(1.1)),
        second.measure("second trial / optimum", By::Median, 1.35, Some(1.15)),
        fifth.measure("fifth trial / optimum", By::Median, 1.25, Some(1.08)),
        closed.measure("wall closed, first attempt / D* Lite", By::Mean, 1.5, Some(1.1)),
        again.measure("wall closed, second attempt / optimum", By::Median, 1.35, Some(1.15)),
        reopened.measure("wall opened: trials until it is used", By::Mean, 10.0, Some(3.0)),
        swapped.measure("start and goal swapped / optimum", By::Median, 1.35, Some(1.12)),
        gap.measure("gap of 2.2 radii: solved", By::Share, 1.0, None),
        fine.measure("gap, first trial / fine D* Lite", By::Mean, f64::INFINITY, Some(3.0)),
        seeing.measure("seeing, first trial / D* Lite with the same scan", By::Mean, 1.2, Some(1.0)),
    ]
}

/// What a part of the search is worth: the same drives without it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ablation {
    /// The navigator's name.
    pub name: String,
    /// Drives that reached the goal, and all.
    pub success: [usize; 2],
    /// Mean length over that of the whole search, where both reached the goal: trial 1, 2, 5, and the first with a wall closed.
    pub ratios: [Option<Interval>; 4],
}

/// A row a navigator that is the tested one without a part.
#[must_use]
pub fn ablations(bench: &NavigationBench) -> Vec<Ablation> {
    let mut rows = Vec::new();
    for ablation in &ABLATIONS {
        let lives: Vec<(&LifeRow, &LifeRow)> =
            bench.pairs.iter().filter_map(|pair| pair.life(ablation.name).zip(pair.life(OURS))).collect();
        if lives.is_empty() {
            continue;
        }
        let ratio = |of: &dyn Fn(&LifeRow) -> Option<&Drive>| {
            let list: Vec<f64> =
                lives.iter().filter_map(|(without, whole)| against(of(without), of(whole))).collect();
            (!list.is_empty()).then(|| mean_interval(&list))
        };
        let drives = || lives.iter().flat_map(|(without, _)| without.drives());
        rows.push(Ablation {
            name: ablation.name.to_owned(),
            success: [drives().filter(|drive| drive.is_good()).count(), drives().count()],
            ratios: [
                ratio(&|life| life.trials.first()),
                ratio(&|life| life.trials.get(1)),
                ratio(&|life| life.trials.get(4)),
                ratio(&|life| life.closed.first()),
            ],
        });
    }
    rows
}

/// A number of a row: mean and median over those who reached the goal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// On so many values.
    pub count: usize,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub median: f64,
}

impl Cell {
    fn of(values: &[f64]) -> Option<Self> {
        let count = values.len();
        let mean = values.iter().sum::<f64>() / count.max(1) as f64;
        (count > 0).then(|| Self { count, mean, median: median(values) })
    }
}

/// How a navigator did in a maze.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MazeRow {
    /// The maze's name.
    pub maze: String,
    /// The navigator's name.
    pub navigator: String,
    /// Drives that reached the goal, and all.
    pub success: [usize; 2],
    /// Length over optimum in each trial.
    pub trials: Vec<Option<Cell>>,
    /// With the wall closed: first and second attempt.
    pub closed: Vec<Option<Cell>>,
    /// Start and goal swapped.
    pub swapped: Option<Cell>,
    /// Trials until the way that was opened again was used; 13 where it was not.
    pub reopened: Option<Cell>,
    /// Touches in the first trial.
    pub touches: Option<Cell>,
    /// Simulated time of the first trial, s.
    pub seconds: Option<Cell>,
}

/// A row a maze and navigator.
#[must_use]
pub fn maze_rows(bench: &NavigationBench) -> Vec<MazeRow> {
    let mut rows = Vec::new();
    for (i, maze) in bench.mazes.iter().enumerate() {
        let pairs: Vec<&PairRow> = bench.pairs.iter().filter(|pair| pair.maze == i).collect();
        let mut names: Vec<&'static str> = Vec::new();
        for life in pairs.iter().flat_map(|pair| &pair.lives) {
            if !names.contains(&life.navigator) {
                names.push(life.navigator);
            }
        }
        for name in names {
            let lives: Vec<&LifeRow> = pairs.iter().filter_map(|pair| pair.life(name)).collect();
            rows.push(maze_row(&maze.name, name, &lives));
        }
    }
    rows
}

fn maze_row(maze: &str, navigator: &str, lives: &[&LifeRow]) -> MazeRow {
    let all = || lives.iter().flat_map(|life| life.drives());
    let cell = |of: &dyn Fn(&LifeRow) -> Option<f64>| {
        Cell::of(&lives.iter().filter_map(|life| of(life)).collect::<Vec<f64>>())
    };
    let most = |of: &dyn Fn(&LifeRow) -> usize| lives.iter().map(|life| of(life)).max().unwrap_or(0);
    let is_reopened = |life: &LifeRow| !life.reopened.is_empty();
    MazeRow {
        maze: maze.to_owned(),
        navigator: navigator.to_owned(),
        success: [all().filter(|drive| drive.is_good()).count(), all().count()],
        trials: (0..most(&|life| life.trials.len()))
            .map(|i| cell(&|life| ratio(life.trials.get(i))))
            .collect(),
        closed: (0..most(&|life| life.closed.len()))
            .map(|i| cell(&|life| ratio(life.closed.get(i))))
            .collect(),
        swapped: cell(&|life| ratio(life.swapped.as_ref())),
        reopened: cell(&|life| is_reopened(life).then(|| life.used_after.unwrap_or(REOPENED + 1) as f64)),
        touches: cell(&|life| life.trials.first().map(|drive| drive.touches as f64)),
        seconds: cell(&|life| life.trials.first().map(|drive| drive.seconds)),
    }
}
