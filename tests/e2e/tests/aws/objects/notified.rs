//! Objects that the queue writes, told of by the emulated S3 and read as its readers do.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::sync::Arc;

use aws_sdk_s3::Client;
use drawbridge_e2e::Python;
use drawbridge_queue::{Content, Message, Naming, ObjectsQueue, ObjectsSettings, Queue};
use drawbridge_store::{S3Store, s3_client};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::rules::{READERS, Reader};
use crate::cloud;

/// What `read_notified.py` tells.
struct Notified {
    bodies: Vec<String>,
    tests: u64,
    records: Vec<Value>,
}

/// A bucket whose objects are told of on a queue.
struct Bucket {
    client: Client,
    name: String,
    queue_url: String,
    python: Python,
}

impl Bucket {
    async fn new(by: &str) -> Self {
        let python = Python::root(cloud::emulator().await);
        let name = cloud::unique(by);
        let queue_url = run(&python, "create_notified_bucket.py", &[&name, PREFIX, by]).await;
        Self {
            client: s3_client(&cloud::config().await),
            name,
            queue_url,
            python,
        }
    }

    fn queue(&self) -> ObjectsQueue {
        let naming = Naming {
            format: "siem".to_owned(),
            version: 1,
            tenant: "contoso-2".to_owned(),
            content: Content::Json,
        };
        assert_eq!(naming.prefix(), PREFIX);
        let store = Arc::new(S3Store::new(self.client.clone(), &self.name));
        ObjectsQueue::new(store, naming).with_settings(ObjectsSettings {
            max_object_records: 10,
            ..ObjectsSettings::default()
        })
    }

    /// Everything that the queue tells of, which is `count` objects.
    async fn read(&self, count: usize) -> Notified {
        let args = [self.queue_url.as_str(), &count.to_string()];
        let told = run(&self.python, "read_notified.py", &args).await;
        let mut told: Value = serde_json::from_str(&told).unwrap();
        Notified {
            bodies: serde_json::from_value(told["bodies"].take()).unwrap(),
            tests: told["tests"].as_u64().unwrap(),
            records: serde_json::from_value(told["records"].take()).unwrap(),
        }
    }

    /// The lines of an object.
    async fn lines(&self, bucket: &str, key: &str) -> Vec<String> {
        let object = self.client.get_object().bucket(bucket).key(key).send();
        let body = object.await.unwrap().body.collect().await.unwrap().to_vec();
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(&body[..])
            .read_to_string(&mut text)
            .unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

const PREFIX: &str = "siem/v1/contoso-2/";

/// Runs a script without holding up the test's other work.
async fn run(python: &Python, script: &'static str, args: &[&str]) -> String {
    let python = python.clone();
    let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
    tokio::task::spawn_blocking(move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        python.run(script, &args, "").unwrap()
    })
    .await
    .unwrap()
}

/// Hostile as alerts may be: line breaks, quotes, brackets, what is not quite a line break.
fn records() -> Vec<Value> {
    (0..25)
        .map(|n| {
            json!({
                "AlertId": format!("da{n}"), "AlertPart": n, "Actor": null,
                "AlertTitle": "]},{\n\r\n\u{2028}\u{85}\u{0} \u{ffff} \"é 🦀\" + %2B",
            })
        })
        .collect()
}

async fn write(queue: &dyn Queue) {
    let messages: Vec<_> = records()
        .iter()
        .enumerate()
        .map(|(n, record)| Message {
            key: n.to_string(),
            group: "contoso-2".to_owned(),
            time: Some(Timestamp::from_second(1_772_359_200 + n as i64).unwrap()),
            body: record.to_string(),
            attributes: Vec::new(),
        })
        .collect();
    queue.begin().await;
    assert_eq!(queue.send(&messages).await.unwrap(), []);
    queue.flush().await.unwrap();
}

/// Each reader finds the test event harmless, every object once, and every record in it.
async fn every_reader_gets_every_record<'r>(
    readers: impl Iterator<Item = &'r Reader>,
    bucket: &Bucket,
    notified: &Notified,
) {
    let sent: BTreeSet<String> = records().iter().map(ToString::to_string).collect();
    for reader in readers {
        let mut read = Vec::new();
        let mut objects = BTreeSet::new();
        for body in &notified.bodies {
            let told = reader
                .objects(body)
                .unwrap_or_else(|field| panic!("{} stumbles over {field}", reader.name));
            for (in_bucket, key) in told {
                assert!(key.ends_with(".jsonl.gz"), "{key}");
                // Plain keys are told of as they are.
                assert!(body.contains(&key), "{key}");
                read.extend(bucket.lines(&in_bucket, &key).await);
                objects.insert(key);
            }
        }
        assert_eq!((objects.len(), read.len()), (3, 25), "{}", reader.name);
        let read: BTreeSet<String> = read
            .iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap().to_string())
            .collect();
        assert_eq!(read, sent, "{}", reader.name);
    }
}

#[tokio::test]
async fn a_queue_is_told_of_each_object_once() {
    let bucket = Bucket::new("sqs").await;
    write(&bucket.queue()).await;
    // Sent again after a crash: the same objects, of which nobody is told again.
    write(&bucket.queue()).await;
    let notified = bucket.read(3).await;
    let first: Value = serde_json::from_str(&notified.bodies[0]).unwrap();
    assert_eq!(
        (notified.tests, &first["Event"]),
        (1, &json!("s3:TestEvent"))
    );
    assert_eq!(notified.bodies.len(), 4);
    assert_eq!(sorted(notified.records.clone()), sorted(records()));
    every_reader_gets_every_record(READERS.iter(), &bucket, &notified).await;
}

#[tokio::test]
async fn a_topic_hands_the_same_on_to_its_queue() {
    let bucket = Bucket::new("sns").await;
    write(&bucket.queue()).await;
    let notified = bucket.read(3).await;
    assert_eq!(sorted(notified.records.clone()), sorted(records()));
    for body in &notified.bodies {
        let envelope: Value = serde_json::from_str(body).unwrap();
        assert_eq!(envelope["Type"], "Notification");
    }
    every_reader_gets_every_record(READERS.iter().filter(|r| r.unwraps), &bucket, &notified).await;
}

/// Why keys are plain: of others, readers make different things.
#[tokio::test]
async fn a_key_that_is_not_plain_is_told_of_encoded() {
    let bucket = Bucket::new("sqs").await;
    let key = format!("{PREFIX}a b=c.jsonl.gz");
    let body = {
        let mut gzip = flate2::read::GzEncoder::new(&b"{}\n"[..], flate2::Compression::fast());
        let mut body = Vec::new();
        gzip.read_to_end(&mut body).unwrap();
        body
    };
    let put = bucket.client.put_object().bucket(&bucket.name).key(&key);
    put.body(body.into()).send().await.unwrap();
    let notified = bucket.read(1).await;
    assert_eq!(notified.records, [json!({})]);
    let told = notified.bodies.last().unwrap();
    assert!(told.contains("a+b%3Dc.jsonl.gz"), "{told}");
    for reader in READERS {
        let objects = reader.objects(told).unwrap();
        assert_eq!(objects[0].1 == key, reader.plus_is_blank, "{}", reader.name);
    }
}

fn sorted(mut records: Vec<Value>) -> Vec<Value> {
    records.sort_by_key(|record| record["AlertPart"].as_u64());
    records
}
