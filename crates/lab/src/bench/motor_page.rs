//! The page of `neuraxis bench motor`: every row of its table, with what must hold and what the peer comes to.

use std::fmt::Write as _;

use super::motor::Row;

const STYLE: &str = "body{margin:0 auto;max-width:1000px;padding:12px 16px;font:14px/1.45 system-ui,sans-serif;\
color:#1b1f24;background:#fff}h1{font-size:18px}h2{font-size:15px;margin:22px 0 6px}code{font:12px ui-monospace,monospace;\
color:#5a6470;overflow-wrap:anywhere}.scroll{overflow:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
th,td{padding:3px 8px;text-align:right;border-bottom:1px solid #d5dae0;white-space:nowrap}th:first-child,td:first-child\
{text-align:left}.bad{color:#b3261e}";

/// One page that needs nothing else.
#[must_use]
pub fn page(rows: &[Row], command: &str) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\"><title>Neuraxis bench motor</title><style>{STYLE}</style></head><body>\
         <h1>The swimmer's circuit on its body</h1><code>{}</code><p>A return is the sum of clamp(v / 0.1 m/s, 0, 1) over 1000 \
         control steps of 0.03 s. The peer is the circuit of Bhattasali et al. (2022) in MuJoCo.</p>",
        escape(command)
    );
    let mut part = "";
    for row in rows {
        if row.part != part {
            if !part.is_empty() {
                out.push_str("</tbody></table></div>");
            }
            part = row.part;
            let _ = write!(
                out,
                "<h2>{}</h2><div class=\"scroll\"><table><thead><tr><th>measure</th><th>measured</th><th>must</th><th>aim</th>\
                 <th>peer</th><th>holds</th></tr></thead><tbody>",
                escape(part)
            );
        }
        let bound = |b: Option<super::motor::Bound>| b.map_or("-".to_owned(), |b| b.text(row.digits));
        let verdict = match row.verdict() {
            "NO" => "<b class=\"bad\">NO</b>",
            other => other,
        };
        let digits = row.digits;
        let deviation = row.deviation.map_or(String::new(), |d| format!(" ± {d:.digits$}"));
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{:.digits$}{deviation}</td><td>{}</td><td>{}</td><td>{}</td><td>{verdict}</td></tr>",
            escape(&row.what),
            row.measured,
            bound(row.must),
            bound(row.aim),
            row.peer_text()
        );
    }
    if !part.is_empty() {
        out.push_str("</tbody></table></div>");
    }
    out.push_str("</body></html>\n");
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
