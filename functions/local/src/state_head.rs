use drawbridge_cursor::State;
use drawbridge_poll::state_key;
use jiff::{SignedDuration, Timestamp};

use crate::data_location::DataLocation;
use crate::failure::Failure;

/// States that are read at once; each may be megabytes.
pub(crate) const STATES_AT_ONCE: usize = 8;

/// For how long the state of a tenant that is polled may lie unsaved; an idle poll saves it every 65
/// minutes.
const POLLED_WITHIN: SignedDuration = SignedDuration::from_mins(75);

/// What a tenant's state knows but for the records that its outputs have; none where there is no state,
/// or why it cannot be read.
pub(crate) async fn state_head(
    place: &DataLocation,
    tenant: &str,
) -> Result<Option<State>, String> {
    let key = state_key(tenant);
    let object = place.store.get(&key).await;
    let object = object.map_err(|error| error.to_string())?;
    let head = object.map(|object| State::decode_head(&object.body));
    head.transpose().map_err(|error| format!("{key}: {error}"))
}

/// Reads from the state whether a tenant was polled within the last 75 minutes. If its polls go on, it was.
pub(crate) async fn read_whether_polled_lately(
    name: &str,
    place: &DataLocation,
) -> Result<bool, Failure> {
    let object = place.store.get(&state_key(name)).await;
    let object = object.map_err(Failure::of)?;
    let state = object.and_then(|object| State::decode_head(&object.body).ok());
    let saved = state.and_then(|state| state.saved.max(state.last_success));
    Ok(saved.is_some_and(|saved| Timestamp::now().duration_since(saved) < POLLED_WITHIN))
}

/// How far behind now a tenant was read; `None` before the first poll. A time ahead was noted by a clock
/// that was wrong by so much.
pub(crate) fn lag_secs(state: &State, now: Timestamp) -> Option<i64> {
    let read_up_to = state.read_up_to()?;
    Some(now.duration_since(read_up_to).as_secs().abs())
}
