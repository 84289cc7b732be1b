use drawbridge_costs::Facts;
use drawbridge_e2e::functions;
use drawbridge_store::Store as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::batch::ten_tenants_cost_what_a_month_is_worked_out_of;
use super::cost::Cost;
use super::outage::an_outage_and_a_redrive_lose_nothing;
use super::tenants::a_document_adds_a_tenant;
use super::world::{HOOK_SECRET, TENANT, World, by_key};
use crate::alerts::{alert, bodies, records};

pub(crate) const ADDRESSES: [&str; 2] = ["192.0.2.1", "192.0.2.2"];
/// A package may be at most this large: each cold start loads it.
const ZIP_LIMIT: u64 = 8_000_000;
/// What Lambda takes of a package, which is all that counts of a build for tests.
const LAMBDAS_ZIP_LIMIT: u64 = 50_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn from_its_creation_to_its_end() {
    let binaries = functions().unwrap();
    let newest = Timestamp::now() - SignedDuration::from_mins(2);
    let mut alerts: Vec<Value> = (0..120).map(|n| alert(n, newest, &ADDRESSES)).collect();
    alerts.push(large_alert(120, newest));
    let mut world = World::create(&binaries, &alerts).await;
    let limit = match binaries.ends_with("release") {
        true => ZIP_LIMIT,
        false => LAMBDAS_ZIP_LIMIT,
    };
    for (function, bytes) in world.stack.zip_bytes() {
        println!("the package of {function}: {bytes} bytes");
        assert!(*bytes < limit, "{function}: {bytes} bytes");
    }

    without_its_secret_a_poll_says_what_to_do(&world);
    let secret = drawbridge_simulator::Options::default().client_secret;
    let put = world.stack.put_secret(&world.emulator, &secret);
    put.await.unwrap();
    // Other processes from here on, which have not just found the secret empty.
    world.update(("TenantMetrics", "no"));
    the_timer_leads_to_every_record(&world, &alerts).await;
    assert!(world.read_up_to().await > newest);
    the_next_tick_adds_nothing(&world).await;

    // From here on the polls are this test's own.
    world.update(("Schedule", "rate(10 minutes)"));
    new_evidence_adds_one_record(&world, newest).await;
    an_outage_and_a_redrive_lose_nothing(&world).await;
    a_document_adds_a_tenant(&world, &secret).await;
    ten_tenants_cost_what_a_month_is_worked_out_of(&world, &secret).await;

    let log = world.emulator.log_tail(10_000);
    assert!(log.contains(&format!("\"Tenant\":\"{TENANT}\"")), "{log}");
    for secret in [secret.as_str(), HOOK_SECRET] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    assert!(!log.contains(ADDRESSES[0]), "an alert is in the log");
    deletion_keeps_the_bucket(world).await;
}

fn without_its_secret_a_poll_says_what_to_do(world: &World) {
    let job = serde_json::from_str(&World::job()).unwrap();
    let error = world.stack.invoke("poll", &job).unwrap_err().to_string();
    assert!(error.contains("put-secret-value"), "{error}");
    let log = world.emulator.log_tail(100);
    assert!(log.contains("put-secret-value"), "{log}");
    let started = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(log.contains(&started), "{log}");
}

