//! Every store keeps the same promises, whatever it is made of.

use std::sync::Arc;

use bytes::Bytes;
use drawbridge_store::{AccessError, Catalogue, ETag, Listed, Store, StoreError};

use crate::cloud;

const JSON: &str = "application/json";

fn body(text: impl Into<String>) -> Bytes {
    Bytes::from(text.into())
}

async fn text(store: &dyn Store, key: &str) -> String {
    let object = store.get(key).await.unwrap().unwrap();
    String::from_utf8(object.body.to_vec()).unwrap()
}

async fn what_is_not_there_is_none(store: Arc<dyn Store>) {
    assert!(store.get("state/nobody.json").await.unwrap().is_none());
}

async fn what_was_put_is_got(store: Arc<dyn Store>) {
    for content in ["first", "second, longer", "", "3"] {
        let etag = store.put("k", body(content), JSON).await.unwrap();
        let object = store.get("k").await.unwrap().unwrap();
        assert_eq!(object.body, content);
        assert_eq!(object.etag, etag);
    }
}

async fn the_etag_changes_with_the_content(store: Arc<dyn Store>) {
    let first = store.put("k", body("1"), JSON).await.unwrap();
    let second = store.put("k", body("2"), JSON).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(store.get("k").await.unwrap().unwrap().etag, second);
}

async fn only_the_first_creates(store: Arc<dyn Store>) {
    let etag = store.put_if("k", body("1"), JSON, None).await.unwrap();
    // The same content again is refused like any other.
    for content in ["1", "2"] {
        let put = store.put_if("k", body(content), JSON, None).await;
        assert!(matches!(put, Err(StoreError::Conflict { .. })), "{put:?}");
    }
    let object = store.get("k").await.unwrap().unwrap();
    assert_eq!((&object.body[..], &object.etag), (&b"1"[..], &etag));
}

async fn only_the_version_that_was_read_is_replaced(store: Arc<dyn Store>) {
    let first = store.put("k", body("1"), JSON).await.unwrap();
    let second = store
        .put_if("k", body("2"), JSON, Some(&first))
        .await
        .unwrap();
    let error = store
        .put_if("k", body("3"), JSON, Some(&first))
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Conflict { .. }) && !error.is_retryable(),
        "{error}"
    );
    assert_eq!(text(&*store, "k").await, "2");
    store
        .put_if("k", body("4"), JSON, Some(&second))
        .await
        .unwrap();
    assert_eq!(text(&*store, "k").await, "4");
}

async fn what_is_gone_is_not_replaced(store: Arc<dyn Store>) {
    let etag = store.put("other", body("1"), JSON).await.unwrap();
    let error = store
        .put_if("gone", body("2"), JSON, Some(&etag))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert!(store.get("gone").await.unwrap().is_none());
}

async fn sixteen_writers_have_one_winner(store: Arc<dyn Store>) {
    let mut expected: Option<ETag> = None;
    // First all create, then all replace the same version.
    for round in ["create", "replace"] {
        let writers: Vec<_> = (0..16)
            .map(|n| {
                let (store, expected) = (Arc::clone(&store), expected.clone());
                tokio::spawn(async move {
                    let content = format!("{round} {n}");
                    let result = store
                        .put_if("race", body(&content), JSON, expected.as_ref())
                        .await;
                    (content, result)
                })
            })
            .collect();
        let mut winners = Vec::new();
        for writer in writers {
            match writer.await.unwrap() {
                (content, Ok(etag)) => winners.push((content, etag)),
                (_, Err(error)) => assert!(matches!(error, StoreError::Conflict { .. }), "{error}"),
            }
        }
        assert_eq!(winners.len(), 1, "{winners:?}");
        let (content, etag) = winners.remove(0);
        assert_eq!(text(&*store, "race").await, content);
        expected = Some(etag);
    }
}

async fn eight_mebibytes_come_back_whole(store: Arc<dyn Store>) {
    let big: Bytes = (0..8 * 1024 * 1024_u32).map(|n| (n % 251) as u8).collect();
    let etag = store
        .put("big", big.clone(), "application/octet-stream")
        .await
        .unwrap();
    let object = store.get("big").await.unwrap().unwrap();
    assert!(object.body == big);
    assert_eq!(object.etag, etag);
    store
        .put_if(
            "big",
            big.slice(1..),
            "application/octet-stream",
            Some(&etag),
        )
        .await
        .unwrap();
    assert!(store.get("big").await.unwrap().unwrap().body == big.slice(1..));
}

