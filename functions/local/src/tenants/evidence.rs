//! The evidence that a tenant has polled alerts: the note of its first polls, and its state. If one is lost, the
//! other still counts.

use drawbridge_config::PolledAlerts;
use drawbridge_store::Store;
use jiff::Timestamp;

use super::first_poll::{self, FirstPollError, FirstPolls};
use super::state_says::{StateError, StateSays, state_says};

/// What is known of the polls under a name.
pub(super) struct Evidence {
    note: Result<Option<FirstPolls>, FirstPollError>,
    state: Result<StateSays, StateError>,
}

/// Whether a tenant has polled some alerts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Past {
    /// Its polls have succeeded since then.
    Polled(Timestamp),
    /// It has polled, but never with success.
    Tried,
    /// It has never polled them.
    Nothing,
    /// It is unknown, for this reason.
    Unknown(String),
}

impl Evidence {
    /// What is known of a name.
    pub(super) async fn of(store: &dyn Store, name: &str) -> Self {
        Self {
            note: first_poll::noted(store, name).await,
            state: state_says(store, name).await,
        }
    }

    /// Whether it has polled these alerts.
    pub(super) fn past(&self, alerts: &PolledAlerts) -> Past {
        let note = self.note.as_ref().ok().and_then(Option::as_ref);
        // Polls that were under way when the tenant was removed may have written its state. That proves no more
        // than an attempt.
        let is_removed = note.is_some_and(FirstPolls::is_of_a_removed_one);
        let state = self.state.as_ref().ok().filter(|_| !is_removed);
        let noted = note.and_then(|note| note.since(alerts));
        let since = noted
            .into_iter()
            .chain(state.and_then(|state| state.since(alerts)));
        if let Some(since) = since.min() {
            return Past::Polled(since);
        }
        match (&self.note, &self.state) {
            (Err(error), _) => Past::Unknown(error.to_string()),
            (Ok(None), Err(error)) => Past::Unknown(error.to_string()),
            (Ok(None), Ok(StateSays::OfUnknown(why))) => Past::Unknown(why.clone()),
            (_, Ok(state)) if state.is_of(alerts) => Past::Tried,
            _ => Past::Nothing,
        }
    }
}
