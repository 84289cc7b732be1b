//! The store, the queue and the clock of a process; what they hold outlives it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_cursor::{Range, Ranges, State, Window};
use drawbridge_poll::{pages_prefix, state_key};
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use drawbridge_store::testing::MemoryStore;
use drawbridge_store::{AccessError, Catalogue, ETag, Object, Store, StoreError};
use drawbridge_time::Clock;
use jiff::Timestamp;

use super::polls::Current;
use crate::{Event, Kind, Mutation, Step, World, outputs};

/// Objects by key.
pub(super) type Objects = BTreeMap<String, Bytes>;

/// The store and the queue, which all tenants share.
#[derive(Default)]
pub struct Shared {
    /// The objects.
    pub store: MemoryStore,
    taken: Mutex<Vec<Taken>>,
}

impl Shared {
    /// What the queue took, in order.
    pub fn taken(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `body` in place of a tenant's state object.
    pub(super) fn damage(&self, tenant: &str, body: &'static [u8]) {
        self.store.insert(&state_key(tenant), body);
    }

    /// Puts the state there that earlier polls have left.
    pub(super) fn begin_with(&self, tenant: &str, state: &State) {
        let body = state.encode().expect("a state of some alerts");
        self.store.insert(&state_key(tenant), body);
    }

    /// The gaps of a tenant, by their keys.
    pub(super) fn gaps(&self, tenant: &str) -> Vec<(String, Window)> {
        let prefix = format!("quarantine/{tenant}/gaps/");
        let objects = self.store.objects();
        let gaps = objects.iter().filter(|(key, _)| key.starts_with(&prefix));
        let window = |body: &[u8]| {
            let item: serde_json::Value = serde_json::from_slice(body).ok()?;
            serde_json::from_value(item["window"].clone()).ok()
        };
        gaps.filter_map(|(key, body)| Some((key.clone(), window(body)?)))
            .collect()
    }

    /// Takes out what belongs to `tenant`: objects and messages.
    pub(super) fn take(&self, tenant: &str) -> (Objects, Vec<Taken>) {
        let (state, quarantine) = (state_key(tenant), format!("quarantine/{tenant}/"));
        let (backfills, pages) = (format!("backfills/{tenant}/"), pages_prefix(tenant));
        let folders = [quarantine, backfills, pages];
        let is_ours =
            |key: &str| key == state || folders.iter().any(|folder| key.starts_with(folder));
        let objects = self.store.take(is_ours);
        let mut taken = self.taken();
        let taken = taken.extract_if(.., |taken| taken.tenant == tenant);
        (objects, taken.collect())
    }
}

/// What came of a tenant's polls, and what belongs to it in the end.
#[derive(Default)]
pub struct Held {
    /// Its objects.
    pub objects: Objects,
    /// What the queue took of the first output's records, in order.
    pub taken: Vec<Taken>,
    /// What the queues of the others took.
    pub of_others: Vec<Taken>,
    /// The watermarks as they were saved.
    pub watermarks: Vec<Option<Timestamp>>,
    /// Up to when everything was read, as the last poll said that did not fail: an idle one saves that
    /// only once an hour.
    pub read_up_to: Option<Timestamp>,
    /// The largest state object, in bytes, and the most ranges to be read.
    pub largest: (usize, usize),
    /// When each window was put into the quarantine, by the object's key.
    pub gaps: Vec<(String, Timestamp)>,
    /// What put records into the quarantine.
    pub put_aside: Vec<PutAside>,
    /// Pages that a saved state names and that are not stored.
    pub missing_pages: Vec<String>,
    /// The most pages that a saved state names.
    pub most_pages: usize,
}

/// A message that the queue took.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Whose it is, as the message says.
    pub tenant: String,
    /// In which format it is.
    pub format: String,
    /// When.
    pub at: Timestamp,
    /// From which poll.
    pub run: usize,
    /// Whether the queue acknowledged it to the poll.
    pub is_acknowledged: bool,
    /// Whether the poll saved its state after that.
    pub saved: bool,
    /// Its key.
    pub key: String,
    /// Its body.
    pub body: String,
}

