use sha2::{Digest as _, Sha256};

use super::fan_out::Row;
use super::identity::Synthesised;
use super::keys::{KEYS, Value};
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
    let mut sha = Sha256::new();
    for key in KEYS.iter().filter(|key| key.name != "LastProcessedTimeUtc") {
        let value = match key.kind.0 {
            Value::Text(value) => value(row),
            Value::Flag(value) => value(row)
                .map_or("null", |on| if on { "1" } else { "0" })
                .into(),
            Value::Id(_) | Value::Number(_) | Value::Empty => continue,
        };
        sha.update((value.len() as u64).to_be_bytes());
        sha.update(value.as_bytes());
    }
    sha.finalize().into()
}
