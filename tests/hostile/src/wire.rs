//! A transport that answers with given bytes.

use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_http::{Body, RetryPolicy, Transport, TransportError, Url};
use futures::StreamExt as _;

/// An answer as the corpus writes it: leading lines that begin with `>` are a status (`>206`) or a
/// header (`>warning: 199 - "…"`); the rest is the body.
#[derive(Clone)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'a str, &'a str)>,
    pub(crate) body: &'a [u8],
}

impl<'a> Answer<'a> {
    pub(crate) fn read(mut bytes: &'a [u8]) -> Self {
        let (mut status, mut headers) = (200, Vec::new());
        while let Some(rest) = bytes.strip_prefix(b">") {
            let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            let line = std::str::from_utf8(&rest[..end]).unwrap_or_default();
            match line.split_once(':') {
                Some((name, value)) => headers.push((name, value.trim())),
                None => status = line.parse().unwrap_or(status),
            }
            bytes = rest.get(end + 1..).unwrap_or_default();
        }
        Self {
            status: if (100..=599).contains(&status) {
                status
            } else {
                200
            },
            headers,
            body: bytes,
        }
    }

    /// Whether the word stands in a header.
    pub(crate) fn header_holds(&self, word: &str) -> bool {
        self.headers.iter().any(|(_, value)| value.contains(word))
    }

    fn response(&self) -> http::Response<Body> {
        let status = http::StatusCode::from_u16(self.status).unwrap_or_default();
        let chunks: Vec<_> = self
            .body
            .chunks(4096)
            .map(|chunk| Ok(Bytes::copy_from_slice(chunk)))
            .collect();
        let mut response = http::Response::new(futures::stream::iter(chunks).boxed());
        *response.status_mut() = status;
        for (name, value) in &self.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, http::HeaderValue::from_str(value)) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// Answers each request with `answer`, and remembers where they went.
pub(crate) struct Wire {
    response: Box<dyn Fn() -> http::Response<Body> + Send + Sync>,
    asked: Mutex<Vec<Url>>,
}

impl Wire {
    pub(crate) fn new(answer: &Answer<'_>) -> Self {
        let (status, body) = (answer.status, answer.body.to_vec());
        let headers: Vec<(String, String)> = answer
            .headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self {
            response: Box::new(move || {
                let headers = headers
                    .iter()
                    .map(|(n, v)| (n.as_str(), v.as_str()))
                    .collect();
                let body = &body;
                Answer {
                    status,
                    headers,
                    body,
                }
                .response()
            }),
            asked: Mutex::default(),
        }
    }

    /// The addresses that were asked.
    pub(crate) fn asked(&self) -> Vec<Url> {
        self.asked
            .lock()
            .map(|asked| asked.clone())
            .unwrap_or_default()
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        if let (Ok(mut asked), Ok(url)) = (self.asked.lock(), request.uri().to_string().parse()) {
            asked.push(url);
        }
        Ok((self.response)())
    }
}

/// One try only: the answer stays the same.
pub(crate) fn one_try() -> RetryPolicy {
    RetryPolicy {
        max_tries: 1,
        jitter_seed: Some(1),
        ..RetryPolicy::default()
    }
}

/// Runs `work` to its end in virtual time.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> Option<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.ok().map(|runtime| runtime.block_on(work))
}
