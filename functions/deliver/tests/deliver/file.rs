//! A file of records, delivered from where the last delivery ended.

use std::collections::HashSet;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use drawbridge_deliver::IN_FLIGHT;
use drawbridge_deliver::file::{FileDelivery, FileError, FileReport};
use serde_json::json;
use tempfile::TempDir;

use crate::fake::http::{Fake, json as answer};
use crate::support::{assert_refused, deliverer, quarantine, record, soon, target};

struct World {
    folder: TempDir,
    file: PathBuf,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("siem records.ndjson");
        Self { folder, file }
    }

    fn append(&self, text: &str) {
        let mut file = fs::File::options()
            .append(true)
            .create(true)
            .open(&self.file)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn append_records(&self, range: std::ops::Range<usize>) {
        for n in range {
            self.append(&format!("{}\n", record(n).body));
        }
    }

    fn open(&self, fake: &Fake) -> Result<(FileDelivery, TempDir), FileError> {
        let target =
            target(&json!({"target": "webhook", "url": fake.url, "secret": "s", "body": "ndjson"}));
        let (deliverer, store) = deliverer(target);
        FileDelivery::open(deliverer, &self.file, "siem", "contoso").map(|file| (file, store))
    }

    async fn deliver(&self, fake: &Fake) -> FileReport {
        let (mut delivery, _store) = self.open(fake).unwrap();
        delivery.run(soon(), &|| false).await.unwrap()
    }
}

/// The files' names in what was delivered, in order.
fn names(fake: &Fake) -> Vec<String> {
    names_in(&fake.bodies().concat())
}

fn names_in(lines: &str) -> Vec<String> {
    lines
        .lines()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            record["FileName"].as_str().unwrap().to_owned()
        })
        .collect()
}

/// The names are those of the range, in order but for what ten requests at once may be out of it.
#[track_caller]
fn assert_in_order(names: &[String], range: std::ops::Range<usize>) {
    const WINDOW: usize = IN_FLIGHT * 50;
    let numbers: Vec<usize> = names
        .iter()
        .map(|name| name.trim_end_matches(".exe").parse().unwrap())
        .collect();
    for (at, number) in numbers.iter().enumerate() {
        let younger = numbers[..at].iter().filter(|before| *before > number);
        assert!(younger.count() < WINDOW, "{number} came too late");
    }
    let mut sorted = numbers;
    sorted.sort_unstable();
    sorted.dedup();
    assert!(sorted.into_iter().eq(range), "some are missing");
}

fn expected(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("{n}.exe")).collect()
}

#[tokio::test]
async fn it_goes_on_where_it_ended_and_waits_for_the_end_of_a_line() {
    let world = World::new();
    let fake = Fake::start(|_, _| answer(200, "")).await;
    world.append_records(0..3);
    world.append("{\"FileName\":\"3.exe\"");
    assert_eq!(world.deliver(&fake).await.delivered, 3);
    assert_eq!(
        world.deliver(&fake).await,
        FileReport {
            offset: world.deliver(&fake).await.offset,
            ..FileReport::default()
        }
    );
    world.append("}\n\n\n");
    world.append_records(4..6);
    let report = world.deliver(&fake).await;
    assert_eq!((report.delivered, report.later), (3, None));
    assert_eq!(report.offset, fs::metadata(&world.file).unwrap().len());
    assert_eq!(names(&fake), expected(0..6));
}

#[tokio::test]
async fn the_mark_moves_only_behind_what_was_taken() {
    let world = World::new();
    world.append_records(0..120);
    // Of three requests the second has to wait.
    let fake = Fake::start(|_, asked| match asked.body.contains("\"60.exe\"") {
        true => answer(503, ""),
        false => answer(200, ""),
    })
    .await;
    let report = world.deliver(&fake).await;
    assert_eq!(report.delivered, 50);
    assert!(report.later.unwrap().reason.contains("HTTP 503"));
    let back = Fake::start(|_, _| answer(200, "")).await;
    assert_eq!(world.deliver(&back).await.delivered, 70);
    // The first one goes alone, and the second is all that is left.
    assert_eq!(names(&back), expected(50..120));
}

