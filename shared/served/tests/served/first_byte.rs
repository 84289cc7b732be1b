//! How long a client waits for the first byte, where each segment takes its time.

use std::time::Duration;

use drawbridge_served::RouterSettings;
use futures::StreamExt as _;
use http::Request;
use tokio::time::Instant;

use crate::world::{FarAway, World};

/// What a GET takes, as it was measured of S3.
const GET_TAKES: Duration = Duration::from_millis(20);

/// Segments of one record each.
const SEGMENTS: u32 = 1500;

/// After how long old clients give up.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(5);

/// When an answer's bytes came.
struct Came {
    first: Duration,
    longest_pause: Duration,
    last: Duration,
    text: Vec<u8>,
}

async fn ask(world: &World, query: &str, coding: &str) -> Came {
    let request = Request::get(format!("/api/alerts?{query}"))
        .header("authorization", format!("Bearer {}", world.token()))
        .header("accept-encoding", coding);
    let (head, ()) = request.body(()).unwrap().into_parts();
    let start = Instant::now();
    let answer = world.router.answer(&head, b"").await;
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

async fn far_away(get_takes: Duration) -> World {
    let far_away = |store| FarAway::getting(get_takes).from(store);
    let world = World::over(far_away, RouterSettings::default());
    world.show([0]).await;
    let (first, body) = world.store.objects().into_iter().next().unwrap();
    for second in 0..SEGMENTS {
        let (minute, second) = (second / 60, second % 60);
        let key = first.replace("120010Z", &format!("13{minute:02}{second:02}Z"));
        world.store.insert(&key, body.clone());
    }
    world.advance(2 * 60 * 60);
    world
}

#[tokio::test(start_paused = true)]
async fn the_newest_of_many_segments_come_before_anybody_gives_up() {
    let world = far_away(GET_TAKES).await;
    let answer = ask(&world, "ago=P30D&limit=1000", "identity").await;
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
    ask(&world, "ago=P30D&limit=1000", "identity").await;
    assert_eq!(gets(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_takes_nothing_keeps_nobody_waiting() {
    for query in ["", "&limit=5"] {
        for coding in ["identity", "gzip"] {
            let world = far_away(GET_TAKES).await;
            world.store.calls();
            let query = format!("ago=P30D&machinegroups=nobody{query}");
            let answer = ask(&world, &query, coding).await;
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
        let world = far_away(10 * GET_TAKES).await;
        let answer = ask(&world, query, "identity").await;
        assert!(answer.last > GIVEN_UP_AFTER, "{:?}", answer.last);
        assert!(answer.longest_pause < Duration::from_millis(1500));
        serde_json::from_slice::<Vec<serde_json::Value>>(&answer.text).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn while_one_segment_is_read_a_blank_comes_each_second() {
    for query in ["", "limit=1"] {
        let far_away = |store| FarAway::getting(Duration::from_secs(14)).from(store);
        let world = World::over(far_away, RouterSettings::default());
        world.show([1]).await;
        let answer = ask(&world, query, "identity").await;
        assert!(answer.last >= Duration::from_secs(14), "{:?}", answer.last);
        assert_eq!(answer.first.as_secs(), 1);
        assert!(answer.longest_pause < Duration::from_millis(1500));
        let records: Vec<serde_json::Value> = serde_json::from_slice(&answer.text).unwrap();
        assert_eq!(records.len(), 1);
    }
}
