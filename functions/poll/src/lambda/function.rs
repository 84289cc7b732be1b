use std::sync::Arc;
use std::time::Instant;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};
use drawbridge_config::{ConfigError, FunctionSettings, Trust};
use drawbridge_cursor::{Job, JobError};
use drawbridge_entra::aws_assertions;
use drawbridge_http::HttpTransport;
use drawbridge_lambda::{
    SqsVisibility, VisibilityControl as _, batch_item_failure, deadline, first_received_at,
    receive_count, sent_at,
};
use drawbridge_queue::SqsQueue;
use drawbridge_secrets::SecretsManager;
use drawbridge_store::{Catalogue, S3Store, Store};
use drawbridge_time::{Clock as _, SystemClock};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use super::jobs_queue::JobsQueue;
use super::memory::state_bytes;
use super::outputs::Outputs;
use super::tenants::Tenants;
use super::{Event, metrics};
use crate::assembly::Services;
use crate::{
    AfterJob, Delivery, Ending, JobFailure, Jobs, Report, Silent, Stop, overdue_since, why_not_well,
};

/// The function, with its clients built once and a poller for each tenant that it met.
pub struct Function {
    tenants: Tenants,
    jobs: Jobs,
    jobs_queue: JobsQueue,
}

/// Why the function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Function {
    /// Builds the clients; nothing is asked of any service yet.
    ///
    /// # Errors
    /// [`StartError`] that names the setting.
    pub async fn start() -> Result<Self, StartError> {
        let settings = FunctionSettings::read(|name| std::env::var(name).ok())?;
        let aws = drawbridge_aws::sdk_config().await;
        let sqs = aws_sdk_sqs::Client::new(&aws);
        let store: Arc<dyn Catalogue> = Arc::new(S3Store::new(
            drawbridge_store::s3_client(&aws),
            &settings.bucket,
        ));
        let objects: Arc<dyn Store> = store.clone();
        let outputs = Outputs::new(&settings, &sqs, &objects);
        let jobs_queue = SqsQueue::new(sqs.clone(), &settings.jobs_queue_url);
        let secrets = SecretsManager::new(aws_sdk_secretsmanager::Client::new(&aws));
        let services = Services {
            transport: Arc::new(HttpTransport::new()),
            public_transport: Arc::new(HttpTransport::to_public_addresses()),
            trust: Trust::of_a_stack(|name| std::env::var(name).ok())?,
            secrets: Arc::new(secrets),
            store,
            clock: Arc::new(SystemClock),
            aws_assertions: Some(aws_assertions(aws)),
            most_state_bytes: state_bytes(
                std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                    .ok()
                    .as_deref(),
            ),
        };
        Ok(Self {
            tenants: Tenants::new(settings.tenants, services, outputs),
            jobs: Jobs::default(),
            jobs_queue: JobsQueue {
                visibility: SqsVisibility::new(sqs, settings.jobs_queue_url.clone()),
                url: settings.jobs_queue_url,
                queue: jobs_queue,
            },
        })
    }

    /// Answers one invocation.
    ///
    /// For messages, the answer lists those to be delivered again; for a job, it tells what was
    /// done, and whether there is `more` to read.
    ///
    /// # Errors
    /// The failure of a job that came directly.
    pub async fn handle(&self, event: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
        let stop = Stop::at(deadline(&event.context));
        match Event::from(event.payload) {
            Event::Messages(messages) => {
                let mut response = SqsBatchResponse::default();
                response.batch_item_failures = self.messages(&messages, &stop).await;
                Ok(serde_json::to_value(response)?)
            }
            Event::Direct(text) => {
                let report = self.job(&parsed(&text)?, None, &stop).await?;
                Ok(summary(&report.unwrap_or_default()))
            }
        }
    }

    /// Does the messages' jobs in order. After one that fails the rest are left alone: on a FIFO
    /// queue they may be the same tenant's, and would overtake it.
    async fn messages(&self, messages: &[SqsMessage], stop: &Stop) -> Vec<BatchItemFailure> {
        for (n, message) in messages.iter().enumerate() {
            if !self.message(message, stop).await {
                return messages[n..].iter().map(batch_item_failure).collect();
            }
        }
        Vec::new()
    }

    /// Does one message's job; whether the message is done with.
    async fn message(&self, message: &SqsMessage, stop: &Stop) -> bool {
        let delivery = delivery(message);
        let after = match parsed(message.body.as_deref().unwrap_or_default()) {
            Ok(job) => {
                let done = self.job(&job, Some(delivery), stop).await;
                match AfterJob::of(&done, delivery.tries) {
                    AfterJob::Another => self.another(&job).await,
                    after => after,
                }
            }
            Err(_) => AfterJob::NO_JOB,
        };
        let AfterJob::Later(delay) = after else {
            return true;
        };
        if let Some(receipt) = &message.receipt_handle {
            let message = (receipt.clone(), delay);
            self.jobs_queue.visibility.hide(&[message]).await;
        }
        false
    }

    /// Asks for another poll of a tenant. Without it, the next tick goes on.
    async fn another(&self, job: &Job) -> AfterJob {
        if let Err(error) = self.jobs_queue.send(job, SystemClock.now()).await {
            tracing::warn!(tenant = job.tenant, %error, "another job could not be sent");
        }
        AfterJob::Done
    }

    /// Does one job, logs how it went and prints its metrics.
    async fn job(
        &self,
        job: &Job,
        delivery: Option<Delivery>,
        stop: &Stop,
    ) -> Result<Option<Report>, JobFailure> {
        let started = Instant::now();
        let poller = self.tenants.poller(&job.tenant);
        let done = self.jobs.run(job, delivery, poller, stop, &Silent).await;
        let took = started.elapsed();
        match &done {
            Ok(Some(report)) => {
                tracing::info!(
                    tenant = job.tenant, alerts = report.alerts,
                    records = report.records, suppressed = report.suppressed,
                    requests = report.requests, saved = report.saved, ending = ?report.ending,
                    more = report.more, "polled"
                );
                let is_overdue = match why_not_well(Ok(report)) {
                    Some(cause) => self.is_overdue(&job.tenant, &cause).await,
                    None => false,
                };
                metrics::print(&job.tenant, Ok(report), is_overdue, SystemClock.now(), took);
            }
            Ok(None) => {
                tracing::info!(
                    tenant = job.tenant,
                    "a later poll has done this job already"
                );
            }
            // A tick from before it was paused or removed.
            Err(error @ JobFailure::UnknownTenant(_)) if delivery.is_some() => {
                tracing::warn!(tenant = job.tenant, %error, "nothing to poll");
            }
            Err(error) => {
                tracing::error!(tenant = job.tenant, %error, "poll failed");
                let is_overdue = self.is_overdue(&job.tenant, &error.to_string()).await;
                metrics::print(&job.tenant, Err(error), is_overdue, SystemClock.now(), took);
            }
        }
        done
    }

    /// Whether no poll of the tenant has ended well for more than half an hour; says so.
    async fn is_overdue(&self, tenant: &str, cause: &str) -> bool {
        let since = overdue_since(self.tenants.store(), tenant, SystemClock.now()).await;
        if let Some(since) = since {
            tracing::error!(
                tenant, %since, cause,
                "no poll of the tenant has ended well for more than half an hour"
            );
        }
        since.is_some()
    }
}

/// Reads a job, and logs why it cannot be read.
fn parsed(text: &str) -> Result<Job, JobError> {
    Job::parse(text).inspect_err(|error| tracing::error!(%error, "job refused"))
}

/// When a message was sent and how often it was received, as SQS says.
fn delivery(message: &SqsMessage) -> Delivery {
    Delivery {
        sent: sent_at(message),
        received: first_received_at(message),
        tries: receive_count(message).into(),
    }
}

/// What a direct invocation is told.
fn summary(report: &Report) -> Value {
    let ending = match report.ending {
        Ending::Complete => json!("complete"),
        Ending::OutOfTime => json!("out of time"),
        Ending::Postponed(delay) => json!({ "postponed_secs": delay.as_secs() }),
        Ending::Superseded => json!("superseded"),
    };
    json!({
        "ending": ending,
        "alerts": report.alerts,
        "records": report.records,
        "suppressed": report.suppressed,
        "quarantined": report.quarantined,
        "gaps": report.gaps,
        "requests": report.requests,
        "read_up_to": report.read_up_to,
        "more": report.more,
    })
}
