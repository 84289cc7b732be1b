use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use crate::{Catalogue, ETag, Listing, Object, Store, StoreError};

/// A call of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// [`Store::get`]
    Get,
    /// [`Store::get_at_most`], with the most bytes.
    GetAtMost(usize),
    /// [`Store::put`]
    Put,
    /// [`Store::put_if`]
    PutIf,
    /// [`Store::reserve`]
    Reserve,
    /// Any call that lists the keys below a prefix.
    List,
    /// [`Catalogue::delete`] or [`Catalogue::delete_if`]
    Delete,
}

impl Call {
    /// Whether it reads an object.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Get | Self::GetAtMost(_))
    }

    /// Whether it writes an object.
    pub fn is_write(self) -> bool {
        matches!(self, Self::Put | Self::PutIf)
    }
}

/// What happens around each call of a [`Hooked`] store. By default, nothing does.
#[async_trait]
pub trait Hook: Send + Sync {
    /// Runs before a call. An error is the answer in its place.
    async fn before(&self, _call: Call, _key: &str) -> Result<(), StoreError> {
        Ok(())
    }

    /// Runs after a call, before its answer is given.
    async fn after(&self, _call: Call, _key: &str) {}
}

#[async_trait]
impl<H: Hook + ?Sized> Hook for Arc<H> {
    async fn before(&self, call: Call, key: &str) -> Result<(), StoreError> {
        (**self).before(call, key).await
    }

    async fn after(&self, call: Call, key: &str) {
        (**self).after(call, key).await;
    }
}

/// A store with a hook around each call.
pub struct Hooked<S, H> {
    /// The store: a reference to one.
    pub store: S,
    /// The hook.
    pub hook: H,
}

impl<S, H: Hook> Hooked<S, H> {
    async fn around<T>(
        &self,
        call: Call,
        key: &str,
        answer: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError>
    where
        S: Sync,
        T: Send,
    {
        self.hook.before(call, key).await?;
        let answer = answer.await;
        self.hook.after(call, key).await;
        answer
    }
}

#[async_trait]
impl<S, H> Store for Hooked<S, H>
where
    S: Deref<Target: Store> + Send + Sync,
    H: Hook,
{
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.around(Call::Get, key, self.store.get(key)).await
    }

    async fn get_at_most(&self, key: &str, most: usize) -> Result<Option<Object>, StoreError> {
        let answer = self.store.get_at_most(key, most);
        self.around(Call::GetAtMost(most), key, answer).await
    }

    async fn put(&self, key: &str, body: Bytes, content_type: &str) -> Result<ETag, StoreError> {
        let answer = self.store.put(key, body, content_type);
        self.around(Call::Put, key, answer).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        let answer = self.store.put_if(key, body, content_type, expected);
        self.around(Call::PutIf, key, answer).await
    }

    async fn reserve(&self, key: &str, bytes: u64) -> Result<(), StoreError> {
        let answer = self.store.reserve(key, bytes);
        self.around(Call::Reserve, key, answer).await
    }
}

#[async_trait]
impl<S, H> Catalogue for Hooked<S, H>
where
    S: Deref<Target: Catalogue> + Send + Sync,
    H: Hook,
{
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.around(Call::List, prefix, self.store.list(prefix))
            .await
    }

    async fn list_after(&self, prefix: &str, key: &str) -> Result<Vec<String>, StoreError> {
        let answer = self.store.list_after(prefix, key);
        self.around(Call::List, prefix, answer).await
    }

    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        let answer = self.store.list_readable(prefix);
        self.around(Call::List, prefix, answer).await
    }

    async fn list_readable_after(&self, prefix: &str, key: &str) -> Result<Listing, StoreError> {
        let answer = self.store.list_readable_after(prefix, key);
        self.around(Call::List, prefix, answer).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.around(Call::Delete, key, self.store.delete(key)).await
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        let answer = self.store.delete_if(key, expected);
        self.around(Call::Delete, key, answer).await
    }
}
