//! How much of its time a process spends on slow jobs, and when a job counts as slow.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::slow::LONG;

/// While other tenants wait, a process spends one part in so many of its time on slow jobs.
const PARTS: u32 = 4;

/// A batch with so many tenants is taken as a sign that others wait for the process.
const MANY: usize = 5;

/// How long a new process has no time for slow jobs: a job that kills its process would otherwise be the first
/// job of the next process.
const AT_FIRST: Duration = Duration::from_secs(60);

/// The shortest delay of a slow job that a process has no time for: each receive brings it nearer to the
/// dead-letter queue.
const SHORTEST_WAIT: Duration = Duration::from_secs(30);

/// The longest such delay: another process may have time for it, or be idle.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long the first batch of a process may take, since it signs in and connects.
const FIRST_BATCH: Duration = Duration::from_secs(10);

/// A process that was idle for so long keeps nobody waiting.
const IDLE: Duration = Duration::from_secs(1);

/// When a process has time for slow jobs again, while others wait. Each process keeps its own account: however
/// many slow jobs there are, the other jobs have the rest of every process's time.
pub struct SlowJobs {
    inner: Mutex<Inner>,
    parts: u32,
    patience: Duration,
}

struct Inner {
    from: Instant,
    /// When the last invocation ended.
    ended: Option<Instant>,
}

/// How much room a process has for a batch of jobs.
pub(super) struct Room {
    /// Whether there is time for slow jobs.
    pub(super) has_time: bool,
    /// Whether nobody else waits, if the whole batch is slow.
    pub(super) is_free: bool,
    /// Whether the process was idle before.
    pub(super) was_idle: bool,
    /// How long a poll may take before it keeps others waiting; `None` if nobody waits.
    pub(super) patience: Option<Duration>,
}

impl Default for SlowJobs {
    fn default() -> Self {
        Self::with(PARTS, LONG)
    }
}

impl SlowJobs {
    /// A process that spends one part in `parts` of its time on slow jobs. A job is slow if it takes longer than
    /// `patience`.
    #[must_use]
    pub fn with(parts: u32, patience: Duration) -> Self {
        Self {
            inner: Mutex::new(Inner {
                from: Instant::now() + AT_FIRST,
                ended: None,
            }),
            parts,
            patience,
        }
    }

    /// How much room there is for a batch with so many tenants that begins now.
    pub(super) fn room(&self, tenants: usize) -> Room {
        let inner = self.inner();
        let now = Instant::now();
        let has_time = now >= inner.from;
        let was_idle = inner.ended.is_some_and(|ended| now - ended >= IDLE);
        let patience = match inner.ended {
            _ if tenants < MANY => None,
            None => Some(self.patience.max(FIRST_BATCH)),
            Some(_) => Some(self.patience),
        };
        Room {
            has_time,
            is_free: was_idle || tenants < MANY,
            was_idle,
            patience,
        }
    }

    /// How long a slow job stays hidden if there is no time for it now.
    pub(super) fn wait(&self) -> Duration {
        let left = self.inner().from.saturating_duration_since(Instant::now());
        left.clamp(SHORTEST_WAIT, LONGEST_WAIT)
    }

    /// Notes that slow jobs have just taken so long.
    pub(super) fn note_time(&self, time: Duration) {
        self.inner().from = Instant::now() + time * (self.parts - 1);
    }

    /// An invocation ends.
    pub(super) fn invocation_ends(&self) {
        self.inner().ended = Some(Instant::now());
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_quarter_of_the_time_is_theirs() {
        let slow_jobs = SlowJobs::default();
        let has_time = || slow_jobs.room(2).has_time;
        assert!(!has_time() && slow_jobs.wait() == AT_FIRST);
        tokio::time::advance(AT_FIRST).await;
        assert!(has_time());
        slow_jobs.note_time(Duration::from_secs(25));
        assert!(!has_time() && slow_jobs.wait() == LONGEST_WAIT);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(!has_time() && slow_jobs.wait() == Duration::from_secs(45));
        tokio::time::advance(Duration::from_secs(44)).await;
        assert!(!has_time() && slow_jobs.wait() == SHORTEST_WAIT);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(has_time());
    }

    #[tokio::test(start_paused = true)]
    async fn others_wait_where_there_are_many_and_the_process_was_busy() {
        let slow_jobs = SlowJobs::default();
        let room = |tenants| {
            let room = slow_jobs.room(tenants);
            (
                room.is_free,
                room.patience.map(|patience| patience.as_secs()),
            )
        };
        assert_eq!([4, 5].map(room), [(true, None), (false, Some(10))]);
        slow_jobs.invocation_ends();
        assert_eq!([4, 5].map(room), [(true, None), (false, Some(4))]);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(room(5), (true, Some(4)));
    }
}
