//! Polls that take long: while others wait for the process, they are not begun, or end early; what they did
//! so far is kept.

use std::time::Duration;

use drawbridge_poll::{Ending, PollError, Report, Silent, Stop};
use drawbridge_time::Deadline;
use tokio::time::Instant;

use crate::world::{Answer, World, alert};

/// As long as an invocation leaves a poll.
const TIME: Duration = Duration::from_secs(53);
const PATIENCE: Duration = Duration::from_secs(4);

impl World {
    /// A poll beside others that wait, or one that nobody waits for.
    async fn poll_beside(&self, others_wait: bool) -> Result<Report, PollError> {
        let stop = Stop::at(Deadline::after(TIME));
        let stop = match others_wait {
            true => stop.in_a_hurry(PATIENCE),
            false => stop,
        };
        self.poller.run(&stop, &Silent).await
    }

    /// The same a minute later, and how often it wrote the state.
    async fn next_poll(&self, others_wait: bool) -> (Result<Report, PollError>, usize) {
        self.clock.advance_secs(60);
        self.store.calls();
        let polled = self.poll_beside(others_wait).await;
        let calls = self.store.calls().into_iter();
        (polled, calls.filter(|call| call.starts_with("put")).count())
    }
}

#[tokio::test(start_paused = true)]
async fn whose_last_poll_took_long_is_not_polled_while_others_wait() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    // What the first poll read is read once more.
    world.clock.advance_secs(900);
    world.poll().await.unwrap();
    world.graph.latency(3900);
    let (fast, writes) = world.next_poll(true).await;
    assert_eq!((fast.unwrap().ending, writes), (Ending::Complete, 0));
    world.graph.latency(4000);
    let (slow, writes) = world.next_poll(true).await;
    // It is noted.
    assert_eq!((slow.unwrap().ending, writes), (Ending::Complete, 1));
    let asked = world.graph.requests().len();
    let began = Instant::now();
    let (beside, writes) = world.next_poll(true).await;
    assert!(matches!(beside, Err(PollError::TakesLong)), "{beside:?}");
    assert_eq!((began.elapsed(), writes), (Duration::ZERO, 0));
    assert_eq!(world.graph.requests().len(), asked, "nothing is asked");
    let mut written = 0;
    for _ in 0..58 {
        let (alone, writes) = world.next_poll(false).await;
        assert_eq!(alone.unwrap().ending, Ending::Complete);
        written += writes;
    }
    assert_eq!(
        written, 2,
        "it is noted again after half an hour, and what the watermark passes is read once more"
    );
    // An hour after the last note it is taken for a fast one again.
    world.graph.latency(400);
    for minute in 0..60 {
        let (beside, _) = world.next_poll(true).await;
        let is_slow = matches!(beside, Err(PollError::TakesLong));
        assert_eq!(is_slow, minute < 30, "{minute}: {beside:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_keep_others_is_waited_in_the_queue() {
    let world = World::new();
    world.poll().await.unwrap();
    world.set("da1", "2026-03-01T12:00:00Z");
    for (others_wait, secs, ending, took_secs) in [
        (true, 15, Ending::Postponed(Duration::from_secs(15)), 0),
        (true, 3, Ending::Complete, 3),
        (false, 15, Ending::Complete, 15),
    ] {
        world.graph.script([Answer::Throttled(secs)]);
        world.clock.advance_secs(60);
        let began = Instant::now();
        let report = world.poll_beside(others_wait).await.unwrap();
        assert_eq!(report.ending, ending, "{others_wait} {secs}");
        assert_eq!(began.elapsed().as_secs(), took_secs);
    }
    assert!(world.has("da1"));
}

#[tokio::test(start_paused = true)]
async fn many_pages_are_read_one_part_after_the_other_while_others_wait() {
    let world = World::with(|settings| settings.page_size = 10);
    world.poll().await.unwrap();
    for n in 0..100 {
        let (id, time) = (format!("da{n}"), format!("2026-03-01T12:00:{:02}Z", n / 2));
        world.graph.set(&id, &time, alert(&id, &time, &["a.exe"]));
    }
    world.graph.latency(1000);
    world.clock.advance_secs(120);
    let began = Instant::now();
    let report = world.poll_beside(true).await.unwrap();
    assert_eq!((report.ending, report.more), (Ending::OutOfTime, true));
    assert!(began.elapsed() < PATIENCE + Duration::from_secs(3));
    assert!((40..=50).contains(&report.records), "{report:?}");
    // Who leaves something comes behind the others, too.
    let beside = world.poll_beside(true).await;
    assert!(matches!(beside, Err(PollError::TakesLong)), "{beside:?}");
    let mut polls = 0;
    while world.written().len() < 100 {
        world.poll_beside(false).await.unwrap();
        polls += 1;
        assert!(polls < 3);
    }
}

/// One try of a request has half of the time as a rule, which leaves 24 seconds for the first.
#[tokio::test(start_paused = true)]
async fn a_first_page_for_which_there_was_no_time_has_nearly_all_of_it_the_next_time() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    world.set("da1", "2026-03-01T12:00:00Z");
    world.graph.latency(44_000);
    let before = world.state().await.read_up_to();
    assert!(world.next_poll(false).await.0.is_err());
    assert!(!world.has("da1"));
    assert_eq!(
        world.state().await.read_up_to(),
        before,
        "a failed poll moves nothing"
    );
    let (polled, _) = world.next_poll(false).await;
    assert_eq!(polled.unwrap().ending, Ending::Complete);
    assert!(world.has("da1"));
}
