//! Backfills: step by step behind the live polls, and nothing of theirs is touched.

use std::sync::Arc;
use std::time::Duration;

use drawbridge_cursor::{Backfill, Job, Owed, Window};
use drawbridge_graph::Deadline;
use drawbridge_poll::{
    BackfillProgress, Ending, Grouping, Output, PollError, Report, Settings, Silent, Step, Stop,
};
use serde_json::Value;

use crate::world::{Answer, MemoryQueue, World, alert};

fn window(from: &str, to: &str) -> Window {
    Window::new(from.parse().unwrap(), to.parse().unwrap()).unwrap()
}

/// The first days of January.
fn days(count: usize) -> Vec<Window> {
    let day = |n| format!("2026-01-{n:02}T00:00:00Z");
    (1..=count).map(|n| window(&day(n), &day(n + 1))).collect()
}

fn job_with(windows: Vec<Window>, change: impl FnOnce(&mut Backfill)) -> Job {
    let mut backfill = Backfill {
        id: "b1".into(),
        then: Vec::new(),
        output: None,
        again: false,
        dry_run: false,
        failures: 0,
    };
    change(&mut backfill);
    Job::backfill("contoso", windows, backfill).unwrap()
}

fn job(windows: Vec<Window>) -> Job {
    job_with(windows, |_| ())
}

async fn try_step(world: &World, job: &Job) -> Result<(Step, Report), PollError> {
    let stop = Stop::at(Deadline::after(Duration::from_secs(55)));
    world.poller.backfill_step(job, &stop, &Silent).await
}

/// Steps until nothing follows; how many, and the reports added up.
async fn steps(world: &World, mut job: Job) -> (usize, Report) {
    let mut sum = Report::default();
    for steps in 1..200 {
        let (step, report) = try_step(world, &job).await.unwrap();
        sum.records += report.records;
        sum.suppressed += report.suppressed;
        sum.alerts += report.alerts;
        match step {
            Step::Next(next) => job = *next,
            Step::Done => return (steps, sum),
            Step::Later(delay) => panic!("it is to wait for {delay:?}"),
        }
    }
    panic!("it does not come to an end");
}

