use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsMessage};
use drawbridge_lambda::{VisibilityControl, batch_item_failure, receive_count, sent_at};
use drawbridge_time::{Clock, Deadline};
use jiff::Timestamp;

use super::message::{Bodies, parcel};
use super::metrics::Tally;
use super::moment::retry_time;
use crate::backoff::TRIES_AS_ASKED;
use crate::{Deliverer, Later, Outcome};

/// Delivers the messages of an invocation.
///
/// After the target asked to wait, or was not there, nothing is sent before the time that the
/// messages of that invocation come back at. What comes meanwhile is hidden until then, unsent:
/// the record of just now does not overtake those of the outage, and they are delivered together,
/// the oldest first. This is known to one container only; another one finds out by itself. On a FIFO
/// queue there is no such pause: SQS hands out nothing of a group of which a message waits.
pub struct Handler {
    deliverer: Deliverer,
    visibility: Arc<dyn VisibilityControl>,
    clock: Arc<dyn Clock>,
    bodies: Bodies,
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

    /// Delivers messages, the oldest first, and lists those that are to be delivered again. These
    /// stay hidden for as long as the target asked, and until the moment that all wait for.
    ///
    /// On a FIFO queue, one batch goes after the other, and what comes after a failed message in
    /// its group counts as failed too, so that the group's order holds; it may be delivered twice
    /// for that.
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
            None => self.outcomes(&messages, is_fifo, until).await,
        };
        let now = self.clock.now();
        let mut times = times(&messages, &outcomes, is_paused, now);
        if !is_fifo {
            self.wait_together(&mut times);
        }
        let mut tally = Tally::default();
        let (mut failures, mut hidden) = (Vec::new(), Vec::new());
        let mut failed_groups: HashSet<&str> = HashSet::new();
        let mut told: Option<&str> = None;
        for ((message, outcome), time) in messages.iter().zip(&outcomes).zip(times) {
            let group = fifo_group(message);
            let follows_a_failure = group.is_some_and(|group| failed_groups.contains(group));
            if let Outcome::Later(Later { reason, .. }) = outcome
                && told != Some(reason)
            {
                tracing::warn!(target = self.deliverer.target(), %reason, "not delivered");
                told = Some(reason);
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
        tally.print(self.clock.now());
        failures
    }

    /// Why nothing is sent now, if so.
    fn pause(&self) -> Option<Later> {
        let until = *self.paused_until();
        let later = self.deliverer.waits()?;
        (self.clock.now() < until).then(|| {
            let reason = &later.reason;
            Later::because(format!("{reason}; nothing is sent before {until:.0}"))
        })
    }

    /// If it is the target that they wait for, all messages wait for the last of their times, and
    /// nothing is sent before.
    fn wait_together(&self, times: &mut [Option<Timestamp>]) {
        if self.deliverer.waits().is_some() {
            let mut until = self.paused_until();
            *until = times.iter().flatten().copied().fold(*until, Timestamp::max);
            times.iter_mut().flatten().for_each(|time| *time = *until);
        }
    }

    /// Whether nothing was taken, and the target named no time. It may be down; or it refuses the
    /// oldest records, and would do so for as long as they are there. Then they are delivered once
    /// more behind the youngest: if that one is taken, it is the others that are at fault, and they
    /// hold up nobody.
    fn may_be_the_records(&self, delivered: &[Outcome]) -> bool {
        let waits = self.deliverer.waits();
        let names_no_time = waits.is_some_and(|later| later.after.is_none());
        names_no_time && delivered.len() > 1 && !delivered.iter().any(Outcome::is_taken)
    }

    fn paused_until(&self) -> MutexGuard<'_, Timestamp> {
        self.paused_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn outcomes(
        &self,
        messages: &[SqsMessage],
        in_order: bool,
        until: Deadline,
    ) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; messages.len()];
        let (mut places, mut parcels) = (Vec::new(), Vec::new());
        for (place, message) in messages.iter().enumerate() {
            match parcel(message, &self.bodies) {
                Ok(parcel) => {
                    places.push(place);
                    parcels.push(parcel);
                }
                Err(refused) => {
                    let (record, reason) = *refused;
                    outcomes[place] = Some(self.deliverer.refuse(&record, reason).await);
                }
            }
        }
        let mut delivered = match in_order {
            true => self.deliverer.deliver_in_order(parcels, until).await,
            false => self.deliverer.deliver(parcels, until).await,
        };
        if !in_order && !until.is_over() && self.may_be_the_records(&delivered) {
            places.rotate_right(1);
            let parcels = places
                .iter()
                .filter_map(|&place| parcel(&messages[place], &self.bodies).ok())
                .collect();
            delivered = self.deliverer.deliver(parcels, until).await;
        }
        for (place, outcome) in places.into_iter().zip(delivered) {
            outcomes[place] = Some(outcome);
        }
        let unsaid = || Outcome::Later(Later::because("nothing became of it"));
        outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(unsaid))
            .collect()
    }
}

/// When each message is to be tried again that is not done.
fn times(
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
