use std::io::Read;

use drawbridge_store::LocalStore;
use drawbridge_store::testing::{FaultyStore, Put};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn lines(body: &[u8]) -> Vec<String> {
    let mut text = String::new();
    MultiGzDecoder::new(body).read_to_string(&mut text).unwrap();
    assert!(text.ends_with('\n') && !text.contains("\n\n"));
    text.lines().map(str::to_owned).collect()
}

/// The lines of all objects in the order of their names; none was written over.
fn lines_of(store: &FaultyStore) -> Vec<Vec<String>> {
    let calls = store.calls();
    assert!(
        calls.iter().all(|call| !call.starts_with("put ")),
        "{calls:?}"
    );
    store.objects().values().map(|body| lines(body)).collect()
}

fn naming() -> Naming {
    Naming {
        format: "siem".into(),
        version: 1,
        tenant: "contoso".into(),
        content: Content::Json,
    }
}

fn queue(store: &Arc<FaultyStore>) -> ObjectsQueue {
    ObjectsQueue::new(store.clone(), naming()).with_settings(ObjectsSettings {
        max_object_records: 3,
        max_object_bytes: 100,
        ..ObjectsSettings::default()
    })
}

fn message(body: &str, time: Option<&str>) -> Message {
    Message {
        key: "k".into(),
        group: "g".into(),
        time: time.map(|time| time.parse().unwrap()),
        body: body.into(),
        attributes: Vec::new(),
    }
}

fn messages(range: std::ops::Range<u32>) -> Vec<Message> {
    range.map(|n| message(&n.to_string(), None)).collect()
}

#[tokio::test]
async fn a_name_is_made_of_the_newest_time_and_of_the_lines() {
    let store = Arc::new(FaultyStore::default());
    let queue = queue(&store);
    let sent = [
        message("1", Some("2026-03-01T10:00:00Z")),
        message("2", Some("2026-03-02T03:04:05.0067891Z")),
        message("3", None),
    ];
    queue.send(&sent).await.unwrap();
    queue.flush().await.unwrap();
    // `printf '1\n2\n3\n' | sha256sum`
    let digest = "14c5e74c4b96ccef41cd94db73a9ec3348038ac094feca4fd897cecffa07cdae";
    let start = "siem/v1/contoso/2026-03-02/20260302T030405006Z";
    assert_eq!(store.keys(), [format!("{start}-{digest}.jsonl.gz")]);
    assert_eq!(store.content_types(), ["application/x-ndjson"]);
    assert_eq!(queue.naming.prefix(), "siem/v1/contoso/");
}

#[tokio::test]
async fn names_are_good_whatever_the_time_is() {
    let day = async |time: Option<&str>| {
        let store = Arc::new(FaultyStore::default());
        let queue = queue(&store);
        queue.send(&[message("1", time)]).await.unwrap();
        queue.flush().await.unwrap();
        let key = store.keys().remove(0);
        key.split('-').take(3).collect::<Vec<_>>().join("-")
    };
    let none = "siem/v1/contoso/1970-01-01/19700101T000000000Z";
    for (time, wanted) in [
        (None, none),
        (Some("-000044-03-15T00:00:00Z"), none),
        (
            Some("9999-12-01T00:00:00Z"),
            "siem/v1/contoso/9999-12-01/99991201T000000000Z",
        ),
    ] {
        assert_eq!(day(time).await, wanted);
    }
}

