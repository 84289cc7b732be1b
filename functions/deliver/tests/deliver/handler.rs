//! Messages in, a partial batch response out.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsMessage, SqsMessageAttribute};
use drawbridge_deliver::IN_FLIGHT;
use drawbridge_deliver::lambda::Handler;
use drawbridge_lambda::VisibilityControl;
use serde_json::json;

use crate::fake::http::{Fake, Reply, json as answer};
use crate::support::{NOW_SECS, deliverer, quarantine, record, soon, target};
use drawbridge_time::testing::ManualClock;

/// Notes which messages were hidden, by their receipt handles, and for how many seconds.
#[derive(Default)]
pub(crate) struct RecordedVisibility(Mutex<Vec<(String, u64)>>);

impl RecordedVisibility {
    /// What was hidden since this was asked last.
    pub(crate) fn take(&self) -> Vec<(String, u64)> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[async_trait]
impl VisibilityControl for RecordedVisibility {
    async fn hide(&self, messages: &[(String, Duration)]) {
        let hidden = messages
            .iter()
            .map(|(receipt, delay)| (receipt.clone(), delay.as_secs()));
        self.0.lock().unwrap().extend(hidden);
    }
}

pub(crate) fn message(n: usize, sent: &str, tries: &str) -> SqsMessage {
    let record = record(n);
    let mut message = SqsMessage::default();
    message.message_id = Some(format!("m{n}"));
    message.receipt_handle = Some(format!("r{n}"));
    message.event_source_arn = Some("arn:aws:sqs:eu-west-1:1:records".into());
    message.body = Some(record.body);
    for (name, value) in [("SentTimestamp", sent), ("ApproximateReceiveCount", tries)] {
        message.attributes.insert(name.into(), value.into());
    }
    for (name, value) in [
        ("key", record.key),
        ("tenant", record.tenant),
        ("alert-id", record.alert_id),
        ("format", record.format),
    ] {
        let mut attribute = SqsMessageAttribute::default();
        attribute.string_value = Some(value);
        message.message_attributes.insert(name.into(), attribute);
    }
    message
}

struct World {
    handler: Handler,
    clock: Arc<ManualClock>,
    hidden: Arc<RecordedVisibility>,
    folder: tempfile::TempDir,
}

impl World {
    fn new(fake: &Fake) -> Self {
        Self::of(fake, "splunk-hec")
    }

    fn of(fake: &Fake, name: &str) -> Self {
        let target = target(&json!({"target": name, "url": fake.url, "secret": "s"}));
        let (deliverer, folder) = deliverer(target);
        let hidden = Arc::new(RecordedVisibility::default());
        let clock = Arc::new(ManualClock::at_secs(NOW_SECS));
        Self {
            handler: Handler::new(
                deliverer,
                Arc::clone(&hidden) as _,
                Arc::clone(&clock) as _,
                "b".into(),
            ),
            clock,
            hidden,
            folder,
        }
    }

    async fn handle(&self, messages: Vec<SqsMessage>) -> Vec<String> {
        let failures = self.handler.handle(messages, soon()).await;
        failures
            .into_iter()
            .map(|failure| failure.item_identifier)
            .collect()
    }

