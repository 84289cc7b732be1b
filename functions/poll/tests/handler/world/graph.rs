use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::client::{client, client_signing_in};
use super::ports::Mortal;
use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_graph::{Graph, Settings};
use drawbridge_http::{Body, Transport, TransportError};
use futures::StreamExt as _;
use jiff::Timestamp;
use tokio::time::Instant;

/// A Graph whose alerts and answers a test sets.
#[derive(Default)]
pub(crate) struct FakeGraph {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Id, last update and text of each.
    alerts: Mutex<Vec<(String, Timestamp, String)>>,
    script: Mutex<VecDeque<Answer>>,
    count: Mutex<Count>,
    poison: Mutex<Option<String>>,
    poison_windows: Mutex<Option<String>>,
    pub(crate) latency: Mutex<u64>,
    poison_status: Mutex<Option<(u16, Option<u64>)>>,
    down: Mutex<bool>,
    cap: Mutex<Option<usize>>,
    cap_bytes: Mutex<Option<usize>>,
    unlisted: Mutex<Vec<String>>,
    refuses: Mutex<bool>,
    endless: Mutex<bool>,
    repeats: Mutex<bool>,
    hangs_above: Mutex<Option<usize>>,
    mortal: Arc<Mortal>,
    log: Mutex<Vec<String>>,
    times: Mutex<Vec<Instant>>,
}

/// The status of a poisoned page that never answers.
pub(crate) const HANGS: u16 = 599;

/// What Graph says when it is asked how many alerts there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Count {
    /// Nothing: the alerts without a number.
    #[default]
    Silent,
    /// As many as there are and some more.
    AndMore(u64),
    /// 400.
    Refused,
    /// 503.
    Unavailable,
    /// 501.
    NotImplemented,
    /// Another status, and why.
    Status(u16),
    /// 400, where there are any.
    RefusedOfSome,
    /// What is no number.
    Garbled,
}

/// What Graph answers next, in place of the alerts.
pub(crate) enum Answer {
    /// The alerts as they are.
    Well,
    /// The alerts, with status 206 and a warning.
    Partial,
    /// A status without a body.
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    Throttled(u64),
    /// A body of no page.
    Malformed,
    /// A page of these bytes.
    Page(Vec<u8>),
}

