//! Graph says for hours that its answers are incomplete (206).

use crate::world::{Answer, World};

#[tokio::test(start_paused = true)]
async fn hours_of_incomplete_answers_cost_few_requests_and_are_over_with_them() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    for _ in 0..90 {
        world.clock.advance_secs(60);
        world.graph.script((0..40).map(|_| Answer::Partial));
        let before = world.graph.requests().len();
        world.poll().await.unwrap();
        let requests = world.graph.requests().len() - before;
        assert!(requests <= 8, "{requests} requests in a minute");
        assert!(world.state().await.unread.len() < 40);
        world.graph.heal();
    }
    assert!(world.store.keys().iter().all(|key| !key.contains("/gaps/")));
    // It was one service behind Graph; what it had comes now.
    world.set("late", "2026-03-01T12:30:00Z");
    let mut polls = 0;
    while !world.has("late") {
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
        polls += 1;
        assert!(polls <= 6, "{:?}", world.state().await.unread);
    }
    let state = world.state().await;
    assert!(state.unread.is_empty(), "{:?}", state.unread);
}

#[tokio::test(start_paused = true)]
async fn what_stays_incomplete_is_put_aside_and_holds_up_nothing() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    let mut gaps = 0;
    for _ in 0..240 {
        world.clock.advance_secs(60);
        world.graph.script((0..40).map(|_| Answer::Partial));
        gaps += world.poll().await.unwrap().gaps;
        world.graph.heal();
    }
    assert!(gaps > 0);
    let state = world.state().await;
    let lag = state
        .watermark
        .unwrap()
        .duration_since(state.read_up_to().unwrap());
    assert!(lag.as_hours() < 3, "{lag}");
    let keys = world.store.keys();
    let gap = keys.iter().find(|key| key.contains("/gaps/")).unwrap();
    assert!(world.store.body(gap).contains("answer was incomplete"));
}
