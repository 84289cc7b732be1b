//! One poll of one process, which may die at any of its I/O steps.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

/// What a process does to the world outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Reads the state.
    ReadState,
    /// Asks Graph for a page.
    AskGraph,
    /// Puts something into the quarantine.
    Quarantine,
    /// Sends records.
    Send,
    /// Makes them durable.
    Flush,
    /// Saves the state.
    Save,
}

impl Step {
    /// Every step, in the order of a poll.
    pub const ALL: [Self; 6] = [
        Self::ReadState,
        Self::AskGraph,
        Self::Quarantine,
        Self::Send,
        Self::Flush,
        Self::Save,
    ];

    /// In words.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadState => "reads the state",
            Self::AskGraph => "asks Graph for a page",
            Self::Quarantine => "puts something aside",
            Self::Send => "sends records",
            Self::Flush => "makes them durable",
            Self::Save => "saves the state",
        }
    }
}

/// Counts the I/O steps of a poll and lets its process die at one of them.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Which poll it is, counted over all tenants.
    pub(crate) number: usize,
    steps: AtomicUsize,
    dies_at: Option<(usize, bool)>,
    died: Arc<Notify>,
    died_at: OnceLock<(Step, bool)>,
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

    /// The same, in a process that has other polls; `died` hears of its death.
    #[must_use]
    pub(crate) fn in_process(
        number: usize,
        dies_at: Option<(usize, bool)>,
        died: &Arc<Notify>,
    ) -> Self {
        Self {
            died: Arc::clone(died),
            ..Self::new(number, dies_at)
        }
    }

    /// Does `io`, unless the process dies before or after it: then this never returns, and the
    /// poll is dropped by whoever waits for [`died`](Self::died).
    pub(crate) async fn step<T>(&self, what: Step, io: impl Future<Output = T>) -> T {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        if self.dies_at == Some((step, false)) {
            self.die(what, false).await;
        }
        let done = io.await;
        if self.dies_at == Some((step, true)) {
            self.die(what, true).await;
        }
        done
    }

    /// Resolves when the process dies: at which step, and whether after its work.
    pub(crate) async fn died(&self) -> Option<(Step, bool)> {
        self.died.notified().await;
        self.died_at()
    }

    /// At which step its process died of it, if it did, and whether after its work.
    pub(crate) fn died_at(&self) -> Option<(Step, bool)> {
        self.died_at.get().copied()
    }

    async fn die(&self, step: Step, after: bool) {
        // It dies once.
        let _ = self.died_at.set((step, after));
        self.died.notify_one();
        std::future::pending::<()>().await;
    }
}
