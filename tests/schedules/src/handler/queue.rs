//! The jobs queue of all tenants: SQS with its groups, its receive counts, its visibility timeouts and
//! its dead-letter queue.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::SqsBatchResponse;
use drawbridge_cursor::Job;
use drawbridge_lambda::{MessageDeletion, VisibilityControl};
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use drawbridge_store::Store;
use drawbridge_store::testing::MemoryStore;
use tokio::sync::Notify;

use super::message::{Received, Waiting};
use super::tenant::Tenant;
use crate::{Event, Kind, Mutation, Schedule};

/// For how long a FIFO queue drops what has the deduplication id of another message.
const DEDUPLICATED_MS: u64 = 5 * 60 * 1000;
/// How often a job is received until it goes to the dead-letter queue, and for how long the queue itself
/// hides one that was received: where there is an order, as in `infra/jobs.yaml`.
const MAX_TRIES: u64 = 30;
pub(crate) const HIDDEN_SECS: u64 = 90;
/// The longest that SQS hides a message.
const LONGEST_SECS: u64 = 12 * 60 * 60;

/// The jobs queue.
pub(super) struct Sqs {
    tenants: Vec<Arc<Tenant>>,
    inner: Mutex<Vec<Waiting>>,
    sent: Mutex<Sent>,
    changed: Notify,
    /// Where the processes note what they handed back: all have one.
    notes: Arc<MemoryStore>,
}

#[derive(Default)]
struct Sent {
    count: u64,
    /// Deduplication ids, and when they were used.
    used: Vec<(String, u64)>,
}

impl Sqs {
    pub(super) fn new(tenants: &[Arc<Tenant>]) -> Self {
        Self {
            tenants: tenants.to_vec(),
            inner: Mutex::default(),
            sent: Mutex::default(),
            changed: Notify::new(),
            notes: Arc::default(),
        }
    }

    /// The store with the notes of what was handed back.
    pub(super) fn notes(&self) -> Arc<dyn Store> {
        Arc::clone(&self.notes) as _
    }

    /// An invocation is over, whose process died of it or not: what some mutants do to the notes then.
    pub(super) fn change_notes(&self, batch: &[Received], died: bool) {
        match self.schedule().mutation {
            Some(Mutation::NotesLost) => {
                self.notes.take(|_| true);
            }
            Some(Mutation::NotesOfTheDead) if died => {
                for Received { waiting, .. } in batch {
                    let Waiting { id, tries, .. } = waiting;
                    let note = format!(
                        r#"{{"{id}":{{"receives":{tries},"tries":1,"is_suspect":false}}}}"#
                    );
                    let name = self.tenants[waiting.tenant].name();
                    self.notes
                        .insert(&format!("state/{name}.handed-back"), note);
                }
            }
            _ => {}
        }
    }

    fn schedule(&self) -> &Schedule {
        &self.tenants[0].world.schedule
    }

    fn now_ms(&self) -> u64 {
        self.tenants[0].world.elapsed_ms()
    }

    /// A FIFO queue: while messages of a group are in somebody's hands, or hidden, nobody gets another
    /// one of it. Without that, messages come in any order, which is harder on the handler.
    fn is_in_order(&self) -> bool {
        self.schedule().in_order
    }

    fn max_tries(&self) -> u64 {
        if self.is_in_order() { MAX_TRIES } else { 5 }
    }

    /// The group of a tenant's messages.
    fn group(&self, tenant: usize) -> usize {
        match self.schedule().mutation {
            Some(Mutation::OneGroup) => 0,
            _ => tenant,
        }
    }

    /// Puts a tenant's job on the queue, as `dispatch` does.
    pub(super) fn push(&self, tenant: usize) {
        self.push_body(tenant, Job::of(self.tenants[tenant].name()).to_json());
    }

    fn push_body(&self, tenant: usize, body: String) {
        let now = self.now_ms();
        let mut sent = self.sent_ids();
        sent.count += 1;
        self.inner().push(Waiting {
            id: sent.count.to_string(),
            tenant,
            body,
            sent_ms: now,
            from_ms: now,
            first_received_ms: None,
            tries: 0,
        });
        self.changed.notify_one();
    }

    /// Receives so many messages at most whose time has come, in the order in which they were sent.
    pub(super) fn receive(&self, most: usize) -> Vec<Received> {
        let now = self.now_ms();
        let mut inner = self.inner();
        let in_flight = self.in_flight(&inner, now);
        inner.retain(|waiting| !self.is_buried(waiting, &in_flight, now));
        let mut received = Vec::new();
        for waiting in inner.iter_mut() {
            let is_there =
                waiting.from_ms <= now && !in_flight.contains(&self.group(waiting.tenant));
            if is_there && received.len() < most {
                received.push(waiting.receive(now, HIDDEN_SECS * 1000));
            }
        }
        received
    }

    /// The groups of which nobody gets a message now.
    fn in_flight(&self, inner: &[Waiting], now: u64) -> BTreeSet<usize> {
        let hidden = inner.iter().filter(|waiting| waiting.from_ms > now);
        match self.is_in_order() {
            true => hidden.map(|waiting| self.group(waiting.tenant)).collect(),
            false => BTreeSet::new(),
        }
    }

