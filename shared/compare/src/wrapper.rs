//! What an object of an export is, told by looking: a record, an alert of Graph, or either within what
//! Splunk or Elastic wraps around it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::keys;

/// How many wrappers may lie around a record.
const MAX_WRAPPERS: usize = 6;

/// What was found in an object.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// A record, old or ours.
    Record(Map<String, Value>),
    /// An alert of Graph, as its text.
    Alert(String),
    /// Something that belongs to an export and is no record: a preview, the end of a search.
    Passing,
    /// JSON of another kind.
    Other,
    /// It is not JSON.
    NotJson,
}

/// Looks at an object, and at each alert of an incident.
pub(crate) fn look(text: String) -> Vec<Found> {
    match serde_json::from_str(&text) {
        // As it is: mapping takes the text of numbers and the order of keys from it.
        Ok(Value::Object(map)) if is_alert(&map) => vec![Found::Alert(text)],
        Ok(Value::Object(map)) => look_into(map),
        Ok(_) => vec![Found::Other],
        Err(_) => vec![Found::NotJson],
    }
}

fn look_into(mut map: Map<String, Value>) -> Vec<Found> {
    let mut is_splunk = false;
    for _ in 0..MAX_WRAPPERS {
        if is_passing(&map) {
            return vec![Found::Passing];
        }
        if is_alert(&map) {
            return vec![Found::Alert(Value::Object(map).to_string())];
        }
        if let Some(Value::Array(alerts)) = map.get_mut("alerts") {
            let alerts = std::mem::take(alerts).into_iter();
            return alerts
                .flat_map(|alert| match alert {
                    Value::Object(alert) if is_alert(&alert) => {
                        vec![Found::Alert(Value::Object(alert).to_string())]
                    }
                    _ => vec![Found::Other],
                })
                .collect();
        }
        if let Some(rows) = table_rows(&map) {
            return rows.into_iter().flat_map(look_into).collect();
        }
        is_splunk |= map.contains_key("result") || map.contains_key("_raw");
        match inner(&mut map) {
            Some(inner) => map = inner,
            None if keys::is_record(&map) => {
                if is_splunk {
                    // Where the event came from, unless the record has a key of this very name.
                    for name in keys::SPLUNK_METADATA {
                        map.remove(*name);
                    }
                }
                return vec![Found::Record(map)];
            }
            None => break,
        }
    }
    vec![Found::Other]
}

/// Splunk repeats results while a search runs, and ends with a line of its own; Elastic's bulk format
/// has a line before each document.
fn is_passing(map: &Map<String, Value>) -> bool {
    let is_preview = map.get("preview") == Some(&Value::Bool(true)) && map.contains_key("result");
    let is_last = map.contains_key("lastrow") && !map.contains_key("result");
    let is_action = map.len() == 1
        && ["index", "create"].iter().any(|name| {
            map.get(*name)
                .and_then(Value::as_object)
                .is_some_and(|action| action.keys().all(|key| key.starts_with('_')))
        });
    is_preview || is_last || is_action
}

/// The rows of a table, as Splunk writes it with `output_mode=json_rows` and `json_cols`: the names once,
/// and the values by row or by column.
fn table_rows(map: &Map<String, Value>) -> Option<Vec<Map<String, Value>>> {
    let names: Vec<&str> = map
        .get("fields")?
        .as_array()?
        .iter()
        .map(|field| field.as_str().or_else(|| field.get("name")?.as_str()))
        .collect::<Option<_>>()?;
    let row = |values: &mut dyn Iterator<Item = &Value>| -> Map<String, Value> {
        let members = names.iter().zip(values);
        let members = members.map(|(name, value)| ((*name).to_owned(), value.clone()));
        members.collect()
    };
    if let Some(rows) = map.get("rows").and_then(Value::as_array) {
        let rows = rows.iter().filter_map(Value::as_array);
        return Some(rows.map(|values| row(&mut values.iter())).collect());
    }
    let columns = map.get("columns")?.as_array()?;
    let columns: Vec<&Vec<Value>> = columns.iter().filter_map(Value::as_array).collect();
    let count = columns.iter().map(|column| column.len()).max()?;
    let value = |column: &'_ &Vec<Value>, n: usize| column.get(n).unwrap_or(&Value::Null).clone();
    let rows = (0..count).map(|n| {
        let values: Vec<Value> = columns.iter().map(|column| value(column, n)).collect();
        row(&mut values.iter())
    });
    Some(rows.collect())
}

/// What the object is wrapped around.
fn inner(map: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    for wrapper in ["result", "_source"] {
        if let Some(Value::Object(inner)) = map.get_mut(wrapper) {
            return Some(std::mem::take(inner));
        }
    }
    // The event as it came in says more than the fields that were taken from it.
    if let Some(raw) = object_in(map.get("_raw")) {
        return Some(raw);
    }
    if keys::is_record(map) {
        return None;
    }
    if let Some(Value::Object(fields)) = map.get_mut("fields") {
        return Some(std::mem::take(fields));
    }
    let original = map.get("event").and_then(|event| event.get("original"));
    object_in(original)
        .or_else(|| object_in(map.get("event.original")))
        .or_else(|| object_in(map.get("message")))
        .or_else(|| record_within(map))
        .or_else(|| without_common_prefix(map))
}

