use std::sync::Arc;

use drawbridge_deliver::Outcome;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::fake::http::{Fake, ReceivedRequest, Reply, json as answer};
use crate::fake::splunk_hec::{self, Indexers, SUCCESS, events};
use crate::support::{
    TOKEN, assert_later, assert_refused, assert_taken, record, records, soon, target, target_with,
    text_record,
};

fn settings(fake: &Fake) -> Value {
    json!({"target": "splunk-hec", "url": fake.url, "secret": "hec"})
}

fn checked(asked: &ReceivedRequest) -> Option<Reply> {
    splunk_hec::checked(asked, TOKEN)
}

#[tokio::test]
async fn events_have_time_source_sourcetype_and_the_record_as_it_is() {
    let fake = Fake::start(|_, asked| checked(asked).unwrap_or_else(|| answer(200, SUCCESS))).await;
    let mut settings = settings(&fake);
    settings["index"] = "security".into();
    let mut given = records(2);
    given.push(text_record(
        "cef",
        "CEF:0|a|b|c|d|e|8|rt=1767323045000 msg=\"x\"",
    ));
    given.push(crate::support::text_record(
        "native",
        r#"{"id":"da1","n":1.50e+10}"#,
    ));
    assert_taken(&target(&settings).deliver(&given, soon()).await);
    let asked = fake.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/services/collector/event");
    assert_eq!(asked[0].headers["content-encoding"], "gzip");
    let events = events(&asked[0].body);
    let first = &events[0];
    assert_eq!(first["time"], json!(1_767_323_045.5));
    assert!(
        asked[0].body.starts_with(r#"{"time":1767323045.500,"#),
        "{}",
        asked[0].body
    );
    assert_eq!(first["index"], "security");
    assert_eq!(first["source"], "drawbridge");
    assert_eq!(first["sourcetype"], "drawbridge:siem");
    assert_eq!(first["fields"]["key"], "da0:0");
    assert_eq!(first["event"].to_string(), given[0].body);
    assert_eq!(events[2]["event"], given[2].body);
    assert_eq!(events[2]["time"], json!(1_767_323_045.0));
    assert_eq!(events[3]["sourcetype"], "ms365:defender:incident:alerts");
    assert!(events[3].get("time").is_none());
    // Not even a number's spelling changes.
    assert!(
        asked[0]
            .body
            .contains(r#""event":{"id":"da1","n":1.50e+10}"#)
    );
}

#[tokio::test]
async fn batches_stay_below_the_limit() {
    let fake = Fake::start(|_, asked| checked(asked).unwrap_or_else(|| answer(200, SUCCESS))).await;
    let mut given = records(6);
    for record in &mut given {
        record.body = json!({"FullId": record.key, "Description": "x".repeat(300_000)}).to_string();
    }
    assert_taken(&target(&settings(&fake)).deliver(&given, soon()).await);
    assert_eq!(fake.asked().len(), 2);
    let all: Vec<Value> = fake.bodies().iter().flat_map(|body| events(body)).collect();
    let keys: Vec<&str> = all
        .iter()
        .map(|e| e["fields"]["key"].as_str().unwrap())
        .collect();
    assert_eq!(
        keys,
        given.iter().map(|r| r.key.as_str()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_refused_token_is_looked_up_anew_and_then_explained() {
    let fake = Fake::start(|_, asked| checked(asked).unwrap_or_else(|| answer(200, SUCCESS))).await;
    assert_taken(
        &target_with(&settings(&fake), true)
            .deliver(&records(1), soon())
            .await,
    );
    assert_eq!(fake.asked().len(), 2);
    let disabled = Fake::start(|_, _| answer(403, r#"{"text":"Token disabled","code":1}"#)).await;
    let outcomes = target(&settings(&disabled))
        .deliver(&records(3), soon())
        .await;
    assert_later(&outcomes, &["disabled: enable it", "code 1", "HTTP 403"]);
    assert_eq!(disabled.asked().len(), 1);
}

#[tokio::test]
async fn the_event_that_is_named_is_refused_and_the_others_are_taken() {
    let fake = Fake::start(|_, asked| {
        let bad = events(&asked.body)
            .iter()
            .position(|event| event["fields"]["key"] == "da1:3");
        match bad {
            Some(at) => answer(
                400,
                &json!({"text": "Invalid data format", "code": 6, "invalid-event-number": at})
                    .to_string(),
            ),
            None => answer(200, SUCCESS),
        }
    })
    .await;
    let mut outcomes = target(&settings(&fake)).deliver(&records(6), soon()).await;
    assert_refused(&outcomes.remove(3), "invalid data format (code 6");
    assert_taken(&outcomes);
    assert_eq!(fake.asked().len(), 3);
}

#[tokio::test]
async fn an_event_that_is_not_named_is_found() {
    let fake = Fake::start(|_, asked| {
        if asked.body.contains("\"da2:5\"") {
            answer(400, r#"{"text":"Event field cannot be blank","code":13}"#)
        } else {
            answer(200, SUCCESS)
        }
    })
    .await;
    let mut outcomes = target(&settings(&fake)).deliver(&records(8), soon()).await;
    assert_refused(&outcomes.remove(5), "blank (code 13");
    assert_taken(&outcomes);
}

#[tokio::test]
async fn when_everything_is_refused_nothing_is_given_up() {
    let fake = Fake::start(|_, _| answer(400, r#"{"text":"Invalid data format","code":6}"#)).await;
    let outcomes = target(&settings(&fake))
        .deliver(&records(400), soon())
        .await;
    assert_later(&outcomes, &["code 6"]);
    assert!(fake.asked().len() < 20, "{}", fake.asked().len());
    let named = Fake::start(|_, _| {
        answer(
            400,
            r#"{"text":"Error in handling indexed fields","code":15,"invalid-event-number":0}"#,
        )
    })
    .await;
    let outcomes = target(&settings(&named))
        .deliver(&records(400), soon())
        .await;
    assert_later(&outcomes, &["code 15"]);
    assert_eq!(named.asked().len(), 3);
    let wrong_index = Fake::start(|_, _| {
        answer(
            400,
            r#"{"text":"Incorrect index","code":7,"invalid-event-number":0}"#,
        )
    })
    .await;
    let outcomes = target(&settings(&wrong_index))
        .deliver(&records(3), soon())
        .await;
    assert_later(&outcomes, &["incorrect index", "allow the index"]);
    assert_eq!(wrong_index.asked().len(), 1);
}

#[tokio::test]
async fn a_busy_server_is_left_alone_for_as_long_as_it_asks() {
    let busy = Fake::start(|_, _| {
        let body = r#"{"text":"Server is busy","code":9}"#.to_owned();
        Reply::Answer(503, vec![("retry-after", "17".into())], body)
    })
    .await;
    let outcomes = target(&settings(&busy)).deliver(&records(3), soon()).await;
    let asked = assert_later(&outcomes, &["busy", "HTTP 503"]);
    assert_eq!(asked.map(|asked| asked.as_secs()), Some(17));
    assert_eq!(busy.asked().len(), 1);
}

#[tokio::test]
async fn a_record_that_is_too_large_for_the_server_is_refused_alone() {
    let fake = Fake::start(|_, asked| match asked.body.len() {
        5_000.. => answer(413, r#"{"text":"too large","code":99}"#),
        _ => answer(200, SUCCESS),
    })
    .await;
    let mut given = records(9);
    given[4].body = json!({"Description": "x".repeat(6_000)}).to_string();
    let mut outcomes = target(&settings(&fake)).deliver(&given, soon()).await;
    assert_refused(&outcomes.remove(4), "HTTP 413");
    assert_taken(&outcomes);
}

#[tokio::test]
async fn what_is_no_json_is_refused_before_it_breaks_a_batch() {
    let fake = Fake::start(|_, _| answer(200, SUCCESS)).await;
    let mut given = records(3);
    given[1].body = "{\"a\":1}}{\"event\":\"MARKER\"".into();
    let mut outcomes = target(&settings(&fake)).deliver(&given, soon()).await;
    assert_refused(&outcomes.remove(1), "not valid JSON");
    assert_taken(&outcomes);
    assert_eq!(events(&fake.bodies()[0]).len(), 2);
}

fn acknowledging(fake: &Fake) -> Value {
    json!({
        "target": "splunk-hec", "url": fake.url, "secret": "hec", "acknowledge": true,
        "ack_poll_millis": 1, "ack_timeout_secs": 1,
    })
}

#[tokio::test]
async fn acknowledgement_is_waited_for_on_the_same_channel() {
    let fake = Fake::start(|n, asked| {
        let channel = &asked.headers["x-splunk-request-channel"];
        let parts: Vec<usize> = channel.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{channel}");
        match asked.path.as_str() {
            "/services/collector/event" => answer(200, r#"{"text":"Success","code":0,"ackId":7}"#),
            path => {
                assert_eq!(path, format!("/services/collector/ack?channel={channel}"));
                assert_eq!(asked.body, r#"{"acks":[7]}"#);
                answer(
                    200,
                    if n < 3 {
                        r#"{"acks":{"7":false}}"#
                    } else {
                        r#"{"acks":{"7":true}}"#
                    },
                )
            }
        }
    })
    .await;
    assert_taken(
        &target(&acknowledging(&fake))
            .deliver(&records(2), soon())
            .await,
    );
    assert_eq!(fake.asked().len(), 4);
}

#[tokio::test]
async fn an_acknowledgement_that_never_comes_means_again() {
    let fake = Fake::start(|n, _| match n {
        0 => answer(200, r#"{"text":"Success","code":0,"ackId":0}"#),
        _ => answer(200, r#"{"acks":{"0":false}}"#),
    })
    .await;
    let outcomes = target(&acknowledging(&fake))
        .deliver(&records(2), soon())
        .await;
    assert_later(&outcomes, &["did not acknowledge", "indexed twice"]);
    // The token has it turned off.
    let fake = Fake::start(|_, _| answer(200, SUCCESS)).await;
    let outcomes = target(&acknowledging(&fake))
        .deliver(&[record(0)], soon())
        .await;
    assert_later(&outcomes, &["no ackId", "acknowledge"]);
}

/// A thousand records in ten requests at once: the keys of those that count as delivered, in order.
async fn delivered_to(indexers: &Arc<Indexers>) -> Vec<String> {
    let state = Arc::clone(indexers);
    let fake = Fake::start(move |_, asked| state.reply(asked, TOKEN)).await;
    let target = target(&acknowledging(&fake));
    let given = records(1_000);
    let batches = given.chunks(100).map(|batch| target.deliver(batch, soon()));
    let outcomes = join_all(batches).await.concat();
    let mut taken: Vec<String> = given
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| *outcome == Outcome::Taken)
        .map(|(record, _)| record.key.clone())
        .collect();
    taken.sort();
    taken
}

/// Each indexer counts from 0, so that one can say yes to a question about the other's request.
#[tokio::test]
async fn no_indexer_answers_for_another() {
    let indexers = Arc::new(Indexers::with_one_that_forgets());
    let taken = delivered_to(&indexers).await;
    assert!(!taken.is_empty());
    let stored = indexers.stored();
    let lost = taken.iter().filter(|key| !stored.contains(key)).count();
    assert_eq!(lost, 0, "of {} that count as delivered", taken.len());
}

#[tokio::test]
async fn the_question_goes_where_the_balancer_sent_the_events() {
    let indexers = Arc::new(Indexers::behind_a_cookie());
    let taken = delivered_to(&indexers).await;
    assert_eq!((taken.len(), indexers.strays()), (1_000, 0));
    assert_eq!(taken, indexers.stored());
}
