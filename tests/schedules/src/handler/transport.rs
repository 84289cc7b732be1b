//! The simulated Graph behind the real client's transport port.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_entra::{ClientSecret, Endpoints, TokenCache, TokenEndpoint};
use drawbridge_graph::Settings;
use drawbridge_http::{Body, RetryPolicy, Transport, TransportError, Url};
use drawbridge_secrets::SecretSource;
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::polls::Current;
use crate::graph::{Ask, Field, Graph, Reply};
use crate::restless::{PAGE_BYTES, SMALL_PAGE_BYTES};
use crate::{Kind, Mutation, Schedule, Step};

const ROOT: &str = "https://graph.example";
/// With [`Mutation::FailedCountIsNone`], how long a number is waited for: less than the client does.
const COUNT_TIME: Duration = Duration::from_millis(500);
/// With [`Mutation::ShortWindowsNotCounted`], what is shorter than a live poll's overlap.
const SHORT: SignedDuration = SignedDuration::from_mins(10);
const LOGIN: &str = "https://login.example";

/// The real client of a process.
pub(super) fn client(
    graph: &Graph,
    current: &Current,
    schedule: &Schedule,
) -> drawbridge_graph::Graph {
    let url = |text: &str| Url::parse(text).expect("a fixed URL");
    let endpoints = Endpoints::custom(url(LOGIN), url(ROOT)).expect("fixed endpoints");
    let retry = RetryPolicy {
        jitter_seed: Some(schedule.seed),
        ..RetryPolicy::default()
    };
    let wire = Arc::new(Wire {
        graph: graph.clone(),
        current: current.clone(),
        mutation: schedule.mutation,
    });
    let endpoint = TokenEndpoint::new(wire.clone(), &endpoints, "t.example", "app");
    let identity = ClientSecret::new(endpoint, Arc::new(Secret));
    let tokens = TokenCache::with_policy(Arc::new(identity), retry.clone());
    let mut settings = Settings {
        retry,
        ..Settings::default()
    };
    if schedule.has(Kind::LargeAlert) {
        (settings.max_body_bytes, settings.max_alert_bytes) = PAGE_BYTES;
        settings.max_small_bytes = SMALL_PAGE_BYTES;
    }
    drawbridge_graph::Graph::new(wire, Arc::new(tokens), endpoints, settings)
}

/// The application's secret.
struct Secret;

#[async_trait]
impl SecretSource for Secret {
    async fn secret(&self) -> Result<SecretString, String> {
        Ok(SecretString::from("s1mulated"))
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
        if uri.starts_with(LOGIN) {
            return match self.graph.refuses_sign_in() {
                Some(reply) => self.render(&uri, reply),
                None => Ok(self.token()),
            };
        }
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
        let answered = run.step(Step::AskGraph, self.graph.answer(&ask, token));
        if self.mutation == Some(Mutation::FailedCountIsNone) && ask.counts {
            let reply = tokio::time::timeout(COUNT_TIME, answered).await;
            return match reply {
                Ok(reply @ Reply::Page { .. }) => self.render(&uri, reply),
                _ => {
                    let body = Bytes::from_static(b"{\"value\":[]}");
                    Ok(answer(200, Vec::new(), vec![Ok(body)]))
                }
            };
        }
        let is_short = ask
            .to
            .is_some_and(|(to, _)| to.duration_since(ask.from.0) < SHORT);
        let reply = match (self.mutation, answered.await) {
            (_, reply) if !ask.counts => reply,
            (Some(Mutation::FailedCountIsNever), reply) if !matches!(reply, Reply::Page { .. }) => {
                Reply::Status(501, None)
            }
            (Some(Mutation::ShortWindowsNotCounted), _) if is_short => Reply::Status(501, None),
            (_, reply) => reply,
        };
        self.render(&uri, reply)
    }
}

impl Wire {
    /// A token with a number in it that grows, whichever process asks.
    fn token(&self) -> http::Response<Body> {
        let token = format!(
            "{{\"token_type\":\"Bearer\",\"expires_in\":3600,\"access_token\":\"token-{}\"}}",
            self.graph.sign_in()
        );
        answer(200, Vec::new(), vec![Ok(Bytes::from(token))])
    }

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
                return Ok(answer(200, Vec::new(), vec![Ok(body)]));
            }
            Reply::Status(status, wait) => {
                let headers = wait.map(|wait| wait.headers(self.graph.now()));
                let headers = headers.unwrap_or_default();
                return Ok(answer(status, headers, vec![Ok(Bytes::new())]));
            }
            Reply::Reset | Reply::Hangs => return Err(TransportError::Connect("reset".to_owned())),
            Reply::CutOff => {
                let cut = Err(TransportError::CutOff("half".to_owned()));
                let chunks = vec![Ok(Bytes::from_static(b"{\"value\":[{\"id\":")), cut];
                return Ok(answer(200, Vec::new(), chunks));
            }
            Reply::Malformed => {
                let body = Bytes::from_static(b"{\"value\":[{");
                return Ok(answer(200, Vec::new(), vec![Ok(body)]));
            }
        };
        let partial = partial && self.mutation != Some(Mutation::Swallowed206);
        let count = count.filter(|_| self.mutation != Some(Mutation::NotCounted));
        let next = match self.mutation {
            Some(Mutation::FirstPageOnly) => None,
            Some(Mutation::EmptyPageIsLast) => next.filter(|_| !rows.is_empty()),
            _ => next,
        };
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
        Ok(answer(
            status,
            warning.into_iter().collect(),
            vec![Ok(Bytes::from(body))],
        ))
    }
}

fn answer(
    status: u16,
    headers: Vec<(&'static str, String)>,
    chunks: Vec<Result<Bytes, TransportError>>,
) -> http::Response<Body> {
    let mut response = http::Response::builder()
        .status(status)
        .header("content-type", "application/json");
    for (name, value) in headers {
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
