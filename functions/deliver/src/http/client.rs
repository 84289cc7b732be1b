use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use drawbridge_http::{HttpSettings, HttpTransport, Transport, TransportError, retry_after};
use drawbridge_time::Deadline;
use futures::StreamExt as _;
use http::{HeaderMap, Method};
use tokio::time::timeout;
use url::Url;

use super::Verdict;
use super::answer::Answer;
use crate::fields::{SettingsError, authority};

/// How long a request and its answer may take together.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// More of an answer than this is not read: what is looked for in it is a code.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Bytes of cookies that are handed back at most; servers take headers of 8 KB.
const MAX_COOKIE_BYTES: usize = 4 * 1024;

/// Sends requests; one try each, redirects are not followed.
#[derive(Clone)]
pub(crate) struct Client {
    transport: Arc<dyn Transport>,
}

/// A request, with headers that may be secret.
pub(crate) struct Request<'a> {
    pub(crate) method: Method,
    pub(crate) url: &'a Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

/// Connections to servers that the system's certificate authorities vouch for, or the one in `ca`
/// alone.
pub(crate) fn transport(ca: Option<&str>) -> Result<Arc<dyn Transport>, SettingsError> {
    let Some(ca) = ca else {
        return Ok(Arc::new(HttpTransport::new()));
    };
    let trusting = HttpTransport::trusting(&authority(ca)?, HttpSettings::default());
    Ok(Arc::new(trusting.map_err(|_| {
        SettingsError::field(
            "ca",
            "holds no PEM certificate; it is PEM text, or the path of a file with it",
        )
    })?))
}

impl Client {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport }
    }

    /// A client whose connections are those of [`transport`].
    pub(crate) fn trusting(ca: Option<&str>) -> Result<Self, SettingsError> {
        Ok(Self::new(transport(ca)?))
    }

    /// Sends a request within 30 seconds and before `until`. Without a whole answer nothing is
    /// known of the records, so they are to be sent again.
    pub(crate) async fn send(
        &self,
        request: Request<'_>,
        until: Deadline,
    ) -> Result<Answer, Verdict> {
        let limit = until
            .remaining()
            .map_or(REQUEST_TIMEOUT, |left| left.min(REQUEST_TIMEOUT));
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let answer = timeout(limit, self.exchange(request)).await;
        let error = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => error,
            Err(_) => TransportError::Timeout(format!("{} s", limit.as_secs())),
        };
        Err(Verdict::later(format!("{host}: {error}")))
    }

    async fn exchange(&self, request: Request<'_>) -> Result<Answer, TransportError> {
        let setup = |error: http::Error| TransportError::Setup(error.to_string());
        let mut builder = http::Request::builder()
            .method(request.method)
            .uri(request.url.as_str());
        for (name, value) in request.headers {
            let mut value = http::HeaderValue::try_from(value)
                .map_err(|_| TransportError::Setup(format!("{name} is not a header value")))?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        let request = builder.body(request.body).map_err(setup)?;
        let (parts, mut stream) = self.transport.send(request).await?.into_parts();
        let mut body = Vec::new();
        while body.len() < MAX_ANSWER_BYTES {
            let Some(chunk) = stream.next().await else {
                break;
            };
            let chunk = chunk?;
            body.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER_BYTES - body.len())]);
        }
        Ok(Answer {
            status: parts.status.as_u16(),
            retry_after: retry_after(&parts.headers),
            is_html: is_html(&parts.headers, &body),
            cookies: cookies(&parts.headers),
            body,
        })
    }
}

/// The names and values of the cookies that an answer sets, without what is said about them.
fn cookies(headers: &HeaderMap) -> Option<String> {
    let set = headers.get_all(http::header::SET_COOKIE).iter();
    let pairs = set.filter_map(|cookie| {
        let pair = cookie.to_str().ok()?.split(';').next()?.trim();
        pair.contains('=').then_some(pair)
    });
    let joined = pairs.collect::<Vec<_>>().join("; ");
    (1..=MAX_COOKIE_BYTES)
        .contains(&joined.len())
        .then_some(joined)
}

fn is_html(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(http::header::CONTENT_TYPE);
    let says_so = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let start = &body.trim_ascii_start()[..body.trim_ascii_start().len().min(14)];
    let start = start.to_ascii_lowercase();
    says_so || start.starts_with(b"<!doctype html") || start.starts_with(b"<html")
}
