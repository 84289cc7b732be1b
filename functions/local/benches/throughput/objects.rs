use std::hint::black_box;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use drawbridge_alert::Alert;
use drawbridge_queue::{Content, LocalQueue, Message, Naming, ObjectsQueue, Queue};
use drawbridge_record::{format, records};
use drawbridge_store::testing::MemoryStore;
use drawbridge_store::{LocalStore, Store};
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::mapping::alert;
use crate::row;

const ALERTS: usize = 20_000;
/// What a poll sends at a time.
const PORTION: usize = 500;
/// Each way in turn, so that the machine's moods fall on all of them.
const ROUNDS: usize = 5;

/// Writes the records of the same alerts to a file and as objects, to a disk and to memory, and
/// compresses and hashes them without any queue: what the objects in memory cost beyond that is
/// what the output does twice.
pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let messages = messages();
    let bytes: usize = messages.iter().map(|message| message.body.len() + 1).sum();
    let mut took = [Duration::ZERO; 4];
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let file = runtime
            .block_on(LocalQueue::open(folder.path().join("siem.ndjson")))
            .unwrap();
        let objects = objects(LocalStore::new(folder.path()));
        took[0] += runtime.block_on(send(&file, &messages));
        took[1] += runtime.block_on(send(&objects, &messages));
        took[2] += runtime.block_on(send(&self::objects(MemoryStore::default()), &messages));
        took[3] += compress_and_hash(&messages);
    }
    let [file, objects, memory, alone] = took.map(|took| took.as_secs_f64());
    let rate = |secs: f64| (bytes * ROUNDS) as f64 / 1e6 / secs;
    row(
        "records to an NDJSON file",
        &format!("{:.0} MB/s", rate(file)),
    );
    row(
        "records to objects in a folder",
        &format!(
            "{:.0} MB/s; {:.2} times the file's time",
            rate(objects),
            objects / file
        ),
    );
    row(
        "records to objects in memory",
        &format!(
            "{:.0} MB/s; {:.2} times the time of gzip and SHA-256 alone",
            rate(memory),
            memory / alone
        ),
    );
}

fn objects(store: impl Store + 'static) -> ObjectsQueue {
    let naming = Naming {
        format: "siem".into(),
        version: 1,
        tenant: "contoso".into(),
        content: Content::Json,
    };
    ObjectsQueue::new(Arc::new(store), naming)
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
        let alert = Alert::decode(&json).unwrap();
        let records = records(format("siem").unwrap(), &alert);
        messages.extend(records.map(|record| Message {
            key: record.key,
            group: String::new(),
            time: None,
            body: record.body,
            attributes: Vec::new(),
        }));
    }
    messages
}
