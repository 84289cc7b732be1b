//! The handler in a small world: what it writes, what it remembers, what it does when all goes well.

use drawbridge_poll::overdue_since;
use drawbridge_time::Clock as _;

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
}

/// A day of minutes in which nothing is new: how often the state is written, and Graph asked.
#[tokio::test(start_paused = true)]
async fn an_idle_tenant_is_saved_once_an_hour() {
    for (sweeps, saves, requests) in [(true, 24, 1440 + 24 + 24), (false, 44, 1440 + 22 * 2 + 1)] {
        let world = World::with(|settings| settings.windows.sweeps = sweeps);
        world.poll().await.unwrap();
        let before = world.graph.requests().len();
        let mut saved = 0;
        for _ in 0..1440 {
            world.clock.advance_secs(60);
            let report = world.poll().await.unwrap();
            saved += u32::from(report.saved);
            // How far it was read is known all the same.
            let lag = world.clock.now().duration_since(report.read_up_to.unwrap());
            assert_eq!(lag.as_secs(), 30);
        }
        // With the sweeps, their windows, and Graph's count of each; without them, as often as the watermark moves,
        // the second reading of what it passes and its count, and once whether Graph counts at all.
        let asked = world.graph.requests().len() - before;
        assert_eq!((saved, asked), (saves, requests), "sweeps: {sweeps}");
    }
}

/// Alerts that are known are read again while they are in the overlap, and not for as long as an idle
/// state lies unsaved.
#[tokio::test(start_paused = true)]
async fn many_known_alerts_are_not_read_again_for_an_hour() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    for n in 0..40 {
        world.set(&format!("da{n}"), "2026-03-01T12:00:00Z");
    }
    let mut polls = 0;
    let mut saved = 0;
    for _ in 0..60 {
        let report = world.poll().await.unwrap();
        polls += u32::from(report.alerts == 40);
        saved += u32::from(report.saved);
        world.clock.advance_secs(60);
    }
    assert_eq!((polls, saved), (16, 6));
}

/// The first failure is noted by who hears of it; the poll that ends well again takes that out.
#[tokio::test(start_paused = true)]
async fn a_poll_that_ends_well_after_a_failure_saves_that() {
    let world = World::with(|settings| settings.windows.sweeps = false);
    world.poll().await.unwrap();
    let overdue = async || {
        let now = world.clock.now();
        overdue_since(world.store.as_ref(), "contoso", now).await
    };
    world.clock.advance_secs(50 * 60);
    let failed = world.clock.now();
    assert_eq!(overdue().await, None);
    assert_eq!(world.state().await.failing_since, Some(failed));
    world.clock.advance_secs(31 * 60);
    assert_eq!(overdue().await, Some(failed));
    for is_first in [true, false] {
        assert_eq!(world.poll().await.unwrap().saved, is_first);
        world.clock.advance_secs(60);
    }
    assert_eq!(world.state().await.failing_since, None);
    assert_eq!(overdue().await, None);
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
