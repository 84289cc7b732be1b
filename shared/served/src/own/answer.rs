use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, PRAGMA, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::claims::ACCESS_SECS;
use super::key::TokenKey;
use crate::body::Body;
use crate::path::TokenVersion;
use crate::rate::TooMany;
use crate::refusal::{JSON, NO_STORE};

/// When to come again where it is not known when that would help, in seconds.
const COME_AGAIN_SECS: u32 = 30;

/// Tokens as Entra's endpoint of version 1 gives them: numbers as text, and the access token as the
/// seventh member, which a client of the old API takes by its place.
#[derive(Serialize)]
struct V1<'a> {
    token_type: &'static str,
    expires_in: String,
    ext_expires_in: String,
    expires_on: String,
    not_before: String,
    resource: &'a str,
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

/// And that of version 2.
#[derive(Serialize)]
struct V2<'a> {
    token_type: &'static str,
    expires_in: i64,
    ext_expires_in: i64,
    access_token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

/// The answer with tokens that were signed at `now`.
pub(super) fn granted(
    version: TokenVersion,
    key: &TokenKey,
    now: Timestamp,
    access: &str,
    refresh: Option<&str>,
) -> Response<Body> {
    // Entra says a second less than there is, and so does this: the answer takes its time.
    let left = ACCESS_SECS - 1;
    let now = now.as_second();
    let text = match version {
        TokenVersion::V1 => serde_json::to_string(&V1 {
            token_type: "Bearer",
            expires_in: left.to_string(),
            ext_expires_in: left.to_string(),
            expires_on: (now + left).to_string(),
            not_before: now.to_string(),
            resource: &key.audience,
            access_token: access,
            refresh_token: refresh,
        }),
        TokenVersion::V2 => serde_json::to_string(&V2 {
            token_type: "Bearer",
            expires_in: left,
            ext_expires_in: left,
            access_token: access,
            refresh_token: refresh,
        }),
    };
    response(StatusCode::OK, text.unwrap_or_default())
}

/// Why no token is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrantRefusal {
    /// The request is not a valid OAuth request, and why.
    Request(&'static str),
    GrantType,
    /// There is no such client, or it has another secret; which of them is not told.
    Client,
    TooManyWrong {
        left_secs: u32,
    },
    /// The documents of several tenants have the client and its secret.
    Ambiguous,
    /// The refresh token is not good.
    Grant,
    TooMany(TooMany),
    /// Nothing can be signed or checked at the moment.
    NoKey,
}

impl GrantRefusal {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::Request(_) | Self::GrantType | Self::Grant | Self::Ambiguous => {
                StatusCode::BAD_REQUEST
            }
            Self::Client => StatusCode::UNAUTHORIZED,
            Self::TooManyWrong { .. } | Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NoKey => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The error code of RFC 6749, section 5.2.
    fn code(self) -> &'static str {
        match self {
            Self::Request(_) => "invalid_request",
            Self::GrantType => "unsupported_grant_type",
            Self::Client => "invalid_client",
            Self::Ambiguous => "unauthorized_client",
            Self::Grant => "invalid_grant",
            Self::TooManyWrong { .. } | Self::TooMany(_) | Self::NoKey => "temporarily_unavailable",
        }
    }

    /// What is told. Nothing of the request is repeated.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Request(problem) => problem,
            Self::GrantType => "grant_type must be client_credentials or refresh_token",
            Self::Client => {
                "no client id and secret that serve.own_clients of a tenant's document has: send both, \
                 in the form or with HTTP Basic"
            }
            Self::TooManyWrong { .. } => {
                "too many wrong secrets in this minute; wait as Retry-After says"
            }
            Self::Ambiguous => {
                "the documents of several tenants have this client: give each one of its own"
            }
            Self::Grant => {
                "the refresh token has expired, is another client's, or its secret was removed: ask \
                 for a new one with client_credentials and scope=offline_access"
            }
            Self::TooMany(_) => "this client asks too often; wait as Retry-After says",
            Self::NoKey => "tokens cannot be issued at the moment; try again",
        }
    }

    pub(super) fn response(self) -> Response<Body> {
        let body = json!({"error": self.code(), "error_description": self.description()});
        let mut response = response(self.status(), body.to_string());
        let headers = response.headers_mut();
        let retry_after = match self {
            Self::TooManyWrong { left_secs } => Some(left_secs),
            Self::TooMany(too_many) => Some(too_many.retry_after_secs()),
            Self::NoKey => Some(COME_AGAIN_SECS),
            _ => None,
        };
        if let Some(secs) = retry_after {
            headers.insert(RETRY_AFTER, secs.into());
        }
        if self == Self::Client {
            let challenge = HeaderValue::from_static("Basic realm=\"drawbridge\"");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

fn response(status: StatusCode, body: String) -> Response<Body> {
    let body = Bytes::from(body);
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(stream::once(async { Ok(body) }).boxed());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(CACHE_CONTROL, NO_STORE);
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_LENGTH, length);
    response
}
