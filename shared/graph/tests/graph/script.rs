//! A transport that plays answers from a list and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_graph::{
    AlertQuery, Body, ClientSecret, Endpoints, Graph, GraphError, RetryPolicy, SecretSource,
    Settings, TokenCache, TokenEndpoint, Transport, TransportError,
};
use futures::{StreamExt, stream};
use http::{HeaderMap, Method, Request, Response};
use secrecy::SecretString;
use tokio::time::Instant;

/// Every secret, token and alert of a test holds this word; no error and no event may.
pub(crate) const MARKER: &str = "MARKER";
pub(crate) const TENANT: &str = "9f4ebc3e-4a0b-4f6e-9f0c-6a0f0a1d2b3c";

/// One answer of the script.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    chunks: Vec<Result<Bytes, TransportError>>,
    after: Duration,
    broken: Option<TransportError>,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            chunks: Vec::new(),
            after: Duration::ZERO,
            broken: None,
        }
    }

    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::status(status)
            .header("content-type", "application/json")
            .body(body)
    }

    /// A page of alerts with these ids.
    pub(crate) fn page(ids: &[&str]) -> Self {
        Self::json(200, page(ids, None))
    }

    pub(crate) fn page_with_next(ids: &[&str], next: &str) -> Self {
        Self::json(200, page(ids, Some(next)))
    }

    /// Graph's error body.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"about {code}"}}}}"#);
        Self::json(status, body)
    }

    /// Entra's error body, with everything in it that must not come out again.
    pub(crate) fn aadsts(status: u16, error: &str, code: u32) -> Self {
        Self::json(
            status,
            format!(
                r#"{{"error":"{error}","error_description":"AADSTS{code}: text with {MARKER}",
                "error_codes":[{code}],"trace_id":"trace-1","correlation_id":"corr-1"}}"#
            ),
        )
    }

    pub(crate) fn token(token: &str, seconds: u64) -> Self {
        let body = format!(
            r#"{{"token_type":"Bearer","expires_in":{seconds},"ext_expires_in":{seconds},"access_token":"{token}"}}"#
        );
        Self::json(200, body)
    }

    /// No answer at all.
    pub(crate) fn broken(error: TransportError) -> Self {
        Self {
            broken: Some(error),
            ..Self::status(200)
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<String>) -> Self {
        self.chunks.push(Ok(Bytes::from(body.into())));
        self
    }

    /// The body breaks here.
    pub(crate) fn then(mut self, error: TransportError) -> Self {
        self.chunks.push(Err(error));
        self
    }

    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.after = delay;
        self
    }
}

pub(crate) fn page(ids: &[&str], next: Option<&str>) -> String {
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
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

#[derive(Default)]
pub(crate) struct Script {
    pages: Mutex<VecDeque<Answer>>,
    tokens: Mutex<VecDeque<Answer>>,
    seen: Mutex<Vec<Seen>>,
}

impl Script {
    /// Answers to GET, in order.
    pub(crate) fn pages(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let script = Self::default();
        script.pages.lock().unwrap().extend(answers);
        Arc::new(script)
    }

    /// Answers to POST, in order; once they are used up, tokens are handed out.
    pub(crate) fn tokens(answers: impl IntoIterator<Item = Answer>) -> Arc<Self> {
        let script = Self::default();
        script.tokens.lock().unwrap().extend(answers);
        Arc::new(script)
    }

    /// Answers to POST and to GET.
    pub(crate) fn new(
        tokens: impl IntoIterator<Item = Answer>,
        pages: impl IntoIterator<Item = Answer>,
    ) -> Arc<Self> {
        let script = Self::default();
        script.tokens.lock().unwrap().extend(tokens);
        script.pages.lock().unwrap().extend(pages);
        Arc::new(script)
    }

    pub(crate) fn seen(&self, method: &Method) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|seen| seen.method == *method)
            .cloned()
            .collect()
    }

    pub(crate) fn gets(&self) -> Vec<Seen> {
        self.seen(&Method::GET)
    }

    pub(crate) fn posts(&self) -> Vec<Seen> {
        self.seen(&Method::POST)
    }

    /// Seconds between one GET and the next.
    pub(crate) fn pauses(&self) -> Vec<f64> {
        let gets = self.gets();
        gets.windows(2)
            .map(|two| (two[1].at - two[0].at).as_secs_f64())
            .collect()
    }

    /// A client over this script that may hold 100 kB a page.
    pub(crate) fn graph(self: &Arc<Self>) -> Graph {
        let secret = Arc::new(FixedSecret(format!("secret-{MARKER}")));
        self.graph_with(&self.provider(secret), |_| {})
    }

    pub(crate) fn graph_with(
        self: &Arc<Self>,
        provider: &Arc<ClientSecret>,
        change: impl FnOnce(&mut Settings),
    ) -> Graph {
        let mut settings = Settings {
            max_body_bytes: 100_000,
            retry: policy(),
            ..Settings::default()
        };
        change(&mut settings);
        let tokens = Arc::new(TokenCache::with_policy(provider.clone(), policy()));
        Graph::new(self.clone(), tokens, endpoints(), settings)
    }

    pub(crate) fn provider(self: &Arc<Self>, secret: Arc<dyn SecretSource>) -> Arc<ClientSecret> {
        Arc::new(ClientSecret::new(self.endpoint(), secret))
    }

    /// The token endpoint of the one application.
    pub(crate) fn endpoint(self: &Arc<Self>) -> TokenEndpoint {
        TokenEndpoint::new(self.clone(), &endpoints(), TENANT, "client-1")
    }

    pub(crate) fn cache(self: &Arc<Self>) -> Arc<TokenCache> {
        let secret = Arc::new(FixedSecret(format!("secret-{MARKER}")));
        Arc::new(TokenCache::with_policy(self.provider(secret), policy()))
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

/// A secret that stays as it is.
pub(crate) struct FixedSecret(pub(crate) String);

#[async_trait]
impl SecretSource for FixedSecret {
    async fn secret(&self) -> Result<SecretString, String> {
        Ok(SecretString::from(self.0.clone()))
    }
}

pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy {
        jitter_seed: Some(1),
        ..RetryPolicy::default()
    }
}

pub(crate) fn endpoints() -> Endpoints {
    let login = "https://login.example".parse().unwrap();
    Endpoints::custom(login, "https://graph.example".parse().unwrap()).unwrap()
}

pub(crate) fn query() -> AlertQuery {
    AlertQuery {
        severities: Vec::new(),
        from: "2026-11-23T20:00:00Z".parse().unwrap(),
        to: "2026-11-23T20:05:00Z".parse().unwrap(),
        service_sources: vec!["microsoftDefenderForEndpoint".to_owned()],
        top: 100,
    }
}

/// What an operator sees of an error, after making sure that nothing secret is in it.
pub(crate) fn shown(error: &GraphError) -> String {
    let text = error.to_string();
    let debug = format!("{error:?}");
    assert!(!text.contains(MARKER), "{text}");
    assert!(!debug.contains(MARKER), "{debug}");
    assert!(!text.contains('\n'), "{text}");
    text
}
