//! What the retired API had, the records of `siem` have.

use std::fs;
use std::path::Path;

use drawbridge_alert::Alert;
use drawbridge_record::Format as _;
use drawbridge_record::siem::{KEYS, SIEM};
use serde_json::{Value, json};

#[test]
fn the_keys_come_in_the_order_of_the_old_wire() {
    let old = include_str!("../old_record.txt").lines();
    let old: Vec<&str> = old
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split_once(": ").unwrap().0)
        .collect();
    let keys: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(keys, old);
}

/// The alerts of the goldens, with times that no rule changes.
fn alerts() -> Vec<Value> {
    let goldens = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/siem");
    let cases = fs::read_dir(goldens).unwrap();
    let files = cases.flat_map(|case| fs::read_dir(case.unwrap().path()).unwrap());
    files
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|ext| ext == "json"))
        .map(|file| {
            let mut alert: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
            alert["createdDateTime"] = json!("2026-02-03T04:05:06.7Z");
            alert["lastActivityDateTime"] = json!("2026-02-03T04:08:09.1234567Z");
            alert
        })
        .collect()
}

#[test]
fn every_alert_becomes_records_with_its_own_id_and_times() {
    let alerts = alerts();
    assert!(alerts.len() > 30);
    for alert in &alerts {
        let text = alert.to_string();
        let decoded = Alert::decode(&text).unwrap();
        let records = SIEM.explain(&decoded);
        assert!(!records.is_empty());
        for record in records {
            let value = |name| {
                let mut keys = record.keys.iter();
                &keys.find(|key| key.key == name).unwrap().value
            };
            assert_eq!(value("AlertId"), &alert["id"]);
            assert_eq!(value("AlertTime"), &alert["createdDateTime"]);
            let processed = value("LastProcessedTimeUtc");
            assert_eq!(processed, &alert["lastActivityDateTime"]);
        }
    }
}
