//! The memory that polls beside each other have together.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use drawbridge_time::Deadline;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

const KIB: usize = 1 << 10;

/// How long a poll has the large share to itself. After that it ends as if it had run out of time, if another poll
/// waits for the share, so that two or three polls can have it per invocation. This is checked between pages only,
/// so that a turn may last longer by the time of one page.
const TURN: Duration = Duration::from_secs(15);

/// What a poll may take beside others without waiting. It is enough for nearly all polls: for the alerts of a
/// minute, and for a state that is stored in pages.
pub(crate) struct SmallShare {
    /// The most JSON values of an alert. What each of them takes while it is mapped is a part of what
    /// [`drawbridge_record::MAX_MAPPING_BYTES`] is for the most that is read.
    pub(crate) values: usize,
    /// The most bytes of records that wait for an output, and of all that the poll sends.
    pub(crate) batch_bytes: usize,
    pub(crate) record_bytes: usize,
    /// The most memory of the state, and the largest of its pages.
    pub(crate) state_bytes: usize,
    pub(crate) state_page_bytes: usize,
}

/// The small share of each poll. A page of Graph has a quarter of a megabyte of it at most
/// ([`drawbridge_graph::Settings::max_small_bytes`]).
pub(crate) const SMALL: SmallShare = SmallShare {
    values: 4_000,
    batch_bytes: 128 * KIB,
    record_bytes: 384 * KIB,
    state_bytes: 1024 * KIB,
    state_page_bytes: 128 * KIB,
};

/// The memory of a process that polls several tenants at once: a small share for each, and one large
/// share, which one poll at a time has beside its small one. A poll that needs more than the small
/// share waits for the large one, as long as it has time for a page; without it, it ends as if it had
/// run out of time. There is only one large share, so no poll waits for a second one while it has the first, and
/// the poll that has it gives it up after a while if others wait.
#[derive(Debug, Clone, Default)]
pub struct Memory(Option<Arc<Large>>);

/// The large share.
#[derive(Debug)]
struct Large {
    permits: Arc<Semaphore>,
    /// How many there are, for the tests.
    #[cfg(any(test, feature = "testing"))]
    shares: usize,
    /// How long a poll has one to itself.
    turn: Duration,
    /// How many polls wait for it.
    waiting: AtomicUsize,
}

/// A poll that waits for the large share, until it has it or gives up.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn at(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Relaxed);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Memory {
    /// Enough for each poll to have all that it may take.
    #[must_use]
    pub fn ample() -> Self {
        Self(None)
    }

    /// One large share for all.
    #[must_use]
    pub fn shared() -> Self {
        Self::with_large_shares(1, TURN)
    }

    /// So many large shares, each of which a poll keeps for `turn`. A function has the memory for one.
    #[must_use]
    pub fn with_large_shares(shares: usize, turn: Duration) -> Self {
        Self(Some(Arc::new(Large {
            permits: Arc::new(Semaphore::new(shares)),
            #[cfg(any(test, feature = "testing"))]
            shares,
            turn,
            waiting: AtomicUsize::new(0),
        })))
    }

    /// How many polls have a large share now.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn large_polls(&self) -> usize {
        let taken = |large: &Arc<Large>| large.shares - large.permits.available_permits();
        self.0.as_ref().map_or(0, taken)
    }

    /// What one poll has of it.
    pub(crate) fn share(&self) -> Share {
        Share {
            large: self.0.clone(),
            taken: OnceLock::new(),
        }
    }
}

/// What a poll has of the memory, until it ends.
pub(crate) struct Share {
    large: Option<Arc<Large>>,
    /// The permit, and since when.
    taken: OnceLock<(OwnedSemaphorePermit, Instant)>,
}

impl Share {
    /// Whether it is the small one.
    pub(crate) fn is_small(&self) -> bool {
        self.large.is_some() && self.taken.get().is_none()
    }

    /// Whether it was the small one, and is no more.
    pub(crate) fn has_grown(&self) -> bool {
        self.taken.get().is_some()
    }

    /// Takes the large share, and waits for it until `deadline`; whether the poll has it.
    pub(crate) async fn grow(&self, deadline: Deadline) -> bool {
        let Some(large) = self.large.as_ref().filter(|_| self.is_small()) else {
            return true;
        };
        let _waiting = Waiting::at(&large.waiting);
        let permit = Arc::clone(&large.permits).acquire_owned();
        // It is never closed.
        if let Some(Ok(permit)) = deadline.bound(permit).await {
            // A poll asks one thing at a time, so nothing is there yet.
            let _ = self.taken.set((permit, Instant::now()));
        }
        !self.is_small()
    }

    /// Whether the poll has had the large share for its turn, and another poll waits for it.
    pub(crate) fn is_to_be_given_up(&self) -> bool {
        let (Some(large), Some((_, since))) = (&self.large, self.taken.get()) else {
            return false;
        };
        since.elapsed() >= large.turn && large.waiting.load(Relaxed) > 0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_poll_at_a_time_has_the_large_share() {
        let memory = Memory::shared();
        let (first, second) = (memory.share(), memory.share());
        assert!(first.is_small() && second.is_small());
        let soon = || Deadline::after(Duration::from_secs(9));
        assert!(first.grow(soon()).await && first.grow(soon()).await);
        assert!(!first.is_small());
        assert!(!second.grow(soon()).await && second.is_small());
        assert_eq!(memory.large_polls(), 1);
        drop(first);
        assert_eq!(memory.large_polls(), 0);
        assert!(second.grow(soon()).await);

        // Its turn is over when another one waits, and not before.
        tokio::time::advance(TURN).await;
        assert!(!second.is_to_be_given_up());
        let third = memory.share();
        let waiting = third.grow(soon());
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        assert!(second.is_to_be_given_up());
        drop(second);
        assert!(waiting.await && !third.is_to_be_given_up());

        let ample = Memory::ample();
        let shares = [ample.share(), ample.share()];
        assert!(shares.iter().all(|share| !share.is_small()));
        assert!(shares[0].grow(soon()).await && shares[1].grow(soon()).await);
    }
}
