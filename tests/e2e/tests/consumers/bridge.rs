//! One poll of the simulated Graph into every format and shape of the emulated cloud, and
//! everything that boto3 then reads there.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use drawbridge_e2e::Python;
use drawbridge_entra::{ClientSecret, Endpoints, TokenCache, TokenEndpoint};
use drawbridge_graph::Graph;
use drawbridge_http::HttpTransport;
use drawbridge_poll::{Ending, Grouping, Output, Poller, Settings, Silent, Stop, Unlisted};
use drawbridge_queue::{Content, Naming, ObjectsQueue, ObjectsSettings, Offload, SqsQueue};
use drawbridge_record::{Body, Format, formats};
use drawbridge_secrets::testing::FixedSecret;
use drawbridge_simulator::{Alerts, Options};
use drawbridge_store::{S3Store, Store, s3_client};
use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::cloud;
use crate::consumers::alerts;

pub(crate) const TENANT: &str = "contoso-2";

/// What one format's readers find.
pub(crate) struct Read {
    pub(crate) messages: Vec<Message>,
    pub(crate) notified: Notified,
}

/// A message as boto3 and Amazon's Extended Client give it.
#[derive(Deserialize)]
pub(crate) struct Message {
    pub(crate) body: String,
    pub(crate) attributes: BTreeMap<String, String>,
}

/// What S3 told, and the objects that it told of.
#[derive(Deserialize)]
pub(crate) struct Notified {
    pub(crate) bodies: Vec<String>,
    pub(crate) objects: Vec<Object>,
}

#[derive(Deserialize)]
pub(crate) struct Object {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) content_type: String,
    pub(crate) content_encoding: Option<String>,
    pub(crate) size: usize,
    pub(crate) lines: Vec<String>,
}

impl Notified {
    /// The lines of all objects.
    pub(crate) fn lines(&self) -> Vec<&str> {
        let lines = self.objects.iter().flat_map(|object| &object.lines);
        lines.map(String::as_str).collect()
    }

    pub(crate) fn object(&self, bucket: &str, key: &str) -> &Object {
        self.objects
            .iter()
            .find(|object| object.bucket == bucket && object.key == key)
            .unwrap_or_else(|| panic!("there is no object {key}"))
    }
}

/// What the readers of a format find; polled once for all tests of this binary.
pub(crate) async fn read(format: &str) -> &'static Read {
    static READ: OnceCell<HashMap<&'static str, Read>> = OnceCell::const_new();
    let read = READ.get_or_init(poll_and_read).await;
    &read[format]
}

/// The place of one format: a queue, and a bucket of whose objects another queue is told.
struct FormatOutputs {
    format: &'static dyn Format,
    queue_url: String,
    notified_url: String,
    bucket: String,
}

impl FormatOutputs {
    async fn create(format: &'static dyn Format) -> Self {
        let python = Python::root(cloud::emulator().await);
        let bucket = cloud::unique(&format!("consumers-{}", format.name()));
        let prefix = naming(format).prefix();
        let args = [bucket.clone(), prefix, "sqs".to_owned()];
        let notified_url = run(&python, "create_notified_bucket.py", &args).await;
        let sqs = aws_sdk_sqs::Client::new(&cloud::config().await);
        let queue = sqs.create_queue().queue_name(format!("{bucket}-messages"));
        Self {
            format,
            queue_url: queue.send().await.unwrap().queue_url.unwrap(),
            notified_url,
            bucket,
        }
    }

    /// Both shapes of the format.
    async fn outputs(&self) -> [Output; 2] {
        let config = cloud::config().await;
        let store: Arc<dyn Store> = Arc::new(S3Store::new(s3_client(&config), &self.bucket));
        let offload = Offload::of_output(Arc::clone(&store), &self.bucket, self.format.name());
        let sqs = aws_sdk_sqs::Client::new(&config);
        let messages = SqsQueue::new(sqs, &self.queue_url).with_offload(offload);
        let objects =
            ObjectsQueue::new(store, naming(self.format)).with_settings(ObjectsSettings {
                // So that there is more than one.
                max_object_records: 50,
                ..ObjectsSettings::default()
            });
        let mut outputs = [
            Output::new(self.format, Arc::new(messages), Grouping::Tenant),
            Output::new(self.format, Arc::new(objects), Grouping::Tenant),
        ];
        outputs[1].name = format!("{}-objects", self.format.name());
        outputs
    }

