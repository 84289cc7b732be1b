use serde_json::Value as Json;

use super::keys::{KEYS, Key};
use crate::ExplainedKey;
use crate::detection::{NOTHING_SENT, Row, Synthesised, Value, from, time_text};

/// Explains the keys of a record.
pub(super) fn keys(row: &Row<'_, '_>, ids: &Synthesised) -> Vec<ExplainedKey> {
    KEYS.iter().map(|key| explain(key, row, ids)).collect()
}

fn explain(key: &Key, row: &Row<'_, '_>, ids: &Synthesised) -> ExplainedKey {
    let value = match key.kind.0 {
        Value::Text(value) => Json::from(value(row).into_owned()),
        Value::Time(value) => Json::from(
            value(row)
                .map_or_else(Default::default, time_text)
                .into_owned(),
        ),
        Value::Id(value) => Json::from(value(ids)),
        Value::Number(value) => Json::from(value(ids)),
        Value::Flag(value) => Json::from(value(row)),
        Value::Empty => Json::from(""),
    };
    let empty = value == "" || value.is_null();
    ExplainedKey {
        key: key.name.into(),
        from: from(key.source, row, empty.then_some(NOTHING_SENT)),
        value,
    }
}