#[tokio::test]
async fn the_same_records_are_the_same_bytes_under_the_same_name_and_written_once() {
    let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let mut written = Vec::new();
    for dir in &dirs {
        let store = Arc::new(LocalStore::new(dir.path()));
        let queue = ObjectsQueue::new(store.clone(), naming());
        queue.send(&messages(0..50)).await.unwrap();
        queue.flush().await.unwrap();
        // Again, in other portions, as a poll that has crashed does it.
        for portion in [0..7, 7..50] {
            queue.send(&messages(portion)).await.unwrap();
        }
        queue.flush().await.unwrap();
        let day = dir.path().join("siem/v1/contoso/1970-01-01");
        let names: Vec<_> = std::fs::read_dir(day)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(names.len(), 1);
        let name = names[0].strip_prefix(dir.path()).unwrap().to_owned();
        let body = std::fs::read(&names[0]).unwrap();
        assert_eq!(lines(&body).len(), 50);
        // No flags, no time, no operating system.
        assert_eq!(body[..8], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
        assert_eq!(body[9], 255);
        written.push((name, body));
    }
    assert!(written[0] == written[1]);
}

#[tokio::test]
async fn an_object_is_closed_at_its_bounds_and_an_overlong_record_is_alone() {
    let store = Arc::new(FaultyStore::default());
    let queue = queue(&store);
    let long = |c: &str, n: usize| message(&format!("\"{}\"", c.repeat(n)), None);
    let mut sent = messages(0..4);
    // A line of exactly what is left of 100 bytes, one byte more, one over the bound by itself.
    sent.extend([long("a", 95), long("b", 98), long("c", 97), long("d", 500)]);
    sent.push(message("4", None));
    queue.send(&sent).await.unwrap();
    queue.flush().await.unwrap();
    let mut sizes: Vec<_> = lines_of(&store)
        .iter()
        .map(|lines| {
            (
                lines.len(),
                lines.iter().map(|line| line.len() + 1).sum::<usize>(),
            )
        })
        .collect();
    sizes.sort_unstable();
    assert_eq!(
        sizes,
        [(1, 2), (1, 100), (1, 101), (1, 503), (2, 100), (3, 6)]
    );
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_old_is_written_by_the_next_send() {
    let store = Arc::new(FaultyStore::default());
    let queue = ObjectsQueue::new(store.clone(), naming());
    let wait = async |secs| tokio::time::advance(Duration::from_secs(secs)).await;
    queue.send(&messages(0..1)).await.unwrap();
    wait(59).await;
    queue.send(&messages(1..2)).await.unwrap();
    assert_eq!(store.keys(), [""; 0]);
    // It counts from its first record, and the next object from its own.
    wait(1).await;
    store.then_put_if([Put::Fails]);
    queue.send(&messages(2..3)).await.unwrap_err();
    assert_eq!(store.keys(), [""; 0]);
    queue.send(&messages(2..3)).await.unwrap();
    assert_eq!(lines_of(&store), [["0", "1"]]);
    wait(59).await;
    queue.send(&messages(3..4)).await.unwrap();
    assert_eq!(store.keys().len(), 1);
    wait(1).await;
    queue.send(&messages(4..5)).await.unwrap();
    queue.flush().await.unwrap();
    let mut lines = lines_of(&store);
    lines.sort_unstable();
    assert_eq!(lines, [vec!["0", "1"], vec!["2", "3"], vec!["4"]]);
}

#[tokio::test]
async fn readers_are_those_of_the_format_unless_they_are_named() {
    let store = Arc::new(FaultyStore::default());
    let long = message(&format!("\"{}\"", "x".repeat(70_000)), None);
    let exceeded = |queue: &ObjectsQueue| -> Vec<_> {
        let exceeded = queue.exceeded(&long).into_iter();
        exceeded.map(|bound| bound.reader).collect()
    };
    let all = queue(&store);
    assert_eq!(exceeded(&all), ["sentinel", "wazuh"]);
    assert_eq!(all.exceeded(&message("\"x\"", None)), []);
    assert_eq!(exceeded(&queue(&store).with_readers(&["splunk"])), [""; 0]);
    assert_eq!(exceeded(&queue(&store).with_readers(&["wazuh"])), ["wazuh"]);
}

#[tokio::test]
async fn a_crash_between_two_objects_writes_the_first_one_again_under_its_name() {
    let store = Arc::new(FaultyStore::default());
    // Dies with the fourth record in memory.
    queue(&store).send(&messages(0..4)).await.unwrap();
    let first = store.keys();
    assert_eq!(first.len(), 1);
    let again = queue(&store);
    again.begin().await;
    again.send(&messages(0..5)).await.unwrap();
    again.flush().await.unwrap();
    let keys = store.keys();
    assert_eq!(keys.len(), 2);
    assert!(keys.contains(&first[0]));
    let mut all: Vec<_> = lines_of(&store).into_iter().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, ["0", "1", "2", "3", "4"]);
}

#[tokio::test]
async fn what_was_taken_outlives_a_store_that_fails_and_is_flushed_later() {
    let store = Arc::new(FaultyStore::default());
    let queue = queue(&store);
    queue.send(&messages(0..3)).await.unwrap();
    store.then_put_if([Put::Fails]);
    let error = queue.send(&messages(3..4)).await.unwrap_err();
    assert!(error.is_retryable() && matches!(error, QueueError::Object { .. }));
    store.then_put_if([Put::Fails]);
    queue.flush().await.unwrap_err();
    queue.flush().await.unwrap();
    assert_eq!(lines_of(&store), [["0", "1", "2"]]);
}

#[tokio::test]
async fn nothing_more_is_taken_while_the_store_fails() {
    let store = Arc::new(FaultyStore::default());
    let queue = queue(&store);
    queue.send(&messages(0..3)).await.unwrap();
    for _ in 0..5 {
        store.then_put_if([Put::Fails]);
        queue.send(&messages(3..6)).await.unwrap_err();
    }
    queue.flush().await.unwrap();
    assert_eq!(lines_of(&store), [["0", "1", "2"]]);
}

#[tokio::test]
async fn a_poll_begins_without_what_the_last_one_left() {
    let store = Arc::new(FaultyStore::default());
    let queue = queue(&store);
    store.then_put_if([Put::Fails]);
    queue.send(&messages(0..5)).await.unwrap_err();
    queue.begin().await;
    queue.send(&messages(7..8)).await.unwrap();
    queue.flush().await.unwrap();
    queue.flush().await.unwrap();
    assert_eq!(lines_of(&store), [["7"]]);
}

#[tokio::test]
async fn an_object_that_is_there_counts_as_written_and_a_race_does_not() {
    let store = Arc::new(FaultyStore::default());
    let queue = queue(&store);
    queue.send(&messages(0..1)).await.unwrap();
    // S3 says "conflict", and there is no such object: somebody else is at it, and may yet fail.
    store.then_put_if([Put::Conflicts]);
    let error = queue.flush().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    queue.flush().await.unwrap();
    queue.send(&messages(0..1)).await.unwrap();
    queue.flush().await.unwrap();
    assert_eq!(lines_of(&store), [["0"]]);
}

#[tokio::test]
async fn a_tenant_that_makes_no_key_is_an_error_that_names_it() {
    let store = Arc::new(LocalStore::new("nowhere"));
    let naming = Naming {
        tenant: "con toso".into(),
        ..naming()
    };
    let queue = ObjectsQueue::new(store, naming);
    queue.send(&messages(0..1)).await.unwrap();
    let error = queue.flush().await.unwrap_err();
    assert!(!error.is_retryable());
    assert!(error.to_string().contains("con toso"), "{error}");
}

#[tokio::test]
async fn text_keeps_every_byte_and_takes_no_line_break() {
    let store = Arc::new(FaultyStore::default());
    let naming = Naming {
        format: "leef".into(),
        content: Content::Text,
        ..naming()
    };
    let queue = ObjectsQueue::new(store.clone(), naming);
    let kept = "LEEF:2.0|a\tb=\u{ffff}\u{2028}é";
    let sent: Vec<_> = [kept, "a\nb", "a\rb", "\u{1b}[2J", ""]
        .map(|body| message(body, None))
        .into();
    let refused = queue.send(&sent).await.unwrap();
    assert_eq!(
        refused.iter().map(|r| r.index).collect::<Vec<_>>(),
        [1, 2, 3, 4]
    );
    queue.flush().await.unwrap();
    assert!(store.keys()[0].ends_with(".log.gz"));
    assert_eq!(store.content_types(), ["text/plain"]);
    let objects = store.objects();
    let mut text = String::new();
    let body = objects.values().next().unwrap();
    MultiGzDecoder::new(&body[..])
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, format!("{kept}\n"));
}

