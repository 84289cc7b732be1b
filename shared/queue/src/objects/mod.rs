//! Messages as lines of compressed objects, for readers that S3 notifies of each object.

mod key;
mod writer;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_access::AccessError;
use drawbridge_store::{Store, StoreError};
use tokio::sync::Mutex;

pub use key::{Content, Naming};

use self::writer::{Closed, Open};
use crate::{Message, Queue, QueueError, ReaderBound, Refused, bounds, code, escape};

/// When an object is closed and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectsSettings {
    /// The most bytes an object holds before compression, line ends included: 8 MiB, which every
    /// reader holds in memory as a whole and which is about a megabyte on the wire. Only a record
    /// that is longer by itself makes a larger object.
    pub max_object_bytes: usize,
    /// The most records of an object.
    pub max_object_records: usize,
    /// The longest, in seconds, that an object takes records: it is closed by the next send after
    /// that. A poll that takes hours is read all along.
    pub max_object_age_secs: u64,
}

impl Default for ObjectsSettings {
    /// 8 MiB, 10,000 records, one minute.
    fn default() -> Self {
        Self {
            max_object_bytes: 8 * 1024 * 1024,
            max_object_records: 10_000,
            max_object_age_secs: 60,
        }
    }
}

/// Messages as gzip NDJSON: one body per line, many lines per object, in a [`Store`].
///
/// S3 tells the readers of a new object by its own event notification; nothing here does. Records
/// are compressed as they come, so that memory holds one compressed object whatever is sent. An
/// object is written when it is full or old, and at [`Queue::flush`]: [`Queue::send`] may answer while its
/// records are only in memory.
///
/// An object's name is made of what it holds (see [`Naming`]), and an object that is there is never
/// written over: the same records in the same order make one object and one notification, however
/// often they are sent. Group, key and attributes are not written.
///
/// One instance serves one tenant and one format, and one poll at a time.
pub struct ObjectsQueue {
    store: Arc<dyn Store>,
    naming: Naming,
    settings: ObjectsSettings,
    bounds: Vec<ReaderBound>,
    held: Mutex<Held>,
}

/// What was taken and is not in the store yet.
#[derive(Default)]
struct Held {
    open: Option<Open>,
    /// Full, and on its way or refused by the store at the last try.
    closed: Option<Closed>,
    /// Compressing failed, so that something taken is gone: nothing may be flushed any more.
    is_broken: bool,
}

impl ObjectsQueue {
    /// Writes objects into `store` under the names that `naming` gives them. Their readers are all
    /// of [`crate::READERS`] that read the format.
    pub fn new(store: Arc<dyn Store>, naming: Naming) -> Self {
        Self {
            store,
            bounds: bounds::of_format(&naming.format),
            naming,
            settings: ObjectsSettings::default(),
            held: Mutex::default(),
        }
    }

    /// Changes the settings.
    #[must_use]
    pub fn with_settings(mut self, settings: ObjectsSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Says who reads the objects, by their names in [`crate::READERS`].
    #[must_use]
    pub fn with_readers<S: AsRef<str>>(mut self, names: &[S]) -> Self {
        self.bounds = bounds::of_readers(names);
        self
    }

    /// Whether it has taken records for long enough.
    fn is_old(&self, open: &Open) -> bool {
        open.age() >= Duration::from_secs(self.settings.max_object_age_secs)
    }

    /// Whether another line of `bytes` is for the next object.
    fn is_full(&self, open: &Open, bytes: usize) -> bool {
        open.records() >= self.settings.max_object_records.max(1)
            || open.bytes().saturating_add(bytes) > self.settings.max_object_bytes
    }

    /// Closes the open object and writes it. After an error it is still held, closed.
    async fn write(&self, held: &mut Held) -> Result<(), QueueError> {
        // At most one is closed: what is left of the last try goes first.
        self.write_closed(held).await?;
        if let Some(open) = held.open.take() {
            held.closed = Some(self.compressed(held, open.close())?);
            self.write_closed(held).await?;
        }
        Ok(())
    }

    async fn write_closed(&self, held: &mut Held) -> Result<(), QueueError> {
        if held.is_broken {
            return Err(self.not_compressed());
        }
        let Some(closed) = &held.closed else {
            return Ok(());
        };
        let key = self.naming.key(closed);
        let (body, kind) = (closed.body.clone(), self.naming.content.content_type());
        match self.store.put_if(&key, body, kind, None).await {
            Ok(_) => {}
            Err(StoreError::Conflict { place }) => {
                // The very same records are there, by the name; but S3 also says so while somebody
                // else's write is under way, which may yet fail.
                if self.store.get(&key).await.map_err(not_written)?.is_none() {
                    let code = "written by somebody else at this moment";
                    return Err(not_written(AccessError::unavailable(place, code).into()));
                }
            }
            Err(error) => return Err(not_written(error)),
        }
        held.closed = None;
        Ok(())
    }

    fn compressed<T>(&self, held: &mut Held, result: io::Result<T>) -> Result<T, QueueError> {
        held.is_broken |= result.is_err();
        result.map_err(|_| self.not_compressed())
    }

    fn not_compressed(&self) -> QueueError {
        let error = AccessError::Failed {
            place: self.naming.prefix(),
            code: "gzip".to_owned(),
            fix: "give the function more memory".into(),
        };
        error.into()
    }
}

fn not_written(source: StoreError) -> QueueError {
    QueueError::Object { source }
}

#[async_trait]
impl Queue for ObjectsQueue {
    async fn begin(&self) {
        *self.held.lock().await = Held::default();
    }

    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        let mut held = self.held.lock().await;
        // Nothing more is taken while the store does not take what is there.
        self.write_closed(&mut held).await?;
        if held.open.as_ref().is_some_and(|open| self.is_old(open)) {
            self.write(&mut held).await?;
        }
        let mut refused = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let line = match self.naming.content.line(&message.body) {
                Ok(line) if !line.is_empty() => line,
                unusable => {
                    let code = match unusable {
                        Ok(_) => code::EMPTY,
                        Err(escape::ControlCharacter) => code::INVALID_CONTENTS,
                    };
                    refused.push(Refused {
                        index,
                        code: code.to_owned(),
                        retryable: false,
                    });
                    continue;
                }
            };
            let bytes = line.len() + 1;
            if held
                .open
                .as_ref()
                .is_some_and(|open| self.is_full(open, bytes))
            {
                self.write(&mut held).await?;
            }
            let open = held.open.get_or_insert_with(Open::new);
            let pushed = open.push(&line, message.time);
            self.compressed(&mut held, pushed)?;
        }
        Ok(refused)
    }

    async fn flush(&self) -> Result<(), QueueError> {
        let mut held = self.held.lock().await;
        self.write(&mut held).await
    }

    fn exceeded(&self, message: &Message) -> Vec<ReaderBound> {
        let exceeded = |bound: &&ReaderBound| bound.is_exceeded_by(&message.body);
        self.bounds.iter().filter(exceeded).copied().collect()
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
