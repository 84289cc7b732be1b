//! The deliver function's handler on an emulated queue and bucket: what waits comes back, large
//! bodies are fetched, what is refused lies in the bucket.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsMessage, SqsMessageAttribute};
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message as Received, MessageSystemAttributeName, QueueAttributeName};
use drawbridge_deliver::lambda::Handler;
use drawbridge_deliver::{Deliverer, Later, Outcome, Record, Target};
use drawbridge_lambda::SqsVisibility;
use drawbridge_queue::{Message, Offload, Queue as _, SqsQueue};
use drawbridge_store::{S3Store, Store, s3_client};
use drawbridge_time::{Deadline, SystemClock};

use crate::cloud;

/// Asks to wait a second the first time, then takes all but `refused`.
#[derive(Default)]
struct Siem {
    calls: Mutex<usize>,
    taken: Mutex<Vec<(String, usize)>>,
}

#[async_trait]
impl Target for Siem {
    fn name(&self) -> &'static str {
        "siem"
    }

    async fn deliver(&self, records: &[Record], _until: Deadline) -> Vec<Outcome> {
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        let of = |record: &Record| match (*calls, record.key.as_str()) {
            (1, _) => Outcome::Later(Later {
                after: Some(Duration::from_secs(1)),
                reason: "busy".into(),
            }),
            (_, "refused") => Outcome::Refused("never".into()),
            (_, key) => {
                let mut taken = self.taken.lock().unwrap();
                taken.push((key.to_owned(), record.body.len()));
                Outcome::Taken
            }
        };
        records.iter().map(of).collect()
    }
}

/// A message as Lambda's event source hands it over.
fn event(received: &Received) -> SqsMessage {
    let mut message = SqsMessage::default();
    message.message_id = received.message_id.clone();
    message.receipt_handle = received.receipt_handle.clone();
    message.body = received.body.clone();
    for (name, value) in received.attributes.iter().flatten() {
        let name = name.as_str().to_owned();
        message.attributes.insert(name, value.clone());
    }
    for (name, value) in received.message_attributes.iter().flatten() {
        let mut attribute = SqsMessageAttribute::default();
        attribute.string_value = value.string_value.clone();
        message.message_attributes.insert(name.clone(), attribute);
    }
    message
}

/// Receives until there are `count`, for half a minute at most.
async fn receive(client: &Client, url: &str, count: usize) -> Vec<SqsMessage> {
    let mut messages = Vec::new();
    for _ in 0..15 {
        let received = client
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10)
            .wait_time_seconds(2)
            .message_attribute_names("All")
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .send()
            .await
            .unwrap();
        messages.extend(received.messages().iter().map(event));
        if messages.len() >= count {
            break;
        }
    }
    assert_eq!(messages.len(), count);
    messages
}

#[tokio::test]
async fn what_waits_comes_back_and_what_is_refused_is_kept() {
    let config = cloud::config().await;
    let bucket = cloud::unique("bucket");
    let s3 = s3_client(&config);
    s3.create_bucket().bucket(&bucket).send().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(S3Store::new(s3, &bucket));
    let client = Client::new(&config);
    // So long that nothing comes back by itself while the test runs.
    let created = client
        .create_queue()
        .queue_name(cloud::unique("records"))
        .attributes(QueueAttributeName::VisibilityTimeout, "3600");
    let url = created.send().await.unwrap().queue_url.unwrap();

    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(1_200_000));
    let bodies = [("small", "{}"), ("refused", "{\"a\":1}"), ("large", &large)];
    let messages: Vec<Message> = bodies
        .iter()
        .map(|(key, body)| Message {
            time: None,
            key: (*key).to_owned(),
            group: String::new(),
            body: (*body).to_owned(),
            attributes: vec![
                ("key", (*key).to_owned()),
                ("tenant", "contoso".to_owned()),
                ("format", "native".to_owned()),
            ],
        })
        .collect();
    let queue = SqsQueue::new(client.clone(), &url).with_offload(Offload::of_output(
        Arc::clone(&store),
        &bucket,
        "native",
    ));
    assert_eq!(queue.send(&messages).await.unwrap(), []);

    let siem = Arc::new(Siem::default());
    let handler = Handler::new(
        Deliverer::new(Arc::clone(&siem) as _, Arc::clone(&store)),
        Arc::new(SqsVisibility::new(client.clone(), url.clone())),
        Arc::new(SystemClock),
        bucket.clone(),
    );
    let soon = || Deadline::after(Duration::from_secs(60));
    let failures = handler
        .handle(receive(&client, &url, 3).await, soon())
        .await;
    assert_eq!(failures.len(), 3);
    // They are hidden for a second now, and not for an hour.
    let failures = handler
        .handle(receive(&client, &url, 3).await, soon())
        .await;
    assert!(failures.is_empty());

    let mut taken = siem.taken.lock().unwrap().clone();
    taken.sort();
    assert_eq!(
        taken,
        [("large".to_owned(), large.len()), ("small".to_owned(), 2)]
    );
    let listed = s3_client(&config)
        .list_objects_v2()
        .bucket(&bucket)
        .prefix("quarantine/contoso/undeliverable/")
        .send()
        .await
        .unwrap();
    assert_eq!(listed.contents().len(), 1);
    let object = store
        .get(listed.contents()[0].key().unwrap())
        .await
        .unwrap();
    let item: serde_json::Value = serde_json::from_slice(&object.unwrap().body).unwrap();
    assert_eq!(
        (&item["record"], &item["reason"]),
        (&"{\"a\":1}".into(), &"never".into())
    );
}
