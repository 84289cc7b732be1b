//! What says whether a tenant has polled alerts: the note of its first polls, and its state. Either stands
//! in where the other one is lost.

use drawbridge_config::PolledAlerts;
use drawbridge_cursor::{Polled, State};
use drawbridge_poll::state_key;
use drawbridge_store::{Store, StoreError};
use jiff::Timestamp;

use super::first_poll::{self, FirstPollError, FirstPolls};

/// What is known of the polls under a name.
pub(super) struct Evidence {
    note: Result<Option<FirstPolls>, FirstPollError>,
    state: Result<StateSays, StateError>,
}

/// Whether a tenant has polled some alerts.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Past {
    /// It has, with success, since then.
    Polled(Timestamp),
    /// It has tried to.
    Tried,
    /// It has not.
    Nothing,
    /// That cannot be told, for this reason.
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
        // Of one that was removed, the state may have what polls wrote that were under way. It is no more
        // than a try.
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

/// What a state says about whose it is.
pub(super) enum StateSays {
    /// There is none, or nothing was polled with it.
    Nothing,
    /// Of these alerts.
    Of(Polled),
    /// Polls have ended well, but of what is not said: a release wrote it that did not say so.
    OfUnknown(String),
}

impl StateSays {
    fn is_of(&self, alerts: &PolledAlerts) -> bool {
        matches!(self, Self::Of(polled) if polled.is_of(&alerts.to_string()))
    }

    /// Since when these alerts are polled, as far as it says so.
    pub(super) fn since(&self, alerts: &PolledAlerts) -> Option<Timestamp> {
        match self {
            Self::Of(polled) if self.is_of(alerts) => polled.since,
            _ => None,
        }
    }
}

/// Why a state does not say whose it is.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    /// It was not read, and may say so the next time.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It was read, and is no state.
    #[error("{key}: {why}")]
    Damaged { key: String, why: String },
}

/// What the state of that name says.
pub(super) async fn state_says(store: &dyn Store, name: &str) -> Result<StateSays, StateError> {
    let key = state_key(name);
    let Some(object) = store.get(&key).await? else {
        return Ok(StateSays::Nothing);
    };
    let state = match State::decode_head(&object.body) {
        Ok(state) => state,
        Err(error) => {
            let why = error.to_string();
            return Err(StateError::Damaged { key, why });
        }
    };
    Ok(match state.polled {
        Some(polled) => StateSays::Of(polled),
        None if state.last_success.is_none() => StateSays::Nothing,
        None => StateSays::OfUnknown(format!("{key} does not say whose alerts were polled")),
    })
}
