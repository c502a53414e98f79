//! The entries of `world:` in a scene file: what stands on the ground, and what makes it uneven.

use neuraxis_core::file::{Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scene::ground;

/// Something that stands in the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum WorldItem {
    /// An upright box.
    Box {
        /// Position of its middle, x and y, m; with a third number, the height of its underside, m.
        #[schemars(length(min = 2, max = 3))]
        at: Vec<f64>,
        /// Length of its edges along x, y and z, m.
        size: [f64; 3],
        /// Angle by which it is turned about z, rad.
        #[serde(default)]
        yaw: f64,
    },
    /// An upright cylinder.
    Cylinder {
        /// Position of its middle, x and y, m.
        at: [f64; 2],
        /// Radius of the cylinder, m.
        #[schemars(range(min = 0.001, max = 100.0))]
        radius: f64,
        /// Height above the ground, m.
        #[serde(default = "WorldItem::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A thin wall from one point to another.
    Wall {
        /// Position of one end, x and y, m.
        from: [f64; 2],
        /// Position of the other end, x and y, m.
        to: [f64; 2],
        /// Thickness of the wall, m.
        #[serde(default = "WorldItem::default_thickness")]
        #[schemars(range(min = 0.001, max = 100.0))]
        thickness: f64,
        /// Height above the ground, m.
        #[serde(default = "WorldItem::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A wedge to drive up: from its low edge at `at`, along `yaw`.
    Ramp {
        /// Position of the middle of its low edge, x and y, m.
        at: [f64; 2],
        /// Length of its run, its width and its rise, m.
        size: [f64; 3],
        /// Direction that leads up, as an angle about z, rad.
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
        /// Distance from one hill to the next, m.
        #[schemars(range(min = 0.02, max = 100.0))]
        wavelength: f64,
    },
    /// A mesh (`.obj` or `.stl`), taken as its convex hull unless `concave`.
    Mesh {
        /// Path of the file, relative to this one.
        file: String,
        /// Position of its origin, x, y and z, m.
        at: [f64; 3],
        /// Angle by which it is turned about z, rad.
        #[serde(default)]
        yaw: f64,
        /// Factor by which all lengths are multiplied.
        #[serde(default = "WorldItem::one")]
        #[schemars(range(min = 1e-6, max = 1e6))]
        scale: f64,
        /// Whether its hollows are kept; its convex hull is taken if not.
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
        /// Height above the ground, m.
        #[serde(default = "WorldItem::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A maze that the trial's seed draws; start and goal lie in opposite corners.
    Labyrinth {
        /// Number of rooms along x.
        #[schemars(range(min = 2, max = 100))]
        columns: u32,
        /// Number of rooms along y.
        #[schemars(range(min = 2, max = 100))]
        rows: u32,
        /// Distance from the middle of one room to that of the next, m.
        #[schemars(range(min = 0.05, max = 100.0))]
        cell: f64,
        /// Thickness of the walls, m.
        #[serde(default = "WorldItem::default_thickness")]
        #[schemars(range(min = 0.001, max = 10.0))]
        thickness: f64,
        /// Height above the ground, m.
        #[serde(default = "WorldItem::default_height")]
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
        /// Number of cylinders; fewer where the gap leaves no room for more.
        #[schemars(range(min = 1, max = 10000))]
        count: u32,
        /// Smallest and largest radius of a cylinder, m.
        radius: [f64; 2],
        /// The gap that is left between any two of them, m.
        #[schemars(range(min = 0.0, max = 100.0))]
        gap: f64,
        /// Height above the ground, m.
        #[serde(default = "WorldItem::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
    /// A ROS map (`map.yaml` with its image); occupied cells become walls.
    Map {
        /// Path of the file, relative to this one.
        file: String,
        /// Height above the ground, m.
        #[serde(default = "WorldItem::default_height")]
        #[schemars(range(min = 0.001, max = 100.0))]
        height: f64,
    },
}

impl WorldItem {
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

impl Validate for WorldItem {
    fn validate(&self, problems: &mut Problems<'_>) {
        let positive = |sizes: &[f64], key: &str, problems: &mut Problems<'_>| {
            if !sizes.iter().all(|s| *s > 0.0 && *s <= 1000.0) {
                problems.at(&format!("/{key}"), "every length must be above 0 and at most 1000 m");
            }
        };
        match self {
            Self::Box { size, .. } | Self::Ramp { size, .. } => positive(size, "size", problems),
            Self::Wall { from, to, .. } if from == to => {
                problems.at("/to", "the wall ends where it begins");
            }
            Self::Field { within, radius, .. } => {
                validate_region(within, "/within", problems);
                if !(radius[0] > 0.0 && radius[1] >= radius[0]) {
                    problems.at("/radius", "give [smallest, largest], both above 0 m");
                }
            }
            Self::Bumps { within, amplitude, wavelength } => {
                validate_region(within, "/within", problems);
                if *amplitude > 0.25 * wavelength {
                    problems.help(
                        "/amplitude",
                        format!("bumps of {amplitude} m that lie {wavelength} m apart are walls"),
                        format!("at most a quarter of the wavelength: {:.3}", 0.25 * wavelength),
                    );
                }
                if ground::cells(within, *wavelength) > ground::MAX_CELLS {
                    problems.help(
                        "/wavelength",
                        "so small bumps in so large a region are too many",
                        "make the region smaller, or the wavelength longer",
                    );
                }
            }
            Self::Maze { rows, .. } => {
                for (row, text) in rows.iter().enumerate() {
                    if let Some(wrong) = text.chars().find(|c| !matches!(c, '#' | '.' | ' ' | 'S' | 'G')) {
                        problems.help(
                            &format!("/rows/{row}"),
                            format!("`{wrong}` means nothing in a maze"),
                            "`#` is a wall, `S` the start, `G` the goal, `.` or a blank is free",
                        );
                    }
                    if text.chars().count() > 1000 {
                        problems.at(&format!("/rows/{row}"), "a row has at most 1000 letters");
                    }
                }
            }
            Self::Labyrinth { cell, thickness, .. } if thickness >= cell => {
                problems.at("/thickness", "the walls leave no room: they must be thinner than a cell");
            }
            _ => {}
        }
    }
}

/// A region has its lowest corner first.
pub(super) fn validate_region(within: &[[f64; 2]; 2], here: &str, problems: &mut Problems<'_>) {
    let [low, high] = within;
    if !(low[0] < high[0] && low[1] < high[1]) {
        problems.at(here, "give the corner with the lowest x and y first, then the one with the highest");
    }
}
