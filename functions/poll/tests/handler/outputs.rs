//! Several outputs of one tenant, and records that are written again when they change.

use std::sync::Arc;

use drawbridge_poll::{Grouping, Output};
use drawbridge_record::Rewrite;
use serde_json::Value;

use crate::world::{FaultyQueue, World};

/// An alert with a status, as it is at `updated`.
fn alert(status: &str, title: &str, updated: &str) -> String {
    serde_json::json!({
        "id": "da1", "severity": "high", "title": title, "status": status,
        "createdDateTime": "2026-03-01T11:58:00Z", "lastUpdateDateTime": updated,
    })
    .to_string()
}

fn output(format: &str, rewrite: Rewrite) -> (Output, Arc<FaultyQueue>) {
    let queue = Arc::new(FaultyQueue::default());
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

/// With users, or with two names of one device, as it is at minute `n`.
fn growing(n: u32, evidence: &Value) -> (String, String) {
    let updated = format!("2026-03-01T12:0{n}:00Z");
    let alert = serde_json::json!({
        "id": "da1", "severity": "high", "title": "T", "createdDateTime": "2026-03-01T11:58:00Z",
        "lastUpdateDateTime": updated, "evidence": evidence,
    });
    (updated, alert.to_string())
}

/// The record of the address is written again with another user; the one before needs his own then.
#[tokio::test(start_paused = true)]
async fn an_output_that_asks_for_changes_shows_every_user_of_the_last_version() {
    let mut world = World::new();
    let (siem, queue) = output("siem", Rewrite::Changes);
    world.poller.outputs = vec![siem];
    let user = |name: &str| {
        serde_json::json!({"@odata.type": "#microsoft.graph.security.userEvidence",
            "userAccount": {"accountName": name}})
    };
    let address = serde_json::json!({"@odata.type": "#microsoft.graph.security.ipEvidence",
        "ipAddress": "192.0.2.7"});
    for (n, evidence) in [
        serde_json::json!([user("ana"), address]),
        serde_json::json!([user("ben"), user("ana"), address]),
    ]
    .iter()
    .enumerate()
    {
        let (updated, alert) = growing(u32::try_from(n).unwrap() + 1, evidence);
        world.graph.set("da1", &updated, alert);
        world.clock.advance_secs(120);
        world.poll().await.unwrap();
    }
    let mut last = std::collections::BTreeMap::new();
    for body in queue.bodies() {
        let record: Value = serde_json::from_str(&body).unwrap();
        last.insert(record["FullId"].to_string(), record["UserName"].clone());
    }
    let users: Vec<&Value> = last.values().collect();
    assert_eq!(users.len(), 2);
    assert!(users.contains(&&Value::from("ana")) && users.contains(&&Value::from("ben")));
    let before = queue.bodies().len();
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert_eq!(queue.bodies().len(), before, "nothing has changed");
}

/// What Graph returns every day is not forgotten, though nothing of it is claimed.
#[tokio::test(start_paused = true)]
async fn an_alert_of_a_user_alone_is_remembered_while_graph_returns_it() {
    let world = World::with(|settings| settings.retention_secs = 3600);
    let user = serde_json::json!({"@odata.type": "#microsoft.graph.security.userEvidence",
        "userAccount": {"accountName": "ana"}});
    let file = serde_json::json!({"@odata.type": "#microsoft.graph.security.fileEvidence",
        "fileDetails": {"fileName": "a.exe"}});
    let alert = |time: &str, evidence: Value| {
        serde_json::json!({"id": "da1", "severity": "high", "title": "T",
            "createdDateTime": "2026-03-01T11:58:00Z", "lastUpdateDateTime": time,
            "evidence": evidence})
        .to_string()
    };
    let both = Value::from(vec![user.clone(), file]);
    world.graph.set(
        "da1",
        "2026-03-01T11:59:00Z",
        alert("2026-03-01T11:59:00Z", both),
    );
    world.poll().await.unwrap();
    for n in 1..5 {
        let time = format!("2026-03-01T{}:30:00Z", 11 + n);
        let alone = Value::from(vec![user.clone()]);
        world.graph.set("da1", &time, alert(&time, alone));
        world.clock.advance_secs(3000);
        world.poll().await.unwrap();
    }
    assert_eq!(world.queue.bodies().len(), 1);
}

/// Each record is long, so that the alert is mapped several times.
#[tokio::test(start_paused = true)]
async fn late_records_of_several_batches_are_counted() {
    let world = World::new();
    let devices: Vec<Value> = (0..20)
        .map(|n| {
            serde_json::json!({"@odata.type": "#microsoft.graph.security.deviceEvidence",
            "mdeDeviceId": "d1", "deviceDnsName": format!("n{n}.c")})
        })
        .collect();
    let time = "2026-03-01T11:59:00Z";
    let alert = serde_json::json!({"id": "da1", "severity": "high", "description": "x".repeat(200_000),
        "createdDateTime": time, "lastUpdateDateTime": time, "evidence": devices});
    world.graph.set("da1", time, alert.to_string());
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.suppressed), (20, 0));
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
