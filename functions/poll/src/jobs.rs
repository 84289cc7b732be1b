//! The jobs of the poll function: each is a tenant's name, and asks for a poll of that tenant.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};

use drawbridge_config::ConfigError;
use drawbridge_cursor::Job;
use drawbridge_recent::Recent;
use jiff::Timestamp;

use crate::{Ending, JobFailure, Memory, Poller, Progress, Report, Stop};

/// What the queue reports about a job.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// When it was sent, by the queue's clock.
    pub sent: Option<Timestamp>,
    /// When it was received for the first time, by the same clock.
    pub received: Option<Timestamp>,
    /// How often it was received, this time included.
    pub tries: u64,
}

/// For how many tenants the time of the last poll is kept.
const MAX_POLLED: NonZero<usize> = NonZero::new(3_000).expect("it is not zero");

/// The most bytes that this takes: a name has 64 at most.
pub(crate) const MAX_POLLED_BYTES: usize = MAX_POLLED.get() * 256;

/// Does jobs, and knows those that have nothing left to do.
///
/// What it knows lasts as long as the process, and covers the tenants that were polled last. A job that only
/// another process knows to be superfluous costs one idle poll.
pub struct Jobs {
    /// When the job of the tenant's last complete poll was received, by the queue's clock: this
    /// process's own may be wrong.
    polled: Mutex<Recent<Timestamp>>,
    /// The memory that the polls share; by default there is enough for all.
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
}
