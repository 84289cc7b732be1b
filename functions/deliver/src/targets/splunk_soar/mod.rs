//! Splunk SOAR: one container per alert, one artifact per record.

mod artifact;
mod reply;
mod settings;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_secrets::Secrets;
use drawbridge_time::Deadline;
use http::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use url::Url;

use crate::credential::Credential;
use crate::http::{Client, Hints, LARGE_BYTES, Request, Verdict, below, too_large};
use crate::target::AllRefused;
use crate::{Later, Limits, Outcome, Record, Target, TargetType};
use artifact::{Artifact, Container};
use reply::{Created, created};
use settings::SplunkSoarSettings;

pub(super) const TYPE: TargetType = TargetType::of::<SplunkSoarSettings>(
    "splunk-soar",
    "Splunk SOAR",
    r#"{"url":"https://soar.example.com","secret":"env:SOAR_TOKEN"}"#,
);

const HINTS: Hints = Hints {
    forbidden: "the automation user's allowed IPs, its role, ",
    missing: "",
};

/// The target `splunk-soar`.
struct SplunkSoar {
    client: Client,
    token: Credential,
    containers: Url,
    artifacts: Url,
    label: String,
    run_automation: bool,
}

/// How a step failed.
enum Failed {
    /// The record has no form that SOAR could take.
    Unfit(String),
    /// SOAR refuses the record.
    Refused(String),
    /// Nothing can be delivered for now.
    Everything(Later),
}

impl SplunkSoar {
    fn new(settings: &SplunkSoarSettings, client: Client, secrets: &Arc<dyn Secrets>) -> Self {
        Self {
            client,
            token: Credential::token(Arc::clone(secrets), &settings.secret),
            containers: below(&settings.url, "/rest/container"),
            artifacts: below(&settings.url, "/rest/artifact"),
            label: settings.label.clone(),
            run_automation: settings.run_automation,
        }
    }

    /// Creates the alert's container, unless it is there.
    async fn create_container(&self, record: &Record, until: Deadline) -> Result<Created, Failed> {
        self.create(&self.containers, &Container::of(record, &self.label), until)
            .await
    }

    /// Creates the record's artifact in that container, unless it is there.
    async fn create_artifact(
        &self,
        record: &Record,
        container: Created,
        is_last: bool,
        until: Deadline,
    ) -> Result<(), Failed> {
        if container.existed && self.find_artifact(record, container.id, until).await? {
            return Ok(());
        }
        let run = is_last && self.run_automation;
        let artifact = Artifact::of(record, container.id, run);
        let artifact = artifact.map_err(Failed::Unfit)?;
        self.create(&self.artifacts, &artifact, until)
            .await
            .map(drop)
    }

    /// Asks whether the container has the artifact. Versions of SOAR differ in whether they refuse a
    /// second artifact with the same identifier, so SOAR is asked first.
    async fn find_artifact(
        &self,
        record: &Record,
        container: u64,
        until: Deadline,
    ) -> Result<bool, Failed> {
        let mut url = self.artifacts.clone();
        let quoted = serde_json::Value::from(record.key.as_str()).to_string();
        url.query_pairs_mut()
            .append_pair("_filter_container_id", &container.to_string())
            .append_pair("_filter_source_data_identifier", &quoted)
            .append_pair("page_size", "1");
        let found = self.call(Method::GET, &url, Bytes::new(), until).await?;
        match found {
            reply::Reply {
                count: Some(count), ..
            } => Ok(count > 0),
            // Without a count in the answer, the artifact is sent.
            _ => Ok(false),
        }
    }

    async fn create(
        &self,
        url: &Url,
        object: &impl Serialize,
        until: Deadline,
    ) -> Result<Created, Failed> {
        let body = serde_json::to_vec(object)
            .map_err(|_| Failed::Unfit("the record has no JSON form".to_owned()))?;
        let reply = self.call(Method::POST, url, body.into(), until).await?;
        created(&reply).ok_or_else(|| {
            Failed::Everything(Later::because(
                "Splunk SOAR answered without an id: check url and its version",
            ))
        })
    }

