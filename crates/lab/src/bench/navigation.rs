//! `neuraxis bench navigation`: navigators beside each other in mazes that they have never seen, by touch.
//!
//! A life is one navigator and one pair of start and goal: five trials, each in a new arena with a new brain that keeps the
//! navigator; then a wall is closed on the way that it takes and it has two attempts; then start and goal are swapped; then
//! the wall is opened again. Lengths are true ones, over the shortest way that there is for a disc of the body's radius. All
//! navigators get the same worlds, starts, headings and noise; the wall is closed where the first of them went.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use neuraxis_brain::RobotBrain;
use neuraxis_core::file::FileError;
use neuraxis_core::{Pose2, random};
use neuraxis_sim::scene::optimum::Ground;
use rand::RngExt as _;
use serde::Serialize;

use super::navigation_drive::{Closed, TripSpec, World, close, drive, pairs};
pub use super::navigation_drive::{Drive, End, Pair, TOLERANCE};
use neuraxis_trial::PlannedScene;
use neuraxis_trial::parallel::map_in_order;
use neuraxis_trial::plan::PlannedRobot;
use neuraxis_trial::trial_svg::outline;

/// Trials before the wall is closed.
pub const TRIALS: usize = 5;
/// Trials after it was opened again, at most.
pub const REOPENED: usize = 12;

/// How much of a life a navigator lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// All of it.
    Whole,
    /// Five trials, and the first attempt when the wall is closed.
    Peer,
    /// The first trial.
    First,
    /// The first trial, in scenes that give regions for start and goal.
    FirstOfGap,
}

/// A navigator that is to be measured, and with which senses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contender {
    /// What it is called in the table.
    pub name: &'static str,
    /// Whether it has a range finder.
    pub sees: bool,
    /// How much of a life it lives.
    pub life: Protocol,
    /// Its settings in the robot's file.
    pub settings: &'static [&'static str],
}

/// The one that is tested.
pub const OURS: &str = "cognitive_graph";
/// The peer with the same senses.
pub const PEER: &str = "grid_d_star_lite";
/// The peer with small cells, for the gap.
pub const FINE_PEER: &str = "fine_d_star_lite";
/// The two with a range finder.
pub const SEEING: [&str; 2] = ["seeing_cognitive_graph", "seeing_d_star_lite"];

/// All of them, the one that is tested first.
pub const CONTENDERS: [Contender; 7] = [
    Contender {
        name: OURS,
        sees: false,
        life: Protocol::Whole,
        settings: &["cognition.search=cognitive_graph"],
    },
    Contender {
        name: PEER,
        sees: false,
        life: Protocol::Peer,
        settings: &["cognition.search=grid_d_star_lite"],
    },
    Contender {
        name: "lrta_star",
        sees: false,
        life: Protocol::Peer,
        settings: &["cognition.search=lrta_star"],
    },
    Contender {
        name: "random_walk",
        sees: false,
        life: Protocol::First,
        settings: &["cognition.search=random_walk"],
    },
    Contender {
        name: FINE_PEER,
        sees: false,
        life: Protocol::FirstOfGap,
        settings: &["cognition.search=grid_d_star_lite", "cognition.grid.cell=0.1"],
    },
    Contender {
        name: SEEING[0],
        sees: true,
        life: Protocol::First,
        settings: &["cognition.search=cognitive_graph"],
    },
    Contender {
        name: SEEING[1],
        sees: true,
        life: Protocol::First,
        settings: &["cognition.search=d_star_lite"],
    },
];

/// The one that is tested without each of its parts in turn, or with another.
pub const ABLATIONS: [Contender; 8] = [
    ablation("no_impressions", &["cognition.search=cognitive_graph", "cognition.graph.impressions=false"]),
    ablation("isotropic", &["cognition.search=cognitive_graph", "cognition.graph.isotropic=true"]),
    ablation("no_wall_ends", &["cognition.search=cognitive_graph", "cognition.graph.ends=false"]),
    ablation("no_inhibition", &["cognition.search=cognitive_graph", "cognition.graph.inhibition=0"]),
    ablation("no_exploit", &["cognition.search=cognitive_graph", "cognition.graph.exploit=false"]),
    ablation("no_refinement", &["cognition.search=cognitive_graph", "cognition.graph.refinement=0"]),
    ablation("no_simplify", &["cognition.search=cognitive_graph", "cognition.graph.simplify=0"]),
    ablation("superposed_memory", &["cognition.search=cognitive_graph", "cognition.graph.memory=superposed"]),
];

