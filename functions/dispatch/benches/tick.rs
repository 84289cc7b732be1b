//! How long a tick of 3,000 tenants takes: `cargo bench -p drawbridge-dispatch`.
//!
//! In memory it is the function's own work: names, jobs, batches. Against the emulated cloud, on
//! the same machine, it is mostly the emulator's: it answers a call at a time.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sqs::types::QueueAttributeName;
use bytes::Bytes;
use drawbridge_dispatch::{Dispatcher, Tick};
use drawbridge_emulator::Emulator;
use drawbridge_queue::{Message, Queue, QueueError, Refused, SqsQueue, SqsSettings};
use drawbridge_store::{Catalogue, ETag, Object, S3Store, Store, StoreError};
use futures::{StreamExt as _, stream};
use serde_json::json;

const TENANTS: usize = 3000;

/// How often each is measured; the shortest counts.
const TIMES: usize = 5;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let listed = Arc::new(Listed((0..TENANTS).map(key).collect()));
        let memory = Arc::new(Memory::default());
        let dispatcher = Dispatcher::new(Vec::new(), listed, memory.clone());
        let took = shortest(&dispatcher).await;
        assert_eq!(memory.0.load(Ordering::Relaxed), TIMES * TENANTS);
        println!("{TENANTS} tenants in memory: {took:.1?}");
        emulated().await;
    });
}

async fn emulated() {
    let emulator = Emulator::start().await.unwrap();
    let config = emulator.sdk_config().await;
    let s3 = drawbridge_store::s3_client(&config);
    s3.create_bucket().bucket("state").send().await.unwrap();
    let store = S3Store::new(s3, "state");
    let puts = (0..TENANTS).map(|n| {
        let store = store.clone();
        async move {
            store
                .put(&key(n), Bytes::from_static(b"-"), "text/plain")
                .await
        }
    });
    let put: Vec<_> = stream::iter(puts).buffer_unordered(16).collect().await;
    assert!(put.iter().all(Result::is_ok));
    let began = Instant::now();
    assert_eq!(store.list("tenants/").await.unwrap().len(), TENANTS);
    println!(
        "{TENANTS} names listed from the emulator: {:.1?}",
        began.elapsed()
    );

    let sqs = aws_sdk_sqs::Client::new(&config);
    for calls_in_flight in [1, 4, 8, 16] {
        let queue = sqs
            .create_queue()
            .queue_name(format!("jobs-{calls_in_flight}.fifo"))
            .attributes(QueueAttributeName::FifoQueue, "true");
        let url = queue.send().await.unwrap().queue_url.unwrap();
        let settings = SqsSettings {
            calls_in_flight,
            ..SqsSettings::default()
        };
        let queue = Arc::new(SqsQueue::new(sqs.clone(), url).with_settings(settings));
        let dispatcher = Dispatcher::new(Vec::new(), Arc::new(store.clone()), queue);
        let took = shortest(&dispatcher).await;
        println!("{TENANTS} tenants in the emulator, {calls_in_flight} calls at once: {took:.1?}");
    }
}

fn key(n: usize) -> String {
    format!("tenants/tenant-{n:04}.toml")
}

async fn shortest(dispatcher: &Dispatcher) -> Duration {
    let mut shortest = Duration::MAX;
    for minute in 0..TIMES {
        let event = json!({ "time": format!("2026-01-01T00:{minute:02}:00Z") });
        let tick = Tick::of(&event, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let began = Instant::now();
        assert_eq!(dispatcher.dispatch(tick).await.unwrap(), TENANTS);
        shortest = shortest.min(began.elapsed());
    }
    shortest
}

/// A queue that counts.
#[derive(Default)]
struct Memory(AtomicUsize);

#[async_trait]
impl Queue for Memory {
    async fn send(&self, messages: &[Message]) -> Result<Vec<Refused>, QueueError> {
        self.0.fetch_add(messages.len(), Ordering::Relaxed);
        Ok(Vec::new())
    }

    async fn flush(&self) -> Result<(), QueueError> {
        Ok(())
    }
}

/// A store that can only be listed.
struct Listed(Vec<String>);

#[async_trait]
impl Store for Listed {
    async fn get(&self, _: &str) -> Result<Option<Object>, StoreError> {
        unreachable!("no document is opened")
    }

    async fn put(&self, _: &str, _: Bytes, _: &str) -> Result<ETag, StoreError> {
        unreachable!("nothing is written")
    }

    async fn put_if(
        &self,
        _: &str,
        _: Bytes,
        _: &str,
        _: Option<&ETag>,
    ) -> Result<ETag, StoreError> {
        unreachable!("nothing is written")
    }
}

#[async_trait]
impl Catalogue for Listed {
    async fn list(&self, _: &str) -> Result<Vec<String>, StoreError> {
        Ok(self.0.clone())
    }

    async fn delete(&self, _: &str) -> Result<(), StoreError> {
        unreachable!("nothing is removed")
    }
}
