//! Forgets that a removed tenant has polled its alerts, so that another one may.

use drawbridge_poll::{change_state, state_key};
use drawbridge_store::Store;
use jiff::Timestamp;

use super::first_poll::{self, FirstPollError, FirstPolls};
use super::state_says::{StateError, StateSays, state_says};

/// What could not be forgotten.
#[derive(Debug, thiserror::Error)]
pub(super) enum ForgetError {
    /// The note, so that everything still counts.
    #[error(
        "{name} still counts as one that polled its alerts: {error}; run this again, or it takes their \
         place when it is added again"
    )]
    Note { name: String, error: FirstPollError },
    /// The state, which counts only if the note is lost.
    #[error(
        "{key} may still say whose alerts were polled, which counts if {} is lost: {why}; run this again",
        first_poll::key(name)
    )]
    State {
        name: String,
        key: String,
        why: String,
    },
}

/// Reads whether anything says, or may say, that alerts were polled under a name.
pub(super) async fn read_whether_remembered(store: &dyn Store, name: &str) -> bool {
    let note = match first_poll::noted(store, name).await {
        Ok(note) => note,
        Err(_) => return true,
    };
    if note.as_ref().is_some_and(|note| !note.is_empty()) {
        return true;
    }
    let is_of_a_removed_one = note.as_ref().is_some_and(FirstPolls::is_of_a_removed_one);
    match state_says(store, name).await {
        Ok(StateSays::Nothing) => false,
        Ok(StateSays::Of(_)) | Err(StateError::Store(_)) => true,
        // These say nothing that could be taken back, but for the mark in the note.
        Ok(StateSays::OfUnknown(_)) | Err(StateError::Damaged { .. }) => !is_of_a_removed_one,
    }
}

/// Takes back what says that alerts were polled under a name, the document of which was removed before
/// `now`. A poll that is under way leaves nothing that counts.
pub(super) async fn forget(
    store: &dyn Store,
    name: &str,
    now: Timestamp,
) -> Result<(), ForgetError> {
    let noted = first_poll::note_removed(store, name, now).await;
    noted.map_err(|error| ForgetError::Note {
        name: name.to_owned(),
        error,
    })?;
    // It stands in for the note where that is lost. One that is damaged says nothing.
    let forgotten = match state_says(store, name).await {
        Ok(StateSays::Of(_)) => change_state(store, name, |state| state.polled = None)
            .await
            .map_err(|error| error.to_string()),
        Err(error @ StateError::Store(_)) => Err(error.to_string()),
        _ => Ok(()),
    };
    forgotten.map_err(|why| ForgetError::State {
        name: name.to_owned(),
        key: state_key(name),
        why,
    })
}

#[cfg(test)]
mod tests {
    use drawbridge_cursor::{Polled, State};
    use drawbridge_poll::state_key;
    use drawbridge_store::testing::{FaultyStore, Put};

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn state(polled: Option<Polled>) -> Vec<u8> {
        let state = State {
            polled,
            last_success: Some(NOW),
            ..State::default()
        };
        state.encode().unwrap()
    }

    fn of_alerts() -> Vec<u8> {
        state(Some(Polled::of("alerts", Some(NOW))))
    }

    /// Ended between the note and the state, or where the note was lost, there is still something to
    /// take back, also if the state does not say of what or cannot be read.
    #[tokio::test]
    async fn a_state_is_remembered_whatever_the_note_says() {
        let store = FaultyStore::default();
        assert!(!read_whether_remembered(&store, "a").await);
        for is_noted in [false, true] {
            store.insert(&state_key("a"), of_alerts());
            if is_noted {
                first_poll::note_removed(&store, "a", NOW).await.unwrap();
            }
            assert!(read_whether_remembered(&store, "a").await, "{is_noted}");
            forget(&store, "a", NOW).await.unwrap();
            assert!(!read_whether_remembered(&store, "a").await, "{is_noted}");
            // The mark in the note is all there is.
            assert!(matches!(
                state_says(&store, "a").await.unwrap(),
                StateSays::OfUnknown(_)
            ));
        }
        for unclear in [state(None), b"garbage".to_vec()] {
            store.take(|_| true);
            store.insert(&state_key("a"), unclear);
            assert!(read_whether_remembered(&store, "a").await);
            forget(&store, "a", NOW).await.unwrap();
            assert!(!read_whether_remembered(&store, "a").await);
        }
    }

    /// With the mark in the note, the tenant does not count any more; the message does not say it does.
    #[tokio::test]
    async fn what_could_not_be_taken_back_is_said() {
        let store = FaultyStore::default();
        store.insert(&state_key("a"), of_alerts());
        store.then_put_if([Put::Fails]);
        let error = forget(&store, "a", NOW).await.unwrap_err();
        assert!(error.to_string().contains("a still counts"), "{error}");
        store.then_put_if([Put::Works, Put::Fails]);
        let error = forget(&store, "a", NOW).await.unwrap_err().to_string();
        assert!(error.contains("state/a.json may still say"), "{error}");
        assert!(!error.contains("still counts"), "{error}");
        assert!(read_whether_remembered(&store, "a").await);
        // Not read is not damaged.
        store.heal();
        store.hide("state/a.json");
        let error = forget(&store, "a", NOW).await.unwrap_err().to_string();
        assert!(error.contains("state/a.json may still say"), "{error}");
        assert!(read_whether_remembered(&store, "a").await);
        store.heal();
        forget(&store, "a", NOW).await.unwrap();
        assert!(!read_whether_remembered(&store, "a").await);
    }
}