#[tokio::test]
async fn a_large_file_is_read_piece_by_piece() {
    let world = World::new();
    world.append_records(0..3_000);
    let fake = Fake::start(|_, _| answer(200, "")).await;
    assert_eq!(world.deliver(&fake).await.delivered, 3_000);
    assert_eq!(names(&fake).len(), 3_000);
    assert_in_order(&names(&fake), 0..3_000);
    // ReceivedRequest to stop, it stops before the next piece.
    world.append_records(0..1);
    let (mut delivery, _store) = world.open(&fake).unwrap();
    assert_eq!(delivery.run(soon(), &|| true).await.unwrap().delivered, 0);
}

/// The lines of an outage come in their order, and what is written after it comes after them.
#[tokio::test]
async fn across_an_outage_no_line_overtakes_more_than_ten_requests() {
    let world = World::new();
    world.append_records(0..2_000);
    let is_down = Arc::new(AtomicBool::new(false));
    let (seen, taken) = (Arc::clone(&is_down), Arc::new(Mutex::new(Vec::new())));
    let kept = Arc::clone(&taken);
    let fake = Fake::start(move |n, asked| {
        // It goes down with ten requests on their way, of which some were taken.
        if n == 15 {
            seen.store(true, Ordering::SeqCst);
        }
        if seen.load(Ordering::SeqCst) && n % 3 == 0 {
            return answer(503, "");
        }
        kept.lock().unwrap().push(asked.body.clone());
        answer(200, "")
    })
    .await;
    let (mut delivery, _store) = world.open(&fake).unwrap();
    let mut run = async || delivery.run(soon(), &|| false).await.unwrap();
    let mut outages = 0;
    for more in 0..100 {
        world.append_records(2_000 + more * 10..2_000 + (more + 1) * 10);
        outages += usize::from(run().await.later.is_some());
        if more == 50 {
            is_down.store(false, Ordering::SeqCst);
        }
    }
    assert!(outages > 1, "{outages}");
    assert_eq!(run().await.later, None);
    let mut first: Vec<String> = Vec::new();
    let mut known = HashSet::new();
    for name in names_in(&taken.lock().unwrap().concat()) {
        if known.insert(name.clone()) {
            first.push(name);
        }
    }
    assert_in_order(&first, 0..3_000);
}

#[tokio::test]
async fn what_is_refused_is_put_aside_and_passed() {
    let world = World::new();
    let fake = Fake::start(|_, _| answer(200, "")).await;
    world.append_records(0..1);
    world.append("{\"torn\n");
    // The file was truncated in the middle of a line.
    world.append("itle\":\"Credential\"}\n");
    world.append_records(2..3);
    let (mut delivery, store) = world.open(&fake).unwrap();
    let report = delivery.run(soon(), &|| false).await.unwrap();
    assert_eq!((report.delivered, report.refused), (2, 2));
    let items = quarantine(&store);
    for (record, why) in [
        ("{\"torn", "not valid JSON"),
        ("itle\":\"Credential\"}", "its beginning is missing"),
    ] {
        let item = items.iter().find(|item| item["record"] == record).unwrap();
        let reason = item["reason"].as_str().unwrap().to_owned();
        assert_refused(&drawbridge_deliver::Outcome::Refused(reason), why);
    }
}

#[tokio::test]
async fn trouble_with_files_is_told_by_name() {
    let world = World::new();
    let fake = Fake::start(|_, _| answer(200, "")).await;
    let (mut delivery, _store) = world.open(&fake).unwrap();
    let missing = delivery.run(soon(), &|| false).await.unwrap_err();
    assert!(matches!(missing, FileError::Missing { .. }), "{missing}");
    let second = world.open(&fake).map(drop).unwrap_err();
    assert!(matches!(second, FileError::Locked { .. }), "{second}");
    drop(delivery);
    world.append_records(0..1);
    fs::write(
        world
            .folder
            .path()
            .join("siem records.ndjson.webhook.offset"),
        "MARKER",
    )
    .unwrap();
    let (mut delivery, _store) = world.open(&fake).unwrap();
    let bad = delivery.run(soon(), &|| false).await.unwrap_err();
    assert!(bad.to_string().contains("delete it"), "{bad}");
    assert!(!bad.to_string().contains("MARKER"), "{bad}");
}
