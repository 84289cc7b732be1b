//! What generated alerts have in common with real ones.

use std::collections::{BTreeMap, BTreeSet};

use drawbridge_simulator::{Alerts, GenerateOptions};
use jiff::Timestamp;
use serde_json::Value;

const COUNT: usize = 600;

fn options() -> GenerateOptions {
    GenerateOptions {
        count: COUNT,
        seed: 11,
        from: "2026-01-01T00:00:00Z".parse().unwrap(),
        to: "2026-01-02T00:00:00Z".parse().unwrap(),
    }
}

fn read<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Vec<Value> {
    let alerts: Vec<Value> = texts
        .map(|text| serde_json::from_slice(text).unwrap())
        .collect();
    assert_eq!(alerts.len(), COUNT);
    alerts
}

fn alerts() -> Vec<Value> {
    read(Alerts::generate(&options()).texts())
}

fn evidence(alerts: &[Value]) -> impl Iterator<Item = &Value> {
    alerts
        .iter()
        .flat_map(|alert| alert["evidence"].as_array().unwrap())
}

fn of_type<'a>(alerts: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let kind = format!("#microsoft.graph.security.{kind}");
    evidence(alerts).filter(move |one| one["@odata.type"] == *kind)
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// The digits behind the full stop.
fn fraction(text: &str) -> &str {
    let (_, fraction) = text.split_once('.').unwrap_or_default();
    fraction.trim_end_matches('Z')
}

#[test]
fn the_services_times_are_those_of_its_clock() {
    let alerts = alerts();
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    let own = alerts
        .iter()
        .flat_map(|alert| [&alert["createdDateTime"], &alert["lastUpdateDateTime"]]);
    for time in own.chain(evidence(&alerts).map(|one| &one["createdDateTime"])) {
        let Some(text) = time.as_str() else { continue };
        let digits = fraction(text);
        *lengths.entry(digits.len()).or_default() += 1;
        assert!(!digits.ends_with('0'), "{text}");
        match digits.len() {
            0..=2 => {}
            _ => assert!(["33333", "66667"].contains(&&digits[2..]), "{text}"),
        }
    }
    // Of three ticks, one is a hundredth of a second.
    assert_eq!(lengths.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 7]);
    assert!(lengths[&7] > lengths[&2] && lengths[&2] > lengths[&1]);
}

#[test]
fn a_sensors_times_are_as_precise_as_it_is() {
    let alerts = alerts();
    let processes = of_type(&alerts, "processEvidence");
    let times = processes.map(|process| process["processCreationDateTime"].as_str().unwrap());
    let lengths: BTreeSet<usize> = times.map(|text| fraction(text).len()).collect();
    assert!(
        [0, 3, 6, 7].iter().all(|length| lengths.contains(length)),
        "{lengths:?}"
    );
}

#[test]
fn an_alert_is_updated_within_the_window_and_after_it_was_created() {
    let (from, to) = (options().from, options().to);
    for alert in alerts() {
        let (created, updated) = (
            time(&alert["createdDateTime"]),
            time(&alert["lastUpdateDateTime"]),
        );
        assert!(
            from <= updated && updated < to && created <= updated,
            "{alert}"
        );
    }
}

#[test]
fn devices_have_an_address_with_or_without_a_list_of_them() {
    let alerts = alerts();
    let known =
        of_type(&alerts, "deviceEvidence").filter(|device| device["mdeDeviceId"].is_string());
    let (mut with, mut without) = (0, 0);
    for device in known {
        assert!(device["lastIpAddress"].is_string(), "{device}");
        match device["ipInterfaces"].as_array().unwrap().is_empty() {
            true => without += 1,
            false => with += 1,
        }
    }
    assert!(with > COUNT / 4 && without > COUNT / 4, "{with} {without}");
}

#[test]
fn users_are_known_by_name_by_principal_name_or_by_both() {
    let alerts = alerts();
    let kinds: BTreeSet<(bool, bool)> = of_type(&alerts, "userEvidence")
        .map(|user| &user["userAccount"])
        .map(|user| {
            (
                user["accountName"].is_string(),
                user["userPrincipalName"].is_string(),
            )
        })
        .collect();
    assert_eq!(kinds, [(false, true), (true, false), (true, true)].into());
    let cloud = of_type(&alerts, "userEvidence")
        .map(|user| user["userAccount"].as_object().unwrap())
        .find(|user| user["accountName"].is_null())
        .unwrap();
    let texts = cloud.iter().filter(|(_, value)| value.is_string());
    assert_eq!(
        texts.map(|(name, _)| name).collect::<Vec<_>>(),
        ["userPrincipalName"]
    );
}

#[test]
fn defender_for_identity_names_a_device_that_it_does_not_know() {
    let mut alerts = alerts();
    alerts.retain(|alert| alert["serviceSource"] == "microsoftDefenderForIdentity");
    assert!(alerts.len() > COUNT / 100);
    for alert in &alerts {
        let first = &alert["evidence"][0];
        assert_eq!(
            first["@odata.type"],
            "#microsoft.graph.security.deviceEvidence"
        );
        assert_eq!(first["roles"][0], "destination");
        let own = [
            "mdeDeviceId",
            "hostName",
            "deviceDnsName",
            "lastIpAddress",
            "osPlatform",
        ];
        assert!(own.iter().all(|name| first[name].is_null()), "{first}");
    }
}

#[test]
fn some_are_shown_with_less_until_their_last_update() {
    let alerts = Alerts::generate(&options());
    let first = read(alerts.texts_at(Timestamp::MIN));
    let last = read(alerts.texts());
    let grown: Vec<(&Value, &Value)> = first
        .iter()
        .zip(&last)
        .filter(|(first, last)| first != last)
        .collect();
    assert!(
        (COUNT / 8..COUNT / 2).contains(&grown.len()),
        "{}",
        grown.len()
    );
    let (mut more, mut named) = (0, 0);
    for (first, last) in grown {
        assert_eq!(first["id"], last["id"]);
        assert_eq!(first["createdDateTime"], last["createdDateTime"]);
        let shown = time(&first["lastUpdateDateTime"]);
        assert!(options().from <= shown && shown < time(&last["lastUpdateDateTime"]));
        assert!(time(&first["createdDateTime"]) <= shown);
        let (few, all) = (
            first["evidence"].as_array().unwrap(),
            last["evidence"].as_array().unwrap(),
        );
        more += usize::from(few.len() < all.len());
        let knows = |alert: &Value, name: &str| alert["evidence"][0][name].is_string();
        let is_named = |name| !knows(first, name) && knows(last, name);
        named += usize::from(is_named("mdeDeviceId") || is_named("hostName"));
    }
    assert!(more > 10 && named > 10, "{more} {named}");
    // Just before and at the update.
    let (n, at) = (0..COUNT)
        .find(|&n| first[n] != last[n])
        .map(|n| (n, time(&last[n]["lastUpdateDateTime"])))
        .unwrap();
    let shown = |now| read(alerts.texts_at(now)).swap_remove(n);
    assert_eq!(shown(at - jiff::SignedDuration::from_nanos(100)), first[n]);
    assert_eq!(shown(at), last[n]);
}
