//! Backfills: step by step behind what is new, and nothing of the watermark's is touched.

use std::sync::Arc;
use std::time::Duration;

use drawbridge_cursor::{Due, Window};
use drawbridge_poll::{
    BackfillProgress, Ending, Grouping, Output, PollError, Report, Settings, Silent, Stop,
    change_state,
};
use drawbridge_time::Clock as _;
use drawbridge_time::Deadline;
use serde_json::Value;

use crate::world::{Answer, FaultyQueue, Put, World, alert};

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
        if progress(world).await.left.is_empty() {
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

/// A world of one alert a day.
fn world(count: usize) -> World {
    world_with(count, |_| ())
}

fn world_with(count: usize, change: impl FnOnce(&mut Settings)) -> World {
    let world = World::with(change);
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
    assert_eq!((report.records, report.suppressed), (0, 2));
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
    assert_eq!((report.records, report.suppressed), (2, 0));
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
    assert_eq!((report.records, report.suppressed), (3000, 0));
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
    assert!(left(&world).await.is_empty() && !so_far.left.is_empty());
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

#[tokio::test(start_paused = true)]
async fn a_window_that_fails_and_fails_is_put_aside_and_the_rest_goes_on() {
    let world = world(3);
    world.graph.poison("\"day2\"");
    // One that neither smaller pages nor smaller windows cure.
    world.graph.poison_with(429, None);
    ask(&world, days(3)).await;
    steps(&world).await;
    let so_far = progress(&world).await;
    assert_eq!((so_far.left.len(), so_far.quarantined), (0, 1));
    assert!(world.has("day1") && world.has("day3") && !world.has("day2"));
    let keys = world.store.keys();
    let gaps: Vec<_> = keys.iter().filter(|key| key.contains("/gaps/")).collect();
    assert_eq!(gaps.len(), 1);
    // What was put aside says what it was, for a replay to read it.
    world.graph.heal();
    let item: Value = serde_json::from_str(&world.store.body(gaps[0])).unwrap();
    let window: Window = serde_json::from_value(item["window"].clone()).unwrap();
    assert!(window.millis() <= 10, "{window:?}");
    world.want(window).await;
    world.poll().await.unwrap();
    assert!((1..=3).all(|n| world.has(&format!("day{n}"))));
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
    let (steps, _) = steps(&world).await;
    assert_eq!(steps, 1);
    assert!(world.has("behind") && !world.has("ahead"));
    let asked = world.graph.requests();
    assert_eq!(asked.iter().filter(|url| !url.contains("count")).count(), 1);
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert!(world.has("ahead"));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_step_comes_back_later_and_keeps_what_it_did() {
    let world = world(3);
    ask(&world, vec![days(3)[0], days(3)[2]]).await;
    world
        .graph
        .script([Answer::Well, Answer::Well, Answer::Throttled(400)]);
    let report = try_step(&world).await.unwrap();
    let delay = Duration::from_secs(300);
    assert_eq!(report.ending, Ending::Postponed(delay));
    assert_eq!(left(&world).await, [days(3)[2]]);
    steps(&world).await;
    assert!(world.has("day1") && world.has("day3") && !world.has("day2"));
}

#[tokio::test(start_paused = true)]
async fn asking_twice_is_asking_once() {
    let world = world(3);
    ask(&world, days(3)).await;
    ask(&world, days(3)).await;
    let (_, report) = steps(&world).await;
    assert_eq!((report.records, world.queue.bodies().len()), (3, 3));
    ask(&world, days(3)).await;
    let (_, report) = steps(&world).await;
    assert_eq!((report.records, world.queue.bodies().len()), (0, 3));
}

/// Asks for a backfill while a poll is under way: the poll is not done again on that account.
#[tokio::test(start_paused = true)]
async fn what_is_asked_for_while_a_poll_is_under_way_is_taken_over() {
    let world = world(2);
    world.poll().await.unwrap();
    world.set("new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    let mut other = world.state().await;
    let backfill = other.backfills.entry("b1".into()).or_default();
    for day in days(2) {
        backfill.ranges.add(day, Due::default());
    }
    let overtaken = Put::Overtaken(other.encode().unwrap().into());
    world.store.then_put_if([overtaken]);
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.saved, report.more), (1, true, true));
    assert_eq!(left(&world).await.len(), 1);
    world.poll().await.unwrap();
    let ids: Vec<String> = world.written().into_iter().map(|record| record.0).collect();
    assert_eq!(ids, ["new", "day1", "day2"]);
}

/// Fails after its first page: it is read again with smaller pages, and in the end in halves.
#[tokio::test(start_paused = true)]
async fn again_sends_each_record_once_more_however_often_its_page_is_read() {
    for is_short_of_time in [false, true] {
        let world = world_with(0, |settings| {
            settings.page_size = 20;
            settings.windows.sweeps = false;
        });
        for n in 0..40 {
            world.set(&format!("da{n}"), &format!("2026-01-01T12:00:{n:02}Z"));
        }
        ask(&world, days(1)).await;
        steps(&world).await;
        let before = world.written().len();
        assert_eq!(before, 40);
        if is_short_of_time {
            world.graph.latency(12_000);
        } else {
            world.graph.poison("\"da30\"");
        }
        ask_with(&world, days(1), |backfill| backfill.again = true).await;
        for _ in 0..30 {
            let _ = try_step(&world).await;
            world.clock.advance_secs(60);
        }
        world.graph.latency(0);
        steps(&world).await;
        let mut again: Vec<_> = world.written().split_off(before);
        let sent = again.len();
        again.sort();
        again.dedup();
        assert_eq!(
            (sent, again.len()),
            (sent, if is_short_of_time { 40 } else { 39 })
        );
        assert_eq!(sent, again.len(), "{is_short_of_time}");
        // It is forgotten with the backfill, and asked for once more it sends once more.
        let state = world.state().await;
        assert_eq!(state.outputs.keys().collect::<Vec<_>>(), ["siem"]);
        world.graph.heal();
        ask_with(&world, days(1), |backfill| backfill.again = true).await;
        steps(&world).await;
        assert_eq!(world.written().len(), before + sent + 40);
    }
}

/// A service behind Graph does not answer, for as long as anybody asks.
#[tokio::test(start_paused = true)]
async fn a_backfill_whose_answers_stay_incomplete_comes_to_an_end() {
    let world = world(2);
    ask(&world, days(2)).await;
    for _ in 0..70 {
        world.graph.script([Answer::Partial, Answer::Partial]);
        let _ = try_step(&world).await;
        world.clock.advance_secs(300);
        if progress(&world).await.left.is_empty() {
            break;
        }
    }
    let so_far = progress(&world).await;
    assert!(so_far.left.is_empty() && world.state().await.backfills.is_empty());
    let failed: u64 = so_far.failed.iter().map(Window::millis).sum();
    assert_eq!(failed, 2 * 24 * 60 * 60 * 1000);
    assert!(
        world.has("day1") && world.has("day2"),
        "what there was is delivered"
    );
    let keys = world.store.keys();
    let gap = keys.iter().find(|key| key.contains("/gaps/")).unwrap();
    assert!(world.store.body(gap).contains("its answer was incomplete"));
}

#[tokio::test(start_paused = true)]
async fn what_a_count_did_while_a_poll_was_under_way_does_not_come_back() {
    let world = world_with(2, |settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    ask_with(&world, days(2), |backfill| backfill.dry_run = true).await;
    // Another process counts to the end between the poll's reading and saving of the state.
    let mut counted = world.state().await;
    counted.backfills.clear();
    let minute = counted.spent.unwrap().minute + 1;
    counted.spent = Some(drawbridge_cursor::Spent {
        minute,
        requests: 40,
    });
    let meanwhile = counted.encode().unwrap().into();
    world.store.then_put_if([Put::Overtaken(meanwhile)]);
    world.set("new", "2026-03-01T12:00:10Z");
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert!(report.saved);
    assert!(left(&world).await.is_empty());
    let spent = world.state().await.spent.unwrap();
    assert_eq!((spent.minute, spent.requests), (minute, 42));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_backfill_is_read_no_more_and_can_be_resumed() {
    let world = world_with(9, |settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    ask(&world, days(9)).await;
    world.graph.latency(5_000);
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    let store = world.store.as_ref();
    let left_before = progress(&world).await.left;
    assert!(!left_before.is_empty());
    // While a poll is under way that has it in its memory.
    let mut cancelled = world.state().await;
    cancelled.backfills.clear();
    let meanwhile = cancelled.encode().unwrap().into();
    world.store.then_put_if([Put::Overtaken(meanwhile)]);
    world.set("new", "2026-03-01T12:01:10Z");
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    BackfillProgress::cancel(store, "contoso", "b1")
        .await
        .unwrap();
    assert!(left(&world).await.is_empty());
    let requests = world.graph.requests().len();
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert_eq!(
        world.graph.requests().len(),
        requests + 1,
        "the live window alone"
    );
    // Nor does a step of it say that it is done.
    try_step(&world).await.unwrap();
    let so_far = progress(&world).await;
    assert!(so_far.cancelled && !so_far.left.is_empty());
    ask(&world, so_far.left).await;
    world.graph.latency(0);
    steps(&world).await;
    assert!((1..=9).all(|n| world.has(&format!("day{n}"))));
    assert!(!progress(&world).await.cancelled);
}

#[tokio::test(start_paused = true)]
async fn what_was_put_aside_is_told_though_the_poll_fails_after_that() {
    let world = world(2);
    ask(&world, days(2)).await;
    let (now, days) = (world.clock.now(), days(2));
    let failed_before = |state: &mut drawbridge_cursor::State| {
        let ranges = &mut state.backfills.get_mut("b1").unwrap().ranges;
        *ranges = drawbridge_cursor::Ranges::default();
        let due = Due {
            failures: 4,
            ..Due::default()
        };
        ranges.add(days[0], due);
        ranges.add(days[1], Due::after(now, 0));
    };
    let store = world.store.as_ref();
    change_state(store, "contoso", failed_before).await.unwrap();
    // The day that failed before fails once more, and then the queue is down.
    world.queue.then(crate::world::Send::Refuse(vec![0]));
    world.queue.then(crate::world::Send::Fail);
    try_step(&world).await.unwrap_err();
    let so_far = progress(&world).await;
    assert_eq!((so_far.failed, so_far.left), (vec![days[0]], vec![days[1]]));
}

/// The store takes the state and refuses the progress.
#[tokio::test(start_paused = true)]
async fn progress_that_cannot_be_written_hides_no_error() {
    let world = world(1);
    world.poll().await.unwrap();
    ask(&world, days(1)).await;
    world.clock.advance_secs(60);
    world.graph.script([Answer::Status(403)]);
    world.store.then_put_if([Put::Fails]);
    let error = world.poll().await.unwrap_err();
    assert!(error.is_about_access(), "{error}");
}
