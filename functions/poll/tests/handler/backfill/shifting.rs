//! What changes while a backfill is read: rows shift behind a page that was read already, or behind a count.

use std::sync::Mutex;

use drawbridge_poll::Progress;

use super::{Count, Report, World, ask, days, progress, steps, try_step};
use crate::reconcile::never;
use drawbridge_time::Clock as _;
use jiff::SignedDuration;

/// Changes alerts when the first page has been delivered, after which they are in the window no more.
struct Changes<'a> {
    world: &'a World,
    left: Mutex<Vec<u32>>,
}

impl Progress for Changes<'_> {
    fn page(&self, _: &Report) {
        for n in self.left.lock().unwrap().drain(..) {
            self.world.set(&format!("da{n}"), "2026-02-20T12:00:00Z");
        }
    }
}

/// A world with so many alerts on one day of January.
fn world(alerts: u32, page_size: u32) -> World {
    let world = World::with(|settings| {
        settings.windows.sweeps = false;
        settings.page_size = page_size;
    });
    for n in 0..alerts {
        world.set(&format!("da{n}"), &format!("2026-01-01T12:{n:02}:00Z"));
    }
    world.graph.counts(Count::AndMore(0));
    world
}

async fn read(world: &World, changes: Vec<u32>) {
    let changes = Changes {
        world,
        left: Mutex::new(changes),
    };
    ask(world, days(1)).await;
    world
        .poller
        .backfill("b1", &never(), &changes)
        .await
        .unwrap();
    if !progress(world).await.is_done() {
        steps(world).await;
    }
}

/// Before, the row that slipped into the first page was never read: list and count agreed without it.
#[tokio::test(start_paused = true)]
async fn a_row_that_shifts_into_a_page_that_was_read_is_found() {
    let world = world(30, 10);
    read(&world, vec![3]).await;
    for n in 0..30 {
        assert!(world.has(&format!("da{n}")), "{n}");
    }
    // What a second reading lists was counted by the first one.
    let progress = progress(&world).await;
    assert_eq!((progress.alerts, progress.records), (29, 30));
    assert_eq!((progress.percent(), progress.suppressed), (100, 0));
}

/// Changes one alert each after the given pages with alerts, counted over all readings.
struct ChangesAt<'a> {
    world: &'a World,
    /// How many pages there were, and the alerts of the last one's poll.
    pages: Mutex<(usize, u64)>,
    changes: &'a [(usize, u32)],
}

impl<'a> ChangesAt<'a> {
    fn new(world: &'a World, changes: &'a [(usize, u32)]) -> Self {
        Self {
            world,
            pages: Mutex::default(),
            changes,
        }
    }
}

impl Progress for ChangesAt<'_> {
    fn page(&self, report: &Report) {
        let mut guard = self.pages.lock().unwrap();
        let (pages, alerts) = &mut *guard;
        if [0, *alerts].contains(&report.alerts) {
            return;
        }
        (*pages, *alerts) = (*pages + 1, report.alerts);
        for (_, n) in self.changes.iter().filter(|(page, _)| page == pages) {
            self.world.set(&format!("da{n}"), "2026-02-20T12:00:00Z");
        }
    }
}

/// The twentieth row slips into the second page, and later, when nine more have gone, into the first one.
const TWICE: [(usize, u32); 2] = [(2, 0), (6, 10)];

/// Before, a second reading that brought nothing new was taken as proof, and the same row could slip past both.
#[tokio::test(start_paused = true)]
async fn a_row_that_slips_past_two_readings_is_found() {
    let world = world(45, 10);
    ask(&world, days(1)).await;
    let changes = ChangesAt::new(&world, &TWICE);
    let stop = never();
    let read = || world.poller.backfill("b1", &stop, &changes);
    read().await.unwrap();
    assert!(!world.has("da20"), "the first reading misses it");
    for n in 1..10 {
        world.set(&format!("da{n}"), "2026-02-21T12:00:00Z");
    }
    world.clock.advance_secs(900);
    read().await.unwrap();
    steps(&world).await;
    for n in 0..45 {
        assert!(world.has(&format!("da{n}")), "{n}");
    }
}

