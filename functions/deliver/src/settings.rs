//! The settings of the function and of the command: where records go.

use std::sync::Arc;

use drawbridge_document::{DocumentError, nearest, parse_json};
use serde_json::Value;

use crate::fields::SettingsError;
use crate::target_type::TargetSettings;
use crate::targets::TARGETS;
use crate::{Ports, Target};

/// Where records go: a target with its settings, read and checked.
#[derive(Debug, Clone)]
pub struct DeliverSettings(Arc<dyn TargetSettings>);

impl DeliverSettings {
    /// Reads and checks a JSON object: `target`, and the target's own fields.
    ///
    /// # Errors
    /// [`SettingsError`] that names the field, and the right name where one was misspelt.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let Value::Object(mut fields) = parse_json(text)? else {
            return Err(DocumentError::of_all("it is not a JSON object").into());
        };
        let known: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        let wrong = |problem: &str, hint: &str| {
            let problem = format!("{problem} one of {}{hint}", known.join(", "));
            Err(SettingsError::field("target", problem))
        };
        let Some(Value::String(given)) = fields.remove("target") else {
            return wrong("is missing: it is", "");
        };
        if let Some(target) = TARGETS.iter().find(|target| target.name == given) {
            return target.read(fields).map(Self);
        }
        match nearest(&given, known.iter().copied()) {
            Some(name) => wrong("must be", &format!("; did you mean `{name}`?")),
            None => wrong("must be", ""),
        }
    }

    /// Checks whether the target takes records of that format, for those who know it beforehand.
    /// What is of another one all the same goes to quarantine.
    ///
    /// # Errors
    /// [`SettingsError::Field`] that says what to do.
    pub fn check_format(&self, format: &str) -> Result<(), SettingsError> {
        self.0.check_format(format)
    }

    /// Builds the target; nothing is asked of it yet.
    ///
    /// # Errors
    /// [`SettingsError`] for a private CA that cannot be read, or an identity that there is not here.
    pub fn build(&self, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
        self.0.build(ports)
    }
}

/// What the function reads from its environment; the template sets it.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `DRAWBRIDGE_DELIVER`: the target, as a JSON object.
    pub deliver: DeliverSettings,
    /// `DRAWBRIDGE_DELIVER_FORMAT`: the format of the queue's records, which is the output's name
    /// too. The target has to take it.
    pub format: Option<String>,
    /// `DRAWBRIDGE_BUCKET`: the bucket with the bodies of large records, and the quarantine.
    pub bucket: String,
    /// `DRAWBRIDGE_QUEUE_URL`: the queue whose messages invoke the function.
    pub queue_url: String,
    /// `DRAWBRIDGE_TENANT_METRICS`, `yes` or `no`: whether each tenant has metrics of its own.
    pub tenant_metrics: bool,
}

