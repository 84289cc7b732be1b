//! Microsoft Sentinel, through the Logs Ingestion API of Azure Monitor.

mod column;
mod row;
mod settings;

use std::sync::Arc;

use async_trait::async_trait;
use drawbridge_entra::{Cloud, TokenCache, TokenEndpoint, TokenProvider};
use drawbridge_http::Transport;
use drawbridge_time::Deadline;
use http::Method;
use secrecy::ExposeSecret as _;
use url::Url;

pub use column::{MAX_COLUMN_CHARS, RESERVED, column};

use crate::fields::SettingsError;
use crate::http::{
    BatchApi, Client, EncodedRecord, Hints, Request, Verdict, below, deliver, gzip, transport,
};
use crate::target::AllRefused;
use crate::{Later, Limits, Outcome, Ports, Record, Target, TargetType};
use settings::SentinelSettings;

pub(super) const TYPE: TargetType = TargetType::of::<SentinelSettings>(
    "sentinel",
    "Microsoft Sentinel, through the Logs Ingestion API",
    r#"{"url":"https://example.ingest.monitor.azure.com","dcr":"dcr-1","stream":"Custom-DrawbridgeSiem_CL",
 "tenant_id":"contoso.example","client_id":"00000000-0000-0000-0000-000000000001",
 "secret":"env:SENTINEL_SECRET"}"#,
);

const WHO: &str = "the Logs Ingestion API";

const HINTS: Hints = Hints {
    forbidden: "",
    missing: ", dcr and stream: the rule is not there, or has no such stream",
};

/// A call may have 1 MB, both before and after compression (Azure Monitor service limits).
const MOST_BYTES: usize = 1_000_000;

/// The target `sentinel`.
struct Sentinel {
    client: Client,
    tokens: TokenCache,
    url: Url,
    settings: SentinelSettings,
}

impl Sentinel {
    fn new(settings: &SentinelSettings, ports: &Ports) -> Result<Self, SettingsError> {
        let transport = transport(None)?;
        let SentinelSettings { dcr, stream, .. } = settings;
        let path = format!("/dataCollectionRules/{dcr}/streams/{stream}");
        let mut url = below(&settings.url, &path);
        url.set_query(Some("api-version=2023-01-01"));
        Ok(Self {
            client: Client::new(Arc::clone(&transport)),
            tokens: TokenCache::new(identity(settings, transport, ports)?),
            url,
            settings: settings.clone(),
        })
    }

    async fn send_once(&self, body: &[u8], until: Deadline) -> Verdict {
        let token = match self.tokens.token(until).await {
            Ok(token) => token,
            Err(error) => {
                return Verdict::Later(Later {
                    after: error.retry_after(),
                    reason: error.to_string(),
                });
            }
        };
        let zipped = gzip(body);
        if zipped.len() > MOST_BYTES {
            return Verdict::TooLarge;
        }
        let request = Request {
            method: Method::POST,
            url: &self.url,
            headers: vec![
                ("authorization", format!("Bearer {}", token.expose_secret())),
                ("content-type", "application/json".to_owned()),
                ("content-encoding", "gzip".to_owned()),
            ],
            body: zipped,
        };
        match self.client.send(request, until).await {
            Ok(answer) if answer.is_success() => Verdict::Taken,
            // A new token is of no use: this one was handed out a moment ago.
            Ok(answer) if answer.status == 403 && !answer.is_html => Verdict::later(format!(
                "{WHO} forbids it (HTTP 403): the application of client_id needs the role \
                 Monitoring Metrics Publisher on this very data collection rule (it takes up to \
                 half an hour to work); if it has it, dcr or url may be another rule's, or the \
                 endpoint is open to a private link only; a firewall or a proxy on the way may \
                 refuse this sender, too"
            )),
            Ok(answer) => answer.failure_of(WHO, "the application and its role", HINTS),
            Err(verdict) => verdict,
        }
    }
}

#[async_trait]
impl Target for Sentinel {
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
impl BatchApi for Sentinel {
    fn encode(&self, record: &Record) -> Result<EncodedRecord, String> {
        self.settings
            .check_table(&record.format)
            .map_err(|problem| format!("the setting format {problem}"))?;
        let row = row::row(record)?;
        // With the brackets around it.
        if row.json.len() + 2 > MOST_BYTES {
            return Err(format!(
                "the record has {} bytes as a row; {WHO} takes 1 MB at most",
                row.json.len()
            ));
        }
        Ok(EncodedRecord {
            bytes: row.json,
            key: record.key.clone(),
            missing: row.missing,
        })
    }

    fn request_limits(&self) -> Limits {
        Limits {
            // Each row is counted with its comma; the brackets take one byte more.
            bytes: MOST_BYTES - 1,
            ..self.limits()
        }
    }

    async fn post(&self, encoded: &[EncodedRecord], until: Deadline) -> Verdict {
        let rows: Vec<&[u8]> = encoded.iter().map(|record| &*record.bytes).collect();
        let mut body = Vec::with_capacity(rows.iter().map(|row| row.len() + 1).sum::<usize>() + 1);
        body.push(b'[');
        body.extend_from_slice(&rows.join(&b','));
        body.push(b']');
        match self.send_once(&body, until).await {
            // The token may have been revoked; a new one decides.
            Verdict::Unauthorised(_) => {
                self.tokens.invalidate();
                self.send_once(&body, until).await
            }
            other => other,
        }
    }
}

/// What hands out tokens for Azure Monitor to the application, whichever way it signs in.
fn identity(
    settings: &SentinelSettings,
    transport: Arc<dyn Transport>,
    ports: &Ports,
) -> Result<Arc<dyn TokenProvider>, SettingsError> {
    let cloud = settings.cloud()?;
    let mut endpoints = cloud.endpoints();
    if let Some(login) = &settings.login_url {
        endpoints.login = login.clone();
    }
    let (tenant, application) = (&settings.tenant_id, &settings.client_id);
    let endpoint =
        TokenEndpoint::new(transport, &endpoints, tenant, application).with_scope(scope(cloud));
    let aws = ports.aws_assertions.as_ref();
    let identity = settings.identity()?;
    Ok(identity.provider(endpoint, cloud, &ports.secrets, aws)?)
}

/// What tokens for Azure Monitor are asked for with, by cloud.
fn scope(cloud: Cloud) -> &'static str {
    match cloud {
        Cloud::Global => "https://monitor.azure.com/.default",
        Cloud::GccHigh | Cloud::Dod => "https://monitor.azure.us/.default",
    }
}
