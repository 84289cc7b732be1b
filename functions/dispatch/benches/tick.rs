//! How long a tick of 3,000 tenants takes: `cargo bench -p drawbridge-dispatch`.
//!
//! In memory it is the function's own work: names, jobs, batches. Against the emulated cloud, on
//! the same machine, it is mostly the emulator's: it answers a call at a time.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]
#![allow(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName;
use bytes::Bytes;
use drawbridge_dispatch::{Dispatcher, Tick};
use drawbridge_emulator::Emulator;
use drawbridge_queue::testing::MemoryQueue;
use drawbridge_queue::{SqsQueue, SqsSettings};
use drawbridge_store::testing::MemoryStore;
use drawbridge_store::{Catalogue as _, S3Store, Store as _};
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
        let store = Arc::new(MemoryStore::of_keys((0..TENANTS).map(key)));
        let queue = Arc::new(MemoryQueue::default());
        let dispatcher = Dispatcher::new(Vec::new(), store, queue.clone());
        let took = shortest(&dispatcher).await;
        assert_eq!(queue.bodies().len(), TIMES * TENANTS);
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
    for time in 0..TIMES {
        // Each of these lists.
        let event = json!({ "time": format!("2026-01-01T00:{:02}:00Z", 5 * time) });
        let tick = Tick::of(&event, jiff::Timestamp::UNIX_EPOCH).unwrap();
        let began = Instant::now();
        assert_eq!(dispatcher.dispatch(tick).await.unwrap(), TENANTS);
        shortest = shortest.min(began.elapsed());
    }
    shortest
}
