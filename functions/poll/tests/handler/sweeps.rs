//! Sweeps read again what lies further back than the overlap, and hold up nothing.

use std::time::Duration;

use drawbridge_cursor::{Due, State, Window};
use drawbridge_poll::{Ending, Settings, Silent, Stop, change_state};
use drawbridge_time::{Clock as _, Deadline};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::world::{Answer, Count, World};

const DAY_SECS: u32 = 24 * 60 * 60;

/// A world whose sweeps are due at the full hour and at midnight UTC.
fn world(change: impl FnOnce(&mut Settings)) -> World {
    World::with(|settings| {
        settings.windows.sweep_phase_secs = 0;
        change(settings);
    })
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_is_hours_late_is_found_within_the_hour() {
    let world = world(|_| ());
    world.poll().await.unwrap();
    world.set("late", "2026-02-28T17:00:00Z");
    world.clock.advance_secs(59 * 60);
    assert_eq!(world.poll().await.unwrap().swept, 0);
    assert!(!world.has("late"));

    world.clock.advance_secs(60);
    world.set("new", "2026-03-01T12:59:00Z");
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.swept), (2, 1));
    assert!(world.has("late"));
    // What is new was sent first.
    assert_eq!(world.written()[0].0, "new");

    // The same hour has no other sweep.
    world.set("later", "2026-02-28T17:00:00Z");
    world.clock.advance_secs(60);
    assert_eq!(world.poll().await.unwrap().swept, 0);
}

