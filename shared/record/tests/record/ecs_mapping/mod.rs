//! That no alert is refused by an index for what an alert before it looked like: a name has one
//! type, whichever alert comes first.

mod index;
mod schema;

use self::index::Index;
use self::schema::Schema;
use drawbridge_alert::Alert;
use drawbridge_record::{format, records};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The document of an alert; none of one that the poller puts aside, since it does not decode.
fn document(alert: &Value) -> Option<Value> {
    let text = alert.to_string();
    let alert = Alert::decode(&text).ok()?;
    let mut documents: Vec<Value> = records(format("ecs").unwrap(), &alert)
        .map(|record| serde_json::from_str(&record.body).unwrap())
        .collect();
    assert_eq!(documents.len(), 1);
    documents.pop()
}

/// Puts documents into indices of both sorts, in that order and the other way round.
fn every_index_takes(documents: &[Value]) {
    let back = documents.iter().rev();
    for mut index in [Index::of_ecs(), Index::of_the_integration()] {
        let mut other = index.clone();
        for document in documents {
            index.take(document).unwrap();
        }
        for document in back.clone() {
            other.take(document).unwrap();
        }
    }
}

/// Any alert with that in it.
fn alert(more: &Value) -> Value {
    let mut alert = json!({"id": "da1"});
    let members = alert.as_object_mut().unwrap();
    members.extend(more.as_object().unwrap().clone());
    alert
}

/// What Graph does not say it sends.
fn wrong_values() -> Vec<Value> {
    vec![
        json!("any text"),
        json!("2026-09-01T10:00:00Z"),
        json!("192.0.2.1"),
        json!("true"),
        json!(7),
        json!(-1.5),
        json!(u64::MAX),
        json!(1e300),
        json!(true),
        json!({"a": 1}),
        json!({"a": "text", "location": "here", "b.c": [true]}),
        json!(["text", 5, {"a": 1}, [["deep"]]]),
        json!([{"createdDateTime": "soon", "name": {"a": 1}}]),
    ]
}

#[test]
fn evidence_of_all_48_kinds_fits_one_mapping() {
    let schema = Schema::read();
    let kinds = schema.kinds();
    assert_eq!(kinds.len(), 48);
    let alerts = kinds.iter().map(|kind| {
        let evidence = schema.object(kind, 3);
        assert!(evidence.as_object().unwrap().len() > 6);
        alert(&json!({"evidence": [evidence]}))
    });
    let whole = alert(&schema.object("alert", 3));
    let documents: Vec<Value> = alerts
        .chain([whole])
        .map(|a| document(&a).unwrap())
        .collect();
    every_index_takes(&documents);
    // Each alone before all others: what comes first must not matter.
    let flat = kinds.iter().map(|kind| {
        let evidence = schema.object(kind, 1);
        document(&alert(&json!({"evidence": [evidence]}))).unwrap()
    });
    let flat: Vec<Value> = flat.collect();
    for first in &flat {
        let mut index = Index::of_the_integration();
        index.take(first).unwrap();
        for other in &flat {
            index.take(other).unwrap();
        }
    }
}

/// An object of that type with a value in every property, but for those in which it does not decode.
fn filled(schema: &Schema, name: &str, value: &Value, within: bool) -> Value {
    let mut object = schema.named(name);
    for (property, of) in schema.properties(name) {
        let value = if within {
            schema.object_of(&of, value)
        } else {
            value.clone()
        };
        let mut alone = schema.named(name);
        alone.insert(property.clone(), value.clone());
        let alert = match name {
            "alert" => alert(&alone.into()),
            _ => alert(&json!({"evidence": [alone]})),
        };
        if Alert::decode(&alert.to_string()).is_ok() {
            object.insert(property, value);
        }
    }
    object.into()
}

#[test]
fn values_of_any_type_in_any_property_fit_the_same_mapping() {
    let schema = Schema::read();
    let kinds = schema.kinds();
    let mut documents = Vec::new();
    let mut properties = 0;
    for wrong in wrong_values() {
        for kind in &kinds {
            let all = filled(&schema, kind, &wrong, false);
            properties += all.as_object().unwrap().len();
            let nested = filled(&schema, kind, &wrong, true);
            // And of a kind that nobody knows.
            let mut unknown = all.clone();
            unknown["@odata.type"] = json!("#microsoft.graph.security.tomorrowEvidence");
            for evidence in [all, nested, unknown] {
                documents.extend(document(&alert(&json!({"evidence": [evidence]}))));
            }
        }
        let all = filled(&schema, "alert", &wrong, false);
        documents.push(document(&alert(&all)).unwrap());
        let good = kinds.iter().map(|kind| schema.object(kind, 2));
        let good = alert(&json!({"evidence": good.collect::<Value>()}));
        documents.push(document(&good).unwrap());
    }
    assert!(properties > 5000, "{properties}");
    every_index_takes(&documents);
}

