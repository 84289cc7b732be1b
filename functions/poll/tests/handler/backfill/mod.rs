//! Backfills: step by step behind what is new, and nothing of the watermark's is touched.

mod beside_polls;
mod shifting;
mod suspended;

use std::sync::Arc;
use std::time::Duration;

use drawbridge_cursor::{Due, MAX_INCOMPLETE, Window};
use drawbridge_poll::{
    BackfillProgress, Ending, Grouping, Output, PollError, Report, Settings, Silent, Stop,
    change_state,
};
use drawbridge_time::{Clock as _, Deadline};
use jiff::SignedDuration;
use serde_json::Value;

use crate::world::{Answer, Count, FaultyQueue, Put, World, alert};

fn window(from: &str, to: &str) -> Window {
    Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

/// The first days of January.
fn days(count: usize) -> Vec<Window> {
    let day = |n| format!("2026-01-{n:02}T00:00:00Z");
    (1..=count).map(|n| window(&day(n), &day(n + 1))).collect()
}

/// An operator asks for these windows.
async fn ask_with(world: &World, left: Vec<Window>, change: impl FnOnce(&mut BackfillProgress)) {
    let mut progress = BackfillProgress {
        tenant: "contoso".into(),
        id: "b1".into(),
        windows: left.clone(),
        left,
        ..BackfillProgress::default()
    };
    change(&mut progress);
    progress.ask(world.store.as_ref()).await.unwrap();
}

async fn ask(world: &World, left: Vec<Window>) {
    ask_with(world, left, |_| ()).await;
}

async fn try_step(world: &World) -> Result<Report, PollError> {
    let stop = Stop::at(Deadline::after(Duration::from_secs(55)));
    world.poller.backfill("b1", &stop, &Silent).await
}

/// Steps until nothing is left; how many, and the reports added up.
async fn steps(world: &World) -> (usize, Report) {
    let mut sum = Report::default();
    for steps in 1..200 {
        let report = try_step(world).await.unwrap();
        sum.records += report.records;
        sum.suppressed += report.suppressed;
        sum.alerts += report.alerts;
        sum.count_mismatches += report.count_mismatches;
        if progress(world).await.is_done() {
            assert!(world.state().await.backfills.is_empty());
            return (steps, sum);
        }
        // The budget is by the minute, and what failed waits.
        world.clock.advance_secs(if report.more { 60 } else { 300 });
    }
    panic!("it does not come to an end");
}

async fn progress(world: &World) -> BackfillProgress {
    let store = world.store.as_ref();
    let found = BackfillProgress::load(store, "contoso", "b1").await;
    found.unwrap().unwrap()
}

/// What is left of it, by the state.
async fn left(world: &World) -> Vec<Window> {
    let state = world.state().await;
    let ranges = state.backfills.get("b1").map(|backfill| &backfill.ranges);
    let all = ranges.into_iter().flat_map(drawbridge_cursor::Ranges::iter);
    all.map(|range| range.window).collect()
}

/// A world of one alert per day.
fn world(count: usize) -> World {
    world_with(count, |_| ())
}

fn world_with(count: usize, change: impl FnOnce(&mut Settings)) -> World {
    let world = World::with(change);
    world.graph.counts(Count::AndMore(0));
    for n in 1..=count {
        world.set(&format!("day{n}"), &format!("2026-01-{n:02}T12:00:00Z"));
    }
    world
}

#[tokio::test(start_paused = true)]
async fn each_poll_reads_what_it_has_time_for_after_what_is_new() {
    let world = world_with(9, |settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    ask_with(&world, days(9), |_| ()).await;
    // In steps of a day, as the command asks for it.
    world.graph.latency(5_000);
    world.set("new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert!(report.more && report.records >= 1);
    assert_eq!(world.written()[0].0, "new");
    let mut polls = 1;
    while world.poll().await.unwrap().more {
        polls += 1;
        assert!(polls < 50, "it does not come to an end");
    }
    assert!((1..=9).all(|n| world.has(&format!("day{n}"))));
    let so_far = progress(&world).await;
    assert_eq!(
        (so_far.percent(), so_far.records, so_far.stopped),
        (100, 9, None)
    );
    assert!(so_far.left.is_empty() && so_far.failed.is_empty());
    assert!(left(&world).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_there_was_no_time_for_is_known_to_the_state_and_shown() {
    let world = world(9);
    world.poll().await.unwrap();
    world.graph.latency(5_000);
    ask(&world, days(9)).await;
    try_step(&world).await.unwrap();
    let so_far = progress(&world).await;
    assert_eq!(so_far.left, left(&world).await);
    assert!(!so_far.left.is_empty() && so_far.windows.len() == 9);
    assert!((0..100).contains(&so_far.percent()), "{}", so_far.percent());
    let (steps, _) = steps(&world).await;
    assert!(steps > 1);
    assert!((1..=9).all(|n| world.has(&format!("day{n}"))));
}

#[tokio::test(start_paused = true)]
async fn its_records_have_the_keys_of_live_ones() {
    let keys = |world: &World| -> Vec<String> {
        let messages = world.queue.messages();
        messages.iter().map(|message| message.key.clone()).collect()
    };
    let time = "2026-03-01T11:00:00Z";
    let with_alert = || {
        let world = World::new();
        world
            .graph
            .set("da1", time, alert("da1", time, &["a.exe", "b.exe"]));
        world
    };
    let (live, filled) = (with_alert(), with_alert());
    live.poll().await.unwrap();
    let window = window("2026-03-01T10:00:00Z", "2026-03-01T11:30:00Z");
    ask(&filled, vec![window]).await;
    steps(&filled).await;
    assert_eq!((keys(&live).len(), keys(&live)), (2, keys(&filled)));
    // And what the output has is not sent again.
    ask(&live, vec![window]).await;
    let (_, report) = steps(&live).await;
    // It is read twice.
    assert_eq!((report.records, report.suppressed), (0, 4));
}

#[tokio::test(start_paused = true)]
async fn again_sends_the_same_records_with_their_parts() {
    let world = world(0);
    let time = "2026-01-01T12:00:00Z";
    world
        .graph
        .set("da1", time, alert("da1", time, &["a.exe", "b.exe"]));
    ask(&world, days(1)).await;
    steps(&world).await;
    let before = world.queue.messages();
    ask_with(&world, days(1), |backfill| backfill.again = true).await;
    let (_, report) = steps(&world).await;
    // The second reading finds what the first one sent.
    assert_eq!((report.records, report.suppressed), (2, 2));
    let all = world.queue.messages();
    let sent = |messages: &[drawbridge_queue::Message]| -> Vec<(String, Value)> {
        let part = |body: &str| serde_json::from_str::<Value>(body).unwrap()["AlertPart"].take();
        messages
            .iter()
            .map(|message| (message.key.clone(), part(&message.body)))
            .collect()
    };
    assert_eq!(sent(&all[before.len()..]), sent(&before));
}

/// Its records fill several batches, so that the alert is mapped several times.
#[tokio::test(start_paused = true)]
async fn again_sends_each_record_of_a_large_alert_once() {
    let world = world(0);
    let time = "2026-01-01T12:00:00Z";
    let files: Vec<String> = (0..3000).map(|n| format!("{n}.exe")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    world.graph.set("da1", time, alert("da1", time, &files));
    ask(&world, days(1)).await;
    steps(&world).await;
    ask_with(&world, days(1), |backfill| backfill.again = true).await;
    let (_, report) = steps(&world).await;
    assert_eq!((report.records, report.suppressed), (3000, 3000));
}

#[tokio::test(start_paused = true)]
async fn one_output_alone_can_be_filled() {
    let mut world = world(2);
    let other = Arc::new(FaultyQueue::default());
    let mut output = Output::new(
        drawbridge_record::format("native").unwrap(),
        other.clone(),
        Grouping::Tenant,
    );
    output.name = "other".into();
    world.poller.outputs.push(output);
    ask_with(&world, days(2), |of| of.output = Some("other".into())).await;
    steps(&world).await;
    assert_eq!((other.bodies().len(), world.queue.bodies().len()), (2, 0));
    // The other one does not count as filled.
    ask_with(&world, days(2), |of| of.output = Some("siem".into())).await;
    steps(&world).await;
    assert_eq!((other.bodies().len(), world.queue.bodies().len()), (2, 2));

    ask_with(&world, days(2), |of| of.output = Some("siemm".into())).await;
    try_step(&world).await.unwrap();
    let so_far = progress(&world).await;
    let stopped = so_far.stopped.unwrap();
    assert!(stopped.contains("it writes to siem, other"), "{stopped}");
    // It is not tried again and again, and can be asked for again.
    let state = world.state().await;
    assert!(state.backfills["b1"].suspended.is_some());
    assert!(!state.is_anything_due(world.clock.now()) && !so_far.left.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_counts_and_writes_nothing() {
    for is_in_a_poll in [false, true] {
        let world = world_with(3, |settings| settings.windows.sweeps = false);
        world.poll().await.unwrap();
        world.set("bad", "2026-01-02T13:00:00Z");
        world.graph.set(
            "broken",
            "2026-01-02T14:00:00Z",
            "{\"id\":\"broken\",\"evidence\":7}".into(),
        );
        world.graph.poison("\"bad\"");
        let before = world.state().await;
        ask_with(&world, days(3), |backfill| backfill.dry_run = true).await;
        if is_in_a_poll {
            while !left(&world).await.is_empty() {
                world.clock.advance_secs(60);
                assert_eq!(world.poll().await.unwrap().records, 0);
            }
        } else {
            steps(&world).await;
        }
        assert!(world.queue.bodies().is_empty());
        assert_eq!(world.state().await.outputs, before.outputs);
        let keys = world.store.keys();
        assert_eq!(keys, ["backfills/contoso/b1.json", "state/contoso.json"]);
        assert_eq!(progress(&world).await.records, 3);
        // It was not for nothing that they were claimed.
        world.graph.heal();
        ask(&world, days(3)).await;
        let (_, report) = steps(&world).await;
        assert_eq!(report.records, 4);
    }
}

#[tokio::test(start_paused = true)]
async fn neither_the_watermark_nor_what_is_unread_is_its() {
    let world = world(3);
    world.poll().await.unwrap();
    let store = world.store.as_ref();
    let unread = days(3)[1];
    let add = |state: &mut drawbridge_cursor::State| state.unread.add(unread, Due::default());
    change_state(store, "contoso", add).await.unwrap();
    let before = world.state().await;
    assert!(!before.unread.is_empty());
    ask(&world, days(3)).await;
    steps(&world).await;
    let after = world.state().await;
    assert_eq!(
        (after.watermark, after.unread, after.swept),
        (before.watermark, before.unread, before.swept)
    );
}

/// Before, one failure had all second readings follow within the minute.
#[tokio::test(start_paused = true)]
async fn a_failure_does_not_shorten_the_wait_for_a_second_reading() {
    let world = world(3);
    ask(&world, days(3)).await;
    let wait = SignedDuration::from_secs(world.poller.settings.windows.overlap_secs.into());
    let earliest = world.clock.now() + wait;
    // The first day and its count are answered.
    let down = || (0..40).map(|_| Answer::Status(503));
    world
        .graph
        .script([Answer::Well, Answer::Well].into_iter().chain(down()));
    let _ = try_step(&world).await;
    assert!(world.has("day1") && !world.has("day2"));
    let state = world.state().await;
    assert!(state.backfills["b1"].second_from() >= Some(earliest));
}

#[tokio::test(start_paused = true)]
async fn a_window_that_fails_and_fails_is_put_aside_and_the_rest_goes_on() {
    let world = world(3);
    world.graph.poison("\"day2\"");
    // One that neither smaller pages nor smaller windows cure.
    world.graph.poison_with(429, None);
    ask(&world, days(3)).await;
    steps(&world).await;
    let so_far = progress(&world).await;
    // Both readings came upon it.
    assert_eq!((so_far.left.len(), so_far.quarantined), (0, 2));
    assert!(world.has("day1") && world.has("day3") && !world.has("day2"));
    let keys = world.store.keys();
    let gaps: Vec<_> = keys.iter().filter(|key| key.contains("/gaps/")).collect();
    assert_eq!(gaps.len(), 1);
    // What was quarantined says what it was, for a replay to read it.
    world.graph.heal();
    let item: Value = serde_json::from_str(&world.store.body(gaps[0])).unwrap();
    let window: Window = serde_json::from_value(item["window"].clone()).unwrap();
    assert!(window.millis() <= 10, "{window:?}");
    world.want(window).await;
    world.poll().await.unwrap();
    assert!((1..=3).all(|n| world.has(&format!("day{n}"))));
}

#[tokio::test(start_paused = true)]
async fn a_day_of_which_graph_lists_less_than_it_counts_is_read_until_it_lists_all() {
    let world = World::new();
    world.graph.counts(Count::AndMore(3));
    ask(&world, days(2)).await;
    let report = try_step(&world).await.unwrap();
    let both = window("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z");
    assert_eq!(
        (report.count_mismatches, left(&world).await),
        (2, vec![both])
    );
    for n in 0..3 {
        world.set(&format!("unlisted{n}"), "2026-01-01T12:00:00Z");
    }
    world.graph.counts(Count::AndMore(0));
    world.clock.advance_secs(300);
    steps(&world).await;
    assert!((0..3).all(|n| world.has(&format!("unlisted{n}"))));
    assert_eq!(progress(&world).await.quarantined, 0);

    // One that counts what it never lists does not keep a backfill for ever.
    world.graph.counts(Count::AndMore(3));
    ask(&world, days(1)).await;
    let (_, sum) = steps(&world).await;
    assert_eq!(sum.count_mismatches, u64::from(MAX_INCOMPLETE));
    assert_eq!(progress(&world).await.quarantined, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_given_up_while_graph_or_the_queue_is_down() {
    let world = world(2);
    world.graph.is_down(true);
    ask(&world, days(2)).await;
    for _ in 0..30 {
        assert!(try_step(&world).await.unwrap_err().is_retryable());
        world.clock.advance_secs(60);
        assert!(!left(&world).await.is_empty());
    }
    world.graph.is_down(false);
    for _ in 0..30 {
        world.queue.then(crate::world::Send::Fail);
        assert!(try_step(&world).await.unwrap_err().is_retryable());
        world.clock.advance_secs(60);
    }
    steps(&world).await;
    assert!(world.has("day1") && world.has("day2"));
    assert!(progress(&world).await.failed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_shown_and_it_goes_on_with_consent() {
    let world = world(3);
    world.poll().await.unwrap();
    ask(&world, days(3)).await;
    // The window, and the question whether it is that window alone.
    let refusals = || [Answer::Status(403), Answer::Status(403)];
    world.graph.script(refusals());
    try_step(&world).await.unwrap();
    let so_far = progress(&world).await;
    let stopped = so_far.stopped.unwrap();
    assert!(stopped.contains("SecurityAlert.Read.All"), "{stopped}");
    assert!(!so_far.left.is_empty());
    // A poll of the tenant that is refused says so there, too.
    ask(&world, days(3)).await;
    world.graph.script([Answer::Status(403)]);
    world.clock.advance_secs(60);
    world.poll().await.unwrap_err();
    assert!(progress(&world).await.stopped.is_some());
    // With consent, it goes on from there.
    world.clock.advance_secs(60);
    steps(&world).await;
    let so_far = progress(&world).await;
    assert_eq!(
        (&so_far.stopped, so_far.percent(), so_far.records),
        (&None, 100, 3)
    );
}

#[tokio::test(start_paused = true)]
async fn what_lies_ahead_is_left_to_live_polls() {
    let world = World::new();
    world.set("ahead", "2026-03-01T12:00:10Z");
    world.set("behind", "2026-03-01T11:59:50Z");
    let windows = vec![
        window("2026-03-01T11:00:00Z", "2026-03-01T13:00:00Z"),
        window("2026-03-01T13:00:00Z", "2026-03-02T00:00:00Z"),
    ];
    ask(&world, windows).await;
    steps(&world).await;
    assert!(world.has("behind") && !world.has("ahead"));
    let asked = world.graph.requests();
    let lists = asked.iter().filter(|url| !url.contains("count")).count();
    assert_eq!(lists, 2, "it is read twice");
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert!(world.has("ahead"));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_step_comes_back_later_and_keeps_what_it_did() {
    let world = world(3);
    ask(&world, vec![days(3)[0], days(3)[2]]).await;
    let throttled = || Answer::Throttled(400);
    world
        .graph
        .script([Answer::Well, Answer::Well, throttled(), throttled()]);
    let report = try_step(&world).await.unwrap();
    let delay = Duration::from_secs(300);
    assert_eq!(report.ending, Ending::Postponed(delay));
    assert_eq!(left(&world).await, [days(3)[2]]);
    steps(&world).await;
    assert!(world.has("day1") && world.has("day3") && !world.has("day2"));
}
