//! What becomes of a job: the same in Lambda, on one machine and in the fault schedules.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use drawbridge_config::ConfigError;
use drawbridge_cursor::{Job, retry_delay_secs};
use drawbridge_recent::Recent;
use drawbridge_telemetry::Panicked;
use jiff::Timestamp;

use crate::{Ending, Memory, PollError, Poller, Progress, Report, Stop};

/// What a queue tells of a job.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// When it was sent, by the queue's clock.
    pub sent: Option<Timestamp>,
    /// When it was received for the first time, by the same clock.
    pub received: Option<Timestamp>,
    /// How often it was received, this time included.
    pub tries: u64,
}

/// What is to be done with a job's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterJob {
    /// It is done with; the next tick comes by itself.
    Done,
    /// It is done with, and another job of the tenant is to follow at once: more is to be read.
    Another,
    /// It is to come back after a while. What waits behind it in its tenant's group waits, too.
    Later(Duration),
}

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub enum JobFailure {
    /// There is no such tenant, or it is paused.
    #[error(
        "no tenant is called {0:?}, or it is paused: see `drawbridge tenants list --stack STACK` for those there \
         are"
    )]
    UnknownTenant(String),
    /// The tenant's document, or what belongs to it, cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The poll failed.
    #[error(transparent)]
    Poll(#[from] PollError),
    /// The poll panicked. The panic's message is not kept: it may quote an alert.
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// The poll went on long after it should have ended.
    #[error(
        "the poll did not end in its time and was given up, as if the process had died: nothing of \
         it was saved, and the next poll does it again"
    )]
    GivenUp,
    /// Beside others, it had no page of Graph after some seconds.
    #[error(
        "there was no page of Graph within some seconds, while other tenants waited: the job comes back, \
         and the next try has all of the time"
    )]
    NoPage,
}

impl JobFailure {
    /// Whether the same job may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::UnknownTenant(_) => false,
            Self::Config(error) => error.is_retryable(),
            Self::Poll(error) => error.is_retryable(),
            Self::Panicked(_) | Self::GivenUp | Self::NoPage => true,
        }
    }

    /// Whether the poll itself failed, and was not only put off.
    #[must_use]
    pub(crate) fn is_failure(&self) -> bool {
        !matches!(self, Self::NoPage) && !self.is_put_aside()
    }

    /// Whether there was no poll at all, because others wait.
    #[must_use]
    pub(crate) fn is_put_aside(&self) -> bool {
        matches!(self, Self::Poll(PollError::TakesLong))
    }

    /// Whether the credentials or permissions are at fault.
    #[must_use]
    pub fn is_about_access(&self) -> bool {
        matches!(self, Self::Poll(error) if error.is_about_access())
    }

    /// Whether the tenant's document is at fault.
    #[must_use]
    pub(crate) fn is_about_configuration(&self) -> bool {
        matches!(self, Self::Config(error) if !error.is_retryable())
    }
}

/// A job that is to wait is not received again at once.
const SHORTEST_DELAY: Duration = Duration::from_secs(1);

/// Of how many tenants it is known when they were polled last.
const MAX_POLLED: NonZero<usize> = NonZero::new(3_000).expect("it is not zero");

/// How many bytes that takes at most: names have 64.
pub(crate) const MAX_POLLED_BYTES: usize = MAX_POLLED.get() * 256;

/// Does jobs, and knows those that have nothing left to do.
///
/// What it knows lives as long as the process, for the tenants that were polled last. A job that another process would have known to be
/// superfluous costs one idle poll.
pub struct Jobs {
    /// When the job of the tenant's last complete poll was received, by the queue's clock: this
    /// process's own may be wrong.
    polled: Mutex<Recent<Timestamp>>,
    /// What the polls have together; by default enough for all.
    memory: Memory,
}

impl Default for Jobs {
    fn default() -> Self {
        Self::within(Memory::default())
    }
}

impl Jobs {
    /// Does jobs whose polls share `memory`.
    #[must_use]
    pub fn within(memory: Memory) -> Self {
        Self {
            polled: Mutex::new(Recent::new(MAX_POLLED, MAX_POLLED_BYTES)),
            memory,
        }
    }

