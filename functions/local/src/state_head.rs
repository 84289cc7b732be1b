use drawbridge_cursor::State;
use drawbridge_poll::state_key;
use jiff::Timestamp;

use crate::data_location::DataLocation;

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

/// How far behind now a tenant was read; `None` before the first poll. A time ahead was noted by a clock
/// that was wrong by so much.
pub(crate) fn lag_secs(state: &State, now: Timestamp) -> Option<i64> {
    let read_up_to = state.read_up_to()?;
    Some(now.duration_since(read_up_to).as_secs().abs())
}
