use std::io::Read as _;

use drawbridge_store::testing::{FaultyStore, Put};
use drawbridge_time::testing::ManualClock;
use flate2::read::MultiGzDecoder;
use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-03-02T03:04:05.678Z";
const DIRECTORY: &str = "00000000-0000-0000-0000-0000000000AA";

fn served_queue(store: &Arc<FaultyStore>, clock: Arc<dyn Clock>, format: &str) -> ServedQueue {
    ServedQueue::new(store.clone(), clock, "contoso", DIRECTORY, format)
}

struct World {
    store: Arc<FaultyStore>,
    clock: Arc<ManualClock>,
    queue: ServedQueue,
}

impl World {
    fn new(format: &str) -> Self {
        let store = Arc::new(FaultyStore::default());
        let clock = Arc::new(ManualClock::at(NOW));
        let queue = served_queue(&store, clock.clone(), format);
        Self {
            store,
            clock,
            queue,
        }
    }

    async fn send(&self, ids: impl IntoIterator<Item = u32>) {
        let messages: Vec<_> = ids.into_iter().map(|id| message(&record(id))).collect();
        assert_eq!(self.queue.send(&messages).await.unwrap(), []);
    }

    /// The time of each segment's name, from the minute on, and its records.
    fn segments(&self) -> Vec<(String, Vec<Value>)> {
        let segments = Segments::of("contoso", DIRECTORY, "siem");
        let objects = self.store.objects();
        let read = |(key, body): (&String, &bytes::Bytes)| {
            let stamp = segments.stamp(key).unwrap().to_string();
            let mut text = String::new();
            let read = MultiGzDecoder::new(&body[..]).read_to_string(&mut text);
            assert!(read.unwrap() > 0 && text.ends_with('\n'));
            let records = text.lines().map(|line| serde_json::from_str(line).unwrap());
            (stamp[9..15].to_owned(), records.collect())
        };
        objects.iter().map(read).collect()
    }

    /// The same with the ids of the records alone.
    fn ids(&self) -> Vec<(String, Vec<u64>)> {
        let segments = self.segments().into_iter();
        let id = |record: &Value| record["ReportID"].as_u64().unwrap();
        segments
            .map(|(stamp, records)| (stamp, records.iter().map(id).collect()))
            .collect()
    }
}

fn record(id: u32) -> Value {
    json!({"ReportID": id, "LastProcessedTimeUtc": "2021-01-02T03:04:05.1234567Z", "Url": ""})
}

fn message(body: &Value) -> Message {
    Message {
        key: "k".into(),
        group: String::new(),
        time: None,
        body: body.to_string(),
        attributes: Vec::new(),
    }
}

fn named(stamp: &str, ids: &[u64]) -> (String, Vec<u64>) {
    (stamp.to_owned(), ids.to_vec())
}

#[tokio::test]
async fn a_segment_is_shown_after_the_lead_and_its_records_say_when() {
    let world = World::new("siem");
    world.send(0..3).await;
    assert_eq!(world.ids(), []);
    world.queue.flush().await.unwrap();
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids(), [named("030415", &[0, 1, 2])]);
    for record in &world.segments()[0].1 {
        assert_eq!(
            record["LastProcessedTimeUtc"],
            "2026-03-02T03:04:15.0000000Z"
        );
    }
    assert_eq!(world.store.content_types(), [CONTENT_TYPE]);
    let calls = world.store.calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(calls[0].starts_with("list ") && calls[1].starts_with("put_if "));
}

