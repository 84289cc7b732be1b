//! What can go wrong with Graph, and what to do about it.

use std::time::Duration;

use crate::certificate::CertificateError;
use crate::denial::Denial;
use crate::exchange::Exchange;
use crate::link::LinkProblem;
use crate::sign_in::roles;
use crate::tenant::TenantError;
use crate::transport::TransportError;

/// A request to Graph or to the login host that failed for good.
///
/// No variant holds a secret, a token, an alert, a response body or a query string. Of a body, at
/// most Graph's `error.code` and `error.message` are repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// HTTP 429, and the wait asked for was too long or the tries are used up.
    #[error("{exchange}: throttled (HTTP 429), {}", when(*.retry_after))]
    Throttled {
        /// The request.
        exchange: Box<Exchange>,
        /// How long the service asked to wait, if it said so.
        retry_after: Option<Duration>,
    },
    /// HTTP 401 with a new token.
    #[error("{exchange}: a new token was refused (HTTP 401{}){denial}", with_code(.code))]
    Unauthorized {
        /// The request.
        exchange: Box<Exchange>,
        /// Graph's `error.code`.
        code: Option<String>,
        /// What Graph said, and what is at fault.
        denial: Denial,
    },
    /// HTTP 403.
    #[error("{exchange}: forbidden (HTTP 403{}){denial}", with_code(.code))]
    Forbidden {
        /// The request.
        exchange: Box<Exchange>,
        /// Graph's `error.code`.
        code: Option<String>,
        /// What Graph said, and what is at fault.
        denial: Denial,
    },
    /// HTTP 5xx or 408.
    #[error(
        "{exchange}: the service failed (HTTP {status}{}): ask again later, for a smaller page \
         or for a shorter window",
        with_code(.code)
    )]
    Server {
        /// The request.
        exchange: Box<Exchange>,
        /// The HTTP status.
        status: u16,
        /// The service's error code.
        code: Option<String>,
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
    /// A complete answer that is not readable as a page of Graph.
    #[error("{exchange}: the page is malformed ({problem}): ask again, then for a smaller page")]
    Malformed {
        /// The request.
        exchange: Box<Exchange>,
        /// What is wrong, and where; never a value.
        problem: String,
    },
    /// The page is larger than this process is allowed to hold.
    #[error("{exchange}: the page is larger than {limit_bytes} bytes: ask for a smaller $top")]
    TooLarge {
        /// The request.
        exchange: Box<Exchange>,
        /// `Settings::max_body_bytes`.
        limit_bytes: usize,
    },
    /// Graph does not understand the request.
    #[error("{exchange}: refused (HTTP {status}{}): {message}", with_code(.code))]
    BadRequest {
        /// The request.
        exchange: Box<Exchange>,
        /// The HTTP status.
        status: u16,
        /// Graph's `error.code`.
        code: Option<String>,
        /// Graph's `error.message`: printable ASCII without tokens, at most 200 characters.
        message: String,
    },
    /// The deadline passed before the request could be sent.
    #[error("no time left to {doing}: give the operation more time or less to do")]
    OutOfTime {
        /// What there was no time for.
        doing: &'static str,
    },
    /// The tenant cannot be one, so no token was asked for.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// The query makes no sense, so it was not sent.
    #[error("the alert query was not sent: {problem}")]
    BadQuery {
        /// What to change.
        problem: &'static str,
    },
    /// The page points to a place to which the token must not go.
    #[error("{exchange}: @odata.nextLink was not followed: {problem}")]
    BadLink {
        /// The request whose answer held the link.
        exchange: Box<Exchange>,
        /// Which rule it breaks.
        problem: LinkProblem,
    },
    /// Entra refuses to hand out a token.
    #[error("{exchange}: no token: {explanation}{}", ids(.code, .trace_id, .correlation_id))]
    Identity {
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
    /// The credential could not be read or is none, so no token was asked for.
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
    /// Whoever answers is not what the configuration says it is.
    #[error("{exchange}: {problem}")]
    Configuration {
        /// The request.
        exchange: Box<Exchange>,
        /// What was found and which setting to check.
        problem: String,
    },
}

/// The kinds of failure for which a caller has different answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Come back after [`GraphError::retry_after`].
    Throttled,
    /// A new token was refused: a person has to look at the cloud and the permission.
    Unauthorized,
    /// The permission is missing, or the tenant is not onboarded: a person has to look at it.
    Forbidden,
    /// 5xx: a smaller page, then a shorter window.
    Server,
    /// Reset, timeout, cut-off body, malformed page: a smaller page, then a shorter window.
    Network,
    /// The page does not fit: a smaller page.
    TooLarge,
    /// The request itself is wrong.
    BadRequest,
    /// The next page's address was refused.
    BadLink,
    /// Not Graph, not Entra, unknown tenant, wrong secret: a person has to look.
    Configuration,
}

