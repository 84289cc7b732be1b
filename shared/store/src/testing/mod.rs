//! Stores for tests: one in memory, one around it that fails as a test says, and a hook around any other.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "only tests use this module; it says what is wrong by failing"
)]

mod faulty;
mod hooked;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use bytes::Bytes;

pub use faulty::{FaultyStore, Put};
pub use hooked::{Call, Hook, Hooked};

use crate::{Catalogue, ETag, Listed, Listing, Object, Store, StoreError, key};

/// A store in memory. It keeps the promises that all stores keep: the conformance suite runs on it,
/// too.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    objects: BTreeMap<String, Stored>,
    /// How often something was written; each object's version is the number of its write.
    writes: u64,
}

struct Stored {
    body: Bytes,
    version: u64,
    content_type: String,
}

impl Stored {
    fn etag(&self) -> ETag {
        ETag::new(self.version.to_string())
    }
}

impl Inner {
    fn write(&mut self, key: &str, body: Bytes, content_type: &str) -> ETag {
        self.writes += 1;
        let stored = Stored {
            body,
            version: self.writes,
            content_type: content_type.to_owned(),
        };
        let etag = stored.etag();
        self.objects.insert(key.to_owned(), stored);
        etag
    }
}

impl MemoryStore {
    /// One that has an empty object under each of these keys.
    pub fn of_keys<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Self {
        let store = Self::default();
        for key in keys {
            store.insert(key.as_ref(), Bytes::new());
        }
        store
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Puts an object there, whatever was there before.
    pub fn insert(&self, key: &str, body: impl Into<Bytes>) {
        self.inner().write(key, body.into(), "");
    }

    /// The keys of all objects, in order.
    pub fn keys(&self) -> Vec<String> {
        self.inner().objects.keys().cloned().collect()
    }

    /// All objects, by their keys.
    pub fn objects(&self) -> BTreeMap<String, Bytes> {
        let inner = self.inner();
        let objects = inner.objects.iter();
        objects
            .map(|(key, stored)| (key.clone(), stored.body.clone()))
            .collect()
    }

    /// An object's content.
    ///
    /// # Panics
    /// When there is no such object.
    pub fn bytes(&self, key: &str) -> Bytes {
        match self.inner().objects.get(key) {
            Some(stored) => stored.body.clone(),
            None => panic!("there is no {key}"),
        }
    }

    /// The text of an object.
    ///
    /// # Panics
    /// When there is no such object, or when it is not UTF-8.
    pub fn body(&self, key: &str) -> String {
        String::from_utf8(self.bytes(key).to_vec()).unwrap()
    }

    /// The content types of all objects, in the order of their keys.
    pub fn content_types(&self) -> Vec<String> {
        let inner = self.inner();
        let objects = inner.objects.values();
        objects.map(|stored| stored.content_type.clone()).collect()
    }

    /// The version of an object, where there is one.
    pub fn etag(&self, key: &str) -> Option<ETag> {
        self.inner().objects.get(key).map(Stored::etag)
    }

    /// Takes out the objects whose keys are wanted.
    pub fn take(&self, is_wanted: impl Fn(&str) -> bool) -> BTreeMap<String, Bytes> {
        let mut inner = self.inner();
        let taken = inner.objects.extract_if(.., |key, _| is_wanted(key));
        taken.map(|(key, stored)| (key, stored.body)).collect()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        key::check(key)?;
        Ok(self.inner().objects.get(key).map(|stored| Object {
            body: stored.body.clone(),
            etag: stored.etag(),
        }))
    }

    async fn put(&self, key: &str, body: Bytes, content_type: &str) -> Result<ETag, StoreError> {
        key::check(key)?;
        Ok(self.inner().write(key, body, content_type))
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        key::check(key)?;
        let mut inner = self.inner();
        let current = inner.objects.get(key).map(Stored::etag);
        if current.as_ref() != expected {
            let place = key.to_owned();
            return Err(StoreError::Conflict { place });
        }
        Ok(inner.write(key, body, content_type))
    }
}

#[async_trait]
impl Catalogue for MemoryStore {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        key::check_prefix(prefix)?;
        let inner = self.inner();
        let keys = inner.objects.keys().filter(|key| key.starts_with(prefix));
        Ok(keys.cloned().collect())
    }

    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        key::check_prefix(prefix)?;
        let inner = self.inner();
        let objects = inner.objects.iter();
        let objects = objects.filter(|(key, _)| key.starts_with(prefix));
        let objects = objects.map(|(key, stored)| Listed {
            key: key.clone(),
            bytes: Some(stored.body.len() as u64),
            etag: Some(stored.etag()),
        });
        Ok(Listing {
            objects: objects.collect(),
            ..Listing::default()
        })
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        key::check(key)?;
        self.inner().objects.remove(key);
        Ok(())
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        key::check(key)?;
        let mut inner = self.inner();
        let current = inner.objects.get(key).map(Stored::etag);
        if current.is_some_and(|current| current != *expected) {
            let place = key.to_owned();
            return Err(StoreError::Conflict { place });
        }
        inner.objects.remove(key);
        Ok(())
    }
}
