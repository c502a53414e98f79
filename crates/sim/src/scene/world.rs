//! From a scene file and a seed to solid things, starts and goals.

use std::path::PathBuf;

use neuraxis_core::file::{FileError, Loaded};
use neuraxis_core::{Goal, Landmark, Pose2, math, random};
use rand::RngExt as _;

use super::coverage::Coverage;
use super::ground;
use super::labyrinth::{self, Maze};
use super::map;
use super::route::{self, FreeSpace};
use super::solid::{Solid, cylinder, solid, upright, walls};
use super::spec::{GoalSpec, Place, SceneRobot, SceneSpec, WorldItem};

/// How much room a robot takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Of the upright cylinder around it, m.
    pub radius: f64,
    /// m.
    pub height: f64,
}

/// Where a robot starts and should go in one trial.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// The start, in the world.
    pub start: Pose2,
    /// The goal, in the world: x and y, m.
    pub goal: [f64; 2],
    /// How near is near enough, m.
    pub tolerance: f64,
    /// The shortest way that its radius allows: its corners; empty if it has to explore.
    pub shortest: Vec<[f64; 2]>,
    /// What its brain is asked to do, one thing after the other: to reach the goal, if nothing else.
    pub goals: Vec<Goal>,
    /// What it has to explore, and how far it has come.
    pub coverage: Option<Coverage>,
}

impl Assignment {
    /// To go from `start` to within `tolerance` (m) of `goal`, which is `shortest` at best.
    #[must_use]
    pub fn reach(start: Pose2, goal: [f64; 2], tolerance: f64, shortest: Vec<[f64; 2]>) -> Self {
        let goals = vec![Goal::Reach { x: goal[0], y: goal[1], tolerance }];
        Self { start, goal, tolerance, shortest, goals, coverage: None }
    }

    /// The length of the shortest way to the goal's edge, m.
    #[must_use]
    pub fn shortest_length(&self) -> f64 {
        (route::length(&self.shortest) - self.tolerance).max(0.0)
    }
}

/// One trial's world.
#[derive(Clone, Debug)]
pub struct WorldInstance {
    /// Everything that does not move, in a fixed order; the ground is not among them.
    pub solids: Vec<Solid>,
    /// One task a robot.
    pub assignments: Vec<Assignment>,
    /// The box around all of it: lowest x and y, highest x and y, m.
    pub bounds: [[f64; 2]; 2],
}

/// Why a scene cannot be set up.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct SceneError {
    /// JSON pointer to the part of the scene file.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// A scene with its meshes and maps read.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The scene file.
    pub spec: SceneSpec,
    /// What the seed has no part in, one list a thing of the file; `None` where the seed decides.
    fixed: Vec<Option<Vec<Solid>>>,
    /// Starts and goals that drawn mazes give.
    starts: Vec<[f64; 2]>,
    goals: Vec<[f64; 2]>,
    /// The files that it was read from, besides the scene file: meshes, maps, their images.
    pub files: Vec<PathBuf>,
}

