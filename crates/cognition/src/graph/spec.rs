//! The `graph:` block of the cognition: the cognitive graph's parameters, and a switch for each of its parts.

use neuraxis_core::file::{Problems, Validate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the cognitive graph grows, remembers and searches. Lengths that are counted in radii are those of the body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GraphSpec {
    /// Distance between neighbouring places, m; five radii of the body if not given, two and a half with a range finder.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.01, max = 100.0))]
    pub spacing: Option<f64>,
    /// A place nearer to another than this share of the spacing is that place.
    #[schemars(range(min = 0.05, max = 0.9))]
    pub merge: f64,
    /// Places nearer than this many spacings are linked.
    #[schemars(range(min = 1.1, max = 3.0))]
    #[schemars(extend("x-formerly" = ["reach"]))]
    pub link_radius: f64,
    /// How far a remembered obstacle charges what is beside it: along it and across it, radii.
    pub sigma: [f64; 2],
    /// λ: what it charges at its middle, m.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub lambda: f64,
    /// α: what a failure charges, m.
    #[schemars(range(min = 0.0, max = 10_000.0))]
    pub alpha: f64,
    /// What a place is charged with that could not be reached, m; 0: no inhibition.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub inhibition: f64,
    /// What an edge costs beyond its length, m: simple ways first.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub simplicity: f64,
    /// What an untried place costs for each halving of the spacing that it was made with, m: coarse ways first. Not with a range finder.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub fineness: f64,
    /// κ at the first trial and after many: a way that was gone before is taken again as long as it costs less than κ times what might be.
    pub kappa: [f64; 2],
    /// Factor from the first κ towards the last, a trial.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub kappa_decay: f64,
    /// What failures and impressions keep from one trial to the next.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub decay: f64,
    /// The same for those of places that were open before.
    #[schemars(range(min = 0.01, max = 1.0))]
    pub volatile_decay: f64,
    /// A way over several places is straightened where it leads at most this far from what was gone, spacings; 0: never.
    #[schemars(range(min = 0.0, max = 10.0))]
    pub simplify: f64,
    /// How often the spacing is halved, at most, where all else has failed; 0: no refinement.
    #[schemars(range(min = 0, max = 8))]
    pub refinement: u8,
    /// How often a way through something that was touched is tried again before the goal is called unreachable.
    #[schemars(range(min = 0, max = 8))]
    pub patience: u8,
    /// Share of its speed at which it goes where it has not been.
    #[schemars(range(min = 0.05, max = 1.0))]
    pub probe: f64,
    /// Whether failures are remembered with their places. `false` is an ablation: then only as failures of edges.
    pub impressions: bool,
    /// Whether they charge in all directions alike: an ablation.
    pub isotropic: bool,
    /// Whether ends of walls are recognised by the direction in which they are felt, and passed. `false` is an ablation.
    pub ends: bool,
    /// Whether known ways are preferred (κ). `false` is an ablation.
    pub exploit: bool,
    /// How the vague part of impressions is held.
    pub memory: MemoryKind,
    /// Seed of the superposed memory's code.
    pub seed: u64,
    /// Places that it can hold; three times as many with a range finder, whose places lie closer.
    #[schemars(range(min = 100, max = 1_000_000))]
    pub capacity: u32,
}

/// How the vague part of impressions is held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemoryKind {
    /// As a list, each with its kernel.
    #[default]
    Exact,
    /// As harmonic keys that are added up, a sum a tile.
    Superposed,
}

impl Default for GraphSpec {
    fn default() -> Self {
        Self {
            spacing: None,
            merge: 0.6,
            link_radius: 1.8,
            sigma: [4.0, 1.0],
            lambda: 2.0,
            alpha: 20.0,
            inhibition: 0.5,
            simplicity: 0.0,
            fineness: 3.0,
            kappa: [4.0, 1.2],
            kappa_decay: 0.5,
            decay: 0.95,
            volatile_decay: 0.5,
            simplify: 2.0,
            refinement: 4,
            patience: 2,
            probe: 0.6,
            impressions: true,
            isotropic: false,
            ends: true,
            exploit: true,
            memory: MemoryKind::Exact,
            seed: 0,
            capacity: 8192,
        }
    }
}

impl Validate for GraphSpec {
    fn validate(&self, problems: &mut Problems<'_>) {
        if !self.sigma.iter().all(|s| (0.1..=100.0).contains(s)) {
            problems.help(
                "/sigma",
                format!("the widths [{}, {}] radii are not possible", self.sigma[0], self.sigma[1]),
                "give [along, across], each from 0.1 to 100",
            );
        }
        if !self.kappa.iter().all(|k| (1.0..=1000.0).contains(k)) {
            problems.help(
                "/kappa",
                format!("κ = [{}, {}] is not possible", self.kappa[0], self.kappa[1]),
                "give [first trial, after many], each from 1 to 1000",
            );
        }
    }
}