#[tokio::test]
async fn other_formats_are_written_as_they_are() {
    let world = World::new("native");
    let body = record(7);
    world.queue.send(&[message(&body)]).await.unwrap();
    world.queue.flush().await.unwrap();
    let keys = world.store.keys();
    let place = "served/v1/contoso/00000000-0000-0000-0000-0000000000aa/native";
    assert_eq!(keys, [format!("{place}/20260302T030415Z.jsonl.gz")]);
    let mut text = String::new();
    MultiGzDecoder::new(&world.store.bytes(&keys[0])[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, format!("{body}\n"));
}

#[tokio::test]
async fn each_segment_has_a_second_of_its_own() {
    let world = World::new("siem");
    let small = ServedSettings {
        max_segment_bytes: 200,
        ..ServedSettings::default()
    };
    let queue = served_queue(&world.store, world.clock.clone(), "siem");
    let world = World {
        queue: queue.with_settings(small),
        ..world
    };
    world.send(0..6).await;
    world.queue.flush().await.unwrap();
    let expected = [named("030415", &[0, 1, 2]), named("030416", &[3, 4, 5])];
    assert_eq!(world.ids(), expected);
    // Another process, of which the first one knows nothing: behind what it finds.
    let other = World {
        queue: served_queue(&world.store, world.clock.clone(), "siem"),
        ..world
    };
    other.send([6]).await;
    other.queue.flush().await.unwrap();
    assert_eq!(other.ids()[2], named("030417", &[6]));
    // Later, the clock is what counts.
    other.clock.advance_secs(60);
    other.send([7]).await;
    other.queue.flush().await.unwrap();
    assert_eq!(other.ids()[3], named("030515", &[7]));
}

#[tokio::test]
async fn stamps_rise_where_the_clock_is_set_back_unless_it_was_far_ahead() {
    let world = World::new("siem");
    let again = || {
        let queue = served_queue(&world.store, world.clock.clone(), "siem");
        World {
            store: world.store.clone(),
            clock: world.clock.clone(),
            queue,
        }
    };
    for (advance_secs, id) in [(0, 1), (-60, 2), (0, 3)] {
        world.clock.advance_secs(advance_secs);
        // In the same process and in a new one.
        let other = again();
        for (world, id) in [(&world, id * 10), (&other, id * 10 + 1)] {
            world.send([id]).await;
            world.queue.flush().await.unwrap();
        }
    }
    let expected: Vec<_> = [10, 11, 20, 21, 30, 31]
        .iter()
        .zip(0..)
        .map(|(id, n)| named(&format!("0304{}", 15 + n), &[*id]))
        .collect();
    assert_eq!(world.ids(), expected);
    // A clock that was a day ahead is no reason to wait for a day.
    world.clock.advance_secs(24 * 60 * 60);
    world.send([40]).await;
    world.queue.flush().await.unwrap();
    world.clock.advance_secs(-24 * 60 * 60);
    let other = again();
    for (world, id) in [(&world, 50), (&other, 51)] {
        world.send([id]).await;
        world.queue.flush().await.unwrap();
    }
    let ids = world.ids();
    assert_eq!(ids[6..8], [named("030421", &[50]), named("030422", &[51])]);
    assert_eq!(ids[8].1, [40]);
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_written_under_a_later_stamp() {
    let world = World::new("siem");
    world.clock.run();
    world.store.then_put_if([Put::Hangs]);
    world.send([1]).await;
    world.queue.flush().await.unwrap();
    // It had until 10: the lead, less what clocks may differ by.
    assert_eq!(world.ids(), [named("030420", &[1])]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_ends_the_poll_and_nothing_counts_as_written() {
    let world = World::new("siem");
    world.clock.run();
    world
        .store
        .then_put_if([Put::Hangs, Put::Hangs, Put::Hangs]);
    world.send([1]).await;
    let error = world.queue.flush().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert_eq!(world.ids(), []);
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids().len(), 1);
}

#[tokio::test]
async fn a_clock_that_was_set_ahead_while_it_was_written_makes_a_later_stamp() {
    struct Jump(Arc<ManualClock>, std::sync::atomic::AtomicU32);
    impl Clock for Jump {
        fn now(&self) -> jiff::Timestamp {
            // The first three are asked before the write.
            if self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 3 {
                self.0.advance_secs(6);
            }
            self.0.now()
        }
    }
    let world = World::new("siem");
    let clock = Arc::new(Jump(world.clock.clone(), 0.into()));
    let world = World {
        queue: served_queue(&world.store, clock, "siem"),
        ..world
    };
    world.send([1]).await;
    world.queue.flush().await.unwrap();
    // The first one may be shown too late for somebody: its records come again.
    assert_eq!(world.ids(), [named("030415", &[1]), named("030421", &[1])]);
}

#[tokio::test]
async fn an_answer_that_was_lost_is_no_second_segment() {
    let world = World::new("siem");
    let stamp = "2026-03-02T03:04:15Z".parse().unwrap();
    let stamp = Stamp::not_after(stamp).unwrap();
    let mut segment = Segment::new();
    let stamped = Stamped::of("siem").unwrap();
    segment
        .push(&record(1).to_string(), Some(&stamped))
        .unwrap();
    let ours = segment.stamped(stamp).unwrap();
    world.store.then_put_if([Put::Overtaken(ours)]);
    world.send([1]).await;
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids(), [named("030415", &[1])]);
    // Somebody else's is another matter, and so is a write that S3 is busy with.
    world.store.then_put_if([Put::Conflicts]);
    world.send([2]).await;
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids()[1], named("030417", &[2]));
}

#[tokio::test]
async fn what_was_taken_outlives_a_store_that_fails_and_a_poll_begins_without_it() {
    let world = World::new("siem");
    world.send([1]).await;
    world.store.then_put_if([Put::Fails]);
    let error = world.queue.flush().await.unwrap_err();
    assert!(error.is_retryable() && matches!(error, QueueError::Object { .. }));
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids(), [named("030416", &[1])]);
    world.send([2]).await;
    world.queue.begin().await;
    world.send([3]).await;
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids()[1].1, [3]);
}

