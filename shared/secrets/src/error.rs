//! What can go wrong with a secret, and what to do about it.

use drawbridge_access::AccessError;

/// Why a secret could not be had. Never holds its value or any part of it.
///
/// `place` says which secret: an environment variable, a path, or a secret's name or ARN.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no such secret.
    #[error("{place} does not exist: {fix}")]
    Missing {
        /// The secret.
        place: String,
        /// What to do.
        fix: String,
    },
    /// It is there but has no value.
    #[error("{place} is empty: {fix}")]
    Empty {
        /// The secret.
        place: String,
        /// What to do.
        fix: String,
    },
    /// It has a value of a kind that cannot be used.
    #[error("{place} cannot be used: {reason}")]
    BadShape {
        /// The secret.
        place: String,
        /// What is wrong with it and what it should be.
        reason: String,
    },
    /// It cannot be reached, or not at the moment.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl SecretError {
    /// Whether the same call may succeed a little later with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Access(error) if error.is_retryable())
    }
}
