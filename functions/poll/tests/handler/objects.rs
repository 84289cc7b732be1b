//! Records as objects: taken in memory first, and yet none is lost or counted that was not written.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use drawbridge_poll::{Ending, PollError, Silent, Stop, state_key};
use drawbridge_queue::{Content, Naming, ObjectsQueue, ObjectsSettings};
use drawbridge_time::Deadline;

use crate::world::{Put, World, alert};

/// Seven alerts of one record each, three records per object, so that a poll fills two objects while
/// it reads and writes a third when it ends; then the state.
const ALERTS: usize = 7;

fn world() -> World {
    let mut world = World::with(|settings| settings.page_size = 2);
    for n in 0..ALERTS {
        let (id, time) = (format!("da{n}"), format!("2026-03-01T11:00:{n:02}Z"));
        world.graph.set(&id, &time, alert(&id, &time, &["a.exe"]));
    }
    restart(&mut world);
    world
}

/// Forgets what was in memory, as a new process does.
fn restart(world: &mut World) {
    let naming = Naming {
        format: "siem".into(),
        version: 1,
        tenant: "contoso".into(),
        content: Content::Json,
    };
    let settings = ObjectsSettings {
        max_object_records: 3,
        ..ObjectsSettings::default()
    };
    let queue = ObjectsQueue::new(world.store.clone(), naming).with_settings(settings);
    world.poller.outputs[0].queue = Arc::new(queue);
}

fn script(world: &World, put_ifs: &[Put]) {
    // The first one notes where the first poll starts.
    world.store.heal();
    world.store.then_put_if([&[Put::Works], put_ifs].concat());
}

/// The lines of all objects, each object's in its order.
fn lines(world: &World) -> Vec<String> {
    let keys = world.store.keys().into_iter();
    keys.filter(|key| key.starts_with("siem/v1/contoso/2026-03-01/20260301T1100"))
        .flat_map(|key| {
            let body = world.store.bytes(&key);
            let mut text = String::new();
            flate2::read::GzDecoder::new(&body[..])
                .read_to_string(&mut text)
                .unwrap();
            text.lines().map(str::to_owned).collect::<Vec<_>>()
        })
        .collect()
}

/// Whether the state knows of any record.
async fn has_records(world: &World) -> bool {
    !world.state().await.outputs.is_empty()
}

/// Every record, in the same bytes whenever it was written, and nothing else.
fn assert_all_written(world: &World, what: &str) {
    let distinct: BTreeSet<_> = lines(world).into_iter().collect();
    assert_eq!(distinct.len(), ALERTS, "{what}");
}

fn assert_all_written_once(world: &World) {
    assert_all_written(world, "");
    assert_eq!(lines(world).len(), ALERTS);
}

#[tokio::test(start_paused = true)]
async fn objects_are_written_before_the_state_and_none_is_held_over() {
    let world = world();
    let report = world.poll().await.unwrap();
    assert_eq!(report.records, ALERTS as u64);
    assert_all_written_once(&world);
    let writes: Vec<_> = world
        .store
        .calls()
        .into_iter()
        .filter_map(|call| call.strip_prefix("put_if ").map(str::to_owned))
        .collect();
    // The first one notes where the first poll starts.
    assert_eq!(writes.len(), 5);
    assert_eq!(writes[4], state_key("contoso"));
    assert_eq!(world.poll().await.unwrap().records, 0);
    assert_all_written_once(&world);
}

#[tokio::test(start_paused = true)]
async fn records_longer_than_their_readers_take_are_counted_once_and_written_whole() {
    let world = world();
    let long = "x".repeat(70_000);
    // One that only Wazuh does not take, and one that Log Analytics would cut besides.
    for (n, title, description) in [(0, &long[..40_000], &long[..40_000]), (1, "T", &long)] {
        let (id, time) = (format!("da{n}"), format!("2026-03-01T11:00:{n:02}Z"));
        let alert = serde_json::json!({
            "id": id, "severity": "high", "title": title, "description": description,
            "createdDateTime": time, "lastUpdateDateTime": time,
        });
        world.graph.set(&id, &time, alert.to_string());
    }
    let report = world.poll().await.unwrap();
    assert_eq!((report.oversize, report.quarantined), (2, 0));
    assert_eq!(report.records, ALERTS as u64);
    assert_all_written_once(&world);
    let whole = |line: &&String| line.contains(&long) || line.matches(&long[..40_000]).count() == 2;
    assert_eq!(lines(&world).iter().filter(whole).count(), 2);
    world.clock.advance_secs(60);
    assert_eq!(world.poll().await.unwrap().oversize, 0);
}

