//! Several outputs of one tenant, and records that are written again when they change.

use std::sync::Arc;

use drawbridge_poll::{Grouping, Output};
use drawbridge_record::Rewrite;
use serde_json::Value;

use crate::world::{MemoryQueue, World};

/// An alert with a status, as it is at `updated`.
fn alert(status: &str, title: &str, updated: &str) -> String {
    serde_json::json!({
        "id": "da1", "severity": "high", "title": title, "status": status,
        "createdDateTime": "2026-03-01T11:58:00Z", "lastUpdateDateTime": updated,
    })
    .to_string()
}

fn output(format: &str, rewrite: Rewrite) -> (Output, Arc<MemoryQueue>) {
    let queue = Arc::new(MemoryQueue::default());
    let format = drawbridge_record::format(format).unwrap();
    let output = Output {
        rewrite,
        ..Output::new(format, queue.clone(), Grouping::Tenant)
    };
    (output, queue)
}

async fn polled(world: &World, status: &str, title: &str, updated: &str) {
    world
        .graph
        .set("da1", updated, alert(status, title, updated));
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_output_writes_what_is_new_to_it() {
    let mut world = World::new();
    let (siem, siem_queue) = output("siem", Rewrite::Never);
    let (native, native_queue) = output("native", Rewrite::Changes);
    world.poller.outputs = vec![siem, native];
    polled(&world, "new", "T", "2026-03-01T11:59:00Z").await;
    polled(&world, "inProgress", "T", "2026-03-01T12:01:00Z").await;
    // Touched, and nothing else.
    polled(&world, "inProgress", "T", "2026-03-01T12:02:00Z").await;
    // Back to what it was.
    polled(&world, "new", "T", "2026-03-01T12:03:00Z").await;
    assert_eq!(siem_queue.bodies().len(), 1);
    let status = |body: &String| serde_json::from_str::<Value>(body).unwrap()["status"].clone();
    let seen: Vec<_> = native_queue.bodies().iter().map(status).collect();
    assert_eq!(seen, ["new", "inProgress", "new"]);
    let keys: std::collections::BTreeSet<_> =
        native_queue.messages().into_iter().map(|m| m.key).collect();
    assert_eq!(keys.len(), 3, "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn an_output_of_siem_may_ask_for_changes() {
    let mut world = World::new();
    let (siem, queue) = output("siem", Rewrite::Changes);
    world.poller.outputs = vec![siem];
    polled(&world, "new", "T", "2026-03-01T11:59:00Z").await;
    // No key of the record holds the status.
    polled(&world, "resolved", "T", "2026-03-01T12:01:00Z").await;
    polled(&world, "resolved", "Better title", "2026-03-01T12:02:00Z").await;
    let messages = queue.messages();
    assert_eq!(messages.len(), 2);
    assert_ne!(messages[0].key, messages[1].key);
    let of = |n: usize| serde_json::from_str::<Value>(&messages[n].body).unwrap();
    assert_eq!(of(0)["FullId"], of(1)["FullId"]);
    assert_eq!(of(1)["AlertTitle"], "Better title");
    let changes: Vec<_> = messages
        .iter()
        .map(|m| {
            m.attributes
                .iter()
                .find(|(name, _)| *name == "change")
                .unwrap()
                .1
                .clone()
        })
        .collect();
    assert_eq!(changes, ["new", "changed"]);
}