impl FakeGraph {
    /// One that takes part in the deaths of a process.
    pub(crate) fn of(mortal: &Arc<Mortal>) -> Self {
        let inner = Inner {
            mortal: Arc::clone(mortal),
            ..Inner::default()
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Behind the last alert, each empty page has a link to another one.
    pub(crate) fn is_endless(&self) {
        *self.inner.endless.lock().unwrap() = true;
    }

    /// Behind the last alert there is a link to the first one, and so on, each another link.
    pub(crate) fn repeats(&self) {
        *self.inner.repeats.lock().unwrap() = true;
        self.is_endless();
    }

    pub(crate) fn client(&self) -> Graph {
        let wire = Arc::new(Wire(Arc::clone(&self.inner)));
        client(wire, Settings::default())
    }

    /// A client whose sign-ins take so many milliseconds.
    pub(crate) fn client_signing_in(&self, ms: u64) -> Graph {
        let wire = Arc::new(Wire(Arc::clone(&self.inner)));
        client_signing_in(wire, Settings::default(), ms)
    }

    /// Sets an alert; one of the same id is replaced.
    pub(crate) fn set(&self, id: &str, updated: &str, json: String) {
        let mut alerts = self.inner.alerts.lock().unwrap();
        alerts.retain(|(old, _, _)| old != id);
        alerts.push((id.to_owned(), updated.parse().unwrap(), json));
    }

    /// Answers these before anything else.
    pub(crate) fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner.script.lock().unwrap().extend(answers);
    }

    /// Any page with this text in it is answered with 500.
    pub(crate) fn poison(&self, text: &str) {
        *self.inner.poison.lock().unwrap() = Some(text.to_owned());
    }

    /// Any question about a window with this text in an alert of it is answered as a poisoned page is.
    pub(crate) fn poison_windows(&self, text: &str) {
        *self.inner.poison_windows.lock().unwrap() = Some(text.to_owned());
    }

    /// No answer fails any more.
    pub(crate) fn heal(&self) {
        *self.inner.poison.lock().unwrap() = None;
        *self.inner.poison_windows.lock().unwrap() = None;
        self.inner.script.lock().unwrap().clear();
    }

    /// Every answer takes that long.
    pub(crate) fn latency(&self, ms: u64) {
        *self.inner.latency.lock().unwrap() = ms;
    }

    /// What a poisoned answer is: 500 by default.
    pub(crate) fn poison_with(&self, status: u16, wait: Option<u64>) {
        *self.inner.poison_status.lock().unwrap() = Some((status, wait));
    }

    /// A page of more alerts than that never comes.
    pub(crate) fn hangs_above(&self, alerts: usize) {
        *self.inner.hangs_above.lock().unwrap() = Some(alerts);
    }

    /// Every request is answered with 503.
    pub(crate) fn is_down(&self, down: bool) {
        *self.inner.down.lock().unwrap() = down;
    }

    /// Every request is answered as a poisoned page is.
    pub(crate) fn refuses_everything(&self, refuses: bool) {
        *self.inner.refuses.lock().unwrap() = refuses;
    }

    /// No more than so many alerts of a window are listed, as if there were no others.
    pub(crate) fn lists_at_most(&self, alerts: usize) {
        *self.inner.cap.lock().unwrap() = Some(alerts);
    }

    /// No more alerts of a window are listed than fit into so many bytes.
    pub(crate) fn lists_at_most_bytes(&self, bytes: usize) {
        *self.inner.cap_bytes.lock().unwrap() = Some(bytes);
    }

    /// The alert of that id is counted and not listed.
    pub(crate) fn never_lists(&self, id: &str) {
        self.inner.unlisted.lock().unwrap().push(id.to_owned());
    }

    /// What it says of the number of alerts.
    pub(crate) fn counts(&self, count: Count) {
        *self.inner.count.lock().unwrap() = count;
    }

    /// When the requests came.
    pub(crate) fn times(&self) -> Vec<Instant> {
        self.inner.times.lock().unwrap().clone()
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.inner.log.lock().unwrap().clone()
    }
}

struct Wire(Arc<Inner>);

#[async_trait]
impl Transport for Wire {
    async fn send(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Body>, TransportError> {
        let query: Vec<(String, String)> = url_pairs(request.uri().query().unwrap_or_default());
        let find = |name: &str| {
            query
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, v)| v.clone())
        };
        self.0.log.lock().unwrap().push(request.uri().to_string());
        self.0.times.lock().unwrap().push(Instant::now());
        self.0.mortal.step().await;
        let ms = *self.0.latency.lock().unwrap();
        tokio::time::sleep(Duration::from_millis(ms)).await;
        if *self.0.down.lock().unwrap() {
            return Ok(answer(503, None, String::new()));
        }
        if *self.0.refuses.lock().unwrap() {
            let (status, _) = self.0.poison_status.lock().unwrap().unwrap_or((500, None));
            return Ok(answer(status, None, String::new()));
        }
        let scripted = self.0.script.lock().unwrap().pop_front();
        match scripted {
            Some(Answer::Status(status)) => return Ok(answer(status, None, String::new())),
            Some(Answer::Throttled(secs)) => {
                return Ok(answer(
                    429,
                    Some(("retry-after", secs.to_string())),
                    String::new(),
                ));
            }
            Some(Answer::Malformed) => return Ok(answer(200, None, "{\"value\":[{")),
            Some(Answer::Page(body)) => return Ok(answer(200, None, body)),
            Some(Answer::Partial | Answer::Well) | None => {}
        }
        let filter = find("$filter").unwrap();
        let top: usize = find("$top").unwrap().parse().unwrap();
        let skip: usize = find("$skiptoken").map_or(0, |n| n.parse().unwrap());
        let bound = |word: &str| -> Timestamp {
            let start = filter.find(word).unwrap() + word.len();
            filter[start..]
                .split_whitespace()
                .next()
                .unwrap()
                .parse()
                .unwrap()
        };
        let (from, to) = (
            bound("lastUpdateDateTime ge "),
            bound("lastUpdateDateTime lt "),
        );
        let alerts = self.0.alerts.lock().unwrap();
        let hits: Vec<(&String, &str)> = alerts
            .iter()
            .filter(|(_, updated, _)| (from..to).contains(updated))
            .map(|(id, _, json)| (id, json.as_str()))
            .collect();
        let poison = self.0.poison_windows.lock().unwrap().clone();
        if poison.is_some_and(|text| hits.iter().any(|(_, json)| json.contains(&text))) {
            let (status, _) = self.0.poison_status.lock().unwrap().unwrap_or((500, None));
            return Ok(answer(status, None, String::new()));
        }
        let counted = hits.len() as u64;
        let unlisted = self.0.unlisted.lock().unwrap();
        let hits: Vec<&str> = hits
            .into_iter()
            .filter(|(id, _)| !unlisted.contains(id))
            .map(|(_, json)| json)
            .collect();
        let listed = self.0.cap.lock().unwrap().unwrap_or(usize::MAX);
        let mut bytes_left = self.0.cap_bytes.lock().unwrap().unwrap_or(usize::MAX);
        let fits = |json: &&&str| match bytes_left.checked_sub(json.len()) {
            Some(left) => {
                bytes_left = left;
                true
            }
            None => false,
        };
        let fitting = hits.iter().take(listed).take_while(fits).count();
        let listed = &hits[..fitting];
        let place = match *self.0.repeats.lock().unwrap() {
            true => skip % listed.len().max(1),
            false => skip,
        };
        let page = &listed[place.min(listed.len())..(place + top).min(listed.len())];
        let most = self.0.hangs_above.lock().unwrap().unwrap_or(usize::MAX);
        if page.len() > most {
            return Ok(never());
        }
        let poison = self.0.poison.lock().unwrap().clone();
        if poison.is_some_and(|text| page.iter().any(|json| json.contains(&text))) {
            let (status, wait) = self.0.poison_status.lock().unwrap().unwrap_or((500, None));
            if status == HANGS {
                return Ok(never());
            }
            return Ok(answer(
                status,
                wait.map(|w| ("retry-after", w.to_string())),
                String::new(),
            ));
        }
        let is_endless = *self.0.endless.lock().unwrap();
        let next = if skip + top < listed.len() || is_endless {
            let path = request.uri().path_and_query().unwrap().as_str();
            let base = path
                .split("&$skiptoken")
                .next()
                .unwrap()
                .split("&%24skiptoken")
                .next()
                .unwrap();
            format!(
                ",\"@odata.nextLink\":\"https://graph.example{base}&$skiptoken={}\"",
                skip + top
            )
        } else {
            String::new()
        };
        let count = match (find("$count"), *self.0.count.lock().unwrap()) {
            (None, _) | (_, Count::Silent) => String::new(),
            (_, Count::Refused) => return Ok(answer(400, None, String::new())),
            (_, Count::Unavailable) => return Ok(answer(503, None, String::new())),
            (_, Count::NotImplemented) => return Ok(answer(501, None, String::new())),
            (_, Count::Status(status)) => {
                let body = r#"{"error":{"code":"Unknown","message":"not now"}}"#;
                return Ok(answer(status, None, body));
            }
            (_, Count::RefusedOfSome) if counted > 0 => {
                return Ok(answer(400, None, String::new()));
            }
            (_, Count::RefusedOfSome) => "\"@odata.count\":0,".to_owned(),
            (_, Count::Garbled) => "\"@odata.count\":-1,".to_owned(),
            (_, Count::AndMore(more)) => format!("\"@odata.count\":{},", counted + more),
        };
        let body = format!("{{{count}\"value\":[{}]{next}}}", page.join(","));
        Ok(match scripted {
            Some(Answer::Partial) => answer(
                206,
                Some(("warning", "199 - \"Microsoft/WDATP/504/10000\"".into())),
                body,
            ),
            _ => answer(200, None, body),
        })
    }
}

/// An answer that does not come.
fn never() -> http::Response<Body> {
    http::Response::new(futures::stream::pending().boxed())
}

fn answer(
    status: u16,
    header: Option<(&str, String)>,
    body: impl Into<Bytes>,
) -> http::Response<Body> {
    let mut response = http::Response::builder()
        .status(status)
        .header("content-type", "application/json");
    if let Some((name, value)) = header {
        response = response.header(name, value);
    }
    let body = futures::stream::iter([Ok(body.into())]).boxed();
    response.body(body).unwrap()
}

/// The pairs of a query string, percent-decoded.
fn url_pairs(query: &str) -> Vec<(String, String)> {
    let url = format!("https://x/?{query}")
        .parse::<drawbridge_http::Url>()
        .unwrap();
    url.query_pairs().into_owned().collect()
}
