//! The scene file.

use neuraxis_core::Landmark;
use neuraxis_core::file::{Problems, Validate};
use neuraxis_core::robot::Sensor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ground, labyrinth};
use crate::medium::Medium;

/// A world, the robots in it and their goals: one file in `scenes/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SceneSpec {
    /// The scene's name.
    pub name: String,
    /// What it is for, in a sentence.
    #[serde(default)]
    pub description: String,
    /// What stands in it, on a level ground, and what makes the ground uneven.
    pub world: Vec<Thing>,
    /// Coulomb friction coefficient of the ground and of everything on it.
    #[serde(default = "SceneSpec::default_friction")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub friction: f64,
    /// Which robots move here, and from where to where.
    pub robots: Vec<Entry>,
    /// A trial ends after this long, s of simulated time.
    #[serde(default = "SceneSpec::default_time_limit")]
    #[schemars(range(min = 0.1, max = 86400.0))]
    pub time_limit: f64,
    /// The physics engine.
    #[serde(default)]
    pub physics: Physics,
    /// Water, air or anything else that everything in the scene moves through; nothing if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Medium>,
    /// What can be seen or heard from afar.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beacons: Vec<Beacon>,
    /// What goes wrong, and when.
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
    /// How strong it is: 1 is what the robots' files speak of.
    #[serde(default = "Beacon::one")]
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub strength: f64,
    /// From when, s.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub from: f64,
    /// Until when, s; to the end if not given.
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
    /// Length of a step, s.
    #[serde(default = "Physics::default_timestep")]
    #[schemars(range(min = 0.0001, max = 0.02))]
    pub timestep: f64,
    /// Solver iterations a step.
    #[serde(default = "Physics::default_iterations")]
    #[schemars(range(min = 1, max = 50))]
    pub iterations: u32,
    /// Downwards, m/s².
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

