use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsMessage};
use drawbridge_lambda::{VisibilityControl, batch_item_failure, receive_count, sent_at};
use drawbridge_time::{Clock, Deadline};
use jiff::Timestamp;

use super::message::{Bodies, stored_record};
use super::metrics::Tally;
use super::retry_time::retry_time;
use crate::backoff::TRIES_AS_ASKED;
use crate::undecided::Undecided;
use crate::{Deliverer, Later, Outcome};

/// Delivers the messages of an invocation.
///
/// If the target asked to wait, or could not be reached, nothing is sent until the messages of that
/// invocation become visible again. Messages that arrive in the meantime are hidden until then without
/// being sent, so that new records do not overtake those of the outage: all are delivered together, the
/// oldest first. Each container keeps this for itself. A FIFO queue needs no such pause, since SQS holds
/// back a group while one of its messages is hidden.
pub struct Handler {
    deliverer: Deliverer,
    visibility: Arc<dyn VisibilityControl>,
    clock: Arc<dyn Clock>,
    bodies: Bodies,
    /// Whether each tenant has metrics of its own.
    by_tenant: bool,
    /// Nothing is sent before.
    paused_until: Mutex<Timestamp>,
}

impl Handler {
    /// Delivers through `deliverer`, and hides what is to be delivered again through `visibility`. Pointers
    /// may name `bucket` alone.
    #[must_use]
    pub fn new(
        deliverer: Deliverer,
        visibility: Arc<dyn VisibilityControl>,
        clock: Arc<dyn Clock>,
        bucket: String,
    ) -> Self {
        Self {
            deliverer,
            visibility,
            clock,
            bodies: Bodies::of_bucket(bucket),
            by_tenant: false,
            paused_until: Mutex::new(Timestamp::MIN),
        }
    }

    /// Follows no pointer to another output's bodies.
    #[must_use]
    pub fn of_output(self, output: &str) -> Self {
        Self {
            bodies: self.bodies.of_output(output),
            ..self
        }
    }

    /// Tells CloudWatch of each tenant, or of all together alone.
    #[must_use]
    pub fn by_tenant(self, by_tenant: bool) -> Self {
        Self { by_tenant, ..self }
    }

    /// Delivers messages, the oldest first, and lists those that are to be delivered again. These
    /// stay hidden for as long as the target asked, and until the next retry slot.
    ///
    /// On a FIFO queue, one batch goes after the other, and what comes after a failed message in
    /// its group counts as failed too, so that the group's order holds. Such a message may be
    /// delivered twice.
    pub async fn handle(
        &self,
        mut messages: Vec<SqsMessage>,
        until: Deadline,
    ) -> Vec<BatchItemFailure> {
        let is_fifo = messages.iter().any(|message| fifo_group(message).is_some());
        // A FIFO queue has its own order.
        if !is_fifo {
            messages.sort_by_key(sent_at);
        }
        let pause = self.pause().filter(|_| !is_fifo);
        let is_paused = pause.is_some();
        let outcomes = match pause {
            Some(later) => vec![Outcome::Later(later); messages.len()],
            None => self.deliver(&messages, is_fifo, until).await,
        };
        let now = self.clock.now();
        let mut times = retry_times(&messages, &outcomes, is_paused, now);
        if !is_fifo {
            self.align_retries(&mut times);
        }
        let mut tally = Tally::default();
        let (mut failures, mut hidden) = (Vec::new(), Vec::new());
        let mut failed_groups: HashSet<&str> = HashSet::new();
        let mut logged: Option<&str> = None;
        for ((message, outcome), time) in messages.iter().zip(&outcomes).zip(times) {
            let group = fifo_group(message);
            let follows_a_failure = group.is_some_and(|group| failed_groups.contains(group));
            if let Outcome::Later(Later { reason, .. }) = outcome
                && logged != Some(reason)
            {
                tracing::warn!(target = self.deliverer.target(), %reason, "not delivered");
                logged = Some(reason);
            }
            let delay = match time {
                Some(time) => Some(whole_secs(now, time)),
                None if follows_a_failure => Some(Duration::from_secs(1)),
                None => None,
            };
            tally.count(message, outcome, delay.is_some(), now);
            let Some(delay) = delay else {
                continue;
            };
            failed_groups.extend(group);
            if let Some(receipt) = &message.receipt_handle {
                hidden.push((receipt.clone(), delay));
            }
            failures.push(batch_item_failure(message));
        }
        if !hidden.is_empty() {
            self.visibility.hide(&hidden).await;
        }
        tally.print(self.by_tenant, self.clock.now());
        failures
    }