/// The same after an outage, of what no sweep reads, or none that is sure to come.
#[tokio::test(start_paused = true)]
async fn a_row_that_slips_past_two_readings_of_an_outage_is_found() {
    const HOUR_SECS: i64 = 3600;
    for (sweeps, outage_hours, age_hours) in [
        (false, 240, 200),
        (false, 30, 20),
        (true, 240, 200),
        (true, 190, 175),
        (true, 190, 164),
    ] {
        let world = World::with(|settings| {
            settings.windows.sweeps = sweeps;
            settings.page_size = 10;
        });
        world.poll().await.unwrap();
        world.clock.advance_secs(outage_hours * HOUR_SECS);
        let first = world.clock.now() - SignedDuration::from_hours(age_hours);
        for n in 0..45 {
            let time = first + SignedDuration::from_mins(n);
            world.set(&format!("da{n}"), &time.to_string());
        }
        world.graph.counts(Count::AndMore(0));
        let changes = ChangesAt::new(&world, &TWICE);
        world.poller.run(&never(), &changes).await.unwrap();
        assert!(!world.has("da20"), "the first reading misses it");
        for n in 1..10 {
            world.set(&format!("da{n}"), "2026-02-21T12:00:00Z");
        }
        for _ in 0..20 {
            world.clock.advance_secs(60);
            world.poller.run(&never(), &changes).await.unwrap();
        }
        for n in 10..45 {
            assert!(world.has(&format!("da{n}")), "{n} of {age_hours} hours");
        }
    }
}

/// Before, a list that was cut off was taken for all there is if another part of its day failed, in each of its
/// readings.
#[tokio::test(start_paused = true)]
async fn what_is_listed_beside_a_failure_is_compared_with_what_graph_counts() {
    // A step has the requests for some halves.
    let world = World::with(|settings| {
        settings.windows.sweeps = false;
        settings.windows.smallest_ms = 60 * 60 * 1000;
    });
    world.graph.counts(Count::AndMore(0));
    for (id, hour) in [("bad", 22), ("worse", 15)] {
        world.set(id, &format!("2026-01-01T{hour}:00:00Z"));
    }
    for n in 0..45 {
        let (hour, minute) = (n / 5, n % 5 * 12);
        world.set(
            &format!("da{n}"),
            &format!("2026-01-01T{hour:02}:{minute:02}:00Z"),
        );
    }
    world.graph.lists_at_most(20);
    world.graph.poison_with(404, None);
    ask(&world, days(1)).await;
    for alert in ["\"bad\"", "\"worse\""] {
        world.graph.poison_windows(alert);
        // What failed once is read in parts the second time.
        for wait_secs in [60, 900] {
            try_step(&world).await.unwrap();
            world.clock.advance_secs(wait_secs);
        }
    }
    world.graph.heal();
    steps(&world).await;
    for n in 0..45 {
        assert!(world.has(&format!("da{n}")), "{n}");
    }
}

/// Before, a list that was cut off was complete if as many of its alerts changed before they were counted.
#[tokio::test(start_paused = true)]
async fn as_many_changes_as_rows_that_were_cut_off_hide_none() {
    let world = world(30, 1000);
    world.graph.lists_at_most(20);
    read(&world, (0..10).collect()).await;
    for n in 0..30 {
        assert!(world.has(&format!("da{n}")), "{n}");
    }
}

