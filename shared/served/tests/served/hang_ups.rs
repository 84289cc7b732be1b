//! Clients that hang up while the keys of their directory are asked for.

use std::time::Duration;

use crate::world::{World, first_key, second_key};

/// Asks with a token and hangs up a tenth of a second later.
async fn hang_up(world: &World, token: &str) {
    let asked = tokio::time::timeout(Duration::from_millis(100), world.get_with(token));
    assert!(asked.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn whoever_hangs_up_takes_nobodys_keys_away() {
    let world = World::new();
    world.entra.slow_down();
    // Made up, of a directory that is served.
    let made_up = second_key().sign(&world.claims()).unwrap();
    for _ in 0..10 {
        hang_up(&world, &made_up).await;
    }
    for _ in 0..20 {
        assert_eq!(world.get("/api/alerts").await.status, 200);
    }
    assert_eq!(world.entra.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_changed_is_learned_also_where_the_first_one_to_need_it_hangs_up() {
    let world = World::new();
    assert_eq!(world.get("/api/alerts").await.status, 200);
    world.entra.slow_down();
    world
        .entra
        .set_keys([first_key().jwk().clone(), second_key().jwk().clone()]);
    world.advance(6 * 60);
    let rotated = second_key().sign(&world.claims()).unwrap();
    hang_up(&world, &rotated).await;
    assert_eq!(world.get_with(&rotated).await.status, 200);
}

/// As a function's process is between two requests.
#[tokio::test(start_paused = true)]
async fn a_question_that_was_held_up_with_the_process_is_asked_again() {
    let world = World::new();
    world.entra.hang();
    hang_up(&world, &world.token()).await;
    world.advance(60);
    world.entra.go_on();
    // The first one is not waited for, and when it fails nobody has to wait either.
    assert_eq!(world.get("/api/alerts").await.status, 200);
    let world = World::new();
    world.entra.hang();
    hang_up(&world, &world.token()).await;
    world.advance(60);
    tokio::time::sleep(Duration::from_secs(20)).await;
    world.entra.go_on();
    assert_eq!(world.get("/api/alerts").await.status, 200);
}
