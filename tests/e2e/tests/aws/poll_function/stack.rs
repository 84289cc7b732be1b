use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use drawbridge_e2e::Python;
use drawbridge_emulator::Emulator;
use drawbridge_simulator::Simulator;
use drawbridge_store::{S3Store, Store as _};
use serde_json::{Value, json};

pub(crate) const TENANT: &str = "contoso";
const FUNCTION: &str = "poll";
const BUCKET: &str = "state";

/// The poll function in the emulated cloud with all that it needs: a secret, a bucket, a queue of
/// jobs and one of records.
pub(crate) struct Stack<'e> {
    emulator: &'e Emulator,
    sqs: aws_sdk_sqs::Client,
    store: S3Store,
    records_url: String,
    jobs_url: String,
}

impl<'e> Stack<'e> {
    pub(crate) async fn create(
        emulator: &'e Emulator,
        simulator: &Simulator,
        secret: &str,
        bootstrap: &Path,
    ) -> Self {
        let config = emulator.sdk_config().await;
        let sqs = aws_sdk_sqs::Client::new(&config);
        let s3 = drawbridge_store::s3_client(&config);
        s3.create_bucket().bucket(BUCKET).send().await.unwrap();
        let created = aws_sdk_secretsmanager::Client::new(&config)
            .create_secret()
            .name("graph")
            .secret_string(secret)
            .send()
            .await
            .unwrap();
        let records_url = sqs
            .create_queue()
            .queue_name("records")
            .send()
            .await
            .unwrap()
            .queue_url
            .unwrap();
        let jobs = sqs
            .create_queue()
            .queue_name("jobs.fifo")
            .attributes(QueueAttributeName::FifoQueue, "true")
            .attributes(QueueAttributeName::VisibilityTimeout, "120");
        let jobs_url = jobs.send().await.unwrap().queue_url.unwrap();
        let tenants = json!([{
            "name": TENANT,
            "tenant_id": simulated().tenant_id,
            "client_id": simulated().client_id,
            "secret": created.arn.unwrap(),
            "login_url": simulator.login_url(),
            "graph_url": simulator.graph_url(),
            "first_lookback_secs": 7200,
            "sweeps": false,
        }]);
        let stack = Self {
            emulator,
            store: S3Store::new(s3, BUCKET),
            records_url,
            jobs_url,
            sqs,
        };
        let outputs = json!([
            {"format": "siem", "shape": "messages", "queue_url": stack.records_url},
        ]);
        let variables = json!({
            "DRAWBRIDGE_TENANTS": tenants.to_string(),
            "DRAWBRIDGE_BUCKET": BUCKET,
            "DRAWBRIDGE_OUTPUTS": outputs.to_string(),
            "DRAWBRIDGE_JOBS_QUEUE_URL": stack.jobs_url,
        });
        let jobs_arn = stack.arn(&stack.jobs_url).await;
        let told = stack.python(
            "create_function.py",
            &[
                bootstrap.to_str().unwrap(),
                FUNCTION,
                &jobs_arn,
                r#"{"BatchSize": 1}"#,
            ],
            &variables,
        );
        println!("the poll function is packaged: {told}");
        stack
    }

    async fn arn(&self, url: &str) -> String {
        let name = QueueAttributeName::QueueArn;
        let got = self
            .sqs
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(name.clone());
        got.send()
            .await
            .unwrap()
            .attributes
            .unwrap()
            .remove(&name)
            .unwrap()
    }

    /// Puts a job on the jobs queue, as the dispatch function does.
    pub(crate) async fn send_job(&self) {
        self.sqs
            .send_message()
            .queue_url(&self.jobs_url)
            .message_body(json!({"tenant": TENANT}).to_string())
            .message_group_id(TENANT)
            .message_deduplication_id("tick-1")
            .send()
            .await
            .unwrap();
    }

    /// Waits until the function is done with every job: none waits and none is being done.
    pub(crate) async fn jobs_are_done(&self) {
        let counts = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        for _ in 0..600 {
            let got = self.sqs.get_queue_attributes().queue_url(&self.jobs_url);
            let got = got
                .set_attribute_names(Some(counts.to_vec()))
                .send()
                .await
                .unwrap();
            if got.attributes.unwrap().values().all(|count| count == "0") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!(
            "a job is not done after a minute:\n{}",
            self.emulator.log_tail(60)
        );
    }

    /// Invokes the function with a job and gives its report.
    pub(crate) fn invoke(&self) -> Value {
        let told = self.python(
            "invoke_function.py",
            &[FUNCTION],
            &json!({"tenant": TENANT}),
        );
        serde_json::from_str(&told).unwrap()
    }

    /// Receives `count` messages and gives body and key of each, in any order.
    pub(crate) async fn receive(&self, count: usize) -> BTreeMap<String, String> {
        let mut received = BTreeMap::new();
        let mut idle_polls = 0;
        while received.len() < count {
            let batch = self
                .sqs
                .receive_message()
                .queue_url(&self.records_url)
                .max_number_of_messages(10)
                .wait_time_seconds(20)
                .message_attribute_names("All")
                .send()
                .await
                .unwrap();
            let messages = batch.messages.unwrap_or_default();
            idle_polls = if messages.is_empty() {
                idle_polls + 1
            } else {
                0
            };
            assert!(
                idle_polls < 3,
                "{} of {count} records came, then none for a minute:\n{}",
                received.len(),
                self.emulator.log_tail(60)
            );
            for message in messages {
                let attributes = message.message_attributes.unwrap_or_default();
                let key = attributes["key"].string_value.clone().unwrap();
                let again = received.insert(key, message.body.unwrap());
                assert_eq!(again, None, "a record came twice");
                let receipt = message.receipt_handle.unwrap();
                let delete = self.sqs.delete_message().queue_url(&self.records_url);
                delete.receipt_handle(receipt).send().await.unwrap();
            }
        }
        received
    }

    /// The tenant's state object, as JSON.
    pub(crate) async fn state(&self) -> Value {
        let object = self
            .store
            .get(&format!("state/{TENANT}.json"))
            .await
            .unwrap()
            .unwrap();
        serde_json::from_slice(&object.body).unwrap()
    }

    fn python(&self, script: &str, args: &[&str], input: &Value) -> String {
        Python::root(self.emulator)
            .run(script, args, &input.to_string())
            .unwrap_or_else(|error| panic!("{error}\n{}", self.emulator.log_tail(60)))
    }
}

/// What the simulator knows without being told otherwise.
pub(crate) fn simulated() -> drawbridge_simulator::Options {
    drawbridge_simulator::Options::default()
}