impl Scene {
    /// Reads the meshes and maps of a scene file.
    ///
    /// # Errors
    /// If one of them is missing or wrong.
    pub fn load(file: &Loaded<SceneSpec>) -> Result<Self, FileError> {
        let spec = file.value.clone();
        let mut fixed = Vec::new();
        let mut files = Vec::new();
        let (mut starts, mut goals) = (Vec::new(), Vec::new());
        for (i, thing) in spec.world.iter().enumerate() {
            fixed.push(match thing {
                WorldItem::Labyrinth { .. } | WorldItem::Field { .. } | WorldItem::Bumps { .. } => None,
                WorldItem::Maze { rows, cell, height } => {
                    let maze = labyrinth::draw(rows, *cell);
                    starts.extend(&maze.starts);
                    goals.extend(&maze.goals);
                    Some(walls(&maze.blocks, *height))
                }
                WorldItem::Map { file: name, height } => {
                    let path = file.reference(&format!("/world/{i}/file"), name)?;
                    let (blocks, image) = map::load(&path)?;
                    files.extend([path, image]);
                    Some(walls(&blocks, *height))
                }
                WorldItem::Mesh { file: name, at, yaw, scale, concave } => {
                    let path = file.reference(&format!("/world/{i}/file"), name)?;
                    let shape = crate::mesh::load(&path, *scale, *concave)?;
                    if shape.compute_local_aabb().half_extents().max_element() > 1000.0 {
                        file.check(|_, problems| {
                            problems.at(&format!("/world/{i}/scale"), "the mesh is larger than 1 km");
                        })?;
                    }
                    files.push(path);
                    Some(vec![Solid { shape, pose: upright(at[0], at[1], at[2], *yaw), drivable: false }])
                }
                simple => Some(vec![solid(simple)]),
            });
        }
        Ok(Self { spec, fixed, starts, goals, files })
    }

    /// The world of the trial `seed` for robots of these sizes.
    ///
    /// # Errors
    /// If a start or goal lies in a wall, or no way joins them.
    pub fn layout(&self, seed: u64, sizes: &[Size]) -> Result<WorldInstance, SceneError> {
        // A drawn world may close the way; then the next one is drawn. What is fixed gets no second try.
        let has_chance =
            self.fixed.iter().any(Option::is_none)
                || self.spec.robots.iter().any(|r| {
                    [&r.spawn, &r.goal].iter().any(|p| p.as_ref().is_some_and(|p| p.within.is_some()))
                });
        let tries = if has_chance { 50 } else { 1 };
        let mut last = None;
        for attempt in 0..tries {
            match self.attempt(seed, attempt, sizes) {
                Ok(layout) => return Ok(layout),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| SceneError {
            pointer: String::new(),
            message: "the scene could not be set up".to_owned(),
            help: String::new(),
        }))
    }

    fn attempt(&self, seed: u64, attempt: u32, sizes: &[Size]) -> Result<WorldInstance, SceneError> {
        let mut solids = Vec::new();
        let (mut starts, mut goals) = (self.starts.clone(), self.goals.clone());
        for (i, thing) in self.spec.world.iter().enumerate() {
            if let Some(fixed) = &self.fixed[i] {
                solids.extend(fixed.iter().cloned());
                continue;
            }
            let mut stream = random::stream(seed, &format!("world/{i}/{attempt}"));
            match thing {
                WorldItem::Labyrinth { columns, rows, cell, thickness, height, loops } => {
                    let (columns, rows) = (*columns as usize, *rows as usize);
                    let maze: Maze =
                        labyrinth::generate(columns, rows, *cell, *thickness, *loops, &mut stream);
                    solids.extend(walls(&maze.blocks, *height));
                    starts.extend(maze.starts);
                    goals.extend(maze.goals);
                }
                WorldItem::Field { within, count, radius, gap, height } => {
                    let keep_free = self.fixed_points();
                    solids.extend(field(within, *count, *radius, *gap, *height, &keep_free, &mut stream));
                }
                WorldItem::Bumps { within, amplitude, wavelength } => {
                    solids.push(ground::bumps(within, *amplitude, *wavelength, &mut stream));
                }
                _ => {}
            }
        }
        let bounds = self.bounds(&solids, &starts, &goals);
        let mut assignments: Vec<Assignment> = Vec::new();
        for (i, entry) in self.spec.robots.iter().enumerate() {
            let size = sizes.get(i).copied().unwrap_or(Size { radius: 0.1, height: 0.2 });
            let space = FreeSpace::new(&solids, bounds[0], bounds[1], size.radius, size.height);
            let mut stream = random::stream(seed, &format!("robot/{i}/{attempt}"));
            let others: Vec<[f64; 2]> = assignments.iter().map(|t| [t.start.x, t.start.y]).collect();
            let room = |p: [f64; 2]| {
                others.iter().all(|o| math::hypot(o[0] - p[0], o[1] - p[1]) > 3.0 * size.radius)
            };
            let start = pick(entry.spawn.as_ref(), &starts, "spawn", i, &mut stream, |p| {
                space.is_free(p) && room(p)
            })?;
            let goal = if entry.goals.is_empty() {
                Some(pick(entry.goal.as_ref(), &goals, "goal", i, &mut stream, |p| {
                    space.is_free(p) && math::hypot(p[0] - start[0], p[1] - start[1]) > 2.0 * entry.tolerance
                })?)
            } else {
                None
            };
            let yaw = entry.spawn.as_ref().and_then(|p| p.yaw);
            let yaw = yaw.unwrap_or_else(|| stream.random_range(-math::PI..math::PI));
            let begin = Pose2::new(start[0], start[1], yaw);
            assignments.push(match goal {
                Some(goal) => {
                    let way = way(&space, start, goal, size.radius, &format!("/robots/{i}"))?;
                    Assignment::reach(begin, goal, entry.tolerance, way)
                }
                None => mission(entry, begin, &space, size.radius, i)?,
            });
        }
        Ok(WorldInstance { solids, assignments, bounds })
    }

