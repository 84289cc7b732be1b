use drawbridge_config::PolledAlerts;
use drawbridge_cursor::{Polled, State};
use drawbridge_poll::state_key;
use drawbridge_store::{Store, StoreError};
use jiff::Timestamp;

/// Whose alerts were polled with a state, as far as it says so.
pub(super) enum StateSays {
    /// There is no state, or nothing was polled with it.
    Nothing,
    /// These alerts were polled.
    Of(Polled),
    /// Polls succeeded, but an older release did not record for which alerts.
    OfUnknown(String),
}

impl StateSays {
    /// Whether the state is of these alerts.
    pub(super) fn is_of(&self, alerts: &PolledAlerts) -> bool {
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

/// Why it is not known whose alerts were polled with a state.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    /// The state could not be read this time.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The object is no state.
    #[error("{key}: {why}")]
    Damaged { key: String, why: String },
}

/// Reads whose alerts were polled with the state of that name.
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
