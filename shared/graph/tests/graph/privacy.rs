//! No secret, token or alert in an event or a `Debug` output, at the most talkative level.

use std::sync::Arc;

use drawbridge_entra::testing::SignIn as _;
use drawbridge_http::TransportError;
use drawbridge_http::script::{Answer, MARKER, Script, page};
use drawbridge_telemetry::testing::Events;
use drawbridge_time::Deadline;

use crate::support::{Client, query};

#[tokio::test(start_paused = true)]
async fn events_tell_what_happened_and_nothing_secret() {
    let (events, _guard) = Events::record();
    let next = format!("https://graph.example/v1.0/security/alerts_v2?$skiptoken={MARKER}");
    let script = Script::pages([
        Answer::error(401, "InvalidAuthenticationToken").body(MARKER),
        Answer::json(
            500,
            format!(r#"{{"error":{{"code":"{MARKER} x","message":"{MARKER}"}}}}"#),
        ),
        Answer::json(200, &page(&["a"], None)[..50]),
        Answer::broken(TransportError::CutOff("reset".to_owned())),
        Answer::json(206, page(&["a"], Some(&next))).header("warning", "199 - \"A/B/504/9\""),
        Answer::json(200, page(&["b"], None)),
    ]);
    let graph = script.graph();
    let first = graph.list(&query(), Deadline::none()).await.unwrap();
    let second = graph
        .follow(first.next().unwrap(), Deadline::none())
        .await
        .unwrap();

    let text = events.text();
    assert!(!text.contains(MARKER), "{text}");
    assert!(
        !text.contains("filter") && !text.contains("skiptoken"),
        "{text}"
    );
    for expected in [
        "token was refused",
        "HTTP 500",
        "malformed",
        "cut off",
        "A/B/504/9",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let debug = format!("{graph:?} {first:?} {second:?}");
    assert!(!debug.contains(MARKER), "{debug}");
}

/// How many lines of that level say that something is tried again.
fn tried_again(events: &Events, level: &str) -> usize {
    let text = events.text();
    let lines = text.lines().filter(|line| line.contains("trying again"));
    lines.filter(|line| line.contains(level)).count()
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_one_warning_and_another_cause_is_another() {
    let failing = || Answer::status(503);
    for (answers, warnings) in [
        ([failing(), failing(), failing(), failing()], 1),
        (
            [
                failing(),
                failing(),
                Answer::broken(TransportError::CutOff("reset".to_owned())),
                failing(),
            ],
            3,
        ),
    ] {
        let (events, _guard) = Events::record();
        let script = Script::pages(answers.into_iter().chain([Answer::page(&["a"])]));
        script
            .graph()
            .list(&query(), Deadline::none())
            .await
            .unwrap();
        assert_eq!(tried_again(&events, "WARN"), warnings);
        assert_eq!(tried_again(&events, ""), 4);
    }
    let (events, _guard) = Events::record();
    let script = Script::tokens([failing(), failing(), failing(), failing()]);
    script.cache().token(Deadline::none()).await.unwrap();
    assert_eq!(tried_again(&events, "WARN"), 1);
    assert_eq!(tried_again(&events, ""), 4);
}

#[tokio::test(start_paused = true)]
async fn refused_secrets_and_wrong_replies_stay_out_of_events() {
    let (events, _guard) = Events::record();
    let script = Script::tokens([
        Answer::status(503).body(MARKER),
        Answer::aadsts(401, MARKER, 7_000_215),
    ]);
    let cache = Arc::new(script.cache());
    cache.token(Deadline::none()).await.unwrap_err();
    let text = format!("{} {cache:?}", events.text());
    assert!(
        text.contains("HTTP 503") && !text.contains(MARKER),
        "{text}"
    );
}
