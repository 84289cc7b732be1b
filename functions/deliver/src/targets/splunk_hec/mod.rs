//! Splunk's HTTP Event Collector: its event endpoint, with indexer acknowledgement if asked for.

mod ack;
mod code;
mod event;
mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_secrets::Secrets;
use drawbridge_time::Deadline;
use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use crate::credential::Credential;
use crate::http::{BatchApi, Client, EncodedRecord, Hints, Request, Verdict, below, deliver, gzip};
use crate::target::AllRefused;
use crate::{Limits, Outcome, Record, Target, TargetType};
pub use event::sourcetype;
use settings::SplunkHecSettings;

pub(super) const TYPE: TargetType = TargetType::of::<SplunkHecSettings>(
    "splunk-hec",
    "Splunk's HTTP Event Collector",
    r#"{"url":"https://splunk.example.com:8088","secret":"env:HEC_TOKEN"}"#,
);

const WHO: &str = "Splunk HEC";

const HINTS: Hints = Hints {
    forbidden: "",
    missing: "; HEC has a port of its own, 8088 unless it was changed, and has to be turned on",
};

/// Bytes of a request's body before compression. Splunk's own limit was 1,000,000 bytes in older
/// versions (`max_content_length` of `limits.conf`) and is larger in newer ones.
const MOST_BYTES: usize = 1_000_000;

/// The target `splunk-hec`.
struct SplunkHec {
    client: Client,
    token: Credential,
    events: Url,
    acks: Url,
    settings: SplunkHecSettings,
    ack: Option<ack::AckPolling>,
}

/// What HEC answers: a code, and which event of the request is at fault, counted from 0.
#[derive(Deserialize)]
struct Reply {
    code: Option<u32>,
    #[serde(rename = "invalid-event-number")]
    invalid_event_number: Option<usize>,
    #[serde(rename = "ackId")]
    ack_id: Option<u64>,
}

impl SplunkHec {
    fn new(settings: &SplunkHecSettings, client: Client, secrets: &Arc<dyn Secrets>) -> Self {
        Self {
            client,
            token: Credential::token(Arc::clone(secrets), &settings.secret),
            events: below(&settings.url, "/services/collector/event"),
            acks: below(&settings.url, "/services/collector/ack"),
            settings: settings.clone(),
            ack: settings.acknowledge.then(|| ack::AckPolling {
                every: settings.ack_poll(),
                longest: settings.ack_timeout(),
            }),
        }
    }

    fn request<'a>(
        &self,
        url: &'a Url,
        token: &SecretString,
        body: bytes::Bytes,
        more: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Request<'a> {
        let mut headers = vec![
            ("authorization", format!("Splunk {}", token.expose_secret())),
            ("content-type", "application/json".to_owned()),
        ];
        headers.extend(more);
        Request {
            method: Method::POST,
            url,
            headers,
            body,
        }
    }

    async fn send_once(&self, body: &[u8], token: SecretString, until: Deadline) -> Verdict {
        let gzipped = [("content-encoding", "gzip".to_owned())];
        let mut channel = self.ack.map(|_| ack::AckChannel::new());
        let headers = gzipped
            .into_iter()
            .chain(channel.iter().flat_map(ack::AckChannel::headers));
        let request = self.request(&self.events, &token, gzip(body), headers);
        let answer = match self.client.send(request, until).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        let reply: Option<Reply> = answer.json();
        let is_taken = answer.is_success() && matches!(reply, Some(Reply { code: Some(0), .. }));
        match (&reply, self.ack, &mut channel) {
            (Some(reply), Some(polling), Some(channel)) if is_taken => match reply.ack_id {
                Some(id) => {
                    channel.remember_cookies(answer.cookies.as_deref());
                    self.wait_for_acknowledgement(id, channel, polling, &token, until)
                        .await
                }
                None => Verdict::later(
                    "Splunk HEC gave no ackId: turn indexer acknowledgement on for the token, or \
                     set acknowledge to false",
                ),
            },
            (Some(_), ..) if is_taken => Verdict::Taken,
            (Some(reply), ..) => code::verdict(reply, &answer),
            (None, ..) => answer.failure_of(WHO, "secret", HINTS),
        }
    }
}

#[async_trait]
impl Target for SplunkHec {
    fn name(&self) -> &'static str {
        TYPE.name
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
impl BatchApi for SplunkHec {
    fn encode(&self, record: &Record) -> Result<EncodedRecord, String> {
        Ok(EncodedRecord {
            bytes: event::event(&self.settings, record)?,
            key: record.key.clone(),
            missing: None,
        })
    }

    fn request_limits(&self) -> Limits {
        Limits {
            bytes: MOST_BYTES,
            ..self.limits()
        }
    }

    async fn post(&self, encoded: &[EncodedRecord], until: Deadline) -> Verdict {
        let events: Vec<&[u8]> = encoded.iter().map(|record| &*record.bytes).collect();
        let body = events.join(&b'\n');
        self.token
            .send_with(|token| self.send_once(&body, token, until))
            .await
    }
}
