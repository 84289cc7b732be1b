//! What a store can do beside reading and writing.

use async_trait::async_trait;

use crate::{Store, StoreError};

/// A store whose keys can be listed and whose objects can be removed.
///
/// Polls do so with the pages of their states only, and go on where they may not.
#[async_trait]
pub trait Catalogue: Store {
    /// The keys that begin with `prefix`, in order. The prefix is empty or ends with a slash.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// The same with the bytes of each object, where a store tells them without a look at each.
    async fn sizes(&self, prefix: &str) -> Result<Vec<(String, Option<u64>)>, StoreError> {
        let keys = self.list(prefix).await?;
        Ok(keys.into_iter().map(|key| (key, None)).collect())
    }

    /// Removes an object; there being none is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
}
