//! The administrator's list, changed.

use bytes::Bytes;
use drawbridge_config::{BINDINGS_KEY, Bindings};
use drawbridge_store::{Catalogue, StoreError};

use crate::failure::Failure;

/// Reads the list.
pub(super) async fn read_bindings(store: &dyn Catalogue) -> Result<Bindings, Failure> {
    Bindings::load(store).await.map_err(Failure::of)
}

/// Changes the list, unless somebody else writes it meanwhile. `change` says whether it has changed
/// anything; if not, nothing is written.
pub(super) async fn change_bindings(
    store: &dyn Catalogue,
    change: impl FnOnce(&mut Bindings) -> bool,
) -> Result<bool, Failure> {
    let (mut bindings, version) = Bindings::load_version(store).await.map_err(Failure::of)?;
    if !change(&mut bindings) {
        return Ok(false);
    }
    let text =
        toml::to_string(&bindings).map_err(|_| Failure::of("the list has no form in TOML"))?;
    let body = Bytes::from(text);
    let written = store.put_if(BINDINGS_KEY, body, "application/toml", version.as_ref());
    match written.await {
        Ok(_) => Ok(true),
        Err(StoreError::Conflict { place }) => Err(Failure::of(format!(
            "somebody else wrote {place} meanwhile; nothing was changed: run this again"
        ))),
        Err(error) => Err(Failure::of(error)),
    }
}
