use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};
use drawbridge_config::{ConfigError, FunctionSettings, Trust};
use drawbridge_cursor::{Job, JobError, Why};
use drawbridge_graph::{Deadline, HttpTransport};
use drawbridge_identity::aws_assertions;
use drawbridge_queue::SqsQueue;
use drawbridge_secrets::SecretsManager;
use drawbridge_store::{S3Store, Store};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

use super::backlog::{self, Backlog};
use super::jobs::JobsQueue;
use super::memory::state_bytes;
use super::outputs::Outputs;
use super::tenants::Tenants;
use super::{Event, metrics};
use crate::assembly::Surroundings;
use crate::{Clock, Ending, PollError, Poller, Report, Silent, Step, Stop, SystemClock};

/// What is kept of an invocation's time for saving the state and answering.
const CLOSING_TIME: Duration = Duration::from_secs(5);

/// The function, with its clients built once and a poller for each tenant that it met.
pub struct Function {
    tenants: Tenants,
    jobs: JobsQueue,
    backlog: Backlog,
}

/// Why the function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobFailure {
    #[error(
        "no tenant is called {0:?}, or it is paused: see `drawbridge tenants list` for those there \
         are"
    )]
    UnknownTenant(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Poll(#[from] PollError),
}

impl JobFailure {
    fn is_retryable(&self) -> bool {
        match self {
            Self::UnknownTenant(_) => false,
            Self::Config(error) => error.is_retryable(),
            Self::Poll(error) => error.is_retryable(),
        }
    }
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
        let store: Arc<dyn Store> = Arc::new(S3Store::new(
            drawbridge_store::s3_client(&aws),
            &settings.bucket,
        ));
        let outputs = Outputs::new(&settings, &sqs, &store);
        let jobs_queue = SqsQueue::new(sqs.clone(), &settings.jobs_queue_url);
        let secrets = SecretsManager::new(aws_sdk_secretsmanager::Client::new(&aws));
        let surroundings = Surroundings {
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
            tenants: Tenants::new(settings.tenants, surroundings, outputs),
            jobs: JobsQueue {
                client: sqs,
                url: settings.jobs_queue_url,
                queue: jobs_queue,
            },
            backlog: Backlog::default(),
        })
    }

    /// Answers one invocation.
    ///
    /// For messages, the answer lists those to be delivered again; for a job, it tells what was
    /// done, with the rest of an unfinished window as `follow_ups`.
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
            Event::Direct(text) => Ok(summary(&self.job(&parsed(&text)?, &stop).await?)),
        }
    }

    /// Does the messages' jobs in order. After one that fails the rest are left alone: on a FIFO
    /// queue they may be the same tenant's, and would overtake it.
    async fn messages(&self, messages: &[SqsMessage], stop: &Stop) -> Vec<BatchItemFailure> {
        for (n, message) in messages.iter().enumerate() {
            if !self.message(message, stop).await {
                return messages[n..].iter().map(failure).collect();
            }
        }
        Vec::new()
    }

    /// Does one message's job; whether the message is done with.
    async fn message(&self, message: &SqsMessage, stop: &Stop) -> bool {
        let done = match parsed(message.body.as_deref().unwrap_or_default()) {
            Ok(job) => self.message_job(message, &job, stop).await,
            Err(_) => Err(backlog::retry_delay(message)),
        };
        let Err(delay) = done else {
            return true;
        };
        if let Some(receipt) = &message.receipt_handle {
            self.jobs.postpone(receipt, delay).await;
        }
        false
    }

    /// Does the job of a message, unless a later poll has; or says when it is to come back.
    async fn message_job(
        &self,
        message: &SqsMessage,
        job: &Job,
        stop: &Stop,
    ) -> Result<(), Duration> {
        if self.backlog.is_superfluous(job, backlog::sent(message)) {
            tracing::info!(
                tenant = job.tenant,
                "a later poll has done this job already"
            );
            return Ok(());
        }
        let cause = message.message_id.as_deref().unwrap_or_default();
        let follow_ups = match self.job(job, stop).await {
            Ok(Report {
                ending: Ending::Postponed(delay),
                ..
            }) => return Err(delay),
            Ok(report) => report.follow_ups,
            // The next tick tries again; this message would only be in its way.
            Err(error) if is_live(job) && !error.is_retryable() => return Ok(()),
            // It stopped, and its progress says why.
            Err(error) if job.backfill.is_some() && !error.is_retryable() => return Ok(()),
            Err(_) if job.backfill.is_none() && self.owe(job).await => return Ok(()),
            Err(_) => return Err(backlog::retry_delay(message)),
        };
        self.jobs.send(&follow_ups, cause).await.map_err(|error| {
            tracing::error!(%error, "the rest of the window could not be put back");
            backlog::retry_delay(message)
        })
    }

    /// Notes in the tenant's state that a job's window is still to be read, so that a message which
    /// fails again and again does not hold up the tenant's live polls behind it. Whether that was
    /// done; a live job has no window and needs none.
    async fn owe(&self, job: &Job) -> bool {
        let (Some(window), Ok(poller)) = (job.window, self.poller(&job.tenant).await) else {
            return false;
        };
        match poller.owe(window).await {
            Ok(saved) => saved,
            Err(error) => {
                tracing::error!(tenant = job.tenant, %error, "the job's window could not be noted as owed");
                false
            }
        }
    }

    /// Does one job, logs how it went and prints its metrics.
    async fn job(&self, job: &Job, stop: &Stop) -> Result<Report, JobFailure> {
        let started = Instant::now();
        let result = self.poll(job, stop).await;
        let took = started.elapsed();
        match &result {
            Ok(report) => {
                tracing::info!(
                    tenant = job.tenant, why = job.why.as_str(), alerts = report.alerts,
                    records = report.records, suppressed = report.suppressed,
                    requests = report.requests, saved = report.saved, ending = ?report.ending,
                    "polled"
                );
                metrics::print(&job.tenant, Ok(report), SystemClock.now(), took);
            }
            // A tick from before it was paused or removed.
            Err(error @ JobFailure::UnknownTenant(_)) if is_live(job) => {
                tracing::warn!(tenant = job.tenant, %error, "nothing to poll");
            }
            Err(error) => {
                tracing::error!(tenant = job.tenant, why = job.why.as_str(), %error, "poll failed");
                metrics::print(&job.tenant, Err(error), SystemClock.now(), took);
            }
        }
        result
    }

    async fn poll(&self, job: &Job, stop: &Stop) -> Result<Report, JobFailure> {
        let poller = self.poller(&job.tenant).await?;
        if job.backfill.is_some() {
            let (step, mut report) = poller.backfill_step(job, stop, &Silent).await?;
            report.follow_ups = match step {
                Step::Next(next) => vec![*next],
                Step::Done | Step::Later(_) => Vec::new(),
            };
            return Ok(report);
        }
        let began = SystemClock.now();
        let report = poller.run(job, stop, &Silent).await?;
        if job.why == Why::Timer && report.ending == Ending::Complete {
            self.backlog.polled(&job.tenant, began);
        }
        Ok(report)
    }

    async fn poller(&self, name: &str) -> Result<Arc<Poller>, JobFailure> {
        let poller = self.tenants.poller(name).await?;
        poller.ok_or_else(|| JobFailure::UnknownTenant(name.to_owned()))
    }
}

/// Whether a job is one of the timer's.
fn is_live(job: &Job) -> bool {
    job.why == Why::Timer && job.window.is_none()
}

/// Reads a job, and logs why it cannot be read.
fn parsed(text: &str) -> Result<Job, JobError> {
    Job::parse(text).inspect_err(|error| tracing::error!(%error, "job refused"))
}

fn deadline(context: &Context) -> Deadline {
    let left = context
        .deadline()
        .duration_since(SystemTime::now())
        .unwrap_or_default();
    Deadline::after(left.saturating_sub(CLOSING_TIME))
}

fn failure(message: &SqsMessage) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message.message_id.clone().unwrap_or_default();
    failure
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
        "follow_ups": report.follow_ups,
    })
}