    /// Does a job with the tenant's poller; `None` when an earlier poll has done it.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn run(
        &self,
        job: &Job,
        delivery: Option<Delivery>,
        poller: impl Future<Output = Result<Option<Arc<Poller>>, ConfigError>>,
        stop: &Stop,
        progress: &dyn Progress,
    ) -> Result<Option<Report>, JobFailure> {
        let unknown = || JobFailure::UnknownTenant(job.tenant.clone());
        let poller = poller.await?.ok_or_else(unknown)?;
        if delivery.is_some_and(|delivery| self.is_superfluous(job, delivery)) {
            return Ok(None);
        }
        // On the heap: what a poll does is too deeply nested for the compiler to lay out in one piece.
        let report = Box::pin(poller.run_within(&self.memory, stop, progress)).await?;
        let received = delivery.and_then(|delivery| delivery.received);
        if let (Ending::Complete, Some(received)) = (report.ending, received) {
            self.polled().insert(&job.tenant, received);
        }
        Ok(Some(report))
    }

    /// Whether a poll that began after the job was sent has read all there was.
    fn is_superfluous(&self, job: &Job, delivery: Delivery) -> bool {
        let began = self.polled().peek(&job.tenant).copied();
        matches!((delivery.sent, began), (Some(sent), Some(began)) if sent < began)
    }

    fn polled(&self) -> std::sync::MutexGuard<'_, Recent<Timestamp>> {
        self.polled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AfterJob {
    /// What is to be done with a message that is no job. No try will help: it comes back at once, so
    /// that it is in the dead-letter queue within a minute, and holds up nobody else.
    pub const NO_JOB: Self = Self::Later(Duration::ZERO);

    /// What is to be done with the message of a job that went so.
    #[must_use]
    pub fn of(done: &Result<Option<Report>, JobFailure>, tries: u64) -> Self {
        match done {
            Ok(Some(report)) => match report.ending {
                Ending::Postponed(delay) => Self::Later(delay.max(SHORTEST_DELAY)),
                _ if report.more => Self::Another,
                _ => Self::Done,
            },
            Ok(None) => Self::Done,
            Err(error) if error.is_retryable() => Self::Later(retry_delay(tries)),
            // The next tick tries again; this message would only be in its way.
            Err(_) => Self::Done,
        }
    }
}

/// How long a job that failed stays hidden before it is tried again, by how often it was tried. That
/// is far less than the queue's own time, which is made for a function that died and would hold up
/// the tenant.
#[must_use]
pub fn retry_delay(tries: u64) -> Duration {
    let tries = u32::try_from(tries).unwrap_or(u32::MAX);
    Duration::from_secs(retry_delay_secs(tries).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn only_jobs_that_waited_for_the_poll_are_superfluous() {
        let jobs = Jobs::default();
        let is_superfluous = |tenant: &str, sent: Option<i64>| {
            let delivery = Delivery {
                sent: sent.map(at),
                received: None,
                tries: 1,
            };
            jobs.is_superfluous(&Job::of(tenant), delivery)
        };
        assert!(!is_superfluous("a", Some(1)));
        jobs.polled().insert("a", at(100));
        assert!(is_superfluous("a", Some(99)));
        assert!(!is_superfluous("a", Some(100)));
        assert!(!is_superfluous("a", None));
        assert!(!is_superfluous("b", Some(99)));
        // Of the tenant that was polled the longest ago this is forgotten, when there are many.
        for n in 0..MAX_POLLED.get() {
            jobs.polled().insert(&format!("t{n}"), at(100));
        }
        assert_eq!(jobs.polled().len(), MAX_POLLED.get());
        assert!(is_superfluous("t0", Some(99)) && !is_superfluous("a", Some(99)));
    }

    #[test]
    fn a_job_comes_back_only_if_waiting_helps() {
        let report = |ending, more| {
            let report = Report {
                ending,
                more,
                ..Report::default()
            };
            Ok(Some(report))
        };
        let delay = Duration::from_secs(7);
        for (done, tries, after) in [
            (report(Ending::Complete, false), 1, AfterJob::Done),
            (report(Ending::OutOfTime, true), 1, AfterJob::Another),
            (report(Ending::Superseded, false), 1, AfterJob::Done),
            (
                report(Ending::Postponed(delay), true),
                1,
                AfterJob::Later(delay),
            ),
            (Ok(None), 1, AfterJob::Done),
            (
                Err(JobFailure::UnknownTenant("t".into())),
                1,
                AfterJob::Done,
            ),
            (
                Err(PollError::Circular.into()),
                4,
                AfterJob::Later(Duration::from_secs(120)),
            ),
            (
                Err(PollError::Circular.into()),
                40,
                AfterJob::Later(Duration::from_secs(300)),
            ),
            (
                Err(JobFailure::GivenUp),
                1,
                AfterJob::Later(Duration::from_secs(30)),
            ),
            (
                Err(Panicked.into()),
                2,
                AfterJob::Later(Duration::from_secs(60)),
            ),
        ] {
            assert_eq!(AfterJob::of(&done, tries), after, "{done:?}");
        }
    }
}
