//! What a store can do beside reading and writing.

use async_trait::async_trait;

use crate::{ETag, Store, StoreError};

/// An object as a listing tells of it, without a look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its length in bytes, where a listing tells it.
    pub bytes: Option<u64>,
    /// Its version, where a listing tells it: the one that a read would give at that moment.
    pub etag: Option<ETag>,
}

impl Listed {
    /// An object of which only the key is known.
    #[must_use]
    pub fn of_key(key: String) -> Self {
        Self {
            key,
            bytes: None,
            etag: None,
        }
    }
}

/// What of a store could be listed.
#[derive(Debug, Default)]
pub struct Listing {
    /// The objects, in the order of their keys.
    pub objects: Vec<Listed>,
    /// The folders, by the keys that they have the place of. In a bucket there are none.
    pub folders: Vec<String>,
    /// The folders that cannot be entered, with the reason: what lies below them is not known.
    pub unreadable: Vec<StoreError>,
    /// The files that are no objects, for their names are no keys.
    pub others: Vec<String>,
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

    /// The keys that come after `key`, which need not exist itself. A bucket does not list the ones before.
    async fn list_after(&self, prefix: &str, key: &str) -> Result<Vec<String>, StoreError> {
        let mut keys = self.list(prefix).await?;
        let first = keys.partition_point(|listed| listed.as_str() <= key);
        Ok(keys.split_off(first))
    }

    /// The same as [`list`](Self::list) where a folder below the prefix that cannot be entered is no reason to leave the
    /// others alone, and with the links that [`list`](Self::list) leaves out. In a bucket there are
    /// none of both, but of each object the length and the version are told.
    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        let keys = self.list(prefix).await?;
        Ok(Listing {
            objects: keys.into_iter().map(Listed::of_key).collect(),
            ..Listing::default()
        })
    }

    /// The same for the keys after `key`, as in [`list_after`](Self::list_after).
    async fn list_readable_after(&self, prefix: &str, key: &str) -> Result<Listing, StoreError> {
        let keys = self.list_after(prefix, key).await?;
        Ok(Listing {
            objects: keys.into_iter().map(Listed::of_key).collect(),
            ..Listing::default()
        })
    }

    /// Removes an object; there being none is no error.
    async fn delete(&self, key: &str) -> Result<(), StoreError>;

    /// The same if the object is still that version, else answers [`StoreError::Conflict`] and changes
    /// nothing. In one step: what somebody writes meanwhile is not removed.
    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError>;
}
