//! Any HTTPS address: an array or lines of JSON, or lines of text, signed.

mod signature;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_time::{Clock, Deadline};
use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::credential::Credential;
#[cfg(test)]
use crate::effect::{Effect, Effects};
use crate::fields::{SettingsError, check_ca, check_secret_name, check_url};
use crate::format;
use crate::http::{BatchApi, Client, EncodedRecord, Request, Verdict, deliver};
use crate::line::one_line;
use crate::target::AllRefused;
use crate::target_type::TargetSettings;
use crate::{Limits, Outcome, Ports, Record, Target, TargetType};
use signature::signature;

pub(super) const TYPE: TargetType = TargetType::of::<WebhookSettings>(
    "webhook",
    "any HTTPS address, signed; \"body\":\"ndjson\" is for a receiver that reads lines, not an array",
    r#"{"url":"https://hooks.example.com/alerts","secret":"env:HOOK_KEY","body":"ndjson"}"#,
);

/// The most records per request, so that the header with their keys stays below what servers take (8 KB).
const MOST_RECORDS: usize = 50;

/// The header has the SHA-256 of a key that is longer.
const LONGEST_KEY: usize = 128;

/// `{"target":"webhook", …}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookSettings {
    /// Where to post to. It may have a query.
    url: Url,
    /// Where the key for the signature is kept: a secret's name or ARN, never the key.
    secret: String,
    /// How the records of a request are put together, for formats of JSON; an array if it does not
    /// say. Records of text are lines.
    #[serde(default)]
    body: Option<Body>,
    /// A private certificate authority: PEM, or a file with it.
    #[serde(default)]
    ca: Option<String>,
}

/// How a request holds its records of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Body {
    /// One JSON array, `application/json`. It is the default because nothing is lost with it: a
    /// receiver of lines gets all records on one long line, while a receiver of JSON may answer 200
    /// to lines and keep none of them.
    #[default]
    Array,
    /// One record per line, `application/x-ndjson`.
    Ndjson,
}

impl TargetSettings for WebhookSettings {
    fn check(&self) -> Result<(), SettingsError> {
        check_url("url", &self.url, true)?;
        check_ca(self.ca.as_deref(), &self.url)?;
        check_secret_name(&self.secret)
    }

    fn check_format(&self, format: &str) -> Result<(), SettingsError> {
        let is_text = format::format(format).is_some_and(|format| !format.is_json());
        if self.body.is_none() || !is_text {
            return Ok(());
        }
        let problem = format!(
            "is for records of JSON: those of {format} are sent as lines of text, whatever it says. \
             Leave it out, or deliver another output"
        );
        Err(SettingsError::field("body", problem))
    }

    fn build(&self, ports: &Ports) -> Result<Arc<dyn Target>, SettingsError> {
        let client = Client::trusting(self.ca.as_deref())?;
        Ok(Arc::new(Webhook::new(self, client, ports)))
    }

    #[cfg(test)]
    fn effects() -> Effects {
        &[
            ("url", Effect::Always),
            ("secret", Effect::Always),
            ("body", Effect::WithFormat),
            ("ca", Effect::CA),
        ]
    }
}

/// The target `webhook`.
struct Webhook {
    client: Client,
    key: Credential,
    url: Url,
    body: Body,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    fn new(settings: &WebhookSettings, client: Client, ports: &Ports) -> Self {
        Self {
            client,
            key: Credential::key(Arc::clone(&ports.secrets), &settings.secret),
            url: settings.url.clone(),
            body: settings.body.unwrap_or_default(),
            clock: Arc::clone(&ports.clock),
        }
    }

    /// The body of a request, and its content type.
    fn request_body(&self, encoded: &[EncodedRecord]) -> (Bytes, &'static str) {
        let records: Vec<&[u8]> = encoded.iter().map(|record| &*record.bytes).collect();
        let is_json = records.iter().all(|record| record.starts_with(b"{"));
        let (start, between, end, kind): (&[u8], &[u8], &[u8], _) = match self.body {
            _ if !is_json => (b"", b"\n", b"\n", "text/plain; charset=utf-8"),
            Body::Array => (b"[", b",", b"]", "application/json"),
            Body::Ndjson => (b"", b"\n", b"\n", "application/x-ndjson"),
        };
        let body = [start, &records.join(between), end].concat();
        (Bytes::from(body), kind)
    }

    async fn send_once(
        &self,
        body: &Bytes,
        keys: &str,
        kind: &'static str,
        key: SecretString,
        until: Deadline,
    ) -> Verdict {
        let timestamp = self.clock.now().as_second().to_string();
        let request = Request {
            method: Method::POST,
            url: &self.url,
            headers: vec![
                ("content-type", kind.to_owned()),
                ("x-drawbridge-signature", signature(&key, &timestamp, body)),
                ("x-drawbridge-timestamp", timestamp),
                ("x-drawbridge-keys", keys.to_owned()),
            ],
            body: body.clone(),
        };
        match self.client.send(request, until).await {
            Ok(answer) if answer.is_success() => Verdict::Taken,
            Ok(answer) => answer.failure("the webhook", "secret"),
            Err(verdict) => verdict,
        }
    }
}

#[async_trait]
impl Target for Webhook {
    fn name(&self) -> &'static str {
        TYPE.name
    }

    fn limits(&self) -> Limits {
        Limits {
            records: MOST_RECORDS,
            ..Limits::default()
        }
    }

    async fn deliver(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        deliver(self, records, until, AllRefused::Wait).await
    }

    async fn deliver_and_tell(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        deliver(self, records, until, AllRefused::Tell).await
    }

    async fn deliver_or_give_up(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        deliver(self, records, until, AllRefused::GiveUp).await
    }
}

#[async_trait]
impl BatchApi for Webhook {
    fn encode(&self, record: &Record) -> Result<EncodedRecord, String> {
        Ok(EncodedRecord {
            bytes: one_line(record)?.into_bytes(),
            key: header_key(&record.key),
            missing: None,
        })
    }

    fn request_limits(&self) -> Limits {
        self.limits()
    }

    async fn post(&self, encoded: &[EncodedRecord], until: Deadline) -> Verdict {
        let (body, kind) = self.request_body(encoded);
        let keys: Vec<&str> = encoded.iter().map(|record| record.key.as_str()).collect();
        let keys = keys.join(",");
        self.key
            .send_with(|key| self.send_once(&body, &keys, kind, key, until))
            .await
    }
}

/// The key as it stands in a header: itself if it fits in a list, else its SHA-256.
fn header_key(key: &str) -> String {
    let plain = |b: u8| b.is_ascii_graphic() && b != b',';
    if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(plain) {
        key.to_owned()
    } else {
        hex::encode(Sha256::digest(key))
    }
}
