//! Sending a batch until each entry is taken or there is no point in going on.

use async_trait::async_trait;
use drawbridge_aws::Kind;
use drawbridge_time::{Backoff, Jitter};

use crate::entry::Entry;
use crate::{QueueError, Refused};

/// One `SendMessageBatch`.
#[async_trait]
pub(crate) trait BatchCall: Send + Sync {
    /// Sends ten entries at most; answers with those that were not taken.
    async fn call(&self, entries: &[&Entry<'_>]) -> Result<Vec<Failed>, QueueError>;
}

/// An entry that a batch's answer reports as failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    /// Into the entries of the call.
    pub(crate) position: usize,
    pub(crate) code: String,
    /// Whether SQS blames the sender: the same entry will fail again.
    pub(crate) sender_fault: bool,
}

impl Failed {
    fn is_retryable(&self) -> bool {
        // Throttling counts as the sender's fault in places; waiting helps all the same.
        !self.sender_fault || Kind::of_code(&self.code) == Some(Kind::Unavailable)
    }
}

/// How often and how patiently failed entries are sent again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// The first try included.
    pub(crate) tries: u32,
    /// The longest pauses between tries.
    pub(crate) pauses: Backoff,
}

/// Sends `batch`; entries that failed in passing are sent again, and only those.
pub(crate) async fn send(
    call: &dyn BatchCall,
    mut batch: Vec<&Entry<'_>>,
    patience: Patience,
) -> Result<Vec<Refused>, QueueError> {
    let mut refused = Vec::new();
    let mut tries = 0;
    let jitter = Jitter::new(None);
    while !batch.is_empty() {
        let mut failed = call.call(&batch).await?;
        tries += 1;
        failed.sort_by_key(|failed| failed.position);
        failed.dedup_by_key(|failed| failed.position);

        let mut again = Vec::new();
        for failed in failed {
            let Some(entry) = batch.get(failed.position) else {
                continue;
            };
            let retryable = failed.is_retryable();
            if retryable && tries < patience.tries {
                again.push(*entry);
            } else {
                refused.push(Refused {
                    index: entry.index,
                    code: failed.code,
                    retryable,
                });
            }
        }
        batch = again;
        if !batch.is_empty() {
            // Anything up to that, so that many senders do not come back at the same time.
            tokio::time::sleep(jitter.up_to(patience.pauses.after(tries))).await;
        }
    }
    Ok(refused)
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
