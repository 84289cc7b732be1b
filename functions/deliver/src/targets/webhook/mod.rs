//! Any HTTPS address: NDJSON or lines of text, signed.

mod signature;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_graph::Deadline;
use http::Method;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::Ports;
use crate::credential::Credential;
use crate::http::{Client, Intake, Piece, Request, Verdict, deliver};
use crate::line::one_line;
use crate::settings::WebhookSettings;
use crate::{Clock, Limits, Outcome, Record, Target};

pub(crate) use signature::signature;

/// Records a request, so that the header with their keys stays below what servers take (8 KB).
const MOST_RECORDS: usize = 50;

/// A longer key is named by its SHA-256.
const LONGEST_KEY: usize = 128;

/// The target `webhook`.
pub(crate) struct Webhook {
    client: Client,
    key: Credential,
    url: Url,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    pub(crate) fn new(settings: &WebhookSettings, client: Client, ports: &Ports) -> Self {
        Self {
            client,
            key: Credential::new(Arc::clone(&ports.secrets), &settings.secret),
            url: settings.url.clone(),
            clock: Arc::clone(&ports.clock),
        }
    }

    async fn sent(
        &self,
        body: &Bytes,
        keys: &str,
        is_json: bool,
        key: SecretString,
        until: Deadline,
    ) -> Verdict {
        let timestamp = self.clock.now().as_second().to_string();
        let kind = if is_json {
            "application/x-ndjson"
        } else {
            "text/plain; charset=utf-8"
        };
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
        "webhook"
    }

    fn limits(&self) -> Limits {
        Limits {
            records: MOST_RECORDS,
            ..Limits::default()
        }
    }

    async fn deliver(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        deliver(self, records, until).await
    }
}

#[async_trait]
impl Intake for Webhook {
    fn piece(&self, record: &Record) -> Result<Piece, String> {
        let mut line = one_line(&record.body)?.into_bytes();
        line.push(b'\n');
        Ok(Piece {
            bytes: line,
            key: header_key(&record.key),
            missing: None,
        })
    }

    fn most(&self) -> Limits {
        self.limits()
    }

    async fn post(&self, pieces: &[Piece], until: Deadline) -> Verdict {
        let lines: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
        let body = Bytes::from(lines.concat());
        let keys: Vec<&str> = pieces.iter().map(|piece| piece.key.as_str()).collect();
        let keys = keys.join(",");
        let is_json = pieces.iter().all(|piece| piece.bytes.starts_with(b"{"));
        self.key
            .used(|key| self.sent(&body, &keys, is_json, key, until))
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
