//! What holds for the `ecs` record of any alert.

use std::collections::HashSet;
use std::fmt;

use drawbridge_alert::Alert;
use drawbridge_record::{format, records};
use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

/// The bodies of an alert's records, if it is one.
fn bodies(json: &str) -> Vec<String> {
    let Ok(alert) = Alert::decode(json) else {
        return Vec::new();
    };
    let ecs = format("ecs").unwrap();
    let bodies: Vec<_> = records(ecs, &alert).map(|record| record.body).collect();
    assert_eq!(ecs.explain(&alert).len(), bodies.len());
    bodies
}

/// JSON without a name twice in an object, without a dot in a name, and without anything empty.
struct Clean;

impl<'de> Deserialize<'de> for Clean {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CleanVisitor)
    }
}

struct CleanVisitor;

impl<'de> Visitor<'de> for CleanVisitor {
    type Value = Clean;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything but null")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Clean, E> {
        Ok(Clean)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Clean, E> {
        Ok(Clean)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Clean, E> {
        Ok(Clean)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Clean, E> {
        Ok(Clean)
    }

    fn visit_str<E>(self, text: &str) -> Result<Clean, E> {
        assert!(!text.is_empty());
        Ok(Clean)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Clean, A::Error> {
        assert!(items.next_element::<Clean>()?.is_some());
        while items.next_element::<Clean>()?.is_some() {}
        Ok(Clean)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Clean, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, _)) = members.next_entry::<String, Clean>()? {
            assert!(!name.is_empty() && !name.contains('.'), "{name}");
            assert!(names.insert(name));
        }
        assert!(!names.is_empty());
        Ok(Clean)
    }
}

fn check(json: &str) {
    let written = bodies(json);
    assert_eq!(written, bodies(json));
    for body in written {
        let refused = |c: char| c < ' ' || matches!(c, '\u{fffe}' | '\u{ffff}');
        assert!(!body.contains(refused));
        serde_json::from_str::<Clean>(&body).unwrap();
    }
}

/// A name that means something to the format, or any.
fn name() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "@odata.type",
        "id",
        "title",
        "category",
        "mitreTechniques",
        "createdDateTime",
        "lastActivityDateTime",
        "firstActivityDateTime",
        "incidentWebUrl",
        "customDetails",
        "additionalData",
        "comments",
        "comment",
        "createdByDisplayName",
        "name",
        "labels",
        "files",
        "imageFile",
        "parentProcessImageFile",
        "fileDetails",
        "filePath",
        "path",
        "process",
        "parentProcessId",
        "rbacGroupId",
        "rbac_group",
        "userAccount",
        "accountName",
        "ipAddress",
        "fileHashes",
        "algorithm",
        "value",
        "pod",
        "namespace",
        "registryHive",
        "registryKey",
    ];
    prop_oneof![
        4 => prop::sample::select(KNOWN).prop_map(str::to_owned),
        1 => any::<String>(),
        1 => "[a.]{0,3}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("0001-01-01T00:00:00Z".to_owned()),
        Just("2026-02-03T04:05:06.7890123Z".to_owned()),
        "T[0-9]{4}(\\.[0-9]{3})?",
        "https?://[a-z.@:\\[\\]/?#]{0,12}",
        "[0-9a-f:.]{0,12}",
        Just("#microsoft.graph.security.fileEvidence".to_owned()),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn evidence() -> impl Strategy<Value = Value> {
    const KINDS: &[&str] = &[
        "device",
        "process",
        "file",
        "fileHash",
        "registryValue",
        "malware",
        "ioTDevice",
        "user",
        "hostLogonSession",
        "ip",
        "url",
        "networkConnection",
        "dns",
        "analyzedMessage",
        "mailbox",
        "teamsMessage",
        "blob",
        "azureResource",
        "container",
        "kubernetesPod",
        "kubernetesCluster",
        "ofTomorrow",
    ];
    let members = prop::collection::vec((name(), any_json()), 0..12);
    (prop::sample::select(KINDS), members).prop_map(|(kind, members)| {
        let mut evidence: serde_json::Map<String, Value> = members.into_iter().collect();
        let odata_type = format!("#microsoft.graph.security.{kind}Evidence");
        evidence.insert("@odata.type".into(), odata_type.into());
        evidence.into()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_alert_is_one_clean_line(
        members in prop::collection::vec((name(), any_json()), 0..12),
        evidence in prop::collection::vec(evidence(), 0..5)
    ) {
        let mut alert: serde_json::Map<String, Value> = members.into_iter().collect();
        alert.insert("id".into(), "da1".into());
        alert.insert("evidence".into(), evidence.into());
        check(&Value::Object(alert).to_string());
    }

    #[test]
    fn any_values_in_the_right_places_are_one_clean_line(
        (a, b, c) in (text(), text(), any_json()), number in any::<i64>()
    ) {
        let file = json!({"fileName": a, "filePath": b, "sha1": a, "fileSize": number});
        let kind = |kind: &str| format!("#microsoft.graph.security.{kind}Evidence");
        let alert = json!({"id": "da1", "title": a, "createdDateTime": b, "lastUpdateDateTime": a,
            "category": a, "customDetails": {"x": c, "y.z": b}, "additionalData": c, "new": c,
            "incidentWebUrl": a, "mitreTechniques": [a, b], "evidence": [
                {"@odata.type": kind("process"), "processId": number, "imageFile": file,
                 "parentProcessImageFile": file, "userAccount": {"accountName": a}, "new": c},
                {"@odata.type": kind("malware"), "files": [{"fileDetails": file}, c], "name": c},
                {"@odata.type": kind("kubernetesPod"), "labels": {"a": a, "b": c}, "podIp": c},
                {"@odata.type": kind("ip"), "ipAddress": b}, {"@odata.type": kind("x"), "y": c},
            ]});
        let json = alert.to_string();
        check(&json);
        prop_assert_eq!(bodies(&json).len(), 1);
    }
}
