//! Splunk's HTTP Event Collector.

use serde_json::Value;

use crate::http::{Asked, Told, json};

/// Where events are posted to.
pub const EVENTS: &str = "/services/collector/event";
/// What the collector answers when it has taken all events of a request.
pub const SUCCESS: &str = r#"{"text":"Success","code":0}"#;

/// What the collector checks first: the token, by the codes that Splunk documents, and the size
/// of the body once it is unzipped. Nothing, if there is nothing to complain of.
pub fn checked(asked: &Asked, token: &str) -> Option<Told> {
    assert_eq!(asked.method, "POST");
    let given = asked.headers.get("authorization");
    let Some(given) = given.and_then(|value| value.strip_prefix("Splunk ")) else {
        return Some(json(401, r#"{"text":"Token is required","code":2}"#));
    };
    if given != token {
        return Some(json(403, r#"{"text":"Invalid token","code":4}"#));
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
