//! The whole way of a row that `deliver` serves: alerts in the simulated Graph, the poll handler, a
//! queue of the emulated SQS, and the deliver function in the emulated Lambda.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use drawbridge_e2e::{Python, create_secret, functions};
use drawbridge_poll::{Grouping, Output};
use drawbridge_queue::{Offload, SqsQueue};
use drawbridge_record::{Format, Record, format};
use drawbridge_store::{S3Store, Store, s3_client};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::cloud;
use crate::consumers::index::Row;
use crate::consumers::{alerts, bridge};

/// The token or key of every target.
pub(crate) const SECRET: &str = "hunter2-intake";

/// Longer than a record is hidden after an intake has dropped the connection.
const PATIENCE_SECS: u32 = 150;

/// One row's alerts on their way.
pub(crate) struct Delivery {
    /// What the simulated Graph has.
    pub(crate) alerts: Vec<String>,
    /// The records that the mapping alone makes of them.
    pub(crate) records: Vec<Record>,
    bucket: String,
    queue_url: String,
    sqs: aws_sdk_sqs::Client,
}

impl Delivery {
    /// Creates queue and function of the row, with these settings of its target, and polls.
    pub(crate) async fn begin(row: &Row, settings: Value) -> Self {
        let format = format(&row.format).unwrap();
        let config = cloud::config().await;
        let name = cloud::unique(&format!("deliver-{}-{}", row.setting, row.format));
        let s3 = s3_client(&config);
        s3.create_bucket().bucket(&name).send().await.unwrap();
        let sqs = aws_sdk_sqs::Client::new(&config);
        // As the template makes a queue that is delivered.
        let created = sqs
            .create_queue()
            .queue_name(&name)
            .attributes(Attribute::VisibilityTimeout, "720")
            .attributes(Attribute::MessageRetentionPeriod, "1209600");
        let queue_url = created.send().await.unwrap().queue_url.unwrap();
        let alerts = alerts::all();
        let of = |alert: &String| alerts::records(format, alert);
        let delivery = Self {
            records: alerts.iter().flat_map(of).collect(),
            alerts,
            bucket: name,
            queue_url,
            sqs,
        };
        delivery.create_function(&row.setting, settings).await;
        delivery.poll(format).await;
        delivery
    }

    /// The function, with the environment that the template gives it.
    async fn create_function(&self, target: &str, mut settings: Value) {
        settings["target"] = target.into();
        if target != "syslog" {
            let emulator = cloud::emulator().await;
            let name = format!("{}-secret", self.bucket);
            settings["secret"] = create_secret(emulator, &name, SECRET).await.unwrap().into();
        }
        let variables = json!({
            "DRAWBRIDGE_DELIVER": settings.to_string(),
            "DRAWBRIDGE_BUCKET": self.bucket,
            "DRAWBRIDGE_QUEUE_URL": self.queue_url,
        });
        let mapping = json!({
            "BatchSize": 1000, "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": {"MaximumConcurrency": 2},
        });
        let arn = self.attributes(&[Attribute::QueueArn]).await.remove(0);
        let bootstrap = bootstrap().await.to_str().unwrap().to_owned();
        let args = [bootstrap, self.bucket.clone(), arn, mapping.to_string()];
        let python = Python::root(cloud::emulator().await);
        bridge::run_on(&python, "create_function.py", &args, variables.to_string()).await;
    }

    async fn poll(&self, format: &'static dyn Format) {
        let client = s3_client(&cloud::config().await);
        let store: Arc<dyn Store> = Arc::new(S3Store::new(client, &self.bucket));
        let offload = Offload::of_output(store, &self.bucket, format.name());
        let queue = SqsQueue::new(self.sqs.clone(), &self.queue_url).with_offload(offload);
        let output = Output::new(format, Arc::new(queue), Grouping::Tenant);
        bridge::poll_into(&self.alerts, vec![output], self.records.len()).await;
    }

    /// The records by their keys.
    pub(crate) fn by_key(&self) -> BTreeMap<&str, &Record> {
        let records = self.records.iter();
        records
            .map(|record| (record.key.as_str(), record))
            .collect()
    }

    /// Waits until all records have arrived by their keys and the queue is empty; those that did,
    /// as often as they did. Nothing may have been put aside.
    pub(crate) async fn arrived(&self, arrived: impl Fn() -> Vec<String>) -> Vec<String> {
        let wanted: BTreeSet<String> = self.records.iter().map(|r| r.key.clone()).collect();
        assert_eq!(wanted.len(), self.records.len());
        let mut emptied = 0;
        for _ in 0..PATIENCE_SECS * 10 {
            // What has left the queue has arrived, if only some server has written it down.
            emptied += u32::from(self.waiting().await == 0);
            let keys: BTreeSet<String> = arrived().into_iter().collect();
            if wanted.is_subset(&keys) && emptied > 0 {
                assert_eq!(keys, wanted, "there are more");
                assert_eq!(self.put_aside().await, Vec::<String>::new());
                let log = cloud::emulator().await.log_tail(10_000);
                assert!(!log.contains(SECRET), "a secret is in the log");
                return arrived();
            }
            // A server may take its time on a busy machine, but not a minute.
            if emptied > 600 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let keys: BTreeSet<String> = arrived().into_iter().collect();
        let missing = wanted.difference(&keys).count();
        let log = cloud::emulator().await.log_tail(60);
        panic!("{missing} of {} are missing:\n{log}", wanted.len());
    }

    /// The same, of an intake that takes nothing twice when it is sent nothing twice: each came
    /// once.
    pub(crate) async fn arrived_once(&self, keys: impl Fn() -> Vec<String>) {
        let came = self.arrived(keys).await.len();
        assert_eq!(came, self.records.len(), "some came twice");
    }

    /// How many messages the queue holds, those included that the function has.
    async fn waiting(&self) -> usize {
        let counts = self.attributes(&[
            Attribute::ApproximateNumberOfMessages,
            Attribute::ApproximateNumberOfMessagesNotVisible,
        ]);
        let counts = counts.await.into_iter();
        counts.map(|count| count.parse::<usize>().unwrap()).sum()
    }

    async fn attributes(&self, names: &[Attribute]) -> Vec<String> {
        let got = self.sqs.get_queue_attributes().queue_url(&self.queue_url);
        let got = got.set_attribute_names(Some(names.to_vec())).send().await;
        let attributes = got.unwrap().attributes.unwrap();
        names.iter().map(|name| attributes[name].clone()).collect()
    }

    async fn put_aside(&self) -> Vec<String> {
        let client = s3_client(&cloud::config().await);
        let listed = client.list_objects_v2().bucket(&self.bucket);
        let listed = listed.prefix("quarantine/").send().await.unwrap();
        let keys = listed.contents().iter().filter_map(|object| object.key());
        keys.map(str::to_owned).collect()
    }
}

/// The function, looked for once for all tests of this binary.
async fn bootstrap() -> &'static PathBuf {
    static BUILT: OnceCell<PathBuf> = OnceCell::const_new();
    let build = async || {
        let built = tokio::task::spawn_blocking(|| functions().unwrap());
        built.await.unwrap().join("deliver")
    };
    BUILT.get_or_init(build).await
}
