//! What an object of an export is, told by looking: a record, an alert of Graph, or either within what
//! Splunk or Elastic wraps around it.

use serde_json::{Map, Value};

use crate::item::Broken;
use crate::keys;
use crate::unwrap::{NoObjects, WAYS, is_json_text, objects_in};

/// How many wrappers may lie around a record.
const MAX_WRAPPERS: usize = 6;

/// What was found in an object.
#[derive(Debug, PartialEq)]
pub(crate) enum Unwrapped {
    /// A record, old or ours.
    Record(Map<String, Value>),
    /// An alert of Graph, as its text.
    Alert(String),
    /// Something that belongs to an export and is no record: a preview, the end of a search.
    Passing,
    /// JSON of another kind.
    Other,
    /// What cannot be read.
    Broken(Broken),
}

impl Unwrapped {
    fn is_whole(&self) -> bool {
        matches!(self, Self::Record(_) | Self::Alert(_))
    }
}

/// Looks at an object, and at each alert of an incident.
pub(crate) fn look(text: String) -> Vec<Unwrapped> {
    match serde_json::from_str(&text) {
        // As it is: mapping takes the text of numbers and the order of keys from it.
        Ok(Value::Object(map)) if !keys::is_record(&map) && is_alert(&map) => {
            vec![Unwrapped::Alert(text)]
        }
        Ok(Value::Object(map)) => look_into(map, Nesting::default()),
        Ok(_) => vec![Unwrapped::Other],
        Err(_) => vec![Unwrapped::Broken(Broken::NotJson)],
    }
}

/// Looks at what was around a list of objects, which is empty in it: it may be a record that has such a
/// list by chance. How many objects a search found in all, where it says so.
pub(crate) fn look_around_list(text: String) -> (Vec<Unwrapped>, Option<u64>) {
    let total = serde_json::from_str(&text).ok().and_then(|answer: Value| {
        let total = answer.get("hits")?.get("total")?;
        total.get("value").unwrap_or(total).as_u64()
    });
    let mut found = look(text);
    found.retain(|found| !matches!(found, Unwrapped::Other | Unwrapped::Passing));
    (found, total)
}

/// What lies around an object.
#[derive(Debug, Clone, Copy, Default)]
struct Nesting {
    wrappers: usize,
    is_splunk: bool,
}

fn look_into(map: Map<String, Value>, nesting: Nesting) -> Vec<Unwrapped> {
    if nesting.wrappers >= MAX_WRAPPERS {
        return vec![Unwrapped::Other];
    }
    let inside = Nesting {
        wrappers: nesting.wrappers + 1,
        is_splunk: nesting.is_splunk || is_of_splunk(&map),
    };
    // A record is one whatever else it holds, and so is an alert.
    if keys::is_record(&map) {
        return look_at_record(map, inside);
    }
    if is_alert(&map) {
        return vec![Unwrapped::Alert(Value::Object(map).to_string())];
    }
    if is_passing(&map) {
        return vec![Unwrapped::Passing];
    }
    let incomplete = is_incomplete(&map).then_some(Unwrapped::Broken(Broken::Incomplete));
    let mut found = look_at_wrapped(map, inside);
    found.extend(incomplete);
    found
}

/// Looks where a wrapper has what it is wrapped nesting.
fn look_at_wrapped(mut map: Map<String, Value>, inside: Nesting) -> Vec<Unwrapped> {
    let mut first = None;
    let mut is_text_broken = false;
    for way in WAYS {
        match way(&mut map) {
            None => {}
            Some(Err(NoObjects)) => is_text_broken = true,
            Some(Ok(objects)) => {
                let found = look_at_each(objects, inside);
                if found.iter().any(Unwrapped::is_whole) {
                    return found;
                }
                first.get_or_insert(found);
            }
        }
    }
    match first {
        _ if is_text_broken => vec![Unwrapped::Broken(Broken::EventNotJson)],
        Some(found) => found,
        None => vec![Unwrapped::Other],
    }
}

/// A record, or the fields that Splunk took from one: then the event as it came in says more.
fn look_at_record(mut map: Map<String, Value>, inside: Nesting) -> Vec<Unwrapped> {
    let raw = map.get("_raw").filter(|raw| is_json_text(raw));
    let mut more = Vec::new();
    match raw.map(objects_in) {
        Some(Ok(objects)) => {
            let found = look_at_each(objects, inside);
            if found.iter().any(Unwrapped::is_whole) {
                return found;
            }
        }
        // The fields of an event that is cut off are not all of it.
        Some(Err(NoObjects)) => more.push(Unwrapped::Broken(Broken::EventNotJson)),
        None => {}
    }
    if inside.is_splunk {
        // Where the event came from, unless the record has a key of this very name.
        for name in keys::SPLUNK_METADATA {
            map.remove(*name);
        }
    }
    more.insert(0, Unwrapped::Record(map));
    more
}

