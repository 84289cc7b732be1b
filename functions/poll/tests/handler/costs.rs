//! What a tenant without news costs, as `docs/costs.md` is worked out of it.

use drawbridge_costs::Facts;

use drawbridge_time::Clock as _;

use crate::world::{World, alert};

const MINUTES_A_DAY: usize = 24 * 60;

/// How long what was written is remembered, and so how much there is of it.
const RETENTION_DAYS: usize = 14;

/// What the assumptions have of a tenant with records: so many of them a day, in so many polls.
const RECORDS_A_DAY: usize = 1_000;
const POLLS_WITH_RECORDS_A_DAY: usize = 100;

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

/// It lies in the overlap of the polls of a quarter of an hour. None of them asks how many alerts there
/// are, in whichever process, because a page that holds them all leaves no doubt.
#[tokio::test(start_paused = true)]
async fn a_known_alert_costs_one_request_and_no_save() {
    let mut world = World::new();
    world.set("known", "2026-03-01T11:59:00Z");
    assert_eq!(world.poll().await.unwrap().records, 1);
    assert_eq!(
        saves(&world.store.calls()),
        2,
        "where it starts, and what it wrote"
    );
    let mut seen = 0;
    for minute in 1..=15 {
        world.restart();
        world.clock.advance_secs(60);
        let report = world.poll().await.unwrap();
        assert_eq!((report.records, report.sweeps), (0, 0), "minute {minute}");
        assert_eq!(report.requests, 1, "minute {minute}");
        seen += report.alerts;
    }
    assert!(seen >= 10, "it was in {seen} polls");
    assert_eq!(saves(&world.store.calls()), 0);
}

/// How many of these calls begin so.
fn count(calls: &[String], begin: &str) -> u64 {
    let calls = calls.iter().filter(|call| call.starts_with(begin));
    calls.count() as u64
}

#[tokio::test(start_paused = true)]
async fn a_poll_with_a_record_costs_what_a_month_is_worked_out_of() {
    let measured = Facts::read().unwrap().measured.record;
    let mut world = World::new();
    world.set("da1", "2026-03-01T11:59:00Z");
    assert_eq!(world.poll().await.unwrap().records, 1);
    world.restart();
    world.clock.advance_secs(60);
    let time = "2026-03-01T12:00:00Z";
    let grown = alert("da1", time, &["a.exe", "b.exe"]);
    world.graph.set("da1", time, grown);
    world.store.calls();
    let (asked, sent) = (world.graph.requests().len(), world.queue.sends());
    assert_eq!(world.poll().await.unwrap().records, 1);
    let calls = world.store.calls();
    let asked = (world.graph.requests().len() - asked) as u64;
    measured.graph_list.check(asked).unwrap();
    measured.s3_get_state.check(count(&calls, "get")).unwrap();
    measured.s3_put.check(count(&calls, "put")).unwrap();
    let sent = (world.queue.sends() - sent) as u64;
    measured.sqs_send.check(sent).unwrap();
}

/// Polls each minute of a day on which alerts come in groups, each alert with one record.
async fn busy_day(world: &World, day: usize) {
    let every = MINUTES_A_DAY / POLLS_WITH_RECORDS_A_DAY;
    for minute in 0..MINUTES_A_DAY {
        if minute % every == 0 && minute / every < POLLS_WITH_RECORDS_A_DAY {
            let time = world.clock.now().to_string();
            for n in 0..RECORDS_A_DAY / POLLS_WITH_RECORDS_A_DAY {
                let id = format!("da{day}-{minute}-{n}");
                let alert = serde_json::json!({
                    "id": id, "severity": "high", "title": "T", "lastUpdateDateTime": time,
                    "createdDateTime": time,
                });
                world.graph.set(&id, &time, alert.to_string());
            }
        }
        world.clock.advance_secs(60);
        world.poll().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_day_with_a_thousand_records_reads_and_writes_as_many_pages_as_a_month_is_worked_out_of()
{
    let facts = Facts::read().unwrap().measured;
    let measured = facts.busy_day;
    let world = World::new();
    let (mut puts, mut gets, mut saves) = (0, 0, 0);
    for day in 0..RETENTION_DAYS + 2 {
        busy_day(&world, day).await;
        let calls = world.store.calls();
        if day >= RETENTION_DAYS {
            puts = puts.max(count(&calls, "put pages/"));
            gets = gets.max(count(&calls, "get pages/"));
            saves = saves.max(count(&calls, "put_if state/"));
        }
    }
    measured.page_puts.check(puts).unwrap();
    measured.page_gets.check(gets).unwrap();
    // As the bill has them: what is known already, in the overlap, makes none.
    let with_records = POLLS_WITH_RECORDS_A_DAY as f64 * facts.record.s3_put.number();
    let billed = facts.idle_day.saves.number() + with_records;
    assert!(
        (100.0..=billed).contains(&(saves as f64)),
        "{saves} saves, {billed} billed"
    );
}
