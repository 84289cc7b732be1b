//! What can go wrong with an object, and what to do about it.

use drawbridge_access::AccessError;

/// Why an object could not be read or written. Never holds any of its content.
///
/// `place` is where the object lives: a path, or `s3://bucket/key`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote the object in between, so nothing was changed.
    #[error("{place} was changed by somebody else in between; read it again before writing it")]
    Conflict {
        /// The object.
        place: String,
    },
    /// The key breaks the rules of [`crate::Store`].
    #[error("the object key {key:?} cannot be used: {reason}")]
    BadKey {
        /// The key as given.
        key: String,
        /// The rule it breaks.
        reason: &'static str,
    },
    /// The object is bigger than what is read or written: [`MAX_OBJECT_BYTES`](crate::MAX_OBJECT_BYTES),
    /// or what was asked for.
    #[error(
        "{place} has {bytes} bytes, more than the {most} that are read or written; check that the key names the right object"
    )]
    TooLarge {
        /// The object.
        place: String,
        /// Its size as far as known.
        bytes: u64,
        /// The most that it may have.
        most: usize,
    },
    /// It cannot be reached, or not at the moment.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl StoreError {
    /// Whether the same call may succeed a little later with nothing else changed.
    ///
    /// A conflict is not: it takes another read first.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Access(error) if error.is_retryable())
    }
}
