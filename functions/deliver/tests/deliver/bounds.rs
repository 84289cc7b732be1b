//! How much is on its way at once, and what happens to the rest.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use drawbridge_deliver::{
    BodyLocation, Deliverer, IN_FLIGHT, Later, Limits, MAX_RECORD_BYTES, Outcome, Record,
    StoredRecord, Target,
};
use drawbridge_store::{LocalStore, Store as _};
use drawbridge_time::Deadline;
use serde_json::json;

use crate::fake::http::{Fake, Reply, json as answer};
use crate::support::{
    assert_later, assert_refused, assert_taken, deliverer, quarantine, record, records, soon,
    target,
};

fn stored_records(records: Vec<Record>) -> Vec<StoredRecord> {
    records.into_iter().map(StoredRecord::from).collect()
}

/// Takes one record, as delivery begins with one batch; then nothing before it is let go on, and
/// counts what it holds meanwhile.
#[derive(Default)]
struct Held {
    batches: AtomicUsize,
    bytes: AtomicUsize,
    goes_on: AtomicBool,
}

const LIMITS: Limits = Limits {
    records: 100,
    bytes: 10_000,
};

#[async_trait]
impl Target for Held {
    fn name(&self) -> &'static str {
        "held"
    }

    fn limits(&self) -> Limits {
        LIMITS
    }

    async fn deliver(&self, records: &[Record], _until: Deadline) -> Vec<Outcome> {
        if records.len() == 1 {
            return vec![Outcome::Taken];
        }
        let bytes = records.iter().map(|record| record.body.len()).sum();
        self.batches.fetch_add(1, Ordering::SeqCst);
        self.bytes.fetch_add(bytes, Ordering::SeqCst);
        while !self.goes_on.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        vec![Outcome::Taken; records.len()]
    }
}

#[tokio::test]
async fn ten_batches_are_on_their_way_and_no_more_is_held_than_they_may_have() {
    let held = Arc::new(Held::default());
    let (deliverer, _folder) = deliverer(Arc::clone(&held) as _);
    let delivery = tokio::spawn(async move {
        assert_taken(&deliverer.deliver(stored_records(records(1)), soon()).await);
        deliverer
            .deliver(stored_records(records(2_000)), soon())
            .await
    });
    // All that is going to happen has happened after that many turns on this one thread.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(held.batches.load(Ordering::SeqCst), IN_FLIGHT);
    let bytes = held.bytes.load(Ordering::SeqCst);
    assert!(bytes > IN_FLIGHT * LIMITS.bytes / 2, "{bytes}");
    assert!(bytes <= IN_FLIGHT * LIMITS.bytes, "{bytes}");
    held.goes_on.store(true, Ordering::SeqCst);
    let outcomes = delivery.await.unwrap();
    assert_eq!(outcomes.len(), 2_000);
    assert_taken(&outcomes);
}

#[tokio::test]
async fn ten_requests_reach_a_server_at_once() {
    // It answers only when ten are waiting: nine at a time would never end.
    let fake = Fake::gated(IN_FLIGHT, |_, _| answer(200, "")).await;
    let target = target(&json!({"target": "webhook", "url": fake.url, "secret": "s"}));
    let (deliverer, _folder) = deliverer(target);
    let outcomes = deliverer
        .deliver(stored_records(records(50 * (1 + 3 * IN_FLIGHT))), soon())
        .await;
    assert_taken(&outcomes);
    assert_eq!(fake.asked().len(), 1 + 3 * IN_FLIGHT);
    assert_eq!(fake.peak.load(Ordering::SeqCst), IN_FLIGHT);
}

#[tokio::test]
async fn a_target_that_is_down_is_not_asked_for_every_batch() {
    let fake = Fake::start(|_, _| answer(503, "")).await;
    let target = target(&json!({"target": "webhook", "url": fake.url, "secret": "s"}));
    let (deliverer, folder) = deliverer(target);
    let outcomes = deliverer
        .deliver(stored_records(records(50 * 100)), soon())
        .await;
    assert_later(&outcomes, &["HTTP 503"]);
    // One batch alone finds out, each time.
    assert_eq!(fake.asked().len(), 1);
    assert_later(
        &deliverer
            .deliver(stored_records(records(50 * 100)), soon())
            .await,
        &["HTTP 503"],
    );
    assert_eq!(fake.asked().len(), 2);
    assert!(quarantine(&folder).is_empty());
}