/// Something that stands in the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Thing {
    /// An upright box.
    Box {
        /// Its middle, x and y, m; with a third number, the height of its underside.
        #[schemars(length(min = 2, max = 3))]
        at: Vec<f64>,
        /// Its edges along x, y and z, m.
        size: [f64; 3],
        /// Turned about z, rad.
        #[serde(default)]
        yaw: f64,
    },
    /// An upright cylinder.
    Cylinder {
        /// Its middle, x and y, m.
        at: [f64; 2],
        /// m.
        #[schemars(range(min = 0.001, max = 100.0))]
        radius: f64,
        /// m.
        #[serde(default = "Thing::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A thin wall from one point to another.
    Wall {
        /// x and y of one end, m.
        from: [f64; 2],
        /// x and y of the other end, m.
        to: [f64; 2],
        /// m.
        #[serde(default = "Thing::default_thickness")]
        #[schemars(range(min = 0.001, max = 100.0))]
        thickness: f64,
        /// m.
        #[serde(default = "Thing::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A wedge to drive up: from its low edge at `at`, along `yaw`.
    Ramp {
        /// The middle of its low edge, x and y, m.
        at: [f64; 2],
        /// Run, width and rise, m.
        size: [f64; 3],
        /// The direction that leads up, rad.
        #[serde(default)]
        yaw: f64,
    },
    /// Uneven ground to walk on, which the trial's seed draws: hills and hollows of one wavelength in all directions. It runs
    /// out to the level ground over a wavelength along its edges.
    Bumps {
        /// The region's corners: lowest x and y, highest x and y, m.
        within: [[f64; 2]; 2],
        /// Height of the hills and depth of the hollows, from the mean, m.
        #[schemars(range(min = 0.001, max = 10.0))]
        amplitude: f64,
        /// From one hill to the next, m.
        #[schemars(range(min = 0.02, max = 100.0))]
        wavelength: f64,
    },
    /// A mesh (`.obj` or `.stl`), taken as its convex hull unless `concave`.
    Mesh {
        /// Seen from this file.
        file: String,
        /// Where its origin goes, x, y and z, m.
        at: [f64; 3],
        /// Turned about z, rad.
        #[serde(default)]
        yaw: f64,
        /// Factor on all lengths.
        #[serde(default = "Thing::one")]
        #[schemars(range(min = 1e-6, max = 1e6))]
        scale: f64,
        /// Keep its hollows.
        #[serde(default)]
        concave: bool,
    },
    /// A maze drawn with letters: `#` wall, `S` start, `G` goal, `.` or a blank free.
    Maze {
        /// Rows, the first one farthest along y.
        #[schemars(length(min = 1, max = 1000))]
        rows: Vec<String>,
        /// Edge of a cell, m.
        #[schemars(range(min = 0.01, max = 100.0))]
        cell: f64,
        /// m.
        #[serde(default = "Thing::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A maze that the trial's seed draws; start and goal lie in opposite corners.
    Labyrinth {
        /// Rooms along x.
        #[schemars(range(min = 2, max = 100))]
        columns: u32,
        /// Rooms along y.
        #[schemars(range(min = 2, max = 100))]
        rows: u32,
        /// From the middle of one room to the next, m.
        #[schemars(range(min = 0.05, max = 100.0))]
        cell: f64,
        /// Thickness of the walls, m.
        #[serde(default = "Thing::default_thickness")]
        #[schemars(range(min = 0.001, max = 10.0))]
        thickness: f64,
        /// m.
        #[serde(default = "Thing::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
        /// Share of the inner walls that are taken out again, so that there is more than one way.
        #[serde(default)]
        #[schemars(range(min = 0.0, max = 1.0))]
        loops: f64,
    },
    /// A field of upright cylinders that the trial's seed scatters, after BARN (Perille et al. 2020).
    Field {
        /// The region's corners: lowest x and y, highest x and y, m.
        within: [[f64; 2]; 2],
        /// How many; fewer where the gap leaves no room for more.
        #[schemars(range(min = 1, max = 10000))]
        count: u32,
        /// Smallest and largest radius, m.
        radius: [f64; 2],
        /// The gap that is left between any two of them, m.
        #[schemars(range(min = 0.0, max = 100.0))]
        gap: f64,
        /// m.
        #[serde(default = "Thing::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A ROS map (`map.yaml` with its image); occupied cells become walls.
    Map {
        /// Seen from this file.
        file: String,
        /// m.
        #[serde(default = "Thing::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
}

impl Thing {
    fn default_height() -> f64 {
        0.5
    }
    fn default_thickness() -> f64 {
        0.05
    }
    fn one() -> f64 {
        1.0
    }
}

/// A robot in the scene.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its file, seen from this file; `--robot` on the command line goes before it.
    pub robot: String,
    /// Where it starts; the maze's `S` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawn: Option<Place>,
    /// Where it should go; the maze's `G` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<Place>,
    /// What it should do, one thing after the other, in place of going to one goal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errands: Vec<Errand>,
    /// How near is near enough, m.
    #[serde(default = "Entry::default_tolerance")]
    #[schemars(range(min = 0.01, max = 10.0))]
    pub tolerance: f64,
}

impl Entry {
    fn default_tolerance() -> f64 {
        0.25
    }
}

/// Something that a robot is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Errand {
    /// Go to a point.
    Reach {
        /// x and y, m.
        at: [f64; 2],
    },
    /// Have been near every place that it can get to (`cognition.search: cognitive_graph`).
    Explore {
        /// How near, m.
        #[schemars(range(min = 0.05, max = 100.0))]
        reach: f64,
    },
    /// Go back to a place where it was.
    Return {
        /// Which.
        to: Landmark,
    },
}

/// A point, or a region that the trial's seed draws one from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// x and y, m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[f64; 2]>,
    /// The region's corners: lowest x and y, highest x and y, m.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<[[f64; 2]; 2]>,
    /// Heading, rad; drawn by the seed if not given. A goal has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaw: Option<f64>,
}

/// A fault of a sense.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which robot, counted from 0.
    #[serde(default)]
    pub robot: usize,
    /// The sense's name.
    pub sensor: String,
    /// What happens to it.
    pub kind: FaultKind,
    /// From when, s.
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub from: f64,
    /// Until when, s; to the end if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 86400.0))]
    pub until: Option<f64>,
    /// For `noise`: so many times the standard deviations of the robot's file. For `slip`: so many times the way
    /// that the wheels really roll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub factor: Option<f64>,
    /// For `dropout` and `outliers`: the share of the beams of a range finder, or of another sense's readings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub fraction: Option<f64>,
    /// For `bias`: what is added. To a pose: x, y (m) and yaw (rad); to an IMU's turning rates: about x, y and z
    /// (rad/s); to a range finder's distances: the first number (m).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<[f64; 3]>,
}

