//! Splunk's HTTP Event Collector.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::http::{self, ReceivedRequest, Reply};

/// Where events are posted to.
pub const EVENTS: &str = "/services/collector/event";
/// What the collector answers when it has taken all events of a request.
pub const SUCCESS: &str = r#"{"text":"Success","code":0}"#;

/// What the collector checks first: the token, by the codes that Splunk documents, and the size
/// of the body once it is unzipped. Nothing, if there is nothing to complain of.
pub fn checked(asked: &ReceivedRequest, token: &str) -> Option<Reply> {
    assert_eq!(asked.method, "POST");
    let given = asked.headers.get("authorization");
    let Some(given) = given.and_then(|value| value.strip_prefix("Splunk ")) else {
        return Some(http::json(401, r#"{"text":"Token is required","code":2}"#));
    };
    if given != token {
        return Some(http::json(403, r#"{"text":"Invalid token","code":4}"#));
    }
    assert!(asked.body.len() <= 1_000_000, "{}", asked.body.len());
    None
}

/// The events of a body: objects one after the other.
pub fn events(body: &str) -> Vec<Value> {
    serde_json::Deserializer::from_str(body)
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

/// Two indexers with acknowledgement behind a balancer that asks them in turn.
///
/// Each counts the requests of a channel from 0, and tells of an acknowledgement once (Splunk
/// documentation, "About HTTP Event Collector Indexer Acknowledgment").
#[derive(Default)]
pub struct Indexers {
    first_forgets: bool,
    is_sticky: bool,
    state: Mutex<Cluster>,
}

#[derive(Default)]
struct Cluster {
    /// How many questions and events it was asked.
    turns: [usize; 2],
    /// By indexer and channel: how many requests it took, and which are not told of yet.
    channels: HashMap<(usize, String), (u64, HashSet<u64>)>,
    stored: Vec<String>,
    strays: usize,
}

impl Indexers {
    /// The first one loses what it has taken before it is indexed.
    pub fn with_one_that_forgets() -> Self {
        Self {
            first_forgets: true,
            ..Self::default()
        }
    }

    /// The balancer hands out a cookie, and sends whoever shows it to the same indexer.
    pub fn behind_a_cookie() -> Self {
        Self {
            is_sticky: true,
            ..Self::default()
        }
    }

    /// What is answered to a request.
    pub fn reply(&self, asked: &ReceivedRequest, token: &str) -> Reply {
        if let Some(refusal) = checked(asked, token) {
            return refusal;
        }
        let mut state = self.state.lock().unwrap();
        let is_event = asked.path == EVENTS;
        let turn = &mut state.turns[usize::from(is_event)];
        *turn += 1;
        // Questions change sides half as often, so that they do not meet their events by chance.
        let by_turn = if is_event { *turn } else { *turn / 2 } % 2;
        let shown = asked.headers.get("cookie");
        let by_cookie = shown.and_then(|cookie| cookie.strip_prefix("AWSALB=indexer-"));
        let at = by_cookie.map_or(by_turn, |at| at.parse().unwrap());
        if !is_event && by_cookie.is_none() {
            state.strays += 1;
        }
        let channel = (at, asked.headers["x-splunk-request-channel"].clone());
        let body = if is_event {
            let forgets = self.first_forgets && at == 0;
            let (count, indexed) = state.channels.entry(channel).or_default();
            let id = *count;
            *count += 1;
            if !forgets {
                indexed.insert(id);
                let key = |event: Value| event["fields"]["key"].as_str().unwrap().to_owned();
                state
                    .stored
                    .extend(events(&asked.body).into_iter().map(key));
            }
            json!({"text": "Success", "code": 0, "ackId": id})
        } else {
            let question: Value = serde_json::from_str(&asked.body).unwrap();
            let id = question["acks"][0].as_u64().unwrap();
            let known = state.channels.get_mut(&channel);
            let is_indexed = known.is_some_and(|(_, indexed)| indexed.remove(&id));
            json!({"acks": {id.to_string(): is_indexed}})
        };
        let mut headers = vec![("content-type", "application/json".to_owned())];
        if self.is_sticky {
            let cookie =
                format!("AWSALB=indexer-{at}; Expires=Wed, 1 Jan 2031 00:00:00 GMT; Path=/");
            headers.push(("set-cookie", cookie));
        }
        Reply::Answer(200, headers, body.to_string())
    }

    /// The keys of the events that were indexed, in order, each as often as it was.
    pub fn stored(&self) -> Vec<String> {
        let mut stored = self.state.lock().unwrap().stored.clone();
        stored.sort();
        stored
    }

    /// How many questions came without the balancer's cookie.
    pub fn strays(&self) -> usize {
        self.state.lock().unwrap().strays
    }
}
