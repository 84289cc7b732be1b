use drawbridge_entra::IdentityError;
use drawbridge_http::Url;
use drawbridge_secrets::check_bare;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::suggest::{nearest, quoted};
use super::target::Kind;
use crate::http::checked;

/// Where records go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliverSettings {
    /// The target and what it needs to know.
    pub kind: Kind,
}

/// A setting that cannot be used. Its text never repeats a value, which could be a secret in the
/// wrong place; it repeats names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// A variable of the environment is not set, or empty.
    #[error("{name} is not set: it is {meaning}")]
    Missing {
        /// The variable.
        name: &'static str,
        /// What belongs in it.
        meaning: &'static str,
    },
    /// The document cannot be read.
    #[error("the delivery settings cannot be read: {0}")]
    Unreadable(String),
    /// A field is wrong.
    #[error("the delivery settings: {field} {problem}")]
    Field {
        /// The field.
        field: &'static str,
        /// What is wrong and what would be right.
        problem: String,
    },
}

impl From<IdentityError> for SettingsError {
    fn from(error: IdentityError) -> Self {
        wrong(error.field(), error.to_string())
    }
}

/// The targets by the names that the settings use.
const TARGETS: &[&str] = &["splunk-hec", "splunk-soar", "sentinel", "syslog", "webhook"];

impl DeliverSettings {
    /// Reads and checks a JSON object: `target`, and the target's own fields.
    ///
    /// # Errors
    /// [`SettingsError`] that names the field, and the right name where one was misspelt.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let unreadable = |error: serde_json::Error| {
            SettingsError::Unreadable(format!(
                "it is no JSON object (line {}, column {})",
                error.line(),
                error.column()
            ))
        };
        let mut members: Map<String, Value> = serde_json::from_str(text).map_err(unreadable)?;
        let target = members.remove("target");
        let Some(target) = target.as_ref().and_then(Value::as_str) else {
            return Err(wrong(
                "target",
                format!("is missing: it is one of {}", TARGETS.join(", ")),
            ));
        };
        let kind = match target {
            "splunk-hec" => Kind::SplunkHec(read(members)?),
            "splunk-soar" => Kind::SplunkSoar(read(members)?),
            "sentinel" => Kind::Sentinel(read(members)?),
            "syslog" => Kind::Syslog(read(members)?),
            "webhook" => Kind::Webhook(read(members)?),
            other => {
                let known = TARGETS.join(", ");
                let hint = nearest(other, TARGETS.iter().copied())
                    .map(|name| format!("; did you mean {name}?"))
                    .unwrap_or_default();
                return Err(wrong("target", format!("must be one of {known}{hint}")));
            }
        };
        check(&kind)?;
        Ok(Self { kind })
    }

    /// Whether the target takes records of that format, for those who know it beforehand. What is
    /// of another one all the same is put aside.
    ///
    /// # Errors
    /// [`SettingsError::Field`] that says what to do.
    pub fn takes(&self, format: &str) -> Result<(), SettingsError> {
        match &self.kind {
            Kind::Sentinel(sentinel) => sentinel
                .takes(format)
                .map_err(|problem| wrong("format", problem)),
            Kind::Webhook(webhook) => webhook
                .takes(format)
                .map_err(|problem| wrong("body", problem)),
            _ => Ok(()),
        }
    }
}

fn read<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, SettingsError> {
    serde_path_to_error::deserialize(Value::Object(members)).map_err(|error| {
        let path = error.path().to_string();
        let text = error.into_inner().to_string();
        SettingsError::Unreadable(if let Some(names) = text.strip_prefix("unknown field ") {
            let names = quoted(names);
            let (given, known) = names.split_first().unwrap_or((&"", &[]));
            let hint = match nearest(given, known.iter().copied()) {
                Some(name) => format!("did you mean {name}?"),
                None => format!("there is {}", known.join(", ")),
            };
            format!("no field is called {given:?}; {hint}")
        } else if let Some((_, known)) = variants(&text) {
            format!("{path} must be one of {}", quoted(known).join(", "))
        } else if text.starts_with("missing field") || text.starts_with("duplicate field") {
            text
        } else {
            format!("{path} has a wrong type or form")
        })
    })
}

