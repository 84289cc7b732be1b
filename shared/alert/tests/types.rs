//! All evidence types of Graph v1.0 decode: those that records are made of typed, the others by
//! name, and nothing of any is lost.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]

use drawbridge_alert::{Alert, Evidence};
use serde_json::{Value, json};

/// The 48 types, without the `Evidence` that ends each name.
const TYPES: &[&str] = &[
    "activeDirectoryDomain",
    "aiAgent",
    "amazonResource",
    "analyzedMessage",
    "azureResource",
    "blob",
    "blobContainer",
    "cloudApplication",
    "cloudLogonRequest",
    "cloudLogonSession",
    "container",
    "containerImage",
    "containerRegistry",
    "device",
    "dns",
    "file",
    "fileHash",
    "gitHubOrganization",
    "gitHubRepo",
    "gitHubUser",
    "googleCloudResource",
    "hostLogonSession",
    "ioTDevice",
    "ip",
    "kubernetesCluster",
    "kubernetesController",
    "kubernetesNamespace",
    "kubernetesPod",
    "kubernetesSecret",
    "kubernetesService",
    "kubernetesServiceAccount",
    "mailCluster",
    "mailbox",
    "mailboxConfiguration",
    "malware",
    "networkConnection",
    "nic",
    "oauthApplication",
    "process",
    "registryKey",
    "registryValue",
    "sasToken",
    "securityGroup",
    "servicePrincipal",
    "submissionMail",
    "teamsMessage",
    "url",
    "user",
];

fn decoded(evidence: &Value) -> (String, String) {
    let json = json!({"id": "da1", "evidence": [evidence]}).to_string();
    let alert = Alert::decode(&json).unwrap();
    let typed = match &alert.evidence[0] {
        Evidence::Device(_) => "device",
        Evidence::File(_) => "file",
        Evidence::Process(_) => "process",
        Evidence::Ip(_) => "ip",
        Evidence::Url(_) => "url",
        Evidence::User(_) => "user",
        Evidence::Mailbox(_) => "mailbox",
        Evidence::Message(_) => "message",
        Evidence::NetworkConnection(_) => "networkConnection",
        Evidence::RegistryKey(_) => "registryKey",
        Evidence::RegistryValue(_) => "registryValue",
        Evidence::Application(_) => "application",
        Evidence::Dns(_) => "dns",
        Evidence::FileHash(_) => "fileHash",
        Evidence::Other(kind) => kind.as_deref().unwrap(),
    };
    (typed.to_owned(), alert.raw.to_owned())
}

#[test]
fn every_type_decodes_and_keeps_all_it_has() {
    // Several types may be read as one.
    const TYPED: &[(&str, &str)] = &[
        ("device", "device"),
        ("file", "file"),
        ("process", "process"),
        ("ip", "ip"),
        ("url", "url"),
        ("user", "user"),
        ("mailbox", "mailbox"),
        ("analyzedMessage", "message"),
        ("submissionMail", "message"),
        ("teamsMessage", "message"),
        ("networkConnection", "networkConnection"),
        ("registryKey", "registryKey"),
        ("registryValue", "registryValue"),
        ("cloudApplication", "application"),
        ("oauthApplication", "application"),
        ("servicePrincipal", "application"),
        ("dns", "dns"),
        ("fileHash", "fileHash"),
    ];
    assert_eq!(TYPES.len(), 48);
    for name in TYPES {
        let kind = format!("#microsoft.graph.security.{name}Evidence");
        let evidence = json!({"@odata.type": kind, "verdict": "unknownFutureValue", "new": {"a": [1.50, null]}});
        let (found, raw) = decoded(&evidence);
        let typed = TYPED.iter().find(|(graph, _)| graph == name);
        let expected = typed.map_or(kind, |(_, typed)| (*typed).to_owned());
        assert_eq!(found, expected);
        assert!(raw.contains(&evidence.to_string()), "{name}");
    }
}

/// What the record of the old API does not need must not put a whole alert aside.
#[test]
fn what_only_some_formats_write_may_have_any_shape() {
    let shapes = [
        json!(7),
        json!(-1.5),
        json!(true),
        json!([1, "two", {"three": [3]}]),
        json!({"a": {"b": []}}),
        json!(null),
        json!("text \n"),
    ];
    for shape in &shapes {
        for (name, properties) in [
            (
                "networkConnection",
                &["sourceAddress", "sourcePort", "protocol", "roles"][..],
            ),
            (
                "registryValue",
                &["registryKey", "registryValue", "mdeDeviceId", "roles"],
            ),
            (
                "cloudApplication",
                &["appId", "displayName", "instanceName"],
            ),
            (
                "analyzedMessage",
                &["p1Sender", "subject", "urls", "recipients"],
            ),
            ("dns", &["domainName", "hostIpAddress"]),
            (
                "process",
                &["parentProcessId", "parentProcessImageFile", "roles"],
            ),
            ("fileHash", &["algorithm", "value"]),
        ] {
            let mut evidence = json!({"@odata.type": format!("{name}Evidence")});
            for property in properties {
                evidence[property] = shape.clone();
            }
            let (typed, _) = decoded(&evidence);
            assert!(!typed.ends_with("Evidence"), "{name}: {shape}");
        }
    }
}

#[test]
fn the_list_is_the_schemas() {
    let facts: Value = serde_json::from_str(include_str!("facts/graph.json")).unwrap();
    let types = facts["types"].as_object().unwrap().iter();
    let mut names: Vec<&str> = types
        .filter(|(_, of)| of["base"] == "alertEvidence")
        .map(|(name, _)| name.trim_end_matches("Evidence"))
        .collect();
    names.sort_unstable();
    assert_eq!(names, TYPES);
}
