//! The state object of a tenant in the store.

use bytes::Bytes;
use drawbridge_cursor::{State, StateError};
use drawbridge_store::{ETag, Object, Store, StoreError};

use crate::{MAX_STATE_BYTES, PollError};

/// How often a save is tried while others write the object.
pub(crate) const MAX_CONFLICTS: u32 = 20;

/// The store key of a tenant's state object.
#[must_use]
pub fn state_key(tenant: &str) -> String {
    format!("state/{tenant}.json")
}

/// What the key of a tenant's note ends with, behind the tenant's name: which of its jobs were handed
/// back to the queue.
pub const HANDED_BACK_ENDING: &str = ".handed-back";

/// The most of a state object that is read to look something up in it: it is small, or an older
/// release's.
pub(crate) const LARGEST_HEAD: usize = 16 << 20;

/// A state without what its outputs have; `None` where there is none, or none that is of use for that:
/// its object may have `most` bytes.
pub(crate) async fn head(
    store: &dyn Store,
    tenant: &str,
    most: usize,
) -> Result<Option<State>, StoreError> {
    match store.get_at_most(&state_key(tenant), most).await {
        // A release that writes pages leaves much less in the object.
        Err(StoreError::TooLarge { .. }) => Ok(None),
        object => Ok(object?.and_then(|object| State::decode_head(&object.body).ok())),
    }
}

/// Reads a state, if there is memory for the object and for what is in it; an empty one where there is
/// none.
pub(crate) async fn read(
    store: &dyn Store,
    key: &str,
    most_bytes: usize,
) -> Result<(State, Option<ETag>), PollError> {
    let wrong = |source| PollError::State {
        key: key.to_owned(),
        source,
    };
    let object = match store.get_at_most(key, most_bytes / 2).await {
        Err(StoreError::TooLarge { bytes, .. }) => {
            return Err(wrong(StateError::TooLarge { bytes, most_bytes }));
        }
        object => object?,
    };
    let Some(Object { body, etag }) = object else {
        return Ok((State::default(), None));
    };
    let state = State::decode_within(&body, most_bytes).map_err(wrong)?;
    Ok((state, Some(etag)))
}

/// Writes a state if the object is still that of `etag`; `None` if it is not.
pub(crate) async fn put(
    store: &dyn Store,
    key: &str,
    state: &State,
    etag: Option<&ETag>,
) -> Result<Option<ETag>, PollError> {
    let body = state.encode().map_err(|source| PollError::State {
        key: key.to_owned(),
        source,
    })?;
    match store
        .put_if(key, Bytes::from(body), "application/json", etag)
        .await
    {
        Ok(etag) => Ok(Some(etag)),
        Err(StoreError::Conflict { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Changes a tenant's state beside its polls, which take the change over.
///
/// # Errors
/// [`PollError`]; [`PollError::Superseded`] when others wrote the state again and again.
pub async fn change_state(
    store: &dyn Store,
    tenant: &str,
    change: impl Fn(&mut State),
) -> Result<(), PollError> {
    change_state_within(store, tenant, MAX_STATE_BYTES, change).await
}

/// The same where the state may take `most_bytes` of memory.
pub(crate) async fn change_state_within(
    store: &dyn Store,
    tenant: &str,
    most_bytes: usize,
    change: impl Fn(&mut State),
) -> Result<(), PollError> {
    let key = state_key(tenant);
    for _ in 0..MAX_CONFLICTS {
        let (mut state, etag) = read(store, &key, most_bytes).await?;
        change(&mut state);
        if put(store, &key, &state, etag.as_ref()).await?.is_some() {
            return Ok(());
        }
    }
    Err(PollError::Superseded)
}
