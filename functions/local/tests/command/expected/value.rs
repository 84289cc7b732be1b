//! Graph's values as the record wants them.

use serde_json::Value;

pub(super) fn kind(evidence: &Value) -> &str {
    text(&evidence["@odata.type"])
        .rsplit('.')
        .next()
        .unwrap_or_default()
}

pub(super) fn of_kind<'v>(evidence: &'v [Value], kinds: &[&str]) -> Vec<&'v Value> {
    evidence
        .iter()
        .filter(|piece| kinds.contains(&kind(piece)))
        .collect()
}

/// Whether two pieces of evidence are one entity.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    let identity = |entity: &Value| {
        let mut parts = vec![entity["@odata.type"].clone(), entity["mdeDeviceId"].clone()];
        parts.extend(match kind(entity) {
            "fileEvidence" => vec![entity["fileDetails"].clone()],
            "processEvidence" => vec![
                entity["processId"].clone(),
                entity["processCreationDateTime"].clone(),
            ],
            _ => vec![entity["ipAddress"].clone(), entity["url"].clone()],
        });
        parts
    };
    identity(one) == identity(other)
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The first that is a time, with a fraction of a second.
pub(super) fn time(values: &[&Value]) -> String {
    let times = values.iter().map(|value| text(value));
    let is_time = |time: &&str| !matches!(*time, "" | "0001-01-01T00:00:00Z");
    let time = times.into_iter().find(is_time).unwrap_or_default();
    match time.split_once('.') {
        None => time.replace('Z', ".0000000Z"),
        Some(_) => time.to_owned(),
    }
}

pub(super) fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(text).collect()
}

pub(super) fn or<'v>(one: &'v str, other: &'v str) -> &'v str {
    if one.is_empty() { other } else { one }
}

pub(super) fn first<'v>(values: &[&'v Value]) -> &'v str {
    values
        .iter()
        .map(|value| text(value))
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}
