//! The scene file: the world (`world_item`), the robots in it and their goals, and what goes wrong (`fault`).

mod world_item;

use neuraxis_core::Landmark;
use neuraxis_core::file::{Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::labyrinth;
use crate::medium::Medium;
pub use neuraxis_core::faults::{Fault, FaultKind};
pub use world_item::WorldItem;
use world_item::validate_region;

/// A world, the robots in it and their goals: one file in `scenes/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneSpec {
    /// The scene's name.
    pub name: String,
    /// What the scene is for, in a sentence.
    #[serde(default)]
    pub description: String,
    /// What stands in it, on a level ground, and what makes the ground uneven.
    pub world: Vec<WorldItem>,
    /// Coulomb friction coefficient of the ground and of everything on it.
    #[serde(default = "SceneSpec::default_friction")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub friction: f64,
    /// Which robots move here, and from where to where.
    pub robots: Vec<SceneRobot>,
    /// A trial ends after this long, s of simulated time.
    #[serde(default = "SceneSpec::default_time_limit")]
    #[schemars(range(min = 0.1, max = 86400.0))]
    pub time_limit: f64,
    /// Settings of the physics engine.
    #[serde(default)]
    pub physics: Physics,
    /// Water, air or anything else that everything in the scene moves through; nothing if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// What can be seen or heard from afar.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beacons: Vec<Beacon>,
    /// Faults of the senses: what goes wrong, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
}

impl SceneSpec {
    fn default_friction() -> f64 {
        0.9
    }
    fn default_time_limit() -> f64 {
        300.0
    }
}

/// Something that shines and sounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Beacon {
    /// x, y and height, m.
    pub at: [f64; 3],
    /// Strength of the beacon: 1 is the strength that `d_prime` in the robots' files is for.
    #[serde(default = "Beacon::one")]
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub strength: f64,
    /// Time from which it can be sensed, s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub from: f64,
    /// Time until which it can be sensed, s; to the end if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub until: Option<f64>,
}

impl Beacon {
    fn one() -> f64 {
        1.0
    }
}

/// How the physics engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Physics {
    /// Length of a physics step, s.
    #[serde(default = "Physics::default_timestep")]
    #[schemars(range(min = 0.0001, max = 0.02))]
    pub timestep: f64,
    /// Number of solver iterations in a step.
    #[serde(default = "Physics::default_iterations")]
    #[schemars(range(min = 1, max = 50))]
    pub iterations: u32,
    /// Gravitational acceleration, downwards, m/s².
    #[serde(default = "Physics::default_gravity")]
    #[schemars(range(min = 0.0, max = 100.0))]
    pub gravity: f64,
}

impl Physics {
    fn default_timestep() -> f64 {
        0.005
    }
    fn default_iterations() -> u32 {
        4
    }
    fn default_gravity() -> f64 {
        9.81
    }
}

impl Default for Physics {
    fn default() -> Self {
        Self {
            timestep: Self::default_timestep(),
            iterations: Self::default_iterations(),
            gravity: Self::default_gravity(),
        }
    }
}

/// A robot in the scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneRobot {
    /// Path of its robot file, relative to this one; `--robot` on the command line goes before it.
    pub robot: String,
    /// Where it starts; the maze's `S` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawn: Option<Place>,
    /// Where it should go; the maze's `G` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Place>,
    /// What it should do, one thing after the other, in place of going to one goal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-formerly" = ["errands"]))]
    pub goals: Vec<GoalSpec>,
    /// Distance from the goal at which it counts as reached, m.
    #[serde(default = "SceneRobot::default_tolerance")]
    #[schemars(range(min = 0.01, max = 10.0))]
    pub tolerance: f64,
}

impl SceneRobot {
    fn default_tolerance() -> f64 {
        0.25
    }
}

/// Something that a robot is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum GoalSpec {
    /// Go to a point.
    Reach {
        /// Position of the point, x and y, m.
        at: [f64; 2],
    },
    /// Have been near every place that it can get to (`cognition.search: cognitive_graph`).
    Explore {
        /// Distance within which it has to come of every place, m.
        #[schemars(range(min = 0.05, max = 100.0), extend("x-formerly" = ["reach"]))]
        radius: f64,
    },
    /// Go back to a place where it was.
    Return {
        /// The place: `start` or `previous`.
        to: Landmark,
    },
}