/// What was given in place of a name, and the names that there are.
fn variants(error: &str) -> Option<(&str, &str)> {
    let rest = error.strip_prefix("unknown variant ")?;
    rest.rsplit_once("expected ")
}

fn check(kind: &Kind) -> Result<(), SettingsError> {
    let (url, query_allowed, secret) = match kind {
        Kind::SplunkHec(s) => (Some(&s.url), false, Some(&s.secret)),
        Kind::SplunkSoar(s) => (Some(&s.url), false, Some(&s.secret)),
        Kind::Sentinel(s) => (Some(&s.url), false, None),
        Kind::Syslog(_) => (None, false, None),
        Kind::Webhook(s) => (Some(&s.url), true, Some(&s.secret)),
    };
    if let Some(url) = url {
        checked_url("url", url, query_allowed)?;
    }
    if secret.is_some_and(|name| name.trim().is_empty()) {
        return Err(wrong(
            "secret",
            "is empty: it names the secret, by name or ARN",
        ));
    }
    if secret.is_some_and(|name| check_bare(name).is_err()) {
        return Err(wrong(
            "secret",
            "must be the name of a secret, or its ARN: it holds a key or a file's content itself",
        ));
    }
    match kind {
        Kind::Sentinel(sentinel) => {
            if let Some(login) = &sentinel.login_url {
                checked_url("login_url", login, false)?;
            }
            sentinel.identity()?;
            sentinel.cloud()?;
            if crate::format::format(&sentinel.format).is_none() {
                let known: Vec<_> = crate::format::names().collect();
                let problem = format!("must be one of {}", known.join(", "));
                return Err(wrong("format", problem));
            }
            for (field, value) in [("dcr", &sentinel.dcr), ("stream", &sentinel.stream)] {
                if !is_path_part(value) {
                    return Err(wrong(field, "must be 1 to 128 of A-Z, a-z, 0-9, - and _"));
                }
            }
            Ok(())
        }
        Kind::Syslog(syslog) => {
            crate::targets::syslog_address(&syslog.address)?;
            let plain = |text: &str, most: usize| {
                (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
            };
            for (field, holds, problem) in [
                ("facility", syslog.facility <= 23, "must be 0 to 23"),
                (
                    "hostname",
                    plain(&syslog.hostname, 255),
                    "must be printable ASCII, at most 255",
                ),
                (
                    "app_name",
                    plain(&syslog.app_name, 48),
                    "must be printable ASCII, at most 48",
                ),
                (
                    "max_message_bytes",
                    (480..=4_194_304).contains(&syslog.max_message_bytes),
                    "must be 480 to 4194304",
                ),
                (
                    "timeout_secs",
                    (1..=60).contains(&syslog.timeout_secs),
                    "must be 1 to 60",
                ),
            ] {
                if !holds {
                    return Err(wrong(field, problem));
                }
            }
            Ok(())
        }
        Kind::SplunkHec(hec) if hec.ack_poll_millis == 0 => {
            Err(wrong("ack_poll_millis", "must be at least 1"))
        }
        _ => Ok(()),
    }
}

fn checked_url(field: &'static str, url: &Url, query_allowed: bool) -> Result<(), SettingsError> {
    checked(url, query_allowed).map_err(|error| wrong(field, error.to_string()))
}

fn is_path_part(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=128).contains(&text.len()) && text.chars().all(plain)
}

