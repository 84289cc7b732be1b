//! What holds for the `ocsf` record of any alert. Whether it is OCSF at all is for `tests/readers`
//! to say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use drawbridge_alert::Alert;
use drawbridge_record::{Change, Field, format};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The record of an alert.
fn record(json: &str, change: Change) -> String {
    let alert = Alert::decode(json).unwrap();
    let drafts: Vec<_> = format("ocsf").unwrap().drafts(&alert).collect();
    assert_eq!(drafts.len(), 1);
    let record = drafts[0].write(0, change);
    let uid = &serde_json::from_str::<Value>(&record.body).unwrap()["metadata"]["uid"];
    assert_eq!(uid, &json!(record.key));
    record.body
}

/// The alerts of the goldens.
fn alerts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ocsf");
    let cases = fs::read_dir(folder).unwrap();
    let files = cases.flat_map(|case| fs::read_dir(case.unwrap().path()).unwrap());
    let alerts = files.map(|file| file.unwrap().path());
    alerts
        .filter(|file| file.extension().is_some_and(|end| end == "json"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

fn explained(json: &str) -> Vec<(String, Value, String)> {
    let alert = Alert::decode(json).unwrap();
    let records = format("ocsf").unwrap().explain(&alert);
    let keys = records.into_iter().flat_map(|record| record.keys);
    keys.map(|key| (key.key.into_owned(), key.value, key.from))
        .collect()
}

/// A path with `[]` for any place in a list.
fn plain(path: &str) -> String {
    let mut plain = String::new();
    let mut in_brackets = false;
    for c in path.chars() {
        in_brackets &= c != ']';
        if !in_brackets {
            plain.push(c);
        }
        in_brackets |= c == '[';
    }
    plain
}

fn fields() -> BTreeMap<&'static str, Field> {
    let fields = format("ocsf").unwrap().fields();
    fields
        .into_iter()
        .map(|field| (field.name, field))
        .collect()
}

/// The values of an alert at a source such as `evidence[2].fileDetails.sha1`, `mitreTechniques[]`
/// or `deviceEvidence.hostName`.
fn at<'a>(alert: &'a Value, source: &str) -> Vec<&'a Value> {
    let source = source.replace("@odata.type", "@odata_type");
    let mut found = vec![alert];
    for (n, step) in source.split('.').enumerate() {
        let step = step.replace("@odata_type", "@odata.type");
        let (name, index) = step.split_once('[').unwrap_or((&step, "-"));
        if n == 0 && name.ends_with("Evidence") {
            let pieces = alert["evidence"].as_array().unwrap().iter();
            found = pieces
                .filter(|piece| {
                    piece["@odata.type"]
                        .as_str()
                        .is_some_and(|kind| kind.ends_with(name))
                })
                .collect();
            continue;
        }
        found = found
            .into_iter()
            .filter_map(|value| value.get(name))
            .flat_map(|value| match (index, value.as_array()) {
                ("]", items) => items.into_iter().flatten().collect(),
                ("-", _) => vec![value],
                (index, _) => value
                    .get(index.trim_end_matches(']').parse::<usize>().unwrap())
                    .into_iter()
                    .collect(),
            })
            .collect();
    }
    found.retain(|value| !value.is_null() && *value != "");
    found
}

fn is_same(value: &Value, source: &Value) -> bool {
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    text(value) == text(source)
}