    /// The starts and goals that the file fixes.
    fn fixed_points(&self) -> Vec<[f64; 2]> {
        let places = self.spec.robots.iter().flat_map(|r| [&r.spawn, &r.goal]);
        places
            .flatten()
            .filter_map(|p| p.at)
            .chain(self.starts.iter().copied())
            .chain(self.goals.iter().copied())
            .collect()
    }

    fn bounds(&self, solids: &[Solid], starts: &[[f64; 2]], goals: &[[f64; 2]]) -> [[f64; 2]; 2] {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        let mut add = |p: [f64; 2]| {
            for i in 0..2 {
                low[i] = low[i].min(p[i]);
                high[i] = high[i].max(p[i]);
            }
        };
        for solid in solids {
            let aabb = solid.shape.compute_aabb(&solid.pose);
            add([f64::from(aabb.mins.x), f64::from(aabb.mins.y)]);
            add([f64::from(aabb.maxs.x), f64::from(aabb.maxs.y)]);
        }
        starts.iter().chain(goals).for_each(|p| add(*p));
        for goal in self.spec.robots.iter().flat_map(|r| &r.goals) {
            if let GoalSpec::Reach { at } = goal {
                add(*at);
            }
        }
        for place in self.spec.robots.iter().flat_map(|r| [&r.spawn, &r.goal]).flatten() {
            place.at.iter().for_each(|p| add(*p));
            place.within.iter().flatten().for_each(|p| add(*p));
        }
        [[low[0] - 1.0, low[1] - 1.0], [high[0] + 1.0, high[1] + 1.0]]
    }
}

/// The shortest way, if there is one.
fn way(
    space: &FreeSpace,
    from: [f64; 2],
    to: [f64; 2],
    radius: f64,
    pointer: &str,
) -> Result<Vec<[f64; 2]>, SceneError> {
    space.path(from, to).ok_or_else(|| SceneError {
        pointer: pointer.to_owned(),
        message: format!(
            "no way leads from ({:.2}, {:.2}) to ({:.2}, {:.2}) m for a body of radius {radius:.2} m",
            from[0], from[1], to[0], to[1]
        ),
        help: "widen the gaps, or move the start or the goal".to_owned(),
    })
}

