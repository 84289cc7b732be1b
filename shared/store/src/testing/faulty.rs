use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_access::AccessError;

use super::MemoryStore;
use crate::{Catalogue, ETag, Listing, Object, Store, StoreError};

/// What a store does with one write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// It writes.
    Works,
    /// It is not available, and writes nothing.
    Fails,
    /// It writes, and nobody hears of it.
    LosesItsAnswer,
    /// It never answers.
    Hangs,
    /// It says that somebody else is writing, and writes nothing.
    Conflicts,
    /// Somebody else writes this first.
    Overtaken(Bytes),
    /// Somebody else removes the object first.
    Removed,
}

/// A [`MemoryStore`] that notes the calls, and whose writes do what a test says.
#[derive(Default)]
pub struct FaultyStore {
    memory: MemoryStore,
    calls: Mutex<Vec<String>>,
    puts: Mutex<VecDeque<Put>>,
    put_ifs: Mutex<VecDeque<Put>>,
    full: Mutex<bool>,
    /// The beginning of the keys that can be neither read nor listed.
    hidden: Mutex<Option<String>>,
    /// Bytes that were read, and that were written.
    transferred: Mutex<(usize, usize)>,
}

impl Deref for FaultyStore {
    type Target = MemoryStore;

    fn deref(&self) -> &MemoryStore {
        &self.memory
    }
}

impl FaultyStore {
    /// One around these objects.
    pub fn of(memory: MemoryStore) -> Self {
        Self {
            memory,
            ..Self::default()
        }
    }

    /// What the next unconditional writes do after those that a test named before; then they work.
    pub fn then_put(&self, puts: impl IntoIterator<Item = Put>) {
        self.puts.lock().unwrap().extend(puts);
    }

    /// The same for conditional writes.
    pub fn then_put_if(&self, put_ifs: impl IntoIterator<Item = Put>) {
        self.put_ifs.lock().unwrap().extend(put_ifs);
    }

    /// Whether there is no room for another object.
    pub fn set_full(&self, full: bool) {
        *self.full.lock().unwrap() = full;
    }

    /// From now on, nothing below `prefix` can be read or listed.
    pub fn hide(&self, prefix: &str) {
        *self.hidden.lock().unwrap() = Some(prefix.to_owned());
    }

    fn check_shown(&self, key: &str) -> Result<(), StoreError> {
        let hidden = self.hidden.lock().unwrap();
        match hidden
            .as_ref()
            .is_some_and(|prefix| key.starts_with(prefix))
        {
            true => Err(not_available(key)),
            false => Ok(()),
        }
    }

    /// From now on, everything works.
    pub fn heal(&self) {
        *self.hidden.lock().unwrap() = None;
        self.puts.lock().unwrap().clear();
        self.put_ifs.lock().unwrap().clear();
    }

    /// The calls since it was asked last: what was done, and the key.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    /// How many bytes were read, and how many written, since it was asked last.
    pub fn transferred(&self) -> (usize, usize) {
        std::mem::take(&mut self.transferred.lock().unwrap())
    }

    fn note(&self, what: &str, key: &str) {
        self.calls.lock().unwrap().push(format!("{what} {key}"));
    }
}

fn next(script: &Mutex<VecDeque<Put>>) -> Put {
    script.lock().unwrap().pop_front().unwrap_or(Put::Works)
}

fn not_available(key: &str) -> StoreError {
    AccessError::unavailable(key, "SlowDown").into()
}

/// Does one write as the script says.
async fn done(
    key: &str,
    put: Put,
    memory: &MemoryStore,
    write: impl Future<Output = Result<ETag, StoreError>> + Send,
) -> Result<ETag, StoreError> {
    match put {
        Put::Works => write.await,
        Put::Fails => Err(not_available(key)),
        Put::LosesItsAnswer => {
            write.await?;
            Err(not_available(key))
        }
        Put::Hangs => std::future::pending().await,
        Put::Conflicts => Err(StoreError::Conflict {
            place: key.to_owned(),
        }),
        Put::Overtaken(body) => {
            memory.insert(key, body);
            write.await
        }
        Put::Removed => {
            memory.take(|other| other == key);
            write.await
        }
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.note("get", key);
        self.check_shown(key)?;
        let object = self.memory.get(key).await?;
        let bytes = object.as_ref().map_or(0, |object| object.body.len());
        self.transferred.lock().unwrap().0 += bytes;
        Ok(object)
    }

    async fn put(&self, key: &str, body: Bytes, content_type: &str) -> Result<ETag, StoreError> {
        self.note("put", key);
        self.transferred.lock().unwrap().1 += body.len();
        let write = self.memory.put(key, body, content_type);
        done(key, next(&self.puts), &self.memory, write).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        content_type: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        self.note("put_if", key);
        self.transferred.lock().unwrap().1 += body.len();
        self.reserve(key, body.len() as u64).await?;
        let write = self.memory.put_if(key, body, content_type, expected);
        done(key, next(&self.put_ifs), &self.memory, write).await
    }

    async fn reserve(&self, key: &str, _bytes: u64) -> Result<(), StoreError> {
        match *self.full.lock().unwrap() {
            true => Err(AccessError::unavailable(key, "StorageFull").into()),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Catalogue for FaultyStore {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.note("list", prefix);
        self.check_shown(prefix)?;
        self.memory.list(prefix).await
    }

    async fn list_readable(&self, prefix: &str) -> Result<Listing, StoreError> {
        self.note("list", prefix);
        self.check_shown(prefix)?;
        self.memory.list_readable(prefix).await
    }

    async fn list_readable_after(&self, prefix: &str, key: &str) -> Result<Listing, StoreError> {
        let mut listing = self.list_readable(prefix).await?;
        listing.objects.retain(|object| object.key.as_str() > key);
        Ok(listing)
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.note("delete", key);
        self.memory.delete(key).await
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        self.note("delete_if", key);
        self.memory.delete_if(key, expected).await
    }
}
