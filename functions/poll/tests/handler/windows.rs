//! Which windows are read, whatever the clock, the jobs and Graph's answers do.

use std::sync::Mutex;

use drawbridge_cursor::{Due, State, Window};
use drawbridge_poll::{Ending, Progress, Report, Silent, Stop, state_key};
use drawbridge_store::Store as _;
use drawbridge_time::Deadline;

use crate::world::{Answer, Count, World, alert};

fn window(from: &str, to: &str) -> Window {
    Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

fn has(world: &World, id: &str) -> bool {
    world.written().iter().any(|record| record.0 == id)
}

fn set(world: &World, id: &str, time: &str) {
    world.graph.set(id, time, alert(id, time, &["a.exe"]));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_ahead_once_hides_nothing() {
    let world = World::new();
    world.poll().await.unwrap();
    world.clock.advance_secs(7260);
    world.poll().await.unwrap();
    world.clock.advance_secs(-7200);
    set(&world, "da1", "2026-03-01T12:30:00Z");
    for _ in 0..80 {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
    assert!(has(&world, "da1"));
}

#[tokio::test(start_paused = true)]
async fn a_range_that_lies_ahead_hides_nothing_from_live_polls() {
    let world = World::new();
    world.poll().await.unwrap();
    world
        .want(window("2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"))
        .await;
    world.poll().await.unwrap();
    set(&world, "da1", "2026-03-01T15:00:00Z");
    for _ in 0..16 {
        world.clock.advance_secs(900);
        world.poll().await.unwrap();
    }
    assert!(has(&world, "da1"));
}

#[tokio::test(start_paused = true)]
async fn an_incomplete_answer_leaves_a_range_to_be_read() {
    let world = World::new();
    world.poll().await.unwrap();
    let old = window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    world.want(old).await;
    world.graph.script([Answer::Partial]);
    let report = world.poll().await.unwrap();
    assert!(!report.more, "a little later Graph may have all of it");
    assert_eq!(world.left().await, [old]);
    for wait_secs in [60, 900] {
        world.clock.advance_secs(wait_secs);
        world.poll().await.unwrap();
    }
    assert!(world.left().await.is_empty());
}

/// Changes an alert of the first page while that page is delivered: on a server that counts rows
/// the next page begins one row too late.
struct ChangeMeanwhile<'a>(&'a World, Mutex<bool>);

impl Progress for ChangeMeanwhile<'_> {
    fn page(&self, _so_far: &Report) {
        let mut done = self.1.lock().unwrap();
        if !std::mem::replace(&mut *done, true) {
            set(self.0, "da0", "2026-03-01T12:00:31Z");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_shift_while_a_long_window_is_paged_are_read_the_second_time() {
    let world = World::with(|settings| settings.page_size = 2);
    for n in 0..10 {
        set(
            &world,
            &format!("da{n}"),
            &format!("2026-03-01T03:00:{n:02}Z"),
        );
    }
    let meanwhile = ChangeMeanwhile(&world, Mutex::new(false));
    let never = Stop::at(Deadline::none());
    world.poller.run(&never, &meanwhile).await.unwrap();
    assert!(
        (0..10).any(|n| !has(&world, &format!("da{n}"))),
        "no row was skipped"
    );
    for _ in 0..80 {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
    assert!((0..10).all(|n| has(&world, &format!("da{n}"))));
    assert!(world.left().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_first_window_waits_for_the_first_poll_that_succeeds() {
    let world = World::new();
    world.graph.is_down(true);
    world.poll().await.unwrap_err();
    set(&world, "da1", "2026-03-01T12:10:00Z");
    for _ in 0..50 {
        world.clock.advance_secs(3600);
        world.poll().await.unwrap_err();
    }
    world.graph.is_down(false);
    world.poll().await.unwrap();
    assert!(has(&world, "da1"));
}

#[tokio::test(start_paused = true)]
async fn a_range_that_fails_holds_up_nothing() {
    let world = World::new();
    set(&world, "old", "2026-02-20T10:30:00Z");
    let old = window("2026-02-20T10:00:00Z", "2026-02-20T11:00:00Z");
    let mut state = State {
        watermark: Some("2026-03-01T11:59:00Z".parse().unwrap()),
        ..State::default()
    };
    state.unread.add(old, Due::default());
    let body = state.encode().unwrap().into();
    world
        .store
        .put(&state_key("contoso"), body, "application/json")
        .await
        .unwrap();
    world.graph.poison("\"old\"");
    world.graph.poison_with(400, None);
    set(&world, "new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert_eq!((report.put_off, report.ending), (1, Ending::Complete));
    assert!(has(&world, "new") && !has(&world, "old"));
    let read_up_to = report.read_up_to.unwrap();
    assert!(
        (old.from()..old.to()).contains(&read_up_to),
        "the lag tells of it"
    );
    world.graph.heal();
    world.clock.advance_secs(1000);
    world.poll().await.unwrap();
    assert!(has(&world, "old"));
    // No sweep comes for what is so old: it is read once more.
    world.clock.advance_secs(1000);
    world.poll().await.unwrap();
    assert!(world.left().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_range_that_is_wanted_is_read_by_the_next_poll() {
    let world = World::new();
    world.poll().await.unwrap();
    set(&world, "old", "2026-01-01T12:00:00Z");
    let watermark = world.state().await.watermark;
    world
        .want(window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))
        .await;
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.ending), (1, Ending::Complete));
    assert!(has(&world, "old"));
    assert_eq!(world.state().await.watermark, watermark);
    world.clock.advance_secs(1000);
    world.poll().await.unwrap();
    assert!(world.left().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_second_reading_that_runs_out_of_time_goes_on_where_it_was() {
    let world = World::with(|settings| {
        settings.page_size = 2;
        // With a poll in a quarter of an hour there is no time for them beside it.
        settings.windows.sweeps = false;
    });
    for n in 0..40 {
        set(
            &world,
            &format!("da{n}"),
            &format!("2026-03-01T03:{n:02}:00Z"),
        );
    }
    world.poll().await.unwrap();
    assert!(!world.state().await.again.is_empty());
    world.graph.latency(4_000);
    let mut polls = 0;
    while !world.left().await.is_empty() {
        world.clock.advance_secs(1000);
        let short = Stop::at(Deadline::after(std::time::Duration::from_secs(40)));
        let report = world.poller.run(&short, &Silent).await.unwrap();
        assert_eq!(report.records, 0);
        assert!(!report.more);
        assert!(report.read_up_to > Some("2026-03-01T11:00:00Z".parse().unwrap()));
        polls += 1;
        assert!(polls < 50, "it does not come to an end");
    }
}

/// Nobody promises an order. Here the newest come first, but for one that was updated: Graph lists it
/// where it was created.
#[tokio::test(start_paused = true)]
async fn an_order_that_only_seems_to_be_one_hides_nothing() {
    let world = World::with(|settings| {
        settings.page_size = 2;
        settings.windows.sweeps = false;
    });
    world.poll().await.unwrap();
    for n in (0..30).rev() {
        set(
            &world,
            &format!("da{n}"),
            &format!("2026-01-01T03:{n:02}:00Z"),
        );
    }
    set(&world, "updated", "2026-01-01T03:29:30Z");
    world.graph.counts(Count::AndMore(0));
    world
        .want(window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))
        .await;
    world.graph.latency(4_000);
    let mut polls = 0;
    while !world.state().await.unread.is_empty() {
        let short = Stop::at(Deadline::after(std::time::Duration::from_secs(55)));
        world.poller.run(&short, &Silent).await.unwrap();
        world.clock.advance_secs(60);
        polls += 1;
        assert!(polls < 50, "it does not come to an end");
    }
    assert!(polls > 1 && has(&world, "updated"));
}
