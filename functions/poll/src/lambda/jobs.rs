use std::time::Duration;

use aws_sdk_sqs::Client;
use drawbridge_cursor::Job;
use drawbridge_queue::{Message, Queue, QueueError, SqsQueue};
use sha2::{Digest, Sha256};

/// SQS hides a message for twelve hours at most.
const LONGEST_DELAY_SECS: u64 = 12 * 60 * 60;

/// The jobs queue, as the function that reads it sees it.
pub(super) struct JobsQueue {
    pub(super) client: Client,
    pub(super) url: String,
    pub(super) queue: SqsQueue,
}

impl JobsQueue {
    /// Puts jobs on the queue; `cause` is the message that they follow from, so that doing it
    /// again puts the same ones.
    pub(super) async fn send(&self, jobs: &[Job], cause: &str) -> Result<(), QueueError> {
        let messages: Vec<Message> = jobs.iter().map(|job| message(job, cause)).collect();
        let refused = self.queue.send(&messages).await?;
        match refused.first() {
            Some(first) => Err(QueueError::Unavailable {
                place: self.url.clone(),
                code: first.code.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Hides a message for `delay`; it comes back by itself.
    pub(super) async fn postpone(&self, receipt: &str, delay: Duration) {
        let secs = delay.as_secs().clamp(1, LONGEST_DELAY_SECS);
        let hidden = self
            .client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(secs).unwrap_or(i32::MAX))
            .send()
            .await;
        if hidden.is_err() {
            tracing::warn!("the job could not be hidden: it comes back after the queue's own time");
        }
    }
}

fn message(job: &Job, cause: &str) -> Message {
    let body = job.to_json();
    let key = Sha256::new()
        .chain_update(cause)
        .chain_update(&body)
        .finalize();
    Message {
        key: hex::encode(key),
        group: job.tenant.clone(),
        time: None,
        body,
        attributes: Vec::new(),
    }
}