#[test]
fn every_value_comes_from_where_the_explanation_says() {
    let fields = fields();
    let mut traced = 0;
    for json in alerts() {
        // What no JSON reader takes is in the hostile one.
        let Ok(alert) = serde_json::from_str::<Value>(&json) else {
            continue;
        };
        for (path, value, from) in explained(&json) {
            assert!(!from.is_empty(), "{path}");
            if from.starts_with("fixed: ") {
                continue;
            }
            // A number of an enumeration is written when its source is absent, too.
            let is_code = ["0", "\"Unknown\"", "7", "\"IOT\"", "1", "\"Regular File\""];
            if from == "Graph sent no value for it" {
                assert!(
                    is_code.contains(&value.to_string().as_str())
                        || path.ends_with("product.name")
                        || path.ends_with("reg_value.name"),
                    "{path}: {from}"
                );
                continue;
            }
            let sources: Vec<&Value> = from
                .split(", ")
                .flat_map(|source| at(&alert, source))
                .collect();
            assert!(!sources.is_empty(), "{path}: {from}");
            if fields[plain(&path).as_str()].rule.is_empty()
                && !is_code.contains(&value.to_string().as_str())
            {
                assert!(
                    sources.iter().all(|source| is_same(&value, source)),
                    "{path}: {value} is not at {from}"
                );
                traced += 1;
            }
        }
    }
    assert!(traced > 500, "{traced}");
}

/// The leaves of a value that say anything.
fn leaves<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(members) => members.values().for_each(|value| leaves(value, found)),
        Value::Array(items) => items.iter().for_each(|value| leaves(value, found)),
        Value::Null => (),
        Value::String(text) if text.is_empty() || text.starts_with("0001-01-01T") => (),
        value => found.push(value),
    }
}

/// Says which leaf of a piece of evidence is not in what was made of it, whole or as a part.
fn lost<'v>(piece: &'v Value, written: &Value) -> Option<&'v Value> {
    let (mut sent, mut there) = (Vec::new(), Vec::new());
    leaves(piece, &mut sent);
    leaves(written, &mut there);
    sent.into_iter().find(|leaf| {
        !there.iter().any(|value| match (leaf, value) {
            (Value::String(part), Value::String(whole)) => whole.contains(part.as_str()),
            (leaf, value) => is_same(value, leaf),
        })
    })
}

/// Fails if anything that says anything in the evidence is not in the record.
fn assert_nothing_lost(alert: &Value, record: &Value) {
    let pieces = alert["evidence"].as_array().into_iter().flatten();
    let sent: Vec<&Value> = pieces
        .filter(|piece| {
            let mut found = Vec::new();
            leaves(piece, &mut found);
            !found.is_empty()
        })
        .collect();
    let written = record["evidences"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    assert_eq!(sent.len(), written.len());
    for (piece, written) in sent.iter().zip(written) {
        let lost = lost(piece, written);
        assert!(lost.is_none(), "{lost:?} of {piece}");
    }
}

#[test]
fn nothing_of_the_evidence_is_lost() {
    for json in alerts() {
        if let Ok(alert) = serde_json::from_str::<Value>(&json) {
            let record = serde_json::from_str(&record(&json, Change::New)).unwrap();
            assert_nothing_lost(&alert, &record);
        }
    }
}

#[test]
fn a_loss_would_be_seen() {
    let piece = json!({"a": {"b": "x"}, "n": 1});
    assert_eq!(lost(&piece, &json!({"p": "C:\\x", "m": "1"})), None);
    assert_eq!(lost(&piece, &json!({"n": 1})), Some(&json!("x")));
    assert_eq!(lost(&piece, &json!({"p": "x", "n": true})), Some(&json!(1)));
}

#[test]
fn a_finding_is_created_updated_closed_and_opened_again() {
    let golden =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ocsf/life/records.ndjson");
    let lines = fs::read_to_string(golden).unwrap();
    let of = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        let number = |name: &str| record[name].as_i64().unwrap();
        (
            number("activity_id"),
            number("type_uid"),
            number("status_id"),
            record["is_alert"].as_bool().unwrap(),
        )
    };
    let life: Vec<_> = lines.lines().map(of).collect();
    let closed = (3, 200_403, 4, false);
    assert_eq!(
        life,
        [
            (1, 200_401, 1, true),
            (2, 200_402, 2, true),
            closed,
            (2, 200_402, 2, true)
        ]
    );
}