    async fn read(&self, records: usize) -> Read {
        let python = Python::root(cloud::emulator().await);
        let objects = records.div_ceil(50);
        let args = [self.queue_url.clone(), records.to_string()];
        let messages = run(&python, "consume.py", &args).await;
        let args = [self.notified_url.clone(), objects.to_string()];
        let notified = run(&python, "read_objects.py", &args).await;
        Read {
            messages: serde_json::from_str(&messages).unwrap(),
            notified: serde_json::from_str(&notified).unwrap(),
        }
    }
}

fn naming(format: &dyn Format) -> Naming {
    Naming {
        format: format.name().to_owned(),
        version: format.schema_version(),
        tenant: TENANT.to_owned(),
        content: match format.body() {
            Body::Json => Content::Json,
            Body::Text => Content::Text,
        },
    }
}

async fn poll_and_read() -> HashMap<&'static str, Read> {
    let served = alerts::all();
    let mut places = Vec::new();
    let mut outputs = Vec::new();
    for format in formats() {
        let place = FormatOutputs::create(*format).await;
        outputs.extend(place.outputs().await);
        places.push(place);
    }
    let records: usize = formats().iter().map(|format| count(*format, &served)).sum();
    // In two shapes each.
    poll_into(&served, outputs, 2 * records).await;

    let mut read = HashMap::new();
    for place in places {
        let format = place.format;
        let records = count(format, &served);
        read.insert(format.name(), place.read(records).await);
    }
    read
}

/// Polls a simulated Graph that has these alerts, and requires that it makes so many records.
pub(crate) async fn poll_into(served: &[String], outputs: Vec<Output>, records: usize) {
    let config = cloud::config().await;
    let state = cloud::unique("consumers-state");
    let client = s3_client(&config);
    client.create_bucket().bucket(&state).send().await.unwrap();

    let options = Options::default();
    let parsed = Alerts::parse(format!("[{}]", served.join(",")).as_bytes()).unwrap();
    let simulator = drawbridge_simulator::start(options.clone(), parsed)
        .await
        .unwrap();
    let endpoints = Endpoints::custom(simulator.login_url(), simulator.graph_url()).unwrap();
    let transport = Arc::new(HttpTransport::new());
    let endpoint = TokenEndpoint::new(
        transport.clone(),
        &endpoints,
        &options.tenant_id,
        &options.client_id,
    );
    let secret = ClientSecret::new(
        endpoint,
        Arc::new(FixedSecret(options.client_secret.clone())),
    );
    let tokens = Arc::new(TokenCache::new(Arc::new(secret)));
    let graph = drawbridge_graph::Settings::default();
    let now: Timestamp = alerts::NOW.parse().unwrap();
    let poller = Poller {
        graph: Arc::new(Graph::new(transport, tokens, endpoints, graph)),
        store: Arc::new(S3Store::new(client, &state)),
        outputs,
        clock: Arc::new(move || now),
        settings: Settings {
            service_sources: Vec::new(),
            ..Settings::new(TENANT)
        },
        unlisted: Unlisted::default(),
    };
    let report = poll(&poller).await;
    assert_eq!((report.records, report.quarantined), (records as u64, 0));
    // A second poll finds nothing to add.
    assert_eq!(poll(&poller).await.records, 0);
    simulator.stop().await;
}

/// How many records the alerts have in a format.
fn count(format: &dyn Format, alerts: &[String]) -> usize {
    let records = alerts
        .iter()
        .map(|alert| alerts::records(format, alert).len());
    records.sum()
}

async fn poll(poller: &Poller) -> drawbridge_poll::Report {
    let (_ask, asked) = tokio::sync::watch::channel(false);
    let report = poller
        .run(&Stop::when(asked), &Silent)
        .await
        .unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.ending, Ending::Complete);
    report
}

/// Runs a script without holding up the test's other work.
async fn run(python: &Python, script: &'static str, args: &[String]) -> String {
    run_on(python, script, args, String::new()).await
}

/// The same on that input.
pub(crate) async fn run_on(
    python: &Python,
    script: &'static str,
    args: &[String],
    input: String,
) -> String {
    let python = python.clone();
    let args = args.to_vec();
    tokio::task::spawn_blocking(move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        python.run(script, &args, &input).unwrap()
    })
    .await
    .unwrap()
}