fn wrong(field: &'static str, problem: impl Into<String>) -> SettingsError {
    SettingsError::Field {
        field,
        problem: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        DeliverSettings::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn every_target_is_read_with_its_defaults() {
        for text in [
            r#"{"target":"splunk-hec","url":"https://s:8088","secret":"arn"}"#,
            r#"{"target":"splunk-soar","url":"https://s","secret":"arn"}"#,
            r#"{"target":"sentinel","url":"https://x.ingest.monitor.azure.com","dcr":"dcr-1","stream":"Custom-A_CL","tenant_id":"t.example","client_id":"c","secret":"arn"}"#,
            r#"{"target":"sentinel","url":"https://x","dcr":"d","stream":"s","tenant_id":"t.example","client_id":"c","certificate":"arn"}"#,
            r#"{"target":"sentinel","url":"https://x","dcr":"d","stream":"s","tenant_id":"t.example","client_id":"c","federation":"aws"}"#,
            r#"{"target":"syslog","address":"siem.example.com:6514"}"#,
            r#"{"target":"webhook","url":"https://h/x?y=z","secret":"env:KEY"}"#,
            r#"{"target":"webhook","url":"https://h","secret":"env:KEY","body":"array"}"#,
            r#"{"target":"webhook","url":"https://h","secret":"env:KEY","body":"ndjson"}"#,
        ] {
            let parsed = DeliverSettings::parse(text);
            assert!(parsed.is_ok(), "{text}: {parsed:?}");
        }
        let hec = DeliverSettings::parse(
            r#"{"target":"splunk-hec","url":"https://s:8088","secret":"arn"}"#,
        );
        let Kind::SplunkHec(hec) = hec.unwrap().kind else {
            panic!("no HEC");
        };
        assert_eq!(
            (hec.source.as_str(), hec.acknowledge),
            ("drawbridge", false)
        );
    }

    #[test]
    fn errors_name_the_field_and_the_right_name() {
        for (text, words) in [
            ("nonsense", "no JSON object"),
            ("{}", "target is missing"),
            (r#"{"target":"splunk_hec"}"#, "did you mean splunk-hec?"),
            (
                r#"{"target":"splunk-hec","url":"https://s"}"#,
                "missing field `secret`",
            ),
            (
                r#"{"target":"splunk-hec","url":"https://s","secret":"a","source_type":"x"}"#,
                r#"no field is called "source_type"; did you mean sourcetype?"#,
            ),
            (
                r#"{"target":"webhook","url":"http://siem.example","secret":"a"}"#,
                "url is not https",
            ),
            (
                r#"{"target":"webhook","url":17,"secret":"a"}"#,
                "url has a wrong type",
            ),
            (
                r#"{"target":"webhook","url":"https://h","secret":"a","body":"lines"}"#,
                "body must be one of array, ndjson",
            ),
            (
                r#"{"target":"webhook","url":"https://h","secret":" "}"#,
                "secret is empty",
            ),
            (
                r#"{"target":"webhook","url":"https://h","secret":"-----BEGIN PRIVATE KEY-----\nMARKER"}"#,
                "secret must be the name",
            ),
            (
                r#"{"target":"sentinel","url":"https://x","dcr":"a","stream":"s","tenant_id":"t","client_id":"c","certificate":"-----BEGIN PRIVATE KEY-----\nMARKER"}"#,
                "certificate must be the name",
            ),
            (
                r#"{"target":"splunk-soar","url":"https://u:p@h","secret":"a"}"#,
                "a user name or password",
            ),
            (r#"{"target":"syslog","address":"siem"}"#, "address"),
            (
                r#"{"target":"syslog","address":"tcp://siem:514"}"#,
                "address",
            ),
            (
                r#"{"target":"syslog","address":"s:1","facility":99}"#,
                "facility must be 0 to 23",
            ),
            (
                r#"{"target":"sentinel","url":"https://x","dcr":"a/b","stream":"s","tenant_id":"t","client_id":"c","secret":"a"}"#,
                "dcr must be",
            ),
            (
                r#"{"target":"sentinel","url":"https://x","dcr":"a","stream":"s","tenant_id":"t","client_id":"c","secret":"a","cloud":"china"}"#,
                "cloud must be",
            ),
            (
                r#"{"target":"sentinel","url":"https://x","dcr":"a","stream":"s","tenant_id":"t","client_id":"c","secret":"a","format":"MARKER"}"#,
                "format must be one of siem, native",
            ),
        ] {
            let error = refusal(text);
            assert!(error.contains(words), "{words:?} is not in: {error}");
            assert!(!error.contains("MARKER"), "{error}");
        }
    }

    #[test]
    fn a_body_of_json_is_not_for_lines_of_text() {
        let with = |body: &str| {
            let text = format!(r#"{{"target":"webhook","url":"https://h","secret":"a"{body}}}"#);
            DeliverSettings::parse(&text).unwrap()
        };
        for body in [r#","body":"array""#, r#","body":"ndjson""#] {
            for format in ["siem", "native", "ocsf", "ecs"] {
                assert_eq!(with(body).takes(format), Ok(()), "{body}, {format}");
            }
            for format in ["cef", "leef"] {
                let error = with(body).takes(format).unwrap_err().to_string();
                assert!(error.contains("body is for records of JSON"), "{error}");
                assert!(
                    error.contains(format) && error.contains("Leave it out"),
                    "{error}"
                );
                assert_eq!(with("").takes(format), Ok(()));
            }
        }
    }

    #[test]
    fn sentinel_signs_in_with_exactly_one_identity() {
        let with = |identity: &str| {
            let text = r#"{"target":"sentinel","url":"https://x","dcr":"d","stream":"s","tenant_id":"t.example","client_id":"c""#;
            DeliverSettings::parse(&format!("{text}{identity}}}")).map(|settings| {
                let Kind::Sentinel(sentinel) = settings.kind else {
                    panic!("no Sentinel");
                };
                sentinel.identity().unwrap().kind()
            })
        };
        for (given, kind) in [
            (r#","secret":"env:KEY""#, "secret"),
            (r#","certificate":"file:/run/pem""#, "certificate"),
            (r#","certificate":"arn","secret":"""#, "certificate"),
            (r#","federation":"aws""#, "federation"),
            (r#","federation":"/run/token""#, "federation"),
        ] {
            assert_eq!(with(given).unwrap(), kind);
        }
        for (given, words) in [
            ("", "secret, certificate, federation exactly one"),
            (r#","secret":" ""#, "exactly one"),
            (r#","secret":"MARKER","federation":"aws""#, "exactly one"),
            (r#","federation":"MARKER""#, r#"federation must be "aws""#),
            (
                r#","certificate":["MARKER"]"#,
                "certificate has a wrong type",
            ),
            (r#","certifcate":"MARKER""#, "did you mean certificate?"),
            (r#","federated":"MARKER""#, "did you mean federation?"),
        ] {
            let error = with(given).unwrap_err().to_string();
            assert!(error.contains(words), "{words:?} is not in: {error}");
            assert!(!error.contains("MARKER"), "{error}");
        }
    }

    #[test]
    fn a_table_takes_one_format_and_the_other_targets_take_any() {
        let sentinel = r#"{"target":"sentinel","url":"https://x","dcr":"d","stream":"s","tenant_id":"t.example","client_id":"c","secret":"a""#;
        let siem = DeliverSettings::parse(&format!("{sentinel}}}")).unwrap();
        let ocsf = DeliverSettings::parse(&format!(r#"{sentinel},"format":"ocsf"}}"#)).unwrap();
        let hec = r#"{"target":"splunk-hec","url":"https://s:8088","secret":"arn"}"#;
        let hec = DeliverSettings::parse(hec).unwrap();
        for format in crate::format::names() {
            assert_eq!(siem.takes(format).is_ok(), format == "siem");
            assert_eq!(ocsf.takes(format).is_ok(), format == "ocsf");
            hec.takes(format).unwrap();
        }
        let error = siem.takes("cef").unwrap_err().to_string();
        assert!(error.contains("format is siem"), "{error}");
        assert!(error.contains("deliver the output siem"), "{error}");
        assert!(siem.takes("").is_err());
    }

    /// Of each target, every field that it has.
    #[test]
    fn the_documentation_names_every_field() {
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deliver.md");
        let page = std::fs::read_to_string(PAGE).unwrap();
        for target in TARGETS {
            let start = page.find(&format!(": `{target}`")).unwrap();
            let section = &page[start..];
            let end = section.find("\n## ").unwrap_or(section.len());
            let error = refusal(&format!(r#"{{"target":"{target}","zzz":1}}"#));
            let (_, fields) = error.split_once("there is ").unwrap();
            for field in fields.split(", ") {
                let is_named = [format!("`{field}`"), format!("\"{field}\"")]
                    .iter()
                    .any(|name| section[..end].contains(name));
                assert!(
                    is_named,
                    "docs/deliver.md does not name {field} of {target}"
                );
            }
        }
    }

    #[test]
    fn no_value_is_repeated() {
        for text in [
            r#"{"target":"webhook","url":"MARKER","secret":"a"}"#,
            r#"{"target":"MARKER"}"#,
            r#"{"target":"splunk-hec","url":"https://s","secret":"a","acknowledge":"MARKER"}"#,
            r#"{"target":"syslog","address":"MARKER"}"#,
            r#"{"target":"syslog","address":"a:1","confirm":"MARKER"}"#,
        ] {
            let error = refusal(text);
            assert!(!error.contains("MARKER"), "{error}");
        }
    }
}
