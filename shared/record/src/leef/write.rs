use super::keys::TABLE;
use crate::detection::line::Style;
use crate::detection::{Row, Synthesised, time_text};

/// LEEF defines no escape, but there are readers that take `\|` for one: an id that ends in a
/// backslash would swallow the end of its field.
pub(super) const HEADER_STYLE: Style = Style {
    blanks: &['\t', '\n', '\r', '|', '\\'],
    flags: ["false", "true"],
    time: time_text,
};

pub(super) const ATTRIBUTE_STYLE: Style = Style {
    blanks: &['\t', '\n', '\r'],
    ..HEADER_STYLE
};

/// The record as one line.
pub(super) fn record(row: &Row<'_, '_>, ids: &Synthesised) -> String {
    let as_it_is = |text: &str, line: &mut String| line.push_str(text);
    TABLE.write(row, ids, as_it_is, as_it_is)
}
