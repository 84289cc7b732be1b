//! With a Lambda function's time, what is hard to read is read in parts and holds up nothing.

use std::time::Duration;

use drawbridge_cursor::{Due, State, Window};
use drawbridge_poll::{Ending, Silent, Stop};
use drawbridge_time::Deadline;

use crate::world::{World, alert};

fn within_secs(secs: u64) -> Stop {
    Stop::at(Deadline::after(Duration::from_secs(secs)))
}

/// Polls, and at once again while there is more to read, as the queue would.
async fn poll_with_jobs(world: &World, secs: u64) {
    let mut done = 0;
    while let Ok(report) = world.poller.run(&within_secs(secs), &Silent).await {
        if !report.more {
            return;
        }
        done += 1;
        assert!(done < 200, "the jobs do not come to an end");
    }
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_always_fails_costs_only_its_instant() {
    let world = World::new();
    world.poll().await.unwrap();
    for (id, time) in [
        ("bad", "2026-03-01T12:01:00.5Z"),
        ("before", "2026-03-01T12:01:00Z"),
        ("after", "2026-03-01T12:01:01Z"),
    ] {
        world.graph.set(id, time, alert(id, time, &["a.exe"]));
    }
    world.graph.poison("\"bad\"");
    for _ in 0..20 {
        world.clock.advance_secs(60);
        poll_with_jobs(&world, 55).await;
    }
    let ids: Vec<String> = world.written().into_iter().map(|record| record.0).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let gaps = world
        .store
        .keys()
        .iter()
        .filter(|key| key.contains("/gaps/"))
        .count();
    assert!(gaps > 0);
    let behind = world.poll().await.unwrap().read_up_to.unwrap();
    assert!(behind > "2026-03-01T12:15:00Z".parse().unwrap(), "{behind}");
}

#[tokio::test(start_paused = true)]
async fn slow_pages_are_read_in_smaller_windows() {
    let world = World::with(|settings| settings.page_size = 100);
    for n in 0..1000 {
        let (id, time) = (
            format!("da{n}"),
            format!("2026-03-01T11:{:02}:{:02}Z", n / 60, n % 60),
        );
        world.graph.set(&id, &time, alert(&id, &time, &["a.exe"]));
    }
    world.graph.latency(20_000);
    for _ in 0..10 {
        world.clock.advance_secs(60);
        poll_with_jobs(&world, 55).await;
    }
    assert_eq!(world.written().len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_to_wait_is_waited_for_and_no_gap_is_made() {
    let world = World::new();
    let time = "2026-03-01T11:00:00Z";
    world.graph.set("da1", time, alert("da1", time, &["a.exe"]));
    world.graph.poison("\"da");
    world.graph.poison_with(503, Some(120));
    let report = world.poller.run(&within_secs(55), &Silent).await.unwrap();
    assert_eq!(report.gaps, 0);
    assert_eq!(report.ending, Ending::Postponed(Duration::from_secs(120)));
}

/// Before, alerts of one instant were read one by one for ever, once a page of them had failed often
/// enough, though no poll has the time for that.
#[tokio::test(start_paused = true)]
async fn alerts_of_one_instant_are_read_in_whole_pages_when_those_fail_no_more() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    let instant = "2026-02-01T12:00:00Z";
    for n in 0..60 {
        world.set(&format!("da{n}"), instant);
    }
    world.graph.latency(2000);
    let from = instant.parse().unwrap();
    let window = Window::new(from, from + jiff::SignedDuration::from_millis(1)).unwrap();
    let failed = Due {
        failures: 3,
        ..Due::default()
    };
    let add = |state: &mut State| state.unread.add(window, failed);
    let store = world.store.as_ref();
    drawbridge_poll::change_state(store, "contoso", add)
        .await
        .unwrap();
    for _ in 0..6 {
        world.clock.advance_secs(60);
        world.poller.run(&within_secs(55), &Silent).await.unwrap();
    }
    assert!((0..60).all(|n| world.has(&format!("da{n}"))));
    let state = world.state().await;
    assert!(state.unread.is_empty(), "{:?}", state.unread);
}
