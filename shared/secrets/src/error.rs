//! What can go wrong with a secret, and what to do about it.

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
    /// The caller may not read it.
    #[error("no access to {place} ({code}): {fix}")]
    Denied {
        /// The secret.
        place: String,
        /// The AWS error code or the operating system's error.
        code: String,
        /// What to do.
        fix: String,
    },
    /// A passing trouble: time-out, lost connection, throttling, a server error.
    #[error("{place} is not available at the moment ({code}); trying again usually helps")]
    Unavailable {
        /// The secret.
        place: String,
        /// The AWS error code or the operating system's error.
        code: String,
    },
    /// Anything else: trying again will not help.
    #[error("{place} could not be read ({code}): {fix}")]
    Failed {
        /// The secret.
        place: String,
        /// The AWS error code or the operating system's error.
        code: String,
        /// What to do.
        fix: String,
    },
}

impl SecretError {
    /// Whether the same call may succeed a little later with nothing else changed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
