//! What only one poll or only one sweep would read: it is read twice, since a replica may lack an alert, or a list may be
//! cut off, that one time.

use drawbridge_time::Clock as _;
use jiff::SignedDuration;

use crate::world::{Answer, Count, World};

/// Polls each minute for so long.
async fn poll_for(world: &World, minutes: u32) {
    for _ in 0..minutes {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
}

/// A tenant that was polled for three hours, and then nobody polled for so many hours. The time of an alert that turned up
/// two hours late, just before that.
async fn after_an_outage(world: &World, hours: i64) -> String {
    world.poll().await.unwrap();
    world.clock.advance_secs(3 * 60 * 60);
    poll_for(world, 3).await;
    let late = world.clock.now() - SignedDuration::from_mins(120);
    world.clock.advance_secs(hours * 60 * 60);
    late.to_string()
}

/// Only the sweep after an outage reaches back to it, and a replica lacks it then.
#[tokio::test(start_paused = true)]
async fn what_only_a_late_sweep_reads_is_read_twice() {
    for hours in [150, 173, 200] {
        let world = World::new();
        let late = after_an_outage(&world, hours).await;
        poll_for(&world, 2).await;
        world.set("late", &late);
        poll_for(&world, 20).await;
        assert!(world.has("late"), "{hours}");
    }
}

/// The list is cut off in the poll after the outage, and Graph does not count.
#[tokio::test(start_paused = true)]
async fn what_only_a_late_sweep_reads_is_not_dropped_uncounted() {
    let world = World::new();
    let late = after_an_outage(&world, 173).await;
    world.set("late", &late);
    world.graph.lists_at_most(0);
    world.graph.counts(Count::Unavailable);
    poll_for(&world, 2).await;
    world.graph.lists_at_most(1000);
    world.graph.counts(Count::AndMore(0));
    poll_for(&world, 60).await;
    assert!(world.has("late"));
}

/// Of what is nearly too old for sweeps, one sweep at most reads it after the first poll.
#[tokio::test(start_paused = true)]
async fn what_a_first_poll_reads_just_within_the_reach_of_sweeps_is_read_twice() {
    let world = World::with(|settings| settings.windows.first_lookback_secs = 143 * 60 * 60);
    world.poll().await.unwrap();
    poll_for(&world, 8).await;
    let old = world.clock.now() - SignedDuration::from_hours(142);
    world.set("old", &old.to_string());
    poll_for(&world, 12).await;
    assert!(world.has("old"));
}

/// A tenant without news, of which nobody has read some minutes: a replica lacks the alert of the gap.
#[tokio::test(start_paused = true)]
async fn without_sweeps_a_gap_is_read_twice_whenever_the_state_was_saved_before() {
    for gap in [17, 31, 45, 62, 75, 200] {
        for quiet in [1, 20, 40, 58, 59, 60, 61, 62] {
            let world = World::with(|settings| settings.windows.sweeps = false);
            poll_for(&world, quiet).await;
            let lacked = world.clock.now() + SignedDuration::from_mins(1);
            world.clock.advance_secs(gap * 60);
            world.poll().await.unwrap();
            poll_for(&world, 4).await;
            world.set("lacked", &lacked.to_string());
            poll_for(&world, 70).await;
            assert!(world.has("lacked"), "{gap} minutes, after {quiet}");
        }
    }
}

/// The same under cron.
#[tokio::test(start_paused = true)]
async fn without_sweeps_each_stretch_between_two_rare_polls_is_read_twice() {
    for every in [20, 30, 60] {
        for at in 1..8 {
            let world = World::with(|settings| settings.windows.sweeps = false);
            for _ in 0..at {
                world.poll().await.unwrap();
                world.clock.advance_secs(every * 60);
            }
            let lacked = world.clock.now() - SignedDuration::from_mins(17);
            world.poll().await.unwrap();
            world.set("lacked", &lacked.to_string());
            for _ in 0..4 {
                world.clock.advance_secs(every * 60);
                world.poll().await.unwrap();
            }
            assert!(world.has("lacked"), "every {every} minutes, at poll {at}");
        }
    }
}

/// It costs a quiet tenant a reading, a count and a save per hour.
#[tokio::test(start_paused = true)]
async fn without_sweeps_a_quiet_tenant_is_not_read_twice_all_the_time() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    let mut saves = 0;
    poll_for(&world, 120).await;
    let before = world.graph.requests().len();
    for _ in 0..24 * 60 {
        world.clock.advance_secs(60);
        saves += u32::from(world.poll().await.unwrap().saved);
    }
    let requests = world.graph.requests().len() - before;
    assert!(saves <= 50, "{saves} saves");
    assert!(requests <= 24 * (60 + 2) + 2, "{requests} requests");
}

/// Graph refuses to count, for ever or for hours: nobody has to look at a tenant without alerts for that.
#[tokio::test(start_paused = true)]
async fn without_sweeps_an_idle_tenant_whose_alerts_are_not_counted_is_well() {
    for count in [
        Count::Status(403),
        Count::Unavailable,
        Count::NotImplemented,
    ] {
        let world = World::with(|settings| settings.windows.sweeps = false);
        poll_for(&world, 20).await;
        assert!(world.left().await.is_empty());
        world.graph.counts(count);
        for _ in 0..8 * 60 {
            world.clock.advance_secs(60);
            let report = world.poll().await.unwrap();
            assert_eq!(report.gaps + report.partial_answers, 0);
            assert_eq!(report.not_counted, 0);
        }
    }
}

/// A poll that is postponed may move the watermark past what it has not read: the next one is the first to read it.
#[tokio::test(start_paused = true)]
async fn without_sweeps_what_a_throttled_poll_left_is_read_twice() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    for _ in 0..4 {
        world.poll().await.unwrap();
        world.clock.advance_secs(60 * 60);
    }
    let lacked = world.clock.now() - SignedDuration::from_mins(12);
    world.graph.script([Answer::Throttled(3600)]);
    world.poll().await.unwrap();
    world.clock.advance_secs(60 * 60);
    world.poll().await.unwrap();
    world.set("lacked", &lacked.to_string());
    for _ in 0..4 {
        world.clock.advance_secs(60 * 60);
        world.poll().await.unwrap();
    }
    assert!(world.has("lacked"));
}
