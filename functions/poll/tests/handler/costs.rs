//! What a tenant without news costs, as `docs/costs.md` is worked out of it.

use drawbridge_costs::Facts;

use crate::world::World;

const MINUTES_A_DAY: usize = 24 * 60;

/// Polls every minute of a day; how many sweeps that were.
async fn day(world: &World) -> u64 {
    let mut sweeps = 0;
    for _ in 0..MINUTES_A_DAY {
        world.clock.advance_secs(60);
        sweeps += world.poll().await.unwrap().sweeps;
    }
    sweeps
}

/// How many of these calls save the state.
fn saves(calls: &[String]) -> usize {
    let saves = calls
        .iter()
        .filter(|call| call.starts_with("put_if state/"));
    saves.count()
}

#[tokio::test(start_paused = true)]
async fn a_day_without_news_saves_as_often_as_a_month_is_worked_out_of() {
    let measured = Facts::read().unwrap().measured;
    let world = World::new();
    // The first one reads again what its first poll read.
    day(&world).await;
    world.store.calls();
    let before = world.graph.requests().len();
    let sweeps = day(&world).await;
    let calls = world.store.calls();
    let saves = saves(&calls);
    let reads = calls.len() - saves;
    assert_eq!(reads, MINUTES_A_DAY, "a poll reads the state once");
    let asked = world.graph.requests().len() - before;
    let by_sweeps = (asked - MINUTES_A_DAY) as u64;
    measured.idle_day.saves.check(saves as u64).unwrap();
    measured.idle_day.sweeps.check(sweeps).unwrap();
    assert_eq!(by_sweeps % sweeps, 0);
    let by_each = by_sweeps / sweeps;
    measured.idle_day.sweep_graph_list.check(by_each).unwrap();
}

/// It lies in the overlap of the polls of a quarter of an hour. None of them asks how many alerts there
/// are, in whichever process, because a page that holds them all leaves no doubt.
#[tokio::test(start_paused = true)]
async fn a_known_alert_costs_one_request_and_no_save() {
    let mut world = World::new();
    world.set("known", "2026-03-01T11:59:00Z");
    assert_eq!(world.poll().await.unwrap().records, 1);
    assert_eq!(
        saves(&world.store.calls()),
        2,
        "where it starts, and what it wrote"
    );
    let mut seen = 0;
    for minute in 1..=15 {
        world.restart();
        world.clock.advance_secs(60);
        let report = world.poll().await.unwrap();
        assert_eq!((report.records, report.sweeps), (0, 0), "minute {minute}");
        assert_eq!(report.requests, 1, "minute {minute}");
        seen += report.alerts;
    }
    assert!(seen >= 10, "it was in {seen} polls");
    assert_eq!(saves(&world.store.calls()), 0);
}
