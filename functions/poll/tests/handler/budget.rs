//! Live polls, sweeps and backfills of a tenant share what Graph allows it.

use std::time::Duration;

use drawbridge_cursor::{Due, Window};
use drawbridge_poll::{BackfillProgress, Silent, Stop};
use drawbridge_time::Deadline;
use tokio::time::Instant;

use crate::world::{Count, World};

const LAMBDA: Duration = Duration::from_secs(55);

/// An operator asks for a day.
async fn ask(world: &World) {
    let window = Window::new(
        "2026-01-01T00:00:00Z".parse().unwrap(),
        "2026-01-02T00:00:00Z".parse().unwrap(),
    );
    let asked = BackfillProgress {
        tenant: "contoso".into(),
        id: "b".into(),
        left: vec![window.unwrap()],
        ..BackfillProgress::default()
    };
    asked.ask(world.store.as_ref()).await.unwrap();
}

/// A world whose clock runs, with so many old alerts, one a page.
fn world(old: usize) -> World {
    let world = World::with(|settings| settings.page_size = 1);
    world.clock.run();
    for n in 0..old {
        let (hour, minute, second) = (n / 3600, n / 60 % 60, n % 60);
        let time = format!("2026-01-01T{hour:02}:{minute:02}:{second:02}Z");
        world.set(&format!("old{n}"), &time);
    }
    world
}

/// One step; whether everything was read once then.
async fn step(world: &World) -> bool {
    let stop = Stop::at(Deadline::after(LAMBDA));
    let _ = world.poller.backfill("b", &stop, &Silent).await;
    let state = world.state().await;
    let mut backfills = state.backfills.values();
    backfills.all(|backfill| backfill.ranges.is_empty())
}

/// Steps to the end, each in a process of its own.
async fn steps(world: &mut World) -> usize {
    let mut steps = 1;
    while !step(world).await {
        steps += 1;
        world.restart();
        assert!(steps < 100, "it does not come to an end");
    }
    steps
}

/// The most requests within a minute that begins with one of them.
fn most_a_minute(times: &[Instant]) -> usize {
    let minute = Duration::from_secs(60);
    let within = |from: &Instant| {
        let later = times.iter().filter(|time| **time >= *from);
        later.filter(|time| **time < *from + minute).count()
    };
    times.iter().map(within).max().unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn background_requests_are_spaced_and_a_step_has_half_a_minute() {
    let mut world = world(250);
    ask(&world).await;
    let began = Instant::now();
    step(&world).await;
    assert!(
        began.elapsed() <= Duration::from_secs(31),
        "{:?}",
        began.elapsed()
    );
    let first = world.graph.requests().len();
    assert!((20..=60).contains(&first), "{first}");

    let done = steps(&mut world).await;
    assert!(done > 5, "{done}");
    assert!((0..250).all(|n| world.has(&format!("old{n}"))));
    // A hundred, and the unspaced ones of both calendar minutes that it is in.
    let most = most_a_minute(&world.graph.times());
    assert!(most <= 120, "{most} in a minute");
}

#[tokio::test(start_paused = true)]
async fn an_idle_tenants_hourly_sweep_waits_for_nothing() {
    let world = world(0);
    world.poll().await.unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    let began = Instant::now();
    let report = world.poll().await.unwrap();
    // What is new, and the sweep's list and count.
    assert_eq!((report.sweeps, report.requests), (1, 3));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// As `sweep_seconds` in `tests/costs/assumed.toml` has it.
#[tokio::test(start_paused = true)]
async fn an_idle_tenants_hourly_sweep_takes_the_time_of_one_request() {
    let world = world(0);
    world.poll().await.unwrap();
    world.graph.latency(250);
    tokio::time::advance(Duration::from_secs(3600)).await;
    let began = Instant::now();
    let report = world.poll().await.unwrap();
    // What is new, and then the sweep's list with its count beside it.
    assert_eq!((report.sweeps, report.requests), (1, 3));
    assert_eq!(began.elapsed(), Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn live_polls_never_wait() {
    let world = world(0);
    for n in 0..140 {
        world.set(&format!("new{n}"), "2026-03-01T11:00:00Z");
    }
    let began = Instant::now();
    let report = world.poll().await.unwrap();
    // Their pages, how many they are, and whether Graph counts at all.
    assert_eq!((report.requests, began.elapsed()), (142, Duration::ZERO));
    assert_eq!(world.state().await.spent.unwrap().requests, 142);
}

#[tokio::test(start_paused = true)]
async fn what_a_live_poll_spent_is_known_to_the_next_process() {
    let mut world = world(3);
    for n in 0..120 {
        world.set(&format!("new{n}"), "2026-03-01T11:00:00Z");
    }
    world.poll().await.unwrap();
    assert_eq!(world.graph.requests().len(), 122);

    world.restart();
    ask(&world).await;
    let before = world.state().await.backfills;
    let began = Instant::now();
    assert!(!step(&world).await, "it is not done");
    // Nothing was asked in the rest of the minute, and it did not come back at once.
    assert_eq!(world.graph.requests().len(), 122);
    assert_eq!(began.elapsed(), Duration::from_secs(30));
    // The window is as it was, and no failure is counted.
    assert_eq!(world.state().await.backfills, before);

    world.restart();
    assert!(step(&world).await);
    assert!((0..3).all(|n| world.has(&format!("old{n}"))));
}

#[tokio::test(start_paused = true)]
async fn a_live_poll_that_found_nothing_new_tells_what_it_spent_too() {
    let world = world(0);
    for n in 0..40 {
        world.set(&format!("new{n}"), "2026-03-01T11:55:00Z");
    }
    world.poll().await.unwrap();
    tokio::time::advance(Duration::from_secs(60)).await;
    let report = world.poll().await.unwrap();
    // A list in so many pages costs the question whether it was all, and one more where Graph does not count.
    assert_eq!((report.records, report.requests), (0, 42));
    assert_eq!(world.state().await.spent.unwrap().requests, 42);
}

#[tokio::test(start_paused = true)]
async fn requests_that_fail_are_spent_too() {
    let world = world(3);
    world
        .graph
        .script((0..3).map(|_| crate::world::Answer::Status(503)));
    ask(&world).await;
    step(&world).await;
    let spent = world.state().await.spent.unwrap();
    assert!(spent.requests >= 6, "{spent:?}");
}

/// Before, a window was taken for incomplete, and quarantined after some tries, though Graph was not asked.
#[tokio::test(start_paused = true)]
async fn a_count_for_which_no_request_is_left_is_asked_for_later() {
    let mut world = world(3);
    world.graph.counts(Count::AndMore(0));
    for n in 0..96 {
        world.set(&format!("new{n}"), "2026-03-01T11:00:00Z");
    }
    world.poll().await.unwrap();
    assert_eq!(world.graph.requests().len(), 97);
    world.restart();
    ask(&world).await;
    assert!(!step(&world).await, "it was not counted");
    // The three pages are the last that the minute has.
    assert_eq!(world.graph.requests().len(), 100);
    assert!((0..3).all(|n| world.has(&format!("old{n}"))));
    let state = world.state().await;
    let left = state.backfills.values().next().unwrap().left();
    let is_due = |due: Due| (due.wait_secs, due.failures, due.incomplete) == (0, 0, 0);
    let is_due = left.iter().all(|range| is_due(range.due));
    assert!(!left.is_empty() && is_due, "{left:?}");
    world.restart();
    steps(&mut world).await;
    assert!(!world.store.keys().iter().any(|key| key.contains("/gaps/")));
}
