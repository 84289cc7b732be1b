//! A page that fails, and that there is little time for: each poll that meets it leaves less to try,
//! or one failure more, and in the end it is quarantined by itself.

use std::time::Duration;

use drawbridge_cursor::Window;
use drawbridge_poll::{BackfillProgress, Silent, Stop};
use drawbridge_time::Deadline;

use crate::world::{Count, HANGS, Send, World};

/// A poll with as much time as one has in Lambda, a minute later; the jobs that follow come at once.
async fn minute(world: &World) {
    world.clock.advance_secs(60);
    for _ in 0..10 {
        let stop = Stop::at(Deadline::after(Duration::from_secs(55)));
        match world.poller.run(&stop, &Silent).await {
            Ok(report) if report.more => {}
            _ => return,
        }
    }
}

fn gaps(world: &World) -> usize {
    let keys = world.store.keys();
    keys.iter().filter(|key| key.contains("/gaps/")).count()
}

async fn ask(world: &World, day: &str) {
    let from = format!("{day}T00:00:00Z").parse().unwrap();
    let window = Window::new(from, from + Duration::from_secs(24 * 60 * 60));
    let asked = BackfillProgress {
        tenant: "contoso".into(),
        id: "b".into(),
        left: vec![window.unwrap()],
        ..BackfillProgress::default()
    };
    asked.ask(world.store.as_ref()).await.unwrap();
}

/// Before, the waits that Graph asked for took up the time of each poll; the range was left as it
/// was, first in the line for ever, and no sweep behind it was read any more.
#[tokio::test(start_paused = true)]
async fn a_throttled_page_of_a_sweep_does_not_end_all_sweeps() {
    for (status, wait) in [
        (429, 3),
        (503, 5),
        (429, 10),
        (503, 20),
        (429, 30),
        (503, 45),
    ] {
        let world = World::with(|settings| settings.windows.sweep_phase_secs = 0);
        world.poll().await.unwrap();
        world.graph.poison("\"bad\"");
        world.graph.poison_with(status, Some(wait));
        world.set("bad", "2026-03-01T03:00:10Z");
        world.clock.advance_secs(58 * 60);
        let mut minutes = 0;
        while gaps(&world) == 0 {
            minute(&world).await;
            minutes += 1;
            assert!(
                minutes < 90,
                "{status} {wait}: {:?}",
                world.state().await.again
            );
        }
        world.set("late", "2026-03-01T05:00:00Z");
        minutes = 0;
        while !world.has("late") {
            minute(&world).await;
            minutes += 1;
            assert!(
                minutes < 125,
                "{status} {wait}: {:?}",
                world.state().await.again
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_page_of_a_backfill_is_put_aside_and_the_rest_is_read() {
    for (status, wait) in [(429, 3), (503, 10), (429, 30)] {
        let world = World::with(|settings| settings.windows.sweeps = false);
        world.poll().await.unwrap();
        world.graph.poison("\"bad\"");
        world.graph.poison_with(status, Some(wait));
        world.set("bad", "2026-01-01T03:00:10Z");
        world.set("good", "2026-01-01T23:00:10Z");
        ask(&world, "2026-01-01").await;
        let mut minutes = 0;
        while !world.state().await.backfills.is_empty() {
            minute(&world).await;
            minutes += 1;
            assert!(
                minutes < 90,
                "{status} {wait}: {:?}",
                world.state().await.backfills
            );
        }
        assert!(gaps(&world) > 0 && world.has("good"), "{status} {wait}");
    }
}

/// Before, a window that cannot be cut was tried with whole pages only, and quarantined after five.
#[tokio::test(start_paused = true)]
async fn what_only_small_pages_get_is_not_given_up() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    world.graph.hangs_above(10);
    for n in 0..40 {
        world.set(&format!("da{n}"), "2026-03-01T12:00:10Z");
    }
    let mut minutes = 0;
    while world.written().len() < 40 {
        minute(&world).await;
        minutes += 1;
        assert!(minutes < 90, "{:?}", world.state().await.unread);
    }
    assert_eq!(gaps(&world), 0);
}

/// Before, an instant of an error that stayed while Graph answered the question for nothing was put
/// aside at once.
#[tokio::test(start_paused = true)]
async fn what_fails_for_some_minutes_is_not_given_up() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    world.graph.poison("\"da");
    world.set("da1", "2026-03-01T12:00:10Z");
    for _ in 0..4 {
        minute(&world).await;
    }
    assert_eq!(gaps(&world), 0);
    world.graph.heal();
    for _ in 0..5 {
        minute(&world).await;
    }
    assert!(world.has("da1"));
}

/// Before, the alert in the gap was missing from what was seen: all was read again in halves, and
/// there was an alarm.
#[tokio::test(start_paused = true)]
async fn what_was_put_aside_is_not_missed() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    world.graph.poison("\"bad\"");
    world.set("bad", "2026-03-01T12:00:10Z");
    for n in 0..29 {
        world.set(
            &format!("da{n}"),
            &format!("2026-03-01T12:00:{:02}Z", n + 11),
        );
    }
    world.graph.counts(Count::AndMore(0));
    let mut mismatches = 0;
    for _ in 0..40 {
        world.clock.advance_secs(60);
        mismatches += world.poll().await.unwrap().count_mismatches;
    }
    assert!(gaps(&world) > 0);
    assert_eq!(mismatches, 0);
    assert_eq!(world.written().len(), 29);
    assert!(world.state().await.unread.is_empty());
}

/// Before, a day lay in quarantine after the queue had refused records of it five times.
#[tokio::test(start_paused = true)]
async fn a_queue_that_refuses_records_for_some_minutes_costs_a_backfill_nothing() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    world.set("old", "2026-01-01T03:00:10Z");
    ask(&world, "2026-01-01").await;
    for _ in 0..8 {
        world.queue.then(Send::Refuse(vec![0]));
    }
    let mut minutes = 0;
    while !world.state().await.backfills.is_empty() {
        minute(&world).await;
        minutes += 1;
        assert!(minutes < 60, "{:?}", world.state().await.backfills);
    }
    assert!(minutes > 7 && world.has("old"));
    assert_eq!(gaps(&world), 0);
}

/// On one machine a poll ends when somebody asks. Before, it had no deadline besides: one that met a
/// page which never came was busy for hours with ever smaller parts of it, and nothing new was read.
#[tokio::test(start_paused = true)]
async fn a_page_that_hangs_holds_up_nothing_on_one_machine() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.clock.run();
    world.poll().await.unwrap();
    world.graph.poison("\"bad\"");
    world.graph.poison_with(HANGS, None);
    world.set("bad", "2026-03-01T12:00:10Z");
    world.set("new", "2026-03-01T12:00:20Z");
    let began = tokio::time::Instant::now();
    let (_ask, asked) = tokio::sync::watch::channel(false);
    while !world.has("new") {
        tokio::time::advance(Duration::from_secs(30)).await;
        let stop = Stop::when(asked.clone()).within(Duration::from_secs(55));
        let _ = world.poller.run(&stop, &Silent).await;
        let took = began.elapsed();
        assert!(took < Duration::from_secs(40 * 60), "{took:?}");
    }
}