#[tokio::test(start_paused = true)]
async fn an_alert_that_is_days_late_is_found_within_the_day() {
    let world = world(|settings| settings.windows.first_lookback_secs = 10 * DAY_SECS);
    world.poll().await.unwrap();
    // What the first poll read is read once more.
    world.clock.advance_secs(900);
    world.poll().await.unwrap();
    world.set("late", "2026-02-24T06:00:00Z");
    for _ in 0..11 {
        world.clock.advance_secs(3600);
        assert_eq!(world.poll().await.unwrap().swept, 0);
    }
    world.clock.advance_secs(3600);
    let report = world.poll().await.unwrap();
    assert_eq!((report.swept, world.has("late")), (1, true));
    // The longer sweep did for the shorter.
    world.clock.advance_secs(60);
    let before = world.graph.requests().len();
    world.poll().await.unwrap();
    assert_eq!(world.graph.requests().len() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_from_before_the_first_poll() {
    let world = world(|_| ());
    world.poll().await.unwrap();
    world.set("ancient", "2026-02-28T11:00:00Z");
    for _ in 0..3 * 24 {
        world.clock.advance_secs(3600);
        assert_eq!(world.poll().await.unwrap().swept, 0);
    }
    assert!(!world.has("ancient"));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_may_have_no_sweeps() {
    let world = world(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    // What the first poll read is read once more.
    world.clock.advance_secs(900);
    world.poll().await.unwrap();
    let before = world.graph.requests().len();
    for _ in 0..6 * 48 {
        world.clock.advance_secs(600);
        world.poll().await.unwrap();
    }
    // And once an hour what the watermark passes is read once more, and counted.
    let asked = world.graph.requests().len() - before;
    assert!(asked <= 6 * 48 + 3 * 48, "{asked}");
}

/// 60 old alerts in pages of two, each of which takes four seconds.
async fn slow() -> World {
    let world = world(|settings| settings.page_size = 2);
    world.graph.counts(Count::AndMore(0));
    world.poll().await.unwrap();
    for n in 0..60 {
        world.set(&format!("old{n}"), &format!("2026-02-28T17:{n:02}:00Z"));
    }
    world.graph.latency(4_000);
    world
}

#[tokio::test(start_paused = true)]
async fn an_unfinished_sweep_goes_on_at_the_next_poll_and_delays_nothing_new() {
    let world = slow().await;
    world.clock.advance_secs(3600);
    let mut polls = 0;
    let mut swept = 0;
    loop {
        let new = format!("new{polls}");
        let now = drawbridge_time::Clock::now(&*world.clock);
        world.set(&new, &(now - Duration::from_secs(40)).to_string());
        let (before, began) = (world.written().len(), Instant::now());
        let report = world.poll().await.unwrap();
        swept += report.swept;
        assert_eq!(report.ending, Ending::Complete);
        assert!(!report.more);
        assert!(report.read_up_to > Some(now - Duration::from_secs(60)));
        assert_eq!(world.written()[before].0, new, "what is new comes first");
        // The live window's own pages, 30 seconds for all of the rest, and a page more.
        let longest = Duration::from_secs(8 * 4 + 30 + 4);
        assert!(began.elapsed() <= longest, "{:?}", began.elapsed());
        let left = world.left().await;
        if left.is_empty() {
            break;
        }
        polls += 1;
        assert!(polls < 60, "it does not come to an end: {left:?}");
        world.clock.advance_secs(60);
    }
    assert!(polls > 1);
    assert!((0..60).all(|n| world.has(&format!("old{n}"))));
    assert!(swept > 0);
}

#[tokio::test(start_paused = true)]
async fn all_pieces_of_a_sweep_together_have_half_a_minute() {
    let world = slow().await;
    world.clock.advance_secs(3600);
    for _ in 0..4 {
        world.poll().await.unwrap();
        world.clock.advance_secs(60);
    }
    let left = world.left().await;
    assert!(!left.is_empty());
    // As much time as Lambda has: the pieces must not use it up.
    let stop = Stop::at(Deadline::after(Duration::from_secs(300)));
    let began = Instant::now();
    world.poller.run(&stop, &Silent).await.unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_throttled_sweep_is_not_forgotten() {
    let world = world(|_| ());
    world.poll().await.unwrap();
    world.set("late", "2026-02-28T17:00:00Z");
    world.clock.advance_secs(3600);
    // Whatever is asked: the sweep's list and count, and whether Graph answers at all.
    let throttled = || Answer::Throttled(3600);
    let answers = [Answer::Well, throttled(), throttled(), throttled()];
    world.graph.script(answers);
    let report = world.poll().await.unwrap();
    assert_eq!(report.ending, Ending::Postponed(Duration::from_secs(300)));
    let watermark: Timestamp = "2026-03-01T13:00:00Z".parse().unwrap();
    assert_eq!(world.state().await.watermark, Some(watermark));
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert!(world.has("late"));
}

/// Weeks are to be caught up on, for which there is not enough time.
#[tokio::test(start_paused = true)]
async fn a_long_catch_up_does_not_keep_sweeps_waiting_nor_look_like_a_standstill() {
    let world = World::with(|settings| {
        settings.page_size = 2;
        settings.windows.sweep_phase_secs = 0;
    });
    world.poll().await.unwrap();
    for n in 0..500 {
        let (hour, minute) = (n / 60, n % 60);
        world.set(
            &format!("old{n}"),
            &format!("2026-02-10T{hour:02}:{minute:02}:00Z"),
        );
    }
    let at = |day: &str| {
        format!("2026-02-{day}T00:00:00Z")
            .parse::<Timestamp>()
            .unwrap()
    };
    world.want(Window::new(at("10"), at("11")).unwrap()).await;
    // A sweep was begun two hours ago.
    let begun = world.clock.now() - Duration::from_secs(7200);
    let sweep = Window::new(at("27"), at("28")).unwrap();
    let add = |state: &mut State| state.again.add(sweep, Due::after(begun, 0));
    change_state(world.store.as_ref(), "contoso", add)
        .await
        .unwrap();
    world.set("late", "2026-02-27T20:00:00Z");
    world.graph.latency(4_000);
    let mut minutes = 0;
    while !world.has("late") {
        world.clock.advance_secs(60);
        minutes += 1;
        let stop = Stop::at(Deadline::after(Duration::from_secs(55)));
        world.poller.run(&stop, &Silent).await.unwrap();
        assert!(minutes < 4, "the sweep waits for the catch-up");
    }
    let state = world.state().await;
    assert!(!state.unread.is_empty(), "the catch-up was too short");
    let now = world.clock.now();
    let success = state.last_success.unwrap();
    assert!(now.duration_since(success).as_secs() < 180, "{success}");
}

/// 120 alerts of two minutes of a day, in pages of four seconds, as Graph lists them: newest first or
/// oldest first.
async fn clustered(is_newest_first: bool, page_size: u32) -> World {
    let world = world(|settings| settings.page_size = page_size);
    world.poll().await.unwrap();
    for n in 0..120 {
        let n = if is_newest_first { 119 - n } else { n };
        let (minute, second) = (n / 60, n % 60);
        world.set(
            &format!("old{n}"),
            &format!("2026-02-28T17:{minute:02}:{second:02}Z"),
        );
    }
    world.graph.latency(4_000);
    world.graph.counts(Count::AndMore(0));
    world.clock.advance_secs(3600);
    world
}

/// Before, the range was cut in halves of time, and all of the alerts lay in one of them: the first
/// pages were read again and again, until a half was as short as the cluster.
#[tokio::test(start_paused = true)]
async fn a_sweep_that_outlasts_its_time_goes_on_where_it_stopped() {
    for is_newest_first in [true, false] {
        for page_size in [2, 10, 50] {
            let world = clustered(is_newest_first, page_size).await;
            let before = world.graph.requests().len();
            let mut polls = 0;
            while polls == 0 || !world.left().await.is_empty() {
                world.poll().await.unwrap();
                world.clock.advance_secs(60);
                polls += 1;
                assert!(polls < 60, "it does not come to an end");
            }
            assert!((0..120).all(|n| world.has(&format!("old{n}"))));
            let pages = 120 / u64::from(page_size);
            let requests = world.graph.requests().split_off(before);
            let is_of_sweep = |url: &&String| !url.contains("2026-03-01T1");
            let of_sweep = requests.iter().filter(is_of_sweep).count() as u64;
            // With the news, a list that was read in more than one page is read a second time.
            assert!(
                of_sweep <= 2 * pages + 3 * polls,
                "{of_sweep} requests in {polls} polls for {pages} pages, {is_newest_first}"
            );
        }
    }
}
