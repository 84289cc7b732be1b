use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Attribute;
use drawbridge_cursor::State;
use drawbridge_e2e::{
    Bundle, Consumer, Received, Stack, create_secret, read_from, tenant_document,
};
use drawbridge_emulator::{Emulator, Options};
use drawbridge_simulator::{Alerts, Simulator};
use drawbridge_store::{S3Store, Store as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::intake::FakeSiem;

pub(crate) const STACK: &str = "siem-feed";
pub(crate) const TENANT: &str = "contoso";
pub(crate) const HOOK_SECRET: &str = "hunter2-hook";

/// The emulated cloud with the stack in it, the simulated Graph, and a SIEM that reads.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) simulator: Simulator,
    pub(crate) stack: Stack,
    pub(crate) consumer: Consumer,
    pub(crate) intake: FakeSiem,
    bundle: Bundle,
    parameters: Vec<(&'static str, String)>,
    pub(crate) store: S3Store,
    pub(crate) sqs: aws_sdk_sqs::Client,
}

/// An emulated cloud in which policies count.
pub(crate) async fn emulator() -> Emulator {
    let options = Options {
        auth: true,
        ..Options::default()
    };
    Emulator::start_with(options)
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

impl World {
    pub(crate) async fn create(binaries: &Path, alerts: &[Value]) -> Self {
        let alerts = Value::from(alerts).to_string();
        let alerts = Alerts::parse(alerts.as_bytes()).unwrap();
        let simulator =
            drawbridge_simulator::start(drawbridge_simulator::Options::default(), alerts)
                .await
                .unwrap();
        let emulator = emulator().await;
        let intake = FakeSiem::start();
        let known = drawbridge_simulator::Options::default();
        let hook = create_secret(&emulator, "hook", HOOK_SECRET).await.unwrap();
        // The quick start's parameters, and the other outputs for another tenant.
        let mut parameters = vec![
            ("TenantId", known.tenant_id.clone()),
            ("ClientId", known.client_id.clone()),
            ("TenantName", TENANT.to_owned()),
            ("NativeOutput", "both".to_owned()),
            ("DeliverTarget", "webhook".to_owned()),
            ("DeliverOutput", "native".to_owned()),
            ("DeliverSettings", json!({"url": intake.url()}).to_string()),
            ("DeliverSecretArn", hook),
            // The consumer of siem reads with Amazon's Extended Client.
            ("MessagePointers", "yes".to_owned()),
            // Until the test has all functions begin anew.
            ("TenantMetrics", "yes".to_owned()),
        ];
        parameters.extend(read_from(&simulator));
        let bundle = Bundle::make(&emulator, binaries).unwrap();
        let stack = deploy(&emulator, &bundle, &parameters);
        // The same tenant as a document, without sweeps and for one output; the administrator's list
        // lets it take the place of the parameters.
        let list = format!(
            "[{TENANT}]\ntenant_id = \"{}\"\nclient_id = \"{}\"\nreplaces_first_tenant = true\n",
            known.tenant_id, known.client_id
        );
        let document = tenant_document(STACK, TENANT) + "outputs = [\"siem\"]\n";
        let key = format!("tenants/{TENANT}.toml");
        for (key, text) in [("admin/tenants.toml", &list), (&key, &document)] {
            let put = stack.put_document(&emulator, key, text);
            put.await.unwrap();
        }
        let config = emulator.sdk_config().await;
        let bucket = stack.output("BucketName").unwrap();
        Self {
            consumer: Consumer::create(&emulator, &stack, "Siem").unwrap(),
            intake,
            bundle,
            parameters,
            store: S3Store::new(drawbridge_store::s3_client(&config), bucket),
            sqs: aws_sdk_sqs::Client::new(&config),
            emulator,
            simulator,
            stack,
        }
    }

    /// Deploys the same bundle again with one more parameter.
    pub(crate) fn update(&mut self, parameter: (&'static str, &str)) {
        self.parameters.push((parameter.0, parameter.1.to_owned()));
        self.stack = deploy(&self.emulator, &self.bundle, &self.parameters);
    }

    /// Waits until a poll has asked Graph more than `asked` times, and until the function is done
    /// with every job: none waits and none is being done.
    pub(crate) async fn poll_is_done(&self, asked: u64) {
        self.wait(120, "no poll came", async || {
            self.simulator.stats().list_requests > asked
        })
        .await;
        self.wait(60, "a job is not done", async || {
            self.depth("JobsQueueUrl").await == 0
        })
        .await;
    }

    /// Waits for a condition; says what is amiss if it does not come.
    pub(crate) async fn wait(&self, secs: u32, amiss: &str, is_so: impl AsyncFn() -> bool) {
        for _ in 0..secs * 10 {
            if is_so().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{amiss} within {secs} s:\n{}", self.emulator.log_tail(60));
    }

    /// How many messages a queue holds, those included that somebody has received.
    pub(crate) async fn depth(&self, output: &str) -> u32 {
        let counts = vec![
            Attribute::ApproximateNumberOfMessages,
            Attribute::ApproximateNumberOfMessagesNotVisible,
        ];
        let got = self.sqs.get_queue_attributes().queue_url(self.url(output));
        let got = got.set_attribute_names(Some(counts)).send().await.unwrap();
        let counts = got.attributes.unwrap();
        counts.values().map(|n| n.parse::<u32>().unwrap()).sum()
    }

    /// The tenant's state object, as JSON.
    pub(crate) async fn state(&self) -> Value {
        let key = format!("state/{TENANT}.json");
        let object = self.store.get(&key).await.unwrap().unwrap();
        serde_json::from_slice(&object.body).unwrap()
    }

    /// Up to when everything was read, as the state says.
    pub(crate) async fn read_up_to(&self) -> Timestamp {
        let key = format!("state/{TENANT}.json");
        let object = self.store.get(&key).await.unwrap().unwrap();
        let state = State::decode_head(&object.body).unwrap();
        state.read_up_to().unwrap()
    }

    pub(crate) fn url(&self, output: &str) -> &str {
        self.stack.output(output).unwrap()
    }
}

fn deploy(emulator: &Emulator, bundle: &Bundle, parameters: &[(&str, String)]) -> Stack {
    let parameters: Vec<_> = parameters.iter().map(|(k, v)| (*k, v.as_str())).collect();
    Stack::deploy(emulator, STACK, bundle, &parameters).unwrap()
}

/// The bodies by their keys; each must have come once.
pub(crate) fn by_key(read: Vec<Received>) -> BTreeMap<String, String> {
    let count = read.len();
    let bodies: BTreeMap<_, _> = read
        .into_iter()
        .map(|mut record| (record.attributes.remove("key").unwrap(), record.body))
        .collect();
    assert_eq!(bodies.len(), count, "a record came twice");
    bodies
}
