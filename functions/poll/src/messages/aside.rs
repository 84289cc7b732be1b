//! How much of its time a process has for jobs that hold it up, and from when on a job does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::slow::LONG;

/// While others wait, a process gives one part in so many of its time to jobs that hold it up.
const PARTS: u32 = 4;

/// So many tenants in a batch are taken for a sign that others wait for the process.
const MANY: usize = 5;

/// For how long a process has none for them when it begins: one that kills its process makes the next one
/// begin.
const AT_FIRST: Duration = Duration::from_secs(60);

/// When a job comes back at the earliest for which a process has no time: each time that it is received
/// brings it nearer to the dead-letter queue.
const SHORTEST_WAIT: Duration = Duration::from_secs(30);

/// And at the latest: another process may have time, or nothing to do.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// How long the first batch of a process may take: it signs in, and connects.
const FIRST_BATCH: Duration = Duration::from_secs(10);

/// A process that had nothing to do for so long keeps nobody waiting.
const IDLE: Duration = Duration::from_secs(1);

/// From when on a process has time again for jobs that hold it up, while others wait. Each process keeps
/// that for itself: however many such jobs there are, the others have the rest of every process.
pub struct Aside {
    inner: Mutex<Inner>,
    parts: u32,
    patience: Duration,
}

struct Inner {
    from: Instant,
    /// When its last invocation ended.
    ended: Option<Instant>,
}

/// What a batch of jobs finds.
pub(super) struct Room {
    /// Whether there is time for those that hold up the process.
    pub(super) has_time: bool,
    /// Whether nobody waits, if all of the batch do.
    pub(super) is_free: bool,
    /// Whether the process had nothing to do before.
    pub(super) was_idle: bool,
    /// From when on a poll keeps others waiting; `None` if none wait.
    pub(super) patience: Option<Duration>,
}

impl Default for Aside {
    fn default() -> Self {
        Self::with(PARTS, LONG)
    }
}

impl Aside {
    /// One that gives one part in so many of its time to jobs that hold it up, which those do that go on
    /// for so long.
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

    /// What a batch with so many tenants finds that begins now.
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

    /// When a job is to come back for which there is no time.
    pub(super) fn wait(&self) -> Duration {
        let left = self.inner().from.saturating_duration_since(Instant::now());
        left.clamp(SHORTEST_WAIT, LONGEST_WAIT)
    }

    /// Jobs that hold up the process have just taken so long.
    pub(super) fn took(&self, time: Duration) {
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
        let aside = Aside::default();
        let has_time = || aside.room(2).has_time;
        assert!(!has_time() && aside.wait() == AT_FIRST);
        tokio::time::advance(AT_FIRST).await;
        assert!(has_time());
        aside.took(Duration::from_secs(25));
        assert!(!has_time() && aside.wait() == LONGEST_WAIT);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(!has_time() && aside.wait() == Duration::from_secs(45));
        tokio::time::advance(Duration::from_secs(44)).await;
        assert!(!has_time() && aside.wait() == SHORTEST_WAIT);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(has_time());
    }

    #[tokio::test(start_paused = true)]
    async fn others_wait_where_there_are_many_and_the_process_was_busy() {
        let aside = Aside::default();
        let room = |tenants| {
            let room = aside.room(tenants);
            (
                room.is_free,
                room.patience.map(|patience| patience.as_secs()),
            )
        };
        assert_eq!([4, 5].map(room), [(true, None), (false, Some(10))]);
        aside.invocation_ends();
        assert_eq!([4, 5].map(room), [(true, None), (false, Some(4))]);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(room(5), (true, Some(4)));
    }
}