#[tokio::test(start_paused = true)]
async fn a_long_poll_is_read_all_along() {
    let world = World::new("siem");
    world.clock.run();
    world.send([1]).await;
    tokio::time::advance(Duration::from_secs(59)).await;
    world.send([2]).await;
    assert_eq!(world.ids(), []);
    tokio::time::advance(Duration::from_secs(1)).await;
    world.send([3]).await;
    assert_eq!(world.ids(), [named("030515", &[1, 2])]);
}

#[tokio::test]
async fn what_cannot_be_a_line_is_refused_and_the_rest_is_written() {
    let world = World::new("siem");
    let mut messages: Vec<_> = (0..5).map(|n| message(&record(n))).collect();
    messages[1].body = String::new();
    messages[2].body = "{\"LastProcessedTimeUtc\":\"\u{1}\"}".into();
    messages[3].body = r#"{"ReportID":3}"#.into();
    let refused = world.queue.send(&messages).await.unwrap();
    let refused: Vec<_> = refused
        .iter()
        .map(|one| (one.index, one.code.as_str(), one.retryable))
        .collect();
    let expected = [
        (1, "EmptyMessage", false),
        (2, "InvalidMessageContents", false),
        (3, "InvalidMessageContents", false),
    ];
    assert_eq!(refused, expected);
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids()[0].1, [0, 4]);
    // Nothing that is taken is no segment.
    assert_eq!(world.queue.send(&messages[1..4]).await.unwrap().len(), 3);
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids().len(), 1);
}

#[tokio::test]
async fn a_record_that_would_make_a_segment_nobody_reads_is_refused() {
    let most = record(0).to_string().len();
    let settings = ServedSettings {
        max_record_bytes: most,
        ..ServedSettings::default()
    };
    let world = World::new("siem");
    let queue = world.queue.with_settings(settings);
    let messages = [message(&record(10)), message(&record(1))];
    let refused = queue.send(&messages).await.unwrap();
    let expected = Refused {
        index: 0,
        code: "MessageTooLong".into(),
        retryable: false,
    };
    assert_eq!(refused, [expected]);
    let world = World { queue, ..world };
    world.queue.flush().await.unwrap();
    assert_eq!(world.ids(), [named("030415", &[1])]);
}

#[tokio::test]
async fn errors_show_no_content() {
    let world = World::new("siem");
    world.store.then_put_if([Put::Fails]);
    let body = json!({"LastProcessedTimeUtc": "", "Title": "sensitive"});
    world.queue.send(&[message(&body)]).await.unwrap();
    let error = world.queue.flush().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sensitive"));
}

#[tokio::test]
async fn a_severity_is_one_that_readers_of_the_retired_api_know() {
    let world = World::new("siem");
    let messages: Vec<_> = ["High", "FutureSeverity"]
        .into_iter()
        .map(|severity| {
            let mut body = record(1);
            body["Severity"] = severity.into();
            message(&body)
        })
        .collect();
    assert_eq!(world.queue.send(&messages).await.unwrap(), []);
    world.queue.flush().await.unwrap();
    let (_, records) = world.segments().remove(0);
    let words: Vec<_> = records.iter().map(|record| &record["Severity"]).collect();
    assert_eq!(words, ["High", "UnSpecified"]);
}
