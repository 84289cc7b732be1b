use super::keys::TABLE;
use crate::detection::{Row, Synthesised};

/// The record as one line.
pub(super) fn record(row: &Row<'_, '_>, ids: &Synthesised) -> String {
    let in_header = |byte| matches!(byte, b'\\' | b'|');
    let in_value = |byte| matches!(byte, b'\\' | b'=' | b'\n' | b'\r');
    TABLE.write(
        row,
        ids,
        |text, line| escape(text, in_header, line),
        |text, line| escape(text, in_value, line),
    )
}

/// Writes a text with a backslash before each special byte; a line break becomes its letter.
fn escape(text: &str, is_special: impl Fn(u8) -> bool, line: &mut String) {
    let mut plain_from = 0;
    for (at, byte) in text.bytes().enumerate() {
        if !is_special(byte) {
            continue;
        }
        line.push_str(&text[plain_from..at]);
        line.push('\\');
        line.push(match byte {
            b'\n' => 'n',
            b'\r' => 'r',
            byte => char::from(byte),
        });
        plain_from = at + 1;
    }
    line.push_str(&text[plain_from..]);
}
