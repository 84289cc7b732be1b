use std::sync::Arc;

use drawbridge_config::{Bindings, ConfigError};
use drawbridge_store::Store;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Mutex, OnceCell};

/// How long a process uses the list as it was read. A right that is granted or revoked takes effect within this
/// time.
const KEPT_FOR: SignedDuration = SignedDuration::from_mins(5);

/// The administrator's list, which is read when it is first needed and then kept, so that all documents of one
/// round are judged by the same list.
pub struct AdministratorsList<'s> {
    store: &'s dyn Store,
    /// The copy that the process keeps, and the time of the round.
    kept: Option<(&'s KeptList, Timestamp)>,
    read: OnceCell<Result<Arc<Bindings>, ConfigError>>,
}

impl<'s> AdministratorsList<'s> {
    /// The list of a store; nothing is read yet.
    #[must_use]
    pub fn of(store: &'s dyn Store) -> Self {
        Self {
            store,
            kept: None,
            read: OnceCell::new(),
        }
    }

    /// The bindings in the list.
    ///
    /// # Errors
    /// As [`Bindings::load`].
    pub async fn bindings(&self) -> Result<&Bindings, ConfigError> {
        let read = self.read.get_or_init(|| async {
            match self.kept {
                Some((kept, now)) => kept.read(self.store, now).await,
                None => Bindings::load(self.store).await.map(Arc::new),
            }
        });
        read.await.as_deref().map_err(Clone::clone)
    }
}

/// A copy of the list for all tenants of a process, which reads it once in five minutes however many
/// ask.
#[derive(Default)]
pub struct KeptList {
    copy: Mutex<Option<Copy>>,
}

struct Copy {
    read: Timestamp,
    said: Result<Arc<Bindings>, ConfigError>,
}

impl KeptList {
    /// The list as one look at `now` sees it; nothing is read yet.
    #[must_use]
    pub fn look<'s>(&'s self, store: &'s dyn Store, now: Timestamp) -> AdministratorsList<'s> {
        AdministratorsList {
            store,
            kept: Some((self, now)),
            read: OnceCell::new(),
        }
    }

    /// Returns the copy, and reads the list again if the copy is old. A broken list is kept as well. If the list
    /// cannot be read, the old copy is not used, because it may grant a revoked right.
    async fn read(&self, store: &dyn Store, now: Timestamp) -> Result<Arc<Bindings>, ConfigError> {
        let mut copy = self.copy.lock().await;
        if let Some(copy) = copy.as_ref()
            && is_within(copy.read, KEPT_FOR, now)
        {
            return copy.said.clone();
        }
        // The memory is enough for one copy beside those that are still in use.
        *copy = None;
        let said = Bindings::load(store).await.map(Arc::new);
        let is_kept = !said.as_ref().is_err_and(ConfigError::is_retryable);
        *copy = is_kept.then(|| Copy {
            read: now,
            said: said.clone(),
        });
        said
    }
}

/// Whether what was read then is no older than that. What was read later than now was read by a clock
/// that was wrong.
pub(crate) fn is_within(read: Timestamp, longest: SignedDuration, now: Timestamp) -> bool {
    read <= now && now.duration_since(read) < longest
}

#[cfg(test)]
mod tests {
    use drawbridge_config::BINDINGS_KEY;
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    #[test]
    fn what_a_clock_that_was_ahead_read_is_read_again() {
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let minute = SignedDuration::from_secs(60);
        let read = |secs: i64| is_within(now - SignedDuration::from_secs(secs), minute, now);
        assert_eq!(
            [-7200, -1, 0, 59, 60].map(read),
            [false, false, true, true, false]
        );
    }

    /// How many of three looks at that minute see a list that holds, and what they cost.
    async fn looks(kept: &KeptList, store: &FaultyStore, minute: i64) -> (usize, usize) {
        let now = Timestamp::from_second(minute * 60).unwrap();
        let mut seen = 0;
        for _ in 0..3 {
            let list = kept.look(store, now);
            seen += usize::from(list.bindings().await.is_ok());
        }
        (seen, store.calls().len())
    }

    #[tokio::test]
    async fn a_process_reads_the_list_once_in_five_minutes() {
        let (kept, store) = (KeptList::default(), FaultyStore::default());
        assert_eq!(looks(&kept, &store, 0).await, (3, 1));
        assert_eq!(looks(&kept, &store, 4).await, (3, 0));
        // One that is broken is not read for each tenant either, and is mended as late.
        store.insert(BINDINGS_KEY, "nonsense");
        assert_eq!(looks(&kept, &store, 5).await, (0, 1));
        store.insert(BINDINGS_KEY, "");
        assert_eq!(looks(&kept, &store, 9).await, (0, 0));
        assert_eq!(looks(&kept, &store, 10).await, (3, 1));
        // A copy that is old gives no right.
        store.hide(BINDINGS_KEY);
        assert_eq!(looks(&kept, &store, 14).await, (3, 0));
        assert_eq!(looks(&kept, &store, 15).await, (0, 3));
        store.heal();
        assert_eq!(looks(&kept, &store, 15).await, (3, 1));
    }
}
