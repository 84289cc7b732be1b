//! How long a client waits for the first byte, where each segment takes its time.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use drawbridge_served::{Login, Router, RouterSettings, ServedTenant};
use drawbridge_store::testing::FaultyStore;
use drawbridge_store::{Catalogue, ETag, Object, Store, StoreError};
use futures::StreamExt as _;
use http::Request;
use tokio::time::Instant;

use crate::world::{DIRECTORY, World};

/// What a GET takes, as it was measured of S3.
const GET_TAKES: Duration = Duration::from_millis(20);

/// Segments of one record each.
const SEGMENTS: u32 = 1500;

/// After how long old clients give up.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(5);

/// A store, and what a GET of it takes.
struct FarAway(Arc<FaultyStore>, Duration);

#[async_trait]
impl Store for FarAway {
    async fn get(&self, key: &str) -> Result<Option<Object>, StoreError> {
        tokio::time::sleep(self.1).await;
        self.0.get(key).await
    }

    async fn put(&self, key: &str, body: Bytes, kind: &str) -> Result<ETag, StoreError> {
        self.0.put(key, body, kind).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        kind: &str,
        expected: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        self.0.put_if(key, body, kind, expected).await
    }
}

#[async_trait]
impl Catalogue for FarAway {
    async fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        self.0.list(prefix).await
    }

    async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.0.delete(key).await
    }

    async fn delete_if(&self, key: &str, expected: &ETag) -> Result<(), StoreError> {
        self.0.delete_if(key, expected).await
    }
}

/// When an answer's bytes came.
struct Came {
    first: Duration,
    longest_pause: Duration,
    last: Duration,
    text: Vec<u8>,
}

async fn ask(world: &World, router: &Router, query: &str, coding: &str) -> Came {
    let request = Request::get(format!("/api/alerts?{query}"))
        .header("authorization", format!("Bearer {}", world.token()))
        .header("accept-encoding", coding);
    let (head, ()) = request.body(()).unwrap().into_parts();
    let start = Instant::now();
    let answer = router.answer(&head, b"").await;
    assert_eq!(answer.status(), 200);
    let mut body = answer.into_body();
    let (mut first, mut before) = (None, start);
    let (mut longest_pause, mut text) = (Duration::ZERO, Vec::new());
    while let Some(chunk) = body.next().await {
        text.extend_from_slice(&chunk.unwrap());
        first.get_or_insert(start.elapsed());
        longest_pause = longest_pause.max(before.elapsed());
        before = Instant::now();
    }
    Came {
        first: first.unwrap(),
        longest_pause,
        last: start.elapsed(),
        text,
    }
}

async fn far_away(get_takes: Duration) -> (World, Router) {
    let world = World::new();
    world.show([0]).await;
    let (first, body) = world.store.objects().into_iter().next().unwrap();
    for second in 0..SEGMENTS {
        let (minute, second) = (second / 60, second % 60);
        let key = first.replace("120010Z", &format!("13{minute:02}{second:02}Z"));
        world.store.insert(&key, body.clone());
    }
    world.advance(2 * 60 * 60);
    let store = Arc::new(FarAway(Arc::clone(&world.store), get_takes));
    let router = Router::new(store, world.clock.clone()).with_settings(RouterSettings::default());
    let login = Login {
        root: "https://login.example/".parse().unwrap(),
        transport: world.entra.clone(),
    };
    let tenant = world.tenant("contoso", DIRECTORY, "");
    router.serve(vec![ServedTenant::of(&tenant, login).unwrap()]);
    (world, router)
}

#[tokio::test(start_paused = true)]
async fn the_newest_of_many_segments_come_before_anybody_gives_up() {
    let (world, router) = far_away(GET_TAKES).await;
    let answer = ask(&world, &router, "ago=P30D&limit=1000", "identity").await;
    let records: Vec<serde_json::Value> = serde_json::from_slice(&answer.text).unwrap();
    assert_eq!(records.len(), 1000);
    assert!(answer.first < GIVEN_UP_AFTER / 4, "{:?}", answer.first);
    assert!(answer.last < GIVEN_UP_AFTER / 4, "{:?}", answer.last);
    // Each was read once, and from then on not at all.
    let gets = || {
        let calls = world.store.calls().into_iter();
        calls.filter(|call| call.starts_with("get")).count()
    };
    assert!((1000..1050).contains(&gets()));
    ask(&world, &router, "ago=P30D&limit=1000", "identity").await;
    assert_eq!(gets(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_takes_nothing_keeps_nobody_waiting() {
    for query in ["", "&limit=5"] {
        for coding in ["identity", "gzip"] {
            let (world, router) = far_away(GET_TAKES).await;
            world.store.calls();
            let query = format!("ago=P30D&machinegroups=nobody{query}");
            let answer = ask(&world, &router, &query, coding).await;
            assert!(answer.first < GIVEN_UP_AFTER, "{:?}", answer.first);
            assert!(answer.longest_pause < GIVEN_UP_AFTER);
            assert!(answer.last < Duration::from_secs(3), "{:?}", answer.last);
            if coding == "identity" {
                let records: Vec<serde_json::Value> = serde_json::from_slice(&answer.text).unwrap();
                assert!(records.is_empty());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn while_nothing_is_found_a_blank_comes_each_second() {
    for query in [
        "ago=P30D&machinegroups=nobody",
        "ago=P30D&machinegroups=nobody&limit=5",
        "ago=P30D&limit=5000",
    ] {
        let (world, router) = far_away(10 * GET_TAKES).await;
        let answer = ask(&world, &router, query, "identity").await;
        assert!(answer.last > GIVEN_UP_AFTER, "{:?}", answer.last);
        assert!(answer.longest_pause < Duration::from_millis(1500));
        serde_json::from_slice::<Vec<serde_json::Value>>(&answer.text).unwrap();
    }
}
