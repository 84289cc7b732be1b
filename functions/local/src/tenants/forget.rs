//! A tenant that was removed does not count as one that polled its alerts any more.

use drawbridge_poll::change_state;
use drawbridge_store::Store;
use jiff::Timestamp;

use super::evidence::{StateSays, state_says};
use super::first_poll;
use crate::failure::Failure;

/// Whether anything says, or may say, that alerts were polled under a name.
pub(super) async fn is_remembered(store: &dyn Store, name: &str) -> bool {
    let is_noted = match first_poll::noted(store, name).await {
        Ok(noted) => noted.is_some_and(|noted| !noted.is_empty()),
        Err(_) => true,
    };
    is_noted || matches!(state_says(store, name).await, Ok(StateSays::Of(_)))
}

/// Takes back what says that alerts were polled under a name, the document of which was removed before
/// `now`. A poll that is under way leaves nothing that counts.
pub(super) async fn forget(store: &dyn Store, name: &str, now: Timestamp) -> Result<(), Failure> {
    first_poll::note_removed(store, name, now)
        .await
        .map_err(Failure::of)?;
    // It stands in for the note where that is lost. One that cannot be read says nothing.
    if let Ok(StateSays::Of(_)) = state_says(store, name).await {
        let forget = change_state(store, name, |state| state.polled = None);
        forget.await.map_err(Failure::of)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use drawbridge_cursor::{Polled, State};
    use drawbridge_poll::state_key;
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    /// Ended between the note and the state, or where the note was lost, there is still something to
    /// take back.
    #[tokio::test]
    async fn a_state_is_remembered_whatever_the_note_says() {
        let now = Timestamp::UNIX_EPOCH;
        let store = FaultyStore::default();
        assert!(!is_remembered(&store, "a").await);
        for is_noted in [false, true] {
            let state = State {
                polled: Some(Polled::of("alerts", Some(now))),
                ..State::default()
            };
            store.insert(&state_key("a"), state.encode().unwrap());
            if is_noted {
                first_poll::note_removed(&store, "a", now).await.unwrap();
            }
            assert!(is_remembered(&store, "a").await, "{is_noted}");
            forget(&store, "a", now).await.unwrap();
            assert!(!is_remembered(&store, "a").await, "{is_noted}");
            let state = state_says(&store, "a").await.unwrap();
            assert!(matches!(state, StateSays::Nothing));
        }
    }
}
