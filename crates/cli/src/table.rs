//! The tables that the verbs print: one frame, words on the left, numbers on the right.

use std::ops::RangeBounds;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, ContentArrangement, Table};

/// A framed table with a `header` and no rows yet, whose columns in `numbers` are aligned to the right; it is as wide as it
/// has to be, so that programs can read it too.
pub(crate) fn framed(
    header: impl IntoIterator<Item = impl ToString>,
    numbers: impl RangeBounds<usize>,
) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.into_iter().map(|title| title.to_string()));
    for (i, column) in table.column_iter_mut().enumerate() {
        if numbers.contains(&i) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_table_are_aligned_to_the_right_and_words_to_the_left() {
        let mut table = framed(["name", "count"], 1..);
        table.add_row(["a", "1"]).add_row(["long name", "1000000"]);
        let text = table.to_string();
        assert!(text.contains("│ a         ┆       1 │"), "{text}");
        assert!(text.contains("│ name      ┆   count │"), "{text}");
    }
}
