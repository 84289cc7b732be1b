use std::sync::{Arc, Mutex};

use drawbridge_config::{ConfigError, FunctionSettings, Trust};
use drawbridge_entra::aws_assertions;
use drawbridge_http::HttpTransport;
use drawbridge_lambda::{SqsDeletion, SqsVisibility, deadline};
use drawbridge_queue::SqsQueue;
use drawbridge_secrets::SecretsManager;
use drawbridge_store::{Catalogue, S3Store, Store};
use drawbridge_telemetry::print_line;
use drawbridge_time::{Clock, SystemClock};
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use super::Event;
use super::log::Log;
use super::memory::state_bytes;
use super::outputs::Outputs;
use super::tenants::Tenants;
use crate::assembly::Services;
use crate::messages::{CLOSING_TIME, JobMessages, JobsQueue, SlowJobs};
use crate::{Ending, Jobs, Memory, Report, Stop};

/// The function, with its clients built once and a poller for each tenant that it met.
pub struct Function {
    messages: Arc<JobMessages<Tenants>>,
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
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let outputs = Outputs::new(&settings, &sqs, &store, &clock);
        let jobs_queue = SqsQueue::new(sqs.clone(), &settings.jobs_queue_url);
        let visibility = SqsVisibility::new(sqs.clone(), settings.jobs_queue_url.clone());
        let deletion = SqsDeletion::new(sqs, settings.jobs_queue_url.clone());
        let secrets = SecretsManager::new(aws_sdk_secretsmanager::Client::new(&aws));
        let services = Services {
            transport: Arc::new(HttpTransport::new()),
            public_transport: Arc::new(HttpTransport::to_public_addresses()),
            trust: Trust::of_a_stack(|name| std::env::var(name).ok())?,
            secrets: Arc::new(secrets),
            store,
            clock,
            aws_assertions: Some(aws_assertions(&aws)),
            most_state_bytes: state_bytes(
                std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                    .ok()
                    .as_deref(),
            ),
        };
        let pollers = Tenants::new(settings.tenants, services, outputs);
        let log = Log {
            store: Arc::clone(&objects),
            clock: Arc::new(SystemClock),
            by_tenant: settings.tenant_metrics,
            known: pollers.known(),
            print: Box::new(print_line),
            batch: Mutex::default(),
            noted: Mutex::default(),
        };
        Ok(Self {
            messages: Arc::new(JobMessages {
                pollers,
                jobs: Jobs::within(Memory::shared()),
                slow_jobs: SlowJobs::default(),
                queue: JobsQueue {
                    visibility: Arc::new(visibility),
                    deletion: Arc::new(deletion),
                    queue: Arc::new(jobs_queue),
                    place: settings.jobs_queue_url,
                },
                store: objects,
                clock: Arc::new(SystemClock),
                log: Arc::new(log),
            }),
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
        let stop = Stop::at(deadline(&event.context, CLOSING_TIME));
        match Event::from(event.payload) {
            Event::Messages(messages) => {
                let response = self.messages.answer(&messages, &stop).await;
                Ok(serde_json::to_value(response)?)
            }
            Event::Direct(text) => {
                let report = self.messages.direct(&text, &stop).await?;
                Ok(summary(&report.unwrap_or_default()))
            }
        }
    }
}

/// The response to a direct invocation.
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
