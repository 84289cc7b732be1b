use std::sync::Arc;

use drawbridge_entra::Cloud;
use drawbridge_entra::Identity;
use serde::Deserialize;
use url::Url;

use super::Sentinel;
#[cfg(test)]
use crate::effect::{Effect, Effects};
use crate::fields::{SettingsError, check_base, check_url};
use crate::format;
use crate::target_type::TargetSettings;
use crate::{Ports, Target};

/// `{"target":"sentinel", …}`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SentinelSettings {
    /// The logs ingestion endpoint of the data collection rule (or of its endpoint).
    pub(super) url: Url,
    /// The rule's immutable id, `dcr-…`.
    pub(super) dcr: String,
    /// The stream, such as `Custom-DrawbridgeSiem_CL`.
    pub(super) stream: String,
    /// The format that the table behind the stream has the columns of.
    #[serde(default = "siem")]
    format: String,
    /// The directory (tenant) id that the workspace belongs to.
    pub(super) tenant_id: String,
    /// The application (client) id with the role Monitoring Metrics Publisher on the rule.
    pub(super) client_id: String,
    /// Where the application's client secret is kept: a secret's name or ARN, never the secret. One
    /// of `secret`, `certificate` and `federation` is given.
    #[serde(default)]
    secret: Option<String>,
    /// Where a certificate with its private key is kept, as PEM, in the same way.
    #[serde(default)]
    certificate: Option<String>,
    /// Where the assertion of a federated credential comes from: `aws`, or the path of a file that
    /// somebody else keeps fresh.
    #[serde(default)]
    federation: Option<String>,
    /// `global`, `gcc-high` or `dod`.
    #[serde(default = "global")]
    cloud: String,
    /// The sign-in host in place of the cloud's.
    #[serde(default)]
    pub(super) login_url: Option<Url>,
}

impl SentinelSettings {
    /// What the application signs in with, of which exactly one has to be given.
    pub(super) fn identity(&self) -> Result<Identity<'_>, SettingsError> {
        let [secret, certificate, federation] =
            [&self.secret, &self.certificate, &self.federation].map(Option::as_deref);
        Ok(Identity::of(secret, certificate, federation)?)
    }

    /// The cloud.
    pub(super) fn cloud(&self) -> Result<Cloud, SettingsError> {
        let cloud = self.cloud.parse();
        cloud.map_err(|_| SettingsError::field("cloud", "must be global, gcc-high or dod"))
    }

    /// Checks that the table has the columns of that format, and says what to do if not. The Logs
    /// Ingestion API drops members that the stream has no column for, and says that it has taken
    /// them.
    pub(super) fn check_table(&self, format: &str) -> Result<(), String> {
        let table = &self.format;
        if format == table {
            return Ok(());
        }
        // Who writes to the queue may name anything: only what is known is repeated.
        let given = format::format(format).map_or("a record of no known format", |it| it.name);
        Err(format!(
            "is {table}, so the table has the columns of {table}, and {given} would lose what has \
             no column: deliver the output {table}, or make a table with the columns of the other \
             format and set dcr, stream and format to it"
        ))
    }
}

impl TargetSettings for SentinelSettings {
    fn check(&self) -> Result<(), SettingsError> {
        check_base("url", &self.url, "/dataCollectionRules")?;
        if let Some(login) = &self.login_url {
            check_url("login_url", login, false)?;
        }
        self.identity()?;
        self.cloud()?;
        if format::format(&self.format).is_none() {
            let known: Vec<_> = format::names().collect();
            let problem = format!("must be one of {}", known.join(", "));
            return Err(SettingsError::field("format", problem));
        }
        for (field, value) in [("dcr", &self.dcr), ("stream", &self.stream)] {
            if !is_path_part(value) {
                let problem = "must be 1 to 128 of A-Z, a-z, 0-9, - and _";
                return Err(SettingsError::field(field, problem));
            }
        }
        Ok(())
    }

    fn check_format(&self, format: &str) -> Result<(), SettingsError> {
        self.check_table(format)
            .map_err(|problem| SettingsError::field("format", problem))
    }

