//! Microsoft's own samples: what is published of both APIs fits this format.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::fs;
use std::path::PathBuf;

use drawbridge_alert::Alert;
use drawbridge_record::Format as _;
use drawbridge_record::siem::{KEYS, SIEM};
use serde_json::Value;

/// A file of the published references, which are not part of this repository.
fn reference(path: &str) -> Option<Value> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/reference")
        .join(path);
    let Ok(text) = fs::read_to_string(file) else {
        println!("skipped: the references are not here");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn the_keys_come_in_the_order_of_the_old_wire() {
    let Some(old) = reference("siem-api/record.2020.json") else {
        return;
    };
    let old = match &old {
        Value::Array(records) => &records[0],
        record => record,
    };
    let old: Vec<&String> = old.as_object().unwrap().keys().collect();
    let known: Vec<&str> = KEYS
        .iter()
        .map(|key| key.name)
        .filter(|name| old.iter().any(|key| key == name))
        .collect();
    assert_eq!(known, old);
}

#[test]
fn every_published_alert_becomes_records_with_its_own_id_and_times() {
    for (path, alerts) in [
        ("graph/list-alerts_v2.response.json", "/value"),
        (
            "graph/list-incidents.2026.expand-alerts.response.json",
            "/value/0/alerts",
        ),
    ] {
        let Some(page) = reference(path) else { return };
        let alerts = page.pointer(alerts).and_then(Value::as_array).unwrap();
        assert!(!alerts.is_empty());
        for alert in alerts {
            let text = alert.to_string();
            let decoded = Alert::decode(&text).unwrap();
            let records = SIEM.explain(&decoded);
            let kinds = ["file", "process", "ip", "url"];
            let entities = alert["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|evidence| {
                    let kind = evidence["@odata.type"].as_str().unwrap();
                    kinds
                        .iter()
                        .any(|k| kind.ends_with(&format!(".{k}Evidence")))
                });
            assert!(records.len() >= entities.count().max(1), "{path}");
            for record in records {
                let value = |name| {
                    &record
                        .keys
                        .iter()
                        .find(|key| key.key == name)
                        .unwrap()
                        .value
                };
                assert_eq!(value("AlertId"), &alert["id"]);
                assert_eq!(value("AlertTime"), &alert["createdDateTime"]);
                assert_eq!(
                    value("LastProcessedTimeUtc"),
                    &alert["lastActivityDateTime"]
                );
            }
        }
    }
}
