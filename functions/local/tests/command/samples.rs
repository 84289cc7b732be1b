//! `simulate --alerts` and `poll` with samples: exactly the records that the spec demands.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::expected;
use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;
use crate::support::served::Served;

const OWN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/command/fixtures/list.json"
);
/// Microsoft's samples and real old records: beside the repository, and not in every copy of it.
const REFERENCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference");

#[test]
fn the_fixture_yields_what_the_spec_demands() {
    yields_the_expected(Path::new(OWN), 6);
}

#[test]
fn the_documented_list_response_yields_what_the_spec_demands() {
    if let Some(file) = reference("graph/list-alerts_v2.response.json") {
        yields_the_expected(&file, 2);
    }
}

#[test]
fn the_incident_sample_yields_what_the_spec_demands() {
    if let Some(file) = reference("graph/list-incidents.2026.expand-alerts.response.json") {
        yields_the_expected(&file, 17);
    }
}

#[test]
fn records_have_the_keys_order_and_types_of_a_real_old_one() {
    let Some(file) = reference("siem-api/record.2020.json") else {
        return;
    };
    let old: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let old = old[0].as_object().unwrap();
    let mapped = run(drawbridge(&["map", OWN])).well();
    for line in mapped.stdout.lines() {
        let new: Value = serde_json::from_str(line).unwrap();
        let new = new.as_object().unwrap();
        assert!(new.keys().eq(old.keys()), "{line}");
        for (key, value) in new {
            let alike = match &old[key] {
                Value::String(_) => value.is_string(),
                Value::Number(_) => value.is_u64(),
                _ => value.is_boolean() || value.is_null(),
            };
            assert!(alike, "{key}: {value}");
        }
    }
}

#[expect(clippy::print_stdout, reason = "a test that is skipped should say so")]
fn reference(name: &str) -> Option<PathBuf> {
    let file = Path::new(REFERENCE).join(name);
    if file.exists() {
        return Some(file);
    }
    println!("skipped: {name} lies outside the repository and is not here");
    None
}

/// Polls a simulator of `file` twice, each time as a new process.
fn yields_the_expected(file: &Path, count: usize) {
    let (served, folder) = (Served::start(file), Folder::new());
    run(served.poll(&folder)).well();
    let records = folder.records();
    assert_eq!(records.len(), count);
    for alert in alerts(file) {
        let of_alert = records
            .iter()
            .filter(|record| record["AlertId"] == alert["id"]);
        let of_alert: Vec<&Value> = of_alert.collect();
        let expected = expected::records(&alert);
        assert_eq!(of_alert.len(), expected.len(), "{}", alert["id"]);
        for (record, expected) in of_alert.into_iter().zip(&expected) {
            for (key, value) in expected {
                assert_eq!(record[key], *value, "{key} of {}", alert["id"]);
            }
            identifiers_hold(record);
            assert_eq!(record.as_object().unwrap().len(), expected.len() + 4);
        }
    }
    assert!(folder.counts().values().all(|&count| count == 1));

    let again = run(served.poll(&folder)).well();
    assert!(again.stdout.contains(" 0 new records"), "{}", again.stdout);
    assert_eq!(folder.records(), records);
}

/// What the spec says of the identifiers that it lets the bridge make up.
fn identifiers_hold(record: &Value) {
    let text = |key: &str| record[key].as_str().unwrap();
    let unique = text("IocUniqueId");
    assert!(unique.len() == 44 && unique.ends_with('='), "{unique}");
    assert_eq!(text("FullId"), format!("{}:{unique}", text("AlertId")));
    let external = text("ExternalId");
    let upper_hex = |c: char| c.is_ascii_digit() || ('A'..='F').contains(&c);
    assert!(
        external.len() == 40 && external.chars().all(upper_hex),
        "{external}"
    );
    let report = record["ReportID"].as_u64().unwrap();
    assert!((1..1 << 31).contains(&report), "{report}");
}

/// The alerts of a list response of alerts, or of incidents that hold theirs.
fn alerts(file: &Path) -> Vec<Value> {
    let list: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let items = list["value"].as_array().unwrap();
    let alerts = items
        .iter()
        .flat_map(|item| match item["alerts"].as_array() {
            Some(alerts) => alerts.clone(),
            None => vec![item.clone()],
        });
    alerts.collect()
}