async fn no_more_is_read_than_was_asked_for(store: Arc<dyn Store>) {
    store
        .put("a/b", body("ten bytes!"), "text/plain")
        .await
        .unwrap();
    let object = store.get_at_most("a/b", 10).await.unwrap().unwrap();
    assert_eq!(object.body.len(), 10);
    let error = store.get_at_most("a/b", 9).await.unwrap_err();
    let StoreError::TooLarge { bytes, most, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((bytes, most), (10, 9));
    assert!(store.get_at_most("a/c", 9).await.unwrap().is_none());
    let unbounded = store.get_at_most("a/b", usize::MAX).await.unwrap();
    assert_eq!(unbounded.unwrap().body.len(), 10);
}

async fn every_key_within_the_rules_works(store: Arc<dyn Store>) {
    let long = format!("{}/{}", "d".repeat(240), "f".repeat(240));
    let keys = [
        "a",
        "A-Z_0.9=",
        "siem/v1/t=1/2026-11-23/x.jsonl.gz",
        "-",
        "a../b",
        &long,
    ];
    for key in keys {
        store.put_if(key, body(key), JSON, None).await.unwrap();
    }
    for key in keys {
        assert_eq!(text(&*store, key).await, *key);
    }
}

async fn every_other_key_is_refused(store: Arc<dyn Store>) {
    for key in [
        "", "/a", "a/", "a//b", "../a", "a/../b", ".a", "a b", "a+b", "ä", "a\\b", "a%2Fb",
    ] {
        let refused = [
            store.get(key).await.map(drop),
            store.put(key, body("1"), JSON).await.map(drop),
            store.put_if(key, body("1"), JSON, None).await.map(drop),
        ];
        for result in refused {
            assert!(
                matches!(result, Err(StoreError::BadKey { .. })),
                "{key:?}: {result:?}"
            );
        }
    }
}

async fn keys_are_listed_in_order_below_a_prefix(store: Arc<dyn Catalogue>) {
    assert_eq!(store.list("t/").await.unwrap(), Vec::<String>::new());
    for key in ["t/b", "t/a/x.json", "t/a.json", "tt/c", "u"] {
        store.put(key, body("1"), "text/plain").await.unwrap();
    }
    assert_eq!(
        store.list("t/").await.unwrap(),
        ["t/a.json", "t/a/x.json", "t/b"]
    );
    let listing = store.list_readable("t/").await.unwrap();
    let keys: Vec<_> = listing.objects.iter().map(|object| &*object.key).collect();
    assert_eq!(keys, ["t/a.json", "t/a/x.json", "t/b"]);
    assert_eq!(store.list("").await.unwrap().len(), 5);
    let bad = store.list("t").await;
    assert!(matches!(bad, Err(StoreError::BadKey { .. })), "{bad:?}");
    let bad = store.list_readable("t").await;
    assert!(matches!(bad, Err(StoreError::BadKey { .. })), "{bad:?}");
}

async fn keys_are_listed_after_one_that_need_not_be_there(store: Arc<dyn Catalogue>) {
    for key in ["t/a", "t/b", "t/c/c", "t/d", "u/a"] {
        store.put(key, body("1"), JSON).await.unwrap();
    }
    for (after, expected) in [
        ("t/", &["t/a", "t/b", "t/c/c", "t/d"][..]),
        ("t/a", &["t/b", "t/c/c", "t/d"]),
        ("t/a0", &["t/b", "t/c/c", "t/d"]),
        ("t/c/c", &["t/d"]),
        ("t/d", &[]),
    ] {
        let keys = store.list_after("t/", after).await.unwrap();
        assert_eq!(keys, expected, "{after}");
    }
}

/// Where a listing tells a version, it is the one that a read gives, before and after a change.
async fn what_is_listed_is_what_is_read(store: Arc<dyn Catalogue>) {
    let mut versions = Vec::new();
    for text in ["1", "22"] {
        let written = store.put("t/a", body(text), "text/plain").await.unwrap();
        let read = store.get("t/a").await.unwrap().unwrap().etag;
        assert_eq!(read, written);
        let listing = store.list_readable("t/").await.unwrap();
        let [listed] = listing.objects.as_slice() else {
            panic!("{listing:?}");
        };
        assert_eq!(listed.key, "t/a");
        assert_eq!(listed.etag.as_ref().unwrap_or(&read), &read);
        let bytes = listed.bytes.unwrap_or(text.len() as u64);
        assert_eq!(bytes, text.len() as u64);
        versions.push(listed.etag.clone());
    }
    // One that tells versions tells them always, and those of two texts differ.
    assert!(versions == [None, None] || versions[0] != versions[1]);
    assert_eq!(versions[0].is_some(), versions[1].is_some());
}

async fn what_is_removed_is_gone_and_may_be_removed_again(store: Arc<dyn Catalogue>) {
    store.put("t/a", body("1"), "text/plain").await.unwrap();
    store.delete("t/a").await.unwrap();
    store.delete("t/a").await.unwrap();
    assert!(store.get("t/a").await.unwrap().is_none());
    assert_eq!(store.list("t/").await.unwrap(), Vec::<String>::new());
}

async fn only_the_version_that_was_read_is_removed(store: Arc<dyn Catalogue>) {
    let first = store.put("k", body("1"), JSON).await.unwrap();
    let second = store.put("k", body("2"), JSON).await.unwrap();
    let error = store.delete_if("k", &first).await.unwrap_err();
    assert!(
        matches!(error, StoreError::Conflict { .. }) && !error.is_retryable(),
        "{error}"
    );
    assert_eq!(text(&*store, "k").await, "2");
    store.delete_if("k", &second).await.unwrap();
    assert!(store.get("k").await.unwrap().is_none());
    // What is gone may be removed again.
    store.delete_if("k", &second).await.unwrap();
    let bad = store.delete_if("../k", &second).await;
    assert!(matches!(bad, Err(StoreError::BadKey { .. })), "{bad:?}");
}

macro_rules! conformance {
    ($($check:ident)*) => {
        mod memory {
            use super::*;
            use drawbridge_store::testing::MemoryStore;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $check() {
                super::$check(Arc::new(MemoryStore::default())).await;
            })*
        }

        mod local {
            use super::*;
            use drawbridge_store::LocalStore;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $check() {
                let dir = tempfile::tempdir().unwrap();
                super::$check(Arc::new(LocalStore::new(dir.path().join("data")))).await;
            })*
        }

        mod s3 {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $check() {
                super::$check(Arc::new(super::new_bucket().await)).await;
            })*
        }
    };
}

