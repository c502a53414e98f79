//! The pages of the benches: one frame, one style, one way to write a table; they need nothing else, neither files nor a network.

use std::fmt::Write as _;

use neuraxis_core::markup::escape;

/// What all pages look like.
const STYLE: &str = "body{margin:0 auto;max-width:1240px;padding:12px 16px;font:14px/1.45 system-ui,sans-serif;\
color:#1b1f24;background:#fff}h1{font-size:18px}h2{font-size:15px;margin:22px 0 6px}code{font:12px ui-monospace,monospace;\
color:#5a6470;overflow-wrap:anywhere}.scroll{overflow:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
th,td{padding:3px 8px;text-align:right;border-bottom:1px solid #d5dae0;white-space:nowrap}th:first-child,td:first-child\
{text-align:left}.bad{color:#b3261e}details{margin:4px 0;border-top:1px solid #d5dae0;padding:4px 0}summary{cursor:pointer}\
.keys span,.keys label{margin-right:14px;white-space:nowrap}.keys i{display:inline-block;width:14px;height:3px;\
vertical-align:middle;margin:0 4px 0 0}@media print{details{break-inside:avoid}}";

/// A page that is being written. What takes `html` writes it as it is; what takes `text` escapes it.
pub(super) struct Page {
    out: String,
}

impl Page {
    /// The page of `neuraxis bench NAME`: `title` above it, the command that made it, and what the numbers are (`about`, HTML).
    /// `style` is CSS of its own, on top of that of all pages.
    pub(super) fn new(name: &str, title: &str, command: &str, about: &str, style: &str) -> Self {
        let (name, title, command) = (escape(name), escape(title), escape(command));
        let out = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width, initial-scale=1\"><title>Neuraxis bench {name}</title><style>{STYLE}{style}</style>\
             </head><body><h1>{title}</h1><code>{command}</code><p>{about}</p>"
        );
        Self { out }
    }

    /// A heading, as text.
    pub(super) fn heading(&mut self, text: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "<h2>{}</h2>", escape(text));
    }

    /// Anything, as HTML.
    pub(super) fn html(&mut self, html: &str) {
        self.out.push_str(html);
    }

    /// The whole page, with a `script` at its end; none if that is empty.
    pub(super) fn finish(mut self, script: &str) -> String {
        if !script.is_empty() {
            let _ = write!(self.out, "<script>{script}</script>");
        }
        self.out.push_str("</body></html>\n");
        self.out
    }
}

/// A table, as HTML: its header as text, its cells as HTML.
pub(super) fn table<R: AsRef<[String]>>(header: &[&str], rows: impl IntoIterator<Item = R>) -> String {
    let mut out = String::from("<div class=\"scroll\"><table><thead><tr>");
    for title in header {
        let _ = write!(out, "<th>{}</th>", escape(title));
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row.as_ref() {
            let _ = write!(out, "<td>{cell}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// A verdict, as HTML: one that begins with `NO` stands out.
pub(super) fn verdict(text: &str) -> String {
    let text = escape(text);
    if text.starts_with("NO") { format!("<b class=\"bad\">{text}</b>") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_what_was_typed_and_runs_none_of_it() {
        let mut page = Page::new("motor", "A title", "bench --only \"<b>\"", "About <i>it</i>.", "");
        page.heading("<part>");
        page.html(&table(&["a<b", "c"], [[escape("\"x\""), verdict("NO")]]));
        let text = page.finish("");
        assert!(text.contains("bench --only &quot;&lt;b&gt;&quot;") && text.contains("About <i>it</i>."));
        assert!(text.contains("<h2>&lt;part&gt;</h2>") && text.contains("<th>a&lt;b</th>"));
        assert!(text.contains("<td>&quot;x&quot;</td><td><b class=\"bad\">NO</b></td>"));
        assert!(text.ends_with("</body></html>\n") && !text.contains("<script>"));
    }
}