#[tokio::test]
async fn errors_and_debug_show_no_content() {
    let store = Arc::new(FaultyStore::default());
    let queue = queue(&store);
    store.then_put_if([Put::Fails]);
    queue.send(&[message("\"sensitive\"", None)]).await.unwrap();
    let error = queue.flush().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sensitive"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_line_is_a_body_in_order_whatever_the_bounds(
        texts in prop::collection::vec(any::<String>(), 0..40),
        max_object_bytes in 0..200_usize,
        max_object_records in 0..10_usize,
        max_object_age_secs in 0..2_u64,
        portion in 1..10_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = Arc::new(FaultyStore::default());
        let settings =
            ObjectsSettings { max_object_bytes, max_object_records, max_object_age_secs };
        let queue = ObjectsQueue::new(store.clone(), naming()).with_settings(settings);
        // Later and later, so that the names sort as the records were sent.
        let sent: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(n, text)| Message {
                time: Some(Timestamp::from_second(n as i64).unwrap()),
                ..message(&serde_json::json!([n, text]).to_string(), None)
            })
            .collect();
        runtime.block_on(async {
            for portion in sent.chunks(portion) {
                assert_eq!(queue.send(portion).await.unwrap(), []);
            }
            queue.flush().await.unwrap();
        });
        let read: Vec<serde_json::Value> = lines_of(&store)
            .into_iter()
            .flatten()
            .map(|line| serde_json::from_str(&line).unwrap())
            .collect();
        let wanted: Vec<_> =
            texts.iter().enumerate().map(|(n, text)| serde_json::json!([n, text])).collect();
        prop_assert_eq!(read, wanted);
    }
}