impl ErrorKind {
    /// The kind in lower case with hyphens, for a metric or an event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::Server => "server",
            Self::Network => "network",
            Self::TooLarge => "too-large",
            Self::BadRequest => "bad-request",
            Self::BadLink => "bad-link",
            Self::Configuration => "configuration",
        }
    }
}

impl GraphError {
    /// Which of the caller's answers fits.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Throttled { .. } => ErrorKind::Throttled,
            Self::Unauthorized { .. } => ErrorKind::Unauthorized,
            Self::Forbidden { .. } => ErrorKind::Forbidden,
            Self::Server { .. }
            | Self::Identity {
                transient: true, ..
            }
            | Self::Assertion {
                transient: true, ..
            } => ErrorKind::Server,
            Self::Network {
                cause: TransportError::Setup(_),
                ..
            } => ErrorKind::Configuration,
            Self::Network { .. } | Self::Malformed { .. } | Self::OutOfTime { .. } => {
                ErrorKind::Network
            }
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::BadRequest { .. } | Self::BadQuery { .. } => ErrorKind::BadRequest,
            Self::BadLink { .. } => ErrorKind::BadLink,
            Self::Identity { .. }
            | Self::Tenant(_)
            | Self::Credential { .. }
            | Self::Certificate(_)
            | Self::Assertion { .. }
            | Self::Configuration { .. } => ErrorKind::Configuration,
        }
    }

    /// Whether the very same request may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Throttled | ErrorKind::Server | ErrorKind::Network
        )
    }

    /// A refusal of the token, with what the token itself shows; any other error as it is.
    pub(crate) fn with_token(mut self, token: &str) -> Self {
        if let Self::Unauthorized { denial, .. } | Self::Forbidden { denial, .. } = &mut self {
            *denial = denial.clone().with_token(roles::may_read(token));
        }
        self
    }

    /// How long the service asked to wait, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The request this is about; `None` when none was sent.
    pub fn exchange(&self) -> Option<&Exchange> {
        match self {
            Self::Throttled { exchange, .. }
            | Self::Unauthorized { exchange, .. }
            | Self::Forbidden { exchange, .. }
            | Self::Server { exchange, .. }
            | Self::Network { exchange, .. }
            | Self::Malformed { exchange, .. }
            | Self::TooLarge { exchange, .. }
            | Self::BadRequest { exchange, .. }
            | Self::BadLink { exchange, .. }
            | Self::Identity { exchange, .. }
            | Self::Configuration { exchange, .. } => Some(exchange),
            Self::BadQuery { .. }
            | Self::Tenant(_)
            | Self::Credential { .. }
            | Self::Certificate(_)
            | Self::Assertion { .. }
            | Self::OutOfTime { .. } => None,
        }
    }

    /// The HTTP status behind the error, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Throttled { .. } => Some(429),
            Self::Unauthorized { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::Server { status, .. } | Self::BadRequest { status, .. } => Some(*status),
            _ => None,
        }
    }
}

fn when(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("ask again in {} s", wait.as_secs_f64().ceil()),
        None => "ask again later".to_owned(),
    }
}

fn with_code(code: &Option<String>) -> String {
    code.as_ref()
        .map(|code| format!(", {code}"))
        .unwrap_or_default()
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
