//! The jobs queue as one tenant sees it: SQS with its receive counts, its visibility timeouts and its
//! dead-letter queue.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsMessage};
use drawbridge_cursor::Job;
use drawbridge_lambda::{MessageDeletion, VisibilityControl};
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use jiff::Timestamp;

use crate::{Event, Kind, Mutation, World, origin};

/// For how long a FIFO queue drops what has the deduplication id of another message.
const DEDUPLICATED_MS: u64 = 5 * 60 * 1000;
/// The longest that SQS hides a message.
const LONGEST_SECS: u64 = 12 * 60 * 60;

/// One tenant's part of the jobs queue.
pub(super) struct Jobs {
    world: Arc<World>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    waiting: Vec<Waiting>,
    /// Deduplication ids, and when they were used.
    used: Vec<(String, u64)>,
    sent: u64,
    dead_letters: usize,
}

/// A message. It is a job and nothing else: what is to be read is in the state.
#[derive(Clone)]
struct Waiting {
    id: String,
    sent_ms: u64,
    /// From when on it is there to be received.
    from_ms: u64,
    first_received_ms: Option<u64>,
    /// How often it was received.
    tries: u64,
}

impl Jobs {
    pub(super) fn new(world: &Arc<World>) -> Self {
        Self {
            world: Arc::clone(world),
            inner: Mutex::default(),
        }
    }

    /// A FIFO queue: nothing overtakes the first message, hidden or not. Without that, messages come
    /// in any order, which is harder on the handler.
    fn is_in_order(&self) -> bool {
        self.world.schedule.in_order
    }

    /// How often a job is tried until it goes to the dead-letter queue; in order, as in
    /// `infra/jobs.yaml`.
    fn max_tries(&self) -> u64 {
        if self.is_in_order() { 8 } else { 5 }
    }

    /// The queue's own visibility timeout: how long the job of a process that died stays hidden.
    fn hidden_ms(&self) -> u64 {
        if self.is_in_order() { 360_000 } else { 90_000 }
    }

    fn reach(&self, inner: &Inner) -> usize {
        inner
            .waiting
            .len()
            .min(if self.is_in_order() { 1 } else { usize::MAX })
    }

    pub(super) fn dead_letters(&self) -> usize {
        self.inner().dead_letters
    }

    /// The timer's job.
    pub(super) fn push(&self) {
        let now = self.world.elapsed_ms();
        self.inner().push(now);
    }

    /// Receives the next message whose time has come.
    pub(super) fn receive(&self) -> Option<SqsMessage> {
        let now = self.world.elapsed_ms();
        let mut inner = self.inner();
        let reach = self.reach(&inner);
        let mut within = inner.waiting.iter_mut().take(reach);
        let message = within.find(|waiting| waiting.from_ms <= now)?;
        message.tries += 1;
        message.from_ms = now + self.hidden_ms();
        message.first_received_ms.get_or_insert(now);
        Some(message.to_sqs())
    }

    /// What is received once more although it was received, as if the queue had forgotten that.
    pub(super) fn receive_again(&self) -> SqsMessage {
        let now = self.world.elapsed_ms();
        let again = Waiting {
            id: "again".to_owned(),
            sent_ms: now,
            from_ms: now,
            first_received_ms: Some(now),
            tries: 1,
        };
        again.to_sqs()
    }

    /// When the next message's time comes.
    pub(super) fn next_ms(&self) -> Option<u64> {
        let inner = self.inner();
        let within = inner.waiting.iter().take(self.reach(&inner));
        within.map(|waiting| waiting.from_ms).min()
    }

    /// Whether a job that failed holds up those behind it.
    pub(super) fn is_held_up(&self) -> bool {
        let inner = self.inner();
        let first = inner.waiting.first();
        self.is_in_order() && first.is_some_and(|first| first.tries > 0)
    }

    /// Does what Lambda does with a message after an invocation: deletes it, unless it is listed in the
    /// response or there is none; whether it is gone.
    pub(super) fn settle(&self, message: &SqsMessage, response: Option<&SqsBatchResponse>) -> bool {
        let id = message.message_id.as_deref().unwrap_or_default();
        let failed = response.is_none_or(|response| {
            let mut failures = response.batch_item_failures.iter();
            failures.any(|failure| failure.item_identifier == id)
        });
        let mut inner = self.inner();
        let Some(place) = inner.waiting.iter().position(|waiting| waiting.id == id) else {
            return true;
        };
        if !failed {
            inner.waiting.remove(place);
            return true;
        }
        let event = if inner.waiting[place].tries >= self.max_tries() {
            inner.waiting.remove(place);
            inner.dead_letters += 1;
            self.world
                .note(|| "a job went to the dead-letter queue".to_owned());
            Event::DeadLetters
        } else {
            Event::JobsAgain
        };
        self.world.count(|counts| counts.event(event, 1));
        false
    }

