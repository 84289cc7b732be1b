//! Any HTTPS address: an array or lines of JSON, or lines of text, signed.

mod signature;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_time::{Clock, Deadline};
use http::Method;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::Ports;
use crate::credential::Credential;
use crate::http::{Client, Intake, Piece, Request, Verdict, deliver};
use crate::line::one_line;
use crate::settings::{Body, WebhookSettings};
use crate::{Limits, Outcome, Record, Target};

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
    body: Body,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    pub(crate) fn new(settings: &WebhookSettings, client: Client, ports: &Ports) -> Self {
        Self {
            client,
            key: Credential::new(Arc::clone(&ports.secrets), &settings.secret),
            url: settings.url.clone(),
            body: settings.body.unwrap_or_default(),
            clock: Arc::clone(&ports.clock),
        }
    }

    /// The body of a request, and its content type.
    fn together(&self, pieces: &[Piece]) -> (Bytes, &'static str) {
        let records: Vec<&[u8]> = pieces.iter().map(|piece| &*piece.bytes).collect();
        let is_json = records.iter().all(|record| record.starts_with(b"{"));
        let (start, between, end, kind): (&[u8], &[u8], &[u8], _) = match self.body {
            _ if !is_json => (b"", b"\n", b"\n", "text/plain; charset=utf-8"),
            Body::Array => (b"[", b",", b"]", "application/json"),
            Body::Ndjson => (b"", b"\n", b"\n", "application/x-ndjson"),
        };
        let body = [start, &records.join(between), end].concat();
        (Bytes::from(body), kind)
    }

    async fn sent(
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
        Ok(Piece {
            bytes: one_line(&record.body)?.into_bytes(),
            key: header_key(&record.key),
            missing: None,
        })
    }

    fn most(&self) -> Limits {
        self.limits()
    }

    async fn post(&self, pieces: &[Piece], until: Deadline) -> Verdict {
        let (body, kind) = self.together(pieces);
        let keys: Vec<&str> = pieces.iter().map(|piece| piece.key.as_str()).collect();
        let keys = keys.join(",");
        self.key
            .used(|key| self.sent(&body, &keys, kind, key, until))
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