/// The goals of a robot, one after the other, and the shortest way past them.
fn mission(
    entry: &SceneRobot,
    start: Pose2,
    space: &FreeSpace,
    radius: f64,
    robot: usize,
) -> Result<Assignment, SceneError> {
    let home = [start.x, start.y];
    let tolerance = entry.tolerance;
    let mut task = Assignment::reach(start, home, tolerance, Vec::new());
    task.goals.clear();
    // Where it will be after each goal, as far as that is known, and where it was before it.
    let (mut here, mut previous) = (Some(home), Some(home));
    let mut shortest = Some(vec![home]);
    for (i, goal) in entry.goals.iter().enumerate() {
        let pointer = format!("/robots/{robot}/goals/{i}");
        let (goal, to) = match *goal {
            GoalSpec::Reach { at } => {
                // Whatever it did before, it is on the same ground.
                way(space, home, at, radius, &pointer)?;
                task.goal = at;
                (Goal::Reach { x: at[0], y: at[1], tolerance }, Some(at))
            }
            GoalSpec::Explore { radius } => {
                task.coverage = Some(Coverage::new(space, home, radius));
                (Goal::Explore { radius }, None)
            }
            GoalSpec::Return { to } => {
                let place = if to == Landmark::Start { Some(home) } else { previous };
                (Goal::Return { to, tolerance }, place)
            }
        };
        task.goals.push(goal);
        shortest = match (shortest, here, to) {
            (Some(mut line), Some(from), Some(to)) => {
                line.extend(way(space, from, to, radius, &pointer)?.into_iter().skip(1));
                Some(line)
            }
            _ => None,
        };
        (previous, here) = (here, to);
    }
    task.shortest = shortest.unwrap_or_default();
    Ok(task)
}

/// The point of a place, or the maze's if there is no place.
fn pick(
    place: Option<&Place>,
    letters: &[[f64; 2]],
    what: &str,
    robot: usize,
    stream: &mut random::Stream,
    free: impl Fn([f64; 2]) -> bool,
) -> Result<[f64; 2], SceneError> {
    let pointer = format!("/robots/{robot}/{what}");
    let blocked = |p: [f64; 2]| SceneError {
        pointer: pointer.clone(),
        message: format!(
            "the {what} ({:.2}, {:.2}) m is not free: the robot would stand in something there",
            p[0], p[1]
        ),
        help: "move it away from walls and from other robots by more than the robot's radius".to_owned(),
    };
    let fixed = match place {
        None => letters.first().copied(),
        Some(place) => place.at,
    };
    if let Some(point) = fixed {
        return if free(point) { Ok(point) } else { Err(blocked(point)) };
    }
    let Some([low, high]) = place.and_then(|p| p.within) else {
        return Err(SceneError {
            pointer,
            message: format!("robot {robot} has no {what}"),
            help: "give `at: [x, y]`".to_owned(),
        });
    };
    for _ in 0..1000 {
        let point = [stream.random_range(low[0]..high[0]), stream.random_range(low[1]..high[1])];
        if free(point) {
            return Ok(point);
        }
    }
    Err(SceneError {
        pointer,
        message: format!("no free point was found in the region of the {what}"),
        help: "make the region larger".to_owned(),
    })
}

/// Cylinders at random points that keep `gap` between any two of them and away from `keep_free`.
fn field(
    within: &[[f64; 2]; 2],
    count: u32,
    radius: [f64; 2],
    gap: f64,
    height: f64,
    keep_free: &[[f64; 2]],
    stream: &mut random::Stream,
) -> Vec<Solid> {
    let mut placed: Vec<([f64; 2], f64)> = Vec::new();
    let [low, high] = *within;
    // As many as fit: a crowded field may hold fewer than wanted.
    for _ in 0..20 * count {
        if placed.len() == count as usize {
            break;
        }
        let r = radius[0] + (radius[1] - radius[0]) * stream.random::<f64>();
        let at = [stream.random_range(low[0]..high[0]), stream.random_range(low[1]..high[1])];
        let far = |p: &[f64; 2], other: f64| math::hypot(p[0] - at[0], p[1] - at[1]) >= r + other + gap;
        if placed.iter().all(|(p, other)| far(p, *other)) && keep_free.iter().all(|p| far(p, 0.0)) {
            placed.push((at, r));
        }
    }
    placed.into_iter().map(|(at, r)| cylinder(at, r, height)).collect()
}
