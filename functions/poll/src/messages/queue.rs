use std::sync::Arc;
use std::time::Duration;

use drawbridge_cursor::Job;
use drawbridge_lambda::{MessageDeletion, VisibilityControl};
use drawbridge_queue::{AccessError, Message, Queue, QueueError};
use jiff::Timestamp;

use super::batch::Received;

/// How long a poll with more to read takes at least, as a rule.
const SLOT_SECS: i64 = 15;

/// The jobs queue, as the function that reads it sees it.
pub struct JobsQueue {
    /// Hides messages that are to come back.
    pub visibility: Arc<dyn VisibilityControl>,
    /// Deletes those that are done before the rest of their batch.
    pub deletion: Arc<dyn MessageDeletion>,
    /// Takes jobs.
    pub queue: Arc<dyn Queue>,
    /// Its name, in errors.
    pub place: String,
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
            Some(first) => Err(AccessError::unavailable(&*self.place, &*first.code).into()),
            None => Ok(()),
        }
    }

    /// Hides messages for so long.
    pub(super) async fn hide(&self, messages: &[Received<'_>], delay: Duration) {
        let receipts = messages.iter().filter_map(Received::receipt);
        let hidden: Vec<_> = receipts.map(|receipt| (receipt, delay)).collect();
        if !hidden.is_empty() {
            self.visibility.hide(&hidden).await;
        }
    }
}