    async fn call(
        &self,
        method: Method,
        url: &Url,
        body: Bytes,
        until: Deadline,
    ) -> Result<reply::Reply, Failed> {
        let reply = OnceLock::new();
        let send = |token: SecretString| async {
            let token = token;
            match self.send_once(&method, url, &body, &token, until).await {
                Ok(found) => {
                    let _ = reply.set(found);
                    Verdict::Taken
                }
                Err(verdict) => verdict,
            }
        };
        match self.token.send_with(send).await {
            Verdict::Taken => reply
                .into_inner()
                .ok_or_else(|| Failed::Everything(Later::because("no answer"))),
            Verdict::TooLarge if body.len() > LARGE_BYTES => {
                Err(Failed::Unfit(too_large(body.len())))
            }
            Verdict::TooLarge => Err(Failed::Refused(too_large(body.len()))),
            Verdict::Refused(reason) | Verdict::OneRefused(_, reason) => {
                Err(Failed::Refused(reason))
            }
            Verdict::Later(later) => Err(Failed::Everything(later)),
            Verdict::Unauthorised(reason) => Err(Failed::Everything(Later::because(reason))),
        }
    }

    async fn send_once(
        &self,
        method: &Method,
        url: &Url,
        body: &Bytes,
        token: &SecretString,
        until: Deadline,
    ) -> Result<reply::Reply, Verdict> {
        let request = Request {
            method: method.clone(),
            url,
            headers: vec![
                ("ph-auth-token", token.expose_secret().to_owned()),
                ("content-type", "application/json".to_owned()),
            ],
            body: body.clone(),
        };
        let answer = self.client.send(request, until).await?;
        match answer.json::<reply::Reply>() {
            Some(reply) if answer.is_success() || reply.existing().is_some() => Ok(reply),
            _ => Err(answer.failure_of("Splunk SOAR", "secret", HINTS)),
        }
    }
}

/// For each record, the first one of the batch with the same alert and key, usually itself. SQS may hand
/// out a message twice, and a container that was just created is not searched for artifacts.
fn first_occurrences(records: &[Record]) -> Vec<usize> {
    let mut seen = HashMap::new();
    let records = records.iter().enumerate();
    records
        .map(|(n, record)| {
            let identity = (artifact::alert_id(record), record.key.as_str());
            *seen.entry(identity).or_insert(n)
        })
        .collect()
}

#[async_trait]
impl Target for SplunkSoar {
    fn name(&self) -> &'static str {
        TYPE.name
    }

    /// A record takes a call of its own, so that a batch is small: it has to be done within an
    /// invocation.
    fn limits(&self) -> Limits {
        Limits {
            records: 50,
            ..Limits::default()
        }
    }

    async fn deliver(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        self.deliver_each(records, until, AllRefused::Wait).await
    }

    async fn deliver_and_tell(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        self.deliver_each(records, until, AllRefused::Tell).await
    }

    async fn deliver_or_give_up(&self, records: &[Record], until: Deadline) -> Vec<Outcome> {
        self.deliver_each(records, until, AllRefused::GiveUp).await
    }
}

impl SplunkSoar {
    async fn deliver_each(
        &self,
        records: &[Record],
        until: Deadline,
        all_refused: AllRefused,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(records.len());
        let mut containers: HashMap<&str, Created> = HashMap::new();
        let mut later: Option<Later> = None;
        let mut refused = Vec::new();
        let first = first_occurrences(records);
        for (n, record) in records.iter().enumerate() {
            // A record that comes twice is sent once, and what became of it is true of both.
            if first[n] < n {
                let outcome = Outcome::clone(&outcomes[first[n]]);
                if refused.contains(&first[n]) {
                    refused.push(n);
                }
                outcomes.push(outcome);
                continue;
            }
            if let Some(later) = &later {
                outcomes.push(Outcome::Later(later.clone()));
                continue;
            }
            let alert = artifact::alert_id(record);
            let is_last = !(n + 1..records.len())
                .any(|m| first[m] == m && artifact::alert_id(&records[m]) == alert);
            let delivered = async {
                artifact::check(record).map_err(Failed::Unfit)?;
                let container = match containers.get(alert) {
                    Some(container) => *container,
                    None => self.create_container(record, until).await?,
                };
                containers.insert(alert, container);
                self.create_artifact(record, container, is_last, until)
                    .await
            };
            outcomes.push(match delivered.await {
                Ok(()) => Outcome::Taken,
                Err(Failed::Unfit(reason)) => Outcome::Refused(reason),
                Err(Failed::Refused(reason)) => {
                    refused.push(n);
                    Outcome::Refused(reason)
                }
                Err(Failed::Everything(asked)) => {
                    later = Some(asked.clone());
                    Outcome::Later(asked)
                }
            });
        }
        // Some refused and none taken: that is more likely a setting than all of the records.
        if all_refused == AllRefused::Wait && !outcomes.contains(&Outcome::Taken) {
            for n in refused {
                if let Outcome::Refused(reason) = &mut outcomes[n] {
                    outcomes[n] = Outcome::Later(Later::because(std::mem::take(reason)));
                }
            }
        }
        outcomes
    }
}
