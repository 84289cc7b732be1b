//! Ports of a process that dies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use drawbridge_store::{Catalogue, ETag, Object, Store, StoreError};

use super::{FaultyQueue, FaultyStore};

/// Lets a process die at one of its steps: what it waits for never comes.
#[derive(Default)]
pub(crate) struct Mortal {
    left: Mutex<Option<usize>>,
    died: Mutex<bool>,
    read_ms: Mutex<u64>,
}

impl Mortal {
    /// Dies at the step of that number from now on, or never.
    pub(crate) fn dies_at(&self, step: Option<usize>) {
        *self.left.lock().unwrap() = step;
    }

    /// Each read of an object takes that long.
    pub(crate) fn reads_take(&self, ms: u64) {
        *self.read_ms.lock().unwrap() = ms;
    }

    /// Whether it has died since this was last asked, which is forgotten now.
    pub(crate) fn take_died(&self) -> bool {
        std::mem::take(&mut *self.died.lock().unwrap())
    }

    /// A step: each is before or after something that others can see.
    pub(crate) async fn step(&self) {
        let dies = {
            let mut left = self.left.lock().unwrap();
            let dies = *left == Some(0);
            *left = left.map(|left| left.saturating_sub(1));
            dies
        };
        if dies {
            *self.died.lock().unwrap() = true;
            std::future::pending::<()>().await;
        }
    }
}

/// A store that takes part in the deaths of a process.
pub(crate) struct MortalStore {
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) mortal: Arc<Mortal>,
}

#[async_trait]
impl Store for MortalStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.mortal.step().await;
        let ms = *self.mortal.read_ms.lock().unwrap();
        tokio::time::sleep(Duration::from_millis(ms)).await;
        self.store.get(key).await
    }

    async fn put(&self, key: &str, body: Bytes, content_type: &str) -> Result<ETag, StoreError> {
        self.mortal.step().await;
        let put = self.store.put(key, body, content_type).await;
        self.mortal.step().await;
        put
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        self.mortal.step().await;
        let put = self.store.put_if(key, body, content_type, expected).await;
        self.mortal.step().await;
        put
    }

    async fn reserve(&self, key: &str, bytes: u64) -> Result<(), StoreError> {
        self.store.reserve(key, bytes).await
    }
}

#[async_trait]
impl Catalogue for MortalStore {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.mortal.step().await;
        self.store.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.mortal.step().await;
        self.store.delete(key).await
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        self.mortal.step().await;
        self.store.delete_if(key, expected).await
    }
}

/// A queue that takes part in the deaths of a process.
pub(crate) struct MortalQueue {
    pub(crate) queue: Arc<FaultyQueue>,
    pub(crate) mortal: Arc<Mortal>,
}

#[async_trait]
impl Queue for MortalQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        self.mortal.step().await;
        let sent = self.queue.send(messages).await;
        self.mortal.step().await;
        sent
    }

    async fn flush(&self) -> Result<(), QueueError> {
        self.queue.flush().await
    }
}
