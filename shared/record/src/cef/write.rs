use std::borrow::Cow;

use super::keys::TABLE;
use crate::detection::line::Style;
use crate::detection::{Row, Synthesised};

/// Vendor, product and version as Microsoft's ArcSight mapping of the old API has them.
const PREFIX: &str = "CEF:0|Microsoft|Microsoft Defender ATP|2.0|";

/// What a line weighs as a rule.
const USUAL_BYTES: usize = 2048;

pub(super) const HEADER_STYLE: Style = Style {
    blanks: &['\t', '\n', '\r'],
    flags: ["0", "1"],
    time: epoch_ms,
};

pub(super) const EXTENSION_STYLE: Style = Style {
    blanks: &[],
    ..HEADER_STYLE
};

/// Milliseconds since 1970: of the dictionary's two notations the one without a language and a zone.
fn epoch_ms<'t>(time: &'t drawbridge_alert::Timestamp<'_>) -> Cow<'t, str> {
    match time.instant {
        Some(instant) => instant.as_millisecond().to_string().into(),
        None => Cow::Borrowed(""),
    }
}

/// The record as one line.
pub(super) fn record(row: &Row<'_, '_>, ids: &Synthesised) -> String {
    let mut line = String::with_capacity(USUAL_BYTES);
    let mut truncated = Vec::new();
    line.push_str(PREFIX);
    for field in TABLE.header {
        let (value, was_cut) = field.value(row, ids, &TABLE.header_style);
        escape(&value, |byte| matches!(byte, b'\\' | b'|'), &mut line);
        line.push('|');
        truncated.extend(was_cut.then_some(field.name));
    }
    let mut separator = "";
    let mut pair = |key: &str, value: &str| {
        line.push_str(separator);
        separator = " ";
        line.push_str(key);
        line.push('=');
        escape(
            value,
            |byte| matches!(byte, b'\\' | b'=' | b'\n' | b'\r'),
            &mut line,
        );
    };
    for key in TABLE.keys_of(row) {
        let (value, was_cut) = key.value(row, ids, &TABLE.key_style);
        if value.is_empty() {
            continue;
        }
        pair(key.name, &value);
        for (name, label) in key.labels {
            pair(name, label);
        }
        truncated.extend(was_cut.then_some(key.name));
    }
    if !truncated.is_empty() {
        pair(TABLE.truncated, &truncated.join(","));
    }
    line
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
