//! What a tenant without news costs, as `docs/costs.md` is worked out of it.

use drawbridge_costs::Facts;

use crate::world::World;

const MINUTES_A_DAY: usize = 24 * 60;

/// Polls every minute of a day.
async fn day(world: &World) {
    for _ in 0..MINUTES_A_DAY {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_without_news_saves_as_often_as_a_month_is_worked_out_of() {
    let measured = Facts::read().unwrap().measured;
    let world = World::new();
    // The first one reads again what its first poll read.
    day(&world).await;
    world.store.calls();
    let before = world.graph.requests().len();
    day(&world).await;
    let calls = world.store.calls();
    let saves = calls
        .iter()
        .filter(|call| call.starts_with("put_if state/"));
    let saves = saves.count();
    let reads = calls.len() - saves;
    assert_eq!(reads, MINUTES_A_DAY, "a poll reads the state once");
    let asked = world.graph.requests().len() - before;
    measured.idle_day.saves.check(saves as u64).unwrap();
    println!("{saves} saves and {asked} requests to Graph in a day");
}
