//! Why there is no token, and what to do about it.

use std::time::Duration;

use drawbridge_http::{Exchange, TransportError, ask_again, within_reason};

use crate::certificate_error::CertificateError;
use crate::tenant::TenantError;

/// What to do about a failure that may pass by itself.
pub(crate) const CONNECTION: &str = "check the network, DNS, the proxy and the firewall between this machine and \
                          the sign-in host, then try again";

/// A sign-in that failed for good.
///
/// No variant holds a secret, a token, an assertion or a response body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignInError {
    /// HTTP 429, and the wait asked for was too long or the tries are used up.
    #[error("{exchange}: throttled (HTTP 429), {}", ask_again(*.retry_after))]
    Throttled {
        /// The request.
        exchange: Box<Exchange>,
        /// How long the service asked to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// HTTP 5xx or 408.
    #[error(
        "{exchange}: the login service failed (HTTP {status}{}): ask again later",
        .code.map(|code| format!(", AADSTS{code}")).unwrap_or_default()
    )]
    Server {
        /// The request.
        exchange: Box<Exchange>,
        /// The HTTP status.
        status: u16,
        /// `AADSTS` number.
        code: Option<u32>,
        /// How long the service asked to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// No answer, or only part of one.
    #[error("{exchange}: {cause}")]
    Network {
        /// The request.
        exchange: Box<Exchange>,
        /// What broke.
        #[source]
        cause: TransportError,
    },
    /// The deadline passed before there was a token.
    #[error("no token from {} before the time was up: {CONNECTION}", host_or_any(.host))]
    OutOfTime {
        /// The host that was to hand it out, where that is known.
        host: Option<String>,
    },
    /// The tenant cannot be one, so no token was asked for.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// Entra refuses to hand out a token.
    #[error("{exchange}: no token: {explanation}{}", ids(.code, .trace_id, .correlation_id))]
    Refused {
        /// The request.
        exchange: Box<Exchange>,
        /// `AADSTS` number.
        code: Option<u32>,
        /// What it means and what to do.
        explanation: String,
        /// Entra's trace id, for a support case.
        trace_id: Option<String>,
        /// Entra's correlation id, for a support case.
        correlation_id: Option<String>,
        /// Whether Entra calls this a passing condition.
        transient: bool,
    },
    /// The credential could not be read or cannot be used, so no token was requested.
    #[error("the client credential cannot be used: {reason}")]
    Credential {
        /// What its source said, or what was found in its place.
        reason: String,
    },
    /// The certificate cannot sign, so no token was asked for.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Another identity provider's assertion is missing or of no use, so no token was asked for.
    #[error("there is no assertion for Entra: {reason}")]
    Assertion {
        /// What its source said.
        reason: String,
        /// Whether asking again may help.
        transient: bool,
    },
    /// Whoever answers is not Entra.
    #[error("{exchange}: {problem}")]
    NotEntra {
        /// The request.
        exchange: Box<Exchange>,
        /// What was found and which setting to check.
        problem: &'static str,
    },
}

/// The kinds of failure for which a caller has different answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignInErrorKind {
    /// Come back after [`SignInError::retry_after`].
    Throttled,
    /// Entra, or who vouches for the application, has a passing problem.
    Server,
    /// No answer in time.
    Network,
    /// Not Entra, unknown tenant, wrong secret: a person has to look.
    Configuration,
}

impl SignInError {
    /// Which of the caller's answers fits.
    pub fn kind(&self) -> SignInErrorKind {
        match self {
            Self::Throttled { .. } => SignInErrorKind::Throttled,
            Self::Server { .. }
            | Self::Refused {
                transient: true, ..
            }
            | Self::Assertion {
                transient: true, ..
            } => SignInErrorKind::Server,
            Self::Network {
                cause: TransportError::Setup(_),
                ..
            } => SignInErrorKind::Configuration,
            Self::Network { .. } | Self::OutOfTime { .. } => SignInErrorKind::Network,
            Self::Refused { .. }
            | Self::Tenant(_)
            | Self::Credential { .. }
            | Self::Certificate(_)
            | Self::Assertion { .. }
            | Self::NotEntra { .. } => SignInErrorKind::Configuration,
        }
    }

    /// Whether the very same request may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        self.kind() != SignInErrorKind::Configuration
    }

    /// How long to wait before asking again, if the service said so: minutes at most, whatever it
    /// said.
    pub fn retry_after(&self) -> Option<Duration> {
        within_reason(self.requested_wait())
    }

    /// How long the service asked to wait.
    pub(crate) fn requested_wait(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The request this is about; `None` when none was sent.
    pub fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Throttled { exchange, .. }
            | Self::Server { exchange, .. }
            | Self::Network { exchange, .. }
            | Self::Refused { exchange, .. }
            | Self::NotEntra { exchange, .. } => Some(exchange),
            Self::Tenant(_)
            | Self::Credential { .. }
            | Self::Certificate(_)
            | Self::Assertion { .. }
            | Self::OutOfTime { .. } => None,
        }
    }

    /// The same, to say how often it was tried in all.
    pub(crate) fn exchange_mut(&mut self) -> Option<&mut Exchange> {
        match self {
            Self::Throttled { exchange, .. }
            | Self::Server { exchange, .. }
            | Self::Network { exchange, .. }
            | Self::Refused { exchange, .. }
            | Self::NotEntra { exchange, .. } => Some(exchange),
            Self::Tenant(_)
            | Self::Credential { .. }
            | Self::Certificate(_)
            | Self::Assertion { .. }
            | Self::OutOfTime { .. } => None,
        }
    }

    /// The HTTP status behind the error, where that is what it is about.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Throttled { .. } => Some(429),
            Self::Server { status, .. } => Some(*status),
            _ => None,
        }
    }
}

fn host_or_any(host: &Option<String>) -> &str {
    host.as_deref().unwrap_or("the sign-in host")
}

fn ids(code: &Option<u32>, trace: &Option<String>, correlation: &Option<String>) -> String {
    let parts: Vec<String> = [
        code.map(|code| format!("AADSTS{code}")),
        trace.as_ref().map(|id| format!("trace id {id}")),
        correlation
            .as_ref()
            .map(|id| format!("correlation id {id}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join(", "))
    }
}
