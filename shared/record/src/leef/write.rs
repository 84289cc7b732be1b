use super::keys::TABLE;
use crate::detection::{Row, Synthesised};

/// The record as one line.
pub(super) fn record(row: &Row<'_, '_>, ids: &Synthesised) -> String {
    let as_it_is = |text: &str, line: &mut String| line.push_str(text);
    TABLE.write(row, ids, as_it_is, as_it_is)
}
