//! A stack of its own in the emulated cloud: bucket, queues, secrets; and the jobs' way through it.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use bytes::Bytes;
use drawbridge_dispatch::{Dispatcher, Tick};
use drawbridge_emulator::Emulator;
use drawbridge_queue::SqsQueue;
use drawbridge_simulator::Simulator;
use drawbridge_store::{S3Store, Store as _};
use serde_json::{Value, json};

use super::who::{SECRET_PREFIX, Who, place};

pub(crate) struct Cloud<'e> {
    emulator: &'e Emulator,
    sqs: aws_sdk_sqs::Client,
    pub(crate) store: S3Store,
    records_url: String,
    jobs_url: String,
}

impl<'e> Cloud<'e> {
    pub(crate) async fn create(emulator: &'e Emulator, name: &str) -> Self {
        let config = emulator.sdk_config().await;
        let sqs = aws_sdk_sqs::Client::new(&config);
        let s3 = drawbridge_store::s3_client(&config);
        s3.create_bucket().bucket(name).send().await.unwrap();
        let records = sqs.create_queue().queue_name(format!("{name}-records"));
        // Read to its end without deleting: nothing is to come back meanwhile.
        let records = records.attributes(QueueAttributeName::VisibilityTimeout, "43200");
        let jobs = sqs
            .create_queue()
            .queue_name(format!("{name}-jobs.fifo"))
            .attributes(QueueAttributeName::FifoQueue, "true")
            .attributes(QueueAttributeName::VisibilityTimeout, "360");
        Self {
            emulator,
            records_url: records.send().await.unwrap().queue_url.unwrap(),
            jobs_url: jobs.send().await.unwrap().queue_url.unwrap(),
            store: S3Store::new(s3, name),
            sqs,
        }
    }

    /// Keeps a tenant's document and secret.
    pub(crate) async fn add(&self, who: &Who) {
        let (key, text) = &who.document;
        let body = Bytes::from(text.clone());
        self.store.put(key, body, "text/plain").await.unwrap();
        if let Some(secret) = &who.secret {
            let config = self.emulator.sdk_config().await;
            let secrets = aws_sdk_secretsmanager::Client::new(&config);
            let create = secrets
                .create_secret()
                .name(place(&who.name))
                .secret_string(secret);
            // It is there already when another stack of this test has the tenant.
            let _ = create.send().await;
        }
    }

    /// Allows the federated ones what their documents ask for.
    pub(crate) async fn allow<'w>(&self, all: impl Iterator<Item = &'w Who>) {
        let lines: String = all
            .map(|who| {
                let (name, simulated) = (&who.name, &who.simulated);
                format!(
                    "[{name}]\ntenant_id = {:?}\nclient_id = {:?}\n",
                    simulated.tenant_id, simulated.client_id
                )
            })
            .collect();
        let body = Bytes::from(lines);
        self.store
            .put("admin/tenants.toml", body, "application/toml")
            .await
            .unwrap();
    }

    /// What Lambda would tell the poll function.
    pub(crate) fn environment(
        &self,
        sts: &str,
        simulator: &Simulator,
    ) -> Vec<(&'static str, String)> {
        let outputs = json!([
            {"format": "siem", "shape": "messages", "queue_url": self.records_url},
        ]);
        let mut environment = self.emulator.env();
        environment.extend([
            ("AWS_ENDPOINT_URL_STS", sts.to_owned()),
            ("DRAWBRIDGE_BUCKET", self.store.bucket().to_owned()),
            ("DRAWBRIDGE_OUTPUTS", outputs.to_string()),
            ("DRAWBRIDGE_JOBS_QUEUE_URL", self.jobs_url.clone()),
            ("DRAWBRIDGE_SECRET_PREFIX", SECRET_PREFIX.to_owned()),
            ("DRAWBRIDGE_TENANT_METRICS", "yes".to_owned()),
            ("DRAWBRIDGE_LOGIN_URL", simulator.login_url().to_string()),
            ("DRAWBRIDGE_GRAPH_URL", simulator.graph_url().to_string()),
        ]);
        environment
    }

    /// What the dispatch function does with the timer's event.
    pub(crate) async fn dispatch(&self, tick: Tick) -> usize {
        let jobs = SqsQueue::new(self.sqs.clone(), &self.jobs_url);
        let store = Arc::new(self.store.clone());
        let dispatcher = Dispatcher::new(Vec::new(), store, Arc::new(jobs));
        dispatcher.dispatch(tick).await.unwrap()
    }

    /// A job that waits, if there is one.
    pub(crate) async fn job(&self) -> Option<Message> {
        let receive = self.sqs.receive_message().queue_url(&self.jobs_url);
        let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
        let got = receive.max_number_of_messages(1).send().await.unwrap();
        got.messages.unwrap_or_default().pop()
    }

    pub(crate) async fn delete(&self, job: &Message) {
        let delete = self.sqs.delete_message().queue_url(&self.jobs_url);
        let receipt = job.receipt_handle.clone();
        delete.set_receipt_handle(receipt).send().await.unwrap();
    }

    /// The records of each tenant, by the attribute that says whose they are: key and body.
    pub(crate) async fn records(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let mut records: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        loop {
            let receive = self.sqs.receive_message().queue_url(&self.records_url);
            let receive = receive.max_number_of_messages(10);
            let got = receive.message_attribute_names("All").send().await.unwrap();
            let messages = got.messages.unwrap_or_default();
            if messages.is_empty() {
                return records;
            }
            for message in messages {
                let attributes = message.message_attributes.unwrap();
                let attribute = |name: &str| attributes[name].string_value.clone().unwrap();
                let of_tenant = records.entry(attribute("tenant")).or_default();
                let again = of_tenant.insert(attribute("key"), message.body.unwrap());
                assert_eq!(again, None, "a record came twice");
            }
        }
    }
}

/// What Lambda makes of a message for the function.
pub(crate) fn event(message: &Message) -> Value {
    let attributes = message.attributes.clone().unwrap_or_default();
    let attributes: serde_json::Map<String, Value> = attributes
        .into_iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.into()))
        .collect();
    json!({"Records": [{
        "messageId": message.message_id, "receiptHandle": message.receipt_handle,
        "body": message.body, "attributes": attributes, "messageAttributes": {},
        "eventSource": "aws:sqs", "awsRegion": drawbridge_emulator::REGION,
    }]})
}
