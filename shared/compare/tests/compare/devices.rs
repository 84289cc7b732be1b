//! Alerts with several devices: each record with the one of its own.

use drawbridge_compare::Report;
use serde_json::{Value, json};

use crate::export::{compare, key, lines, old};

/// What records of any generation say of the device `name`.
fn on(name: &str, sha1: &str) -> Value {
    let mut record = old(1);
    for (key, value) in [
        ("ComputerDnsName", format!("{name}.corp.example.com")),
        ("MachineName", name.to_owned()),
        ("DeviceID", format!("id-{name}")),
        ("FullId", String::new()),
        ("Sha1", sha1.to_owned()),
        ("FileHash", sha1.to_owned()),
    ] {
        record[key] = json!(value);
    }
    if sha1.is_empty() {
        record["FileName"] = json!("");
        record["FilePath"] = json!("");
    }
    record
}

/// The record with no other key of its device than these.
fn with_only(mut record: Value, keys: &[&str]) -> Value {
    let members = record.as_object_mut().unwrap();
    members.retain(|name, _| {
        ![
            "ComputerDnsName",
            "MachineName",
            "DeviceID",
            "MachineDomain",
        ]
        .contains(&name.as_str())
            || keys.contains(&name.as_str())
    });
    record
}

fn against(old: &[Value], new: &[Value]) -> Report {
    compare(lines(old).as_bytes(), lines(new).as_bytes())
}

fn different(report: &Report) -> u64 {
    let keys = ["ComputerDnsName", "MachineName", "DeviceID"];
    keys.iter().map(|name| key(report, name).different).sum()
}

/// Whatever keys the export has for a device, in whatever order the records come.
#[test]
fn records_are_matched_on_their_device() {
    for sha1 in ["", "aa"] {
        let [a, b, c] = ["a", "b", "c"].map(|name| on(name, sha1));
        for keys in [
            &["ComputerDnsName", "MachineName", "DeviceID"][..],
            &["ComputerDnsName"],
            &["MachineName"],
            &["DeviceID"],
        ] {
            let of = |records: &[&Value]| -> Vec<Value> {
                let records = records.iter();
                records
                    .map(|record| with_only((*record).clone(), keys))
                    .collect()
            };
            for (olds, news, only_old, only_new) in [
                (vec![&b, &a], vec![&a, &b], 0, 0),
                (vec![&a, &b], vec![&b], 1, 0),
                (vec![&b], vec![&a, &b], 0, 1),
                (vec![&c, &a, &b], vec![&a, &b, &c], 0, 0),
            ] {
                let news: Vec<Value> = news.into_iter().cloned().collect();
                let report = against(&of(&olds), &news);
                assert_eq!(different(&report), 0, "{sha1:?} {keys:?}");
                let records = &report.records;
                let only = (records.only_old.count, records.only_new.count);
                assert_eq!(only, (only_old, only_new), "{sha1:?} {keys:?}");
                if only_old == 1 && !keys.contains(&"DeviceID") {
                    assert!(records.only_old.first[0].device.starts_with('a'));
                }
            }
        }
    }
}

/// A name with its domain on one side alone, and two devices of one name in two domains.
#[test]
fn domains_are_looked_past_where_nothing_else_tells() {
    let mut olds = [on("a", "aa"), on("b", "aa")].map(|record| with_only(record, &["MachineName"]));
    for record in &mut olds {
        let name = record["MachineName"].as_str().unwrap();
        record["MachineName"] = json!(format!("{}.CORP.example.com", name.to_uppercase()));
    }
    let report = against(&olds, &[on("b", "aa"), on("a", "aa")]);
    assert_eq!((different(&report), report.records.only_old.count), (0, 0));
    for keys in [
        &["ComputerDnsName"][..],
        &["ComputerDnsName", "MachineName"],
    ] {
        let domain = |domain: &str| {
            let mut record = with_only(on("ws", "aa"), keys);
            record["ComputerDnsName"] = json!(format!("ws.{domain}"));
            record
        };
        let olds = [domain("a.com"), domain("b.com")];
        let report = against(&olds, &[domain("b.com")]);
        assert_eq!(different(&report), 0, "{keys:?}");
        assert_eq!(report.records.only_old.first[0].device, "ws.a.com");
    }
}

/// Of what is of the device alone, another device is another thing.
#[test]
fn a_record_without_an_entity_is_of_its_device() {
    let report = against(&[on("a", ""), on("b", "")], &[on("b", ""), on("c", "")]);
    let records = &report.records;
    assert_eq!((records.only_old.count, records.only_new.count), (1, 1));
    assert_eq!(different(&report), 0);
    // One that says nothing of a device may be of any.
    let nameless = with_only(on("x", ""), &[]);
    let report = against(&[on("a", ""), nameless], &[on("b", ""), on("a", "")]);
    assert_eq!(report.records.only_old.count, 0);
    let names = key(&report, "ComputerDnsName");
    assert_eq!((names.same, names.filled), (1, 1));
}

/// An alert of another id is known by its devices, in whatever order they come.
#[test]
fn alerts_of_several_devices_are_matched_without_their_ids() {
    let with_id = |id: &str, names: [&str; 2]| {
        names.map(|name| {
            let mut record = on(name, "");
            record["AlertId"] = json!(id);
            record
        })
    };
    let report = against(&with_id("x", ["b", "a"]), &with_id("y", ["a", "b"]));
    assert_eq!(report.alerts.by_detector_device_time, 1);
    assert_eq!(different(&report), 0);
}

/// Whichever of the devices of an alert a side has, and if the old side has neither the id nor one alert
/// for all of them.
#[test]
fn an_alert_of_another_id_is_known_by_any_of_its_devices() {
    let of = |id: Option<&str>, names: &[&str]| -> Vec<Value> {
        let records = names.iter().map(|name| {
            let mut record = on(name, "aa");
            let members = record.as_object_mut().unwrap();
            match id {
                Some(id) => members.insert("AlertId".into(), json!(id)),
                None => members.remove("FullId").and(members.remove("AlertId")),
            };
            record
        });
        records.collect()
    };
    for (olds, news, only_old, only_new) in [
        (of(Some("x"), &["b"]), of(Some("y"), &["a", "b"]), 0, 1),
        (of(Some("x"), &["c", "b"]), of(Some("y"), &["a", "b"]), 1, 1),
        (
            of(None, &["a", "b", "c"]),
            of(Some("y"), &["a", "b", "c"]),
            0,
            0,
        ),
        (of(None, &["c", "b"]), of(Some("y"), &["a", "b", "c"]), 0, 1),
    ] {
        let report = against(&olds, &news);
        let (alerts, records) = (&report.alerts, &report.records);
        assert_eq!(alerts.by_detector_device_time, 1, "{olds:?}");
        assert_eq!(
            (alerts.only_old.count, alerts.only_new.count),
            (0, 0),
            "{olds:?}"
        );
        let only = (records.only_old.count, records.only_new.count);
        assert_eq!(only, (only_old, only_new), "{olds:?}");
        assert_eq!(different(&report), 0);
    }
    // Without a device in common, and without ids, they are as many alerts as there are devices.
    let report = against(&of(Some("x"), &["a", "b"]), &of(Some("y"), &["c", "d"]));
    let alerts = &report.alerts;
    assert_eq!(
        (
            alerts.shared(),
            alerts.only_old.count,
            alerts.only_new.count
        ),
        (0, 1, 1)
    );
    let news = [of(Some("y"), &["a"]), of(Some("z"), &["b"])].concat();
    let report = against(&of(None, &["b", "a"]), &news);
    assert_eq!(report.alerts.by_detector_device_time, 2);
}
