use drawbridge_config::ConfigError;
use drawbridge_telemetry::Panicked;

use crate::PollError;

/// Why a job failed.
#[derive(Debug, thiserror::Error)]
pub enum JobFailure {
    /// There is no such tenant, or it is paused.
    #[error(
        "no tenant is called {0:?}, or it is paused: `drawbridge tenants list --stack STACK` lists the tenants"
    )]
    UnknownTenant(String),
    /// The tenant's document, or what belongs to it, cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The poll failed.
    #[error(transparent)]
    Poll(#[from] PollError),
    /// The poll panicked. The panic's message is not kept: it may quote an alert.
    #[error(transparent)]
    Panicked(#[from] Panicked),
    /// The poll did not end in time, and was aborted.
    #[error(
        "the poll did not end in its time and was aborted: nothing of it was saved, and the next poll \
         repeats it"
    )]
    GivenUp,
    /// It had no page from Graph after some seconds, while other tenants waited.
    #[error(
        "Graph returned no page within some seconds, while other tenants waited: the job comes back, and \
         the next try has the full time"
    )]
    NoPage,
}

impl JobFailure {
    /// Whether the same job may succeed later without anyone intervening.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::UnknownTenant(_) => false,
            Self::Config(error) => error.is_retryable(),
            Self::Poll(error) => error.is_retryable(),
            Self::Panicked(_) | Self::GivenUp | Self::NoPage => true,
        }
    }

    /// Whether the poll itself failed, and was not merely postponed.
    #[must_use]
    pub(crate) fn is_failure(&self) -> bool {
        !matches!(self, Self::NoPage) && !self.is_postponed()
    }

    /// Whether the tenant was not polled at all, because other tenants wait.
    #[must_use]
    pub(crate) fn is_postponed(&self) -> bool {
        matches!(self, Self::Poll(PollError::TakesLong))
    }

    /// Whether the credentials or permissions are at fault.
    #[must_use]
    pub fn is_about_access(&self) -> bool {
        matches!(self, Self::Poll(error) if error.is_about_access())
    }

    /// Whether the tenant's document is at fault.
    #[must_use]
    pub(crate) fn is_about_configuration(&self) -> bool {
        matches!(self, Self::Config(error) if !error.is_retryable())
    }
}