async fn the_timer_leads_to_every_record(world: &World, alerts: &[Value]) {
    let before = Cost::so_far(world);
    world.emulator.set_schedules_ahead(60).unwrap();
    world.poll_is_done(0).await;
    let cost = Cost::since(world, &before);
    cost.print("the first poll, 241 records of 121 alerts, one over the limit");

    let expected = records(alerts);
    let read = world.consumer.drain(expected.len()).unwrap();
    assert_eq!(read.iter().filter(|record| record.from_s3).count(), 1);
    for record in &read {
        let attributes = &record.attributes;
        let alert_id = &expected[&attributes["key"]].alert_id;
        let rest = [
            ("tenant", TENANT),
            ("format", "siem"),
            ("schema", "1"),
            ("alert-id", alert_id),
            ("severity", "High"),
            ("change", "new"),
        ];
        for (name, value) in rest {
            assert_eq!(attributes[name], value, "{name}");
        }
        assert_eq!(attributes.len(), rest.len() + 1, "{attributes:?}");
    }
    // Without the contents in the message: one of them is more than a screen.
    assert!(by_key(read) == bodies(alerts), "other records came");
    let no_right = world
        .consumer
        .python()
        .run("invoke_function.py", &["siem-feed-poll"], "{}");
    assert!(no_right.unwrap_err().to_string().contains("AccessDenied"));

    cost.but_documents().assert_is(&[
        ("entra:token", 1),
        // The page, and how many alerts there are.
        // The first page is too large for the small share of the memory, and asked for again.
        ("graph:list", 3),
        ("s3:GetObject state", 1),
        // The body over the limit, and the state.
        ("s3:PutObject oversize", 1),
        ("s3:PutObject state", 1),
        ("secretsmanager:GetSecretValue", 1),
        // Ten a call, and never more than 1 MiB.
        ("sqs:SendMessage", 25),
    ]);
}

async fn the_next_tick_adds_nothing(world: &World) {
    let before = Cost::so_far(world);
    world.emulator.set_schedules_ahead(120).unwrap();
    world.poll_is_done(before.of("graph:list")).await;
    let cost = Cost::since(world, &before);
    cost.print("an idle poll");
    cost.but_documents()
        // The page is too large for the small share of the memory, and more than a hundred alerts are
        // counted even if all are known.
        .assert_is(&[("graph:list", 3), ("s3:GetObject state", 1)]);
    assert_eq!(world.consumer.drain(0).unwrap(), []);
}

async fn new_evidence_adds_one_record(world: &World, newest: Timestamp) {
    let before = Cost::so_far(world);
    let grown = alert(0, newest, &["192.0.2.9", ADDRESSES[1], ADDRESSES[0]]);
    world.simulator.set_alert(&grown.to_string());
    world.send_job(&World::job(), "new-evidence").await;
    world.poll_is_done(before.of("graph:list")).await;
    let cost = Cost::since(world, &before);
    cost.print("a poll with one new record");
    let record = Facts::read().unwrap().measured.record;
    cost.but_documents().assert_is(&[
        // And the page that is too large for the small share of the memory, once more.
        ("graph:list", record.graph_list.count + 1),
        ("s3:GetObject state", record.s3_get_state.count),
        ("s3:PutObject state", record.s3_put.count),
        ("sqs:SendMessage", record.sqs_send.count),
    ]);

    let read = world.consumer.drain(1).unwrap();
    assert_eq!(read.len(), 1);
    let body: Value = serde_json::from_str(&read[0].body).unwrap();
    assert_eq!(
        (&body["IpAddress"], &body["AlertPart"]),
        (&json!("192.0.2.9"), &json!(2))
    );
}

async fn deletion_keeps_the_bucket(world: World) {
    let state = world.state().await;
    let queue_url = world.stack.output("SiemQueueUrl").unwrap().to_owned();
    let World {
        emulator,
        stack,
        store,
        ..
    } = world;
    stack.delete().unwrap();
    let key = format!("state/{TENANT}.json");
    let kept = store.get(&key).await.unwrap().unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&kept.body).unwrap(), state);
    let sqs = aws_sdk_sqs::Client::new(&emulator.sdk_config().await);
    let gone = sqs.get_queue_attributes().queue_url(queue_url).send().await;
    assert!(
        gone.unwrap_err()
            .into_service_error()
            .is_queue_does_not_exist()
    );
}

/// An alert whose record is too large for a message.
pub(crate) fn large_alert(n: i64, newest: Timestamp) -> Value {
    let mut alert = alert(n, newest, &["192.0.2.7"]);
    alert["description"] = "long ".repeat(250_000).into();
    alert
}
