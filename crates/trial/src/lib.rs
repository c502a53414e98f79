//! Trials: scenes times seeds, run over arenas, measured, and summed up with intervals.
//!
//! This is where bodies and brains meet: a [`Plan`] holds the files, [`run()`] runs them, and what comes out are
//! plain [`TrialResult`]s that follow from the files and the seeds alone.

pub mod book;
pub mod columns;
pub mod judge;
pub mod picture;
pub mod plan;
pub mod replay;
pub mod report;
pub mod results;
pub mod run;
pub mod score;
pub mod statistics;
pub mod trial;
pub mod why;

pub use judge::Outcome;
pub use plan::{Plan, PlannedScene};
pub use results::{SceneSummary, TrialResult};
pub use run::{Hooks, Progress, run};
pub use trial::{Entrant, Trial};

/// The JSON Schemas of the file formats: file name and text.
#[must_use]
pub fn schemas() -> Vec<(&'static str, String)> {
    let text = |schema: schemars::Schema| serde_json::to_string_pretty(&schema).unwrap_or_default() + "\n";
    vec![
        ("robot.schema.json", text(schemars::schema_for!(neuraxis_brain::RobotFile))),
        ("circuit.schema.json", text(schemars::schema_for!(neuraxis_neural::CircuitSpec))),
        ("scene.schema.json", text(schemars::schema_for!(neuraxis_sim::scene::SceneSpec))),
        ("map.schema.json", text(schemars::schema_for!(neuraxis_core::map_file::MapSpec))),
        ("results.schema.json", text(schemars::schema_for!(results::Results))),
    ]
}
