//! Alerts for the properties.

use proptest::prelude::*;
use serde_json::{Value, json};

/// Texts that are nothing, harmless, hostile or long.
fn any_text() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(Value::Null),
        1 => Just(json!("")),
        2 => "[a-z]{1,9}".prop_map(Value::from),
        4 => "[|=\\\\\n\r\t\0 \u{7f}\u{85}\u{2028}\u{fffe}\u{ffff}\u{202e}\u{a0}éa]{0,30}"
            .prop_map(Value::from),
        2 => ".{0,20} ?(cs1|src|sev)=.{0,5}".prop_map(Value::from),
        2 => any::<String>().prop_map(Value::from),
        1 => ("[a=|\\\\é\n]", 0..5000usize).prop_map(|(text, times)| json!(text.repeat(times))),
    ]
}

fn plain_text() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), "[A-Za-z0-9]{1,30}".prop_map(Value::from)]
}

fn address() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<std::net::IpAddr>().prop_map(|address| json!(address.to_string())),
        Just(json!("127.0.0.1")),
        Just(json!("fe80::1")),
    ]
}

fn time() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("soon")),
        Just(json!("0001-01-01T00:00:00Z")),
        (2000..2100u16, 1..13u8, 1..29u8, 0..10_000_000u32).prop_map(|(y, m, d, fraction)| json!(
            format!("{y}-{m:02}-{d:02}T23:59:59.{fraction:07}Z")
        )),
    ]
}

/// What makes an alert: texts, addresses, times and choices are drawn one by one.
fn alert<S: Strategy<Value = Value>>(
    text: fn() -> S,
    kinds: &'static [&'static str],
) -> impl Strategy<Value = String> {
    let texts = || prop::collection::vec(text(), 8);
    let addresses = prop::collection::vec(prop_oneof![address(), text()], 0..4);
    let status = prop_oneof![
        text(),
        Just(json!("prevented")),
        Just(json!("active")),
        Just(json!("detected"))
    ];
    let kind = prop::sample::select(kinds);
    let evidence = (kind, texts(), addresses, status);
    let evidence = evidence.prop_map(|(kind, t, addresses, status)| {
        let file =
            json!({"fileName": t[0], "filePath": t[1], "sha1": t[2], "sha256": t[3], "md5": t[4]});
        json!({
            "@odata.type": format!("#microsoft.graph.security.{kind}Evidence"),
            "mdeDeviceId": t[0], "deviceDnsName": t[1], "hostName": t[2], "dnsDomain": t[3],
            "rbacGroupName": t[4], "tags": [t[5], t[6]], "ipInterfaces": addresses,
            "loggedOnUsers": [{"accountName": t[6], "domainName": t[7]}, {"accountName": t[5]}],
            "ipAddress": addresses.first(), "url": t[5], "fileDetails": file, "imageFile": file,
            "processCommandLine": t[6], "detectionStatus": status, "remediationStatus": status,
            "userAccount": {"accountName": t[7], "domainName": t[5], "userSid": t[4]},
            "primaryAddress": t[4], "networkMessageId": t[0], "subject": t[1],
            "recipientEmailAddress": t[2], "p2Sender": {"emailAddress": t[3], "domainName": t[4]},
            "senderIp": addresses.last(), "urls": [t[5], t[6]], "antiSpamDirection": status,
            "sourceAddress": {"ipAddress": addresses.first()}, "protocol": t[5],
            "destinationAddress": {"ipAddress": addresses.last()}, "sourcePort": 70_000,
            "destinationPort": 443, "registryHive": t[0], "registryKey": t[1],
            "registryValueName": t[2], "registryValue": t[3], "registryValueType": t[4],
            "appId": t[0], "displayName": t[1], "domainName": t[2], "algorithm": status, "value": t[3],
        })
    });
    let severity = prop_oneof![
        text(),
        prop::sample::select(vec!["informational", "low", "medium", "high"]).prop_map(Value::from)
    ];
    (
        texts(),
        texts(),
        severity,
        prop::collection::vec(time(), 3),
        prop::collection::vec(evidence, 0..5),
    )
        .prop_map(|(t, u, severity, times, evidence)| {
            let id = match t[0].as_str() {
                Some(id) if !id.is_empty() => id,
                _ => "da1",
            };
            json!({
                "id": id, "title": t[1], "category": t[2], "severity": severity, "detectorId": t[3],
                "createdDateTime": times[0], "firstActivityDateTime": times[1],
                "lastActivityDateTime": times[2], "actorDisplayName": t[4], "alertWebUrl": t[5],
                "incidentWebUrl": t[6], "detectionSource": t[7], "threatFamilyName": u[0],
                "threatDisplayName": u[1], "description": u[2], "mitreTechniques": [u[3], u[4]],
                "evidence": evidence,
            })
            .to_string()
        })
}

/// The evidence that the record of the old API is made of.
const OLD: &[&str] = &["file", "process", "ip", "url", "user", "device"];
/// And that of which it knows nothing.
const ALL: &[&str] = &[
    "file",
    "process",
    "ip",
    "url",
    "user",
    "device",
    "mailbox",
    "analyzedMessage",
    "networkConnection",
    "registryKey",
    "registryValue",
    "cloudApplication",
    "dns",
    "fileHash",
];

/// Any alert, with hostile texts among the others.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    alert(any_text, ALL)
}

/// An alert whose texts are plain and short.
pub(crate) fn plain() -> impl Strategy<Value = String> {
    alert(plain_text, OLD)
}
