use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_poll::Clock;
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use drawbridge_store::{ETag, Object, Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock that a test sets.
pub(crate) struct SetClock(Mutex<Timestamp>, Mutex<Option<Instant>>);

impl SetClock {
    pub(crate) fn at(time: &str) -> Self {
        Self(Mutex::new(time.parse().unwrap()), Mutex::new(None))
    }

    /// From now on it goes with the runtime's clock.
    pub(crate) fn run(&self) {
        *self.1.lock().unwrap() = Some(Instant::now());
    }

    pub(crate) fn advance_secs(&self, secs: i64) {
        *self.0.lock().unwrap() += SignedDuration::from_secs(secs);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        let ran = self.1.lock().unwrap().map(|since| since.elapsed());
        *self.0.lock().unwrap() + ran.unwrap_or_default()
    }
}

/// Lets a process die at one of its steps: what it waits for never comes.
#[derive(Default)]
pub(crate) struct Mortal {
    left: Mutex<Option<usize>>,
    died: Mutex<bool>,
}

impl Mortal {
    /// Dies at the step of that number from now on, or never.
    pub(crate) fn dies_at(&self, step: Option<usize>) {
        *self.left.lock().unwrap() = step;
    }

    /// Whether it has died since this was last asked.
    pub(crate) fn has_died(&self) -> bool {
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

/// A store in memory that counts and can be made to refuse.
#[derive(Default)]
pub(crate) struct MemoryStore {
    objects: Mutex<BTreeMap<String, (Bytes, u64)>>,
    version: Mutex<u64>,
    pub(crate) calls: Mutex<Vec<String>>,
    /// Runs before the next conditional put, as another process would.
    pub(crate) meanwhile: Mutex<Option<Bytes>>,
    pub(crate) fail_puts: Mutex<u32>,
    /// What the next conditional puts do; then they work.
    pub(crate) put_ifs: Mutex<VecDeque<PutIf>>,
    mortal: Arc<Mortal>,
}

impl MemoryStore {
    /// One that takes part in the deaths of a process.
    pub(crate) fn of(mortal: &Arc<Mortal>) -> Self {
        Self {
            mortal: Arc::clone(mortal),
            ..Self::default()
        }
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.objects.lock().unwrap().keys().cloned().collect()
    }

    pub(crate) fn body(&self, key: &str) -> String {
        String::from_utf8(self.objects.lock().unwrap()[key].0.to_vec()).unwrap()
    }

    pub(crate) fn bytes(&self, key: &str) -> Bytes {
        self.objects.lock().unwrap()[key].0.clone()
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn write(&self, key: &str, body: Bytes) -> ETag {
        let mut version = self.version.lock().unwrap();
        *version += 1;
        self.objects
            .lock()
            .unwrap()
            .insert(key.to_owned(), (body, *version));
        ETag::new(version.to_string())
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        self.calls.lock().unwrap().push(format!("get {key}"));
        self.mortal.step().await;
        let objects = self.objects.lock().unwrap();
        Ok(objects.get(key).map(|(body, version)| Object {
            body: body.clone(),
            etag: ETag::new(version.to_string()),
        }))
    }

    async fn put(&self, key: &str, body: Bytes, _: &str) -> Result<ETag, StoreError> {
        self.calls.lock().unwrap().push(format!("put {key}"));
        {
            let mut fail = self.fail_puts.lock().unwrap();
            if *fail > 0 {
                *fail -= 1;
                return Err(slow_down(key));
            }
        }
        Ok(self.write(key, body))
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        _: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        self.calls.lock().unwrap().push(format!("put_if {key}"));
        self.mortal.step().await;
        let scripted = self.put_ifs.lock().unwrap().pop_front();
        match scripted {
            Some(PutIf::Fails) => return Err(slow_down(key)),
            Some(PutIf::Hangs) => std::future::pending::<()>().await,
            Some(PutIf::Works | PutIf::LosesItsAnswer) | None => {}
        }
        if let Some(body) = self.meanwhile.lock().unwrap().take() {
            self.write(key, body);
        }
        let current = self
            .objects
            .lock()
            .unwrap()
            .get(key)
            .map(|(_, version)| ETag::new(version.to_string()));
        if current.as_ref() != expected {
            return Err(StoreError::Conflict {
                place: key.to_owned(),
            });
        }
        let etag = self.write(key, body);
        self.mortal.step().await;
        if scripted == Some(PutIf::LosesItsAnswer) {
            return Err(slow_down(key));
        }
        Ok(etag)
    }
}

/// What a store does with one conditional put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutIf {
    Works,
    Fails,
    /// Writes, and nobody hears of it.
    LosesItsAnswer,
    /// Never answers.
    Hangs,
}

fn slow_down(key: &str) -> StoreError {
    StoreError::Unavailable {
        place: key.to_owned(),
        code: "SlowDown".into(),
    }
}

/// A queue in memory that can be made to refuse.
#[derive(Default)]
pub(crate) struct MemoryQueue {
    taken: Mutex<Vec<Message>>,
    /// What the next sends do: refuse the entries at these places, or fail as a whole.
    pub(crate) script: Mutex<VecDeque<Send>>,
    pub(crate) sends: Mutex<usize>,
    secs: Mutex<u64>,
    mortal: Arc<Mortal>,
}

/// What a queue does with one send.
pub(crate) enum Send {
    /// Takes all but these, which may be sent again.
    Refuse(Vec<usize>),
    /// Takes all but these, which it will never take.
    RefuseForGood(Vec<usize>),
    /// Takes none that is over SQS's limit.
    RefuseTooLong,
    /// Takes nothing.
    Fail,
}

impl MemoryQueue {
    /// One that takes part in the deaths of a process.
    pub(crate) fn of(mortal: &Arc<Mortal>) -> Self {
        Self {
            mortal: Arc::clone(mortal),
            ..Self::default()
        }
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.taken
            .lock()
            .unwrap()
            .iter()
            .map(|message| message.body.clone())
            .collect()
    }

    pub(crate) fn messages(&self) -> Vec<Message> {
        self.taken.lock().unwrap().clone()
    }

    /// Every send takes that long.
    pub(crate) fn takes_secs(&self, secs: u64) {
        *self.secs.lock().unwrap() = secs;
    }

    pub(crate) fn then(&self, send: Send) {
        self.script.lock().unwrap().push_back(send);
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        *self.sends.lock().unwrap() += 1;
        self.mortal.step().await;
        let secs = *self.secs.lock().unwrap();
        tokio::time::sleep(Duration::from_secs(secs)).await;
        let (indices, code, retryable) = match self.script.lock().unwrap().pop_front() {
            None => (Vec::new(), "", true),
            Some(Send::Refuse(indices)) => (indices, "Scripted", true),
            Some(Send::RefuseForGood(indices)) => (indices, "Scripted", false),
            Some(Send::RefuseTooLong) => {
                let is_over = |n: &usize| messages[*n].body.len() > 1 << 20;
                let over = (0..messages.len()).filter(is_over).collect();
                (over, "MessageTooLong", false)
            }
            Some(Send::Fail) => {
                return Err(QueueError::Unavailable {
                    place: "test".into(),
                    code: "Down".into(),
                });
            }
        };
        let kept = messages.iter().enumerate();
        let kept = kept.filter(|(n, _)| !indices.contains(n));
        let kept: Vec<Message> = kept.map(|(_, message)| message.clone()).collect();
        self.taken.lock().unwrap().extend(kept);
        self.mortal.step().await;
        let sent = indices.into_iter().filter(|index| *index < messages.len());
        Ok(sent
            .map(|index| Refused {
                index,
                code: code.into(),
                retryable,
            })
            .collect())
    }

    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }
}