fn look_at_each(objects: Vec<Value>, inside: Nesting) -> Vec<Unwrapped> {
    let objects = objects.into_iter();
    let found = objects.flat_map(|object| match object {
        Value::Object(map) => look_into(map, inside),
        _ => vec![Unwrapped::Other],
    });
    found.collect()
}

/// Whether Splunk says of an object where it came from.
fn is_of_splunk(map: &Map<String, Value>) -> bool {
    let own = ["result", "_raw", "sourcetype", "splunk_server", "punct"];
    own.iter().any(|name| map.contains_key(*name))
}

/// Splunk repeats results while a search runs, and ends with a line of its own; Elastic's bulk format
/// has a line before each document.
fn is_passing(map: &Map<String, Value>) -> bool {
    let has = |name: &&str| map.contains_key(*name);
    let is_preview = map.get("preview") == Some(&Value::Bool(true))
        && ["result", "results", "rows", "columns"].iter().any(has);
    let is_last = map.contains_key("lastrow") && !map.contains_key("result");
    let is_action = map.len() == 1
        && ["index", "create"].iter().any(|name| {
            map.get(*name)
                .and_then(Value::as_object)
                .is_some_and(|action| action.keys().all(|key| key.starts_with('_')))
        });
    is_preview || is_last || is_action
}

/// Whether Elastic says that its answer is not all that it should be.
fn is_incomplete(answer: &Map<String, Value>) -> bool {
    let has = |part: &str, what: &str| {
        let count = answer.get(part).and_then(|part| part.get(what));
        count.and_then(Value::as_u64).is_some_and(|count| count > 0)
    };
    let is = |name: &str| answer.get(name) == Some(&Value::Bool(true));
    // `is_partial` is what ES|QL says.
    is("timed_out")
        || is("is_partial")
        || has("_shards", "failed")
        || ["skipped", "failed", "partial"]
            .iter()
            .any(|what| has("_clusters", what))
}

/// Whether names of members tell that an object is a record or an alert, and no answer with a list.
pub(crate) fn is_whole_by_names<'n>(names: impl Iterator<Item = &'n str> + Clone) -> bool {
    keys::are_of_record(names.clone()) || are_of_alert(names)
}

fn are_of_alert<'n>(mut names: impl Iterator<Item = &'n str> + Clone) -> bool {
    names.clone().any(|name| name == "id") && names.any(|name| ALERT_PARTS.contains(&name))
}

/// What an alert has and an incident has not.
const ALERT_PARTS: &[&str] = &["evidence", "serviceSource", "detectionSource"];

fn is_alert(map: &Map<String, Value>) -> bool {
    let has_type = map
        .get("@odata.type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind.ends_with(".alert") || kind.ends_with("Alert"));
    map.get("id").is_some_and(Value::is_string)
        && (has_type || are_of_alert(map.keys().map(String::as_str)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({"AlertId": "da1_1", "AlertTitle": "A", "Severity": "High"})
    }

    fn looked_at(value: &Value) -> Vec<Unwrapped> {
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
                [Unwrapped::Record(expected.clone())],
                "{wrapped}"
            );
        }
        let [Unwrapped::Record(found)] = &looked_at(&json!({"result": in_fields}))[..] else {
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
                Unwrapped::Record(expected.clone()),
                Unwrapped::Record(expected.clone()),
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
                [Unwrapped::Alert(text.clone())],
                "{wrapped}"
            );
        }
    }

    #[test]
    fn what_is_neither_is_said_to_be() {
        let preview = json!({"preview": true, "result": record()});
        assert_eq!(looked_at(&preview), [Unwrapped::Passing]);
        assert_eq!(
            looked_at(&json!({"preview": false, "lastrow": true})),
            [Unwrapped::Passing]
        );
        assert_eq!(
            looked_at(&json!({"index": {"_id": "1"}})),
            [Unwrapped::Passing]
        );
        assert_eq!(looked_at(&json!({"Name": "x"})), [Unwrapped::Other]);
        assert_eq!(looked_at(&json!({"value": []})), []);
        assert_eq!(
            looked_at(&json!({"class_uid": 2004, "message": "{"})),
            [Unwrapped::Broken(Broken::EventNotJson)]
        );
        assert_eq!(
            look("{\"a\":tru}".into()),
            [Unwrapped::Broken(Broken::NotJson)]
        );
    }
}
