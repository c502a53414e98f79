//! Trials: scenes times seeds, run over arenas, measured, and summed up with intervals.
//!
//! This is where bodies and brains meet: a `Plan` holds the files, `run` runs them, and what comes out are
//! plain [`TrialResult`]s that follow from the files and the seeds alone.
//!
//! Without the feature `sim` it is what a robot carries: recordings replayed ([`replay`]) and explained ([`why`]).

pub mod changes;
#[cfg(feature = "sim")]
pub mod judge;
#[cfg_attr(not(feature = "sim"), allow(dead_code, reason = "most of them are for trials in the simulator"))]
mod metadata_key;
pub mod parallel;
#[cfg(feature = "sim")]
pub mod plan;
#[cfg(feature = "sim")]
pub mod recording_header;
pub mod replay;
#[cfg(feature = "sim")]
pub mod report;
pub mod results;
#[cfg(feature = "sim")]
pub mod results_parquet;
#[cfg(feature = "sim")]
pub mod run;
#[cfg(feature = "sim")]
pub mod score;
pub mod statistics;
#[cfg(feature = "sim")]
pub mod trial;
#[cfg(feature = "sim")]
pub mod trial_svg;
pub mod why;

pub use changes::Changes;
#[cfg(feature = "sim")]
pub use judge::Outcome;
#[cfg(feature = "sim")]
pub use plan::{Plan, PlannedScene};
pub use results::{OutcomeKind, SceneSummary, TrialResult};
#[cfg(feature = "sim")]
pub use run::{Hooks, Progress, run};
#[cfg(feature = "sim")]
pub use trial::{Participant, Trial};

/// The JSON Schemas of the file formats: file name and text.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    let text = |schema: schemars::Schema| serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    vec![
        ("robot.schema.json", text(schemars::schema_for!(neuraxis_brain::RobotFile))),
        ("circuit.schema.json", text(schemars::schema_for!(neuraxis_neural::CircuitSpec))),
        #[cfg(feature = "sim")]
        ("scene.schema.json", text(schemars::schema_for!(neuraxis_sim::scene::SceneSpec))),
        ("map.schema.json", text(schemars::schema_for!(neuraxis_core::map_file::MapSpec))),
        ("results.schema.json", text(schemars::schema_for!(results::Results))),
    ]
}
