//! Every queue keeps the same promises, whatever it is made of.

mod objects;
mod objects_only;
mod reader;
mod sqs_only;

use std::collections::BTreeSet;

use self::objects::Destination;
use self::reader::Fixture;
use drawbridge_queue::{Message, Queue};
use jiff::Timestamp;
use serde_json::{Value, json};

fn message(n: usize, body: impl Into<String>) -> Message {
    Message {
        key: format!("key-{n}"),
        group: format!("group-{}", n % 3),
        time: Some(Timestamp::from_second(n as i64).unwrap()),
        body: body.into(),
        attributes: vec![("format", "siem".to_owned()), ("severity", String::new())],
    }
}

/// Sends what must be taken as a whole.
async fn send(queue: &dyn Queue, messages: &[Message]) {
    assert_eq!(queue.send(messages).await.unwrap(), []);
    queue.flush().await.unwrap();
}

fn bodies(messages: &[Message]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.body.as_str())
        .collect()
}

async fn every_body_arrives_once_and_unchanged(fixture: Fixture) {
    let messages: Vec<_> = (0..57)
        .map(|n| message(n, format!(r#"{{"n":{n},"text":"é 🦀 \u0000 \n \" ;"}}"#)))
        .collect();
    send(fixture.queue(), &messages[..30]).await;
    send(fixture.queue(), &messages[30..]).await;
    let mut read = fixture.read(57).await;
    if !fixture.keeps_order() {
        read.sort_by_key(|body| serde_json::from_str::<Value>(body).unwrap()["n"].as_u64());
    } else if fixture.is_fifo() {
        // Order counts within a group only.
        read.sort_by_key(|body| {
            serde_json::from_str::<Value>(body).unwrap()["n"]
                .as_u64()
                .unwrap()
                % 3
        });
        let mut sent = messages.clone();
        sent.sort_by_key(|message| message.group.clone());
        assert_eq!(read, bodies(&sent));
        return;
    }
    assert_eq!(read, bodies(&messages));
}

async fn messages_that_fill_whole_batches_arrive(fixture: Fixture) {
    let text = "x".repeat(200_000);
    let messages: Vec<_> = (0..25)
        .map(|n| message(n, json!([n, text]).to_string()))
        .collect();
    send(fixture.queue(), &messages).await;
    let mut read = fixture.read(25).await;
    read.sort_unstable();
    let mut sent = bodies(&messages);
    sent.sort_unstable();
    assert!(read == sent);
}

async fn characters_that_queues_refuse_arrive_as_the_same_json(fixture: Fixture) {
    let text: String = (0..0x20)
        .chain(0xfff0..0x1_0010)
        .filter_map(char::from_u32)
        .collect();
    // serde_json escapes control characters and leaves U+FFFE and U+FFFF as they are.
    let sent = json!({ "text": text, "\u{ffff}": "\u{1fffe}" });
    let body = sent.to_string();
    assert!(body.contains('\u{fffe}'));
    send(fixture.queue(), &[message(0, body)]).await;
    let read = fixture.read(1).await;
    assert_eq!(serde_json::from_str::<Value>(&read[0]).unwrap(), sent);
}

async fn what_no_queue_takes_is_listed_and_the_rest_arrives(fixture: Fixture) {
    let messages: Vec<_> = ["0", "", "2", "\"\u{1}\"", "[\n]", "5"]
        .into_iter()
        .enumerate()
        .map(|(n, body)| message(n, body))
        .collect();
    let refused = fixture.queue().send(&messages).await.unwrap();
    let told: Vec<_> = refused
        .iter()
        .map(|r| (r.index, r.code.as_str(), r.retryable))
        .collect();
    assert_eq!(
        told,
        [
            (1, "EmptyMessage", false),
            (3, "InvalidMessageContents", false),
            (4, "InvalidMessageContents", false)
        ]
    );
    fixture.queue().flush().await.unwrap();
    let mut read = fixture.read(3).await;
    read.sort_unstable();
    assert_eq!(read, ["0", "2", "5"]);
}

/// A poll dies after it sent a part; the next one does not know and sends all of it.
async fn what_an_earlier_poll_never_flushed_arrives_when_it_is_sent_again(fixture: Fixture) {
    let messages: Vec<_> = (0..30).map(|n| message(n, n.to_string())).collect();
    let queue = fixture.queue();
    queue.begin().await;
    assert_eq!(queue.send(&messages[..20]).await.unwrap(), []);
    queue.begin().await;
    send(queue, &messages).await;
    let read: BTreeSet<_> = fixture.read_all().await.into_iter().collect();
    let sent: BTreeSet<_> = bodies(&messages).into_iter().map(str::to_owned).collect();
    assert_eq!(read, sent);
}

/// A poll that begins takes nothing away from one that has ended.
async fn what_was_flushed_stays(fixture: Fixture) {
    let queue = fixture.queue();
    for n in 0..2 {
        queue.begin().await;
        send(queue, &[message(n, n.to_string())]).await;
    }
    queue.begin().await;
    queue.flush().await.unwrap();
    let mut read = fixture.read(2).await;
    read.sort_unstable();
    assert_eq!(read, ["0", "1"]);
}

async fn nothing_sent_is_nothing_read(fixture: Fixture) {
    send(fixture.queue(), &[]).await;
    assert!(fixture.read(0).await.is_empty());
}

macro_rules! conformance {
    ($($check:ident)*) => {
        mod local {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::Fixture::local().await).await;
            })*
        }

        mod objects_in_a_folder {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::Fixture::objects(super::Destination::folder())).await;
            })*
        }

        mod objects_in_a_bucket {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::Fixture::objects(super::Destination::bucket().await)).await;
            })*
        }

        mod served_from_a_folder {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::Fixture::served(super::Destination::folder())).await;
            })*
        }

        mod served_from_a_bucket {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::Fixture::served(super::Destination::bucket().await)).await;
            })*
        }

        mod standard {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::Fixture::sqs(false).await).await;
            })*
        }

        mod fifo {
            $(#[tokio::test]
            async fn $check() {
                super::$check(super::Fixture::sqs(true).await).await;
            })*
        }
    };
}

conformance! {
    every_body_arrives_once_and_unchanged
    messages_that_fill_whole_batches_arrive
    characters_that_queues_refuse_arrive_as_the_same_json
    what_no_queue_takes_is_listed_and_the_rest_arrives
    what_an_earlier_poll_never_flushed_arrives_when_it_is_sent_again
    what_was_flushed_stays
    nothing_sent_is_nothing_read
}
