//! A tick of 3,000 tenants: each has its job once, in as few calls as there can be.

use std::sync::Arc;

use aws_sdk_sqs::types::QueueAttributeName;
use bytes::Bytes;
use drawbridge_costs::Facts;
use drawbridge_cursor::Job;
use drawbridge_dispatch::{Dispatcher, Tick};
use drawbridge_emulator::{Emulator, Options};
use drawbridge_queue::SqsQueue;
use drawbridge_store::{S3Store, Store as _};
use futures::{StreamExt as _, stream};
use jiff::Timestamp;
use serde_json::json;

const TENANTS: usize = 3000;

/// Names in an answer of S3, and messages in a call of SQS.
const PAGE: usize = 1000;
const BATCH: usize = 10;

fn name(n: usize) -> String {
    format!("tenant-{n:04}")
}

/// How often that action was called since `before` calls.
fn count(emulator: &Emulator, before: usize, action: &str) -> usize {
    let calls = emulator.calls();
    let calls = calls[before..].iter();
    calls.filter(|call| call.action == action).count()
}

/// An emulated cloud with documents of so many tenants and a queue of jobs.
struct Stack {
    emulator: Emulator,
    sqs: aws_sdk_sqs::Client,
    url: String,
    dispatcher: Dispatcher,
}

async fn stack(tenants: usize) -> Stack {
    // Calls are noted only where they are checked.
    let options = Options {
        auth: true,
        ..Options::default()
    };
    let emulator = Emulator::start_with(options).await.unwrap();
    let config = emulator.sdk_config().await;
    let s3 = drawbridge_store::s3_client(&config);
    s3.create_bucket().bucket("state").send().await.unwrap();
    let store = S3Store::new(s3, "state");
    // No document is opened by a tick, so that what they say does not matter.
    let puts = (0..tenants).map(|n| {
        let store = store.clone();
        let ending = if n.is_multiple_of(2) { "toml" } else { "json" };
        let key = format!("tenants/{}.{ending}", name(n));
        async move {
            store
                .put(&key, Bytes::from_static(b"?"), "text/plain")
                .await
        }
    });
    let put: Vec<_> = stream::iter(puts).buffer_unordered(16).collect().await;
    assert!(put.iter().all(Result::is_ok));

    let sqs = aws_sdk_sqs::Client::new(&config);
    let create = sqs
        .create_queue()
        .queue_name("jobs.fifo")
        .attributes(QueueAttributeName::FifoQueue, "true")
        .attributes(QueueAttributeName::VisibilityTimeout, "360");
    let url = create.send().await.unwrap().queue_url.unwrap();
    let queue = Arc::new(SqsQueue::new(sqs.clone(), &url));
    let dispatcher = Dispatcher::new(Vec::new(), Arc::new(store), queue);
    Stack {
        emulator,
        sqs,
        url,
        dispatcher,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_tenants_get_one_job_each() {
    let Stack {
        emulator,
        sqs,
        url,
        dispatcher,
    } = stack(TENANTS).await;
    let event = json!({"time": "2026-01-01T00:00:00Z"});
    let tick = Tick::of(&event, Timestamp::UNIX_EPOCH).unwrap();
    // The second time is the same firing, delivered again: it goes by the listing of the first one.
    for pages in [TENANTS / PAGE, 0] {
        let before = emulator.calls().len();
        assert_eq!(dispatcher.dispatch(tick).await.unwrap(), TENANTS);
        let lists = count(&emulator, before, "s3:ListBucket");
        let sends = count(&emulator, before, "sqs:SendMessage");
        assert_eq!((lists, sends), (pages, TENANTS / BATCH));
        let gets = count(&emulator, before, "s3:GetObject");
        assert_eq!(gets, 0);
    }

    let mut tenants = Vec::with_capacity(TENANTS);
    loop {
        let receive = sqs.receive_message().queue_url(&url);
        let got = receive.max_number_of_messages(10).send().await.unwrap();
        let messages = got.messages.unwrap_or_default();
        if messages.is_empty() {
            break;
        }
        for message in messages {
            let job = Job::parse(&message.body.unwrap()).unwrap();
            assert!(job.document.is_some_and(|etag| !etag.is_empty()));
            tenants.push(job.tenant);
        }
    }
    tenants.sort_unstable();
    assert_eq!(tenants, (0..TENANTS).map(name).collect::<Vec<_>>());
}

/// What `docs/costs.md` is worked out of.
#[tokio::test(flavor = "multi_thread")]
async fn ten_ticks_list_and_send_as_often_as_a_month_is_worked_out_of() {
    let measured = Facts::read().unwrap().measured.dispatch;
    measured.tenants_per_list.check(PAGE as u64).unwrap();
    measured.jobs_per_send.check(BATCH as u64).unwrap();

    let tenants = BATCH + 1;
    let Stack {
        emulator,
        dispatcher,
        ..
    } = stack(tenants).await;

    let ticks = 10;
    let before = emulator.calls().len();
    for minute in 0..ticks {
        let event = json!({"time": format!("2026-01-01T00:{minute:02}:00Z")});
        let tick = Tick::of(&event, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(dispatcher.dispatch(tick).await.unwrap(), tenants);
    }
    let sends = count(&emulator, before, "sqs:SendMessage");
    assert_eq!(sends, ticks * tenants.div_ceil(BATCH));
    let lists = count(&emulator, before, "s3:ListBucket");
    println!("{ticks} ticks listed {lists} times");
    let per_list = &measured.ticks_per_list;
    per_list.check((ticks / lists) as u64).unwrap();
}
