//! What became of a batch's messages so far.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::batch::Received;

/// How long a message that is done may wait for the others: the response deletes it without a call.
const PATIENCE: Duration = Duration::from_secs(2);

/// Which messages are done and which are to come back.
#[derive(Default)]
pub(super) struct Ledger {
    /// The places of those that are to come back.
    pub(super) failed: BTreeSet<usize>,
    /// The receipts of those that are done and not deleted.
    done: Vec<String>,
    /// When those are to be deleted.
    due: Option<Instant>,
    /// Whether any were deleted because others went on.
    is_slow: bool,
}

impl Ledger {
    /// Notes that a message is done with.
    pub(super) fn done(&mut self, received: Received<'_>) {
        if let Some(receipt) = received.receipt() {
            self.done.push(receipt);
            let patience = if self.is_slow {
                Duration::ZERO
            } else {
                PATIENCE
            };
            self.due.get_or_insert(Instant::now() + patience);
        }
    }

    /// Notes that messages are to come back.
    pub(super) fn failed<'m>(&mut self, received: impl IntoIterator<Item = Received<'m>>) {
        let places = received.into_iter().map(|received| received.place);
        self.failed.extend(places);
    }

    /// Waits until messages that are done are to be deleted; for ever, if there are none.
    pub(super) async fn due(&self) {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// The receipts of those that are due. The batch is a slow one: what is done later does not wait.
    pub(super) fn take_due(&mut self) -> Vec<String> {
        self.is_slow = true;
        self.take_done()
    }

    /// The receipts of the messages that are done and not deleted.
    pub(super) fn take_done(&mut self) -> Vec<String> {
        self.due = None;
        std::mem::take(&mut self.done)
    }
}