    /// The message, with a body that cannot be fetched: a file is in the way.
    fn unreadable(&self, mut message: SqsMessage) -> SqsMessage {
        std::fs::create_dir_all(self.folder.path().join("oversize")).unwrap();
        std::fs::write(self.folder.path().join("oversize/a"), "x").unwrap();
        message.body = Some(r#"["c",{"s3BucketName":"b","s3Key":"oversize/a//b"}]"#.into());
        let mut size = SqsMessageAttribute::default();
        size.string_value = Some("10".into());
        message
            .message_attributes
            .insert("ExtendedPayloadSize".into(), size);
        message
    }

    fn hidden(&self) -> Vec<(String, u64)> {
        self.hidden.take()
    }
}

#[tokio::test]
async fn what_is_taken_is_done_and_the_oldest_goes_first() {
    let fake = Fake::start(|_, _| answer(200, r#"{"code":0}"#)).await;
    let world = World::new(&fake);
    let failures = world
        .handle(vec![message(1, "2000", "1"), message(0, "1000", "1")])
        .await;
    assert!(failures.is_empty() && world.hidden().is_empty());
    let body = &fake.bodies()[0];
    assert!(body.find("0.exe") < body.find("1.exe"));
}

/// When a message was sent that is so old, in seconds.
fn millis_ago_secs(age_secs: i64) -> String {
    ((NOW_SECS - age_secs) * 1000).to_string()
}

#[tokio::test]
async fn a_target_that_is_down_keeps_every_message_hidden_until_the_same_moment() {
    let fake = Fake::start(|n, _| match n {
        // One that names no time is asked twice.
        0..=3 => answer(503, r#"{"code":9}"#),
        4 => Reply::Answer(429, vec![("retry-after", "99999999".into())], String::new()),
        _ => answer(200, r#"{"code":0}"#),
    })
    .await;
    let world = World::new(&fake);
    let batch = |tries: &str| {
        vec![
            message(0, &millis_ago_secs(40), tries),
            message(1, &millis_ago_secs(20), "1"),
        ]
    };
    assert_eq!(world.handle(batch("1")).await, ["m0", "m1"]);
    assert_eq!(world.hidden(), [("r0".into(), 10), ("r1".into(), 10)]);
    world.clock.advance_secs(10);
    // 1,767,323,100 is the next whole five minutes: both wait for it, whatever their tries.
    assert_eq!(world.handle(batch("5")).await.len(), 2);
    let left = u64::try_from(1_767_323_100 - NOW_SECS - 10).unwrap();
    assert_eq!(world.hidden(), [("r0".into(), left), ("r1".into(), left)]);
    world.clock.advance_secs(45);
    // Twelve hours in all is what SQS allows, from the receive on.
    assert_eq!(world.handle(batch("6")).await.len(), 2);
    assert_eq!(world.hidden()[0].1, 43_200 - 720);
    world.clock.advance_secs(43_200 - 720);
    assert!(world.handle(batch("7")).await.is_empty());
    assert!(quarantine(&world.folder).is_empty());
}

#[tokio::test]
async fn what_comes_while_the_target_is_left_alone_waits_with_the_rest_and_is_not_sent() {
    let fake = Fake::start(|n, _| match n {
        0 => answer(503, r#"{"code":9}"#),
        _ => answer(200, r#"{"code":0}"#),
    })
    .await;
    let world = World::new(&fake);
    world
        .handle(vec![message(0, &millis_ago_secs(400), "5")])
        .await;
    assert_eq!(world.hidden(), [("r0".into(), 55)]);
    world.clock.advance_secs(20);
    assert_eq!(
        world
            .handle(vec![message(1, &millis_ago_secs(0), "1")])
            .await,
        ["m1"]
    );
    assert_eq!(world.hidden(), [("r1".into(), 35)]);
    assert_eq!(fake.asked().len(), 1);
    world.clock.advance_secs(35);
    let both = vec![
        message(1, &millis_ago_secs(0), "2"),
        message(0, &millis_ago_secs(400), "5"),
    ];
    assert!(world.handle(both).await.is_empty());
    let body = &fake.bodies()[1];
    assert!(body.find("0.exe") < body.find("1.exe"));
}

#[tokio::test]
async fn a_body_that_cannot_be_fetched_holds_up_nobody_else() {
    let fake = Fake::start(|_, _| answer(200, r#"{"code":0}"#)).await;
    let world = World::new(&fake);
    let large = world.unreadable(message(0, &millis_ago_secs(400), "5"));
    let both = || vec![large.clone(), message(1, &millis_ago_secs(0), "1")];
    assert_eq!(world.handle(both()).await, ["m0"]);
    assert_eq!(world.hidden(), [("r0".into(), 55)]);
    assert_eq!(world.handle(both()).await, ["m0"]);
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn a_full_invocation_has_ten_requests_in_flight_and_no_more() {
    // The template's batch size, and 6 MB of records of 32 kB with what Lambda writes around them.
    let by_count: Vec<_> = (0..1000).map(|n| message(n, "1", "1")).collect();
    let by_bytes: Vec<_> = (0..140)
        .map(|n| {
            let mut message = message(n, "1", "1");
            // Fourteen of them are less than 450 kB, fifteen are more.
            message.body = Some(json!({"FileName": "x".repeat(32_000)}).to_string());
            message
        })
        .collect();
    for target in ["splunk-hec", "webhook"] {
        for full in [&by_count, &by_bytes] {
            // It answers only when ten are waiting: with nine at a time this would never end.
            let fake = Fake::gated(IN_FLIGHT, |_, _| answer(200, r#"{"code":0}"#)).await;
            let world = World::of(&fake, target);
            assert!(world.handle(vec![message(0, "1", "1")]).await.is_empty());
            assert!(world.handle(full.clone()).await.is_empty());
            assert_eq!(fake.peak.load(Ordering::SeqCst), IN_FLIGHT);
        }
    }
}

#[tokio::test]
async fn what_will_never_be_taken_is_done_and_put_aside() {
    let fake = Fake::start(|_, asked| match asked.body.contains("\"1.exe\"") {
        true if asked.body.matches("FullId").count() == 1 => answer(400, r#"{"code":6}"#),
        true => answer(400, r#"{"code":6,"invalid-event-number":1}"#),
        false => answer(200, r#"{"code":0}"#),
    })
    .await;
    let world = World::new(&fake);
    let messages = (0..3).map(|n| message(n, "1", "1")).collect();
    assert!(world.handle(messages).await.is_empty());
    let items = quarantine(&world.folder);
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["key"], "da0:1");
    assert_eq!(items[0]["record"], record(1).body);
}

#[tokio::test]
async fn a_pointer_out_of_its_folder_is_put_aside_and_not_followed() {
    let fake = Fake::start(|_, _| answer(200, r#"{"code":0}"#)).await;
    let world = World::new(&fake);
    let mut bad = message(0, "1", "1");
    bad.body = Some(
        r#"["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"state/contoso.json"}]"#.into(),
    );
    let mut size = SqsMessageAttribute::default();
    size.string_value = Some("10".into());
    bad.message_attributes
        .insert("ExtendedPayloadSize".into(), size);
    assert!(
        world
            .handle(vec![bad, message(1, "1", "1")])
            .await
            .is_empty()
    );
    assert_eq!(fake.asked().len(), 1);
    let reason = quarantine(&world.folder)[0]["reason"].to_string();
    assert!(reason.contains("not followed"), "{reason}");
}

#[tokio::test]
async fn on_a_fifo_queue_nothing_overtakes_within_its_group() {
    // The first record of the alert da0 has to wait, its second one is taken.
    let fake = Fake::start(|_, _| answer(200, r#"{"code":0}"#)).await;
    let world = World::new(&fake);
    let fifo = |n: usize, group: &str| {
        let mut message = message(n, "1", "1");
        message.event_source_arn = Some("arn:aws:sqs:eu-west-1:1:records.fifo".into());
        message
            .attributes
            .insert("MessageGroupId".into(), group.into());
        message
    };
    let large = world.unreadable(fifo(0, "da0"));
    let failures = world
        .handle(vec![large, fifo(1, "da0"), fifo(2, "da1")])
        .await;
    assert_eq!(failures, ["m0", "m1"]);
}

#[tokio::test]
async fn on_a_fifo_queue_one_request_goes_after_the_other() {
    let fake = Fake::start(|n, _| match n {
        1 => answer(503, r#"{"code":9}"#),
        _ => answer(200, r#"{"code":0}"#),
    })
    .await;
    let world = World::new(&fake);
    // Each in a request of its own, and all in one group.
    let fifo = |n: usize| {
        let mut message = message(n, "1", "1");
        message.event_source_arn = Some("arn:aws:sqs:eu-west-1:1:records.fifo".into());
        let group = ("MessageGroupId".to_owned(), "g".to_owned());
        message.attributes.extend([group]);
        message.body = Some(json!({"FileName": "x".repeat(300_000)}).to_string());
        message
    };
    assert!(world.handle(vec![fifo(0)]).await.is_empty());
    let failures = world.handle((1..6).map(fifo).collect()).await;
    assert_eq!(failures, ["m1", "m2", "m3", "m4", "m5"]);
    assert_eq!(
        fake.asked().len(),
        2,
        "those behind the first were not sent"
    );
}

#[tokio::test]
async fn records_that_are_never_taken_hold_up_nobody_though_they_are_the_oldest() {
    // A whole request of them, and more; the target does not say which one is at fault.
    let is_bad = |body: &str| (0..150).any(|n| body.contains(&format!("\"{n}.exe\"")));
    let fake = Fake::start(move |_, asked| match is_bad(&asked.body) {
        true => answer(400, r#"{"code":6}"#),
        false => answer(200, r#"{"code":0}"#),
    })
    .await;
    let world = World::new(&fake);
    // Alone, they wait: it may be a setting.
    let bad = || (0..150).map(|n| message(n, &millis_ago_secs(400), "5"));
    assert_eq!(world.handle(bad().collect()).await.len(), 150);
    assert!(quarantine(&world.folder).is_empty());
    // With others behind them, a request of them is put aside each time.
    let all = || {
        let good = (150..160).map(|n| message(n, &millis_ago_secs(0), "1"));
        bad().chain(good)
    };
    let mut left: Vec<String> = all().map(|m| m.message_id.unwrap()).collect();
    for _ in 0..2 {
        world.clock.advance_secs(300);
        let messages = all().filter(|m| left.contains(m.message_id.as_ref().unwrap()));
        left = world.handle(messages.collect()).await;
    }
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(quarantine(&world.folder).len(), 150);
}

#[tokio::test]
async fn on_a_fifo_queue_one_group_does_not_wait_for_another() {
    let fake = Fake::start(|n, _| match n {
        0 => answer(503, r#"{"code":9}"#),
        _ => answer(200, r#"{"code":0}"#),
    })
    .await;
    let world = World::new(&fake);
    let fifo = |n: usize, group: &str| {
        let mut message = message(n, &millis_ago_secs(0), "1");
        message.event_source_arn = Some("arn:aws:sqs:eu-west-1:1:records.fifo".into());
        let group = ("MessageGroupId".to_owned(), group.to_owned());
        message.attributes.extend([group]);
        message
    };
    assert_eq!(world.handle(vec![fifo(0, "a")]).await, ["m0"]);
    assert!(world.handle(vec![fifo(1, "b")]).await.is_empty());
}
