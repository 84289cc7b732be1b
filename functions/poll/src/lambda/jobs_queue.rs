use std::time::Duration;

use aws_sdk_sqs::Client;
use drawbridge_cursor::Job;
use drawbridge_queue::{Message, Queue, QueueError, SqsQueue};
use jiff::Timestamp;

/// SQS hides a message for twelve hours at most.
const LONGEST_DELAY_SECS: u64 = 12 * 60 * 60;

/// How long a poll with more to read takes at least, as a rule.
const SLOT_SECS: i64 = 15;

/// The jobs queue, as the function that reads it sees it.
pub(super) struct JobsQueue {
    pub(super) client: Client,
    pub(super) url: String,
    pub(super) queue: SqsQueue,
}

impl JobsQueue {
    /// Puts another job of a tenant on the queue. Those of the same quarter of a minute are one, so
    /// that the jobs of a tenant with much to read do not multiply.
    pub(super) async fn send(&self, job: &Job, now: Timestamp) -> Result<(), QueueError> {
        let slot = now.as_second().div_euclid(SLOT_SECS);
        let message = Message {
            key: format!("more-{}-{slot}", job.tenant),
            group: job.tenant.clone(),
            time: None,
            body: job.to_json(),
            attributes: Vec::new(),
        };
        match self.queue.send(&[message]).await?.first() {
            Some(first) => Err(QueueError::Unavailable {
                place: self.url.clone(),
                code: first.code.clone(),
            }),
            None => Ok(()),
        }
    }

    /// Hides a message for `delay`; it comes back by itself.
    pub(super) async fn postpone(&self, receipt: &str, delay: Duration) {
        let secs = delay.as_secs().min(LONGEST_DELAY_SECS);
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
