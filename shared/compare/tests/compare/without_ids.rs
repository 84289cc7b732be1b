//! Alerts that have no id in common.

use drawbridge_compare::InZone;
use serde_json::{Value, json};

use crate::export::{alert, compare, key, lines, old};

/// A record of alert `n` without an id, at this time.
fn nameless(n: u64, time: Value) -> Value {
    let mut record = old(n);
    record["AlertTime"] = time;
    let members = record.as_object_mut().unwrap();
    for name in ["AlertId", "FullId"] {
        members.remove(name);
    }
    record
}

/// Alert `n` of device 1 at this time.
fn at(n: u64, time: &str) -> Value {
    let mut alert = alert(1);
    alert["id"] = json!(format!("da{n}"));
    alert["createdDateTime"] = json!(time);
    alert
}

#[test]
fn the_nearest_in_time_is_the_same() {
    let olds = [
        nameless(1, json!("2023-04-05T06:00:00Z")),
        nameless(1, json!("2023-04-05T06:06:00Z")),
        nameless(1, json!("2023-04-05T06:30:00Z")),
    ];
    // The first is nearest to the second old one, and what is left of both sides to each other.
    let news = [at(1, "2023-04-05T06:05:00Z"), at(2, "2023-04-05T06:08:00Z")];
    let report = compare(lines(&olds).as_bytes(), lines(&news).as_bytes());
    assert_eq!(report.alerts.by_detector_device_time, 2);
    assert_eq!(report.alerts.only_old.count, 1);
    let times: Vec<_> = key(&report, "AlertTime")
        .examples
        .iter()
        .map(|example| (example.old.clone().unwrap(), example.new.clone().unwrap()))
        .collect();
    let pair = |old: &str, new: &str| {
        (
            format!("2023-04-05T{old}Z"),
            format!("2023-04-05T{new}.0000000Z"),
        )
    };
    assert_eq!(
        times,
        [pair("06:06:00", "06:05:00"), pair("06:00:00", "06:08:00")]
    );
}

#[test]
fn the_title_stands_in_for_a_detector_that_one_side_has_not() {
    let mut record = nameless(1, json!("2023-04-05T06:07:08Z"));
    record.as_object_mut().unwrap().remove("IoaDefinitionId");
    let shared = |record: &Value| {
        let report = compare(
            lines(std::slice::from_ref(record)).as_bytes(),
            lines(&[alert(1)]).as_bytes(),
        );
        report.alerts.by_detector_device_time
    };
    assert_eq!(shared(&record), 1);
    record["AlertTitle"] = json!("another title");
    assert_eq!(shared(&record), 0);
    // Two detectors are two, whatever the title.
    let mut other = nameless(1, json!("2023-04-05T06:07:08Z"));
    other["IoaDefinitionId"] = json!("another detector");
    assert_eq!(shared(&other), 0);
}

#[test]
fn times_may_be_numbers() {
    let record = nameless(1, json!(1_680_674_828.123_f64));
    let report = compare(lines(&[record]).as_bytes(), lines(&[alert(1)]).as_bytes());
    assert_eq!(report.alerts.by_detector_device_time, 1);
    assert!(report.old.times.is_some());
}

#[test]
fn a_lost_zone_is_hinted_at() {
    let local = |n| nameless(n, json!("2023-04-05T08:07:08.123"));
    let olds = [
        local(1),
        local(2),
        nameless(3, json!("2023-04-05T09:00:00")),
    ];
    let news: Vec<Value> = (1..=3).map(alert).collect();
    let report = compare(lines(&olds).as_bytes(), lines(&news).as_bytes());
    assert_eq!(report.alerts.shared(), 0);
    let expected = InZone {
        offset_minutes: 120,
        alerts: 2,
    };
    assert_eq!(report.alerts.in_zone, Some(expected));
    // With a zone, a time is what it says.
    let zoned = nameless(1, json!("2023-04-05T08:07:08.123Z"));
    let report = compare(lines(&[zoned]).as_bytes(), lines(&news).as_bytes());
    assert_eq!(report.alerts.in_zone, None);
}

#[test]
fn an_export_without_what_its_records_are_of_loses_none_of_them() {
    let few = |n| {
        let all = old(n);
        json!({
            "AlertId": all["AlertId"], "AlertTitle": all["AlertTitle"], "Severity": all["Severity"],
            "AlertTime": all["AlertTime"],
        })
    };
    let olds: Vec<Value> = (1..=3).map(few).collect();
    let news: Vec<Value> = (1..=3).map(alert).collect();
    let report = compare(lines(&olds).as_bytes(), lines(&news).as_bytes());
    assert_eq!(report.records.only_old.count, 0);
    assert_eq!((report.losses.count, report.losses.of), (0, 12));
}
