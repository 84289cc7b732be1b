//! What ten polls at once take of a process's memory, whatever the tenants' Graphs answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "../handler/world/client.rs"]
mod client;
mod graph;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use async_trait::async_trait;
use drawbridge_poll::{Ending, Grouping, Memory, Output, Poller, Settings, Silent, Stop, Unlisted};
use drawbridge_queue::{Message, Queue, QueueError, Refused};
use drawbridge_store::testing::FaultyStore;
use drawbridge_time::Deadline;
use drawbridge_time::testing::ManualClock;
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

const MIB: usize = 1 << 20;

/// So many tenants are polled at once.
const TENANTS: usize = 10;

/// What the function has for small shares together: `lambda/memory.rs` adds it up.
const SMALL_SHARES: usize = 57_600 * 1024;

/// What the large share is, with pages of this test's size: two of them, and what an alert of them
/// and its records take.
const LARGE_SHARE: usize = 2 * graph::PAGE_BYTES + 2 * MIB;

/// A queue that takes everything and keeps nothing.
#[derive(Default)]
struct Sink(AtomicUsize);

#[async_trait]
impl Queue for Sink {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        self.0.fetch_add(messages.len(), Relaxed);
        Ok(Vec::new())
    }

    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

/// Polls ten tenants at once, each with pages that are as large as they may be; how much memory that
/// took at most.
async fn peak(memory: &Memory) -> usize {
    let sink = Arc::<Sink>::default();
    let pollers: Vec<_> = (0..TENANTS)
        .map(|n| Poller {
            graph: Arc::new(graph::client()),
            store: Arc::new(FaultyStore::default()),
            outputs: vec![Output::new(
                drawbridge_record::format("siem").unwrap(),
                sink.clone(),
                Grouping::Tenant,
            )],
            clock: Arc::new(ManualClock::at("2026-03-01T12:00:30Z")),
            settings: Settings::new(&format!("tenant-{n}")),
            unlisted: Unlisted::default(),
        })
        .collect();
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let polls = pollers.iter().map(async |poller| {
        let stop = Stop::at(Deadline::after(Duration::from_secs(60)));
        poller.run_within(memory, &stop, &Silent).await.unwrap()
    });
    let reports = futures::future::join_all(polls).await;
    let peak = ALLOCATED.peak_usage() - before;
    for report in reports {
        assert_eq!((report.ending, report.pages), (Ending::Complete, 3));
    }
    assert_eq!(sink.0.load(Relaxed), TENANTS * 3 * graph::ALERTS);
    peak
}

/// One test, because the allocator counts for the whole process.
#[tokio::test(start_paused = true)]
async fn ten_tenants_with_huge_pages_stay_within_the_memory() {
    let shared = peak(&Memory::shared()).await;
    assert!(shared <= SMALL_SHARES / 10 * 9 + LARGE_SHARE, "{shared}");
    // Nearly all of that is the one poll that has the large share at a time.
    assert!(shared <= LARGE_SHARE + TENANTS * MIB / 2, "{shared}");
    // With enough for all of them, they take it.
    let ample = peak(&Memory::ample()).await;
    println!("{shared} bytes with one large share, {ample} without");
    assert!(ample >= TENANTS * graph::PAGE_BYTES, "{ample}");
}
