use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use drawbridge_alert::Alert;
use drawbridge_queue::{Content, LocalQueue, Message, Naming, ObjectsQueue, Queue};
use drawbridge_record::{Change, Claim};
use drawbridge_store::LocalStore;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::mapping::alert;
use crate::row;

const ALERTS: usize = 20_000;
/// What a poll sends at a time.
const PORTION: usize = 500;
/// Each way in turn, so that the machine's moods fall on all of them.
const ROUNDS: usize = 5;

/// Writes the records of the same alerts to a file and as objects, and compresses and hashes them
/// without any queue: what an object output costs beyond that is what it does twice.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let messages = messages();
    let bytes: usize = messages.iter().map(|message| message.body.len() + 1).sum();
    let mut took = [Duration::ZERO; 3];
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let file = runtime
            .block_on(LocalQueue::open(folder.path().join("siem.ndjson")))
            .unwrap();
        let naming = Naming {
            format: "siem".into(),
            version: 1,
            tenant: "contoso".into(),
            content: Content::Json,
        };
        let store = Arc::new(LocalStore::new(folder.path()));
        let objects = ObjectsQueue::new(store, naming);
        took[0] += runtime.block_on(send(&file, &messages));
        took[1] += runtime.block_on(send(&objects, &messages));
        took[2] += compress_and_hash(&messages);
    }
    let rate = |took: Duration| (bytes * ROUNDS) as f64 / 1e6 / took.as_secs_f64();
    let ratio = |n: usize| took[1].as_secs_f64() / took[n].as_secs_f64();
    row(
        "records to an NDJSON file",
        &format!("{:.0} MB/s", rate(took[0])),
    );
    row(
        "records to objects",
        &format!(
            "{:.0} MB/s; {:.2} times the file's time, {:.2} times that of gzip and SHA-256 alone",
            rate(took[1]),
            ratio(0),
            ratio(2)
        ),
    );
}

async fn send(queue: &dyn Queue, messages: &[Message]) -> Duration {
    let started = Instant::now();
    queue.begin().await;
    for portion in messages.chunks(PORTION) {
        assert!(queue.send(portion).await.unwrap().is_empty());
    }
    queue.flush().await.unwrap();
    started.elapsed()
}

/// One pass over the lines, at the level at which objects are compressed.
fn compress_and_hash(messages: &[Message]) -> Duration {
    let started = Instant::now();
    let mut gzip = GzEncoder::new(Vec::new(), flate2::Compression::new(3));
    let mut hash = Sha256::new();
    for message in messages {
        for part in [message.body.as_bytes(), b"\n"] {
            gzip.write_all(part).unwrap();
            hash.update(part);
        }
    }
    black_box((gzip.finish().unwrap(), hash.finalize()));
    started.elapsed()
}

fn messages() -> Vec<Message> {
    let mut messages = Vec::new();
    for n in 0..ALERTS {
        let json = alert(n);
        let mut part = 0;
        drawbridge_record::format("siem").unwrap().map(
            &Alert::decode(&json).unwrap(),
            &mut |_| {
                part += 1;
                Some(Claim {
                    part: part - 1,
                    change: Change::New,
                })
            },
            &mut |record| {
                messages.push(Message {
                    key: record.key,
                    group: String::new(),
                    time: None,
                    body: record.body,
                    attributes: Vec::new(),
                });
            },
        );
    }
    messages
}