#[tokio::test]
async fn a_target_that_goes_down_in_between_is_asked_with_one_batch_when_it_may_be_back() {
    // It takes the first batch, and goes down with ten on their way.
    let is_back = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_back);
    let fake = Fake::start(move |n, _| match n {
        1.. if !seen.load(Ordering::SeqCst) => answer(503, ""),
        _ => answer(200, ""),
    })
    .await;
    let target = target(&json!({"target": "webhook", "url": fake.url, "secret": "s"}));
    let (deliverer, _folder) = deliverer(target);
    let outcomes = deliverer
        .deliver(stored_records(records(50 * 100)), soon())
        .await;
    assert_taken(&outcomes[..50]);
    assert_later(&outcomes[50..], &["HTTP 503"]);
    assert!(deliverer.unavailable().is_some());
    let asked = fake.asked().len();
    assert!((2..=1 + IN_FLIGHT).contains(&asked), "{asked}");
    is_back.store(true, Ordering::SeqCst);
    let rest = records(50 * 100).split_off(50);
    assert_taken(&deliverer.deliver(stored_records(rest), soon()).await);
    assert!(deliverer.unavailable().is_none());
    // The oldest that had to wait are the first to arrive.
    assert!(fake.bodies()[asked].contains("\"50.exe\""));
}

/// Says what it is told of each record, by key.
struct Says(fn(&Record) -> Outcome);

#[async_trait]
impl Target for Says {
    fn name(&self) -> &'static str {
        "says"
    }

    async fn deliver(&self, records: &[Record], _until: Deadline) -> Vec<Outcome> {
        records.iter().map(self.0).collect()
    }
}

#[tokio::test]
async fn what_is_refused_lies_whole_in_quarantine_with_the_reason() {
    let (deliverer, folder) = deliverer(Arc::new(Says(|record| match record.key.as_str() {
        "da0:1" => Outcome::Refused("never".into()),
        "da1:2" => Outcome::TakenInPart("cut".into()),
        _ => Outcome::Taken,
    })));
    // Twice: the second time writes the same objects.
    for _ in 0..2 {
        let outcomes = deliverer.deliver(stored_records(records(4)), soon()).await;
        assert_refused(&outcomes[1], "never");
    }
    let mut items = quarantine(&folder);
    items.sort_by_key(|item| item["key"].to_string());
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["record"], record(1).body);
    assert_eq!(
        (&items[0]["reason"], &items[0]["target"]),
        (&json!("never"), &json!("says"))
    );
    assert_eq!(items[1]["reason"], "cut");
}

#[tokio::test]
async fn where_all_are_refused_nothing_is_put_aside_for_those_who_can_wait() {
    let (deliverer, folder) = deliverer(Arc::new(Says(|record| match record.key.as_str() {
        "da5:11" => Outcome::Taken,
        _ => Outcome::Refused("never".into()),
    })));
    let deliver = |from, to| {
        let some = records(to).split_off(from);
        deliverer.deliver_unless_all_are_refused(stored_records(some), soon())
    };
    // Not even one.
    for _ in 0..3 {
        assert_later(
            &deliver(0, 1).await,
            &["refused the only record", "never", "--set-aside"],
        );
        assert!(deliverer.refuses_all());
    }
    assert_later(&deliver(2, 11).await, &["refused every record"]);
    assert!(quarantine(&folder).is_empty());
    // Where one is taken among them, the others are at fault themselves.
    let outcomes = deliver(2, 12).await;
    assert_eq!(outcomes[9], Outcome::Taken);
    assert_refused(&outcomes[0], "never");
    assert_eq!(quarantine(&folder).len(), 9);
    assert!(!deliverer.refuses_all());
    // What was taken before says nothing of the settings of now.
    assert_later(&deliver(0, 1).await, &["never"]);
}

#[tokio::test]
async fn what_is_not_worth_sending_does_not_wait_for_a_setting() {
    let (deliverer, folder) = deliverer(Arc::new(Says(|_| Outcome::Refused("never".into()))));
    let mut some = records(3);
    some[0].body.clear();
    let outcomes = deliverer.deliver_unless_all_are_refused(stored_records(some), soon());
    let outcomes = outcomes.await;
    assert_refused(&outcomes[0], "the record is empty");
    assert_later(&outcomes[1..], &["refused every record"]);
    assert_eq!(quarantine(&folder).len(), 1);
}

