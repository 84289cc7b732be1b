use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::SplunkHec;
#[cfg(test)]
use crate::effect::{Effect, Effects};
use crate::fields::{SettingsError, check_base, check_ca, check_secret_name, drawbridge};
use crate::http::Client;
use crate::target_type::TargetSettings;
use crate::{Ports, Target};

/// `{"target":"splunk-hec", …}`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SplunkHecSettings {
    /// The collector without a path: `https://splunk.example.com:8088`.
    pub(super) url: Url,
    /// Where the token is kept: a secret's name or ARN, never the token.
    pub(super) secret: String,
    /// The index; the token's own where none is named.
    #[serde(default)]
    pub(super) index: Option<String>,
    /// The sourcetype in place of the format's own.
    #[serde(default)]
    pub(super) sourcetype: Option<String>,
    /// `source` of every event.
    #[serde(default = "drawbridge")]
    pub(super) source: String,
    /// `host` of every event.
    #[serde(default = "drawbridge")]
    pub(super) host: String,
    /// Whether to wait until the indexers have the events. The token must have it turned on.
    #[serde(default)]
    pub(super) acknowledge: bool,
    /// Seconds that an acknowledgement is waited for; 60 if it does not say.
    #[serde(default)]
    ack_timeout_secs: Option<u64>,
    /// Milliseconds between two questions for it; 1000 if it does not say.
    #[serde(default)]
    ack_poll_millis: Option<u64>,
    /// A private certificate authority: PEM, or a file with it.
    #[serde(default)]
    ca: Option<String>,
}

impl SplunkHecSettings {
    /// For how long an acknowledgement is waited for.
    pub(super) fn ack_timeout(&self) -> Duration {
        Duration::from_secs(self.ack_timeout_secs.unwrap_or(60))
    }

    /// How long it is between two questions for it.
    pub(super) fn ack_poll(&self) -> Duration {
        Duration::from_millis(self.ack_poll_millis.unwrap_or(1000))
    }
}

/// Whether Splunk lets an index be called so. It would refuse each record for another one.
fn is_index(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.starts_with(is_plain)
        && name.chars().all(|c| is_plain(c) || matches!(c, '_' | '-'))
        && !name.contains("kvstore")
}

impl TargetSettings for SplunkHecSettings {
    fn check(&self) -> Result<(), SettingsError> {
        check_base("url", &self.url, "/services/collector")?;
        check_secret_name(&self.secret)?;
        check_ca(self.ca.as_deref(), &self.url)?;
        let names = [
            ("index", self.index.as_deref()),
            ("sourcetype", self.sourcetype.as_deref()),
            ("source", Some(&*self.source)),
            ("host", Some(&*self.host)),
        ];
        for (field, name) in names {
            if name.is_some_and(|name| name.trim().is_empty()) {
                return Err(SettingsError::field(
                    field,
                    "must not be empty: name one, or remove it",
                ));
            }
        }
        if self.index.as_deref().is_some_and(|index| !is_index(index)) {
            return Err(SettingsError::field(
                "index",
                "is none that Splunk would have: the name of an index is of a-z, 0-9, _ and -, begins with a \
                 letter or a digit, and does not contain kvstore",
            ));
        }
        let of_acknowledgements = [
            ("ack_timeout_secs", self.ack_timeout_secs),
            ("ack_poll_millis", self.ack_poll_millis),
        ];
        for (field, given) in of_acknowledgements {
            if given.is_some() && !self.acknowledge {
                let problem = "has no effect without acknowledgements: set acknowledge to true, or \
                               remove it";
                return Err(SettingsError::field(field, problem));
            }
        }
        if self.ack_poll_millis == Some(0) {
            return Err(SettingsError::field(
                "ack_poll_millis",
                "must be at least 1",
            ));
        }
        Ok(())
    }

    fn build(&self, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
        let client = Client::trusting(self.ca.as_deref())?;
        Ok(Arc::new(SplunkHec::new(self, client, &ports.secrets)))
    }

    #[cfg(test)]
    fn effects() -> Effects {
        const OF_ACKNOWLEDGEMENTS: Effect = Effect::Beside {
            value: "9",
            with: r#""url":"https://s","secret":"arn","acknowledge":true"#,
            without: r#""url":"https://s","secret":"arn""#,
        };
        &[
            ("url", Effect::Always),
            ("secret", Effect::Always),
            ("index", Effect::Always),
            ("sourcetype", Effect::Always),
            ("source", Effect::Always),
            ("host", Effect::Always),
            ("acknowledge", Effect::Always),
            ("ack_timeout_secs", OF_ACKNOWLEDGEMENTS),
            ("ack_poll_millis", OF_ACKNOWLEDGEMENTS),
            ("ca", Effect::CA),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_index_that_splunk_cannot_have_is_refused() {
        let check = |index: &str| {
            let text = format!(r#"{{"url":"https://s:8088","secret":"arn","index":"{index}"}}"#);
            let settings: SplunkHecSettings = serde_json::from_str(&text).unwrap();
            settings.check().map_err(|error| error.to_string())
        };
        for index in ["security", "main", "sec_ops-2", "2fa"] {
            assert_eq!(check(index), Ok(()), "{index}");
        }
        for index in [
            "Security",
            " security",
            "security ",
            "a b",
            "_internal",
            "-a",
            "my_kvstore",
            "a.b",
            "é",
        ] {
            let error = check(index).unwrap_err();
            assert!(
                error.contains("index") && error.contains("a-z, 0-9, _ and -"),
                "{error}"
            );
        }
    }

    #[test]
    fn a_name_that_is_given_is_not_empty() {
        for field in ["index", "sourcetype", "source", "host"] {
            let fields = json!({"url": "https://s:8088", "secret": "arn", field: " "});
            let settings: SplunkHecSettings = drawbridge_document::from_value(fields).unwrap();
            let error = settings.check().unwrap_err().to_string();
            assert!(
                error.contains(field) && error.contains("must not be empty"),
                "{error}"
            );
        }
    }

    #[test]
    fn two_fields_are_enough() {
        let fields = json!({"url": "https://s:8088", "secret": "arn"});
        let settings: SplunkHecSettings = drawbridge_document::from_value(fields).unwrap();
        assert_eq!(settings.check(), Ok(()));
        assert_eq!(
            (&*settings.source, &*settings.host),
            ("drawbridge", "drawbridge")
        );
        assert_eq!((&settings.index, &settings.sourcetype), (&None, &None));
        assert!(!settings.acknowledge);
        assert_eq!(
            (settings.ack_timeout(), settings.ack_poll()),
            (Duration::from_mins(1), Duration::from_secs(1))
        );
    }
}