/// What can happen to a sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It sends nothing.
    Silent,
    /// It sends its last reading again and again, with new stamps.
    Frozen,
    /// It sends numbers that are none.
    NotANumber,
    /// It is noisier, by `factor`.
    Noise,
    /// A `fraction` of it is missing.
    Dropout,
    /// A `fraction` of it is anything at all.
    Outliers,
    /// It errs by `offset`, always by the same.
    Bias,
    /// The wheels turn `factor` times as far as they roll.
    Slip,
}

impl FaultKind {
    /// The key that says how bad it is, and an example of it.
    fn measure(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Silent | Self::Frozen | Self::NotANumber => None,
            Self::Noise => Some(("factor", "10")),
            Self::Slip => Some(("factor", "2")),
            Self::Dropout => Some(("fraction", "0.5")),
            Self::Outliers => Some(("fraction", "0.2")),
            Self::Bias => Some(("offset", "[1, 0.5, 0]")),
        }
    }
}

impl FaultKind {
    /// Whether it can happen to this sense.
    #[must_use]
    pub fn suits(self, sensor: &Sensor) -> bool {
        match self {
            Self::Silent | Self::Frozen | Self::NotANumber | Self::Dropout => true,
            Self::Noise => {
                !matches!(sensor, Sensor::JointState { .. } | Sensor::Contact { .. } | Sensor::Battery { .. })
            }
            Self::Outliers | Self::Bias => {
                matches!(
                    sensor,
                    Sensor::Lidar { .. }
                        | Sensor::Imu { .. }
                        | Sensor::Velocimeter { .. }
                        | Sensor::Pose { .. }
                        | Sensor::Beacon { .. }
                )
            }
            Self::Slip => matches!(sensor, Sensor::WheelOdometry { .. }),
        }
    }
}

fn validate_fault(fault: &Fault, here: &str, problems: &mut Problems<'_>) {
    if fault.until.is_some_and(|until| until <= fault.from) {
        problems.at(&format!("{here}/until"), "the fault ends before it begins");
    }
    if let Some(offset) = &fault.offset
        && !offset.iter().all(|v| v.abs() <= 1000.0)
    {
        problems.at(&format!("{here}/offset"), "every number of an offset lies between -1000 and 1000");
    }
    let wanted = fault.kind.measure();
    let given = [
        ("factor", fault.factor.is_some()),
        ("fraction", fault.fraction.is_some()),
        ("offset", fault.offset.is_some()),
    ];
    for (key, is_given) in given {
        match wanted {
            Some((wanted, example)) if wanted == key && !is_given => problems.help(
                &format!("{here}/kind"),
                format!("this fault does not say how bad it is: `{key}` is missing"),
                format!("add `{key}: {example}`"),
            ),
            Some((wanted, _)) if wanted == key => {}
            _ if is_given => problems
                .at(&format!("{here}/{key}"), format!("`{key}` means nothing to a fault of this kind")),
            _ => {}
        }
    }
}