#[tokio::test]
async fn records_that_are_refused_do_not_hold_up_those_behind_them() {
    let bad: &[&str] = &["\"0.exe\"", "\"1.exe\"", "\"2.exe\"", "\"7.exe\""];
    // A server that does not say which record of a request it means.
    let refuses = move |body: &str| bad.iter().any(|bad| body.contains(bad));
    let fake =
        Fake::start(move |_, asked| answer(if refuses(&asked.body) { 400 } else { 200 }, "")).await;
    let target = target(&json!({"target": "webhook", "url": fake.url, "secret": "s"}));
    let (deliverer, folder) = deliverer(target);
    // Three in a row look like a setting, until one behind them is taken.
    let outcomes = deliverer.deliver_unless_all_are_refused(stored_records(records(8)), soon());
    let outcomes = outcomes.await;
    assert_eq!(quarantine(&folder).len(), bad.len());
    assert_taken(&outcomes[3..7]);
    for at in [0, 1, 2, 7] {
        assert_refused(&outcomes[at], "HTTP 400");
    }
    // What was taken to find out is not sent twice.
    let taken = fake.bodies().into_iter().filter(|body| !refuses(body));
    let taken = taken.map(|body| body.matches(".exe").count());
    assert_eq!(taken.sum::<usize>(), 4);
    // And where there is nothing but those, none is given up.
    let first = records(3);
    let outcomes = deliverer.deliver_unless_all_are_refused(stored_records(first), soon());
    assert_later(&outcomes.await, &["refused every record", "HTTP 400"]);
    assert!(deliverer.refuses_all());
    assert_eq!(quarantine(&folder).len(), bad.len());
}

#[tokio::test]
async fn a_target_that_asks_to_wait_is_asked_once() {
    let asks_to_wait = || Reply::Answer(429, vec![("retry-after", "9".into())], String::new());
    let fake = Fake::start(move |_, _| asks_to_wait()).await;
    let target = target(&json!({"target": "webhook", "url": fake.url, "secret": "s"}));
    let (deliverer, _folder) = deliverer(target);
    let outcomes = deliverer.deliver_unless_all_are_refused(stored_records(records(200)), soon());
    assert_later(&outcomes.await, &["HTTP 429"]);
    assert_eq!(fake.asked().len(), 1);
    assert!(!deliverer.refuses_all());
}

#[tokio::test]
async fn what_cannot_be_put_aside_is_not_done() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("quarantine"), "in the way").unwrap();
    let store = Arc::new(LocalStore::new(folder.path()));
    let says = Says(|_| Outcome::Refused("never".into()));
    let outcomes = Deliverer::new(Arc::new(says), store)
        .deliver(stored_records(records(1)), soon())
        .await;
    assert_later(&outcomes, &["could not be quarantined"]);
}

#[tokio::test]
async fn a_silent_target_means_again() {
    struct Silent;
    #[async_trait]
    impl Target for Silent {
        fn name(&self) -> &'static str {
            "silent"
        }
        async fn deliver(&self, _records: &[Record], _until: Deadline) -> Vec<Outcome> {
            Vec::new()
        }
    }
    let (deliverer, _folder) = deliverer(Arc::new(Silent));
    let outcomes = deliverer.deliver(stored_records(records(2)), soon()).await;
    assert_later(&outcomes, &["said nothing"]);
}

#[tokio::test]
async fn bodies_are_fetched_from_the_store_when_their_turn_comes() {
    let (deliverer, folder) = deliverer(Arc::new(Says(|record| {
        if record.body == "{\"a\":1}" {
            Outcome::Taken
        } else {
            Outcome::Later(Later {
                after: None,
                reason: "wrong body".into(),
            })
        }
    })));
    let store = LocalStore::new(folder.path());
    store
        .put("oversize/x", "{\"a\":1}".into(), "application/json")
        .await
        .unwrap();
    let stored = |key: &str, bytes: usize| StoredRecord {
        record: record(0),
        body_at: Some(BodyLocation {
            key: key.into(),
            bytes,
        }),
    };
    let outcomes = deliverer
        .deliver(
            vec![
                stored("oversize/x", 7),
                stored("oversize/gone", 7),
                stored("oversize/x", MAX_RECORD_BYTES + 1),
                Record {
                    body: " ".into(),
                    ..record(1)
                }
                .into(),
            ],
            soon(),
        )
        .await;
    assert_taken(&outcomes[..1]);
    assert_refused(&outcomes[1], "leads to no object");
    assert_refused(&outcomes[2], "stays under oversize/x");
    assert_refused(&outcomes[3], "is empty");
}
