//! An alert out of quarantine is delivered while polls are under way.

use bytes::Bytes;
use drawbridge_alert::Alert;
use drawbridge_poll::state_key;
use drawbridge_store::Store as _;

use crate::world::{Put, World, alert};

const T1: &str = "2026-03-01T11:58:00Z";

async fn object(world: &World) -> Bytes {
    let object = world.store.get(&state_key("contoso")).await.unwrap();
    object.unwrap().body
}

/// A world that was polled, its state, and its state after `da1` was delivered again.
async fn replayed() -> (World, Bytes, Bytes) {
    let world = World::new();
    world.poll().await.unwrap();
    let before = object(&world).await;
    let text = alert("da1", T1, &["a.exe", "b.exe"]);
    let decoded = Alert::decode(&text).unwrap();
    let report = world.poller.deliver_again(&decoded).await.unwrap();
    assert_eq!((report.records, report.saved), (2, true));
    let after = object(&world).await;
    world.graph.set("da1", T1, text);
    (world, before, after)
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_under_way_is_not_overtaken_by_a_replay_and_learns_of_it() {
    let (world, before, after) = replayed().await;
    // The poll reads the state as it was before.
    let key = state_key("contoso");
    world
        .store
        .put(&key, before, "application/json")
        .await
        .unwrap();
    world.store.then_put_if([Put::Overtaken(after)]);
    world
        .graph
        .set("da1", T1, alert("da1", "2026-03-01T13:00:00Z", &["a.exe"]));
    world.set("new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert!(report.saved, "{report:?}");
    let sent = world.written().len();
    // What the replay sent is known.
    world.graph.set(
        "da1",
        "2026-03-01T12:01:00Z",
        alert("da1", T1, &["a.exe", "b.exe"]),
    );
    for _ in 0..3 {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
    assert_eq!(world.written().len(), sent);
}

#[tokio::test(start_paused = true)]
async fn a_replay_that_a_poll_overtakes_sends_nothing_twice_and_keeps_what_the_poll_saved() {
    let world = World::new();
    world.poll().await.unwrap();
    let before = object(&world).await;
    world.set("new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    let (polled, state) = (object(&world).await, world.state().await);
    let key = state_key("contoso");
    world
        .store
        .put(&key, before, "application/json")
        .await
        .unwrap();
    world.store.then_put_if([Put::Overtaken(polled)]);
    let text = alert("da1", T1, &["a.exe", "b.exe"]);
    let report = world
        .poller
        .deliver_again(&Alert::decode(&text).unwrap())
        .await;
    assert_eq!(report.unwrap().records, 2);
    let after = world.state().await;
    assert_eq!(
        (after.saved, after.watermark),
        (state.saved, state.watermark)
    );
    world.graph.set("da1", T1, text);
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert_eq!(world.written().len(), 3);
}

/// A purge removes the state between its reading and its saving.
#[tokio::test(start_paused = true)]
async fn a_replay_does_not_bring_back_a_state_that_was_removed() {
    let (world, ..) = replayed().await;
    world.store.then_put_if([Put::Removed]);
    let text = alert("da2", T1, &["a.exe"]);
    let replayed = world
        .poller
        .deliver_again(&Alert::decode(&text).unwrap())
        .await;
    let error = replayed.unwrap_err();
    assert!(!error.is_retryable() && error.to_string().contains("purge"));
    assert!(world.store.keys().is_empty());
}
