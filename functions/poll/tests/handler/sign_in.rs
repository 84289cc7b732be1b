//! A sign-in makes a poll longer only by what it takes longer than the read of the state, as
//! `tests/costs` works out.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::world::World;

/// A world whose store takes 30 ms for an object, Graph 200 for an answer, and a sign-in so long.
async fn world(sign_in_ms: u64) -> World {
    let mut world = World::new();
    world.poll().await.unwrap();
    world.mortal.reads_take(30);
    world.graph.latency(200);
    world.poller.graph = Arc::new(world.graph.client_signing_in(sign_in_ms));
    world
}

/// How long an idle poll takes, in milliseconds.
async fn poll_ms(world: &World) -> u128 {
    let began = Instant::now();
    world.poll().await.unwrap();
    began.elapsed().as_millis()
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_and_the_read_of_the_state_take_the_time_of_the_longer_one() {
    assert_eq!(poll_ms(&world(20).await).await, 230);
    let world = world(250).await;
    assert_eq!(poll_ms(&world).await, 450);
    assert_eq!(poll_ms(&world).await, 230, "a token that is there");
}

/// The token that ends soon serves while another one is asked for, and that is waited for.
#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_early_beside_what_it_still_serves() {
    let world = world(250).await;
    poll_ms(&world).await;
    tokio::time::advance(Duration::from_secs(3400)).await;
    assert_eq!(poll_ms(&world).await, 250);
    tokio::time::advance(Duration::from_secs(3000)).await;
    assert_eq!(poll_ms(&world).await, 230);
}
