//! A store that takes its time: a write lands when it likes, also after nobody waits for it any more.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_store::testing::FaultyStore;
use drawbridge_store::{Catalogue, ETag, Object, Store, StoreError};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::random::Random;

pub(crate) struct SlowStore {
    memory: Arc<FaultyStore>,
    random: Mutex<Random>,
    /// The other half of each segment is written so long after the first one.
    halves_after: Option<Duration>,
}

impl SlowStore {
    pub(crate) fn new(memory: Arc<FaultyStore>, seed: u64, halves_after: Option<Duration>) -> Self {
        Self {
            memory,
            random: Mutex::new(Random::new(seed)),
            halves_after,
        }
    }

    fn below(&self, most: u64) -> u64 {
        self.random.lock().unwrap().below(most)
    }
}

/// The first half of a segment's lines.
fn half(body: &Bytes) -> Bytes {
    let mut text = String::new();
    GzDecoder::new(&body[..]).read_to_string(&mut text).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let half = lines[..lines.len().div_ceil(2)].join("\n") + "\n";
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(half.as_bytes()).unwrap();
    encoder.finish().unwrap().into()
}

#[async_trait]
impl Store for SlowStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.memory.get(key).await
    }

    async fn put(&self, key: &str, body: Bytes, kind: &str) -> Result<ETag, StoreError> {
        self.memory.put(key, body, kind).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        kind: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        let (memory, key, kind) = (Arc::clone(&self.memory), key.to_owned(), kind.to_owned());
        let expected = expected.cloned();
        // Most writes are quick, some take longer than their segment has.
        let most = if self.below(4) == 0 { 9_000 } else { 300 };
        let before = Duration::from_millis(self.below(most));
        let after = Duration::from_millis(self.below(300));
        let halves_after = self.halves_after;
        let write = tokio::spawn(async move {
            tokio::time::sleep(before).await;
            let first = match halves_after {
                Some(_) => half(&body),
                None => body.clone(),
            };
            let written = memory.put_if(&key, first, &kind, expected.as_ref()).await;
            if let (Some(later), Ok(_)) = (halves_after, &written) {
                tokio::spawn(async move {
                    tokio::time::sleep(later).await;
                    memory.insert(&key, body);
                });
            }
            tokio::time::sleep(after).await;
            written
        });
        write.await.unwrap()
    }
}

#[async_trait]
impl Catalogue for SlowStore {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.memory.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.memory.delete(key).await
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        self.memory.delete_if(key, expected).await
    }
}
