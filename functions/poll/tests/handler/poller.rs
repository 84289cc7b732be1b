//! The handler in a small world: what it writes, what it remembers, what it does when all goes well.

use crate::world::{World, alert};

const T1: &str = "2026-03-01T11:00:00Z";
const T2: &str = "2026-03-01T12:00:10Z";

#[tokio::test(start_paused = true)]
async fn new_alerts_become_records_once() {
    let world = World::new();
    world
        .graph
        .set("da1", T1, alert("da1", T1, &["a.exe", "b.exe"]));
    let report = world.poll().await.unwrap();
    assert_eq!(
        (report.alerts, report.records, report.suppressed),
        (1, 2, 0)
    );
    assert_eq!(
        world.written(),
        [
            ("da1".into(), 0, "a.exe".into()),
            ("da1".into(), 1, "b.exe".into())
        ]
    );
    assert_eq!(
        world.state().await.watermark,
        Some("2026-03-01T12:00:00Z".parse().unwrap())
    );

    // The alert changes in a way that the record has no key for: nothing is written.
    world
        .graph
        .set("da1", T2, alert("da1", T2, &["b.exe", "a.exe"]));
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert_eq!(
        (report.alerts, report.records, report.suppressed),
        (1, 0, 2)
    );
    assert_eq!(world.written().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn later_evidence_is_a_new_record_with_the_next_part() {
    let world = World::new();
    world
        .graph
        .set("da1", T1, alert("da1", T1, &["a.exe", "b.exe"]));
    world.poll().await.unwrap();
    world
        .graph
        .set("da1", T2, alert("da1", T2, &["new.exe", "b.exe", "a.exe"]));
    world.clock.advance_secs(60);
    world.poll().await.unwrap();
    assert_eq!(world.written()[2..], [("da1".into(), 2, "new.exe".into())]);
}

#[tokio::test(start_paused = true)]
async fn messages_carry_their_attributes() {
    let world = World::new();
    world.graph.set("da1", T1, alert("da1", T1, &["a.exe"]));
    world.poll().await.unwrap();
    let message = world.queue.messages().remove(0);
    assert_eq!(message.group, "contoso");
    let record: serde_json::Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!(record["FullId"], message.key);
    let expected = [
        ("tenant", "contoso"),
        ("format", "siem"),
        ("schema", "1"),
        ("alert-id", "da1"),
        ("key", message.key.as_str()),
        ("severity", "High"),
        ("change", "new"),
    ];
    let given: Vec<_> = message
        .attributes
        .iter()
        .map(|(k, v)| (*k, v.as_str()))
        .collect();
    assert_eq!(given, expected);
}

#[tokio::test(start_paused = true)]
async fn an_idle_poll_costs_one_request_and_one_read() {
    let world = World::new();
    world.poll().await.unwrap();
    world.store.calls();
    let before = world.graph.requests().len();
    world.clock.advance_secs(60);
    let report = world.poll().await.unwrap();
    assert!(!report.saved);
    assert_eq!(world.store.calls(), ["get state/contoso.json"]);
    assert_eq!(world.graph.requests().len() - before, 1);
    assert_eq!(world.queue.sends(), 0);
    // The state is saved now and then all the same.
    world.clock.advance_secs(300);
    assert!(world.poll().await.unwrap().saved);
}

#[tokio::test(start_paused = true)]
async fn all_pages_are_read() {
    let world = World::with(|settings| settings.page_size = 7);
    for n in 0..50 {
        let id = format!("da{n}");
        world.graph.set(&id, T1, alert(&id, T1, &["a.exe"]));
    }
    let report = world.poll().await.unwrap();
    assert_eq!((report.alerts, report.records, report.pages), (50, 50, 8));
}

#[tokio::test(start_paused = true)]
async fn an_alert_with_thousands_of_entities_is_sent_in_parts() {
    let world = World::new();
    let names: Vec<String> = (0..5000).map(|n| format!("file-{n}.exe")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    world.graph.set("da1", T1, alert("da1", T1, &names));
    let report = world.poll().await.unwrap();
    assert_eq!((report.records, report.suppressed), (5000, 0));
    assert!(
        world.queue.sends() > 1,
        "the records of one alert were held at once"
    );
    let parts: Vec<u64> = world
        .written()
        .into_iter()
        .map(|(_, part, _)| part)
        .collect();
    assert_eq!(parts, (0..5000).collect::<Vec<_>>());
}