    fn build(&self, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
        Ok(Arc::new(Sentinel::new(self, ports)?))
    }

    #[cfg(test)]
    fn effects() -> Effects {
        &[
            ("url", Effect::Always),
            ("dcr", Effect::Always),
            ("stream", Effect::Always),
            ("format", Effect::WithFormat),
            ("tenant_id", Effect::Always),
            ("client_id", Effect::Always),
            ("secret", Effect::Always),
            ("certificate", Effect::Always),
            ("federation", Effect::Always),
            // It says for which cloud's Azure Monitor the token is, whatever the sign-in host.
            ("cloud", Effect::Always),
            ("login_url", Effect::Always),
        ]
    }
}

fn is_path_part(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    (1..=128).contains(&text.len()) && text.chars().all(plain)
}

fn siem() -> String {
    "siem".to_owned()
}

fn global() -> String {
    "global".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value, json};

    fn read(more: Value) -> Result<SentinelSettings, SettingsError> {
        let mut fields = json!({"url": "https://x", "dcr": "d", "stream": "s",
            "tenant_id": "t.example", "client_id": "c"});
        let more: Map<String, Value> = serde_json::from_value(more).unwrap();
        fields.as_object_mut().unwrap().extend(more);
        let settings: SentinelSettings = drawbridge_document::from_value(fields)?;
        settings.check()?;
        Ok(settings)
    }

    #[test]
    fn exactly_one_identity_is_given() {
        for (given, kind) in [
            (json!({"secret": "env:KEY"}), "secret"),
            (json!({"certificate": "file:/run/pem"}), "certificate"),
            (json!({"certificate": "arn", "secret": ""}), "certificate"),
            (json!({"federation": "aws"}), "federation"),
            (json!({"federation": "/run/token"}), "federation"),
        ] {
            let settings = read(given).unwrap();
            assert_eq!(settings.identity().unwrap().kind(), kind);
        }
        for (given, words) in [
            (json!({}), "exactly one of them"),
            (json!({"secret": " "}), "exactly one"),
            (
                json!({"secret": "MARKER", "federation": "aws"}),
                "exactly one",
            ),
            (
                json!({"federation": "MARKER"}),
                r#"federation must be "aws""#,
            ),
            (
                json!({"certificate": ["MARKER"]}),
                "certificate: the value has a wrong type",
            ),
            (
                json!({"certifcate": "MARKER"}),
                "did you mean `certificate`?",
            ),
            (json!({"federated": "MARKER"}), "did you mean `federation`?"),
            (
                json!({"certificate": "-----BEGIN PRIVATE KEY-----\nMARKER"}),
                "certificate must be the name",
            ),
        ] {
            let error = read(given).unwrap_err().to_string();
            assert!(error.contains(words), "{words:?} is not in: {error}");
            assert!(!error.contains("MARKER"), "{error}");
        }
    }

    #[test]
    fn each_field_is_checked() {
        for (more, words) in [
            (json!({"secret": "a", "dcr": "a/b"}), "dcr must be"),
            (json!({"secret": "a", "cloud": "china"}), "cloud must be"),
            (
                json!({"secret": "a", "format": "MARKER"}),
                "format must be one of siem, native",
            ),
            (
                json!({"secret": "a", "login_url": "http://login.example"}),
                "login_url is not https",
            ),
        ] {
            let error = read(more).unwrap_err().to_string();
            assert!(error.contains(words), "{words:?} is not in: {error}");
            assert!(!error.contains("MARKER"), "{error}");
        }
    }

    #[test]
    fn a_table_takes_one_format() {
        let siem = read(json!({"secret": "a"})).unwrap();
        let ocsf = read(json!({"secret": "a", "format": "ocsf"})).unwrap();
        for format in format::names() {
            assert_eq!(siem.check_format(format).is_ok(), format == "siem");
            assert_eq!(ocsf.check_format(format).is_ok(), format == "ocsf");
        }
        let error = siem.check_format("cef").unwrap_err().to_string();
        assert!(error.contains("format is siem"), "{error}");
        assert!(error.contains("deliver the output siem"), "{error}");
        assert!(siem.check_format("").is_err());
    }
}
