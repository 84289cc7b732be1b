//! The store, the queue and the clock of a process; what they hold outlives it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_cursor::State;
use drawbridge_poll::Clock;
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use drawbridge_store::{ETag, Object, Store, StoreError};
use jiff::Timestamp;

use super::process::Current;
use crate::{Kind, Mutation, World};

/// What the store and the queue hold, and what came of each poll.
#[derive(Default)]
pub struct Held {
    inner: Mutex<HeldInner>,
}

/// The insides of [`Held`].
#[derive(Default)]
pub struct HeldInner {
    /// The store's objects with their versions.
    pub objects: BTreeMap<String, (Bytes, u64)>,
    version: u64,
    /// What the queue took, in order.
    pub taken: Vec<Taken>,
    /// The polls whose state was really saved.
    pub saved: BTreeSet<usize>,
    /// The watermarks as they were saved.
    pub watermarks: Vec<Option<Timestamp>>,
    /// The largest state object, in bytes, and the most windows owed.
    pub largest: (usize, usize),
}

/// A message that the queue took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// When.
    pub at: Timestamp,
    /// From which poll.
    pub run: usize,
    /// Whether the poll was told that it was taken.
    pub told: bool,
    /// Its key.
    pub key: String,
    /// Its body.
    pub body: String,
}

impl Held {
    /// Locks it.
    pub fn inner(&self) -> MutexGuard<'_, HeldInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ports of one process.
#[derive(Clone)]
pub(super) struct Ports {
    pub(super) world: Arc<World>,
    pub(super) held: Arc<Held>,
    pub(super) current: Current,
    /// With [`Mutation::SaveFirst`]: what was said to be sent and waits for the state.
    pub(super) unsent: Arc<Mutex<Vec<Message>>>,
}

impl Clock for Ports {
    fn now(&self) -> Timestamp {
        self.world.poller_now()
    }
}

fn store_down(key: &str) -> StoreError {
    StoreError::Unavailable {
        place: key.to_owned(),
        code: "Scripted".to_owned(),
    }
}

fn queue_down() -> QueueError {
    QueueError::Unavailable {
        place: "queue".to_owned(),
        code: "Scripted".to_owned(),
    }
}

impl Ports {
    fn write(&self, key: &str, body: Bytes) -> ETag {
        let mut held = self.held.inner();
        held.version += 1;
        let version = held.version;
        if key.starts_with("state/") {
            let state = State::decode(&body).expect("the handler saves a sound state");
            held.saved.insert(self.current.run().number);
            held.watermarks.push(state.watermark);
            held.largest.0 = held.largest.0.max(body.len());
            held.largest.1 = held.largest.1.max(state.owed.len());
            self.world.note(|| {
                let owed: Vec<String> = state
                    .owed
                    .iter()
                    .map(|o| format!("{:.3}..{:.3}", o.window.from(), o.window.to()))
                    .collect();
                format!("saved: watermark {:?}, owed {owed:?}", state.watermark)
            });
        } else {
            self.world.note(|| format!("put aside {key}"));
        }
        held.objects.insert(key.to_owned(), (body, version));
        ETag::new(version.to_string())
    }

    fn tag(&self, key: &str) -> Option<ETag> {
        let held = self.held.inner();
        let (_, version) = held.objects.get(key)?;
        Some(ETag::new(version.to_string()))
    }

    fn unsent(&self) -> MutexGuard<'_, Vec<Message>> {
        self.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what was said to be sent before the state was saved.
    async fn send_late(&self) {
        let messages = std::mem::take(&mut *self.unsent());
        if !messages.is_empty() {
            let run = self.current.run();
            let _ = run.step(async { self.try_send(&messages) }).await;
        }
    }

    fn try_put(&self, key: &str, body: Bytes) -> Result<ETag, StoreError> {
        if self.world.strikes(Kind::StoreDown).is_some() {
            return Err(store_down(key));
        }
        let tag = self.write(key, body);
        if self.world.strikes(Kind::StoreAmbiguous).is_some() {
            return Err(store_down(key));
        }
        Ok(tag)
    }

    fn try_send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        let world = &self.world;
        if world.strikes(Kind::QueueDown).is_some() {
            return Err(queue_down());
        }
        let ambiguous = world.strikes(Kind::QueueAmbiguous).is_some();
        let part = if ambiguous {
            usize::try_from(world.roll(0, messages.len() as u64)).unwrap_or(0)
        } else {
            messages.len()
        };
        let mut refused = Vec::new();
        for (index, message) in messages[..part].iter().enumerate() {
            let for_good = world.strikes(Kind::QueueRefusesForGood).is_some();
            if for_good || world.strikes(Kind::QueueRefuses).is_some() {
                refused.push(Refused {
                    index,
                    code: "Scripted".to_owned(),
                    retryable: !for_good,
                });
                continue;
            }
            self.held.inner().taken.push(Taken {
                at: world.now(),
                run: self.current.run().number,
                told: !ambiguous,
                key: message.key.clone(),
                body: message.body.clone(),
            });
        }
        let (sent, refusals) = (part, refused.len());
        world.note(|| format!("sent {sent} of {}, {refusals} refused", messages.len()));
        if ambiguous {
            Err(queue_down())
        } else {
            Ok(refused)
        }
    }
}

#[async_trait]
impl Store for Ports {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        let run = self.current.run();
        run.step(async {
            if self.world.strikes(Kind::StoreDown).is_some() {
                return Err(store_down(key));
            }
            let held = self.held.inner();
            Ok(held.objects.get(key).map(|(body, version)| Object {
                body: body.clone(),
                etag: ETag::new(version.to_string()),
            }))
        })
        .await
    }

    async fn put(&self, key: &str, body: Bytes, _: &str) -> Result<ETag, StoreError> {
        let run = self.current.run();
        run.step(async { self.try_put(key, body) }).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        _: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        let run = self.current.run();
        run.step(async {
            let foreign = self.world.strikes(Kind::StoreConflict).is_some();
            if foreign || self.tag(key).as_ref() != expected {
                self.world.note(|| format!("conflict on {key}"));
                let place = key.to_owned();
                return Err(StoreError::Conflict { place });
            }
            self.try_put(key, body)
        })
        .await?;
        self.send_late().await;
        self.tag(key).ok_or_else(|| store_down(key))
    }
}

#[async_trait]
impl Queue for Ports {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        if self.world.schedule.mutation == Some(Mutation::SaveFirst) {
            self.unsent().extend_from_slice(messages);
            return Ok(Vec::new());
        }
        let run = self.current.run();
        run.step(async { self.try_send(messages) }).await
    }

    async fn flush(&self) -> Result<(), QueueError> {
        let run = self.current.run();
        run.step(async {
            match self.world.strikes(Kind::FlushFails) {
                Some(_) => Err(queue_down()),
                None => Ok(()),
            }
        })
        .await
    }
}