#[test]
fn a_text_that_is_too_long_for_a_keyword_is_there_in_pieces() {
    let schema = Schema::read();
    for long in [
        "x".repeat(40_000),
        "é".repeat(40_000),
        "\u{ffff}".repeat(11_000),
    ] {
        let value = json!(long);
        let kinds = [
            "deviceEvidence",
            "processEvidence",
            "analyzedMessageEvidence",
            "nicEvidence",
        ];
        let evidence = kinds.map(|kind| filled(&schema, kind, &value, false));
        let mut all = filled(&schema, "alert", &value, false);
        all["id"] = json!("da1");
        all["evidence"] = json!(evidence);
        all["customDetails"] = json!({"a": long, "b": [long, "c"]});
        all["additionalData"] = json!({"a": long});
        let document = document(&all).unwrap();
        every_index_takes(std::slice::from_ref(&document));
        let kept = &document["m365_defender"]["alert"];
        let joined = |pieces: &Value| {
            let pieces = pieces.as_array().unwrap().iter();
            pieces
                .map(|piece| piece.as_str().unwrap())
                .collect::<String>()
        };
        assert_eq!(joined(&kept["title"]), long);
        assert_eq!(
            joined(&kept["evidence"][1]["process"]["command_line"]),
            long
        );
        assert_eq!(joined(&document["labels"]["a"]), long);
        assert_eq!(joined(&document["labels"]["b"]), format!("{long}c"));
        assert_eq!(document["message"], long);
        assert_eq!(document["process"]["command_line"], json!([long]));
        assert_eq!(document["rule"]["name"], Value::Null);
    }
}

#[test]
fn dictionaries_with_any_keys_fit_the_same_mapping() {
    let keys = [
        "app",
        "app.name",
        "location",
        "ip",
        "x_ip",
        "created",
        "start",
        "my_score",
        "exports",
        "timestamp",
        "a..b",
        ".",
        "",
        "message",
        "labels",
    ];
    let mut documents = Vec::new();
    for wrong in wrong_values() {
        let dictionary: serde_json::Map<String, Value> = keys
            .iter()
            .map(|key| ((*key).to_owned(), wrong.clone()))
            .collect();
        let with_keys = document(&alert(&json!({
            "customDetails": dictionary, "additionalData": dictionary,
            "evidence": [{"@odata.type": "#microsoft.graph.security.kubernetesPodEvidence",
                          "labels": dictionary}],
        })));
        documents.push(with_keys.unwrap());
        documents.extend(document(&alert(
            &json!({"customDetails": wrong, "additionalData": wrong}),
        )));
    }
    assert!(documents.len() > wrong_values().len());
    every_index_takes(&documents);
}

/// A name that means something to a mapping, or any.
fn name() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "location",
        "files",
        "urls",
        "url_evidence",
        "ip_address",
        "ipAddress",
        "ip_evidence",
        "process",
        "created",
        "start",
        "their_ip",
        "risk_score",
        "created_datetime",
        "web_url",
        "customDetails",
        "comments",
        "labels",
        "name",
        "type",
        "registry",
        "account",
        "userAccount",
        "user_account",
        "latitude",
        "processId",
        "sourcePort",
        "sourcePort_text",
        "a.b",
        "exports",
    ];
    prop_oneof![
        4 => prop::sample::select(KNOWN).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z0-9:.]{0,6}".prop_map(Value::from),
        Just(json!("2026-09-01T10:00:00Z")),
        Just(json!("2001:db8::1")),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn evidence() -> impl Strategy<Value = Value> {
    const KINDS: &[&str] = &[
        "device",
        "process",
        "file",
        "ip",
        "nic",
        "ioTDevice",
        "url",
        "user",
        "mailbox",
        "analyzedMessage",
        "teamsMessage",
        "networkConnection",
        "dns",
        "googleCloudResource",
        "containerImage",
        "containerRegistry",
        "kubernetesService",
        "hostLogonSession",
        "tomorrow",
    ];
    let members = prop::collection::vec((name(), any_json()), 0..8);
    (prop::sample::select(KINDS), members).prop_map(|(kind, members)| {
        let mut evidence: serde_json::Map<String, Value> = members.into_iter().collect();
        let odata_type = format!("#microsoft.graph.security.{kind}Evidence");
        evidence.insert("@odata.type".into(), odata_type.into());
        evidence.into()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_alerts_fit_the_same_mapping(
        alerts in prop::collection::vec(
            (prop::collection::vec((name(), any_json()), 0..8), prop::collection::vec(evidence(), 0..4)),
            2..6,
        )
    ) {
        let documents: Vec<Value> = alerts
            .into_iter()
            .filter_map(|(members, evidence)| {
                let mut alert: serde_json::Map<String, Value> = members.into_iter().collect();
                alert.insert("id".into(), "da1".into());
                alert.insert("evidence".into(), evidence.into());
                document(&alert.into())
            })
            .collect();
        every_index_takes(&documents);
    }
}
