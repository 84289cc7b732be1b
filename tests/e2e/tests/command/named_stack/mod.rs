//! The command with the stack's name alone: `--stack NAME`, in the place of its bucket and its queues.

mod commands;
mod doctor;
mod first_tenant;

use drawbridge_e2e::{Bundle, Python, Stack, read_from};
use drawbridge_emulator::Emulator;
use drawbridge_simulator::{Alerts, Options, Simulator};
use drawbridge_store::{S3Store, Store as _};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::cloud;
use crate::command::run::{Outcome, command, finish};

/// The tenant of these tests, which has a document.
const TENANT: &str = "contoso";

/// The e-mail address that hears of alarms.
const EMAIL: &str = "security@example.com";

/// A stack of `infra/template.yaml` whose functions do nothing.
struct World {
    emulator: &'static Emulator,
    stack: Stack,
    store: S3Store,
    sqs: aws_sdk_sqs::Client,
    simulator: Simulator,
}

impl World {
    /// Deploys one of the name, with these parameters as well.
    async fn deploy(name: &str, more: &[(&str, &str)]) -> Self {
        let emulator = cloud::emulator().await;
        let known = Options::default();
        let none = Alerts::parse(b"[]").unwrap();
        let simulator = drawbridge_simulator::start(known.clone(), none);
        let simulator = simulator.await.unwrap();
        let binaries = functions_that_do_nothing();
        let bundle = Bundle::make(emulator, binaries.path()).unwrap();
        let hosts = read_from(&simulator);
        let mut parameters = vec![("AlarmEmail", EMAIL), ("Schedule", "rate(10 minutes)")];
        parameters.extend(hosts.iter().map(|(name, value)| (*name, value.as_str())));
        parameters.extend(more);
        let stack = Stack::deploy(emulator, name, &bundle, &parameters).unwrap();
        let config = emulator.sdk_config().await;
        let bucket = stack.output("BucketName").unwrap();
        let world = Self {
            store: S3Store::new(drawbridge_store::s3_client(&config), bucket),
            sqs: aws_sdk_sqs::Client::new(&config),
            emulator,
            stack,
            simulator,
        };
        // Written with what the emulator made of a text, which AWS's clients do not read.
        world.change(&["mapping", "ENABLED"]);
        let document = format!(
            "tenant_id = \"{}\"\nclient_id = \"{}\"\nsecret = \"drawbridge/{name}/{TENANT}\"\n",
            known.tenant_id, known.client_id
        );
        let add = world
            .stack
            .add_tenant(emulator, TENANT, &document, &known.client_secret);
        add.await.unwrap();
        world.polled(TENANT).await;
        world
    }

    /// Writes that a poll of a tenant ended well two minutes ago.
    async fn polled(&self, tenant: &str) {
        let at = Timestamp::now() - SignedDuration::from_mins(2);
        let state = json!({
            "version": 3, "watermark": at, "first_from": null, "last_success": at, "saved": at,
            "outputs": {},
        });
        self.put(&format!("state/{tenant}.json"), &state).await;
    }

    async fn put(&self, key: &str, body: &Value) {
        let body = bytes::Bytes::from(body.to_string());
        self.store.put(key, body, "application/json").await.unwrap();
    }

    /// Does something by hand; `change_stack.py` says what there is.
    fn change(&self, change: &[&str]) {
        let args = [&[self.stack.name()], change].concat();
        Python::root(self.emulator)
            .run("change_stack.py", &args, "")
            .unwrap();
    }

    async fn send(&self, output: &str, body: &str) {
        let url = self.stack.output(output).unwrap();
        let mut message = self.sqs.send_message().queue_url(url).message_body(body);
        if url.ends_with(".fifo") {
            message = message.message_group_id("g").message_deduplication_id(body);
        }
        message.send().await.unwrap();
    }

    /// Has `tenants add` write the document of another tenant, whose secret has the name that it should.
    async fn add_fabrikam(&self, more: &[&str]) -> Outcome {
        let secret = format!("drawbridge/{}/fabrikam", self.stack.name());
        let client_id = "22222222-2222-4222-8222-222222222222";
        let add = ["tenants", "add", "fabrikam", "--tenant-id", "t.example"];
        let identity = ["--client-id", client_id, "--secret", &secret];
        self.run(&[&add[..], &identity, more].concat()).await
    }

    /// Runs a command with the stack's name, and with nothing in the environment that says more of it.
    async fn run(&self, args: &[&str]) -> Outcome {
        self.run_at(None, args).await
    }

    /// The same, where another endpoint is AWS.
    async fn run_at(&self, endpoint_url: Option<&str>, args: &[&str]) -> Outcome {
        let args = [args, &["--stack", self.stack.name()]].concat();
        let mut command = command(&args).await;
        for told in [
            "DRAWBRIDGE_SECRET_PREFIX",
            "DRAWBRIDGE_ALLOWED_SECRETS",
            "DRAWBRIDGE_TENANTS",
        ] {
            command.env_remove(told);
        }
        if let Some(url) = endpoint_url {
            command.env("AWS_ENDPOINT_URL", url);
        }
        finish(command).await
    }
}

/// A folder with what a package can be made of: the head of a program, for this processor.
fn functions_that_do_nothing() -> tempfile::TempDir {
    let machine: u8 = if cfg!(target_arch = "aarch64") {
        183
    } else {
        62
    };
    let mut program = [0; 20];
    program[..4].copy_from_slice(b"\x7fELF");
    program[18] = machine;
    let folder = tempfile::tempdir().unwrap();
    for name in ["dispatch", "poll", "deliver", "serve"] {
        std::fs::write(folder.path().join(name), program).unwrap();
    }
    folder
}
