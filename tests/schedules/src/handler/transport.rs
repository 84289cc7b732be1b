//! The simulated Graph behind the real client's transport port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_entra::{Endpoints, SignInError, Token, TokenCache, TokenProvider};
use drawbridge_graph::Settings;
use drawbridge_http::{Body, RetryPolicy, Transport, TransportError, Url};
use futures::StreamExt as _;
use jiff::Timestamp;
use secrecy::SecretString;

use super::process::Current;
use crate::graph::{Ask, Field, Graph, Reply};
use crate::{Mutation, Step};

const ROOT: &str = "https://graph.example";

/// The real client of a process.
pub(super) fn client(
    graph: &Graph,
    current: &Current,
    seed: u64,
    mutation: Option<Mutation>,
) -> drawbridge_graph::Graph {
    let url = |text: &str| Url::parse(text).expect("a fixed URL");
    let endpoints =
        Endpoints::custom(url("https://login.example"), url(ROOT)).expect("fixed endpoints");
    let retry = RetryPolicy {
        jitter_seed: Some(seed),
        ..RetryPolicy::default()
    };
    let tokens = TokenCache::with_policy(Arc::new(SignIn(graph.clone())), retry.clone());
    let wire = Wire {
        graph: graph.clone(),
        current: current.clone(),
        mutation,
    };
    let settings = Settings {
        retry,
        ..Settings::default()
    };
    drawbridge_graph::Graph::new(Arc::new(wire), Arc::new(tokens), endpoints, settings)
}

/// Hands out tokens with a number in them that grows, whichever process asks.
struct SignIn(Graph);

#[async_trait]
impl TokenProvider for SignIn {
    async fn fetch(&self) -> Result<Token, SignInError> {
        Ok(Token {
            secret: SecretString::from(format!("token-{}", self.0.sign_in())),
            lifetime: Duration::from_secs(3600),
        })
    }
}

struct Wire {
    graph: Graph,
    current: Current,
    mutation: Option<Mutation>,
}

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let run = self.current.run();
        let uri = request.uri().to_string();
        let token = request
            .headers()
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.rsplit('-').next()?.parse().ok())
            .unwrap_or(0);
        let mut ask = parse(&uri);
        if self.mutation == Some(Mutation::GtForGe) {
            ask.from.1 = false;
        }
        let reply = run
            .step(Step::AskGraph, self.graph.answer(&ask, token))
            .await;
        self.render(&uri, reply)
    }
}

impl Wire {
    fn render(&self, uri: &str, reply: Reply) -> Result<http::Response<Body>, TransportError> {
        let mut host = ROOT;
        let (rows, next, partial, count) = match reply {
            Reply::Page {
                rows,
                next,
                partial,
                count,
            } => (rows, next, partial, count),
            Reply::ForeignLink(rows) => {
                host = "https://elsewhere.example";
                (rows, Some(0), false, None)
            }
            Reply::Html => {
                let body = Bytes::from_static(b"<!DOCTYPE html><title>Sign in</title>");
                return Ok(answer(200, None, vec![Ok(body)]));
            }
            Reply::Status(status, wait) => {
                let wait = wait.map(|secs| ("retry-after", secs.to_string()));
                return Ok(answer(status, wait, vec![Ok(Bytes::new())]));
            }
            Reply::Reset | Reply::Hangs => return Err(TransportError::Connect("reset".to_owned())),
            Reply::CutOff => {
                let cut = Err(TransportError::CutOff("half".to_owned()));
                let chunks = vec![Ok(Bytes::from_static(b"{\"value\":[{\"id\":")), cut];
                return Ok(answer(200, None, chunks));
            }
            Reply::Malformed => {
                let body = Bytes::from_static(b"{\"value\":[{");
                return Ok(answer(200, None, vec![Ok(body)]));
            }
        };
        let partial = partial && self.mutation != Some(Mutation::Swallowed206);
        let count = count.filter(|_| self.mutation != Some(Mutation::NotCounted));
        let next = next.filter(|_| self.mutation != Some(Mutation::FirstPageOnly));
        let mut body = String::from("{\"value\":[");
        for (n, row) in rows.iter().enumerate() {
            if n > 0 {
                body.push(',');
            }
            body.push_str(&row.text.write(&self.graph.version(*row).json));
        }
        body.push(']');
        if let Some(count) = count {
            body.push_str(&format!(",\"@odata.count\":{count}"));
        }
        if let Some(next) = next {
            let base = uri.split("&$skiptoken=").next().unwrap_or(uri);
            let base = base.replacen(ROOT, host, 1);
            body.push_str(&format!(
                ",\"@odata.nextLink\":\"{base}&$skiptoken={next}\""
            ));
        }
        body.push('}');
        let warning = partial.then(|| ("warning", "199 - \"Microsoft/WDATP/504/10000\"".into()));
        let status = if partial { 206 } else { 200 };
        Ok(answer(status, warning, vec![Ok(Bytes::from(body))]))
    }
}

fn answer(
    status: u16,
    header: Option<(&str, String)>,
    chunks: Vec<Result<Bytes, TransportError>>,
) -> http::Response<Body> {
    let mut response = http::Response::builder()
        .status(status)
        .header("content-type", "application/json");
    if let Some((name, value)) = header {
        response = response.header(name, value);
    }
    response
        .body(futures::stream::iter(chunks).boxed())
        .expect("fixed headers")
}

/// Reads the request that the real client made.
fn parse(uri: &str) -> Ask {
    let url = Url::parse(uri).expect("the client makes sound URLs");
    let find = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    };
    let filter = find("$filter").expect("every request has a filter");
    let bound = |word: &str| -> Timestamp {
        let (_, rest) = filter.split_once(word).expect("both bounds are asked for");
        let time = rest.split_whitespace().next().unwrap_or_default();
        time.parse().expect("a bound is a time")
    };
    let number = |name: &str| find(name).and_then(|n| n.parse().ok());
    Ask {
        field: Field::Updated,
        from: (bound("lastUpdateDateTime ge "), true),
        to: Some((bound("lastUpdateDateTime lt "), false)),
        oldest_first: false,
        top: number("$top").expect("every request has a page size"),
        skip: number("$skiptoken").unwrap_or(0),
        counts: find("$count").as_deref() == Some("true"),
    }
}
