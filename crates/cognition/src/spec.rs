//! The `cognition:` block of a brain.

use neuraxis_core::file::{Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::graph::GraphSpec;

/// From belief and goal to a drive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CognitionSpec {
    /// The algorithm that finds the way.
    #[serde(default)]
    pub search: Search,
    /// Room that is kept beyond the body's radius, m.
    #[serde(default = "CognitionSpec::default_clearance")]
    #[schemars(range(min = 0.0, max = 5.0))]
    pub clearance: f64,
    /// Distance beyond the body's radius from which nearness to walls costs more and more, up to the clearance, m.
    #[serde(default = "CognitionSpec::default_inflation")]
    #[schemars(range(min = 0.0, max = 10.0))]
    pub inflation: f64,
    /// Cells that the search expands in a tick; what is left waits for the next.
    #[serde(default = "CognitionSpec::default_expansions")]
    #[schemars(range(min = 10, max = 1_000_000))]
    pub expansions: u32,
    /// Settings of the local controller, which follows the way.
    #[serde(default)]
    pub local: LocalSpec,
    /// The cognitive graph, for `search: cognitive_graph`.
    #[serde(default)]
    pub graph: GraphSpec,
    /// The cells of its peers, for `search: grid_d_star_lite`, `lrta_star` and `random_walk`.
    #[serde(default)]
    pub grid: GridSpec,
}

impl CognitionSpec {
    fn default_clearance() -> f64 {
        0.03
    }
    fn default_inflation() -> f64 {
        0.15
    }
    fn default_expansions() -> u32 {
        400
    }
}

impl Default for CognitionSpec {
    fn default() -> Self {
        Self {
            search: Search::default(),
            clearance: Self::default_clearance(),
            inflation: Self::default_inflation(),
            expansions: Self::default_expansions(),
            local: LocalSpec::default(),
            graph: GraphSpec::default(),
            grid: GridSpec::default(),
        }
    }
}

/// How the way is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Search {
    /// Repairs the last search where the map changed.
    #[default]
    DStarLite,
    /// Searches anew whenever the map changes.
    AStar,
    /// Searches over behaviours, held in a cognitive graph; needs no more than a pose and a sense of touch.
    CognitiveGraph,
    /// A peer of it, with the same senses: D* Lite on a grid of cells.
    GridDStarLite,
    /// Another peer: LRTA* on the same grid, which looks one step ahead and learns what the way costs.
    LrtaStar,
    /// The least of its peers: any direction, until something is touched.
    RandomWalk,
}

impl Search {
    /// Whether it can take up the goal to explore.
    #[must_use]
    pub fn explores(self) -> bool {
        self == Self::CognitiveGraph
    }
}

/// The cells of searches on a grid that know pose and touch alone.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GridSpec {
    /// Edge of a cell, m.
    #[schemars(range(min = 0.02, max = 100.0))]
    pub cell: f64,
    /// Where the grid lies to the map's corner, along x and y, as shares of a cell.
    pub offset: [f64; 2],
    /// Seed of the random walk.
    pub seed: u64,
}

impl Default for GridSpec {
    fn default() -> Self {
        Self { cell: 0.5, offset: [0.17, 0.31], seed: 0 }
    }
}

impl Validate for GridSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        if !self.offset.iter().all(|share| (0.0..1.0).contains(share)) {
            problems.help(
                "/offset",
                format!("the offset [{}, {}] is not possible", self.offset[0], self.offset[1]),
                "give [x, y], each from 0 to less than 1",
            );
        }
    }
}

/// How the way is followed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LocalSpec {
    /// Distance ahead on the way at which it aims, m.
    #[serde(default = "LocalSpec::default_lookahead")]
    #[schemars(range(min = 0.05, max = 10.0))]
    pub lookahead: f64,
    /// Time over which it predicts its own motion, s.
    #[serde(default = "LocalSpec::default_horizon")]
    #[schemars(range(min = 0.1, max = 10.0))]
    pub horizon: f64,
    /// Share of the greatest speed that it drives at where there is room.
    #[serde(default = "LocalSpec::default_cruise")]
    #[schemars(range(min = 0.05, max = 1.0))]
    pub cruise: f64,
    /// Gap between the body and what it sees that it always keeps, m.
    #[serde(default = "LocalSpec::default_margin")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub margin: f64,
}

impl LocalSpec {
    fn default_lookahead() -> f64 {
        0.4
    }
    fn default_horizon() -> f64 {
        1.2
    }
    fn default_cruise() -> f64 {
        1.0
    }
    fn default_margin() -> f64 {
        0.02
    }
}

impl Default for LocalSpec {
    fn default() -> Self {
        Self {
            lookahead: Self::default_lookahead(),
            horizon: Self::default_horizon(),
            cruise: Self::default_cruise(),
            margin: Self::default_margin(),
        }
    }
}

impl Validate for CognitionSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        problems.inside("/graph", |problems| self.graph.validate(problems));
        problems.inside("/grid", |problems| self.grid.validate(problems));
        if self.inflation < self.clearance {
            problems.help(
                "/inflation",
                format!(
                    "inflation ({} m) must not be less than clearance ({} m)",
                    self.inflation, self.clearance
                ),
                "both count from the edge of the body",
            );
        }
    }
}
