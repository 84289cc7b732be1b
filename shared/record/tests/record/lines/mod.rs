//! The formats that are lines of text: what holds for the `cef` and `leef` records of any alert.

mod alerts;
mod cef;
mod dictionary;
mod leef;

use std::collections::HashSet;

use drawbridge_alert::Alert;
use drawbridge_record::{Field, format, records};
use proptest::prelude::*;
use serde_json::Value;

/// The keys of a line in order, each with its value, the header's first.
type Pairs = Vec<(String, String)>;
type Parse = fn(&str) -> Pairs;

const FORMATS: [(&str, Parse); 2] = [("cef", cef::parse), ("leef", leef::parse)];

fn lines(name: &str, json: &str) -> Vec<String> {
    let alert = Alert::decode(json).unwrap();
    records(format(name).unwrap(), &alert)
        .map(|record| record.body)
        .collect()
}

/// What the format says of its records, without what is left out.
fn explained(name: &str, json: &str) -> Vec<Pairs> {
    let alert = Alert::decode(json).unwrap();
    let records = format(name).unwrap().explain(&alert).into_iter();
    records
        .map(|record| {
            let keys = record.keys.into_iter();
            keys.map(|key| {
                let value = match key.value {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                (key.key.into_owned(), value)
            })
            .filter(|(_, value)| !value.is_empty() && value != "null")
            .collect()
        })
        .collect()
}

fn limit(field: &Field) -> usize {
    let limit = field.kind.split_once(", at most ");
    limit.map_or(usize::MAX, |(_, limit)| limit.parse().unwrap())
}

fn fits(kind: &str, value: &str) -> bool {
    match kind.split(',').next().unwrap() {
        "ipv4_address" => value.parse::<std::net::Ipv4Addr>().is_ok(),
        "ipv6_address" => value.parse::<std::net::Ipv6Addr>().is_ok(),
        "ip_address" => value.parse::<std::net::IpAddr>().is_ok(),
        "timestamp" | "long" | "integer" | "custom number" => value.parse::<i64>().is_ok(),
        "custom boolean" => matches!(value, "true" | "false"),
        _ => true,
    }
}

proptest! {
    #[test]
    fn a_line_is_one_line_and_parses_back(json in alerts::hostile()) {
        for (name, parse) in FORMATS {
            let fields = format(name).unwrap().fields();
            let lines = lines(name, &json);
            let explained = explained(name, &json);
            prop_assert_eq!(lines.len(), explained.len());
            for (line, explained) in lines.iter().zip(explained) {
                let refused = |c: char| (c.is_control() && c != '\t')
                    || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
                prop_assert!(!line.contains(refused));
                let pairs = parse(line);
                let keys: HashSet<&String> = pairs.iter().map(|(key, _)| key).collect();
                prop_assert_eq!(keys.len(), pairs.len(), "a key came twice");
                for (key, value) in &pairs {
                    let field = fields.iter().find(|field| field.name == key).unwrap();
                    prop_assert!(value.chars().count() <= limit(field), "{}", key);
                    prop_assert!(fits(field.kind, value), "{}: {}", key, value);
                }
                prop_assert_eq!(pairs, explained);
            }
        }
    }

    /// With texts that no rule changes, every value of the old record is in the line, but for what
    /// the documentation lists.
    #[test]
    fn nothing_of_the_old_record_is_missing(json in alerts::plain()) {
        for (name, left_out) in [
            ("cef", &["ReportID", "ExternalId", "AlertTime", "LastProcessedTimeUtc"][..]),
            ("leef", &["ReportID", "ExternalId", "IocUniqueId"]),
        ] {
            let old = explained("siem", &json);
            let new = explained(name, &json);
            prop_assert_eq!(old.len(), new.len());
            for (old, new) in old.iter().zip(new) {
                for (key, value) in old.iter().filter(|(key, _)| !left_out.contains(&key.as_str())) {
                    let value = match (name, key.as_str(), value.as_str()) {
                        ("cef", _, "true") => "1",
                        ("cef", _, "false") => "0",
                        (_, "FullId" | "IocUniqueId", value) => value.trim_end_matches('='),
                        (_, _, value) => value,
                    };
                    let is_it = |new: &str| match (name, key.as_str()) {
                        // The directory stands before the name.
                        ("cef", "FilePath") => new.starts_with(value),
                        _ => new == value,
                    };
                    prop_assert!(new.iter().any(|(_, v)| is_it(v)), "{}: {} of {}", name, key, value);
                }
            }
        }
    }

    #[test]
    fn a_value_that_was_cut_is_named(json in alerts::hostile()) {
        for (name, key) in [("cef", "MicrosoftDefenderTruncated"), ("leef", "Truncated")] {
            let alert = Alert::decode(&json).unwrap();
            for (record, pairs) in format(name).unwrap().explain(&alert).iter().zip(explained(name, &json)) {
                let cut = record.keys.iter().filter(|key| key.from.contains(", cut to "));
                let cut: Vec<&str> = cut.map(|key| key.key.as_ref()).collect();
                let named = pairs.iter().find(|(name, _)| name == key);
                prop_assert_eq!(named.map_or("", |(_, value)| value), cut.join(","));
            }
        }
    }
}

#[test]
fn an_explanation_says_why_a_key_is_left_out() {
    let json = r##"{"id":"da1","createdDateTime":"soon","evidence":[
        {"@odata.type":"#microsoft.graph.security.ipEvidence","ipAddress":"2001:db8::1"}]}"##;
    let alert = Alert::decode(json).unwrap();
    let records = format("cef").unwrap().explain(&alert);
    for (key, from) in [
        (
            "c6a1",
            "evidence[0].ipAddress (only one of IPv6; a message's sender on records of users, of devices alone and of the alert alone)",
        ),
        (
            "src",
            "evidence[0].ipAddress: no value (only one of IPv4; a message's sender on records of users, of devices alone and of the alert alone)",
        ),
        (
            "rt",
            "createdDateTime or firstActivityDateTime or lastUpdateDateTime: no value (milliseconds; left out where Graph's text is not a time)",
        ),
        (
            "cat",
            "category or categories: no value (the first of `categories`)",
        ),
        ("cs3", "empty: a record of an address has none"),
        (
            "dhost",
            "empty: the alert has no deviceEvidence with an id or a name",
        ),
        ("c6a1Label", "constant"),
    ] {
        let explained = records[0].keys.iter().find(|k| k.key == key).unwrap();
        assert_eq!(explained.from, from);
    }
}

