//! What only objects promise.

use drawbridge_queue::{ObjectsSettings, Queue, QueueError};

use super::objects::{Destination, lines};
use super::{bodies, message, send};

#[tokio::test]
async fn an_object_is_declared_as_what_readers_expect() {
    let place = Destination::bucket().await;
    send(&place.queue(), &[message(0, "{}")]).await;
    let Destination::Bucket(client, bucket) = &place else {
        panic!("a bucket was asked for");
    };
    let key = place.keys().await.remove(0);
    assert!(
        key.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/_.-".contains(&b)),
        "{key}"
    );
    let head = client.head_object().bucket(bucket).key(&key).send().await;
    let head = head.unwrap();
    assert_eq!(head.content_type(), Some("application/x-ndjson"));
    assert_eq!(head.content_encoding(), None);
    assert!(head.content_length().unwrap() > 0);
}

#[tokio::test]
async fn the_same_in_a_folder_and_in_a_bucket_is_the_same_object() {
    let places = [Destination::folder(), Destination::bucket().await];
    let messages: Vec<_> = (0..100).map(|n| message(n, format!("[{n}]"))).collect();
    let mut objects = Vec::new();
    for place in &places {
        send(&place.queue(), &messages).await;
        // Sent again by another process, it is there already: not written, and no error.
        send(&place.queue(), &messages).await;
        let keys = place.keys().await;
        assert_eq!(keys.len(), 1);
        let body = place.body(&keys[0]).await;
        assert_eq!(lines(&body), bodies(&messages));
        objects.push((keys, body));
    }
    assert!(objects[0] == objects[1]);
}

#[tokio::test]
async fn an_object_that_is_there_is_not_touched() {
    let place = Destination::bucket().await;
    let Destination::Bucket(client, bucket) = &place else {
        panic!("a bucket was asked for");
    };
    send(&place.queue(), &[message(0, "0")]).await;
    let key = place.keys().await.remove(0);
    // In place of what another release's compressor would have made of it.
    let foreign = client.put_object().bucket(bucket).key(&key);
    foreign
        .body(b"foreign".to_vec().into())
        .send()
        .await
        .unwrap();
    send(&place.queue(), &[message(0, "0")]).await;
    assert_eq!(place.body(&key).await, b"foreign");
}

#[tokio::test]
async fn after_a_crash_between_two_objects_the_first_one_is_not_written_twice() {
    for place in [Destination::folder(), Destination::bucket().await] {
        let settings = ObjectsSettings {
            max_object_records: 10,
            ..ObjectsSettings::default()
        };
        let messages: Vec<_> = (0..25).map(|n| message(n, n.to_string())).collect();
        let queue = place.queue().with_settings(settings);
        queue.send(&messages[..15]).await.unwrap();
        drop(queue);
        let first = place.keys().await;
        assert_eq!(first.len(), 1);
        send(&place.queue().with_settings(settings), &messages).await;
        let keys = place.keys().await;
        assert_eq!((keys.len(), &keys[0]), (3, &first[0]));
        assert_eq!(place.lines().await, bodies(&messages));
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named_and_nothing_counts_as_written() {
    let Destination::Bucket(client, _) = Destination::bucket().await else {
        panic!("a bucket was asked for");
    };
    let queue = Destination::Bucket(client, "no-such-bucket".to_owned()).queue();
    queue.send(&[message(0, "\"sensitive\"")]).await.unwrap();
    for _ in 0..2 {
        let error = queue.flush().await.unwrap_err();
        assert!(matches!(error, QueueError::Object { .. }), "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("no-such-bucket") && !text.contains("sensitive"));
        assert!(!error.is_retryable());
    }
}
