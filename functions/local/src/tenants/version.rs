//! Documents that somebody else may write at the same time.

use drawbridge_store::{Catalogue, ETag, StoreError};

use crate::failure::Failure;

/// Removes the object under `key` if it is still that version; whether it was, or is gone anyway.
pub(super) async fn remove_version(
    store: &dyn Catalogue,
    key: &str,
    version: &ETag,
) -> Result<bool, Failure> {
    match store.delete_if(key, version).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict { .. }) => Ok(false),
        Err(error) => Err(Failure::of(error)),
    }
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
        store.calls();
        assert!(!remove_version(&store, key, &read).await.unwrap());
        // In one step: between two of them, somebody else may write.
        assert_eq!(store.calls(), ["delete_if tenants/a.json"]);
        let kept = store.get(key).await.unwrap().unwrap();
        assert_eq!(kept.body, "written meanwhile");
        assert!(remove_version(&store, key, &kept.etag).await.unwrap());
        assert!(store.get(key).await.unwrap().is_none());
        assert!(remove_version(&store, key, &read).await.unwrap());
    }
}
