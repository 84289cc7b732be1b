//! What can go wrong with a queue as a whole, and what to do about it.

use drawbridge_access::AccessError;
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
    /// It cannot be reached, or not at the moment. Where a disk is full, the file ends where it did
    /// before.
    #[error(transparent)]
    Access(#[from] AccessError),
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
}

impl QueueError {
    /// Whether the same call may succeed a little later with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Access(error) => error.is_retryable(),
            Self::Offload { source, .. } | Self::Object { source } => source.is_retryable(),
            Self::Locked { .. } => false,
        }
    }
}
