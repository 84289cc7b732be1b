//! Why a file, an object, a queue or a secret could not be reached, and what to do about it: what the
//! errors of the store, the queue and the secrets have in common.
//!
//! `drawbridge-files` makes one of an error of the operating system, `drawbridge-aws` of one of the SDK.

use std::borrow::Cow;

/// Why a place could not be read or written. Never holds any of its content.
///
/// `place` says which one: a path, `s3://bucket/key`, a queue's URL, a secret's name or ARN. `code` is
/// the AWS error code or the operating system's error, and `fix` what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// The caller may not.
    #[error("no access to {place} ({code}): {fix}")]
    Denied {
        /// Where.
        place: String,
        /// What was answered.
        code: String,
        /// What to do.
        fix: Cow<'static, str>,
    },
    /// The folder, the bucket, the queue or the secret itself is not there.
    #[error("{place} cannot be reached ({code}): {fix}")]
    Missing {
        /// Where.
        place: String,
        /// What was answered.
        code: String,
        /// What to do.
        fix: Cow<'static, str>,
    },
    /// The disk or the quota is full; what was there before is untouched.
    #[error("no space left to write {place}; free some space, then run again: nothing was lost")]
    NoSpace {
        /// Where.
        place: String,
    },
    /// A passing trouble: time-out, lost connection, throttling, a server error.
    #[error("{place} is not available at the moment ({code}); trying again usually helps")]
    Unavailable {
        /// Where.
        place: String,
        /// What was answered.
        code: String,
    },
    /// Anything else: trying again will not help.
    #[error("{place} could not be read or written ({code}): {fix}")]
    Failed {
        /// Where.
        place: String,
        /// What was answered.
        code: String,
        /// What to do.
        fix: Cow<'static, str>,
    },
}

impl AccessError {
    /// [`AccessError::Unavailable`].
    pub fn unavailable(place: impl Into<String>, code: impl Into<String>) -> Self {
        Self::Unavailable {
            place: place.into(),
            code: code.into(),
        }
    }

    /// What to do, for those who show it apart from the rest of the text.
    #[must_use]
    pub fn fix(&self) -> &str {
        match self {
            Self::Denied { fix, .. } | Self::Missing { fix, .. } | Self::Failed { fix, .. } => fix,
            Self::NoSpace { .. } => "free some space, then run again",
            Self::Unavailable { .. } => "try again",
        }
    }

    /// Whether the same call may succeed a little later with nothing else changed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }
}