const fn ablation(name: &'static str, settings: &'static [&'static str]) -> Contender {
    Contender { name, sees: false, life: Protocol::Peer, settings }
}

/// A navigator in its robot.
#[derive(Clone, Debug)]
pub struct ContenderRobot {
    /// Which.
    pub navigator: Contender,
    /// The robot, with the navigator's settings.
    pub robot: PlannedRobot,
}

/// What is run.
#[derive(Clone, Copy, Debug)]
pub struct NavigationBenchConfig {
    /// Pairs of start and goal a maze.
    pub pairs: usize,
    /// Draws everything.
    pub seed: u64,
    /// Threads.
    pub jobs: usize,
    /// A drive may go so many times as far as it has to.
    pub budget: f64,
}

/// One navigator and one pair.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LifeRow {
    /// The navigator's name.
    pub navigator: &'static str,
    /// The first trials.
    pub trials: Vec<Drive>,
    /// With a wall closed: first and second attempt.
    pub closed: Vec<Drive>,
    /// Start and goal swapped, with the wall closed.
    pub swapped: Option<Drive>,
    /// With the wall open again.
    pub reopened: Vec<Drive>,
    /// How many of these it took until the way was used again.
    pub used_after: Option<usize>,
}

impl LifeRow {
    /// All drives.
    pub fn drives(&self) -> impl Iterator<Item = &Drive> {
        self.trials.iter().chain(&self.closed).chain(&self.swapped).chain(&self.reopened)
    }
}

/// One pair in one maze, and how all navigators did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairRow {
    /// The maze's place in the order.
    pub maze: usize,
    /// Start and goal.
    #[serde(flatten)]
    pub pair: Pair,
    /// Where the wall was closed, and the optimum then, m.
    pub wall: Option<([f64; 2], f64)>,
    /// The outline of what closed it, m.
    #[serde(skip)]
    pub plug: Vec<[f64; 2]>,
    /// One a navigator.
    pub lives: Vec<LifeRow>,
}

impl PairRow {
    /// The life of the navigator `name`.
    #[must_use]
    pub fn life(&self, name: &str) -> Option<&LifeRow> {
        self.lives.iter().find(|life| life.navigator == name)
    }
}

/// A maze of the bench.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MazeName {
    /// The scene's name.
    pub name: String,
    /// Whether the scene gives regions for start and goal: all pairs have to go through its gap.
    pub is_gap: bool,
    /// The outlines of its walls, m.
    #[serde(skip)]
    pub walls: Vec<Vec<[f64; 2]>>,
}

/// All that was measured.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NavigationBench {
    /// The mazes.
    pub mazes: Vec<MazeName>,
    /// By maze and pair.
    pub pairs: Vec<PairRow>,
}

/// Runs the bench; `progress` is told what was done, pair by pair, and `stop` ends it.
///
/// # Errors
/// If a maze cannot be set up.
pub fn run(
    mazes: &[PlannedScene],
    contenders: &[ContenderRobot],
    config: &NavigationBenchConfig,
    stop: &AtomicBool,
    progress: &(dyn Fn(usize, usize, &str, &PairRow) + Sync),
) -> Result<Option<NavigationBench>, FileError> {
    let mut worlds = Vec::new();
    let mut units = Vec::new();
    for scene in mazes {
        let layout = scene.layout(config.seed)?;
        let size = scene.robots[0].model.size();
        let ground = Ground::new(&layout.solids, layout.bounds, size.radius, size.height);
        worlds.push(World { spec: scene.scene.spec.clone(), layout, ground });
    }
    for (maze, world) in worlds.iter().enumerate() {
        let drawn = pairs(world, config.pairs, config.seed);
        units.extend(drawn.into_iter().enumerate().map(|(i, pair)| (maze, i, pair)));
    }
    let names: Vec<MazeName> = worlds
        .iter()
        .map(|world| MazeName {
            name: world.spec.name.clone(),
            is_gap: world.spec.robots.first().is_some_and(|entry| {
                [&entry.spawn, &entry.goal].iter().all(|p| p.as_ref().is_some_and(|p| p.within.is_some()))
            }),
            walls: world.layout.solids.iter().map(outline).collect(),
        })
        .collect();
    let done = AtomicUsize::new(0);
    let rows = map_in_order(units.len(), config.jobs, stop, |i| {
        let (maze, number, pair) = &units[i];
        let row = Unit {
            world: &worlds[*maze],
            pair: *pair,
            name: format!("navigation/{}/{number}", names[*maze].name),
            is_gap: names[*maze].is_gap,
            config,
            stop,
        }
        .row(*maze, contenders);
        progress(done.fetch_add(1, Ordering::Relaxed) + 1, units.len(), &names[*maze].name, &row);
        row
    });
    // Drives that were under way when it was stopped are cut short.
    let rows = rows.filter(|_| !stop.load(Ordering::Relaxed));
    Ok(rows.map(|pairs| NavigationBench { mazes: names, pairs }))
}

