use aws_sdk_sqs::types::{Message, MessageSystemAttributeName, QueueAttributeName};
use drawbridge_emulator::Emulator;
use drawbridge_simulator::{Alerts, Options, Simulator};
use serde_json::{Value, json};

const TENANT: &str = "contoso";
const BUCKET: &str = "state";

/// The emulated cloud with what the function needs, and the simulated Graph.
pub(crate) struct Cloud {
    pub(crate) emulator: Emulator,
    pub(crate) simulator: Simulator,
    sqs: aws_sdk_sqs::Client,
    secret_arn: String,
    records_url: String,
    jobs_url: String,
}

/// A job's message, received and not deleted.
pub(crate) struct Job(Message);

impl Job {
    /// What Lambda makes of it for the function.
    pub(crate) fn event(&self) -> Value {
        let message = &self.0;
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
}

impl Cloud {
    pub(crate) async fn start(alerts: &[Value]) -> Self {
        let alerts = Alerts::parse(Value::from(alerts).to_string().as_bytes()).unwrap();
        let simulator = drawbridge_simulator::start(Options::default(), alerts);
        let simulator = simulator.await.unwrap();
        let emulator = Emulator::start().await.unwrap();
        let config = emulator.sdk_config().await;
        let s3 = drawbridge_store::s3_client(&config);
        s3.create_bucket().bucket(BUCKET).send().await.unwrap();
        let secrets = aws_sdk_secretsmanager::Client::new(&config);
        let secret = secrets.create_secret().name("graph");
        let secret = secret.secret_string(Options::default().client_secret);
        let secret_arn = secret.send().await.unwrap().arn.unwrap();
        let sqs = aws_sdk_sqs::Client::new(&config);
        // Read to its end without deleting: nothing is to come back meanwhile.
        let records = sqs
            .create_queue()
            .queue_name("records")
            .attributes(QueueAttributeName::VisibilityTimeout, "43200");
        let jobs = sqs
            .create_queue()
            .queue_name("jobs.fifo")
            .attributes(QueueAttributeName::FifoQueue, "true")
            .attributes(QueueAttributeName::VisibilityTimeout, "360");
        Self {
            records_url: records.send().await.unwrap().queue_url.unwrap(),
            jobs_url: jobs.send().await.unwrap().queue_url.unwrap(),
            emulator,
            simulator,
            sqs,
            secret_arn,
        }
    }

    /// The function's own settings.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let tenants = json!([{
            "name": TENANT,
            "tenant_id": Options::default().tenant_id,
            "client_id": Options::default().client_id,
            "secret": self.secret_arn,
            "login_url": self.simulator.login_url(),
            "graph_url": self.simulator.graph_url(),
            "first_lookback_secs": 7200,
            "page_size": 20,
        }]);
        vec![
            ("DRAWBRIDGE_TENANTS", tenants.to_string()),
            ("DRAWBRIDGE_BUCKET", BUCKET.to_owned()),
            (
                "DRAWBRIDGE_OUTPUTS",
                format!(
                    r#"[{{"format":"siem","shape":"messages","queue_url":"{}"}}]"#,
                    self.records_url
                ),
            ),
            ("DRAWBRIDGE_JOBS_QUEUE_URL", self.jobs_url.clone()),
        ]
    }

    /// The next job of the queue; if there is none, the timer's tick of that number makes one.
    pub(crate) async fn next_job(&self, tick: u64) -> Job {
        for _ in 0..100 {
            let receive = self.sqs.receive_message().queue_url(&self.jobs_url);
            let receive = receive.message_system_attribute_names(MessageSystemAttributeName::All);
            let got = receive.max_number_of_messages(1).send().await.unwrap();
            if let Some(message) = got.messages.unwrap_or_default().pop() {
                return Job(message);
            }
            let send = self.sqs.send_message().queue_url(&self.jobs_url);
            send.message_body(json!({"tenant": TENANT}).to_string())
                .message_group_id(TENANT)
                .message_deduplication_id(format!("timer-{TENANT}-{tick}"))
                .send()
                .await
                .unwrap();
        }
        unreachable!("the queue gives nothing of what it took")
    }

    pub(crate) async fn redeliver(&self, job: &Job) {
        let change = self.sqs.change_message_visibility();
        change
            .queue_url(&self.jobs_url)
            .set_receipt_handle(job.0.receipt_handle.clone())
            .visibility_timeout(0)
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn delete(&self, job: &Job) {
        let delete = self.sqs.delete_message().queue_url(&self.jobs_url);
        delete
            .set_receipt_handle(job.0.receipt_handle.clone())
            .send()
            .await
            .unwrap();
    }

    /// Every message of the output queue: key and body.
    pub(crate) async fn drain(&self) -> Vec<(String, String)> {
        let mut drained = Vec::new();
        loop {
            let receive = self.sqs.receive_message().queue_url(&self.records_url);
            let receive = receive.max_number_of_messages(10);
            let got = receive.message_attribute_names("All").send().await.unwrap();
            let messages = got.messages.unwrap_or_default();
            if messages.is_empty() {
                return drained;
            }
            for message in messages {
                let attributes = message.message_attributes.unwrap();
                let key = attributes["key"].string_value.clone().unwrap();
                drained.push((key, message.body.unwrap()));
            }
        }
    }
}
