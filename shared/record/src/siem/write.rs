use super::keys::KEYS;
use crate::detection::{self, Row, Synthesised, Value, time_text};
use crate::json::string;

/// What a record weighs at least: its keys and punctuation, and some values.
const USUAL_BYTES: usize = 2560;

/// The record as one line of JSON.
pub(crate) fn record(row: &Row<'_, '_>, ids: &Synthesised) -> String {
    let mut json = String::with_capacity(USUAL_BYTES);
    for (n, key) in KEYS.iter().enumerate() {
        json.push_str(if n == 0 { "{\"" } else { ",\"" });
        json.push_str(key.name);
        json.push_str("\":");
        match key.kind.0 {
            Value::Text(value) => string(&value(row), &mut json),
            Value::Time(value) => string(
                &value(row).map_or_else(Default::default, time_text),
                &mut json,
            ),
            Value::Id(value) => string(value(ids), &mut json),
            Value::Number(value) => json.push_str(&value(ids).to_string()),
            Value::Flag(value) => json.push_str(match value(row) {
                Some(true) => "true",
                Some(false) => "false",
                None => "null",
            }),
            Value::Empty => json.push_str("\"\""),
        }
    }
    json.push('}');
    json
}

/// SHA-256 of the record without what is synthesised and without the time of the last activity,
/// which moves while nothing else does.
pub(crate) fn content(row: &Row<'_, '_>) -> [u8; 32] {
    let keys = KEYS.iter().filter(|key| key.name != "LastProcessedTimeUtc");
    detection::content(keys.map(|key| &key.kind.0), row)
}