impl Validate for SceneSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        let mut letters = labyrinth::Letters::default();
        let mut labyrinths = 0;
        for (i, thing) in self.world.iter().enumerate() {
            let here = format!("/world/{i}");
            validate_thing(thing, &here, problems);
            match thing {
                Thing::Maze { rows, .. } => letters.add(labyrinth::letters(rows)),
                Thing::Labyrinth { .. } => labyrinths += 1,
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
            if !entry.errands.is_empty() && entry.goal.is_some() {
                problems.help(
                    &format!("/robots/{i}/goal"),
                    "a robot has a `goal` or `errands`, not both",
                    "write the goal as `- { kind: reach, at: [x, y] }` among the errands",
                );
            }
            for (j, errand) in entry.errands.iter().enumerate() {
                if let Errand::Reach { at } = errand
                    && !at.iter().all(|v| v.abs() <= 1000.0)
                {
                    problems.at(
                        &format!("/robots/{i}/errands/{j}/at"),
                        "a goal lies within 1000 m of the origin",
                    );
                }
            }
            for (place, key, letter, found) in
                [(&entry.spawn, "spawn", 'S', letters.starts), (&entry.goal, "goal", 'G', letters.goals)]
            {
                match place {
                    None if key == "goal" && !entry.errands.is_empty() => {}
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
            validate_fault(fault, &format!("/faults/{i}"), problems);
        }
    }
}

fn validate_thing(thing: &Thing, here: &str, problems: &mut Problems<'_>) {
    let positive = |sizes: &[f64], key: &str, problems: &mut Problems<'_>| {
        if !sizes.iter().all(|s| *s > 0.0 && *s <= 1000.0) {
            problems.at(&format!("{here}/{key}"), "every length must be above 0 and at most 1000 m");
        }
    };
    match thing {
        Thing::Box { size, .. } | Thing::Ramp { size, .. } => positive(size, "size", problems),
        Thing::Wall { from, to, .. } if from == to => {
            problems.at(&format!("{here}/to"), "the wall ends where it begins");
        }
        Thing::Field { within, radius, .. } => {
            validate_region(within, &format!("{here}/within"), problems);
            if !(radius[0] > 0.0 && radius[1] >= radius[0]) {
                problems.at(&format!("{here}/radius"), "give [smallest, largest], both above 0 m");
            }
        }
        Thing::Bumps { within, amplitude, wavelength } => {
            validate_region(within, &format!("{here}/within"), problems);
            if *amplitude > 0.25 * wavelength {
                problems.help(
                    &format!("{here}/amplitude"),
                    format!("bumps of {amplitude} m that lie {wavelength} m apart are walls"),
                    format!("at most a quarter of the wavelength: {:.3}", 0.25 * wavelength),
                );
            }
            if ground::cells(within, *wavelength) > ground::MOST_CELLS {
                problems.help(
                    &format!("{here}/wavelength"),
                    "so small bumps in so large a region are too many",
                    "make the region smaller, or the wavelength longer",
                );
            }
        }
        Thing::Maze { rows, .. } => {
            for (row, text) in rows.iter().enumerate() {
                if let Some(wrong) = text.chars().find(|c| !matches!(c, '#' | '.' | ' ' | 'S' | 'G')) {
                    problems.help(
                        &format!("{here}/rows/{row}"),
                        format!("`{wrong}` means nothing in a maze"),
                        "`#` is a wall, `S` the start, `G` the goal, `.` or a blank is free",
                    );
                }
                if text.chars().count() > 1000 {
                    problems.at(&format!("{here}/rows/{row}"), "a row has at most 1000 letters");
                }
            }
        }
        Thing::Labyrinth { cell, thickness, .. } if thickness >= cell => {
            problems.at(
                &format!("{here}/thickness"),
                "the walls leave no room: they must be thinner than a cell",
            );
        }
        _ => {}
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

fn validate_region(within: &[[f64; 2]; 2], here: &str, problems: &mut Problems<'_>) {
    let [low, high] = within;
    if !(low[0] < high[0] && low[1] < high[1]) {
        problems.at(here, "give the corner with the lowest x and y first, then the one with the highest");
    }
}
