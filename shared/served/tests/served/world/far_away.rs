use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_store::testing::FaultyStore;
use drawbridge_store::{Catalogue, ETag, Listing, Object, Store, StoreError};

/// What each listing takes.
type Listings = Box<dyn FnMut() -> Duration + Send>;

/// A store that is asked across a distance. A listing has what there is at its beginning: whatever is
/// written while it takes its time is not in it.
pub(crate) struct FarAway {
    store: Arc<FaultyStore>,
    get_takes: Duration,
    list_takes: Mutex<Listings>,
}

impl FarAway {
    pub(crate) fn new(store: Arc<FaultyStore>) -> Self {
        Self {
            store,
            get_takes: Duration::ZERO,
            list_takes: Mutex::new(Box::new(|| Duration::ZERO)),
        }
    }

    pub(crate) fn get_takes(self, get_takes: Duration) -> Self {
        Self { get_takes, ..self }
    }

    pub(crate) fn list_takes(self, takes: impl FnMut() -> Duration + Send + 'static) -> Self {
        Self {
            list_takes: Mutex::new(Box::new(takes)),
            ..self
        }
    }

    async fn slowly<T>(&self, listed: T) -> T {
        let takes = self.list_takes.lock().unwrap()();
        tokio::time::sleep(takes).await;
        listed
    }
}

#[async_trait]
impl Store for FarAway {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        tokio::time::sleep(self.get_takes).await;
        self.store.get(key).await
    }

    async fn put(&self, key: &str, body: Bytes, kind: &str) -> Result<ETag, StoreError> {
        self.store.put(key, body, kind).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        kind: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        self.store.put_if(key, body, kind, expected).await
    }
}

#[async_trait]
impl Catalogue for FarAway {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.slowly(self.store.list(prefix).await).await
    }

    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        self.slowly(self.store.list_readable(prefix).await).await
    }

    async fn list_readable_after(&self, prefix: &str, key: &str) -> Result<Listing, StoreError> {
        self.slowly(self.store.list_readable_after(prefix, key).await)
            .await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(key).await
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        self.store.delete_if(key, expected).await
    }
}