/// The wall that is closed on the way.
enum Wall {
    /// Nobody went yet.
    Undecided,
    /// It can be closed nowhere.
    Nowhere,
    At(Box<Closed>),
}

impl Wall {
    fn closed(&self) -> Option<&Closed> {
        if let Self::At(closed) = self { Some(closed) } else { None }
    }
}

/// One pair in one maze.
struct Unit<'a> {
    world: &'a World,
    pair: Pair,
    name: String,
    is_gap: bool,
    config: &'a NavigationBenchConfig,
    stop: &'a AtomicBool,
}

impl Unit<'_> {
    fn row(&self, maze: usize, contenders: &[ContenderRobot]) -> PairRow {
        let mut wall = Wall::Undecided;
        let mut lives = Vec::new();
        for contender in contenders {
            if contender.navigator.life != Protocol::FirstOfGap || self.is_gap {
                lives.push(self.life(contender, &mut wall));
            }
        }
        let plug = wall.closed().and_then(|closed| closed.world.layout.solids.last()).map(outline);
        let wall = wall.closed().map(|closed| (closed.at, closed.optimum));
        PairRow { maze, pair: self.pair, wall, plug: plug.unwrap_or_default(), lives }
    }

    /// What has to be done in the drive `what`: the same for each navigator.
    fn trip(&self, what: &str, is_swapped: bool, optimum: f64) -> TripSpec {
        let [x, y, yaw] = self.pair.start;
        let seed = random::stream(self.config.seed, &format!("{}/{what}", self.name)).random();
        let (start, goal) = if is_swapped {
            (Pose2::new(self.pair.goal[0], self.pair.goal[1], yaw), [x, y])
        } else {
            (Pose2::new(x, y, yaw), self.pair.goal)
        };
        TripSpec { start, goal, optimum, seed, budget: self.config.budget }
    }

    /// `wall` is closed where the first who lives that long went.
    fn life(&self, contender: &ContenderRobot, wall: &mut Wall) -> LifeRow {
        let mut brain: Option<RobotBrain> = None;
        let mut go = |world: &World, what: &str, is_swapped: bool, optimum: f64| {
            let trip = self.trip(what, is_swapped, optimum);
            let (drive, after) = drive(world, &contender.robot, brain.take(), &trip, self.stop);
            brain = after;
            drive
        };
        let mut row = LifeRow {
            navigator: contender.navigator.name,
            trials: Vec::new(),
            closed: Vec::new(),
            swapped: None,
            reopened: Vec::new(),
            used_after: None,
        };
        let life = contender.navigator.life;
        let optimum = self.pair.optimum;
        let trials = if matches!(life, Protocol::Whole | Protocol::Peer) { TRIALS } else { 1 };
        for i in 1..=trials {
            row.trials.push(go(self.world, &format!("trial {i}"), false, optimum));
        }
        if trials == 1 {
            return row;
        }
        let trail = row.trials.last().map(|drive| drive.trail.as_slice()).unwrap_or_default();
        if matches!(wall, Wall::Undecided) {
            let mut stream = random::stream(self.config.seed, &format!("{}/wall", self.name));
            let closed = close(self.world, &self.pair, trail, &mut stream);
            *wall = closed.map_or(Wall::Nowhere, |closed| Wall::At(Box::new(closed)));
        }
        let Some(closed) = wall.closed() else { return row };
        row.closed.push(go(&closed.world, "closed 1", false, closed.optimum));
        if life != Protocol::Whole {
            return row;
        }
        row.closed.push(go(&closed.world, "closed 2", false, closed.optimum));
        let [x, y, _] = self.pair.start;
        if let Some(back) = closed.world.optimum(self.pair.goal, [x, y]) {
            row.swapped = Some(go(&closed.world, "swapped", true, back));
        }
        for i in 1..=REOPENED {
            let drive = go(self.world, &format!("reopened {i}"), false, optimum);
            let is_used = drive.is_good() && drive.length < 0.5 * (optimum + closed.optimum);
            row.reopened.push(drive);
            if is_used {
                row.used_after = Some(i);
                break;
            }
        }
        row
    }
}
