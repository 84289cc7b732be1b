//! A clock that was wrong once: what it noted about a later time than now is not believed.

use std::sync::Arc;
use std::time::Duration;

use drawbridge_cursor::{Due, Job, Window};
use drawbridge_poll::{
    BackfillProgress, Delivery, Ending, Jobs, Poller, Report, Silent, Stop, Unlisted, change_state,
};
use drawbridge_time::{Clock as _, Deadline};
use jiff::{SignedDuration, Timestamp};

use crate::world::World;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
const YEAR: i64 = 365 * DAY;

/// One poll whose clock is so many seconds off.
async fn poll_off_by(world: &World, secs: i64) -> Report {
    world.clock.advance_secs(secs);
    let report = world.poll().await.unwrap();
    world.clock.advance_secs(-secs);
    report
}

/// Polls once a minute.
async fn minutes(world: &World, count: usize) {
    for _ in 0..count {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_first_poll_whose_clock_was_ahead_hides_nothing_of_the_first_look_back() {
    for ahead in [2 * HOUR, 2 * DAY, YEAR] {
        let world = World::new();
        world.set("before", "2026-02-28T13:00:00Z");
        poll_off_by(&world, ahead).await;
        minutes(&world, 2).await;
        assert!(world.has("before"), "{ahead}");
        // Nor does a sweep stop short of what turns up late in it.
        world.set("late", "2026-02-28T13:30:00Z");
        minutes(&world, 60).await;
        assert!(world.has("late"), "{ahead}");
    }
}

/// Before, what the look-back had that is older than a week was never read.
#[tokio::test(start_paused = true)]
async fn a_first_poll_whose_clock_was_ahead_reads_all_of_a_long_look_back() {
    let world = World::with(|settings| {
        settings.windows.first_lookback_secs = 9 * 24 * 60 * 60;
    });
    world.set("old", "2026-02-21T12:00:00Z");
    poll_off_by(&world, 2 * DAY).await;
    minutes(&world, 3).await;
    assert!(world.has("old"));
}

/// Before, it came at once, while Graph's replicas were as they had been.
#[tokio::test(start_paused = true)]
async fn a_second_reading_after_a_clock_was_ahead_waits() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    let ahead = world.clock.now() + SignedDuration::from_hours(2);
    let day = |n: u32| {
        let at = |n| format!("2026-02-{n:02}T00:00:00Z").parse().unwrap();
        Window::new(at(n), at(n + 1)).unwrap()
    };
    let due = Due {
        is_second: true,
        ..Due::after(ahead, 900)
    };
    let add = |state: &mut drawbridge_cursor::State| {
        state.again.add(day(10), due);
        let backfill = state.backfills.entry("b1".to_owned()).or_default();
        backfill.second.add(day(11), due);
    };
    change_state(world.store.as_ref(), "contoso", add)
        .await
        .unwrap();
    for n in [10, 11] {
        world.set(&format!("da{n}"), &format!("2026-02-{n}T12:00:00Z"));
    }
    minutes(&world, 14).await;
    assert!(!world.has("da10") && !world.has("da11"));
    minutes(&world, 125).await;
    assert!(world.has("da10") && world.has("da11"));
}

#[tokio::test(start_paused = true)]
async fn a_first_start_that_was_noted_ahead_of_now_holds_up_nothing() {
    let world = World::new();
    world.graph.is_down(true);
    world.clock.advance_secs(2 * DAY);
    world.poll().await.unwrap_err();
    world.clock.advance_secs(-2 * DAY);
    world.graph.is_down(false);
    world.set("da1", "2026-03-01T11:00:00Z");
    minutes(&world, 1).await;
    assert!(world.has("da1"));
}

#[tokio::test(start_paused = true)]
async fn what_an_outage_hides_after_a_clock_that_was_ahead_is_read_at_once() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    poll_off_by(&world, 2 * DAY).await;
    minutes(&world, 5).await;
    world.clock.advance_secs(2 * HOUR);
    world.set("da1", "2026-03-01T12:40:00Z");
    minutes(&world, 1).await;
    assert!(world.has("da1"));
}

