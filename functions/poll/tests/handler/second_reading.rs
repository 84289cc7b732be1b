//! What no sweep reads again is read twice, and the second reading is not given up without a word.

use drawbridge_cursor::{Due, State, Window};
use drawbridge_poll::change_state;
use drawbridge_time::Clock as _;
use jiff::SignedDuration;

use crate::world::{Count, World};

/// An hour so long ago that is to be read once more, with so many alerts.
async fn read_before(world: &World, age: SignedDuration, alerts: u32) -> Window {
    world.poll().await.unwrap();
    let now = world.clock.now();
    let from = now - age;
    let window = Window::new(from, from + SignedDuration::from_hours(1)).unwrap();
    let due = Due {
        is_second: true,
        ..Due::after(now, 0)
    };
    let add = |state: &mut State| state.again.add(window, due);
    change_state(world.store.as_ref(), "contoso", add)
        .await
        .unwrap();
    for n in 0..alerts {
        let time = from + SignedDuration::from_mins(n.into());
        world.set(&format!("da{n}"), &time.to_string());
    }
    world.graph.counts(Count::Unavailable);
    window
}

async fn is_left(world: &World, window: Window) -> bool {
    let state = world.state().await;
    state.again.within(window).next().is_some()
}

/// Before, it was forgotten after thirty tries.
#[tokio::test(start_paused = true)]
async fn what_is_not_counted_for_two_hours_is_put_aside() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    let window = read_before(&world, SignedDuration::from_hours(240), 12).await;
    let (mut gaps, mut minutes) = (0, 0);
    while is_left(&world, window).await {
        world.clock.advance_secs(60);
        gaps += world.poll().await.unwrap().gaps;
        minutes += 1;
        assert!(minutes < 180);
    }
    assert!(
        gaps > 0 && minutes > 120,
        "{gaps} gaps in {minutes} minutes"
    );
    let keys = world.store.keys();
    assert!(keys.iter().any(|key| key.contains("/gaps/")), "{keys:?}");
}

/// A sweep comes again by itself.
#[tokio::test(start_paused = true)]
async fn an_idle_tenant_whose_alerts_are_never_counted_has_no_gaps() {
    let world = World::new();
    world.graph.counts(Count::Status(403));
    for _ in 0..6 * 24 * 3 {
        assert_eq!(world.poll().await.unwrap().gaps, 0);
        world.clock.advance_secs(600);
    }
}

/// Before, what came late just before an outage was too old for the sweep after it.
#[tokio::test(start_paused = true)]
async fn what_was_left_to_a_sweep_is_found_after_an_outage() {
    let world = World::new();
    world.poll().await.unwrap();
    world.clock.advance_secs(2 * 60 * 60);
    world.poll().await.unwrap();
    let late = world.clock.now() - SignedDuration::from_mins(100);
    world.set("late", &late.to_string());
    for _ in 0..3 {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
    assert!(!world.has("late"));
    world.clock.advance_secs(182 * 60 * 60);
    for _ in 0..3 {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
    assert!(world.has("late"));
}

/// Before, that was so from the eighth day on, though the daily sweep ends after a week.
#[tokio::test(start_paused = true)]
async fn a_short_list_that_no_sweep_reads_again_has_to_be_counted() {
    for hours in [146, 175, 190, 240] {
        let world = World::new();
        let window = read_before(&world, SignedDuration::from_hours(hours), 3).await;
        world.graph.lists_at_most(0);
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
        assert!(is_left(&world, window).await, "{hours}");
        world.graph.lists_at_most(3);
        world.graph.counts(Count::AndMore(0));
        world.clock.advance_secs(600);
        world.poll().await.unwrap();
        assert!(world.has("da2"), "{hours}");
    }
}
