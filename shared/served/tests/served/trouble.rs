//! A store that fails, and segments that cannot be read.

use bytes::Bytes;
use futures::StreamExt as _;
use http::Request;

use crate::world::World;

const SEGMENTS: &str = "served/v1/contoso/00000000-0000-0000-0000-00000000000d/siem/";
const FIRST: &str =
    "served/v1/contoso/00000000-0000-0000-0000-00000000000d/siem/20260302T120010Z.jsonl.gz";

#[tokio::test]
async fn a_store_that_fails_is_told_before_anything_is_sent() {
    let world = World::new();
    world.show([1]).await;
    for hidden in [SEGMENTS, FIRST] {
        world.store.hide(hidden);
        for target in ["/api/alerts", "/api/alerts?limit=1", "/api/siem"] {
            let answer = world.get(target).await;
            answer.refused(503, "ServiceUnavailable");
            assert_eq!(answer.header("retry-after"), Some("30"));
        }
        world.store.heal();
    }
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
}

#[tokio::test]
async fn a_damaged_segment_is_never_left_out() {
    let world = World::new();
    world.show([1]).await;
    let good = world.store.bytes(FIRST);
    for damaged in [
        Bytes::from_static(b"sensitive"),
        good.slice(..good.len() - 4),
        Bytes::new(),
    ] {
        world.store.insert(FIRST, damaged);
        let answer = world.get("/api/alerts").await;
        let message = answer.refused(500, "InternalServerError");
        assert!(!message.contains("sensitive"));
    }
    // Somebody repairs it.
    world.store.insert(FIRST, good);
    assert_eq!(world.get("/api/alerts").await.ids(), [1]);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_not_whole() {
    let world = World::new();
    world.show([1]).await;
    world.show([2]).await;
    let second = FIRST.replace("0010Z", "0020Z");
    world.store.insert(&second, Bytes::from_static(b"x"));
    for coding in ["identity", "gzip"] {
        let request = Request::get("/api/alerts")
            .header("authorization", format!("Bearer {}", world.token()))
            .header("accept-encoding", coding);
        let (head, ()) = request.body(()).unwrap().into_parts();
        let answer = world.router.answer(&head, b"").await;
        assert_eq!(answer.status(), 200);
        let chunks: Vec<_> = answer.into_body().collect().await;
        assert_eq!(chunks.len(), 2);
        assert!(chunks[0].is_ok() && chunks[1].is_err());
    }
    let answer = world.get("/api/alerts").await;
    assert!(!answer.body.ends_with(']'), "{answer:?}");
}

#[tokio::test]
async fn what_has_expired_since_it_was_listed_is_left_out() {
    let world = World::new();
    for id in 0..3 {
        world.show([id]).await;
    }
    let request =
        Request::get("/api/alerts").header("authorization", format!("Bearer {}", world.token()));
    let (head, ()) = request.body(()).unwrap().into_parts();
    // Nothing but what lies below its own name is a segment.
    world.store.insert(&format!("{SEGMENTS}note.txt"), "x");
    world.store.take(|key| key.contains("120020Z"));
    let chunks: Vec<_> = world
        .router
        .answer(&head, b"")
        .await
        .into_body()
        .collect()
        .await;
    let text: Vec<u8> = chunks.into_iter().flat_map(Result::unwrap).collect();
    let records: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    assert_eq!(records.len(), 2);
}