/// A record under a name of its own, as Splunk's HTTP input and Elastic's inputs put it.
fn record_within(map: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    map.values_mut().find_map(|value| match value {
        Value::Object(inner) if keys::is_record(inner) => Some(std::mem::take(inner)),
        _ => None,
    })
}

/// A record whose keys all stand behind the name of an input: `wdatp.AlertId`.
fn without_common_prefix(map: &mut Map<String, Value>) -> Option<Map<String, Value>> {
    let prefixes: BTreeSet<&str> = map
        .keys()
        .filter_map(|name| Some(name.rsplit_once('.')?.0))
        .collect();
    prefixes.into_iter().find_map(|prefix| {
        let stripped = map.iter().filter_map(|(name, value)| {
            let name = name.strip_prefix(prefix)?.strip_prefix('.')?;
            Some((name.to_owned(), value.clone()))
        });
        Some(stripped.collect()).filter(keys::is_record)
    })
}

fn object_in(text: Option<&Value>) -> Option<Map<String, Value>> {
    let text = text?.as_str()?;
    text.trim_start().starts_with('{').then_some(())?;
    serde_json::from_str(text).ok()
}

fn is_alert(map: &Map<String, Value>) -> bool {
    let has_type = map
        .get("@odata.type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.ends_with(".alert") || kind.ends_with("Alert"));
    let has_parts = ["evidence", "serviceSource", "detectionSource"]
        .iter()
        .any(|name| map.contains_key(*name));
    map.get("id").is_some_and(Value::is_string) && (has_type || has_parts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({"AlertId": "da1_1", "AlertTitle": "A", "Severity": "High"})
    }

    fn looked_at(value: &Value) -> Vec<Found> {
        look(value.to_string())
    }

    #[test]
    fn a_record_is_found_in_every_wrapper() {
        let record = record();
        let Value::Object(expected) = record.clone() else {
            panic!("no object")
        };
        let raw = record.to_string();
        let mut in_fields = record.clone();
        in_fields["_raw"] = json!("not JSON");
        in_fields["source"] = json!("http:wdatp");
        for wrapped in [
            record.clone(),
            json!({"preview": false, "offset": 3, "result": record}),
            json!({"preview": false, "result": {"_time": "x", "_raw": raw, "AlertTitle": "cut"}}),
            json!({"_index": "x", "_source": record, "sort": [1]}),
            json!({"_source": {"@timestamp": "x", "event": {"original": raw}}}),
            json!({"_source": {"@timestamp": "x", "message": raw}}),
            json!({"time": 1, "sourcetype": "wdatp:alerts", "event": record}),
            json!({"_source": {"@timestamp": "x", "json": record}}),
            json!({"_source": {"@timestamp": "x", "wdatp": record}}),
            json!({"_source": {
                "@timestamp": "x", "event.module": "m365", "wdatp.AlertId": "da1_1", "wdatp.AlertTitle": "A",
                "wdatp.Severity": "High",
            }}),
        ] {
            assert_eq!(
                looked_at(&wrapped),
                [Found::Record(expected.clone())],
                "{wrapped}"
            );
        }
        let [Found::Record(found)] = &looked_at(&json!({"result": in_fields}))[..] else {
            panic!("none found")
        };
        assert!(!found.contains_key("source"), "{found:?}");
    }

    #[test]
    fn the_rows_of_a_table_are_records() {
        let names = json!(["AlertId", "AlertTitle", "Severity"]);
        let described = json!([{"name": "AlertId"}, {"name": "AlertTitle"}, {"name": "Severity"}]);
        let Value::Object(expected) = record() else {
            panic!("no object")
        };
        for table in [
            json!({"fields": names, "rows": [["da1_1", "A", "High"], ["da1_1", "A", "High"]]}),
            json!({"fields": described, "rows": [["da1_1", "A", "High"], ["da1_1", "A", "High"]]}),
            json!({"fields": names, "columns": [["da1_1", "da1_1"], ["A", "A"], ["High", "High"]]}),
        ] {
            let found = [
                Found::Record(expected.clone()),
                Found::Record(expected.clone()),
            ];
            assert_eq!(looked_at(&table), found, "{table}");
        }
    }

    #[test]
    fn alerts_are_told_from_records() {
        let alert = json!({"id": "da1_1", "serviceSource": "x", "evidence": []});
        let text = alert.to_string();
        for wrapped in [
            alert.clone(),
            json!({"result": {"_raw": text}}),
            json!({"_source": alert}),
            json!({"id": "7", "alerts": [alert]}),
        ] {
            assert_eq!(
                looked_at(&wrapped),
                [Found::Alert(text.clone())],
                "{wrapped}"
            );
        }
    }

    #[test]
    fn what_is_neither_is_said_to_be() {
        let preview = json!({"preview": true, "result": record()});
        assert_eq!(looked_at(&preview), [Found::Passing]);
        assert_eq!(
            looked_at(&json!({"preview": false, "lastrow": true})),
            [Found::Passing]
        );
        assert_eq!(looked_at(&json!({"index": {"_id": "1"}})), [Found::Passing]);
        assert_eq!(looked_at(&json!({"Name": "x"})), [Found::Other]);
        assert_eq!(
            looked_at(&json!({"class_uid": 2004, "message": "{"})),
            [Found::Other]
        );
        assert_eq!(look("{\"a\":tru}".into()), [Found::NotJson]);
    }
}