impl Settings {
    /// Reads the settings through `variable`, which gives a variable's value.
    ///
    /// # Errors
    /// [`SettingsError`] that names the variable and the field.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let get = |name: &'static str, meaning: &'static str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or(SettingsError::Missing { name, meaning })
        };
        let deliver = get(
            "DRAWBRIDGE_DELIVER",
            "a JSON object such as {\"target\":\"splunk-hec\",\"url\":…,\"secret\":…}",
        )?;
        let deliver = DeliverSettings::parse(&deliver)?;
        let format = variable("DRAWBRIDGE_DELIVER_FORMAT");
        if let Some(format) = &format {
            deliver.check_format(format)?;
        }
        Ok(Self {
            deliver,
            format,
            bucket: get("DRAWBRIDGE_BUCKET", "the name of the bucket")?,
            queue_url: get("DRAWBRIDGE_QUEUE_URL", "the URL of the queue of records")?,
            tenant_metrics: variable("DRAWBRIDGE_TENANT_METRICS")
                .is_some_and(|value| value == "yes"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::{format, names};

    fn refusal(text: &str) -> String {
        DeliverSettings::parse(text).unwrap_err().to_string()
    }

    /// The example of a target as a document, with more fields.
    fn example(target: &crate::TargetType, more: &str) -> String {
        let (name, example) = (target.name, target.example);
        let rest = example.strip_prefix('{').unwrap();
        let fields = rest.strip_suffix('}').unwrap();
        format!(r#"{{"target":"{name}",{fields}{more}}}"#)
    }

    #[test]
    fn every_target_reads_its_own_example_and_takes_some_format() {
        for target in TARGETS {
            let settings = DeliverSettings::parse(&example(target, ""));
            let settings = settings.unwrap_or_else(|error| panic!("{}: {error}", target.name));
            assert!(
                names().any(|format| settings.check_format(format).is_ok()),
                "{}",
                target.name
            );
        }
    }

    #[test]
    fn every_target_names_the_nearest_field() {
        for target in TARGETS {
            let error = refusal(&example(target, r#","zzz":1"#));
            assert!(error.contains("unknown field `zzz`; there is"), "{error}");
        }
    }

    #[test]
    fn errors_name_the_field_and_the_right_name() {
        for (text, words) in [
            ("nonsense", "cannot be read: it is not valid JSON"),
            ("[]", "cannot be read: it is not a JSON object"),
            (
                "{}",
                "target is missing: it is one of splunk-hec, splunk-soar",
            ),
            (r#"{"target":"zzz"}"#, "target must be one of splunk-hec"),
            (r#"{"target":"splunk_hec"}"#, "did you mean `splunk-hec`?"),
            (
                r#"{"target":"splunk-hec","url":"https://s"}"#,
                "missing field `secret`",
            ),
            (
                r#"{"target":"splunk-hec","url":"https://s","secret":"a","source_type":"x"}"#,
                "unknown field `source_type`; did you mean `sourcetype`?",
            ),
            (
                r#"{"target":"splunk-hec","url":"https://s","secret":"a","acknowledge":true,"ack_poll_millis":0}"#,
                "ack_poll_millis must be at least 1",
            ),
            (
                r#"{"target":"webhook","url":"http://siem.example","secret":"a"}"#,
                "url is not https",
            ),
            (
                r#"{"target":"webhook","url":17,"secret":"a"}"#,
                "at url: the value has a wrong type",
            ),
            (
                r#"{"target":"webhook","url":"https://h","secret":"a","body":"lines"}"#,
                "at body: the value must be one of array, ndjson",
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
                r#"{"target":"splunk-soar","url":"https://u:p@h","secret":"a"}"#,
                "a user name or password",
            ),
            (r#"{"target":"syslog","address":"siem"}"#, "address must be"),
            (
                r#"{"target":"syslog","address":"tcp://siem:514"}"#,
                "address must be",
            ),
            (
                r#"{"target":"syslog","address":"s:1","facility":99}"#,
                "facility must be 0 to 23",
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
        for name in names() {
            assert_eq!(with("").check_format(name), Ok(()));
            for body in [r#","body":"array""#, r#","body":"ndjson""#] {
                let checked = with(body).check_format(name);
                if format(name).unwrap().is_json() {
                    assert_eq!(checked, Ok(()), "{body}, {name}");
                    continue;
                }
                let error = checked.unwrap_err().to_string();
                for words in ["body is for records of JSON", name, "Leave it out"] {
                    assert!(error.contains(words), "{error}");
                }
            }
        }
    }

    #[test]
    fn most_targets_take_any_format() {
        for target in TARGETS.iter().filter(|target| target.name != "sentinel") {
            let text = example(target, "").replace(r#","body":"ndjson""#, "");
            let settings = DeliverSettings::parse(&text).unwrap();
            for name in names() {
                assert_eq!(settings.check_format(name), Ok(()), "{}", target.name);
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

    /// The page has a section per target, in the order of the registry, which names every field.
    #[test]
    fn the_documentation_has_every_target_with_every_field() {
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deliver.md");
        let page = std::fs::read_to_string(PAGE).unwrap();
        let headings = page.lines().filter(|line| line.starts_with("## "));
        let documented: Vec<_> = headings
            .filter_map(|line| line.split_once(": `")?.1.strip_suffix('`'))
            .collect();
        let known: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        assert_eq!(documented, known, "the sections of docs/deliver.md");
        for target in known {
            let start = page.find(&format!(": `{target}`\n")).unwrap();
            let section = page[start..].split("\n## ").next().unwrap();
            let error = refusal(&format!(r#"{{"target":"{target}","zzz":1}}"#));
            let (_, fields) = error.split_once("there is ").unwrap();
            for field in fields.split(", ") {
                let is_named = [format!("`{field}`"), format!("\"{field}\"")]
                    .iter()
                    .any(|name| section.contains(name));
                assert!(
                    is_named,
                    "docs/deliver.md does not name {field} of {target}"
                );
            }
        }
    }

    fn variable<'v>(name: &str, deliver: &'v str, format: &'v str) -> &'v str {
        match name {
            "DRAWBRIDGE_DELIVER" => deliver,
            "DRAWBRIDGE_DELIVER_FORMAT" => format,
            _ => "x",
        }
    }

    #[test]
    fn a_format_that_the_target_does_not_take_is_refused() {
        let read = |format: &str| {
            let webhook = r#"{"target":"webhook","url":"https://h","secret":"arn","body":"array"}"#;
            Settings::read(|name| Some(variable(name, webhook, format).to_owned()))
        };
        assert!(read("native").is_ok());
        let error = read("cef").unwrap_err().to_string();
        assert!(error.contains("body is for records of JSON"), "{error}");
    }

    #[test]
    fn what_is_missing_is_named() {
        let read = |without: &str| {
            let hec = r#"{"target":"splunk-hec","url":"https://s:8088","secret":"arn"}"#;
            Settings::read(|name| (name != without).then(|| variable(name, hec, "siem").to_owned()))
        };
        assert_eq!(read("").unwrap().queue_url, "x");
        for name in [
            "DRAWBRIDGE_DELIVER",
            "DRAWBRIDGE_BUCKET",
            "DRAWBRIDGE_QUEUE_URL",
        ] {
            let error = read(name).unwrap_err().to_string();
            assert!(error.starts_with(&format!("{name} is not set")), "{error}");
        }
    }
}
