//! A transport that plays answers from a list and remembers what it was asked, for the tests of those
//! who sign in and read pages.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where something is not as it expects"
)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, Method, Request, Response};
use tokio::time::Instant;

use crate::transport::{Body, Transport, TransportError};

/// Every secret, token and alert of a test holds this word; no error and no event may.
pub const MARKER: &str = "MARKER";

/// One answer of the script.
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    chunks: Vec<Result<Bytes, TransportError>>,
    after: Duration,
    broken: Option<TransportError>,
}

impl Answer {
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            chunks: Vec::new(),
            after: Duration::ZERO,
            broken: None,
        }
    }

    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::status(status)
            .header("content-type", "application/json")
            .body(body)
    }

    /// A page of alerts with these ids.
    pub fn page(ids: &[&str]) -> Self {
        Self::json(200, page(ids, None))
    }

    pub fn page_with_next(ids: &[&str], next: &str) -> Self {
        Self::json(200, page(ids, Some(next)))
    }

    /// Graph's error body.
    pub fn error(status: u16, code: &str) -> Self {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"about {code}"}}}}"#);
        Self::json(status, body)
    }

    /// Entra's error body, with everything in it that must not come out again.
    pub fn aadsts(status: u16, error: &str, code: u32) -> Self {
        Self::json(
            status,
            format!(
                r#"{{"error":"{error}","error_description":"AADSTS{code}: text with {MARKER}",
                "error_codes":[{code}],"trace_id":"trace-1","correlation_id":"corr-1"}}"#
            ),
        )
    }

    pub fn token(token: &str, seconds: u64) -> Self {
        let body = format!(
            r#"{{"token_type":"Bearer","expires_in":{seconds},"ext_expires_in":{seconds},"access_token":"{token}"}}"#
        );
        Self::json(200, body)
    }

    /// No answer at all.
    pub fn broken(error: TransportError) -> Self {
        Self {
            broken: Some(error),
            ..Self::status(200)
        }
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<String>) -> Self {
        self.chunks.push(Ok(Bytes::from(body.into())));
        self
    }

    /// The body breaks here.
    pub fn then(mut self, error: TransportError) -> Self {
        self.chunks.push(Err(error));
        self
    }

    pub fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }
}

pub fn page(ids: &[&str], next: Option<&str>) -> String {
    let alerts: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"id":"{id}","title":"{MARKER}"}}"#))
        .collect();
    let next = next.map_or(String::new(), |next| {
        format!(r#","@odata.nextLink":"{next}""#)
    });
    format!(
        r#"{{"@odata.context":"c","value":[{}]{next}}}"#,
        alerts.join(",")
    )
}

/// A request as it was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: Method,
    pub url: String,
    pub headers: HeaderMap,
    pub body: String,
    pub at: Instant,
}

#[derive(Default)]
pub struct Script {
    pages: Mutex<VecDeque<Answer>>,
    tokens: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Seen>>,
}

impl Script {
    /// Answers to GET, in order.
    pub fn pages(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let script = Self::default();
        script.pages.lock().unwrap().extend(answers);
        Arc::new(script)
    }

    /// Answers to POST, in order; once they are used up, tokens are handed out.
    pub fn tokens(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let script = Self::default();
        script.tokens.lock().unwrap().extend(answers);
        Arc::new(script)
    }

    /// Answers to POST and to GET.
    pub fn new(
        tokens: impl IntoIterator<Item = Answer>,
        pages: impl IntoIterator<Item = Answer>,
    ) -> Arc<Self> {
        let script = Self::default();
        script.tokens.lock().unwrap().extend(tokens);
        script.pages.lock().unwrap().extend(pages);
        Arc::new(script)
    }

    pub fn seen(&self, method: &Method) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.method == *method)
            .cloned()
            .collect()
    }

    pub fn gets(&self) -> Vec<Seen> {
        self.seen(&Method::GET)
    }

    pub fn posts(&self) -> Vec<Seen> {
        self.seen(&Method::POST)
    }

    /// Seconds between one GET and the next.
    pub fn pauses(&self) -> Vec<f64> {
        let gets = self.gets();
        gets.windows(2)
            .map(|two| (two[1].at - two[0].at).as_secs_f64())
            .collect()
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Body>, TransportError> {
        let (parts, body) = request.into_parts();
        let is_post = parts.method == Method::POST;
        let number = {
            let mut seen = self.seen.lock().unwrap();
            seen.push(Seen {
                method: parts.method,
                url: parts.uri.to_string(),
                headers: parts.headers,
                body: String::from_utf8(body.to_vec()).unwrap(),
                at: Instant::now(),
            });
            seen.iter()
                .filter(|seen| seen.method == Method::POST)
                .count()
        };
        let queue = if is_post { &self.tokens } else { &self.pages };
        let next = queue.lock().unwrap().pop_front();
        let answer = match next {
            Some(answer) => answer,
            None if is_post => Answer::token(&format!("token-{number}-{MARKER}"), 3599),
            None => panic!("the script has no answer left"),
        };
        tokio::time::sleep(answer.after).await;
        if let Some(error) = answer.broken {
            return Err(error);
        }
        let mut response = Response::builder().status(answer.status);
        for (name, value) in answer.headers {
            response = response.header(name, value);
        }
        Ok(response.body(stream::iter(answer.chunks).boxed()).unwrap())
    }
}
