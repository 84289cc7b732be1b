use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_entra::{Endpoints, SignInError, Token, TokenCache, TokenProvider};
use drawbridge_graph::{AlertQuery, Graph, GraphError, Page, Room, Settings};
use drawbridge_http::Url;
use drawbridge_time::Deadline;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use crate::MAX_INPUT_BYTES;
use crate::marker::{MARKER, assert_discreet, assert_fit_for_a_log};
use crate::wire::{Answer, Wire, one_try, run};

const GRAPH: &str = "https://graph.example";
const MAX_BODY_BYTES: usize = 256 * 1024;

/// A page of alerts as the Graph client reads it, with what may stand in its headers.
pub fn list_page(bytes: &[u8]) {
    if bytes.len() > MAX_INPUT_BYTES {
        return;
    }
    let answer = Answer::read(bytes);
    let wire = Arc::new(Wire::new(&answer));
    let Ok(graph_url) = GRAPH.parse::<Url>() else {
        return;
    };
    let Ok(endpoints) = Endpoints::custom(graph_url.clone(), graph_url.clone()) else {
        return;
    };
    let settings = Settings {
        max_body_bytes: MAX_BODY_BYTES,
        retry: one_try(),
        ..Settings::default()
    };
    let tokens = Arc::new(TokenCache::with_policy(Arc::new(SignedIn), one_try()));
    let graph = Graph::new(wire.clone(), tokens, endpoints, settings);
    let query = AlertQuery {
        severities: Vec::new(),
        from: Timestamp::UNIX_EPOCH,
        to: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(60),
        service_sources: Vec::new(),
        top: 10,
        room: Room::Usual,
    };
    run(async {
        match graph.list(&query, Deadline::none()).await {
            Ok(page) => {
                check(&page, &answer);
                if let Some(next) = page.next() {
                    // The same answer again; what counts is where the question goes.
                    let followed = graph.follow(next, Deadline::none()).await;
                    if let Err(error) = followed {
                        refused(&error, &answer);
                    }
                }
            }
            Err(error) => refused(&error, &answer),
        }
    });
    let asked = wire.asked();
    assert!((1..=4).contains(&asked.len()), "{} requests", asked.len());
    for url in asked {
        assert_eq!(url.origin(), graph_url.origin(), "the token went to {url}");
        assert!(url.path().starts_with("/v1.0/"), "the token went to {url}");
        assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
    }
}

fn check(page: &Page, answer: &Answer<'_>) {
    // A byte that is no UTF-8 becomes a character of three.
    assert!(page.len_bytes() <= 3 * answer.body.len());
    let alerts: usize = page.alerts().map(str::len).sum();
    assert!(alerts <= page.len_bytes());
    for alert in page.alerts() {
        assert!(
            !alert.is_empty() && alert.trim_ascii() == alert,
            "an alert is cut wrongly"
        );
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(alert).is_ok());
    }
    if page.next().is_none() && !answer.header_holds(MARKER) {
        assert!(
            !format!("{page:?}").contains(MARKER),
            "debug output shows content"
        );
    }
}

fn refused(error: &GraphError, answer: &Answer<'_>) {
    assert_fit_for_a_log(error);
    // The host that a link leads to, Graph's own message, and what headers say are named.
    let names = matches!(
        error,
        GraphError::BadLink { .. }
            | GraphError::BadRequest { .. }
            | GraphError::Unauthorized { .. }
            | GraphError::Forbidden { .. }
    ) || answer.header_holds(MARKER);
    // Error codes are names such as `TooManyRequests`.
    let is_code = matches!(error, GraphError::Server { code: Some(_), .. });
    if !names && !is_code {
        assert_discreet(error, &String::from_utf8_lossy(answer.body));
    }
}

struct SignedIn;

#[async_trait]
impl TokenProvider for SignedIn {
    async fn fetch(&self) -> Result<Token, SignInError> {
        Ok(Token {
            secret: SecretString::from("token"),
            lifetime: Duration::from_secs(3600),
        })
    }
}
