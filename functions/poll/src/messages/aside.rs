//! How much of its time a process has for jobs that hold it up.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A poll that took so long and whose job is to come back holds its process up.
pub(super) const LONG: Duration = Duration::from_secs(10);

/// While others wait, a process gives one part in so many of its time to jobs that hold it up.
const PARTS: u32 = 4;

/// For how long a process has none for them when it begins: one that kills its process makes the next one
/// begin.
const AT_FIRST: Duration = Duration::from_secs(60);

/// When a job comes back at the earliest for which a process has no time: each time that it is received
/// brings it nearer to the dead-letter queue.
const SHORTEST_WAIT: Duration = Duration::from_secs(30);

/// From when on a process has time again for jobs that hold it up, while others wait. Each process keeps
/// that for itself: however many such jobs there are, the others have the rest of every process.
pub struct Aside(Mutex<Instant>);

impl Default for Aside {
    fn default() -> Self {
        Self(Mutex::new(Instant::now() + AT_FIRST))
    }
}

impl Aside {
    /// Whether there is time.
    pub(super) fn has_time(&self) -> bool {
        Instant::now() >= self.from()
    }

    /// When a job is to come back for which there is none.
    pub(super) fn wait(&self) -> Duration {
        let left = self.from().saturating_duration_since(Instant::now());
        left.max(SHORTEST_WAIT)
    }

    /// Jobs that hold up the process have just taken so long.
    pub(super) fn took(&self, time: Duration) {
        let from = Instant::now() + time * (PARTS - 1);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = from;
    }

    fn from(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_quarter_of_the_time_is_theirs() {
        let aside = Aside::default();
        assert!(!aside.has_time() && aside.wait() == AT_FIRST);
        tokio::time::advance(AT_FIRST).await;
        assert!(aside.has_time());
        aside.took(Duration::from_secs(25));
        assert!(!aside.has_time() && aside.wait() == Duration::from_secs(75));
        tokio::time::advance(Duration::from_secs(74)).await;
        assert!(!aside.has_time() && aside.wait() == SHORTEST_WAIT);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(aside.has_time());
    }
}
