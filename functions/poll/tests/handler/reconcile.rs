//! What was read of a closed window is compared with the number that Graph reports.

use std::sync::Mutex;

use drawbridge_cursor::Window;
use drawbridge_graph::Settings;
use drawbridge_poll::{BackfillProgress, Ending, Progress, Report, Silent, Stop};
use drawbridge_time::Deadline;

use crate::world::{Answer, Count, World};

pub(crate) fn never() -> Stop {
    Stop::at(Deadline::none())
}

/// A world in which the next poll sweeps over one alert, which it knows.
async fn sweeping() -> World {
    sweeping_over(&["old"], 1000).await
}

/// The same over these alerts, so many on a page.
async fn sweeping_over(ids: &[&str], page_size: u32) -> World {
    let world = World::with(|settings| {
        settings.windows.sweep_phase_secs = 0;
        settings.page_size = page_size;
    });
    for id in ids {
        world.set(id, "2026-03-01T01:00:00Z");
    }
    world.poll().await.unwrap();
    // What came in several pages is read once more after some minutes.
    world.clock.advance_secs(600);
    world.poll().await.unwrap();
    world.clock.advance_secs(3000);
    world
}

/// The requests of the next poll that ask for a count, and all of them.
async fn poll(world: &World) -> (Report, usize, usize) {
    let before = world.graph.requests().len();
    let report = world.poll().await.unwrap();
    let requests = world.graph.requests().split_off(before);
    let counting = requests.iter().filter(|url| url.contains("count=true"));
    (report, counting.count(), requests.len())
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_saw_all_that_graph_counts_is_done() {
    let world = sweeping().await;
    world.graph.counts(Count::AndMore(0));
    let (report, counting, requests) = poll(&world).await;
    assert_eq!((report.count_mismatches, counting, requests), (0, 1, 3));
}

#[tokio::test(start_paused = true)]
async fn a_sweep_that_saw_less_reads_once_more_and_then_tells() {
    let world = sweeping().await;
    world.graph.counts(Count::AndMore(2));
    let (report, counting, requests) = poll(&world).await;
    // The live window, the sweep with the count, the count after it, the sweep again, its count, and the
    // count where there are no alerts.
    assert_eq!((report.count_mismatches, counting, requests), (1, 4, 7));
    assert_eq!(report.ending, Ending::Complete);
    // An alarm, and no more: the next poll is an ordinary one.
    world.clock.advance_secs(60);
    let (report, counting, requests) = poll(&world).await;
    assert_eq!((report.count_mismatches, counting, requests), (0, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn where_graph_does_not_count_nothing_happens() {
    for count in [Count::Refused, Count::Silent] {
        let world = sweeping().await;
        world.graph.counts(count);
        let (report, counting, requests) = poll(&world).await;
        assert_eq!((report.count_mismatches, counting, requests), (0, 1, 3));
        assert_eq!(report.ending, Ending::Complete);
        assert!(world.left().await.is_empty());
    }
}

/// Sets an alert when page `at` has been delivered.
struct TurnsUp<'a> {
    world: &'a World,
    at: u64,
    time: &'static str,
    done: Mutex<bool>,
}

impl<'a> TurnsUp<'a> {
    fn new(world: &'a World, at: u64, time: &'static str) -> Self {
        let done = Mutex::new(false);
        Self {
            world,
            at,
            time,
            done,
        }
    }
}

impl Progress for TurnsUp<'_> {
    fn page(&self, so_far: &Report) {
        let mut done = self.done.lock().unwrap();
        if so_far.pages == self.at && !std::mem::replace(&mut *done, true) {
            self.world.set("missed", self.time);
        }
    }
}

/// A list in several pages is counted when it was read to its end, and not before.
#[tokio::test(start_paused = true)]
async fn what_the_count_tells_of_is_found() {
    let world = sweeping_over(&["old", "older"], 1).await;
    world.graph.counts(Count::AndMore(0));
    // The page of what is new, and two of the sweep.
    let turns_up = TurnsUp::new(&world, 3, "2026-03-01T02:00:00Z");
    let report = world.poller.run(&never(), &turns_up).await.unwrap();
    assert_eq!((report.swept, report.count_mismatches), (1, 0));
    assert!(world.has("missed"));
}

#[tokio::test(start_paused = true)]
async fn each_window_of_a_backfill_is_counted_alone() {
    let world = World::new();
    // More in the first window than the second lacks.
    for n in 0..5 {
        world.set(&format!("da{n}"), "2026-01-01T12:00:00Z");
    }
    world.set("db", "2026-01-02T12:00:00Z");
    world.graph.counts(Count::AndMore(0));
    let day = |from: &str, to: &str| Window::new(from.parse().unwrap(), to.parse().unwrap());
    let windows = vec![
        day("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z").unwrap(),
        day("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z").unwrap(),
    ];
    let asked = BackfillProgress {
        tenant: "contoso".into(),
        id: "b".into(),
        left: windows,
        ..BackfillProgress::default()
    };
    asked.ask(world.store.as_ref()).await.unwrap();
    let turns_up = TurnsUp::new(&world, 2, "2026-01-02T13:00:00Z");
    let never = never();
    let read = world.poller.backfill("b", &never, &turns_up);
    let report = read.await.unwrap();
    assert!(world.has("missed"));
    assert_eq!((report.records, report.count_mismatches), (7, 0));
    asked.ask(world.store.as_ref()).await.unwrap();
    world.graph.counts(Count::AndMore(1));
    let report = world.poller.backfill("b", &never, &Silent).await.unwrap();
    assert_eq!(report.count_mismatches, 2);
}

/// Before, a list that was cut off behind pages of alerts that are known was taken for all there is.
#[tokio::test(start_paused = true)]
async fn a_list_of_several_pages_of_what_is_known_is_counted() {
    let world = World::with(|settings| {
        settings.windows.sweeps = false;
        settings.page_size = 2;
    });
    for n in [1, 3] {
        for second in 0..n {
            let id = format!("da{second}");
            world.set(&id, &format!("2026-03-01T11:59:0{second}Z"));
        }
        world.graph.counts(Count::AndMore(0));
        poll(&world).await;
        let (report, counting, _) = poll(&world).await;
        assert_eq!((report.records, counting), (0, usize::from(n > 2)), "{n}");
    }
}

/// A world whose first poll looks two days back.
fn looking_back() -> World {
    World::with(|settings| {
        settings.windows.sweeps = false;
        settings.windows.first_lookback_secs = 2 * 24 * 60 * 60;
    })
}

/// Before, the first poll took an empty list for the whole of what is too old for an hourly sweep.
#[tokio::test(start_paused = true)]
async fn what_the_first_poll_does_not_list_though_graph_counts_it_is_read_again() {
    let world = looking_back();
    world.graph.counts(Count::AndMore(1));
    let (report, counting, _) = poll(&world).await;
    // The third one is asked where there are no alerts.
    assert_eq!((report.count_mismatches, counting), (1, 3));
    assert!(!world.left().await.is_empty());
    world.set("old", "2026-02-28T01:00:00Z");
    world.graph.counts(Count::AndMore(0));
    world.clock.advance_secs(300);
    world.poll().await.unwrap();
    assert!(world.has("old"));
}

/// Before, a list that was cut off was taken for all there is when the question for the number failed.
#[tokio::test(start_paused = true)]
async fn what_the_first_poll_lists_is_not_all_there_is_until_graph_counts_it() {
    let world = looking_back();
    for n in 0..30 {
        world.set(&format!("old{n}"), &format!("2026-02-28T01:00:{n:02}Z"));
    }
    world.graph.lists_at_most(25);
    world.graph.counts(Count::Unavailable);
    world.poll().await.unwrap();
    assert!(!world.left().await.is_empty());
    world.graph.counts(Count::AndMore(0));
    world.clock.advance_secs(300);
    world.poll().await.unwrap();
    assert!((0..30).all(|n| world.has(&format!("old{n}"))));
    assert!(world.state().await.unread.is_empty());
}

/// Before, it was given up after five tries within ten minutes, with a line in the log.
#[tokio::test(start_paused = true)]
async fn what_graph_counts_and_does_not_list_for_two_hours_is_put_aside() {
    for count in [Count::AndMore(1), Count::Unavailable] {
        let world = looking_back();
        world.graph.counts(count);
        let (mut minutes, mut gaps) = (0, 0);
        while gaps == 0 {
            gaps += world.poll().await.unwrap().gaps;
            world.clock.advance_secs(60);
            minutes += 1;
            assert!(minutes < 180, "{:?}", world.state().await.unread);
        }
        assert!(minutes > 120, "{minutes}");
        assert!(world.state().await.unread.is_empty());
        let keys = world.store.keys();
        let gap = keys.iter().find(|key| key.contains("/gaps/")).unwrap();
        assert!(
            world
                .store
                .body(gap)
                .contains("counted more alerts than it")
        );
    }
}

/// Before, it was read again and again for two hours and then quarantined.
#[tokio::test(start_paused = true)]
async fn a_window_whose_count_graph_never_gives_is_read_all_the_same() {
    let world = looking_back();
    world.set("old", "2026-02-28T01:00:00Z");
    world.graph.counts(Count::NotImplemented);
    let (report, counting, _) = poll(&world).await;
    assert_eq!(report.ending, Ending::Complete);
    assert!(counting > 0 && world.has("old"));
    // And so is its second reading.
    world.clock.advance_secs(900);
    poll(&world).await;
    assert!(world.left().await.is_empty());
}

/// An alert that is larger than any page is the one row that comes with the number.
#[tokio::test(start_paused = true)]
async fn a_count_whose_one_row_is_too_large_says_nothing() {
    let world = looking_back();
    world.set("old", "2026-02-28T01:00:00Z");
    let large = Answer::Page(vec![b' '; Settings::default().max_body_bytes + 1]);
    world.graph.script([Answer::Well, large]);
    let (report, counting, _) = poll(&world).await;
    assert_eq!((report.ending, counting), (Ending::Complete, 1));
    assert!(world.has("old"));
    world.clock.advance_secs(900);
    poll(&world).await;
    assert!(world.left().await.is_empty());
}

/// Before, a number from before the first attempt failed was compared with what was listed of its parts.
#[tokio::test(start_paused = true)]
async fn what_was_counted_beside_a_list_that_failed_is_counted_again() {
    let world = sweeping().await;
    world.set("early", "2026-02-28T20:00:00Z");
    world.graph.counts(Count::AndMore(0));
    // What is new and the count are answered, and no try of the list.
    let fails = std::iter::repeat_with(|| Answer::Status(500)).take(5);
    let answers = [Answer::Well, Answer::Well].into_iter().chain(fails);
    world.graph.script(answers);
    let (report, counting, _) = poll(&world).await;
    assert_eq!((report.swept, report.count_mismatches), (1, 0));
    assert_eq!(counting, 2, "{:?}", world.graph.requests());
}
