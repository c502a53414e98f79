//! The page of `neuraxis bench motor`: every row of its table, with what must hold and what the peer comes to.

use neuraxis_core::markup::escape;

use super::motor_rows::{Bound, Row};
use super::page::{Page, table, verdict};

/// One page that needs nothing else.
#[must_use]
pub fn page(rows: &[Row], command: &str) -> String {
    let about = "A return is the sum of clamp(v / 0.1 m/s, 0, 1) over 1000 control steps of 0.03 s. The peer is the circuit of \
                 Bhattasali et al. (2022) in MuJoCo.";
    let mut page = Page::new("motor", "The swimmer's circuit on its body", command, about, "");
    for part in rows.chunk_by(|a, b| a.part == b.part) {
        page.heading(part[0].part);
        let header = ["measure", "measured", "must", "aim", "peer", "holds"];
        page.html(&table(&header, part.iter().map(cells)));
    }
    page.finish("")
}

fn cells(row: &Row) -> [String; 6] {
    let digits = row.digits;
    let bound = |bound: Option<Bound>| bound.map_or("-".to_owned(), |bound| escape(&bound.text(digits)));
    let deviation = row.deviation.map_or(String::new(), |d| format!(" ± {d:.digits$}"));
    [
        escape(&row.what),
        format!("{:.digits$}{deviation}", row.measured),
        bound(row.must),
        bound(row.aim),
        escape(&row.peer_text()),
        verdict(row.verdict()),
    ]
}
