//! Documents that somebody else may write at the same time.

use drawbridge_store::{Catalogue, ETag};

use crate::failure::Failure;

/// Removes the object under `key` if it is still that version; whether it was, or is gone anyway.
///
/// No store can do that in one step: who writes in the moment between is not seen.
pub(super) async fn remove_version(
    store: &dyn Catalogue,
    key: &str,
    version: &ETag,
) -> Result<bool, Failure> {
    let there = store.get(key).await.map_err(Failure::of)?;
    if there.is_some_and(|there| there.etag != *version) {
        return Ok(false);
    }
    store.delete(key).await.map_err(Failure::of)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use drawbridge_store::Store as _;
    use drawbridge_store::testing::FaultyStore;

    use super::*;

    #[tokio::test]
    async fn what_somebody_wrote_meanwhile_stays() {
        let (store, key) = (FaultyStore::default(), "tenants/a.json");
        store.insert(key, "read");
        let read = store.get(key).await.unwrap().unwrap().etag;
        store.insert(key, "written meanwhile");
        assert!(!remove_version(&store, key, &read).await.unwrap());
        let kept = store.get(key).await.unwrap().unwrap();
        assert_eq!(kept.body, "written meanwhile");
        assert!(remove_version(&store, key, &kept.etag).await.unwrap());
        assert!(store.get(key).await.unwrap().is_none());
        assert!(remove_version(&store, key, &read).await.unwrap());
    }
}
