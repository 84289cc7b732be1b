//! What only a queue of Amazon SQS promises.

use std::process::Command;
use std::sync::Arc;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::MessageSystemAttributeName as System;
use drawbridge_queue::{AccessError, Message, Offload, Queue as _, QueueError, SqsQueue};
use drawbridge_store::{S3Store, Store as _};
use serde_json::{Value, json};

use super::reader::{Fixture, receive_all};
use super::{message, send};
use crate::cloud;

/// The most bytes of an SQS message.
const MIB: usize = 1024 * 1024;

async fn new_queue(fifo: bool) -> (Client, SqsQueue) {
    match Fixture::sqs(fifo).await {
        Fixture::Sqs(client, queue) => (client, queue),
        Fixture::Local { .. } | Fixture::Objects(..) => unreachable!(),
    }
}

async fn with_offload(queue: SqsQueue) -> (S3Store, SqsQueue) {
    let client = drawbridge_store::s3_client(&cloud::config().await);
    let bucket = cloud::unique("large");
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    let store = S3Store::new(client, &bucket);
    let queue = queue.with_offload(Offload::new(Arc::new(store.clone()), bucket, "large"));
    (store, queue)
}

/// A JSON text of exactly `bytes`.
fn body_of(bytes: usize) -> String {
    format!("\"{}\"", "x".repeat(bytes - 2))
}

#[tokio::test]
async fn attributes_and_group_arrive() {
    for fifo in [false, true] {
        let (client, queue) = new_queue(fifo).await;
        let attributes = vec![
            ("tenant", "contoso".to_owned()),
            ("empty", String::new()),
            ("alert-id", "da\u{0}1 é".to_owned()),
        ];
        send(
            &queue,
            &[Message {
                attributes,
                ..message(1, "{}")
            }],
        )
        .await;
        let received = receive_all(&client, queue.url()).await.remove(0);
        let mut told: Vec<_> = received
            .message_attributes
            .unwrap()
            .into_iter()
            .map(|(name, value)| (name, value.data_type, value.string_value.unwrap()))
            .collect();
        told.sort();
        let string = "String".to_owned();
        assert_eq!(
            told,
            [
                (
                    "alert-id".to_owned(),
                    string.clone(),
                    "da\u{fffd}1 é".to_owned()
                ),
                ("tenant".to_owned(), string, "contoso".to_owned()),
            ]
        );
        let system = received.attributes.unwrap();
        assert_eq!(
            system.get(&System::MessageGroupId).map(String::as_str),
            Some("group-1")
        );
        let deduplication = system
            .get(&System::MessageDeduplicationId)
            .map(String::as_str);
        assert_eq!(deduplication, fifo.then_some("key-1"));
    }
}

#[tokio::test]
async fn nine_attributes_pass_beside_a_pointer_and_ten_never() {
    let (client, queue) = new_queue(false).await;
    let (_, queue) = with_offload(queue).await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let ten: Vec<_> = names
        .into_iter()
        .map(|name| (name, "1".to_owned()))
        .collect();
    let nine = ten[..9].to_vec();
    let big = Message {
        attributes: nine,
        ..message(0, body_of(MIB))
    };
    send(&queue, &[big]).await;
    let received = receive_all(&client, queue.url()).await;
    assert_eq!(received[0].message_attributes.as_ref().unwrap().len(), 10);
    let refused = queue
        .send(&[Message {
            attributes: ten,
            ..message(1, "{}")
        }])
        .await
        .unwrap();
    assert_eq!(refused[0].code, "TooManyAttributes");
}

#[tokio::test]
async fn fifo_takes_the_same_key_once() {
    let (client, queue) = new_queue(true).await;
    let long = Message {
        key: "k".repeat(129),
        ..message(0, "1")
    };
    let blanks = Message {
        key: "two words".to_owned(),
        ..message(0, "2")
    };
    let plain = Message {
        key: "plain".to_owned(),
        ..message(0, "3")
    };
    for _ in 0..2 {
        send(&queue, &[long.clone(), blanks.clone(), plain.clone()]).await;
    }
    let again = Message {
        body: "not again".to_owned(),
        ..plain
    };
    send(&queue, &[again]).await;
    let bodies: Vec<_> = receive_all(&client, queue.url())
        .await
        .into_iter()
        .map(|m| m.body.unwrap())
        .collect();
    assert_eq!(bodies, ["1", "2", "3"]);
}

#[tokio::test]
async fn a_standard_queue_takes_messages_without_a_group() {
    let (client, queue) = new_queue(false).await;
    send(
        &queue,
        &[Message {
            group: String::new(),
            ..message(0, "{}")
        }],
    )
    .await;
    let received = receive_all(&client, queue.url()).await;
    assert!(
        !received[0]
            .attributes
            .as_ref()
            .unwrap()
            .contains_key(&System::MessageGroupId)
    );
}

