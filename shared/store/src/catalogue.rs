//! What a store can do beside reading and writing.

use async_trait::async_trait;

use crate::{Store, StoreError};

/// What of a store could be listed.
#[derive(Debug, Default)]
pub struct Listing {
    /// The keys, in order.
    pub keys: Vec<String>,
    /// The folders that cannot be entered, with the reason: what lies below them is not known.
    pub unreadable: Vec<StoreError>,
    /// The symbolic links, by the keys that they have the place of: what is behind them is not read.
    pub links: Vec<(String, StoreError)>,
}

/// A store whose keys can be listed and whose objects can be removed.
///
/// Polls do so with the pages of their states only, and go on where they may not.
#[async_trait]
pub trait Catalogue: Store {
    /// The keys that begin with `prefix`, in order: all of them, or an error. The prefix is empty or
    /// ends with a slash.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// The same where a folder below the prefix that cannot be entered is no reason to leave the
    /// others alone, and with the links that [`list`](Self::list) leaves out. In a bucket there are
    /// none of both.
    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        let keys = self.list(prefix).await?;
        Ok(Listing {
            keys,
            ..Listing::default()
        })
    }

    /// The same with the bytes of each object, where a store tells them without a look at each.
    async fn sizes(&self, prefix: &str) -> Result<Vec<(String, Option<u64>)>, StoreError> {
        let keys = self.list(prefix).await?;
        Ok(keys.into_iter().map(|key| (key, None)).collect())
    }

    /// Removes an object; there being none is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;
}