async fn progress(world: &World) -> BackfillProgress {
    let store = world.store.as_ref();
    let found = BackfillProgress::load(store, "contoso", "b1").await;
    found.unwrap().unwrap()
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
async fn each_step_reads_what_it_has_time_for_and_one_job_has_the_rest() {
    let world = world(9);
    world.poll().await.unwrap();
    world.graph.latency(5_000);
    let first = job(days(9));
    let (step, report) = try_step(&world, &first).await.unwrap();
    let Step::Next(next) = step else {
        panic!("nine days do not fit");
    };
    assert_eq!(report.follow_ups, [(*next).clone()]);
    assert_eq!(next.windows(), days(9)[9 - next.windows().len()..]);
    let so_far = progress(&world).await;
    assert_eq!((&so_far.left, so_far.windows.len()), (&next.windows(), 9));
    assert!((1..100).contains(&so_far.percent()), "{}", so_far.percent());
    assert_eq!(so_far.job().unwrap(), *next);

    let (steps, _) = steps(&world, *next).await;
    assert!(steps > 1);
    assert!((1..=9).all(|n| world.has(&format!("day{n}"))));
    let so_far = progress(&world).await;
    assert_eq!(
        (so_far.percent(), so_far.records, so_far.stopped),
        (100, 9, None)
    );
    assert!(so_far.left.is_empty() && so_far.failed.is_empty());
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
    steps(&filled, job(vec![window])).await;
    assert_eq!((keys(&live).len(), keys(&live)), (2, keys(&filled)));
    // And what the output has is not sent again.
    let (_, report) = steps(&live, job(vec![window])).await;
    assert_eq!((report.records, report.suppressed), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn again_sends_the_same_records_with_their_parts() {
    let world = world(0);
    let time = "2026-01-01T12:00:00Z";
    world
        .graph
        .set("da1", time, alert("da1", time, &["a.exe", "b.exe"]));
    steps(&world, job(days(1))).await;
    let before = world.queue.messages();
    let again = job_with(days(1), |backfill| backfill.again = true);
    let (_, report) = steps(&world, again).await;
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
    steps(&world, job(days(1))).await;
    let again = job_with(days(1), |backfill| backfill.again = true);
    let (_, report) = steps(&world, again).await;
    assert_eq!((report.records, report.suppressed), (3000, 0));
}

#[tokio::test(start_paused = true)]
async fn one_output_alone_can_be_filled() {
    let mut world = world(2);
    let other = Arc::new(MemoryQueue::default());
    let mut output = Output::new(
        drawbridge_record::format("native").unwrap(),
        other.clone(),
        Grouping::Tenant,
    );
    output.name = "other".into();
    world.poller.outputs.push(output);
    let only = |name: &str| job_with(days(2), |backfill| backfill.output = Some(name.into()));
    steps(&world, only("other")).await;
    assert_eq!((other.bodies().len(), world.queue.bodies().len()), (2, 0));
    // The other one does not count as filled.
    steps(&world, only("siem")).await;
    assert_eq!((other.bodies().len(), world.queue.bodies().len()), (2, 2));

    let error = try_step(&world, &only("siemm")).await.unwrap_err();
    assert!(!error.is_retryable());
    let stopped = progress(&world).await.stopped.unwrap();
    assert!(stopped.contains("it writes to siem, other"), "{stopped}");
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_counts_and_writes_nothing() {
    let world = world(3);
    world.poll().await.unwrap();
    world.set("bad", "2026-01-02T13:00:00Z");
    world.graph.set(
        "broken",
        "2026-01-02T14:00:00Z",
        "{\"id\":\"broken\",\"evidence\":7}".into(),
    );
    world.graph.poison("\"bad\"");
    let before = world.state().await;
    let dry = job_with(days(3), |backfill| backfill.dry_run = true);
    let (_, report) = steps(&world, dry).await;
    assert_eq!(report.records, 3);
    assert!(world.queue.bodies().is_empty());
    assert_eq!(world.state().await, before);
    let keys = world.store.keys();
    assert_eq!(keys, ["backfills/contoso/b1.json", "state/contoso.json"]);
    assert_eq!(progress(&world).await.records, 3);
    // It was not for nothing that they were claimed.
    world.graph.heal();
    let (_, report) = steps(&world, job(days(3))).await;
    assert_eq!(report.records, 4);
}

#[tokio::test(start_paused = true)]
async fn neither_the_watermark_nor_what_is_owed_is_its() {
    let world = world(3);
    world.poll().await.unwrap();
    world.poller.owe(days(3)[1]).await.unwrap();
    let before = world.state().await;
    assert!(!before.owed.is_empty());
    steps(&world, job(days(3))).await;
    let after = world.state().await;
    let owed: Vec<Owed> = before.owed;
    assert_eq!((after.watermark, after.owed), (before.watermark, owed));
    assert_eq!(after.swept, before.swept);
}

#[tokio::test(start_paused = true)]
async fn a_window_that_fails_and_fails_is_put_aside_and_the_rest_goes_on() {
    let world = world(3);
    world.graph.poison("\"day2\"");
    // One that neither smaller pages nor smaller windows cure.
    world.graph.poison_with(429, None);
    let (steps, _) = steps(&world, job(days(3))).await;
    assert!(steps >= 10, "{steps}");
    let so_far = progress(&world).await;
    assert_eq!(so_far.failed, [days(3)[1]]);
    assert!(world.has("day1") && world.has("day3") && !world.has("day2"));
    let keys = world.store.keys();
    let gaps: Vec<_> = keys.iter().filter(|key| key.contains("/gaps/")).collect();
    assert_eq!(gaps.len(), 1);
    // What was put aside is a job that reads it.
    world.graph.heal();
    let item: Value = serde_json::from_str(&world.store.body(gaps[0])).unwrap();
    let replay = Job::parse(&item["job"].to_string()).unwrap();
    world.job(&replay).await.unwrap();
    assert!(world.has("day2"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_given_up_while_graph_or_the_queue_is_down() {
    let world = world(2);
    world.graph.is_down(true);
    let mut next = job(days(2));
    for _ in 0..30 {
        let began = tokio::time::Instant::now();
        let (step, _) = try_step(&world, &next).await.unwrap();
        let Step::Next(again) = step else {
            panic!("it gave up");
        };
        assert_eq!(*again, next);
        // No hurry: the next step would find the same.
        assert!(began.elapsed() >= Duration::from_secs(29));
        next = *again;
    }
    world.graph.is_down(false);
    for _ in 0..30 {
        world.queue.then(crate::world::Send::Fail);
        let (step, _) = try_step(&world, &next).await.unwrap();
        assert!(matches!(step, Step::Next(again) if *again == next));
    }
    steps(&world, next).await;
    assert!(world.has("day1") && world.has("day2"));
    assert!(progress(&world).await.failed.is_empty());
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_stop_it_with_the_reason() {
    let world = world(3);
    let job = job(days(3));
    // The first day, its count, the second day.
    let refused = [Answer::Well, Answer::Well, Answer::Status(403)];
    world.graph.script(refused);
    let (step, _) = try_step(&world, &job).await.unwrap();
    let Step::Next(next) = step else {
        panic!("day 2 was refused");
    };
    world.graph.script([Answer::Status(403)]);
    let error = try_step(&world, &next).await.unwrap_err();
    assert!(error.is_about_access() && !error.is_retryable());
    let so_far = progress(&world).await;
    assert_eq!(so_far.left, next.windows());
    let stopped = so_far.stopped.clone().unwrap();
    assert!(stopped.contains("SecurityAlert.Read.All"), "{stopped}");
    // With consent, it goes on from there.
    steps(&world, so_far.job().unwrap()).await;
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
    let (steps, _) = steps(&world, job(windows)).await;
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
    let first = job(days(3));
    world.graph.script([Answer::Throttled(400)]);
    let (step, report) = try_step(&world, &first).await.unwrap();
    let delay = Duration::from_secs(400);
    assert!(matches!(step, Step::Later(later) if later == delay));
    assert_eq!(report.ending, Ending::Postponed(delay));

    // After the first day: what is left has a job of its own.
    world
        .graph
        .script([Answer::Well, Answer::Well, Answer::Throttled(400)]);
    let (step, report) = try_step(&world, &first).await.unwrap();
    let Step::Next(next) = step else {
        panic!("two days are left");
    };
    assert_eq!(
        (next.windows(), report.ending),
        (days(3)[1..].to_vec(), Ending::OutOfTime)
    );
    steps(&world, *next).await;
    assert!((1..=3).all(|n| world.has(&format!("day{n}"))));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_repeated_writes_nothing_twice() {
    let world = world(3);
    let first = job(days(3));
    steps(&world, first.clone()).await;
    let (_, report) = steps(&world, first).await;
    assert_eq!((report.records, world.queue.bodies().len()), (0, 3));
}
