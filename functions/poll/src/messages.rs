//! What becomes of the messages of the jobs queue: the wiring of Lambda, without AWS.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};
use drawbridge_config::ConfigError;
use drawbridge_cursor::{Job, JobError};
use drawbridge_lambda::{
    MessageDeletion, VisibilityControl, batch_item_failure, first_received_at, receive_count,
    sent_at,
};
use drawbridge_queue::{AccessError, Message, Queue, QueueError};
use drawbridge_time::Clock;
use jiff::Timestamp;
use tokio::time::Instant;

use crate::{AfterJob, Delivery, JobFailure, Jobs, Poller, Report, Silent, Stop};

/// How long a poll with more to read takes at least, as a rule.
const SLOT_SECS: i64 = 15;

/// Has the poller of each tenant.
#[async_trait]
pub trait Pollers: Send + Sync {
    /// The poller of a job's tenant; `None` when there is no such tenant, or when it is paused.
    ///
    /// # Errors
    /// When what the tenant's document asks for cannot be had.
    async fn poller(&self, job: &Job) -> Result<Option<Arc<Poller>>, ConfigError>;
}

/// Hears how jobs went.
#[async_trait]
pub trait JobLog: Send + Sync {
    /// A job is done that took so long; `is_message` unless it came directly. Several may be done at
    /// the same time.
    async fn done(
        &self,
        job: &Job,
        done: &Result<Option<Report>, JobFailure>,
        is_message: bool,
        took: Duration,
    );

    /// An invocation ends: each of its jobs is done, or left for later.
    fn invocation_ends(&self) {}
}

/// The jobs queue, as the function that reads it sees it.
pub struct JobsQueue {
    /// Hides messages that are to come back.
    pub visibility: Arc<dyn VisibilityControl>,
    /// Deletes those that are done before the rest of their batch.
    pub deletion: Arc<dyn MessageDeletion>,
    /// Takes jobs.
    pub queue: Arc<dyn Queue>,
    /// Its name, in errors.
    pub place: String,
}

/// Does the jobs of the queue's messages, and those that come directly.
pub struct JobMessages<P> {
    /// The tenants' pollers.
    pub pollers: P,
    /// Knows which jobs are done already.
    pub jobs: Jobs,
    /// Where the messages come from.
    pub queue: JobsQueue,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Hears of each job.
    pub log: Arc<dyn JobLog>,
}

impl<P: Pollers> JobMessages<P> {
    /// Does the messages' jobs in order. After one that fails the rest are left alone: on a FIFO
    /// queue they may be the same tenant's, and would overtake it.
    pub async fn answer(&self, messages: &[SqsMessage], stop: &Stop) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = self.failed(messages, stop).await;
        self.log.invocation_ends();
        response
    }

    async fn failed(&self, messages: &[SqsMessage], stop: &Stop) -> Vec<BatchItemFailure> {
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
            self.queue.visibility.hide(&[message]).await;
        }
        false
    }

    /// Asks for another poll of a tenant. Without it, the next tick goes on.
    async fn another(&self, job: &Job) -> AfterJob {
        if let Err(error) = self.queue.send(job, self.clock.now()).await {
            tracing::warn!(tenant = job.tenant, %error, "another job could not be sent");
        }
        AfterJob::Done
    }

    /// Does a job that came directly.
    ///
    /// # Errors
    /// When the text is no job, or the job failed.
    pub async fn direct(
        &self,
        text: &str,
        stop: &Stop,
    ) -> Result<Option<Report>, Box<dyn std::error::Error + Send + Sync>> {
        let done = self.job(&parsed(text)?, None, stop).await;
        self.log.invocation_ends();
        Ok(done?)
    }

    async fn job(
        &self,
        job: &Job,
        delivery: Option<Delivery>,
        stop: &Stop,
    ) -> Result<Option<Report>, JobFailure> {
        let began = Instant::now();
        let poller = self.pollers.poller(job);
        let done = self.jobs.run(job, delivery, poller, stop, &Silent).await;
        let took = began.elapsed();
        self.log.done(job, &done, delivery.is_some(), took).await;
        done
    }
}

impl JobsQueue {
    /// Puts another job of a tenant on the queue. Those of the same quarter of a minute are one, so
    /// that the jobs of a tenant with much to read do not multiply.
    async fn send(&self, job: &Job, now: Timestamp) -> Result<(), QueueError> {
        let slot = now.as_second().div_euclid(SLOT_SECS);
        let message = Message {
            key: format!("more-{}-{slot}", job.tenant),
            group: job.tenant.clone(),
            time: None,
            body: job.to_json(),
            attributes: Vec::new(),
        };
        match self.queue.send(&[message]).await?.first() {
            Some(first) => Err(AccessError::unavailable(&*self.place, &*first.code).into()),
            None => Ok(()),
        }
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
