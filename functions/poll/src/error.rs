use drawbridge_cursor::StateError;
use drawbridge_graph::{ErrorKind, GraphError};
use drawbridge_queue::QueueError;
use drawbridge_store::StoreError;

/// Why a poll failed. In any case, what could not be read stays unread, and the next poll reads it.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// Graph or the sign-in did not answer as needed.
    #[error("reading alerts failed: {0}")]
    Graph(#[from] GraphError),
    /// The state object or an item of the quarantine could not be read or written.
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
    /// The state object cannot be used.
    #[error("{key}: {source}")]
    State {
        /// The object's key.
        key: String,
        /// What is wrong with it.
        source: StateError,
    },
    /// The queue did not answer.
    #[error("the queue failed: {0}")]
    Queue(#[from] QueueError),
    /// A next link led to a page that was read already.
    #[error(
        "reading alerts failed: Graph's next links go in a circle, so that the list never ends; \
         try again, and report it to Microsoft if it goes on"
    )]
    Circular,
    /// A backfill for an output that the tenant does not have.
    #[error(
        "the backfill is for an output that the tenant does not write to: it writes to {known}"
    )]
    UnknownOutput {
        /// Those that it has.
        known: String,
    },
    /// Polls of other tenants in the same process used the memory that the state needs.
    #[error(
        "other tenants' polls used the memory that this tenant's state needs: the poll is tried again; if \
         this goes on, raise the function's MemorySize"
    )]
    NoMemory,
    /// The tenant's polls are slow and other tenants wait, so Graph was asked nothing.
    #[error("this tenant's polls are slow, so it is polled after the other tenants of the batch")]
    TakesLong,
    /// Another poll of the tenant saved its state first.
    #[error(
        "another poll of the tenant saved its state meanwhile: this poll is repeated; run only one poll of a \
         tenant at a time"
    )]
    Superseded,
    /// The tenant's state was removed while a command changed it.
    #[error(
        "the tenant's state was removed meanwhile, for example by `tenants purge`: nothing was changed; run \
         this again if the tenant is to stay"
    )]
    Removed,
    /// The queue took some records and refused others; those are sent again.
    #[error(
        "the queue refused {refused} records ({code}); the next poll sends them again: check the queue if \
         this goes on"
    )]
    Refused {
        /// How many.
        refused: usize,
        /// The queue's code for the first of them.
        code: String,
    },
}

impl PollError {
    /// Whether the same job may succeed later without anyone intervening.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Graph(error) => error.is_retryable(),
            Self::Store(error) => error.is_retryable(),
            Self::Queue(error) => error.is_retryable(),
            Self::State { .. } | Self::UnknownOutput { .. } | Self::Removed => false,
            Self::Circular
            | Self::NoMemory
            | Self::TakesLong
            | Self::Superseded
            | Self::Refused { .. } => true,
        }
    }

    /// Whether there is not enough memory for the state.
    pub(crate) fn is_about_size(&self) -> bool {
        let too_large = |source: &StateError| matches!(source, StateError::TooLarge { .. });
        matches!(self, Self::State { source, .. } if too_large(source))
    }

    /// Whether the credentials or permissions are at fault.
    #[must_use]
    pub fn is_about_access(&self) -> bool {
        matches!(self, Self::Graph(error)
            if matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden | ErrorKind::Configuration))
    }
}