/// A point, or a region that the trial's seed draws one from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Position of the point, x and y, m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[f64; 2]>,
    /// The region's corners: lowest x and y, highest x and y, m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<[[f64; 2]; 2]>,
    /// Heading, rad; drawn by the seed if not given. A goal has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaw: Option<f64>,
}

impl Validate for SceneSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        let mut letters = labyrinth::Letters::default();
        let mut labyrinths = 0;
        for (i, thing) in self.world.iter().enumerate() {
            problems.inside(&format!("/world/{i}"), |problems| thing.validate(problems));
            match thing {
                WorldItem::Maze { rows, .. } => letters.add(labyrinth::letters(rows)),
                WorldItem::Labyrinth { .. } => labyrinths += 1,
                _ => {}
            }
        }
        if self.robots.is_empty() {
            problems.help(
                "/robots",
                "there is no robot",
                "add `- { robot: ../robots/burger/burger.yaml, ... }`",
            );
        }
        for (i, entry) in self.robots.iter().enumerate() {
            if !entry.goals.is_empty() && entry.goal.is_some() {
                problems.help(
                    &format!("/robots/{i}/goal"),
                    "a robot has a `goal` or `goals`, not both",
                    "write the goal as `- { kind: reach, at: [x, y] }` among the goals",
                );
            }
            for (j, goal) in entry.goals.iter().enumerate() {
                if let GoalSpec::Reach { at } = goal
                    && !at.iter().all(|v| v.abs() <= 1000.0)
                {
                    problems
                        .at(&format!("/robots/{i}/goals/{j}/at"), "a goal lies within 1000 m of the origin");
                }
            }
            for (place, key, letter, found) in
                [(&entry.spawn, "spawn", 'S', letters.starts), (&entry.goal, "goal", 'G', letters.goals)]
            {
                match place {
                    None if key == "goal" && !entry.goals.is_empty() => {}
                    Some(place) => validate_place(place, &format!("/robots/{i}/{key}"), problems),
                    None if found == 0 && labyrinths == 0 => problems.help(
                        &format!("/robots/{i}"),
                        format!(
                            "robot {i} has no `{key}`, and no maze in this scene has the letter `{letter}`"
                        ),
                        format!("add `{key}: {{ at: [x, y] }}`"),
                    ),
                    None if found + labyrinths > 1 => problems.help(
                        &format!("/robots/{i}"),
                        format!(
                            "robot {i} has no `{key}`, and there is more than one `{letter}` to choose from"
                        ),
                        format!("add `{key}: {{ at: [x, y] }}`"),
                    ),
                    None => {}
                }
            }
        }
        if let Some(medium) = &self.medium {
            medium.validate(problems);
        }
        for (i, beacon) in self.beacons.iter().enumerate() {
            if !beacon.at.iter().all(|v| v.abs() <= 1000.0) {
                problems.at(&format!("/beacons/{i}/at"), "a beacon stands within 1000 m of the origin");
            }
            if beacon.until.is_some_and(|until| until <= beacon.from) {
                problems.at(&format!("/beacons/{i}/until"), "the beacon ends before it begins");
            }
        }
        for (i, fault) in self.faults.iter().enumerate() {
            if fault.robot >= self.robots.len() {
                problems.at(
                    &format!("/faults/{i}/robot"),
                    format!("there is no robot {}; this scene has {}", fault.robot, self.robots.len()),
                );
            }
            problems.inside(&format!("/faults/{i}"), |problems| fault.validate(problems));
        }
    }
}

fn validate_place(place: &Place, here: &str, problems: &mut Problems<'_>) {
    match (&place.at, &place.within) {
        (Some(_), None) => {}
        (None, Some(within)) => validate_region(within, &format!("{here}/within"), problems),
        _ => problems.help(
            here,
            "a place is one point or one region",
            "give either `at: [x, y]` or `within: [[x, y], [x, y]]`",
        ),
    }
}
