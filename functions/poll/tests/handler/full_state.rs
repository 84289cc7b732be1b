//! A poll has no more room for what it learns: it saves that, and the next one goes on. The object was damaged: nothing is sent, and the poll says so.

use bytes::Bytes;
use drawbridge_cursor::StateError;
use drawbridge_poll::{PollError, Report, state_key};
use drawbridge_store::Store as _;

use super::world::World;

const ALERTS: usize = 200;

/// A day's alerts, and room for half of them.
async fn crowded(most_state_bytes: usize) -> World {
    let world = World::with(|settings| {
        settings.page_size = 5;
        settings.most_state_bytes = most_state_bytes;
        settings.pages.most_kept_bytes = 1000;
        settings.windows.sweeps = false;
    });
    for n in 0..ALERTS {
        world.set(
            &format!("da{n}"),
            &format!("2026-03-01T0{}:{:02}:00Z", n / 60, n % 60),
        );
    }
    world
}

/// Polls while there is more to read; the reports.
async fn polls(world: &World) -> Vec<Report> {
    let mut reports = Vec::new();
    loop {
        let report = world.poll().await.unwrap();
        let more = report.more;
        reports.push(report);
        if !more {
            return reports;
        }
        assert!(reports.len() < 500, "the jobs have no end");
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_without_room_saves_what_it_learned_and_the_next_one_has_room() {
    let roomy = crowded(1 << 30).await;
    assert_eq!(polls(&roomy).await.len(), 1);

    let world = crowded(40_000).await;
    let reports = polls(&world).await;
    assert!(
        reports.len() > 1,
        "it was stopped when there was no more room"
    );
    // One page, and what was left of the room.
    assert!(reports.iter().all(|report| report.state_percent < 130));
    assert!((0..ALERTS).all(|n| world.has(&format!("da{n}"))));
    for _ in 0..60 {
        world.clock.advance_secs(600);
        polls(&world).await;
    }
    assert_eq!(world.written().len(), ALERTS, "nothing was forgotten");
}

/// The function had more memory when it was written.
#[tokio::test(start_paused = true)]
async fn an_object_that_is_longer_than_the_memory_is_named_and_left_alone() {
    let mut world = crowded(1 << 30).await;
    polls(&world).await;
    let key = state_key("contoso");
    let object = world.store.get(&key).await.unwrap().unwrap();
    // With half of the memory, too, there is not enough for what is in it.
    for most in [object.body.len() - 1, object.body.len() * 2 - 2] {
        world.poller.settings.most_state_bytes = most;
        let error = world.poll().await.unwrap_err();
        assert!(error.to_string().contains("MemorySize"), "{error}");
        assert!(!error.is_retryable());
    }
    let left = world.store.get(&key).await.unwrap().unwrap();
    assert_eq!(left.body, object.body);
}

#[tokio::test(start_paused = true)]
async fn a_state_object_with_a_flipped_bit_is_named_and_nothing_is_sent() {
    let world = World::new();
    world.set("da1", "2026-03-01T11:00:00Z");
    world.poll().await.unwrap();
    let key = state_key("contoso");
    let object = world.store.get(&key).await.unwrap().unwrap();
    let mut body = object.body.to_vec();
    let digit = body.len() / 2;
    body[digit] ^= 1;
    world
        .store
        .put(&key, Bytes::from(body), "application/json")
        .await
        .unwrap();
    world.set("da2", "2026-03-01T12:00:00Z");
    let error = world.poll().await.unwrap_err();
    let PollError::State {
        source: StateError::Damaged { .. },
        ..
    } = &error
    else {
        panic!("{error}");
    };
    assert!(
        error.to_string().contains("put back an earlier version"),
        "{error}"
    );
    assert!(!error.is_retryable() && !world.has("da2"));
}
