//! What holds for the `siem` records of any alert.

use std::collections::HashSet;

use drawbridge_alert::Alert;
use drawbridge_record::format;
use drawbridge_record::siem::KEYS;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// The records of an alert of which none was written before.
fn records(evidence: &[Value]) -> Vec<Map<String, Value>> {
    let json = json!({"id": "da1", "severity": "low", "evidence": evidence}).to_string();
    let alert = Alert::decode(&json).unwrap();
    let is_refused = |c: char| c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}');
    drawbridge_record::records(format("siem").unwrap(), &alert)
        .map(|record| {
            assert!(!record.body.contains(is_refused));
            serde_json::from_str(&record.body).unwrap()
        })
        .collect()
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
        Just("mailbox"),
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
                "deviceDnsName": text, "hostName": other, "primaryAddress": other,
                "roles": if number == Some(1) { json!(["source"]) } else { json!([]) },
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

/// Evidence that makes the same record whatever other evidence there is: what is no device and says
/// nothing of users.
fn steady(all: Vec<Value>) -> Vec<Value> {
    let entities = all.into_iter().filter(|e| {
        !["device", "user", "mailbox"]
            .iter()
            .any(|kind| has_kind(e, kind))
    });
    let without_user = entities.map(|mut evidence| {
        evidence["userAccount"] = Value::Null;
        evidence
    });
    without_user.collect()
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
            .prop_map(steady)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
    ) {
        prop_assert_eq!(full_ids(&records(&all)), full_ids(&records(&shuffled)));
    }

    #[test]
    fn what_is_added_keeps_the_records_of_the_entities(
        all in prop::collection::vec(evidence(), 1..6), more in prop::collection::vec(evidence(), 1..4)
    ) {
        let entities = steady(all);
        let before = full_ids(&records(&entities));
        prop_assume!(before != full_ids(&records(&[])));
        // A file that says nothing but its device is no entity once the device is there.
        let more: Vec<Value> = more.into_iter().filter(|e| !has_kind(e, "device")).collect();
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
            for (kind, property, keys) in [
                ("device", "/mdeDeviceId", &["DeviceID"][..]),
                // A device that is listed twice has one record: what one entry has for a DNS name
                // may be what the other has for a host name.
                ("device", "/deviceDnsName", &["ComputerDnsName", "MachineName"]),
                ("device", "/hostName", &["MachineName", "ComputerDnsName"]),
                ("file", "/mdeDeviceId", &["DeviceID"]),
                ("process", "/processCommandLine", &["CommandLine"]),
                ("process", "/userAccount/accountName", &["UserName"]),
                ("user", "/userAccount/accountName", &["UserName"]),
                ("mailbox", "/userAccount/accountName", &["UserName"]),
                ("file", "/fileDetails/fileName", &["FileName"]),
                ("file", "/fileDetails/filePath", &["FilePath"]),
                ("url", "/url", &["Url"]),
            ] {
                // Of processes with one id and start, the first is written.
                let is_told_apart = property != "/processCommandLine" || evidence["processId"].is_null();
                if has_kind(evidence, kind) && is_told_apart {
                    let value = evidence.pointer(property).unwrap();
                    let some = value.as_str() == Some("") || keys.iter().any(|key| appears(key, value));
                    prop_assert!(some, "{:?} {}", keys, value);
                }
            }
        }
    }

    #[test]
    fn a_record_of_an_address_has_one(all in prop::collection::vec(evidence(), 0..8)) {
        let named = all.iter().any(|e| has_kind(e, "ip") && e["ipAddress"].as_str().is_some_and(|a| !a.is_empty()));
        let sent = all.iter().any(|e| has_kind(e, "analyzedMessage"));
        let shown = records(&all).iter().any(|record| record["IpAddress"] != "");
        prop_assert!(shown == named || sent);
    }
}
