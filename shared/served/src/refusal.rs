//! Every answer that is no records: a status and a JSON object that says what to do.

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use crate::body::Body;
use crate::query::Unreadable;
use crate::rate::TooMany;
use crate::token::{Denied, Forbidden};

/// The media type of every answer.
pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// What may be kept of an answer by what lies between here and the client: nothing.
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The methods that records are asked for with, and a token.
pub(crate) const READ: &str = "GET, HEAD";
pub(crate) const POST: &str = "POST";

/// When to come again where it is not known when that would help, in seconds.
const COME_AGAIN_SECS: u32 = 30;

/// Why a request is not answered with records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoSuchPath,
    /// The tenant has no such output.
    NotServed {
        format: String,
    },
    Method {
        /// Those that there are.
        allowed: &'static str,
    },
    /// The address is longer than one may be.
    TooLong,
    /// The body is.
    BodyTooLong,
    /// The body did not come, or not in time.
    NoBody,
    Denied(Denied),
    TooMany(TooMany),
    Query(Unreadable),
    /// The store cannot be read; whether it may be a little later.
    Store {
        is_retryable: bool,
    },
}

impl Refusal {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NoSuchPath | Self::NotServed { .. } => StatusCode::NOT_FOUND,
            Self::Method { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::BodyTooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoBody => StatusCode::REQUEST_TIMEOUT,
            Self::Denied(Denied::NoToken | Denied::Invalid(_) | Denied::Unproven(_)) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Denied(Denied::Forbidden(_)) => StatusCode::FORBIDDEN,
            Self::Denied(Denied::NoKeys) | Self::Store { is_retryable: true } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Store {
                is_retryable: false,
            } => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Query(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchPath | Self::NotServed { .. } => "NotFound",
            Self::Method { .. } => "MethodNotAllowed",
            Self::TooLong => "UriTooLong",
            Self::BodyTooLong => "PayloadTooLarge",
            Self::NoBody => "RequestTimeout",
            Self::Denied(Denied::NoToken | Denied::Invalid(_) | Denied::Unproven(_)) => {
                "Unauthorized"
            }
            Self::Denied(Denied::Forbidden(_)) => "Forbidden",
            Self::Denied(Denied::NoKeys) | Self::Store { is_retryable: true } => {
                "ServiceUnavailable"
            }
            Self::Store {
                is_retryable: false,
            } => "InternalServerError",
            Self::TooMany(_) => "TooManyRequests",
            Self::Query(_) => "BadRequest",
        }
    }

    /// What is told. Nothing of the request is repeated.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::NoSuchPath => "there is /api/alerts, and /api/FORMAT for other formats".into(),
            Self::NotServed { format } => format!(
                "this tenant does not serve the format: add {format}-served to outputs in its document"
            ),
            Self::Method { allowed: POST } => "a token is asked for with POST".into(),
            Self::Method { .. } => "only GET and HEAD are answered".into(),
            Self::TooLong => "the address is too long: ask for fewer groups and tags".into(),
            Self::BodyTooLong => "the body is longer than 16 KiB, which no form for a token is".into(),
            Self::NoBody => "the body did not come within ten seconds".into(),
            Self::Denied(Denied::NoToken) => {
                "send a token of Microsoft Entra as Authorization: Bearer TOKEN".into()
            }
            Self::Denied(Denied::Invalid(reason)) => format!("the token {reason}"),
            Self::Denied(Denied::Unproven(_)) => {
                "the token is of a directory that is not served here, or lacks a good signature, issuer, \
                 audience or expiry; the server's log says which"
                    .into()
            }
            Self::Denied(Denied::Forbidden(Forbidden::Client)) => {
                "the application of the token is not in serve.clients of a tenant's document".into()
            }
            Self::Denied(Denied::Forbidden(Forbidden::User)) => {
                "the token is of a user, who is not in serve.users of the tenant's document: ask for a \
                 token of the application itself, with client credentials"
                    .into()
            }
            Self::Denied(Denied::Forbidden(Forbidden::Role)) => {
                "the token lacks the role that serve.role of the tenant's document names".into()
            }
            Self::Denied(Denied::Forbidden(Forbidden::Ambiguous)) => {
                "the documents of several tenants list this application with this audience: give each \
                 an application of its own"
                    .into()
            }
            Self::Denied(Denied::NoKeys) => {
                "the keys that tokens are checked with cannot be had at the moment; try again".into()
            }
            Self::TooMany(TooMany::Requests { .. }) => {
                "this application asks too often in a minute; wait as Retry-After says".into()
            }
            Self::TooMany(TooMany::Answers) => {
                "this application has too many answers on their way at once: read them to their end, \
                 or ask again as Retry-After says"
                    .into()
            }
            Self::Query(Unreadable(problem)) => (*problem).into(),
            Self::Store { is_retryable: true } => {
                "the records cannot be read at the moment; try again".into()
            }
            Self::Store {
                is_retryable: false,
            } => "the records cannot be read; the server's log says why".into(),
        }
    }

    /// Whether it is an answer of the token endpoint, whose errors are OAuth's. It alone has a body.
    fn is_of_the_token_endpoint(&self) -> bool {
        match self {
            Self::BodyTooLong | Self::NoBody => true,
            Self::Method { allowed } => *allowed == POST,
            _ => false,
        }
    }

    /// What the log says: the same, or more.
    pub(crate) fn reason(&self) -> String {
        match self {
            Self::Denied(Denied::Unproven(reason)) => format!("the token {reason}"),
            _ => self.message(),
        }
    }

    /// The answer to the request with that id.
    pub(crate) fn response(&self, request: &str) -> Response<Body> {
        let body = match self.is_of_the_token_endpoint() {
            true => json!({"error": "invalid_request", "error_description": self.message()}),
            false => json!({
                "error": {"code": self.code(), "message": self.message(), "target": request}
            }),
        };
        let body = Bytes::from(body.to_string());
        let length = HeaderValue::from(body.len());
        let mut response = Response::new(stream::once(async { Ok(body) }).boxed());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        headers.insert(CONTENT_LENGTH, length);
        if self.is_of_the_token_endpoint() {
            headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        }
        match self {
            Self::Method { allowed } => {
                headers.insert(ALLOW, HeaderValue::from_static(allowed));
            }
            Self::Denied(Denied::NoToken) => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Denied(Denied::Invalid(_) | Denied::Unproven(_)) => {
                let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
                headers.insert(WWW_AUTHENTICATE, challenge);
            }
            Self::TooMany(too_many) => {
                headers.insert(RETRY_AFTER, HeaderValue::from(too_many.retry_after_secs()));
            }
            Self::Denied(Denied::NoKeys) | Self::Store { is_retryable: true } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(COME_AGAIN_SECS));
            }
            _ => {}
        }
        response
    }
}