    /// A message that was deleted comes once more at `from_ms`, and what waits comes the other way
    /// round.
    pub(super) fn repeat(&self, message: &SqsMessage, from_ms: u64) {
        let mut inner = self.inner();
        let Some(mut again) = Waiting::of_sqs(message) else {
            return;
        };
        // In order, a message that is delivered again is delivered at once.
        again.from_ms = if self.is_in_order() { 0 } else { from_ms };
        inner.waiting.push(again);
        if !self.is_in_order() {
            inner.waiting.reverse();
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn push(&mut self, now_ms: u64) {
        self.sent += 1;
        self.waiting.push(Waiting {
            id: self.sent.to_string(),
            sent_ms: now_ms,
            from_ms: now_ms,
            first_received_ms: None,
            tries: 0,
        });
    }
}

#[async_trait]
impl Queue for Jobs {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        let now = self.world.elapsed_ms();
        for message in messages {
            if self.world.strikes(Kind::JobLost).is_some() {
                continue;
            }
            let mut inner = self.inner();
            inner.used.retain(|(_, at)| at + DEDUPLICATED_MS > now);
            if inner.used.iter().all(|(used, _)| *used != message.key) {
                inner.used.push((message.key.clone(), now));
                inner.push(now);
            }
        }
        Ok(Vec::new())
    }

    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

#[async_trait]
impl VisibilityControl for Jobs {
    async fn hide(&self, messages: &[(String, Duration)]) {
        let now = self.world.elapsed_ms();
        let for_long = self.world.schedule.mutation == Some(Mutation::HiddenForLong);
        for (receipt, delay) in messages {
            let secs = if for_long {
                LONGEST_SECS
            } else {
                delay.as_secs()
            };
            let until = now + secs.clamp(1, LONGEST_SECS) * 1000;
            let mut inner = self.inner();
            let mut waiting = inner.waiting.iter_mut();
            if let Some(message) = waiting.find(|waiting| waiting.id == *receipt) {
                message.from_ms = until;
            }
        }
    }
}

#[async_trait]
impl MessageDeletion for Jobs {
    async fn delete(&self, receipt_handles: &[String]) {
        let mut inner = self.inner();
        inner
            .waiting
            .retain(|waiting| !receipt_handles.contains(&waiting.id));
    }
}

impl Waiting {
    /// The message as Lambda hands it to a function.
    fn to_sqs(&self) -> SqsMessage {
        let mut message = SqsMessage::default();
        message.message_id = Some(self.id.clone());
        message.receipt_handle = Some(self.id.clone());
        let attributes = [
            ("ApproximateReceiveCount", Some(self.tries)),
            ("SentTimestamp", Some(epoch_ms(self.sent_ms))),
            (
                "ApproximateFirstReceiveTimestamp",
                self.first_received_ms.map(epoch_ms),
            ),
        ];
        for (name, number) in attributes {
            let number = number.map(|number| number.to_string());
            message
                .attributes
                .extend(number.map(|n| (name.to_owned(), n)));
        }
        message
    }

    fn of_sqs(message: &SqsMessage) -> Option<Self> {
        let number = |name: &str| message.attributes.get(name)?.parse::<u64>().ok();
        let at = |name: &str| Some(number(name)? - epoch_ms(0));
        Some(Self {
            id: message.message_id.clone()?,
            sent_ms: at("SentTimestamp")?,
            from_ms: 0,
            first_received_ms: at("ApproximateFirstReceiveTimestamp"),
            tries: number("ApproximateReceiveCount")?,
        })
    }
}

/// A message with the job of a tenant in it.
pub(super) fn with_job(mut message: SqsMessage, tenant: &str) -> SqsMessage {
    message.body = Some(Job::of(tenant).to_json());
    message
}

/// The message as a process has it that goes by its own clock and not by the queue's.
pub(super) fn received_at(mut message: SqsMessage, now: Timestamp) -> SqsMessage {
    let name = "ApproximateFirstReceiveTimestamp".to_owned();
    let at = now.as_millisecond().to_string();
    message.attributes.insert(name, at);
    message
}

fn epoch_ms(elapsed_ms: u64) -> u64 {
    origin().as_millisecond().unsigned_abs() + elapsed_ms
}
