//! The port: what a store must be able to do.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;

use crate::StoreError;

/// The most bytes an object may have, in both directions (256 MiB).
///
/// A state object of 300,000 records is about 10 MB; the cap keeps a wrong key or a foreign object from
/// filling the memory of a function.
pub const MAX_OBJECT_BYTES: usize = 256 * 1024 * 1024;

/// Which version of an object was read or written; opaque, compared for equality only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ETag(String);

impl ETag {
    /// Wraps a tag exactly as the store gave it (S3's keeps its double quotes).
    pub fn new(tag: impl Into<String>) -> Self {
        Self(tag.into())
    }

    /// The tag as the store gave it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object as it was read.
#[derive(Clone)]
pub struct Object {
    /// The whole content.
    pub body: Bytes,
    /// The version that was read, for a later [`Store::put_if`].
    pub etag: ETag,
}

impl fmt::Debug for Object {
    /// Shows the size only: a body may hold alerts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("bytes", &self.body.len())
            .field("etag", &self.etag)
            .finish()
    }
}

/// Objects under keys.
///
/// A key has parts of `[A-Za-z0-9_.=-]` separated by `/`, at most 900 bytes; no part is empty or
/// starts with a dot. Anything else is refused with [`StoreError::BadKey`] by every
/// implementation, so that a key that works on one machine works in the cloud. A single object
/// has at most [`MAX_OBJECT_BYTES`].
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads a whole object, or `None` if the key has none.
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError>;

    /// The same for an object of at most `most` bytes. A longer one is [`StoreError::TooLarge`], and is not
    /// read if its length is known beforehand.
    async fn get_at_most(&self, key: &str, most: usize) -> Result<Option<Object>, StoreError> {
        let object = self.get(key).await?;
        match object.as_ref().map(|object| object.body.len()) {
            Some(bytes) if bytes > most => Err(StoreError::TooLarge {
                place: key.to_owned(),
                bytes: bytes as u64,
                most,
            }),
            _ => Ok(object),
        }
    }

    /// Writes an object whatever was there before. Readers see the old or the new one, never a part.
    async fn put(&self, key: &str, body: Bytes, content_type: &str) -> Result<ETag, StoreError>;

    /// Writes an object on a condition, else answers [`StoreError::Conflict`] and changes nothing.
    ///
    /// `expected` `None`: only if there is no such object. `Some(etag)`: only if the object is
    /// still that version (an object that is gone is a conflict too).
    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError>;

    /// Makes sure that an object of `bytes` bytes can be written under this key, where a store can
    /// be full: what depends on that is done only afterwards.
    async fn reserve(&self, _key: &str, _bytes: u64) -> Result<(), StoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_body() {
        let object = Object {
            body: Bytes::from_static(b"sensitive"),
            etag: ETag::new("\"1\""),
        };
        let shown = format!("{object:?}");
        assert!(!shown.contains("sensitive"), "{shown}");
        assert!(shown.contains("bytes: 9"), "{shown}");
    }
}
