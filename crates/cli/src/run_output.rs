//! What a person or a program reads of a run: the table, the rows of results.csv, the whole of results.json.

use comfy_table::{Cell, Color};
use neuraxis_trial::results::Results;
use neuraxis_trial::statistics::Interval;
use neuraxis_trial::{SceneSummary, TrialResult};

use crate::table::framed;

/// The table of a run.
pub(crate) fn table(results: &[TrialResult]) -> String {
    let header = ["scene", "trials", "success", "gentle", "SPL", "time s", "energy J", "worst error m"];
    let mut table = framed(header, 1..);
    for summary in SceneSummary::all(results) {
        let good = summary.success.value >= 1.0;
        let success = Cell::new(percent(summary.success)).fg(if good { Color::Green } else { Color::Yellow });
        table.add_row([
            Cell::new(&summary.scene),
            Cell::new(summary.trials),
            success,
            Cell::new(percent(summary.gentle)),
            Cell::new(number(summary.spl, 2)),
            Cell::new(number(summary.time, 1)),
            Cell::new(number(summary.energy, 0)),
            Cell::new(number(summary.worst_error, 3)),
        ]);
    }
    let mut text = table.to_string();
    text.push_str("\n[..]: 95 % interval; gentle: no collision harder than 0.1 m/s; SPL: success weighted by path length");
    for result in results.iter().filter(|r| !r.success).take(10) {
        text.push_str(&format!(
            "\n  trial {} (seed {}, {}): {} after {:.1} s{}",
            result.trial,
            result.seed,
            result.scene,
            result.outcome,
            result.time,
            result.message.as_ref().map(|m| format!(": {m}")).unwrap_or_default()
        ));
    }
    text
}

fn percent(i: Interval) -> String {
    format!("{:.0} % [{:.0}, {:.0}]", 100.0 * i.value, 100.0 * i.low, 100.0 * i.high)
}

fn number(i: Interval, digits: usize) -> String {
    format!("{:.digits$} [{:.digits$}, {:.digits$}]", i.value, i.low, i.high)
}

/// The whole of a run.
pub(crate) fn results(trials: Vec<TrialResult>) -> Results {
    Results { version: env!("CARGO_PKG_VERSION").to_owned(), summaries: SceneSummary::all(&trials), trials }
}

/// One row a robot and trial, with a header.
pub(crate) fn csv(trials: &[TrialResult]) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Rows are flat and go into memory, so that neither step can fail.
    for trial in trials {
        let _ = writer.serialize(trial);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
