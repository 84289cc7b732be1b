//! Handles the messages of the jobs queue, as Lambda does, but without AWS.
//!
//! The tenants of a batch are polled at the same time, each in a task of its own, so that a failing tenant does
//! not affect the others: see [`JobMessages::answer`].

mod batch;
mod bounds;
mod handed_back;
mod invocation;
mod ledger;
mod queue;
mod slow_jobs;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use drawbridge_config::ConfigError;
use drawbridge_cursor::{Job, JobError};
use drawbridge_store::Store;
use drawbridge_time::Clock;
use tokio::time::Instant;

use crate::{Delivery, JobFailure, Jobs, Poller, Progress, Report, Silent, Stop};

pub use self::bounds::CLOSING_TIME;
pub use self::queue::JobsQueue;
pub use self::slow_jobs::SlowJobs;

use self::invocation::Invocation;

/// Provides the poller of each tenant.
#[async_trait]
pub trait Pollers: Send + Sync {
    /// The poller of a job's tenant; `None` when there is no such tenant, or when it is paused.
    ///
    /// # Errors
    /// If something that the tenant's document asks for is not available.
    async fn poller(&self, job: &Job) -> Result<Option<Arc<Poller>>, ConfigError>;
}

/// Learns how jobs went.
#[async_trait]
pub trait JobLog: Send + Sync {
    /// Called after each job, with the time that it took; `is_message` is false for a direct invocation. Several
    /// jobs may end at the same time.
    async fn done(
        &self,
        job: &Job,
        done: &Result<Option<Report>, JobFailure>,
        is_message: bool,
        took: Duration,
    );

    /// Called at the end of an invocation, when each of its jobs is done or left for later.
    fn invocation_ends(&self) {}
}

/// Does the jobs of the queue's messages, and those of direct invocations.
pub struct JobMessages<P> {
    /// The tenants' pollers.
    pub pollers: P,
    /// Runs jobs, and knows which are done already.
    pub jobs: Jobs,
    /// Knows how much time this process has for slow jobs.
    pub slow_jobs: SlowJobs,
    /// Where the messages come from.
    pub queue: JobsQueue,
    /// Stores which messages were handed back.
    pub store: Arc<dyn Store>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// Learns of each job.
    pub log: Arc<dyn JobLog>,
}

impl<P: Pollers + 'static> JobMessages<P> {
    /// Does the messages' jobs, those of different tenants at the same time, and those of one tenant
    /// in order: after one that is to come back, the later ones of its tenant come back, too.
    ///
    /// - A poll that panics, or that does not end in its time, has failed. No other one has.
    /// - A message that was received before and not handed back may have killed the process that received
    ///   it. It is suspect: it is polled alone, when the others are done and deleted, and no more than one
    ///   per invocation.
    /// - Where many are polled at once, one that has no page of Graph after some seconds is handed back, and
    ///   one that has ends with the page that it is at.
    /// - Those whose last poll was given up, or took long and failed, are polled beside each other, when
    ///   the others are done. So are, of many, those whose state says that their polls take long.
    /// - While others wait, a process spends a quarter of its time on jobs that are known to be slow, and hands
    ///   back the other slow ones before anything begins.
    /// - What is handed back is noted in the store; a job that was begun before has less time.
    /// - Messages that are done are deleted at once if others go on for seconds.
    ///
    /// `stop` has to end [`CLOSING_TIME`] before the invocation does.
    pub async fn answer(
        self: &Arc<Self>,
        messages: &[SqsMessage],
        stop: &Stop,
    ) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = Invocation::new(self, stop).failures(messages).await;
        self.log.invocation_ends();
        response
    }
}

impl<P: Pollers> JobMessages<P> {
    /// Does the job of a direct invocation.
    ///
    /// # Errors
    /// When the text is no job, or the job failed.
    pub async fn direct(
        &self,
        text: &str,
        stop: &Stop,
    ) -> Result<Option<Report>, Box<dyn std::error::Error + Send + Sync>> {
        let job = parsed(text)?;
        let began = Instant::now();
        let done = self.poll(&job, None, stop, &Silent).await;
        self.log.done(&job, &done, false, began.elapsed()).await;
        self.log.invocation_ends();
        Ok(done?)
    }

    async fn poll(
        &self,
        job: &Job,
        delivery: Option<Delivery>,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Option<Report>, JobFailure> {
        let poller = self.pollers.poller(job);
        self.jobs.run(job, delivery, poller, stop, progress).await
    }
}

/// Reads a job, and logs why it cannot be read.
fn parsed(text: &str) -> Result<Job, JobError> {
    Job::parse(text).inspect_err(|error| tracing::error!(%error, "job refused"))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
