//! Every field of every target, with the condition under which it has an effect. Where it has none, it
//! is refused: whoever wrote it believes that it has.

use crate::DeliverSettings;
use crate::targets::TARGETS;

/// When a field has an effect.
enum Effect {
    Always,
    /// Only beside the first of these, and not beside the second.
    Beside(&'static str, &'static str),
    /// With the formats that are checked against it, which is tested where the format is.
    WithFormat,
}

use Effect::{Always, Beside, WithFormat};

const HTTPS: &str = r#""url":"https://siem.example","secret":"arn""#;
const HTTP: &str = r#""url":"http://127.0.0.1:1","secret":"arn""#;
const ACKNOWLEDGED: &str = r#""url":"https://s","secret":"arn","acknowledge":true"#;
const NOT_ACKNOWLEDGED: &str = r#""url":"https://s","secret":"arn""#;

/// The target, the field, a value where one is tried, and when it has an effect.
const FIELDS: &[(&str, &str, &str, Effect)] = &[
    ("splunk-hec", "url", "", Always),
    ("splunk-hec", "secret", "", Always),
    ("splunk-hec", "index", "", Always),
    ("splunk-hec", "sourcetype", "", Always),
    ("splunk-hec", "source", "", Always),
    ("splunk-hec", "host", "", Always),
    ("splunk-hec", "acknowledge", "", Always),
    (
        "splunk-hec",
        "ack_timeout_secs",
        "9",
        Beside(ACKNOWLEDGED, NOT_ACKNOWLEDGED),
    ),
    (
        "splunk-hec",
        "ack_poll_millis",
        "9",
        Beside(ACKNOWLEDGED, NOT_ACKNOWLEDGED),
    ),
    ("splunk-hec", "ca", r#""/ca.pem""#, Beside(HTTPS, HTTP)),
    ("splunk-soar", "url", "", Always),
    ("splunk-soar", "secret", "", Always),
    ("splunk-soar", "label", "", Always),
    ("splunk-soar", "run_automation", "", Always),
    ("splunk-soar", "ca", r#""/ca.pem""#, Beside(HTTPS, HTTP)),
    ("sentinel", "url", "", Always),
    ("sentinel", "dcr", "", Always),
    ("sentinel", "stream", "", Always),
    ("sentinel", "format", "", WithFormat),
    ("sentinel", "tenant_id", "", Always),
    ("sentinel", "client_id", "", Always),
    ("sentinel", "secret", "", Always),
    ("sentinel", "certificate", "", Always),
    ("sentinel", "federation", "", Always),
    // It says for which cloud's Azure Monitor the token is, whatever the sign-in host.
    ("sentinel", "cloud", "", Always),
    ("sentinel", "login_url", "", Always),
    ("syslog", "address", "", Always),
    ("syslog", "ca", "", Always),
    ("syslog", "hostname", "", Always),
    ("syslog", "app_name", "", Always),
    ("syslog", "facility", "", Always),
    ("syslog", "max_message_bytes", "", Always),
    ("syslog", "confirm", "", Always),
    ("syslog", "timeout_secs", "", Always),
    ("webhook", "url", "", Always),
    ("webhook", "secret", "", Always),
    ("webhook", "body", "", WithFormat),
    ("webhook", "ca", r#""/ca.pem""#, Beside(HTTPS, HTTP)),
];

fn read(target: &str, fields: &str) -> Result<(), String> {
    let text = format!(r#"{{"target":"{target}",{fields}}}"#);
    let read = DeliverSettings::parse(&text);
    read.map(drop).map_err(|error| error.to_string())
}

#[test]
fn a_field_without_effect_is_refused_with_what_to_do() {
    for (target, field, value, effect) in FIELDS {
        let Beside(with, without) = effect else {
            continue;
        };
        let beside = |others: &str| read(target, &format!(r#"{others},"{field}":{value}"#));
        assert_eq!(beside(with), Ok(()), "{target}: {field}");
        let error = beside(without).unwrap_err();
        for words in [*field, "has no effect", "remove it"] {
            assert!(error.contains(words), "{target}: {error}");
        }
    }
}

/// A field that is added says here when it has an effect.
#[test]
fn every_field_is_listed() {
    for target in TARGETS {
        let error = read(target.name, r#""zzz":1"#).unwrap_err();
        let (_, fields) = error.split_once("there is ").unwrap();
        for field in fields.split(", ") {
            let is_it =
                |known: &&(&str, &str, &str, Effect)| (known.0, known.1) == (target.name, field);
            assert!(
                FIELDS.iter().any(|known| is_it(&known)),
                "{}: {field}",
                target.name
            );
        }
    }
}
