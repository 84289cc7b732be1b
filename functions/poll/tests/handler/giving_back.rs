//! A poll that fails keeps nothing that was neither sent nor quarantined.

use crate::world::{Put, Send, World, alert};

const TIME: &str = "2026-03-01T11:55:00Z";

fn written(world: &World) -> Vec<String> {
    let mut ids: Vec<String> = world.written().into_iter().map(|record| record.0).collect();
    ids.sort();
    ids
}

#[tokio::test(start_paused = true)]
async fn a_quarantine_that_cannot_be_written_costs_no_record() {
    let world = World::with(|settings| settings.page_size = 2);
    for id in ["da1", "da2", "da3"] {
        world.graph.set(id, TIME, alert(id, TIME, &["a.exe"]));
    }
    world.graph.set(
        "da4",
        TIME,
        r#"{"id":"da4","title":{"not":"a text"}}"#.into(),
    );
    world.store.then_put([Put::Fails]);
    world.poll().await.unwrap_err();
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert_eq!(report.quarantined, 1);
    assert_eq!(written(&world), ["da1", "da2", "da3"]);
    assert_eq!(
        world
            .store
            .keys()
            .iter()
            .filter(|key| key.starts_with("quarantine/"))
            .count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_record_that_cannot_be_put_aside_is_tried_again() {
    let world = World::new();
    world
        .graph
        .set("da1", TIME, alert("da1", TIME, &["a.exe", "b.exe"]));
    world.queue.then(Send::RefuseForGood(vec![1]));
    world.store.then_put([Put::Fails]);
    world.poll().await.unwrap_err();
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert_eq!(written(&world), ["da1", "da1"], "the queue takes it now");
}

#[tokio::test(start_paused = true)]
async fn what_a_failed_poll_put_aside_is_counted_by_the_one_that_ends_well() {
    let world = World::with(|settings| settings.page_size = 1);
    world.graph.set(
        "da1",
        TIME,
        r#"{"id":"da1","title":{"not":"a text"}}"#.into(),
    );
    world.graph.set("da2", TIME, alert("da2", TIME, &["a.exe"]));
    world.queue.then(Send::Fail);
    world.poll().await.unwrap_err();
    let report = world.poll().await.unwrap();
    assert_eq!((report.quarantined, report.records), (1, 1));
    assert_eq!(world.poll().await.unwrap().quarantined, 0);
}
