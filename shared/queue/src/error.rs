//! What can go wrong with a queue as a whole, and what to do about it.

use drawbridge_store::StoreError;

/// Why messages could not be sent. Never holds any of their content.
///
/// `place` is the queue: a path, or the queue's URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// Another process has the file open.
    #[error(
        "another drawbridge is writing to {place}; stop it, or give this one another output folder"
    )]
    Locked {
        /// The queue.
        place: String,
    },
    /// The caller may not write there.
    #[error("no access to {place} ({code}): {fix}")]
    Denied {
        /// The queue.
        place: String,
        /// The AWS error code or the operating system's error.
        code: String,
        /// What to do.
        fix: String,
    },
    /// The queue itself is not there.
    #[error("{place} cannot be reached ({code}): {fix}")]
    Missing {
        /// The queue.
        place: String,
        /// The AWS error code or the operating system's error.
        code: String,
        /// What to do.
        fix: String,
    },
    /// The disk or the quota is full; the file ends where it did before.
    #[error(
        "no space left to write {place}; free some space, then run again: nothing was lost and no line is broken"
    )]
    NoSpace {
        /// The queue.
        place: String,
    },
    /// A passing trouble: time-out, lost connection, throttling, a server error.
    #[error("{place} is not available at the moment ({code}); trying again usually helps")]
    Unavailable {
        /// The queue.
        place: String,
        /// The AWS error code or the operating system's error.
        code: String,
    },
    /// The body of a message over the size limit could not be put into the store.
    #[error("a message too big for {place} could not be put into the object store: {source}")]
    Offload {
        /// The queue.
        place: String,
        /// What the store said.
        source: StoreError,
    },
    /// An object of records could not be written.
    #[error("records could not be written: {source}")]
    Object {
        /// What the store said, and of which object.
        source: StoreError,
    },
    /// Anything else: trying again will not help.
    #[error("{place} could not be written ({code}); {fix}")]
    Failed {
        /// The queue.
        place: String,
        /// The AWS error code or the operating system's error.
        code: String,
        /// What to do.
        fix: String,
    },
}

impl QueueError {
    /// Whether the same call may succeed a little later with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Offload { source, .. } | Self::Object { source } => source.is_retryable(),
            _ => false,
        }
    }
}
