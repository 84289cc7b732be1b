use drawbridge_entra::{Cloud, Identity};
use drawbridge_http::Url;
use serde::Deserialize;

use super::SettingsError;
use crate::format;

/// Which target, with what it needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Splunk's HTTP Event Collector.
    SplunkHec(SplunkHecSettings),
    /// Splunk SOAR.
    SplunkSoar(SplunkSoarSettings),
    /// Microsoft Sentinel, through the Logs Ingestion API.
    Sentinel(SentinelSettings),
    /// A syslog server over TLS.
    Syslog(SyslogSettings),
    /// Any HTTPS address.
    Webhook(WebhookSettings),
}

/// `{"target":"splunk-hec", …}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplunkHecSettings {
    /// The collector without a path: `https://splunk.example.com:8088`.
    pub url: Url,
    /// Where the token is kept: a secret's name or ARN, never the token.
    pub secret: String,
    /// The index; the token's own where none is named.
    #[serde(default)]
    pub index: Option<String>,
    /// The sourcetype in place of the format's own.
    #[serde(default)]
    pub sourcetype: Option<String>,
    /// `source` of every event.
    #[serde(default = "drawbridge")]
    pub source: String,
    /// `host` of every event.
    #[serde(default = "drawbridge")]
    pub host: String,
    /// Whether to wait until the indexers have the events. The token must have it turned on.
    #[serde(default)]
    pub acknowledge: bool,
    /// Seconds that an acknowledgement is waited for.
    #[serde(default = "n::<60>")]
    pub ack_timeout_secs: u64,
    /// Milliseconds between two questions for it.
    #[serde(default = "n::<1000>")]
    pub ack_poll_millis: u64,
    /// A private certificate authority: PEM, or a file with it.
    #[serde(default)]
    pub ca: Option<String>,
}

/// `{"target":"splunk-soar", …}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplunkSoarSettings {
    /// The instance without a path: `https://soar.example.com`.
    pub url: Url,
    /// Where the automation user's token is kept: a secret's name or ARN, never the token.
    pub secret: String,
    /// The label of containers.
    #[serde(default = "events")]
    pub label: String,
    /// Whether an alert's last artifact starts the playbooks of the label.
    #[serde(default = "yes")]
    pub run_automation: bool,
    /// A private certificate authority: PEM, or a file with it.
    #[serde(default)]
    pub ca: Option<String>,
}

/// `{"target":"sentinel", …}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentinelSettings {
    /// The logs ingestion endpoint of the data collection rule (or of its endpoint).
    pub url: Url,
    /// The rule's immutable id, `dcr-…`.
    pub dcr: String,
    /// The stream, such as `Custom-DrawbridgeSiem_CL`.
    pub stream: String,
    /// The format that the table behind the stream has the columns of.
    #[serde(default = "siem")]
    pub format: String,
    /// The directory (tenant) id that the workspace belongs to.
    pub tenant_id: String,
    /// The application (client) id with the role Monitoring Metrics Publisher on the rule.
    pub client_id: String,
    /// Where the application's client secret is kept: a secret's name or ARN, never the secret. One
    /// of `secret`, `certificate` and `federation` is given.
    #[serde(default)]
    pub secret: Option<String>,
    /// Where a certificate with its private key is kept, as PEM, in the same way.
    #[serde(default)]
    pub certificate: Option<String>,
    /// Where the assertion of a federated credential comes from: `aws`, or the path of a file that
    /// somebody else keeps fresh.
    #[serde(default)]
    pub federation: Option<String>,
    /// `global`, `gcc-high` or `dod`.
    #[serde(default = "global")]
    pub cloud: String,
    /// The sign-in host in place of the cloud's.
    #[serde(default)]
    pub login_url: Option<Url>,
}

impl SentinelSettings {
    /// What the application signs in with.
    ///
    /// # Errors
    /// [`SettingsError::Field`] unless exactly one is given.
    pub fn identity(&self) -> Result<Identity<'_>, SettingsError> {
        let Self {
            secret,
            certificate,
            federation,
            ..
        } = self;
        Ok(Identity::of(
            secret.as_deref(),
            certificate.as_deref(),
            federation.as_deref(),
        )?)
    }

    /// Whether the table takes records of that format, and what to do if not. The Logs Ingestion API
    /// drops members that the stream has no column for, and says that it has taken them.
    pub(crate) fn takes(&self, format: &str) -> Result<(), String> {
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

    /// The cloud.
    ///
    /// # Errors
    /// [`SettingsError::Field`] for one that there is not.
    pub fn cloud(&self) -> Result<Cloud, SettingsError> {
        self.cloud.parse().map_err(|_| SettingsError::Field {
            field: "cloud",
            problem: "must be global, gcc-high or dod".to_owned(),
        })
    }
}

/// `{"target":"syslog", …}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SyslogSettings {
    /// Host and port, `siem.example.com:6514`; the certificate must be for that name.
    pub address: String,
    /// A private certificate authority: PEM, or a file with it. It alone is trusted then.
    #[serde(default)]
    pub ca: Option<String>,
    /// `HOSTNAME` of every message.
    #[serde(default = "drawbridge")]
    pub hostname: String,
    /// `APP-NAME` of every message.
    #[serde(default = "drawbridge")]
    pub app_name: String,
    /// The facility, 0 to 23; 16 is local0.
    #[serde(default = "n::<16>")]
    pub facility: u64,
    /// The longest message in bytes, header included; a longer one is put aside whole, since a
    /// server would cut it without a word.
    #[serde(default = "n::<65_536>")]
    pub max_message_bytes: u64,
    /// What counts as delivered.
    #[serde(default)]
    pub confirm: Confirm,
    /// Seconds that the connection, and the server's answer to its end, may take.
    #[serde(default = "n::<10>")]
    pub timeout_secs: u64,
}

/// When records that were written to a syslog server count as delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confirm {
    /// When the server has closed its side after ours: it has read everything by then.
    #[default]
    Close,
    /// When the operating system has taken them. For servers that never close.
    Write,
}

/// `{"target":"webhook", …}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Where to post to. It may have a query.
    pub url: Url,
    /// Where the key for the signature is kept: a secret's name or ARN, never the key.
    pub secret: String,
    /// How the records of a request are put together, for formats of JSON; an array if it does not
    /// say. Records of text are lines.
    #[serde(default)]
    pub body: Option<Body>,
    /// A private certificate authority: PEM, or a file with it.
    #[serde(default)]
    pub ca: Option<String>,
}

impl WebhookSettings {
    /// Whether records of that format can be put together as it says, and what to do if not.
    pub(crate) fn takes(&self, format: &str) -> Result<(), String> {
        let is_text = format::format(format).is_some_and(|format| !format.is_json());
        if self.body.is_none() || !is_text {
            return Ok(());
        }
        Err(format!(
            "is for records of JSON: those of {format} are sent as lines of text, whatever it says. \
             Leave it out, or deliver another output"
        ))
    }
}

/// How a request of the webhook holds its records of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// One JSON array, `application/json`. Who reads lines gets one long one; who reads JSON, and
    /// would have taken lines for nothing and said 200, gets every record.
    #[default]
    Array,
    /// A record a line, `application/x-ndjson`.
    Ndjson,
}

fn drawbridge() -> String {
    "drawbridge".to_owned()
}

fn events() -> String {
    "events".to_owned()
}

fn siem() -> String {
    "siem".to_owned()
}

fn global() -> String {
    "global".to_owned()
}

fn yes() -> bool {
    true
}

fn n<const N: u64>() -> u64 {
    N
}
