use drawbridge_cursor::State;
use drawbridge_poll::state_key;

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