/// The same after an outage of more than a week, of which no sweep reads the beginning.
#[tokio::test(start_paused = true)]
async fn what_an_outage_left_behind_is_read_once_more() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    world.clock.advance_secs(10 * 24 * 60 * 60);
    for n in 0..30 {
        world.set(&format!("da{n}"), &format!("2026-03-02T12:{n:02}:00Z"));
    }
    world.graph.counts(Count::AndMore(0));
    world.graph.lists_at_most(20);
    let changes = Changes {
        world: &world,
        left: Mutex::new((0..10).collect()),
    };
    world.poller.run(&never(), &changes).await.unwrap();
    for _ in 0..20 {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
    // What was listed and changed has its first version.
    for n in 0..30 {
        assert!(world.has(&format!("da{n}")), "{n}");
    }
}

/// What is shown on the way ends at the number that is said at the end.
#[tokio::test(start_paused = true)]
async fn what_is_shown_of_a_second_reading_is_counted_once() {
    struct Shown(Mutex<Vec<u64>>);
    impl Progress for Shown {
        fn page(&self, step: &Report) {
            let shown = step.alerts - step.listed_again;
            self.0.lock().unwrap().push(shown);
        }
    }
    let world = World::with(|settings| {
        settings.windows.sweeps = false;
        settings.windows.overlap_secs = 0;
        settings.page_size = 10;
    });
    for n in 0..30 {
        world.set(&format!("da{n}"), &format!("2026-01-01T12:{n:02}:00Z"));
    }
    world.graph.counts(Count::AndMore(0));
    ask(&world, days(1)).await;
    let shown = Shown(Mutex::default());
    let did = world.poller.backfill("b1", &never(), &shown).await.unwrap();
    assert_eq!(
        (did.alerts, did.listed_again),
        (90, 60),
        "it was read twice, and once in pieces"
    );
    let shown = shown.0.into_inner().unwrap();
    assert_eq!(shown.last(), Some(&30), "{shown:?}");
    assert_eq!(progress(&world).await.alerts, 30);
}

/// Before, the second reading came at once: a replica that lags for minutes hid the same alert from both.
#[tokio::test(start_paused = true)]
async fn what_a_replica_hides_for_minutes_is_found_by_the_second_reading() {
    let world = world(30, 10);
    ask(&world, days(1)).await;
    let step = try_step(&world).await.unwrap();
    assert!(!step.more, "the second reading waits");
    let read = progress(&world).await;
    assert_eq!(
        (read.percent(), read.left.len(), read.second.len()),
        (100, 0, 1)
    );
    let from = read.second_from.unwrap();
    world.clock.advance_secs(600);
    assert!(world.clock.now() < from && !try_step(&world).await.unwrap().more);
    assert_eq!(progress(&world).await.second, days(1));
    // The replica catches up.
    world.set("hidden", "2026-01-01T12:07:30Z");
    world.clock.advance_secs(300);
    steps(&world).await;
    assert!(world.has("hidden") && progress(&world).await.is_done());
}

/// The bar is that of the first reading.
#[tokio::test(start_paused = true)]
async fn what_is_left_falls_to_nothing_with_the_first_reading() {
    let world = world(30, 10);
    ask(&world, days(1)).await;
    let seen = Mutex::new(Vec::new());
    struct Left<'a>(&'a Mutex<Vec<u64>>);
    impl Progress for Left<'_> {
        fn page(&self, _: &Report) {}

        fn backfill_left(&self, left_ms: u64) {
            self.0.lock().unwrap().push(left_ms);
        }
    }
    let step = || async {
        let (stop, progress) = (never(), Left(&seen));
        world.poller.backfill("b1", &stop, &progress).await.unwrap();
        std::mem::take(&mut *seen.lock().unwrap())
    };
    let first = step().await;
    let day_ms = 24 * 60 * 60 * 1000;
    assert_eq!((first.first(), first.last()), (Some(&day_ms), Some(&0)));
    assert!(first.is_sorted_by(|a, b| a >= b), "{first:?}");
    world.clock.advance_secs(900);
    let second = step().await;
    assert!(second.iter().all(|&left_ms| left_ms == 0), "{second:?}");
}
