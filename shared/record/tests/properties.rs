//! What holds for the `siem` records of any alert.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use std::collections::HashSet;

use drawbridge_alert::Alert;
use drawbridge_record::siem::KEYS;
use drawbridge_record::{Change, Claim, format};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The records of an alert of which none was written before.
fn records(evidence: &[Value]) -> Vec<Map<String, Value>> {
    let json = json!({"id": "da1", "severity": "low", "evidence": evidence}).to_string();
    let alert = Alert::decode(&json).unwrap();
    let mut parts = 0..;
    let mut records = Vec::new();
    format("siem").unwrap().map(
        &alert,
        &mut |_| {
            parts.next().map(|part| Claim {
                part,
                change: Change::New,
            })
        },
        &mut |record| {
            assert!(
                !record
                    .body
                    .contains(|c: char| c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}'))
            );
            records.push(serde_json::from_str(&record.body).unwrap());
        },
    );
    records
}

fn full_ids(records: &[Map<String, Value>]) -> HashSet<String> {
    records
        .iter()
        .map(|record| record["FullId"].as_str().unwrap().to_owned())
        .collect()
}

/// One of a few ids, or none: few, so that they meet.
fn device_id() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0..4u8).prop_map(|n| json!(format!("device-{n}")))
    ]
}

fn any_text() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0..3u8).prop_map(|n| json!(n.to_string())),
        any::<String>().prop_map(Value::from)
    ]
}

fn evidence() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        Just("device"),
        Just("file"),
        Just("process"),
        Just("ip"),
        Just("url"),
        Just("user"),
        Just("analyzedMessage"),
        Just("registryKey"),
    ];
    (kind, device_id(), any_text(), any_text(), prop::option::of(0..3u8), any::<bool>()).prop_map(
        |(kind, device, text, other, number, flag)| {
            let file = json!({"fileName": text, "filePath": other, "sha1": text});
            json!({
                "@odata.type": format!("#microsoft.graph.security.{kind}Evidence"),
                "mdeDeviceId": device, "ipAddress": text, "url": text, "fileDetails": file, "imageFile": file,
                "processId": number, "processCommandLine": other, "senderIp": other,
                "deviceDnsName": text, "hostName": other,
                "detailedRoles": if flag { json!(["PrimaryDevice"]) } else { Value::Null },
                "userAccount": {"accountName": text, "domainName": other},
            })
        },
    )
}

fn has_kind(evidence: &Value, kind: &str) -> bool {
    evidence["@odata.type"]
        .as_str()
        .unwrap()
        .ends_with(&format!(".{kind}Evidence"))
}

proptest! {
    #[test]
    fn a_record_has_the_50_keys_in_order_with_their_types(all in prop::collection::vec(evidence(), 0..8)) {
        let records = records(&all);
        prop_assert!(!records.is_empty());
        for record in &records {
            let names: Vec<&String> = record.keys().collect();
            let table: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            prop_assert_eq!(names, table);
            for key in KEYS {
                let value = &record[key.name];
                let fits = match key.kind.json_type() {
                    "string" => value.is_string(),
                    "number" => value.is_u64(),
                    _ => value.is_boolean() || value.is_null(),
                };
                prop_assert!(fits, "{}: {}", key.name, value);
            }
        }
        prop_assert_eq!(full_ids(&records).len(), records.len());
    }

    #[test]
    fn identity_does_not_depend_on_the_order_of_the_entities(
        (all, shuffled) in prop::collection::vec(evidence(), 0..8)
            .prop_map(|all| {
                // Which device is primary depends on the order; who it is does not matter here.
                let entities = all.into_iter().filter(|e| !has_kind(e, "device"));
                entities.collect::<Vec<_>>()
            })
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        prop_assert_eq!(full_ids(&records(&all)), full_ids(&records(&shuffled)));
    }

    #[test]
    fn what_is_added_keeps_the_records_of_the_entities(
        all in prop::collection::vec(evidence(), 1..6), more in prop::collection::vec(evidence(), 1..4)
    ) {
        let entities: Vec<Value> = all.into_iter().filter(|e| !has_kind(e, "device")).collect();
        prop_assume!(entities.iter().any(|e| ["file", "process", "ip", "url"].iter().any(|kind| has_kind(e, kind))));
        let before = full_ids(&records(&entities));
        let after = full_ids(&records(&[more, entities].concat()));
        prop_assert!(before.is_subset(&after));
    }

    #[test]
    fn every_device_and_every_entity_appears(all in prop::collection::vec(evidence(), 0..8)) {
        let records = records(&all);
        let appears = |key: &str, value: &Value| {
            value.is_null() || records.iter().any(|record| record[key] == *value)
        };
        for evidence in &all {
            for (kind, property, key) in [
                ("device", "/mdeDeviceId", "DeviceID"),
                ("file", "/mdeDeviceId", "DeviceID"),
                ("process", "/processCommandLine", "CommandLine"),
                ("file", "/fileDetails/fileName", "FileName"),
                ("file", "/fileDetails/filePath", "FilePath"),
                ("url", "/url", "Url"),
            ] {
                // Of processes with one id and start, the first is written.
                let is_told_apart = kind != "process" || evidence["processId"].is_null();
                if has_kind(evidence, kind) && is_told_apart {
                    let value = evidence.pointer(property).unwrap();
                    prop_assert!(appears(key, value), "{} {}", key, value);
                }
            }
        }
    }
}
