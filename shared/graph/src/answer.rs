//! What an answer of Graph means: a page, or the error its status stands for.

use drawbridge_entra::Endpoints;
use drawbridge_http::wire_text::{name, printable, quotable};
use drawbridge_http::{Attempts, Body, BodyProblem, Exchange, authority, collect, retry_after};
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tracing::{debug, warn};
use url::Url;

use crate::denial::Denial;
use crate::envelope::EnvelopeProblem;
use crate::error::GraphError;
use crate::link::{LinkProblem, NextLink};
use crate::page::{Page, PageProblem};
use crate::query::Room;
use crate::resource::Resource;
use crate::warning::missing;

const NOT_GRAPH: &str = "it answered but is not Microsoft Graph: check graph-url and any proxy on \
                         the way";
/// Error bodies are small; more of one is not worth reading.
const MAX_ERROR_BYTES: usize = 64 * 1024;
/// Graph's messages may echo the filter, never an alert.
const MAX_MESSAGE_CHARS: usize = 200;

/// The request an answer belongs to.
pub(crate) struct PageRequest<'a> {
    pub(crate) url: &'a Url,
    pub(crate) resource: &'a Resource,
    pub(crate) endpoints: &'a Endpoints,
    pub(crate) attempts: &'a Attempts,
    pub(crate) limit: SizeLimit,
}

/// How large a page may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SizeLimit {
    pub(crate) bytes: usize,
    /// What of the settings that is.
    pub(crate) room: Room,
}

impl PageRequest<'_> {
    /// Reads the answer to its end.
    pub(crate) async fn read(&self, answer: http::Response<Body>) -> Result<Page, GraphError> {
        let (parts, body) = answer.into_parts();
        let (status, headers) = (parts.status, parts.headers);
        let exchange = self.exchange(&headers);
        debug!(status = status.as_u16(), %exchange, "answer");
        if status.is_redirection() {
            let problem = redirected(&headers);
            return Err(GraphError::Configuration { exchange, problem });
        }
        if !status.is_success() {
            // The status counts even if its explanation does not arrive.
            let bytes = collect(&headers, body, MAX_ERROR_BYTES)
                .await
                .unwrap_or_default();
            let permission = self.resource.least_permission();
            return Err(refusal(status, &headers, &bytes, permission, exchange));
        }
        if is_html(&headers) {
            return Err(not_graph(exchange));
        }
        match collect(&headers, body, self.limit.bytes).await {
            Ok(bytes) => self.page(bytes, status, &headers),
            Err(BodyProblem::TooLarge) => Err(self.too_large(exchange)),
            Err(BodyProblem::Transport(cause)) => Err(GraphError::Network { exchange, cause }),
        }
    }

    fn page(
        &self,
        bytes: Vec<u8>,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<Page, GraphError> {
        let exchange = self.exchange(headers);
        let looks_like_html = bytes.trim_ascii_start().first() == Some(&b'<');
        let missing = missing(status, headers);
        let (page, next) = match Page::read(bytes, missing, self.limit.bytes) {
            Ok(read) => read,
            Err(PageProblem::TooLarge) => return Err(self.too_large(exchange)),
            Err(PageProblem::Envelope(EnvelopeProblem::Malformed(problem))) if !looks_like_html => {
                return Err(GraphError::Malformed { exchange, problem });
            }
            Err(_) => return Err(not_graph(exchange)),
        };
        if page.repaired() {
            warn!(
                %exchange,
                "the page had characters that are none, which were replaced by U+FFFD"
            );
        }
        if let Some(missing) = page.incomplete() {
            warn!(%exchange, missing, "the page is incomplete");
        }
        match next.map(|link| self.next(&link)).transpose() {
            Ok(next) => Ok(page.with_next(next)),
            Err(problem) => Err(GraphError::BadLink { exchange, problem }),
        }
    }

    fn too_large(&self, exchange: Box<Exchange>) -> GraphError {
        GraphError::TooLarge {
            exchange,
            limit_bytes: self.limit.bytes,
            is_large: self.limit.room == Room::Large,
        }
    }

    fn next(&self, link: &str) -> Result<NextLink, LinkProblem> {
        let next = NextLink::check(link, self.resource, self.endpoints)?.with_room(self.limit.room);
        if next.url() == self.url {
            Err(LinkProblem::Circular)
        } else {
            Ok(next)
        }
    }

    fn exchange(&self, headers: &HeaderMap) -> Box<Exchange> {
        let id = headers
            .get("request-id")
            .and_then(|value| value.to_str().ok());
        self.attempts.exchange(id.and_then(name))
    }
}

/// Graph's error body; whatever else is in it is not looked at.
#[derive(Deserialize)]
struct ErrorReply {
    error: ErrorDetail,
}

#[derive(Deserialize)]
struct ErrorDetail {
    code: String,
    #[serde(default)]
    message: String,
}

/// The error behind a status that is no success.
fn refusal(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    permission: &'static str,
    exchange: Box<Exchange>,
) -> GraphError {
    let reply = serde_json::from_slice::<ErrorReply>(body).ok();
    let code = reply.as_ref().and_then(|reply| name(&reply.error.code));
    let retry_after = retry_after(headers);
    match (status, reply) {
        (StatusCode::TOO_MANY_REQUESTS, _) => GraphError::Throttled {
            exchange,
            retry_after,
        },
        // A proxy's or a portal's own page: it says nothing about the token.
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, None) if is_html(headers) => {
            GraphError::Configuration {
                exchange,
                problem: format!("HTTP {} with a web page: {NOT_GRAPH}", status.as_u16()),
            }
        }
        (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, reply) => {
            let message = reply.map(|reply| quotable(&reply.error.message, MAX_MESSAGE_CHARS));
            let message = message.filter(|message| !message.is_empty());
            let denial = Denial::new(status, code.as_deref(), message, permission);
            if status == StatusCode::UNAUTHORIZED {
                GraphError::Unauthorized {
                    exchange,
                    code,
                    denial,
                }
            } else {
                GraphError::Forbidden {
                    exchange,
                    code,
                    denial,
                }
            }
        }
        (status, _) if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            let status = status.as_u16();
            GraphError::Server {
                exchange,
                status,
                code,
                retry_after,
            }
        }
        (status, Some(reply)) => GraphError::BadRequest {
            exchange,
            status: status.as_u16(),
            code,
            message: quotable(&reply.error.message, MAX_MESSAGE_CHARS),
        },
        (StatusCode::BAD_REQUEST, None) => GraphError::BadRequest {
            exchange,
            status: 400,
            code: None,
            message: "without a word why".to_owned(),
        },
        (status, None) => GraphError::Configuration {
            exchange,
            problem: format!("HTTP {}: {NOT_GRAPH}", status.as_u16()),
        },
    }
}

fn not_graph(exchange: Box<Exchange>) -> GraphError {
    GraphError::Configuration {
        exchange,
        problem: NOT_GRAPH.to_owned(),
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        value
            .as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"text/html")
    })
}

fn redirected(headers: &HeaderMap) -> String {
    let target = headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| Url::parse(text).ok())
        .map(|url| format!(" to {}", printable(&authority(&url), 300)))
        .unwrap_or_default();
    format!("it redirects{target}, which is never followed: check graph-url")
}
