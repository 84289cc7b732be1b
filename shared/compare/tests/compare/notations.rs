//! The same written otherwise, and the names that keys had.

use drawbridge_compare::{PairedBy, Spelling, Verdict};
use serde_json::{Value, json};

use crate::export::{alert, compare, key, lines, old};

/// The record with some keys set; `null` as the new name takes a key away.
fn changed(n: u64, changes: &[(&str, Value)]) -> Value {
    let mut record = old(n);
    for (key, value) in changes {
        record[*key] = value.clone();
    }
    record
}

fn against_its_alert(record: &Value) -> drawbridge_compare::Report {
    let report = compare(
        lines(std::slice::from_ref(record)).as_bytes(),
        lines(&[alert(1)]).as_bytes(),
    );
    assert_eq!(report.alerts.shared(), 1);
    report
}

#[test]
fn an_id_without_its_two_letters_is_the_same_alert() {
    let bare = old(1)["AlertId"].as_str().unwrap()[2..].to_owned();
    let record = changed(
        1,
        &[
            ("AlertId", json!(bare)),
            ("FullId", json!(format!("{bare}:x"))),
        ],
    );
    let report = against_its_alert(&record);
    assert_eq!(report.alerts.by_id_without_prefix, 1);
    let id = key(&report, "AlertId");
    assert_eq!(
        (id.verdict, id.spelling[&Spelling::IdPrefix]),
        (Verdict::Spelling, 1)
    );
    // The same number of another product is another alert.
    let other = changed(
        1,
        &[
            ("AlertId", json!(format!("fa{bare}"))),
            ("MachineName", json!("other")),
        ],
    );
    let report = compare(lines(&[other]).as_bytes(), lines(&[alert(1)]).as_bytes());
    assert_eq!(report.alerts.shared(), 0);
}

#[test]
fn an_alert_of_another_id_is_matched_by_detector_device_and_time() {
    let mut record = changed(
        1,
        &[
            ("AlertId", json!("other")),
            ("AlertTime", json!("2023-04-05T06:00:00Z")),
        ],
    );
    assert_eq!(against_its_alert(&record).alerts.by_detector_device_time, 1);
    // Nor has it to have one.
    let members = record.as_object_mut().unwrap();
    for name in ["AlertId", "FullId"] {
        members.remove(name);
    }
    assert_eq!(against_its_alert(&record).alerts.by_detector_device_time, 1);
    for (name, value) in [
        ("AlertTime", "2023-04-05T05:50:00Z"),
        ("MachineName", "ws-2"),
        ("IoaDefinitionId", "other"),
    ] {
        let mut other = record.clone();
        other[name] = json!(value);
        let report = compare(lines(&[other]).as_bytes(), lines(&[alert(1)]).as_bytes());
        assert_eq!(report.alerts.shared(), 0, "{name}");
        assert_eq!(
            (report.alerts.only_old.count, report.alerts.only_new.count),
            (1, 1)
        );
    }
}

#[test]
fn times_of_another_zone_are_the_same() {
    for (time, spelling) in [
        ("2023-04-05T08:07:08.12345+02:00", Spelling::TimeNotation),
        ("2023-04-05 06:07:08.123", Spelling::TimePrecision),
        ("2023-04-05T08:07:08.12345", Spelling::TimeZone),
        ("1680674828.12345", Spelling::TimeNotation),
    ] {
        let report = against_its_alert(&changed(1, &[("AlertTime", json!(time))]));
        let key = key(&report, "AlertTime");
        assert_eq!(
            key.spelling.get(&spelling),
            Some(&1),
            "{time}: {}",
            key.text
        );
        assert_eq!(key.verdict, Verdict::Spelling);
    }
}

#[test]
fn numbers_as_text_and_null_are_told() {
    let record = changed(1, &[("AlertPart", json!("0")), ("Actor", json!(null))]);
    let report = against_its_alert(&record);
    assert_eq!(key(&report, "AlertPart").spelling[&Spelling::AsText], 1);
    assert_eq!(key(&report, "Actor").spelling[&Spelling::Nothing], 1);
}

#[test]
fn old_names_of_keys_and_keys_that_are_gone_are_told() {
    let mut record = changed(
        1,
        &[
            ("BuiltInMachineTags", json!("gold")),
            ("RiskScore", json!("7")),
        ],
    );
    let members = record.as_object_mut().unwrap();
    members.remove("DeviceCreatedMachineTags");
    members.remove("MachineGroup");
    members.insert("_time".into(), json!("x"));
    let report = against_its_alert(&record);
    assert_eq!(
        report.old.other_names["BuiltInMachineTags"],
        ("DeviceCreatedMachineTags", 1)
    );
    assert_eq!(report.old.unknown.keys().collect::<Vec<_>>(), ["RiskScore"]);
    assert_eq!(key(&report, "DeviceCreatedMachineTags").emptied, 1);
    assert_eq!(key(&report, "MachineGroup").verdict, Verdict::NotExported);
}

#[test]
fn another_entity_of_the_alert_leaves_what_is_said_of_the_alert() {
    let record = changed(
        1,
        &[
            ("Sha1", json!("")),
            ("FileHash", json!("")),
            ("FileName", json!("")),
            ("IpAddress", json!("192.0.2.200")),
        ],
    );
    let report = against_its_alert(&record);
    assert_eq!(report.records.pairs[&PairedBy::AlertAlone], 1);
    assert_eq!(
        (report.records.only_old.count, report.records.only_new.count),
        (1, 1)
    );
    assert_eq!(report.records.only_old.first[0].entity, "192.0.2.200");
    assert_eq!(key(&report, "AlertTitle").same, 1);
    assert_eq!(key(&report, "IpAddress").counts(), [0; 6]);
}