#[test]
fn the_records_are_those_of_siem() {
    let json = r##"{"id":"da1","severity":"high","evidence":[
        {"@odata.type":"#microsoft.graph.security.urlEvidence","url":"http://a.example/"},
        {"@odata.type":"#microsoft.graph.security.ipEvidence","ipAddress":"192.0.2.7"}]}"##;
    let alert = Alert::decode(json).unwrap();
    let of = |name: &str| {
        let records = records(format(name).unwrap(), &alert);
        let named = records.map(|record| (record.key, record.alert_id, record.severity));
        named.collect::<Vec<_>>()
    };
    assert_eq!(of("siem").len(), 2);
    assert_eq!(of("cef"), of("siem"));
    assert_eq!(of("leef"), of("siem"));
}

/// What the old record has no keys for adds lines, and takes none away.
#[test]
fn other_evidence_adds_lines_of_its_own() {
    let of =
        |kind: &str| format!(r##"{{"@odata.type":"#microsoft.graph.security.{kind}Evidence""##);
    let json = format!(
        r#"{{"id":"da1","evidence":[
        {},"ipAddress":"192.0.2.7"}},{},"networkMessageId":"n1"}},{},"networkMessageId":null}},
        {},"destinationAddress":{{"ipAddress":"192.0.2.8"}},"destinationPort":443}},
        {},"registryKey":"K"}},{},"registryKey":"K","registryValueName":"v"}},
        {},"appId":7}},{},"domainName":"a.example"}},{},"algorithm":"md5","value":"AA"}}]}}"#,
        of("ip"),
        of("analyzedMessage"),
        of("analyzedMessage"),
        of("networkConnection"),
        of("registryKey"),
        of("registryValue"),
        of("cloudApplication"),
        of("dns"),
        of("fileHash"),
    );
    let keys = |name: &str| {
        let alert = Alert::decode(&json).unwrap();
        records(format(name).unwrap(), &alert)
            .map(|record| record.key)
            .collect::<HashSet<_>>()
    };
    let old = keys("siem");
    assert_eq!((old.len(), keys("cef").len()), (1, 8));
    assert!(old.is_subset(&keys("cef")));
    assert_eq!(keys("cef"), keys("leef"));
}
