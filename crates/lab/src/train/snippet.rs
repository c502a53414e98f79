//! Trained parameters as the lines of YAML that a robot file's `motor:` block takes.

use std::fmt::Write as _;

use neuraxis_motor::MotorSpec;

use super::Checkpoint;

/// The best parameters, below a comment that says how they were made; `command` is what was typed.
#[must_use]
pub fn yaml(state: &Checkpoint, command: &str) -> String {
    let identity = &state.identity;
    let mut out = String::new();
    let Some(best) = &state.best else { return out };
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "# Trained parameters: the block `brain: {{ motor: .. }}` of the robot file of {} takes these.\n# {}\n# Return {:.1} at the \
         task {} (mean of {} fixed starts) after {} control steps, seed {}.\nmotor:\n  circuit: {}\n",
        identity.robot,
        command.replace('\n', " "),
        best.score,
        identity.task.title(),
        super::EVALUATIONS.len() * state.episodes(),
        best.steps,
        state.seed,
        identity.circuit,
    );
    if let Some(settings) = identity.settings.as_object() {
        let usual = usual(&identity.circuit);
        for (key, value) in settings.iter().filter(|(key, value)| usual.get(key.as_str()) != Some(*value)) {
            if key != "circuit" {
                // What JSON says, YAML says too.
                let _ = writeln!(out, "  {key}: {value}");
            }
        }
    }
    if best.observation_stats.count > 0 {
        let observation_stats = serde_json::to_value(&best.observation_stats).unwrap_or_default();
        let _ = writeln!(out, "  normalisation: {observation_stats}");
    }
    if identity.names.is_empty() {
        let list: Vec<String> = best.parameters.iter().map(f64::to_string).collect();
        let _ = writeln!(out, "  parameters: [{}]", list.join(", "));
    } else {
        out.push_str("  parameters:\n");
        for i in &state.free {
            if let (Some(name), Some(value)) = (identity.names.get(*i), best.parameters.get(*i)) {
                let _ = writeln!(out, "    {name}: {value}");
            }
        }
    }
    out
}

/// The settings that a circuit has if a file gives none.
fn usual(circuit: &str) -> serde_json::Value {
    let spec = serde_json::from_value::<MotorSpec>(serde_json::json!({ "circuit": circuit }));
    spec.ok().and_then(|spec| serde_json::to_value(spec).ok()).unwrap_or_default()
}
