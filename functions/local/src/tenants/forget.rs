//! A tenant that was removed does not count as one that polled its alerts any more.

use drawbridge_poll::change_state;
use drawbridge_store::Store;
use jiff::Timestamp;

use super::evidence::{StateSays, state_says};
use super::first_poll;
use crate::failure::Failure;

/// Whether anything says, or may say, that alerts were polled under a name.
pub(super) async fn is_remembered(store: &dyn Store, name: &str) -> bool {
    match first_poll::noted(store, name).await {
        Ok(None) => false,
        Ok(Some(noted)) => !noted.is_empty(),
        Err(_) => true,
    }
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
