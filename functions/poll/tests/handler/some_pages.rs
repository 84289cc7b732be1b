//! Graph answers, but not every question: what is wrong with one page is no other alert's trouble.

use drawbridge_poll::{Ending, Report, Silent, Stop};

use std::time::Duration;

use drawbridge_time::Deadline;

use crate::world::{Count, HANGS, World};

/// A world that has been polled, with an alert that spoils its page and one that comes later.
async fn spoiled(status: u16, wait: Option<u64>) -> World {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    world.graph.poison("\"bad\"");
    world.graph.poison_with(status, wait);
    world.set("before", "2026-03-01T12:00:05Z");
    world.set("bad", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    world
}

#[tokio::test(start_paused = true)]
async fn whatever_one_page_is_answered_with_new_alerts_keep_coming_and_it_is_put_aside() {
    for (status, wait) in [
        (500, None),
        (504, Some(1)),
        (503, Some(400)),
        (429, None),
        (429, Some(1)),
        (429, Some(400)),
        (400, None),
        (401, None),
        (403, None),
        (404, None),
        (302, None),
    ] {
        let world = spoiled(status, wait).await;
        // It may fail, and say so. The one after it has the others.
        let _ = world.poll().await;
        world.set("new", "2026-03-01T12:01:10Z");
        world.clock.advance_secs(60);
        let report = world.poll().await.unwrap();
        assert_eq!(report.ending, Ending::Complete, "{status} {wait:?}");
        for id in ["before", "new"] {
            assert!(world.has(id), "{status} {wait:?}: {id}");
        }
        for _ in 0..10 {
            world.clock.advance_secs(60);
            let _ = world.poll().await;
        }
        let is_gap = |key: &String| key.contains("/gaps/");
        assert!(world.store.keys().iter().any(is_gap), "{status} {wait:?}");
        // It is met again as long as live polls overlap it, and holds up nothing then either.
        world.set("newer", "2026-03-01T12:12:10Z");
        for _ in 0..2 {
            world.clock.advance_secs(60);
            let _ = world.poll().await;
        }
        assert!(world.has("newer"), "{status} {wait:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_put_aside_while_graph_refuses_everything() {
    for status in [400, 401, 403, 404, 429, 503] {
        let world = World::new();
        world.poll().await.unwrap();
        world.set("new", "2026-03-01T12:00:10Z");
        world.graph.poison_with(status, None);
        world.graph.refuses_everything(true);
        for _ in 0..20 {
            world.clock.advance_secs(60);
            world.poll().await.unwrap_err();
        }
        world.graph.refuses_everything(false);
        assert!(!world.store.keys().iter().any(|key| key.contains("/gaps/")));
        world.clock.advance_secs(60);
        while world.poll().await.unwrap().more {}
        assert!(world.has("new"), "{status}");
    }
}

/// Polls a world with `alerts` alerts in it, one each second, of which Graph lists 25 at most.
async fn capped(alerts: u32, count: Count) -> (World, Report) {
    let world = World::with(|settings| settings.windows.sweeps = false);
    for n in 0..alerts {
        let (minute, second) = (n / 60, n % 60);
        let time = format!("2026-03-01T11:{minute:02}:{second:02}Z");
        world.set(&format!("da{n}"), &time);
    }
    world.graph.counts(count);
    world.graph.lists_at_most(25);
    let report = world.poll().await.unwrap();
    (world, report)
}

#[tokio::test(start_paused = true)]
async fn a_list_that_ends_early_without_a_word_is_read_in_smaller_windows() {
    let (world, report) = capped(120, Count::AndMore(0)).await;
    assert_eq!(
        (report.records, report.count_mismatches, report.gaps),
        (120, 0, 0)
    );
    assert!(world.state().await.unread.is_empty());
}

/// A list of known alerts alone was taken for all there is, however often, until the watermark was past
/// what it did not show.
#[tokio::test(start_paused = true)]
async fn what_is_not_listed_behind_known_alerts_is_found_before_the_watermark_passes_it() {
    for (known, most_minutes) in [(10, 66), (24, 66), (60, 6)] {
        let world = World::with(|settings| settings.windows.sweeps = false);
        world.graph.counts(Count::AndMore(0));
        for n in 0..known {
            world.set(&format!("da{n}"), "2026-03-01T11:59:00Z");
        }
        assert_eq!(world.poll().await.unwrap().records, known);
        world.graph.lists_at_most(known as usize);
        world.set("new", "2026-03-01T11:59:45Z");
        let mut minutes = 0;
        while !world.has("new") {
            world.clock.advance_secs(60);
            world.poll().await.unwrap();
            minutes += 1;
            assert!(minutes <= most_minutes, "behind {known} it does not come");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_count_that_is_always_too_high_makes_no_storm_of_requests() {
    let (_, report) = capped(20, Count::AndMore(3)).await;
    assert_eq!((report.records, report.gaps), (20, 0));
    assert!(report.count_mismatches >= 1);
    assert!(report.requests <= 60, "{}", report.requests);
}

#[tokio::test(start_paused = true)]
async fn alerts_of_one_instant_that_graph_does_not_list_are_put_aside_as_a_window() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    for n in 0..40 {
        world.set(&format!("da{n}"), "2026-03-01T11:00:00Z");
    }
    world.graph.counts(Count::AndMore(0));
    world.graph.lists_at_most(25);
    let report = world.poll().await.unwrap();
    assert_eq!(
        (report.records, report.count_mismatches, report.gaps),
        (25, 1, 1)
    );
}

/// A poll with as much time as one has in Lambda.
async fn short_poll(world: &World) {
    let stop = Stop::at(Deadline::after(Duration::from_secs(55)));
    world.clock.advance_secs(60);
    let _ = world.poller.run(&stop, &Silent).await;
}

#[tokio::test(start_paused = true)]
async fn a_page_that_hangs_holds_up_no_other_alert() {
    let world = spoiled(HANGS, None).await;
    let mut polls = 0;
    while !world.has("before") {
        short_poll(&world).await;
        polls += 1;
        assert!(polls < 60, "it does not come");
    }
    world.set("new", "2026-03-01T13:30:10Z");
    while !world.has("new") {
        short_poll(&world).await;
        polls += 1;
        assert!(polls < 150, "it does not come");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_page_of_a_backfill_comes_to_an_end() {
    let world = spoiled(429, Some(400)).await;
    let day = drawbridge_cursor::Window::new(
        "2026-01-01T00:00:00Z".parse().unwrap(),
        "2026-01-02T00:00:00Z".parse().unwrap(),
    );
    world.set("good", "2026-01-01T10:00:00Z");
    world.graph.poison("\"worse\"");
    world.set("worse", "2026-01-01T12:00:00Z");
    let asked = drawbridge_poll::BackfillProgress {
        tenant: "contoso".into(),
        id: "b".into(),
        left: vec![day.unwrap()],
        ..drawbridge_poll::BackfillProgress::default()
    };
    asked.ask(world.store.as_ref()).await.unwrap();
    let mut polls = 0;
    while !world.state().await.backfills.is_empty() {
        world.clock.advance_secs(60);
        let report = world.poll().await.unwrap();
        assert_eq!(report.ending, Ending::Complete, "live polls go on");
        polls += 1;
        assert!(polls < 60, "it does not come to an end");
    }
    assert!(world.has("good") && world.has("before"));
    assert!(world.store.keys().iter().any(|key| key.contains("/gaps/")));
}
