use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;

use crate::MessageDeletion;

/// The most entries a `DeleteMessageBatch` takes.
const MAX_ENTRIES: usize = 10;

/// Deletes messages of an SQS queue.
pub struct SqsDeletion {
    client: Client,
    queue_url: String,
}

impl SqsDeletion {
    /// Deletes messages of the queue at `queue_url`.
    #[must_use]
    pub fn new(client: Client, queue_url: String) -> Self {
        Self { client, queue_url }
    }

    /// Deletes at most [`MAX_ENTRIES`] messages; false unless all of them are deleted.
    async fn delete_batch(&self, receipt_handles: &[String]) -> bool {
        let entries = receipt_handles.iter().enumerate().map(|(n, receipt)| {
            DeleteMessageBatchRequestEntry::builder()
                .id(n.to_string())
                .receipt_handle(receipt)
                .build()
        });
        let Ok(entries) = entries.collect::<Result<Vec<_>, _>>() else {
            return false;
        };
        let answer = self
            .client
            .delete_message_batch()
            .queue_url(&self.queue_url)
            .set_entries(Some(entries))
            .send()
            .await;
        answer.is_ok_and(|answer| answer.failed().is_empty())
    }
}

#[async_trait]
impl MessageDeletion for SqsDeletion {
    async fn delete(&self, receipt_handles: &[String]) {
        let mut are_deleted = true;
        for batch in receipt_handles.chunks(MAX_ENTRIES) {
            are_deleted &= self.delete_batch(batch).await;
        }
        if !are_deleted {
            tracing::warn!(
                "not all messages could be deleted: they may be delivered once more \
                 (the role needs sqs:DeleteMessage)"
            );
        }
    }
}
