//! What can go wrong with Graph, and what to do about it.

use std::time::Duration;

use drawbridge_entra::{SignInError, SignInErrorKind};
use drawbridge_http::{Exchange, TransportError, ask_again, within_reason};

use crate::denial::Denial;
use crate::link::LinkProblem;

/// A request to Graph that failed for good, or the sign-in before it.
///
/// No variant holds a secret, a token, an alert, a response body or a query string. Of a body, at
/// most Graph's `error.code` and `error.message` are repeated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// HTTP 429, and the wait asked for was too long or the tries are used up.
    #[error("{exchange}: throttled (HTTP 429), {}", ask_again(*.retry_after))]
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
    #[error("{exchange}: the page is larger than {limit_bytes} bytes: {}", smaller(*.is_large))]
    TooLarge {
        /// The request.
        exchange: Box<Exchange>,
        /// What of the client's settings it was to be.
        limit_bytes: usize,
        /// Whether that was `Settings::max_alert_bytes`, the most there is.
        is_large: bool,
    },
    /// Graph does not understand the request.
    #[error(
        "{exchange}: refused (HTTP {status}{}): {message}; {}",
        with_code(.code),
        after_refusal(*.status)
    )]
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
    #[error("no time left to ask for a page: give the operation more time or less to do")]
    OutOfTime,
    /// There is no token.
    #[error(transparent)]
    SignIn(#[from] SignInError),
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
    /// Whoever answers is not what the configuration says it is.
    #[error("{exchange}: {problem}")]
    Configuration {
        /// The request.
        exchange: Box<Exchange>,
        /// What was found and which setting to check.
        problem: String,
    },
}

/// What to do about a refusal that is no answer about the token. None of the causes is certain.
pub(crate) fn after_refusal(status: u16) -> &'static str {
    match status {
        400 => {
            "what it may be is a product in service_sources that Graph does not know, or a Graph of \
             another cloud or version: check these, and report it if it goes on"
        }
        404 | 410 => {
            "where this was asked, Graph has no such resource: check that cloud, or login_url and \
             graph_url, are the tenant's own, and any proxy on the way"
        }
        _ => "try again later, and report it if it goes on",
    }
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
            Self::Server { .. } => ErrorKind::Server,
            Self::SignIn(error) => match error.kind() {
                SignInErrorKind::Throttled => ErrorKind::Throttled,
                SignInErrorKind::Server => ErrorKind::Server,
                SignInErrorKind::Network => ErrorKind::Network,
                SignInErrorKind::Configuration => ErrorKind::Configuration,
            },
            Self::Network {
                cause: TransportError::Setup(_),
                ..
            } => ErrorKind::Configuration,
            Self::Network { .. } | Self::Malformed { .. } | Self::OutOfTime => ErrorKind::Network,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::BadRequest { .. } | Self::BadQuery { .. } => ErrorKind::BadRequest,
            Self::BadLink { .. } => ErrorKind::BadLink,
            Self::Configuration { .. } => ErrorKind::Configuration,
        }
    }

    /// Whether the very same request may succeed later without anybody changing anything.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self.kind(),
            ErrorKind::Throttled | ErrorKind::Server | ErrorKind::Network
        )
    }

    /// A refusal of the token, once it is known whether the token has the permission.
    pub(crate) fn with_permission(mut self, has_permission: Option<bool>) -> Self {
        if let Self::Unauthorized { denial, .. } | Self::Forbidden { denial, .. } = &mut self {
            *denial = denial.clone().with_permission(has_permission);
        }
        self
    }

    /// How long to wait before asking again, if the service said so: minutes at most, whatever it
    /// said.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::SignIn(error) => error.retry_after(),
            _ => within_reason(self.requested_wait()),
        }
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
            | Self::Unauthorized { exchange, .. }
            | Self::Forbidden { exchange, .. }
            | Self::Server { exchange, .. }
            | Self::Network { exchange, .. }
            | Self::Malformed { exchange, .. }
            | Self::TooLarge { exchange, .. }
            | Self::BadRequest { exchange, .. }
            | Self::BadLink { exchange, .. }
            | Self::Configuration { exchange, .. } => Some(exchange),
            Self::SignIn(error) => error.exchange(),
            Self::BadQuery { .. } | Self::OutOfTime => None,
        }
    }

    /// The HTTP status behind the error, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Throttled { .. } => Some(429),
            Self::Unauthorized { .. } => Some(401),
            Self::Forbidden { .. } => Some(403),
            Self::Server { status, .. } | Self::BadRequest { status, .. } => Some(*status),
            Self::SignIn(error) => error.status(),
            _ => None,
        }
    }
}

pub(crate) fn smaller(is_large: bool) -> &'static str {
    if is_large {
        "an alert of that size is not read; look at it in the Defender portal"
    } else {
        "ask for a smaller $top"
    }
}

fn with_code(code: &Option<String>) -> String {
    code.as_ref()
        .map(|code| format!(", {code}"))
        .unwrap_or_default()
}
