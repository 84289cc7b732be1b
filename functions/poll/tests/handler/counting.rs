//! Graph lists less than it has, without a word, and its number of alerts is all that tells.

use drawbridge_time::Clock as _;

use crate::world::{Count, World, alert};

/// A world without sweeps with so many alerts in it, one each fifteen seconds up to about now.
fn world(alerts: u32, page_size: u32) -> World {
    let world = World::with(|settings| {
        settings.windows.sweeps = false;
        settings.page_size = page_size;
    });
    for n in 0..alerts {
        set(&world, n);
    }
    world.graph.counts(Count::AndMore(0));
    world
}

fn time(n: u32) -> String {
    let secs = n * 15 + 1;
    format!("2026-03-01T11:{:02}:{:02}Z", secs / 60, secs % 60)
}

fn set(world: &World, n: u32) {
    world.set(&format!("da{n}"), &time(n));
}

fn has_all(world: &World, alerts: u32) -> bool {
    (0..alerts).all(|n| world.has(&format!("da{n}")))
}

/// Polls each minute until all is there; after how many.
async fn minutes_to_all(world: &World, alerts: u32, most: u32) -> u32 {
    for minute in 1..=most {
        world.poll().await.unwrap();
        if has_all(world, alerts) {
            return minute;
        }
        world.clock.advance_secs(60);
    }
    panic!("it does not come: {:?}", world.state().await.unread);
}

/// Before, the watermark passed what was not listed, and the poll was complete.
#[tokio::test(start_paused = true)]
async fn a_list_that_may_be_cut_off_is_not_complete_while_its_count_fails() {
    let statuses = [403, 404, 409, 410, 423, 429, 500, 503, 504].map(Count::Status);
    for count in statuses
        .into_iter()
        .chain([Count::RefusedOfSome, Count::Garbled])
    {
        let world = world(60, 1000);
        world.graph.lists_at_most(20);
        world.graph.counts(count);
        let report = world.poll().await.unwrap();
        assert_eq!((report.records, report.not_counted), (20, 1), "{count:?}");
        // What is new comes all the same.
        world.graph.lists_at_most(21);
        world.set("new", "2026-03-01T12:00:20Z");
        world.clock.advance_secs(30);
        world.poll().await.unwrap();
        assert!(world.has("new"), "{count:?}");
        for _ in 0..30 {
            world.clock.advance_secs(60);
            world.poll().await.unwrap();
        }
        assert!(!has_all(&world, 60));
        world.graph.counts(Count::AndMore(0));
        assert!(minutes_to_all(&world, 60, 10).await <= 10);
        world.poll().await.unwrap();
        assert!(world.state().await.unread.is_empty(), "{count:?}");
    }
}

/// It costs a question now and then, and is over after two hours, with a word.
#[tokio::test(start_paused = true)]
async fn where_the_count_never_works_what_may_be_cut_off_is_put_aside_after_two_hours() {
    let world = world(60, 1000);
    world.graph.lists_at_most(20);
    world.graph.counts(Count::Status(403));
    let (mut minutes, mut gaps) = (0, 0);
    while gaps == 0 {
        let before = world.graph.requests().len();
        gaps += world.poll().await.unwrap().gaps;
        let requests = world.graph.requests().len() - before;
        assert!(requests <= 8, "{requests} requests in minute {minutes}");
        world.clock.advance_secs(60);
        minutes += 1;
        assert!(minutes < 180, "{:?}", world.state().await.unread);
    }
    assert!(minutes > 120, "{minutes}");
    assert!(world.state().await.unread.is_empty());
}

/// Before, a list of fewer than ten rows was taken for one that cannot be cut off.
#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_off_below_ten_rows_is_read_in_parts() {
    for (page_size, cap) in [(1000, 5), (5, 5), (1000, 1)] {
        let world = world(12, page_size);
        world.graph.lists_at_most(cap);
        let minutes = minutes_to_all(&world, 12, 3).await;
        assert!(minutes <= 2, "{page_size} {cap}: {minutes}");
    }
}

/// Before, a part that listed fewer rows than the whole was taken for all there is.
#[tokio::test(start_paused = true)]
async fn a_list_that_is_cut_off_by_bytes_is_read_in_parts() {
    let world = world(0, 1000);
    // They are listed in this order: the halves have fewer rows than the whole.
    for n in 60..100 {
        set(&world, n);
    }
    let files = vec!["x.exe"; 40];
    for n in 0..60 {
        let (id, time) = (format!("da{n}"), time(n));
        world.graph.set(&id, &time, alert(&id, &time, &files));
    }
    world.graph.lists_at_most_bytes(24_000);
    minutes_to_all(&world, 100, 3).await;
}

/// Before, nothing was counted any more in a window behind an alert that is counted and never listed.
#[tokio::test(start_paused = true)]
async fn an_alert_that_is_never_listed_hides_no_other() {
    let world = world(60, 1000);
    world.set("phantom", "2026-03-01T00:12:34.5Z");
    world.graph.never_lists("phantom");
    world.graph.lists_at_most(20);
    let mut mismatches = 0;
    while !has_all(&world, 60) {
        mismatches += world.poll().await.unwrap().count_mismatches;
        world.clock.advance_secs(60);
    }
    assert_eq!(mismatches, 1);
    assert!(world.clock.now() < "2026-03-01T12:03:00Z".parse().unwrap());
}

/// It is looked for once in ten minutes.
#[tokio::test(start_paused = true)]
async fn where_an_alert_is_that_is_never_listed_is_remembered_for_a_while() {
    let world = world(0, 1000);
    world.poll().await.unwrap();
    world.clock.advance_secs(60);
    world.set("phantom", "2026-03-01T12:00:34.5Z");
    world.graph.never_lists("phantom");
    let mut asked = Vec::new();
    let mut mismatches = 0;
    for n in 0..14 {
        world.set(&format!("new{n}"), &format!("2026-03-01T12:{n:02}:40Z"));
        let before = world.graph.requests().len();
        world.clock.advance_secs(60);
        let report = world.poll().await.unwrap();
        mismatches += report.count_mismatches;
        asked.push(world.graph.requests().len() - before);
    }
    assert_eq!(mismatches, 2, "{asked:?}");
    // With the second reading of what the first poll read.
    assert_eq!(asked.iter().filter(|n| **n <= 4).count(), 12, "{asked:?}");
    assert!(asked.iter().all(|n| *n <= 80), "{asked:?}");
}

/// A Graph whose number has nothing to do with the window is not asked about ever smaller ones.
#[tokio::test(start_paused = true)]
async fn a_number_that_is_of_no_window_makes_no_storm_of_requests() {
    let world = world(20, 1000);
    world.graph.counts(Count::AndMore(3));
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.count_mismatches), (20, 1));
    assert!(report.requests <= 6, "{}", report.requests);
}

/// The parts take more requests than Graph takes in a minute.
#[tokio::test(start_paused = true)]
async fn what_is_not_narrowed_down_in_a_minute_is_read_in_the_next() {
    let world = world(230, 1000);
    world.graph.lists_at_most(3);
    for minute in 0..20 {
        let before = world.graph.requests().len();
        let report = world.poll().await.unwrap();
        let requests = world.graph.requests().len() - before;
        assert!(requests <= 152, "{requests} in minute {minute}");
        if minute == 0 {
            assert!(report.more);
        }
        if has_all(&world, 230) {
            return;
        }
        world.clock.advance_secs(60);
    }
    panic!("they do not come");
}
