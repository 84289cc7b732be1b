//! `simulate --alerts` and `poll` with an answer of Graph: exactly the records that are due.

use std::path::Path;

use serde_json::{Value, json};

use crate::expected;
use crate::support::command::{drawbridge, run};
use crate::support::folder::Folder;
use crate::support::served::Served;

const LIST: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/command/fixtures/list.json"
);
/// What a record of the retired API held, a key and its type per line.
const OLD_RECORD: &str = include_str!("../../../../shared/record/tests/old_record.txt");

#[test]
fn a_list_of_alerts_yields_the_records_that_are_due() {
    yields_the_expected(Path::new(LIST), 6);
}

/// As `GET /security/incidents?$expand=alerts` answers.
#[test]
fn the_alerts_of_incidents_yield_the_same() {
    let of_incidents = alerts(Path::new(LIST)).into_iter().map(|alert| {
        json!({
            "@odata.type": "#microsoft.graph.security.incident",
            "id": alert["incidentId"], "status": "active", "severity": "high",
            "createdDateTime": alert["createdDateTime"],
            "lastUpdateDateTime": alert["lastUpdateDateTime"],
            "alerts": [alert],
        })
    });
    let list = json!({"value": of_incidents.collect::<Vec<_>>()});
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("incidents.json");
    std::fs::write(&file, list.to_string()).unwrap();
    yields_the_expected(&file, 6);
}

#[test]
fn records_have_the_keys_order_and_types_of_the_old_ones() {
    let old = OLD_RECORD.lines().filter(|line| !line.starts_with('#'));
    let old: Vec<(&str, &str)> = old.map(|line| line.split_once(": ").unwrap()).collect();
    assert_eq!(old.len(), 50);
    let mapped = run(drawbridge(&["map", LIST])).well();
    assert_eq!(mapped.stdout.lines().count(), 6);
    for line in mapped.stdout.lines() {
        let new: Value = serde_json::from_str(line).unwrap();
        let new = new.as_object().unwrap();
        assert!(new.keys().eq(old.iter().map(|(key, _)| key)), "{line}");
        for (key, kind) in &old {
            let value = &new[*key];
            let alike = match *kind {
                "text" => value.is_string(),
                "number" => value.is_u64(),
                "flag or null" => value.is_boolean() || value.is_null(),
                kind => panic!("what is {kind}?"),
            };
            assert!(alike, "{key}: {value}");
        }
    }
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

/// What `docs/record.md` says of the identifiers that are made up here.
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
