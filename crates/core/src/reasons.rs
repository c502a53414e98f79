//! Why a tick decided as it did: each part of the brain writes its reasons here, in place, as it decides.
//!
//! Nothing in this record is worked out afterwards, and nothing in it is read by a brain.

use serde::{Deserialize, Serialize};

use crate::GoalStatus;

/// First steps that a planner can choose from.
pub const MAX_CHOICES: usize = 8;

/// The reasons of one tick, besides those that stand in the belief's cues and in the safety state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reasons {
    /// Why this way.
    pub plan: PlanReason,
    /// Why this drive.
    pub motion: MotionReason,
    /// What a goal was given up on, if it was.
    pub verdict: Option<Verdict>,
    /// What the motor circuit lacks.
    pub motor: MotorReason,
}

/// What a motor circuit lacks, and what its reflexes did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotorReason {
    /// Numbers of the senses that it has to do without now: joints that are not felt are relaxed.
    pub missing: usize,
    /// Reflexes of the circuit that began so far.
    pub reflexes: u64,
}

/// What a goal was given up on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The goal, or the body, lies outside of the area that the brain knows of.
    Outside,
    /// Every way that is left leads through something that was touched or seen.
    Enclosed {
        /// Things that were touched and still count, or cells of the map that are closed.
        obstacles: u32,
        /// Places that the search has laid out or cells that it has expanded.
        places: u32,
    },
    /// The memory is full, so that nothing is shown.
    MemoryFull,
    /// This navigator has no way to do what it was asked for.
    Unable,
}

impl Verdict {
    /// How a goal stands that was given up on it.
    #[must_use]
    pub fn status(self) -> GoalStatus {
        match self {
            Self::Outside | Self::Enclosed { .. } => GoalStatus::Unreachable,
            Self::MemoryFull | Self::Unable => GoalStatus::Exhausted,
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Outside => write!(f, "it lies outside of the area that the brain knows of"),
            Self::Enclosed { obstacles, places } => {
                write!(f, "every way is closed: {obstacles} obstacles, {places} places searched")
            }
            Self::MemoryFull => write!(f, "the memory of the search is full (`cognition.graph.capacity`)"),
            Self::Unable => write!(f, "this search cannot do that"),
        }
    }
}

/// Why a planner wants to go the way that it wants to go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanReason {
    /// Whether the search has come to its end; if not, the last way is followed meanwhile.
    pub is_complete: bool,
    /// Whether there is a way.
    pub has_way: bool,
    /// What the way costs, as m of free ground: nearness to walls costs more than its length.
    pub cost: f64,
    /// The first steps that the search knows, the chosen one first; `count` of them count.
    pub choices: [Choice; MAX_CHOICES],
    /// How many.
    pub count: usize,
}

/// A first step, and what the way costs that begins with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Its direction in the map, rad.
    pub heading: f64,
    /// As m of free ground.
    pub cost: f64,
}

/// Why the local control drives as it drives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MotionReason {
    /// What it is busy with.
    pub mode: MotionMode,
    /// The point that it aims at, in the map, m.
    pub carrot: [f64; 2],
    /// Room between the body and the nearest thing in sight, m; infinite if there is none.
    pub gap: f64,
    /// What keeps it from its full speed.
    pub limit: SpeedLimit,
    /// The speed that this leaves, m/s.
    pub top: f64,
    /// Pairs of speed and turning rate that were weighed.
    pub tried: u32,
    /// Of these, those that would have come too near to something.
    pub refused: u32,
    /// The best one.
    pub chosen: Candidate,
    /// The best one with a clearly different turning rate; its score is -∞ if there is none.
    pub rival: Candidate,
}

/// What a navigator is busy with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MotionMode {
    /// There is nothing to do.
    #[default]
    Idle,
    /// The body is held still after its first tick, so that its senses settle.
    Settle,
    /// The goal is reached.
    Arrived,
    /// The search for a way goes on, and no way is known yet.
    Search,
    /// No way is known; it looks around.
    LookAround,
    /// It follows the way.
    Follow,
    /// It turns on the spot, until the way lies ahead.
    Turn,
    /// Nothing is admissible but turning on the spot.
    Blocked,
    /// It got nowhere for some time, and makes its way out.
    Escape,
    /// It backs off from what it touched.
    Withdraw,
}

crate::named!(MotionMode, "mode of motion" {
    Idle => "idle",
    Settle => "settle",
    Arrived => "arrived",
    Search => "search",
    LookAround => "look_around",
    Follow => "follow",
    Turn => "turn",
    Blocked => "blocked",
    Escape => "escape",
    Withdraw => "withdraw",
});

/// What keeps a body from its full speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpeedLimit {
    /// Nothing: it drives at its cruising speed.
    #[default]
    Cruise,
    /// Things that are near.
    Room,
    /// A range finder that is silent or late.
    Sight,
    /// A reflex: an obstacle nearer than it takes to stop, or wheels that slip.
    Reflex,
    /// Needs that ask for caution.
    Caution,
    /// The goal, before which it has to stop.
    Braking,
}

crate::named!(SpeedLimit, "limit of speed" {
    Cruise => "cruise",
    Room => "room",
    Sight => "sight",
    Reflex => "reflex",
    Caution => "caution",
    Braking => "braking",
});

/// A pair of speed and turning rate, and how good it looked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// m/s.
    pub speed: f64,
    /// rad/s.
    pub turn: f64,
    /// Higher is better; -∞ for none.
    pub score: f64,
}

impl Default for Candidate {
    fn default() -> Self {
        Self { speed: 0.0, turn: 0.0, score: f64::NEG_INFINITY }
    }
}

/// Why an estimator left a cue out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// It did not.
    #[default]
    None,
    /// The body is tilted, and the sense may see the ground.
    Tilt,
    /// It knows too little of the place to say anything.
    NoOverlap,
    /// It does not fit what is known of the place.
    Misfit,
    /// It is further off than chance explains (χ² gate).
    Gate,
    /// It has been off for long, alone, while another cue was where the body was believed to be.
    Biased,
    /// It repeats itself while the body moves.
    Stuck,
    /// A number in it is none, or larger than any measurement can be ([`crate::senses::LARGEST`]).
    NotFinite,
    /// Its stamp lies ahead of the body's time.
    FromTheFuture,
    /// Its stamp lies before that of the reading before.
    Backwards,
    /// It has another length or kind than the body's description says.
    Shape,
    /// Its covariance is not symmetric and positive definite.
    Covariance,
}

crate::named!(Refusal, "refusal" {
    None => "none",
    Tilt => "tilt",
    NoOverlap => "no_overlap",
    Misfit => "misfit",
    Gate => "gate",
    Biased => "biased",
    Stuck => "stuck",
    NotFinite => "not_finite",
    FromTheFuture => "from_the_future",
    Backwards => "backwards",
    Shape => "shape",
    Covariance => "covariance",
});
