//! Where wrappers have what they are wrapped around.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::{keys, table};

/// The members that hold a list of records or alerts, or of answers that do.
const LISTS: &[&str] = &["alerts", "value", "results", "hits", "responses"];

/// A text that should be JSON and is not.
pub(crate) struct NoObjects;

/// Where a wrapper has what it is wrapped around; `None` if it has nothing there.
pub(crate) type Way = fn(&mut Map<String, Value>) -> Option<Result<Vec<Value>, NoObjects>>;

/// The surest first.
pub(crate) const WAYS: [Way; 12] = [
    |map| object(map, "result"),
    |map| object(map, "_source"),
    // Here even a text that does not begin as JSON does should be a record.
    |map| Some(objects_in(map.get("_raw").filter(|raw| !raw.is_null())?)),
    |map| object(map, "fields"),
    |map| text(map.get("event")?.get("original")),
    |map| text(map.get("event.original")),
    |map| text(map.get("event")),
    |map| text(map.get("message")),
    |map| some(records_within(map)),
    |map| some(without_prefixes(map)),
    |map| Some(Ok(table::rows(map)?)),
    |map| Some(Ok(lists(map)?)),
];

fn object(map: &mut Map<String, Value>, name: &str) -> Option<Result<Vec<Value>, NoObjects>> {
    let value = map.get_mut(name).filter(|value| value.is_object())?;
    Some(Ok(vec![value.take()]))
}

fn text(value: Option<&Value>) -> Option<Result<Vec<Value>, NoObjects>> {
    Some(objects_in(value.filter(|value| is_json_text(value))?))
}

fn some(found: Vec<Value>) -> Option<Result<Vec<Value>, NoObjects>> {
    (!found.is_empty()).then_some(Ok(found))
}

/// Whether a value is a text that is meant to be JSON; Elastic's `fields` are lists of one.
pub(crate) fn is_json_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim_start().starts_with(['{', '[']),
        Value::Array(texts) => !texts.is_empty() && texts.iter().all(is_json_text),
        _ => false,
    }
}

/// The objects in a text: one, several, or a list of them.
pub(crate) fn objects_in(value: &Value) -> Result<Vec<Value>, NoObjects> {
    let mut all = Vec::new();
    match value {
        Value::Object(_) => all.push(value.clone()),
        Value::Array(texts) => {
            for text in texts {
                all.append(&mut objects_in(text)?);
            }
        }
        Value::String(text) if text.trim().is_empty() => return Err(NoObjects),
        Value::String(text) => {
            let text = drawbridge_alert::without_lone_surrogates(text);
            for value in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
                match value.map_err(|_| NoObjects)? {
                    Value::Array(mut values) => all.append(&mut values),
                    value => all.push(value),
                }
            }
        }
        _ => return Err(NoObjects),
    }
    Ok(all)
}

/// The records under names of their own, as Splunk's HTTP input and Elastic's inputs put them.
fn records_within(map: &mut Map<String, Value>) -> Vec<Value> {
    let is_record = |value: &Value| value.as_object().is_some_and(keys::is_record);
    let mut found = Vec::new();
    for value in map.values_mut() {
        match value {
            Value::Array(values) if values.iter().any(is_record) => found.append(values),
            value if is_record(value) => found.push(value.take()),
            _ => {}
        }
    }
    found
}

/// The records whose keys all stand behind the name of an input: `wdatp.AlertId`.
fn without_prefixes(map: &mut Map<String, Value>) -> Vec<Value> {
    let prefixes: BTreeSet<&str> = map
        .keys()
        .filter_map(|name| Some(name.rsplit_once('.')?.0))
        .collect();
    let records = prefixes.into_iter().filter_map(|prefix| {
        let stripped = map.iter().filter_map(|(name, value)| {
            let name = name.strip_prefix(prefix)?.strip_prefix('.')?;
            Some((name.to_owned(), value.clone()))
        });
        let record = Some(stripped.collect()).filter(keys::is_record)?;
        Some(Value::Object(record))
    });
    records.collect()
}

/// What the lists of an answer hold.
fn lists(map: &mut Map<String, Value>) -> Option<Vec<Value>> {
    let mut found = None;
    for (_, value) in map
        .iter_mut()
        .filter(|(name, _)| LISTS.contains(&name.as_str()))
    {
        let found = found.get_or_insert_with(Vec::new);
        match value {
            Value::Array(values) => found.append(values),
            // Elastic's `hits` are in an object of this name.
            value if value.is_object() => found.push(value.take()),
            _ => {}
        }
    }
    found
}