    /// Whether a message would be received once too often, and goes to the dead-letter queue instead.
    fn is_buried(&self, waiting: &Waiting, in_flight: &BTreeSet<usize>, now: u64) -> bool {
        let is_there = waiting.from_ms <= now && !in_flight.contains(&self.group(waiting.tenant));
        let is_buried = is_there && waiting.tries >= self.max_tries();
        if is_buried {
            let tenant = &self.tenants[waiting.tenant];
            tenant.bury();
            tenant
                .world
                .count(|counts| counts.event(Event::DeadLetters, 1));
        }
        is_buried
    }

    /// A tenant's job that is received once more, as if the queue had forgotten that it was.
    pub(super) fn receive_again(&self, tenant: usize) -> Received {
        let now = self.now_ms();
        let mut again = Waiting {
            id: "again".to_owned(),
            tenant,
            body: Job::of(self.tenants[tenant].name()).to_json(),
            sent_ms: now,
            from_ms: now,
            first_received_ms: None,
            tries: 0,
        };
        again.receive(now, 0)
    }

    /// When the time of the next message comes that waits for nothing else.
    pub(super) fn next_ms(&self) -> Option<u64> {
        let inner = self.inner();
        let opens_ms = |waiting: &Waiting| match self.is_in_order() {
            true => self.group_opens_ms(&inner, self.group(waiting.tenant)),
            false => waiting.from_ms,
        };
        inner.iter().map(opens_ms).min()
    }

    fn group_opens_ms(&self, inner: &[Waiting], group: usize) -> u64 {
        let of_group = inner.iter().filter(|w| self.group(w.tenant) == group);
        of_group.map(|waiting| waiting.from_ms).max().unwrap_or(0)
    }

    /// When these messages will be there again, as far as they are not deleted.
    pub(super) fn back_ms(&self, messages: &[Received]) -> Option<u64> {
        let inner = self.inner();
        let is_one = |waiting: &&Waiting| messages.iter().any(|m| m.waiting.id == waiting.id);
        let back = inner.iter().filter(is_one);
        back.map(|waiting| waiting.from_ms).max()
    }

    /// Does what Lambda does with a message after an invocation: deletes it, unless it is listed in the
    /// response or there is none; whether it is gone.
    pub(super) fn settle(&self, message: &Received, response: Option<&SqsBatchResponse>) -> bool {
        let id = &message.waiting.id;
        let failed = response.is_none_or(|response| {
            let mut failures = response.batch_item_failures.iter();
            failures.any(|failure| failure.item_identifier == *id)
        });
        if !failed {
            self.delete_one(&message.waiting.receipt());
        }
        let is_gone = self.inner().iter().all(|waiting| waiting.id != *id);
        if !is_gone {
            let world = &self.tenants[message.waiting.tenant].world;
            world.count(|counts| counts.event(Event::JobsAgain, 1));
        }
        self.changed.notify_one();
        is_gone
    }

    fn delete_one(&self, receipt: &str) {
        let mut inner = self.inner();
        let place = inner.iter().position(|w| w.receipt() == receipt);
        if let Some(gone) = place.map(|place| inner.remove(place)) {
            self.tenants[gone.tenant].acknowledge(gone.sent_ms);
            self.changed.notify_one();
        }
    }

    /// A message that was deleted comes once more at `from_ms`, and what waits comes the other way
    /// round.
    pub(super) fn repeat(&self, message: &Received, from_ms: u64) {
        let mut again = message.waiting.clone();
        // In order, a message that is delivered again is delivered at once.
        again.from_ms = if self.is_in_order() { 0 } else { from_ms };
        let mut inner = self.inner();
        inner.push(again);
        if !self.is_in_order() {
            inner.reverse();
        }
        self.changed.notify_one();
    }

    /// Resolves when something was sent, hidden or deleted.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn inner(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sent_ids(&self) -> MutexGuard<'_, Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers an id; whether it was new to the queue.
    fn remember_id(&self, key: &str) -> bool {
        let now = self.now_ms();
        let used = &mut self.sent_ids().used;
        used.retain(|(_, at)| at + DEDUPLICATED_MS > now);
        let is_new = used.iter().all(|(used, _)| used != key);
        if is_new {
            used.push((key.to_owned(), now));
        }
        is_new
    }
}

#[async_trait]
impl Queue for Sqs {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        for message in messages {
            let mut tenants = self.tenants.iter();
            let Some(tenant) = tenants.position(|tenant| tenant.name() == message.group) else {
                continue;
            };
            let is_lost = self.tenants[tenant].world.strikes(Kind::JobLost).is_some();
            if !is_lost && self.remember_id(&message.key) {
                self.push_body(tenant, message.body.clone());
            }
        }
        Ok(Vec::new())
    }

    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

#[async_trait]
impl VisibilityControl for Sqs {
    async fn hide(&self, messages: &[(String, Duration)]) {
        let now = self.now_ms();
        let for_long = self.schedule().mutation == Some(Mutation::HiddenForLong);
        for (receipt, delay) in messages {
            let secs = if for_long {
                LONGEST_SECS
            } else {
                delay.as_secs()
            };
            let until = now + secs.clamp(1, LONGEST_SECS) * 1000;
            let mut inner = self.inner();
            let mut waiting = inner.iter_mut();
            if let Some(message) = waiting.find(|waiting| waiting.receipt() == *receipt) {
                message.from_ms = until;
            }
        }
        self.changed.notify_one();
    }
}

#[async_trait]
impl MessageDeletion for Sqs {
    async fn delete(&self, receipt_handles: &[String]) {
        if self.schedule().mutation == Some(Mutation::DeletedTogether) {
            return;
        }
        for receipt in receipt_handles {
            self.delete_one(receipt);
        }
    }
}
