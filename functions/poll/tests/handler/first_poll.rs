//! The first poll dies, again and again, wherever it is, or Graph throttles it: what it was to read is read in the end.

use std::sync::Mutex;
use std::time::Duration;

use drawbridge_poll::{Ending, Progress, Report, state_key};
use drawbridge_store::Store as _;

use crate::reconcile::never;
use crate::world::{Answer, Count, World};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn wherever_the_first_poll_dies_its_start_stays() {
    let mut points = 0;
    loop {
        let mut world = World::with(|settings| settings.page_size = 1);
        for n in 0..3 {
            world.set(&format!("da{n}"), &format!("2026-02-28T13:00:0{n}Z"));
        }
        let (mut died, mut was_noted) = (false, false);
        for is_first in [true, false, false, false, false] {
            world.mortal.dies_at(Some(points));
            let _ = tokio::time::timeout(DAY, world.poll()).await;
            world.mortal.dies_at(None);
            if is_first {
                died = world.mortal.take_died();
                let state = world.state().await;
                was_noted = state.first_from.is_some();
                let asked = !world.graph.requests().is_empty();
                assert!(was_noted || !asked, "point {points}: it read before that");
            }
            world.restart();
            world.clock.advance_secs(20 * 60 * 60);
        }
        if !died {
            break;
        }
        world.poll().await.unwrap();
        if was_noted {
            assert!(
                (0..3).all(|n| world.has(&format!("da{n}"))),
                "point {points}"
            );
        }
        points += 1;
    }
    assert!(points > 10, "{points}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_does_not_end_ends_the_poll_and_not_what_it_has() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.set("da1", "2026-03-01T11:00:00Z");
    world.graph.is_endless();
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.partial_answers), (1, 1));
    assert!(world.graph.requests().len() < 150);
    assert!(!world.left().await.is_empty(), "it may have been more");
    // What is new goes on to arrive.
    world.set("da2", "2026-03-01T12:00:50Z");
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert!(world.has("da2"));
    // In the end that is a gap, and no reason to read the same for ever.
    let mut gaps = 0;
    for _ in 0..60 {
        world.clock.advance_secs(300);
        gaps += world.poll().await.unwrap().gaps;
    }
    assert!(gaps > 0);
    let object = world.store.get(&state_key("contoso")).await.unwrap();
    assert!(object.is_some());
}

/// Before, it was read until the poll had no more time, and on one machine for ever.
#[tokio::test(start_paused = true)]
async fn a_list_that_repeats_itself_ends_the_poll_and_not_what_it_has() {
    let world = World::with(|settings| {
        settings.page_size = 2;
        settings.windows.sweeps = false;
    });
    for n in 0..7 {
        world.set(&format!("da{n}"), "2026-03-01T11:00:00Z");
    }
    world.graph.repeats();
    let report = world.poll().await.unwrap();
    assert_eq!(report.records, 7);
    assert!(world.graph.requests().len() < 150);
    assert!(!world.left().await.is_empty(), "it may have been more");
}

/// The rows of the earlier half shift while it is paged, and Graph throttles the later half.
struct ShiftsAndThrottles<'a> {
    world: &'a World,
    pages: Mutex<usize>,
}

impl Progress for ShiftsAndThrottles<'_> {
    fn page(&self, _: &Report) {
        let mut pages = self.pages.lock().unwrap();
        *pages += 1;
        match *pages {
            // Five pages of the whole, and two of the half.
            7 => self.world.set("old0", "2026-03-01T11:59:50Z"),
            // The half is counted, and the other one asked for.
            9 => self
                .world
                .graph
                .script([Answer::Well, Answer::Throttled(3600)]),
            _ => {}
        }
    }
}

/// Before, what was read of a window before Graph throttled the rest of it was not read once more.
#[tokio::test(start_paused = true)]
async fn what_was_read_before_graph_throttled_the_rest_is_read_once_more() {
    let world = World::with(|settings| {
        settings.windows.sweeps = false;
        settings.windows.first_lookback_secs = 30 * 24 * 60 * 60;
        settings.page_size = 10;
    });
    for n in 0..25 {
        world.set(&format!("new{n}"), &format!("2026-02-20T12:{n:02}:00Z"));
    }
    for n in 0..35 {
        world.set(&format!("old{n}"), &format!("2026-02-05T12:{n:02}:00Z"));
    }
    world.graph.counts(Count::AndMore(0));
    // The list of the whole ends before the row that shifts.
    world.graph.lists_at_most(45);
    let shifts = ShiftsAndThrottles {
        world: &world,
        pages: Mutex::default(),
    };
    let report = world.poller.run(&never(), &shifts).await.unwrap();
    assert!(matches!(report.ending, Ending::Postponed(_)), "{report:?}");
    assert!(world.has("old34") && !world.has("old20"));
    for _ in 0..30 {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
    for n in 0..35 {
        assert!(world.has(&format!("old{n}")), "{n}");
    }
    assert!((0..25).all(|n| world.has(&format!("new{n}"))));
}
