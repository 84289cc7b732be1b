//! Sending a batch until each entry is taken or there is no point in going on.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_aws::Kind;

use crate::entry::Entry;
use crate::{QueueError, Refused};

/// The longest pause between two tries.
const MAX_PAUSE: Duration = Duration::from_secs(5);

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
    /// The longest pause before the second try; it doubles each time, up to five seconds.
    pub(crate) first_pause: Duration,
}

/// Sends `batch`; entries that failed in passing are sent again, and only those.
pub(crate) async fn send(
    call: &dyn BatchCall,
    mut batch: Vec<&Entry<'_>>,
    patience: Patience,
) -> Result<Vec<Refused>, QueueError> {
    let mut refused = Vec::new();
    let mut tries = 0;
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
            tokio::time::sleep(pause(patience.first_pause, tries)).await;
        }
    }
    Ok(refused)
}

/// Anything up to the doubled pause, so that many senders do not come back at the same time.
fn pause(first: Duration, tries: u32) -> Duration {
    let longest = first
        .saturating_mul(1 << (tries - 1).min(16))
        .min(MAX_PAUSE);
    // Each new state is seeded at random.
    let random = RandomState::new().build_hasher().finish();
    longest.mul_f64(random as f64 / u64::MAX as f64)
}

#[cfg(test)]
#[path = "retry_tests.rs"]
mod tests;
