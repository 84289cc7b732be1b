//! Polls that have the memory of a process together: most need little, and one at a time has more.

use std::time::Duration;

use drawbridge_poll::{Ending, Memory, PollError, Report, Silent, Stop};
use drawbridge_time::Deadline;
use serde_json::json;

use crate::world::{Answer, World, alert};

const T1: &str = "2026-03-01T11:00:00Z";

impl World {
    /// A poll beside those that share `memory`, with so many seconds.
    async fn poll_within(&self, memory: &Memory, secs: u64) -> Result<Report, PollError> {
        let stop = Stop::at(Deadline::after(Duration::from_secs(secs)));
        self.poller.run_within(memory, &stop, &Silent).await
    }

    /// Sets alerts of some kilobytes, which make up one page of more than a small one.
    fn set_many(&self) {
        for n in 0..80 {
            self.set_long(&format!("da{n}"), 4_000);
        }
    }

    fn set_long(&self, id: &str, bytes: usize) {
        self.set_long_at(T1, id, bytes);
    }

    fn set_long_at(&self, time: &str, id: &str, bytes: usize) {
        let long = json!({"id": id, "lastUpdateDateTime": time, "title": "x".repeat(bytes)});
        self.graph.set(id, time, long.to_string());
    }

    /// Sets so many alerts of 4,000 bytes, which are in the overlap for some minutes.
    fn set_recent(&self, alerts: usize) {
        for n in 0..alerts {
            self.set_long_at("2026-03-01T11:58:00Z", &format!("da{n}"), 4_000);
        }
    }

    /// How many pages it was asked for.
    fn lists(&self) -> usize {
        let requests = self.graph.requests();
        let lists = requests.iter().filter(|url| !url.contains("$count"));
        lists.count()
    }
}

/// A tenant whose poll takes the memory and keeps it until its time is over.
fn greedy() -> World {
    let world = World::new();
    world.graph.script([Answer::Page(vec![b' '; 300_000])]);
    world.set("da1", T1);
    world.graph.hangs_above(0);
    world
}

/// Polls `world` while another tenant keeps the memory, and once more when it has given that back.
async fn beside_a_greedy_one(world: &World) -> [Report; 2] {
    let (memory, greedy) = (Memory::shared(), greedy());
    let polled = async {
        // It has begun by then.
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.poll_within(&memory, 30).await.unwrap()
    };
    let (without_end, short) = tokio::join!(greedy.poll_within(&memory, 60), polled);
    assert_eq!(without_end.unwrap().ending, Ending::OutOfTime);
    assert_eq!((short.ending, short.more), (Ending::OutOfTime, true));
    let whole = world.poll_within(&memory, 30).await.unwrap();
    assert_eq!((whole.ending, whole.more), (Ending::Complete, false));
    [short, whole]
}

#[tokio::test(start_paused = true)]
async fn what_needs_little_waits_for_nobody() {
    let (memory, greedy) = (Memory::shared(), greedy());
    let idle = World::new();
    idle.set("da1", T1);
    let polled = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        idle.poll_within(&memory, 5).await.unwrap()
    };
    let (_, report) = tokio::join!(greedy.poll_within(&memory, 60), polled);
    assert_eq!((report.ending, report.records), (Ending::Complete, 1));
    assert_eq!(idle.lists(), 1);
}