/// A poll that goes on for longer than an object takes records writes them as it reads.
#[tokio::test(start_paused = true)]
async fn a_slow_poll_writes_objects_while_it_reads() {
    let mut world = world();
    let naming = Naming {
        format: "siem".into(),
        version: 1,
        tenant: "contoso".into(),
        content: Content::Json,
    };
    world.poller.outputs[0].queue = Arc::new(ObjectsQueue::new(world.store.clone(), naming));
    world.graph.latency(40_000);
    assert_eq!(world.poll().await.unwrap().records, ALERTS as u64);
    assert_all_written_once(&world);
    // Pages after 40, 80, 120 and 160 seconds: the third finds an object of 80 seconds.
    let objects = world.store.keys().into_iter();
    assert_eq!(objects.filter(|key| key.starts_with("siem/")).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_last_object_that_cannot_be_written_saves_nothing_and_comes_again() {
    let world = world();
    script(&world, &[Put::Works, Put::Works, Put::Fails]);
    let error = world.poll().await.unwrap_err();
    assert!(matches!(error, PollError::Queue(_)) && error.is_retryable());
    assert!(!has_records(&world).await);
    assert_eq!(world.poll().await.unwrap().records, ALERTS as u64);
    // The first two objects were there already, under the same names.
    assert_all_written_once(&world);
}

#[tokio::test(start_paused = true)]
async fn a_full_object_that_cannot_be_written_at_first_is_written_before_the_state() {
    let world = world();
    script(&world, &[Put::Fails]);
    world.poll().await.unwrap_err();
    // What had been taken before the failure is in the store, and only then in the state.
    assert!(has_records(&world).await);
    let taken = lines(&world).len();
    assert!(taken >= 3);
    let report = world.poll().await.unwrap();
    assert_eq!(report.suppressed + report.records, ALERTS as u64);
    assert!(report.suppressed > 0);
    assert_all_written(&world, "");
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_given_up_leaves_nothing_that_the_next_one_counts_or_repeats() {
    for hanging in 0..3 {
        let world = world();
        let mut put_ifs = vec![Put::Works; hanging];
        put_ifs.push(Put::Hangs);
        script(&world, &put_ifs);
        tokio::time::timeout(Duration::from_secs(900), world.poll())
            .await
            .unwrap_err();
        assert!(!has_records(&world).await);
        assert_eq!(world.poll().await.unwrap().records, ALERTS as u64);
        assert_all_written_once(&world);
    }
}

#[tokio::test(start_paused = true)]
async fn a_poll_that_is_given_up_between_two_pages_leaves_nothing_either() {
    let world = world();
    world.graph.latency(1000);
    // One page of two records has come.
    tokio::time::timeout(Duration::from_millis(1500), world.poll())
        .await
        .unwrap_err();
    assert!(lines(&world).is_empty());
    assert_eq!(world.poll().await.unwrap().records, ALERTS as u64);
    assert_all_written_once(&world);
}

#[tokio::test(start_paused = true)]
async fn a_poll_out_of_time_writes_what_it_read() {
    let world = world();
    let stop = Stop::at(Deadline::after(Duration::from_secs(5)));
    let report = world.poller.run(&stop, &Silent).await.unwrap();
    assert_eq!((report.ending, report.records), (Ending::OutOfTime, 2));
    assert_eq!(lines(&world).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_output_that_fails_makes_neither_forget_nor_lose() {
    let mut world = world();
    let mut outputs = std::mem::take(&mut world.poller.outputs);
    outputs.push(drawbridge_poll::Output::new(
        drawbridge_record::format("native").unwrap(),
        world.queue.clone(),
        drawbridge_poll::Grouping::Tenant,
    ));
    world.poller.outputs = outputs;
    world.queue.then(crate::world::Send::Fail);
    world.poll().await.unwrap_err();
    world.poll().await.unwrap();
    assert_all_written(&world, "");
    assert_eq!(world.queue.bodies().len(), ALERTS);
}

/// Whatever the store does with the next four writes, in whatever order, in the same process or in
/// a new one each time: when a poll ends well, every record has been written.
#[tokio::test(start_paused = true)]
async fn no_order_of_failures_loses_a_record() {
    let all = [Put::Works, Put::Fails, Put::LosesItsAnswer, Put::Hangs];
    for n in 0..all.len().pow(4) {
        for is_restarted in [false, true] {
            let mut world = world();
            let put_ifs: Vec<_> = (0..4)
                .map(|at| all[n / all.len().pow(at) % 4].clone())
                .collect();
            script(&world, &put_ifs);
            let mut polls = 0;
            loop {
                let poll = tokio::time::timeout(Duration::from_secs(900), world.poll()).await;
                let ended_well =
                    matches!(poll, Ok(Ok(report)) if report.ending == Ending::Complete);
                if ended_well {
                    break;
                }
                polls += 1;
                assert!(polls < 10, "{put_ifs:?}");
                world.clock.advance_secs(60);
                if is_restarted {
                    restart(&mut world);
                }
            }
            assert_all_written(&world, &format!("{put_ifs:?}, restarted: {is_restarted}"));
        }
    }
}
