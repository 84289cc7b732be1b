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
