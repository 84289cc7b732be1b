//! One poll of one process, which may die at any of its I/O steps.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the I/O steps of a poll and lets its process die at one of them.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Which poll it is, counted from the start.
    pub(crate) number: usize,
    steps: AtomicUsize,
    dies_at: Option<(usize, bool)>,
    died: Notify,
}

impl Run {
    /// A poll that dies at step `dies_at.0`, after its work if `dies_at.1`.
    #[must_use]
    pub(crate) fn new(number: usize, dies_at: Option<(usize, bool)>) -> Self {
        Self {
            number,
            dies_at,
            ..Self::default()
        }
    }

    /// Does `io`, unless the process dies before or after it: then this never returns, and the
    /// poll is dropped by whoever waits for [`died`](Self::died).
    pub(crate) async fn step<T>(&self, io: impl Future<Output = T>) -> T {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        if self.dies_at == Some((step, false)) {
            self.die().await;
        }
        let done = io.await;
        if self.dies_at == Some((step, true)) {
            self.die().await;
        }
        done
    }

    /// Resolves when the process dies.
    pub(crate) async fn died(&self) {
        self.died.notified().await;
    }

    async fn die(&self) {
        self.died.notify_one();
        std::future::pending::<()>().await;
    }
}
