//! `results.parquet`: one row a trial and robot, for pandas, polars and their like.

use std::sync::Arc;

use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::TrialResult;

/// What a column holds.
enum Values {
    Whole(fn(&TrialResult) -> i64),
    Truth(fn(&TrialResult) -> bool),
    Real(fn(&TrialResult) -> f64),
    MaybeReal(fn(&TrialResult) -> Option<f64>),
    Text(fn(&TrialResult) -> &str),
    MaybeText(fn(&TrialResult) -> Option<&str>),
}

/// The columns, by the names of `results.json`.
const COLUMNS: &[(&str, Values)] = &[
    ("trial", Values::Whole(|r| r.trial as i64)),
    // A seed has 64 bits; above 2⁶³ it reads as a negative number.
    ("seed", Values::Whole(|r| r.seed as i64)),
    ("scene", Values::Text(|r| &r.scene)),
    ("robot", Values::Text(|r| &r.robot)),
    ("index", Values::Whole(|r| r.index as i64)),
    ("outcome", Values::Text(|r| r.outcome.as_str())),
    ("message", Values::MaybeText(|r| r.message.as_deref())),
    ("success", Values::Truth(|r| r.success)),
    ("time", Values::Real(|r| r.time)),
    ("path_length", Values::Real(|r| r.path_length)),
    ("shortest", Values::Real(|r| r.shortest)),
    ("spl", Values::Real(|r| r.spl)),
    ("explored", Values::MaybeReal(|r| r.explored)),
    ("touches", Values::Whole(|r| r.touches as i64)),
    ("hardest_touch", Values::Real(|r| r.hardest_touch)),
    ("energy", Values::Real(|r| r.energy)),
    ("worst_error", Values::Real(|r| r.worst_error)),
    ("digest", Values::Text(|r| &r.digest)),
];

/// The rows as a Parquet file.
///
/// # Errors
/// If the library refuses to write them, which it has no reason to.
pub fn parquet(rows: &[TrialResult]) -> Result<Vec<u8>, ParquetError> {
    let fields: Vec<String> = COLUMNS
        .iter()
        .map(|(name, values)| match values {
            Values::Whole(_) => format!("required int64 {name};"),
            Values::Truth(_) => format!("required boolean {name};"),
            Values::Real(_) => format!("required double {name};"),
            Values::MaybeReal(_) => format!("optional double {name};"),
            Values::Text(_) => format!("required binary {name} (UTF8);"),
            Values::MaybeText(_) => format!("optional binary {name} (UTF8);"),
        })
        .collect();
    let schema = parse_message_type(&format!("message trials {{ {} }}", fields.join(" ")))?;
    let properties = WriterProperties::builder().build();
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for (_, values) in COLUMNS {
        let Some(mut column) = group.next_column()? else { break };
        match (values, column.untyped()) {
            (Values::Whole(of), ColumnWriter::Int64ColumnWriter(writer)) => {
                writer.write_batch(&rows.iter().map(of).collect::<Vec<_>>(), None, None)?;
            }
            (Values::Truth(of), ColumnWriter::BoolColumnWriter(writer)) => {
                writer.write_batch(&rows.iter().map(of).collect::<Vec<_>>(), None, None)?;
            }
            (Values::Real(of), ColumnWriter::DoubleColumnWriter(writer)) => {
                writer.write_batch(&rows.iter().map(of).collect::<Vec<_>>(), None, None)?;
            }
            (Values::MaybeReal(of), ColumnWriter::DoubleColumnWriter(writer)) => {
                let is_there: Vec<i16> = rows.iter().map(|row| i16::from(of(row).is_some())).collect();
                writer.write_batch(&rows.iter().filter_map(of).collect::<Vec<_>>(), Some(&is_there), None)?;
            }
            (Values::Text(of), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let texts: Vec<ByteArray> = rows.iter().map(|row| ByteArray::from(of(row))).collect();
                writer.write_batch(&texts, None, None)?;
            }
            (Values::MaybeText(of), ColumnWriter::ByteArrayColumnWriter(writer)) => {
                let texts: Vec<ByteArray> = rows.iter().filter_map(of).map(ByteArray::from).collect();
                let is_there: Vec<i16> = rows.iter().map(|row| i16::from(of(row).is_some())).collect();
                writer.write_batch(&texts, Some(&is_there), None)?;
            }
            _ => return Err(ParquetError::General("a column of another kind than its values".to_owned())),
        }
        column.close()?;
    }
    group.close()?;
    file.into_inner()
}
