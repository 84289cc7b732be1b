//! What came through the cloud, in the hands of parsers and validators that others wrote.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_alert::Alert;
use drawbridge_readers::run;
use drawbridge_record::format;
use serde_json::{Value, json};

use crate::consumers::{alerts, bridge};

/// Runs a script without holding up the test's other work.
async fn script(name: &'static str, args: &'static [&'static str], input: String) -> String {
    tokio::task::spawn_blocking(move || run(name, args, &input))
        .await
        .unwrap()
}

/// The keys and values that each line of CEF was made from.
fn cef_pairs() -> BTreeMap<String, Vec<(String, Value)>> {
    let cef = format("cef").unwrap();
    let mut pairs = BTreeMap::new();
    for alert in alerts::all() {
        let records = alerts::records(cef, &alert);
        let explained = cef.explain(&Alert::decode(&alert).unwrap());
        assert_eq!(records.len(), explained.len());
        for (record, explained) in records.into_iter().zip(explained) {
            let keys = explained.keys.into_iter();
            let keys: Vec<(String, Value)> = keys
                .map(|key| (key.key.into_owned(), key.value))
                .filter(|(_, value)| value != "")
                .collect();
            pairs.insert(record.body, keys);
        }
    }
    pairs
}

/// pycef reads each line, and cefevent, which knows the dictionary, takes each value and writes it
/// the same.
pub(crate) async fn assert_pycef_and_cefevent_read(lines: &[String]) {
    let pairs = cef_pairs();
    let input: String = lines
        .iter()
        .map(|line| json!({"line": line, "keys": pairs[line]}))
        .map(|record| format!("{record}\n"))
        .collect();
    let told = script("cef.py", &[], input).await;
    let told: Vec<&str> = told.lines().collect();
    let [counts] = told[..] else {
        panic!("{told:#?}");
    };
    let counts: Value = serde_json::from_str(counts).unwrap();
    assert!(counts["values"].as_u64().unwrap() > 10 * lines.len() as u64);
}

#[tokio::test]
async fn pycef_and_cefevent_read_cef_off_the_queue() {
    let messages = &bridge::read("cef").await.messages;
    let lines: Vec<String> = messages
        .iter()
        .map(|message| message.body.clone())
        .collect();
    assert_pycef_and_cefevent_read(&lines).await;
}

/// Vector's own functions read what its sources would hand on.
#[tokio::test]
async fn vectors_functions_read_json_and_cef_off_the_queue() {
    for name in ["siem", "native", "ocsf", "ecs", "cef"] {
        let messages = &bridge::read(name).await.messages;
        let input: String = messages
            .iter()
            .map(|message| format!("{}\n", json!(message.body)))
            .collect();
        let function = if name == "cef" {
            "parse_cef"
        } else {
            "parse_json"
        };
        let told = script(
            "vector.py",
            if name == "cef" {
                &["parse_cef"]
            } else {
                &["parse_json"]
            },
            input,
        )
        .await;
        let read: Vec<Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read.len(), messages.len(), "{function}");
        for (read, message) in read.iter().zip(messages) {
            match name {
                "cef" => {
                    assert_eq!(read["deviceVendor"], "Microsoft");
                    // The line leaves out what the key is padded with.
                    let key = message.attributes["key"].trim_end_matches('=');
                    assert_eq!(read["cs2"], key);
                }
                _ => assert_eq!(*read, serde_json::from_str::<Value>(&message.body).unwrap()),
            }
        }
    }
}

/// OCSF's published schema takes each line of the objects.
#[tokio::test]
async fn ocsf_objects_are_valid() {
    let lines = bridge::read("ocsf").await.notified.lines();
    let told = script("ocsf_schema.py", &[], lines.join("\n") + "\n").await;
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told.len(), lines.len());
    for (told, line) in told.iter().zip(&lines) {
        assert_eq!(*told, "[]", "{line}");
    }
}

/// The fields of the objects are those that the documentation lists and the tests of the format hold
/// against ECS's own definitions.
#[tokio::test]
async fn ecs_objects_have_no_field_that_is_not_listed() {
    let listed = format("ecs").unwrap().fields();
    let listed: BTreeSet<&str> = listed.iter().map(|field| field.name).collect();
    for line in bridge::read("ecs").await.notified.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        for path in leaves(&record, "") {
            let is_listed = listed.contains(path.as_str())
                || listed.iter().any(|name| {
                    let name = name.trim_end_matches(".*");
                    path.strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with('.'))
                });
            assert!(is_listed, "{path}");
        }
    }
}

fn leaves(value: &Value, path: &str) -> Vec<String> {
    let Some(members) = value.as_object() else {
        return vec![path.to_owned()];
    };
    let dot = if path.is_empty() { "" } else { "." };
    members
        .iter()
        .flat_map(|(name, value)| leaves(value, &format!("{path}{dot}{name}")))
        .collect()
}