    /// Why nothing is to be sent now; `None` if sending is allowed.
    fn pause(&self) -> Option<Later> {
        let until = *self.paused_until();
        let later = self.deliverer.unavailable()?;
        (self.clock.now() < until).then(|| {
            let reason = &later.reason;
            Later::because(format!("{reason}; nothing is sent before {until:.0}"))
        })
    }

    /// If the target is unavailable, all messages wait for the last of their times, and nothing is
    /// sent before that.
    fn align_retries(&self, times: &mut [Option<Timestamp>]) {
        if self.deliverer.unavailable().is_some() {
            let mut until = self.paused_until();
            *until = times.iter().flatten().copied().fold(*until, Timestamp::max);
            times.iter_mut().flatten().for_each(|time| *time = *until);
        }
    }

    /// Whether nothing was taken, and the target named no time. It may be down, or it refuses the
    /// oldest records, and would do so for as long as they are there. Then they are delivered once
    /// more behind the youngest: if that one is taken, it is the others that are at fault, and they
    /// hold up nobody.
    fn records_may_be_at_fault(&self, delivered: &[Outcome]) -> bool {
        let waits = self.deliverer.unavailable();
        let names_no_time = waits.is_some_and(|later| later.after.is_none());
        names_no_time && delivered.len() > 1 && !delivered.iter().any(Outcome::is_taken)
    }

    fn paused_until(&self) -> MutexGuard<'_, Timestamp> {
        self.paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn deliver(
        &self,
        messages: &[SqsMessage],
        in_order: bool,
        until: Deadline,
    ) -> Vec<Outcome> {
        let mut batch = Undecided::new();
        for message in messages {
            batch.push(match stored_record(message, &self.bodies) {
                Ok(stored) => Ok(stored),
                Err(refused) => Err(self.deliverer.refuse(&refused.0, refused.1).await),
            });
        }
        let records = std::mem::take(&mut batch.records);
        if in_order {
            let delivered = self.deliverer.deliver_in_order(records, until).await;
            return batch.into_outcomes(delivered);
        }
        let mut delivered = self.deliverer.deliver(records, until).await;
        if !until.is_over() && self.records_may_be_at_fault(&delivered) {
            batch.positions.rotate_right(1);
            let positions = batch.positions.iter();
            let records = positions
                .filter_map(|&position| stored_record(&messages[position], &self.bodies).ok())
                .collect();
            delivered = self.deliverer.deliver(records, until).await;
        }
        batch.into_outcomes(delivered)
    }
}

/// When each message that is not done is to be tried again.
fn retry_times(
    messages: &[SqsMessage],
    outcomes: &[Outcome],
    is_paused: bool,
    now: Timestamp,
) -> Vec<Option<Timestamp>> {
    let time = |(message, outcome): (&SqsMessage, &Outcome)| match outcome {
        // It was not tried, and what has come just now does not make the pause longer.
        Outcome::Later(_) if is_paused && receive_count(message) <= TRIES_AS_ASKED => Some(now),
        Outcome::Later(later) => {
            let sent = sent_at(message).unwrap_or(now);
            Some(retry_time(later.after, receive_count(message), sent, now))
        }
        _ => None,
    };
    messages.iter().zip(outcomes).map(time).collect()
}

/// How long it is from `now` until `time`, rounded up: a message must not come back before.
fn whole_secs(now: Timestamp, time: Timestamp) -> Duration {
    let wait = Duration::try_from(time.duration_since(now)).unwrap_or_default();
    let begun = u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs((wait.as_secs() + begun).max(1))
}

fn fifo_group(message: &SqsMessage) -> Option<&str> {
    let queue = message.event_source_arn.as_deref()?;
    let is_fifo = queue.ends_with(".fifo");
    let group = message.attributes.get("MessageGroupId").filter(|_| is_fifo);
    group.map(String::as_str)
}