#[tokio::test]
async fn a_message_of_exactly_the_limit_needs_no_pointer() {
    let (client, queue) = new_queue(false).await;
    // "format" "String" "siem"
    let exact = message(0, body_of(MIB - 16));
    let over = message(1, body_of(MIB - 15));
    let refused = queue.send(&[exact.clone(), over]).await.unwrap();
    assert_eq!(
        (refused[0].index, refused[0].code.as_str()),
        (1, "MessageTooLong")
    );
    let received = receive_all(&client, queue.url()).await;
    assert_eq!(received.len(), 1);
    assert!(received[0].body.as_deref() == Some(exact.body.as_str()));
}

#[tokio::test]
async fn amazons_extended_client_reads_what_is_over_the_limit() {
    for fifo in [false, true] {
        let (_, queue) = new_queue(fifo).await;
        let (store, queue) = with_offload(queue).await;
        let big = json!({ "text": "é\u{ffff}".repeat(MIB / 4) }).to_string();
        let sent = [
            message(0, "\"small\""),
            message(1, big.clone()),
            message(2, body_of(3 * MIB)),
        ];
        send(&queue, &sent).await;

        let emulator = cloud::emulator().await;
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/python/read_extended.py");
        let output = Command::new(emulator.python())
            .args([script, queue.url()])
            .envs(emulator.env())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut read: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        read.sort_by_key(|message| message["body"].as_str().unwrap().len());

        let from_s3: Vec<_> = read.iter().map(|message| &message["from_s3"]).collect();
        assert_eq!(from_s3, [false, true, true]);
        assert_eq!(read[0]["body"], "\"small\"");
        let text = |body: &str| serde_json::from_str::<Value>(body).unwrap();
        assert!(text(read[1]["body"].as_str().unwrap()) == text(&big));
        assert!(read[2]["body"] == sent[2].body.as_str());
        // The library takes its own attribute out again.
        assert_eq!(read[2]["attributes"], json!(["format"]));

        // The reader deletes what it read.
        let client = drawbridge_store::s3_client(&cloud::config().await);
        let left = client
            .list_objects_v2()
            .bucket(store.bucket())
            .send()
            .await
            .unwrap();
        assert_eq!(left.contents().len(), 0);
    }
}

#[tokio::test]
async fn a_pointer_is_the_same_each_time() {
    let (client, queue) = new_queue(false).await;
    let (store, queue) = with_offload(queue).await;
    let big = message(7, body_of(MIB + 1));
    for _ in 0..2 {
        send(&queue, std::slice::from_ref(&big)).await;
    }
    let received = receive_all(&client, queue.url()).await;
    assert_eq!(received[0].body, received[1].body);
    let size = &received[0].message_attributes.as_ref().unwrap()["ExtendedPayloadSize"];
    assert_eq!(
        (size.data_type(), size.string_value()),
        ("Number", Some("1048577"))
    );
    let pointer: Value = serde_json::from_str(received[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(
        pointer[0],
        "software.amazon.payloadoffloading.PayloadS3Pointer"
    );
    assert_eq!(pointer[1]["s3BucketName"], store.bucket());
    let object = store
        .get(pointer[1]["s3Key"].as_str().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert!(object.body == big.body);
}

#[tokio::test]
async fn a_queue_that_is_not_there_is_named() {
    let (client, queue) = new_queue(false).await;
    let url = format!("{}-not", queue.url());
    let error = SqsQueue::new(client, url.clone())
        .send(&[message(0, "{}")])
        .await
        .unwrap_err();
    assert!(
        matches!(error, QueueError::Access(AccessError::Missing { .. })),
        "{error}"
    );
    assert!(
        error.to_string().contains(&url) && !error.is_retryable(),
        "{error}"
    );
}

#[tokio::test]
async fn a_bucket_that_is_not_there_fails_the_call_and_nothing_is_sent() {
    let (client, queue) = new_queue(false).await;
    let s3 = drawbridge_store::s3_client(&cloud::config().await);
    let store = Arc::new(S3Store::new(s3, "no-such-bucket"));
    let queue = queue.with_offload(Offload::new(store, "no-such-bucket", ""));
    let messages = [message(0, "{}"), message(1, body_of(MIB + 1))];
    let error = queue.send(&messages).await.unwrap_err();
    assert!(
        matches!(error, QueueError::Offload { .. }) && !error.is_retryable(),
        "{error}"
    );
    assert!(
        error.to_string().contains("s3://no-such-bucket/"),
        "{error}"
    );
    assert!(receive_all(&client, queue.url()).await.is_empty());
}
