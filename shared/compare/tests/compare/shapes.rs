//! Every shape of an export gives the same result, and that is what a careful person would say.

use std::io::Write as _;

use drawbridge_compare::{PairedBy, Verdict};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::export::{alert, compare, key, lines, old, with};

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

fn each(values: &[Value], wrap: impl Fn(&Value) -> Value) -> String {
    lines(&values.iter().map(wrap).collect::<Vec<_>>())
}

#[test]
fn an_old_export_against_mapped_alerts() {
    let olds: Vec<Value> = (1..=3).map(old).collect();
    let alerts: Vec<Value> = (1..=3).map(alert).collect();
    let new = json!({"value": alerts}).to_string();
    let report = compare(&Value::from(olds).to_string().into_bytes(), new.as_bytes());
    assert_eq!((report.alerts.by_id, report.alerts.shared()), (3, 3));
    assert_eq!(report.records.pairs[&PairedBy::Hash], 3);
    assert_eq!(
        (
            report.old.records,
            report.new.records,
            report.new.mapped_alerts
        ),
        (3, 3, 3)
    );
    assert_eq!(
        with(&report, Verdict::MadeUp),
        ["FullId", "ReportID", "ExternalId", "IocUniqueId"]
    );
    assert_eq!(
        with(&report, Verdict::Never),
        ["LinkToWDATP", "LastProcessedTimeUtc"]
    );
    assert!(
        key(&report, "LinkToWDATP")
            .text
            .contains("always empty now")
    );
    assert!(
        key(&report, "LastProcessedTimeUtc")
            .text
            .contains("last activity")
    );
    assert_eq!(with(&report, Verdict::Partly), [""; 0]);
    assert_eq!(
        with(&report, Verdict::Spelling),
        ["FileName", "LogOnUsers", "Description"],
    );
    for (name, words) in [
        ("FileName", "ignore case"),
        ("LogOnUsers", "split at `;`"),
        ("Description", "spaces and line breaks"),
    ] {
        assert!(
            key(&report, name).text.contains(words),
            "{}",
            key(&report, name).text
        );
    }
    assert_eq!(with(&report, Verdict::More), ["ThreatCategory", "Md5"]);
    for name in [
        "AlertTime",
        "Severity",
        "Sha1",
        "AlertPart",
        "DeviceID",
        "Source",
        "UserDomain",
    ] {
        assert_eq!(key(&report, name).verdict, Verdict::AsBefore, "{name}");
    }
    assert_eq!(key(&report, "IocName").verdict, Verdict::NoValue);
    // Two keys of three records.
    assert_eq!(report.losses.count, 6);
}

#[test]
fn every_shape_of_an_export_says_the_same() {
    let olds: Vec<Value> = (1..=3).map(old).collect();
    let new = lines(&(1..=3).map(alert).collect::<Vec<_>>());
    let array = Value::from(olds.clone()).to_string();
    let expected = compare(array.as_bytes(), new.as_bytes());
    let source = |record: &Value| json!({"_index": "wdatp", "_id": "x", "_source": record});
    let hits: Vec<Value> = olds.iter().map(source).collect();
    let names: Vec<&String> = olds[0].as_object().unwrap().keys().collect();
    let columns: Vec<Value> = names
        .iter()
        .map(|name| json!({"name": name, "type": "keyword"}))
        .collect();
    let values: Vec<Value> = olds
        .iter()
        .map(|old| names.iter().map(|name| old[*name].clone()).collect())
        .collect();
    let shapes: Vec<Vec<u8>> = vec![
        lines(&olds).into(),
        format!("\u{feff}{}", lines(&olds)).into(),
        serde_json::to_vec_pretty(&olds).unwrap(),
        each(
            &olds,
            |r| json!({"preview": false, "offset": 1, "result": r}),
        )
        .into(),
        each(
            &olds,
            |r| json!({"preview": false, "result": {"_raw": r.to_string(), "source": "x"}}),
        )
        .into(),
        json!({"preview": false, "init_offset": 0, "results": olds})
            .to_string()
            .into(),
        each(&olds, source).into(),
        json!({"took": 3, "hits": {"total": {"value": 3}, "hits": hits}})
            .to_string()
            .into(),
        each(
            &olds,
            |r| json!({"_source": {"event": {"original": r.to_string()}}}),
        )
        .into(),
        json!({"columns": columns, "values": values})
            .to_string()
            .into(),
        json!({"columns": columns, "rows": values})
            .to_string()
            .into(),
        json!({"responses": [{"hits": {"hits": hits}}]})
            .to_string()
            .into(),
        gzip(array.as_bytes()),
        [
            gzip(&lines(&olds[..1]).into_bytes()),
            gzip(&lines(&olds[1..]).into_bytes()),
        ]
        .concat(),
    ];
    let said = |report: &drawbridge_compare::Report| serde_json::to_value(&report.keys).unwrap();
    for shape in shapes {
        let report = compare(&shape, new.as_bytes());
        let shown = String::from_utf8_lossy(&shape[..60.min(shape.len())]).into_owned();
        assert_eq!(said(&report), said(&expected), "{shown}");
        assert_eq!(report.alerts.by_id, 3, "{shown}");
        // What is packed twice is no JSON.
        if !shape.starts_with(&[0x1f, 0x8b]) {
            let packed = compare(&gzip(&shape), new.as_bytes());
            assert_eq!(said(&packed), said(&expected), "{shown}");
        }
    }
}

#[test]
fn splunks_previews_are_not_counted_and_a_repeated_record_once() {
    let result = |n, preview| json!({"preview": preview, "result": old(n)});
    let last = json!({"preview": false, "lastrow": true});
    let export = lines(&[
        result(1, true),
        result(1, false),
        result(2, false),
        result(2, false),
        last,
    ]);
    let report = compare(export.as_bytes(), lines(&[alert(1), alert(2)]).as_bytes());
    assert_eq!(
        (
            report.old.records,
            report.old.repeated,
            report.old.passed_over
        ),
        (3, 1, 2)
    );
    assert_eq!(report.alerts.by_id, 2);
}

/// Where an event came from is not of the record, whatever Splunk writes it as.
#[test]
fn what_splunk_adds_is_left_out_of_every_shape() {
    let event = |n: u64| {
        let mut event = old(n);
        for name in [
            "source",
            "host",
            "index",
            "sourcetype",
            "punct",
            "linecount",
        ] {
            event[name] = json!("x");
        }
        event["_time"] = json!("x");
        event
    };
    let events: Vec<Value> = (1..=3).map(event).collect();
    let names: Vec<&String> = events[0].as_object().unwrap().keys().collect();
    let rows: Vec<Value> = events
        .iter()
        .map(|event| names.iter().map(|name| event[*name].clone()).collect())
        .collect();
    let new = lines(&(1..=3).map(alert).collect::<Vec<_>>());
    for export in [
        each(&events, |event| json!({"preview": false, "result": event})),
        json!({"preview": false, "results": events}).to_string(),
        json!({"fields": names, "rows": rows}).to_string(),
        lines(&events),
    ] {
        let report = compare(export.as_bytes(), new.as_bytes());
        assert_eq!(report.alerts.by_id, 3);
        assert!(report.old.unknown.is_empty(), "{:?}", report.old.unknown);
        assert!(
            report.old.other_names.is_empty(),
            "{:?}",
            report.old.other_names
        );
    }
}
