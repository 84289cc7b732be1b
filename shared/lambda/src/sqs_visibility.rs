use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::ChangeMessageVisibilityBatchRequestEntry;
use futures::StreamExt as _;

use crate::VisibilityControl;

/// The most entries a `ChangeMessageVisibilityBatch` takes.
const MAX_ENTRIES: usize = 10;

/// Such requests at once: a thousand messages are hidden in the time that a function has left.
const AT_ONCE: usize = 10;

/// SQS hides a message for twelve hours at most.
const MAX_SECS: u64 = 12 * 60 * 60;

/// The visibility of the messages of an SQS queue.
pub struct SqsVisibility {
    client: Client,
    queue_url: String,
}

impl SqsVisibility {
    /// The visibility of the messages of the queue at `queue_url`.
    #[must_use]
    pub fn new(client: Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }
}

#[async_trait]
impl VisibilityControl for SqsVisibility {
    async fn hide(&self, messages: &[(String, Duration)]) {
        let batches: Vec<_> = messages
            .chunks(MAX_ENTRIES)
            .map(|batch| self.hide_batch(batch))
            .collect();
        let all_hidden = futures::stream::iter(batches)
            .buffer_unordered(AT_ONCE)
            .fold(true, async |all, is_hidden| all && is_hidden)
            .await;
        if !all_hidden {
            tracing::warn!(
                "not all messages could be hidden: they come back after the queue's own \
                 visibility timeout \
                 (the role needs sqs:ChangeMessageVisibility)"
            );
        }
    }
}

impl SqsVisibility {
    /// Hides at most [`MAX_ENTRIES`] messages; false unless all of them are hidden.
    async fn hide_batch(&self, batch: &[(String, Duration)]) -> bool {
        let entries = batch.iter().enumerate().map(|(n, (receipt, delay))| {
            let secs = delay.as_secs().clamp(1, MAX_SECS);
            ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(n.to_string())
                .receipt_handle(receipt)
                .visibility_timeout(i32::try_from(secs).unwrap_or(i32::MAX))
                .build()
        });
        let Ok(entries) = entries.collect::<Result<Vec<_>, _>>() else {
            return false;
        };
        let answer = self
            .client
            .change_message_visibility_batch()
            .queue_url(&self.queue_url)
            .set_entries(Some(entries))
            .send()
            .await;
        answer.is_ok_and(|answer| answer.failed().is_empty())
    }
}