#[test]
fn an_alert_that_is_resolved_when_first_seen_is_created() {
    let record = record(r#"{"id":"da1","status":"resolved"}"#, Change::New);
    let record: Value = serde_json::from_str(&record).unwrap();
    assert_eq!(
        (&record["activity_id"], &record["status_id"]),
        (&json!(1), &json!(4))
    );
}

/// Names that the format knows, so that values of any shape meet its rules.
const NAMES: [&str; 40] = [
    "@odata.type",
    "verdict",
    "fileDetails",
    "fileName",
    "filePath",
    "sha1",
    "fileSize",
    "imageFile",
    "processId",
    "parentProcessId",
    "userAccount",
    "accountName",
    "userSid",
    "userPrincipalName",
    "ipAddress",
    "location",
    "city",
    "latitude",
    "url",
    "urls",
    "p2Sender",
    "emailAddress",
    "recipientEmailAddress",
    "registryKey",
    "registryHive",
    "mdeDeviceId",
    "hostName",
    "ipInterfaces",
    "vmMetadata",
    "cloudProvider",
    "resourceId",
    "resourceName",
    "name",
    "files",
    "processes",
    "namespace",
    "storageResource",
    "blobContainer",
    "nics",
    "value",
];

const KINDS: [&str; 20] = [
    "device",
    "process",
    "file",
    "user",
    "ip",
    "url",
    "analyzedMessage",
    "mailbox",
    "teamsMessage",
    "registryKey",
    "registryValue",
    "hostLogonSession",
    "malware",
    "networkConnection",
    "ioTDevice",
    "azureResource",
    "blob",
    "kubernetesPod",
    "dns",
    "ofTomorrow",
];

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "192.0.2.1",
            "a@b.example",
            "C:\\a",
            "/a",
            "0001-01-01T00:00:00Z",
            "2026-02-03T04:05:06.7Z",
            "unknown",
            "resolved",
            "https://a.example:1/",
            "/subscriptions/s/x",
            "azure",
            "T1059.001",
            "\u{fffe}\u{0}",
        ])
        .prop_map(Value::from)
    ]
}

/// JSON of any shape.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Of a fraction, JSON readers agree on the first fifteen digits only.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        text(),
        text(),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(Value::from),
        ]
    })
}

fn members(
    value: impl Strategy<Value = Value>,
) -> impl Strategy<Value = serde_json::Map<String, Value>> {
    let name = prop_oneof![
        prop::sample::select(&NAMES[..]).prop_map(str::to_owned),
        ".{0,4}"
    ];
    prop::collection::vec((name, value), 0..8).prop_map(|members| members.into_iter().collect())
}

/// A piece of evidence that has a type, but not always the shape of that type.
fn evidence() -> impl Strategy<Value = Value> {
    (prop::sample::select(&KINDS[..]), members(any_json())).prop_map(|(kind, mut members)| {
        members.insert(
            "@odata.type".into(),
            json!(format!("#microsoft.graph.security.{kind}Evidence")),
        );
        Value::Object(members)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_alert_becomes_one_line_and_loses_no_evidence(
        evidence in prop::collection::vec(evidence(), 0..4), rest in members(any_json()),
        texts in prop::collection::vec(text(), 6), changed in any::<bool>()
    ) {
        let mut alert = rest;
        let names = ["title", "status", "severity", "category", "createdDateTime", "classification"];
        alert.extend(names.iter().map(|name| (*name).to_owned()).zip(texts));
        alert.insert("id".into(), json!("da1"));
        alert.insert("evidence".into(), json!(evidence));
        let alert = Value::Object(alert);
        let json = alert.to_string();
        // The shapes that an alert must have, it has or it is none.
        prop_assume!(Alert::decode(&json).is_ok());
        let change = if changed { Change::Changed } else { Change::New };
        let body = record(&json, change);
        let is_refused = |c: char| c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}');
        prop_assert!(!body.contains(is_refused));
        prop_assert_eq!(&record(&json, change), &body);
        let record: Value = serde_json::from_str(&body).unwrap();
        assert_nothing_lost(&alert, &record);
        // Every value is explained.
        for (path, _, from) in explained(&json) {
            prop_assert!(!from.is_empty(), "{}", path);
        }
    }
}
