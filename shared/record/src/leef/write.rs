use super::keys::TABLE;
use crate::detection::line::Style;
use crate::detection::{Row, Synthesised, time_text};

const PREFIX: &str = "LEEF:2.0|Microsoft|Microsoft Defender XDR|1.0|";

/// The delimiter as the header names it, and as it is.
const DELIMITER: (&str, char) = ("0x09", '\t');

/// What a line weighs as a rule.
const USUAL_BYTES: usize = 2048;

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
    let mut line = String::with_capacity(USUAL_BYTES);
    let mut truncated = Vec::new();
    line.push_str(PREFIX);
    for field in TABLE.header {
        let (value, was_cut) = field.value(row, ids, &TABLE.header_style);
        line.push_str(&value);
        line.push('|');
        truncated.extend(was_cut.then_some(field.name));
    }
    line.push_str(DELIMITER.0);
    line.push('|');
    let mut is_first = true;
    let mut pair = |key: &str, value: &str| {
        if !is_first {
            line.push(DELIMITER.1);
        }
        is_first = false;
        line.push_str(key);
        line.push('=');
        line.push_str(value);
    };
    for key in TABLE.keys_of(row) {
        let (value, was_cut) = key.value(row, ids, &TABLE.key_style);
        if value.is_empty() {
            continue;
        }
        pair(key.name, &value);
        truncated.extend(was_cut.then_some(key.name));
    }
    if !truncated.is_empty() {
        pair(TABLE.truncated, &truncated.join(","));
    }
    line
}