conformance! {
    what_is_not_there_is_none
    what_was_put_is_got
    the_etag_changes_with_the_content
    only_the_first_creates
    only_the_version_that_was_read_is_replaced
    what_is_gone_is_not_replaced
    sixteen_writers_have_one_winner
    no_more_is_read_than_was_asked_for
    eight_mebibytes_come_back_whole
    every_key_within_the_rules_works
    every_other_key_is_refused
    keys_are_listed_in_order_below_a_prefix
    keys_are_listed_after_one_that_need_not_be_there
    what_is_listed_is_what_is_read
    what_is_removed_is_gone_and_may_be_removed_again
    only_the_version_that_was_read_is_removed
}

#[tokio::test]
async fn more_keys_than_s3_lists_at_once_are_listed() {
    let store = new_bucket().await;
    let puts = (0..1100).map(|n| {
        let store = store.clone();
        async move {
            let key = format!("t/{n:04}.toml");
            store.put(&key, body("1"), "text/plain").await.unwrap();
        }
    });
    futures::future::join_all(puts).await;
    let keys = store.list("t/").await.unwrap();
    assert_eq!((keys.len(), &*keys[1099]), (1100, "t/1099.toml"));
    // Of each, S3 tells the version: polls read a document anew only if that is another.
    let listing = store.list_readable("t/").await.unwrap();
    let is_told = |object: &Listed| object.etag.is_some() && object.bytes == Some(1);
    assert!(listing.objects.len() == 1100 && listing.objects.iter().all(is_told));
}

async fn new_bucket() -> drawbridge_store::S3Store {
    let client = drawbridge_store::s3_client(&cloud::config().await);
    let bucket = cloud::unique("store");
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    drawbridge_store::S3Store::new(client, bucket)
}

#[tokio::test]
async fn s3_keeps_the_content_type() {
    let store = new_bucket().await;
    store
        .put("k", body("{}\n"), "application/x-ndjson")
        .await
        .unwrap();
    store
        .put_if("l", body("{}\n"), "application/x-ndjson", None)
        .await
        .unwrap();
    let client = drawbridge_store::s3_client(&cloud::config().await);
    for key in ["k", "l"] {
        let head = client
            .head_object()
            .bucket(store.bucket())
            .key(key)
            .send()
            .await
            .unwrap();
        assert_eq!(head.content_type(), Some("application/x-ndjson"));
        assert_eq!(head.content_encoding(), None);
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_named() {
    let client = drawbridge_store::s3_client(&cloud::config().await);
    let store = drawbridge_store::S3Store::new(client, "no-such-bucket");
    for result in [
        store.get("k").await.map(drop),
        store.put("k", body("1"), JSON).await.map(drop),
        store.put_if("k", body("1"), JSON, None).await.map(drop),
    ] {
        let error = result.unwrap_err();
        assert!(
            matches!(error, StoreError::Access(AccessError::Missing { .. })),
            "{error}"
        );
        assert!(
            error.to_string().contains("s3://no-such-bucket/k"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_cloud_that_does_not_answer_is_worth_another_try() {
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = cloud::config().await;
    let config = config
        .into_builder()
        .endpoint_url(format!("http://{free}"))
        .retry_config(aws_config::retry::RetryConfig::disabled())
        .build();
    let store = drawbridge_store::S3Store::new(drawbridge_store::s3_client(&config), "b");
    let error = store.get("k").await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("no connection"), "{error}");
}
