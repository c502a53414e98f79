//! Text inside of HTML, SVG and other XML.

/// `text` as it has to be written between tags or inside of an attribute's quotes, so that it is shown as it is.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_opens_no_tag_and_closes_no_attribute() {
        let text = "a <b> & \"c\" 'd' é";
        assert_eq!(escape(text), "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39; é");
    }
}
