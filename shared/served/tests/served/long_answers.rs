//! An answer that takes its time to be read, and a client that notes the time once it has all of it.

use std::time::Duration;

use futures::StreamExt as _;
use http::Request;

use crate::world::World;

/// Reads an answer, and is held up for half a minute behind its first chunk, in which a record is shown.
async fn read_slowly(world: &World, query: &str) -> Vec<u64> {
    let request = Request::get(format!("/api/alerts?{query}"))
        .header("authorization", format!("Bearer {}", world.token()));
    let (head, ()) = request.body(()).unwrap().into_parts();
    let mut body = world.router.answer(&head, b"").await.into_body();
    let mut text = body.next().await.unwrap().unwrap().to_vec();
    world.write([3]).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    while let Some(chunk) = body.next().await {
        text.extend_from_slice(&chunk.unwrap());
    }
    let records: Vec<serde_json::Value> = serde_json::from_slice(&text).unwrap();
    let ids = records.iter().map(|record| record["FullId"].as_u64());
    ids.map(Option::unwrap).collect()
}

async fn world() -> World {
    let world = World::new();
    for id in [1, 2] {
        world.show([id]).await;
    }
    world.clock.run();
    world
}

#[tokio::test(start_paused = true)]
async fn what_is_shown_while_an_answer_is_read_is_at_its_end_or_in_the_next_one() {
    for query in ["", "ago=PT1H", "untilTimeUtc=2030-01-01"] {
        let world = world().await;
        let mut ids = read_slowly(&world, query).await;
        // It notes the time only now.
        let since = world.now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
        tokio::time::sleep(Duration::from_secs(60)).await;
        let next = format!("/api/alerts?sinceTimeUtc={since}");
        ids.extend(world.get(&next).await.ids());
        assert_eq!(ids, [1, 2, 3], "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_an_end_or_a_limit_has_that() {
    for query in [
        "untilTimeUtc=2026-03-02T12:00:20Z",
        // Ahead, and before what comes meanwhile.
        "untilTimeUtc=2026-03-02T12:00:25Z",
        "limit=2",
    ] {
        let world = world().await;
        assert_eq!(read_slowly(&world, query).await, [1, 2], "{query}");
    }
}
