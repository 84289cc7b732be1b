use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsMessage};
use drawbridge_graph::Deadline;

use super::message::parcel;
use super::metrics::Tally;
use super::visibility::Hide;
use crate::{Clock, Deliverer, Later, Outcome, retry_delay};

/// Delivers the messages of an invocation.
pub struct Handler {
    /// Delivers records.
    pub deliverer: Deliverer,
    /// Hides what is to be delivered again.
    pub hide: Arc<dyn Hide>,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// The bucket that pointers may name.
    pub bucket: String,
}

impl Handler {
    /// Delivers messages, the oldest first, and lists those that are to be delivered again. These
    /// stay hidden for as long as the target asked, or longer with each try.
    ///
    /// On a FIFO queue, what comes after a failed message in its group counts as failed too, so
    /// that the group's order holds; it may be delivered twice for that.
    pub async fn handle(
        &self,
        mut messages: Vec<SqsMessage>,
        until: Deadline,
    ) -> Vec<BatchItemFailure> {
        messages.sort_by_key(|message| number(message, "SentTimestamp").unwrap_or(0));
        let outcomes = self.outcomes(&messages, until).await;
        let mut tally = Tally::default();
        let (mut failures, mut hidden) = (Vec::new(), Vec::new());
        let mut failed_groups: HashSet<&str> = HashSet::new();
        let mut told: Option<&str> = None;
        for (message, outcome) in messages.iter().zip(&outcomes) {
            let group = fifo_group(message);
            let follows_a_failure = group.is_some_and(|group| failed_groups.contains(group));
            let delay = match outcome {
                Outcome::Later(Later { after, reason }) => {
                    if told != Some(reason) {
                        tracing::warn!(target = self.deliverer.target(), %reason, "not delivered");
                        told = Some(reason);
                    }
                    Some(retry_delay(*after, tries(message)))
                }
                _ if follows_a_failure => Some(Duration::from_secs(1)),
                _ => None,
            };
            tally.count(message, outcome, delay.is_some(), self.clock.now());
            let Some(delay) = delay else {
                continue;
            };
            failed_groups.extend(group);
            if let Some(receipt) = &message.receipt_handle {
                hidden.push((receipt.clone(), delay));
            }
            failures.push(failure(message));
        }
        if !hidden.is_empty() {
            self.hide.hide(&hidden).await;
        }
        tally.print(self.clock.now());
        failures
    }

    async fn outcomes(&self, messages: &[SqsMessage], until: Deadline) -> Vec<Outcome> {
        let mut outcomes: Vec<Option<Outcome>> = vec![None; messages.len()];
        let (mut places, mut parcels) = (Vec::new(), Vec::new());
        for (place, message) in messages.iter().enumerate() {
            match parcel(message, &self.bucket) {
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
        let delivered = self.deliverer.deliver(parcels, until).await;
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

/// A number that SQS says of a message.
pub(super) fn number(message: &SqsMessage, attribute: &str) -> Option<i64> {
    message.attributes.get(attribute)?.parse().ok()
}

/// How often the message was received, this time included.
fn tries(message: &SqsMessage) -> u32 {
    let tries = number(message, "ApproximateReceiveCount").unwrap_or(1);
    u32::try_from(tries).unwrap_or(1)
}

fn fifo_group(message: &SqsMessage) -> Option<&str> {
    let queue = message.event_source_arn.as_deref()?;
    let is_fifo = queue.ends_with(".fifo");
    let group = message.attributes.get("MessageGroupId").filter(|_| is_fifo);
    group.map(String::as_str)
}

fn failure(message: &SqsMessage) -> BatchItemFailure {
    let mut failure = BatchItemFailure::default();
    failure.item_identifier = message.message_id.clone().unwrap_or_default();
    failure
}