#[tokio::test(start_paused = true)]
async fn polls_that_need_more_have_it_one_after_the_other() {
    let memory = Memory::shared();
    let worlds = [World::new(), World::new()];
    for world in &worlds {
        world.set_many();
        world.graph.latency(1_000);
    }
    let [a, b] = &worlds;
    let reports = tokio::join!(a.poll_within(&memory, 60), b.poll_within(&memory, 60));
    for (world, report) in worlds.iter().zip([reports.0, reports.1]) {
        let report = report.unwrap();
        assert_eq!((report.ending, report.records), (Ending::Complete, 80));
        // The page was asked for once more, and that is all that it cost.
        assert_eq!((report.pages, world.lists()), (1, 2));
    }
    // Two more questions, for the number of alerts and whether Graph counts, are asked before the first has ended.
    let again = |world: &World| world.graph.times()[1];
    let between = again(a).max(again(b)) - again(a).min(again(b));
    assert_eq!(between, Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn a_large_page_is_left_for_later_while_others_have_the_memory() {
    let world = World::new();
    world.set_many();
    let [short, whole] = beside_a_greedy_one(&world).await;
    assert_eq!((short.records, whole.records), (0, 80));
    // Not in halves, and by no other means: there is nothing wrong with it.
    assert_eq!((short.requests, short.put_off, short.gaps), (1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn pages_are_sent_until_one_is_large() {
    let world = World::with(|settings| settings.page_size = 2);
    world.set("da1", T1);
    world.set("da2", T1);
    world.set_long("large", 300_000);
    let [short, whole] = beside_a_greedy_one(&world).await;
    assert_eq!((short.records, whole.records), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_alert_of_many_values_waits_for_memory() {
    let world = World::new();
    let many = json!({"id": "many", "lastUpdateDateTime": T1, "x": vec![1; 5_000]});
    world.set("da1", T1);
    world.graph.set("many", T1, many.to_string());
    let [short, whole] = beside_a_greedy_one(&world).await;
    assert_eq!((short.records, whole.records), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn many_records_of_one_alert_wait_for_memory() {
    let world = World::new();
    let names: Vec<String> = (0..300)
        .map(|n| format!("{n}-{}.exe", "x".repeat(50)))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.graph.set("da1", T1, alert("da1", T1, &names));
    let [short, whole] = beside_a_greedy_one(&world).await;
    assert!(short.records > 0 && whole.records > 0);
    assert_eq!(short.records + whole.records, 300);
    assert_eq!(world.written().len(), 300);
}

#[tokio::test(start_paused = true)]
async fn many_records_of_many_pages_wait_for_memory() {
    let world = World::with(|settings| settings.page_size = 5);
    for n in 0..600 {
        world.set(&format!("da{n}"), T1);
    }
    let [short, whole] = beside_a_greedy_one(&world).await;
    assert!(short.records > 100 && whole.records > 0, "{short:?}");
    assert_eq!(world.written().len(), 600);
}

/// An object that is larger than the small share, such as that of an older release.
#[tokio::test(start_paused = true)]
async fn a_large_state_waits_for_memory() {
    let world = World::with(|settings| settings.pages.most_kept_bytes = 1 << 30);
    for n in 0..3_000 {
        let id = format!("da{n}");
        let short = json!({"id": id, "lastUpdateDateTime": T1});
        world.graph.set(&id, T1, short.to_string());
    }
    world.poll().await.unwrap();
    world.clock.advance_secs(60);
    world.set("new", "2026-03-01T12:00:40Z");
    let (memory, greedy, before) = (Memory::shared(), greedy(), world.graph.requests().len());
    let polled = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.poll_within(&memory, 30).await
    };
    let (_, short) = tokio::join!(greedy.poll_within(&memory, 60), polled);
    // Nothing was read, and nobody takes that for a poll that ended well.
    assert!(matches!(short, Err(PollError::NoMemory)), "{short:?}");
    assert_eq!(world.graph.requests().len(), before);
    let whole = world.poll_within(&memory, 30).await.unwrap();
    assert_eq!(whole.records, 1);
}

/// Polls `world` while another tenant has the large share of the memory.
async fn poll_beside_a_greedy_one(world: &World) -> Report {
    let (memory, greedy) = (Memory::shared(), greedy());
    let polled = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        world.poll_within(&memory, 30).await.unwrap()
    };
    let (_, report) = tokio::join!(greedy.poll_within(&memory, 60), polled);
    report
}

#[tokio::test(start_paused = true)]
async fn a_tenant_whose_alerts_are_more_than_a_small_page_is_asked_for_smaller_ones() {
    let world = World::new();
    world.set_recent(80);
    world.poll_within(&Memory::shared(), 30).await.unwrap();
    let learned = world.state().await.small_page.unwrap();
    // Of 4,000 bytes each, three quarters of 256 KiB.
    assert!((45..=48).contains(&learned), "{learned}");

    world.clock.advance_secs(60);
    let before = world.lists();
    let report = poll_beside_a_greedy_one(&world).await;
    assert_eq!((report.ending, report.alerts), (Ending::Complete, 80));
    // No page is asked for in vain.
    assert_eq!((report.pages, world.lists() - before), (2, 2));
    // That is no news.
    assert!(!report.saved);

    // Forgotten when half of a small page has all that is new.
    for secs in [3600, 60] {
        assert!(world.state().await.small_page.is_some());
        world.clock.advance_secs(secs);
        world.poll_within(&Memory::shared(), 30).await.unwrap();
    }
    assert_eq!(world.state().await.small_page, None);
}

/// Before, it was learned anew, and saved, by each poll that has all of the memory before its first page.
#[tokio::test(start_paused = true)]
async fn a_size_that_is_known_is_not_learned_from_a_whole_page() {
    let world = World::with(|settings| settings.pages.most_kept_bytes = 1 << 30);
    for n in 0..3_000 {
        let id = format!("short{n}");
        let short = json!({"id": id, "lastUpdateDateTime": T1});
        world.graph.set(&id, T1, short.to_string());
    }
    world.poll().await.unwrap();
    let mut learned = Vec::new();
    for bytes in [4_000, 4_400] {
        world.clock.advance_secs(60);
        for n in 0..80 {
            world.set_long_at("2026-03-01T11:58:00Z", &format!("da{n}"), bytes);
        }
        let report = world.poll_within(&Memory::shared(), 30).await.unwrap();
        assert_eq!((report.ending, report.pages), (Ending::Complete, 1));
        learned.push(world.state().await.small_page.unwrap());
    }
    assert_eq!(learned[0], learned[1]);
}

#[tokio::test(start_paused = true)]
async fn a_backlog_is_not_read_in_small_pages() {
    let world = World::new();
    world.set_recent(400);
    world.poll_within(&Memory::shared(), 30).await.unwrap();
    assert_eq!(world.state().await.small_page, None);

    // Nor is one that comes upon small pages: the poll after it is read in large ones.
    let world = World::new();
    world.set_recent(80);
    world.poll_within(&Memory::shared(), 30).await.unwrap();
    world.set_recent(480);
    let report = world.poll_within(&Memory::shared(), 30).await.unwrap();
    assert_eq!((report.ending, report.records), (Ending::Complete, 400));
    assert_eq!(world.state().await.small_page, None);
}