#[tokio::test(start_paused = true)]
async fn a_watermark_that_lies_ahead_is_no_lag_of_nothing() {
    let world = World::new();
    world.poll().await.unwrap();
    poll_off_by(&world, 2 * HOUR).await;
    let now = world.clock.now();
    assert!(world.state().await.read_up_to() > Some(now));
    let report = world.poll().await.unwrap();
    assert!(report.read_up_to <= Some(now));
    let told = |read_up_to: &str| {
        let report = Report {
            read_up_to: Some(read_up_to.parse().unwrap()),
            ..Report::default()
        };
        report
            .numbers(now, Duration::ZERO)
            .batch_line("polled", ("jobs", 1))
    };
    assert!(told("2026-03-01T14:00:30Z").contains("\"WatermarkLag\":7200"));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_ahead_makes_nothing_forgotten() {
    let world = World::new();
    world.set("da1", "2026-03-01T11:00:00Z");
    world.poll().await.unwrap();
    for _ in 0..3 {
        poll_off_by(&world, YEAR).await;
    }
    minutes(&world, 70).await;
    assert_eq!(world.written().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_idle_poll_saves_whatever_a_clock_noted() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    let noted = world.clock.now() + SignedDuration::from_hours(48);
    let ahead = |state: &mut drawbridge_cursor::State| {
        state.saved = Some(noted);
        state.last_success = Some(noted);
    };
    change_state(world.store.as_ref(), "contoso", ahead)
        .await
        .unwrap();
    minutes(&world, 1).await;
    let (now, state) = (world.clock.now(), world.state().await);
    assert_eq!((state.saved, state.last_success), (Some(now), Some(now)));
}

/// A process whose clock stays ahead does every job that comes, and no more than once what waited.
#[tokio::test(start_paused = true)]
async fn a_process_whose_clock_is_ahead_drops_no_job() {
    let world = World::new();
    world.clock.advance_secs(2 * HOUR);
    let poller = Arc::new(Poller {
        graph: Arc::clone(&world.poller.graph),
        store: world.store.clone(),
        outputs: Vec::new(),
        clock: world.clock.clone(),
        settings: world.poller.settings.clone(),
        unlisted: Unlisted::default(),
    });
    let (jobs, stop) = (Jobs::default(), Stop::at(Deadline::none()));
    let right: Timestamp = "2026-03-01T12:00:30Z".parse().unwrap();
    let run = async |sent: i64, received: i64| {
        let at = |secs| Some(right + SignedDuration::from_secs(secs));
        let delivery = Delivery {
            sent: at(sent),
            received: at(received),
            tries: 1,
        };
        let poller = async { Ok(Some(Arc::clone(&poller))) };
        let job = Job::of("contoso");
        let done = jobs.run(&job, Some(delivery), poller, &stop, &Silent);
        done.await.unwrap().map(|report| report.ending)
    };
    for minute in 0..5 {
        let done = run(60 * minute, 60 * minute + 1).await;
        assert_eq!(done, Some(Ending::Complete), "{minute}");
        world.clock.advance_secs(60);
    }
    // It waited when the last poll began.
    assert_eq!(run(200, 241).await, None);
    // And back: what was noted is no reason, either.
    world.clock.advance_secs(-2 * HOUR);
    assert_eq!(run(300, 301).await, Some(Ending::Complete));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_behind_takes_nothing_out_of_a_backfill() {
    let world = World::new();
    world.poll().await.unwrap();
    world.set("da1", "2026-02-27T12:00:00Z");
    let at = |day: &str| {
        format!("2026-02-{day}T00:00:00Z")
            .parse::<Timestamp>()
            .unwrap()
    };
    let window = Window::new(at("26"), at("28")).unwrap();
    let asked = BackfillProgress {
        tenant: "contoso".into(),
        id: "b".into(),
        left: vec![window],
        ..BackfillProgress::default()
    };
    asked.ask(world.store.as_ref()).await.unwrap();
    poll_off_by(&world, -3 * DAY).await;
    minutes(&world, 3).await;
    assert!(world.has("da1"));
}

#[tokio::test(start_paused = true)]
async fn a_range_that_was_noted_ahead_waits_for_nothing() {
    let world = World::new();
    world.poll().await.unwrap();
    let late = world.clock.now() + SignedDuration::from_hours(24);
    let at = |hour: &str| {
        format!("2026-02-20T{hour}:00:00Z")
            .parse::<Timestamp>()
            .unwrap()
    };
    let window = Window::new(at("10"), at("11")).unwrap();
    let add = |state: &mut drawbridge_cursor::State| {
        state.unread.add(window, Due::after(late, 900));
    };
    change_state(world.store.as_ref(), "contoso", add)
        .await
        .unwrap();
    world.set("da1", "2026-02-20T10:30:00Z");
    minutes(&world, 2).await;
    assert!(world.has("da1"));
}

/// Before, the watermark was lowered to that clock's time, and all since was read again.
#[tokio::test(start_paused = true)]
async fn a_clock_that_is_weeks_behind_reads_what_is_new_and_nothing_twice() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    let weeks = 21 * 24 * 60 * 60;
    world.set("da1", "2026-03-01T12:00:00Z");
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    // What the first poll read is read once more.
    world.clock.advance_secs(900);
    world.poll().await.unwrap();
    let watermark = world.state().await.watermark;
    world.clock.advance_secs(-weeks);
    for n in 2..5 {
        let id = format!("da{n}");
        world.set(&id, &format!("2026-03-01T12:0{n}:00Z"));
        world.clock.advance_secs(60);
        let before = world.graph.requests().len();
        world.poll().await.unwrap();
        assert!(world.has(&id));
        assert!(world.graph.requests().len() - before <= 2);
        assert!(world.state().await.watermark >= watermark);
    }
    world.clock.advance_secs(weeks);
    world.set("da5", "2026-03-01T12:03:30Z");
    let before = world.graph.requests().len();
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    // And what was passed by the wrong clock is read once more.
    assert!(world.graph.requests().len() - before <= 5);
    assert_eq!(world.written().len(), 5);
    assert!(world.state().await.unread.is_empty());
}