/// A record that a poll put into the quarantine.
#[derive(Debug, Clone)]
pub struct PutAside {
    /// The object's key.
    pub object: String,
    /// Which poll.
    pub run: usize,
    /// Whether the poll saved its state after that.
    pub saved: bool,
}

/// The ports of one process.
#[derive(Clone)]
pub(super) struct Ports {
    pub(super) world: Arc<World>,
    pub(super) shared: Arc<Shared>,
    pub(super) held: Arc<Mutex<Held>>,
    pub(super) current: Current,
    /// Which process, counted over all tenants.
    pub(super) process: usize,
    /// With [`Mutation::SaveFirst`]: what was said to be sent and waits for the state.
    pub(super) unsent: Arc<Mutex<Vec<Message>>>,
}

impl Clock for Ports {
    fn now(&self) -> Timestamp {
        self.world.clock_of(self.process)
    }
}

fn store_down(key: &str) -> StoreError {
    AccessError::unavailable(key, "Scripted").into()
}

fn no_space(key: &str) -> StoreError {
    let place = key.to_owned();
    AccessError::NoSpace { place }.into()
}

fn attribute(message: &Message, name: &str) -> String {
    let mut attributes = message.attributes.iter();
    let found = attributes.find(|(other, _)| *other == name);
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

fn queue_down() -> QueueError {
    AccessError::unavailable("queue", "Scripted").into()
}

impl Ports {
    /// Notes that something is to be written.
    fn note_write(&self, key: &str, body: &Bytes) {
        if key.starts_with("state/") {
            let state = State::decode(body).expect("the handler saves a sound state");
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let number = self.current.run().number;
            let mut taken = self.shared.taken();
            let of_this = taken.iter_mut().filter(|taken| taken.run == number);
            of_this.for_each(|taken| taken.saved = true);
            let put_aside = held.put_aside.iter_mut();
            let of_this = put_aside.filter(|put| put.run == number);
            of_this.for_each(|put| put.saved = true);
            held.watermarks.push(state.watermark);
            held.largest.0 = held.largest.0.max(body.len());
            let pages = pages_prefix(key.trim_start_matches("state/").trim_end_matches(".json"));
            let named: Vec<_> = state.pages.ids().map(|id| format!("{pages}{id}")).collect();
            held.most_pages = held.most_pages.max(named.len());
            let mut missing = named;
            missing.retain(|page| self.shared.store.etag(page).is_none());
            held.missing_pages.extend(missing);
            let ranges = state.unread.len() + state.again.len();
            held.largest.1 = held.largest.1.max(ranges);
            self.world.note(|| {
                let shown = |ranges: &Ranges| {
                    let all = ranges.iter().map(|range| {
                        let (window, due) = (range.window, range.due);
                        format!("{:.3}..{:.3} {due:?}", window.from(), window.to())
                    });
                    all.collect::<Vec<_>>()
                };
                let (unread, again) = (shown(&state.unread), shown(&state.again));
                let watermark = state.watermark;
                format!("saved: watermark {watermark:?}, unread {unread:?}, again {again:?}")
            });
        } else {
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            if key.contains("/gaps/") {
                held.gaps.push((key.to_owned(), self.world.now()));
            } else if key.contains("/records/") {
                held.put_aside.push(PutAside {
                    object: key.to_owned(),
                    run: self.current.run().number,
                    saved: false,
                });
            }
            self.world.note(|| format!("quarantined {key}"));
        }
    }

    /// Another poll saves the state first, and has nothing to tell but that it did.
    fn overtake(&self, key: &str) {
        let store = &self.shared.store;
        if store.etag(key).is_none() {
            return;
        }
        let Ok(mut state) = State::decode(&store.bytes(key)) else {
            return;
        };
        state.saved = Some(self.world.now());
        if let Ok(body) = state.encode() {
            store.insert(key, body);
        }
    }

    /// What a poller that is broken on purpose writes in place of `body`.
    fn mutated(&self, key: &str, body: Bytes) -> Bytes {
        let forgets: fn(&mut State) = match self.world.schedule.mutation {
            Some(Mutation::UnreadForgotten) => |state| state.unread = Ranges::default(),
            Some(Mutation::AgainForgotten) => |state| state.again = Ranges::default(),
            Some(Mutation::BackfillForgotten) => |state| state.backfills.clear(),
            Some(Mutation::SecondForgotten) => |state| {
                let backfills = state.backfills.values_mut();
                backfills.for_each(|backfill| backfill.second = Ranges::default());
            },
            Some(Mutation::FirstForgotten) => |state| {
                if state.outputs.is_empty() && state.pages.ids().next().is_none() {
                    (state.watermark, state.unread) = (None, Ranges::default());
                }
            },
            Some(Mutation::SlowForgotten) => |state| state.slow = None,
            Some(Mutation::LastVersionOnly) => State::forget_versions,
            Some(Mutation::BytesAreMeaning) => State::forget_meanings,
            Some(Mutation::KeptForgotten) => |state| state.outputs.clear(),
            Some(Mutation::SmallPagesForGood) => |state| {
                let mut ranges: Vec<Range> = std::mem::take(&mut state.unread).into();
                let dues = ranges.iter_mut().map(|range| &mut range.due);
                dues.for_each(|due| due.whole_pages = false);
                state.unread = ranges.into();
            },
            Some(Mutation::PageForgotten) => |state| {
                let first = state.pages.ids().next();
                first.into_iter().for_each(|page| state.pages.lose(page));
            },
            _ => return body,
        };
        match State::decode(&body) {
            Ok(mut state) if key.starts_with("state/") => {
                forgets(&mut state);
                state.encode().map_or(body, Bytes::from)
            }
            _ => body,
        }
    }

    /// With [`Mutation::PagesRemovedFirst`], removes what the state will name no more once it is saved.
    fn remove_first(&self, key: &str, body: &[u8]) {
        let is_state = key.starts_with("state/");
        if !is_state || self.world.schedule.mutation != Some(Mutation::PagesRemovedFirst) {
            return;
        }
        if let Ok(state) = State::decode(body) {
            let prefix = pages_prefix(&self.world.schedule.tenant);
            let named: Vec<_> = state
                .pages
                .ids()
                .map(|id| format!("{prefix}{id}"))
                .collect();
            let is_gone =
                |key: &str| key.starts_with(&prefix) && !named.iter().any(|page| page == key);
            self.shared.store.take(is_gone);
        }
    }

    fn unsent(&self) -> MutexGuard<'_, Vec<Message>> {
        self.unsent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends what was said to be sent before the state was saved.
    async fn send_late(&self) {
        let messages = std::mem::take(&mut *self.unsent());
        if !messages.is_empty() {
            let run = self.current.run();
            let sent = run.step(Step::Send, async { self.try_send(&messages) });
            let _ = sent.await;
        }
    }

    /// Whether the disk has no room for an object.
    fn disk_is_full(&self) -> bool {
        self.world.strikes(Kind::DiskFull).is_some()
    }

    /// Whether the output of that format takes nothing at the moment.
    fn refuses_all(&self, format: &str) -> bool {
        let refusing = self.world.episode(Kind::ManyOutputs);
        let is_its = refusing.is_some_and(|episode| outputs::is(format, episode.detail));
        is_its && self.world.strikes(Kind::ManyOutputs).is_some()
    }

    async fn try_put(&self, key: &str, body: Bytes) -> Result<ETag, StoreError> {
        if self.world.strikes(Kind::StoreDown).is_some() {
            return Err(store_down(key));
        }
        if self.disk_is_full() {
            return Err(no_space(key));
        }
        let body = self.mutated(key, body);
        self.note_write(key, &body);
        let tag = self.shared.store.put(key, body, "").await?;
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
        let format = messages.first().map(|first| attribute(first, "format"));
        let format = format.unwrap_or_default();
        if self.refuses_all(&format) {
            if world.schedule.mutation == Some(Mutation::RefusedIsSent) {
                return Ok(Vec::new());
            }
            let refused = |index| Refused {
                index,
                code: "Scripted".to_owned(),
                retryable: true,
            };
            return Ok((0..messages.len()).map(refused).collect());
        }
        // A full disk has room for some lines.
        let is_full = self.disk_is_full();
        let ambiguous = is_full || world.strikes(Kind::QueueAmbiguous).is_some();
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
            self.shared.taken().push(Taken {
                tenant: attribute(message, "tenant"),
                format: attribute(message, "format"),
                at: world.now(),
                run: self.current.run().number,
                is_acknowledged: !ambiguous,
                saved: false,
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
        if self.world.strikes(Kind::Stuck).is_some() {
            return std::future::pending().await;
        }
        run.step(Step::ReadState, async {
            let unreadable = self.world.strikes(Kind::StateUnreadable).is_some();
            if unreadable || self.world.strikes(Kind::StoreDown).is_some() {
                return Err(store_down(key));
            }
            // It was damaged before the first poll.
            let _ = self.world.strikes(Kind::StateDamaged);
            self.shared.store.get(key).await
        })
        .await
    }

    async fn put(&self, key: &str, body: Bytes, _: &str) -> Result<ETag, StoreError> {
        let run = self.current.run();
        let step = match key.starts_with("pages/") {
            true => Step::Save,
            false => Step::Quarantine,
        };
        run.step(step, self.try_put(key, body)).await
    }

    async fn reserve(&self, key: &str, _: u64) -> Result<(), StoreError> {
        let full = self.world.episode(Kind::DiskFull);
        let is_known = full.is_some_and(|episode| episode.detail == 1);
        if is_known && self.world.schedule.mutation != Some(Mutation::NotReserved) {
            self.world.strike(Kind::DiskFull);
            return Err(no_space(key));
        }
        Ok(())
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        _: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        let run = self.current.run();
        run.step(Step::Save, async {
            if self.world.strikes(Kind::StoreConflict).is_some() {
                self.overtake(key);
            }
            self.remove_first(key, &body);
            let overwrites = self.world.schedule.mutation == Some(Mutation::OperatorOverwritten)
                && self.current.run().number != usize::MAX;
            if !overwrites && self.shared.store.etag(key).as_ref() != expected {
                self.world.count(|counts| counts.event(Event::Conflicts, 1));
                self.world.note(|| format!("conflict on {key}"));
                let place = key.to_owned();
                return Err(StoreError::Conflict { place });
            }
            self.try_put(key, body).await
        })
        .await?;
        self.send_late().await;
        self.shared.store.etag(key).ok_or_else(|| store_down(key))
    }
}

#[async_trait]
impl Catalogue for Ports {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let run = self.current.run();
        run.step(Step::Save, async {
            match self.world.strikes(Kind::StoreDown) {
                Some(_) => Err(store_down(prefix)),
                None => self.shared.store.list(prefix).await,
            }
        })
        .await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        let run = self.current.run();
        run.step(Step::Save, async {
            match self.world.strikes(Kind::StoreDown) {
                Some(_) => Err(store_down(key)),
                None => self.shared.store.delete(key).await,
            }
        })
        .await
    }

    /// No function does.
    async fn delete_if(&self, key: &str, _expected: &ETag) -> Result<(), StoreError> {
        Err(store_down(key))
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
        run.step(Step::Send, async { self.try_send(messages) })
            .await
    }

    async fn flush(&self) -> Result<(), QueueError> {
        let run = self.current.run();
        run.step(Step::Flush, async {
            match self.world.strikes(Kind::FlushFails) {
                Some(_) => Err(queue_down()),
                None => Ok(()),
            }
        })
        .await
    }
}
