//! Both stacks in the emulated cloud: a poll writes segments into the bucket, and the function's URL answers
//! from them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::alerts::alert;
use bytes::Bytes;
use drawbridge_e2e::{Bundle, Python, Stack, read_from, tenant_document};
use drawbridge_emulator::Emulator;
use drawbridge_http::{HttpTransport, Transport as _, collect};
use drawbridge_issuer::Issuer;
use drawbridge_queue::{Message, Queue as _, ServedQueue};
use drawbridge_served::ClientSecret;
use drawbridge_simulator::{Alerts, Options};
use drawbridge_store::S3Store;
use drawbridge_time::Clock;
use http::Request;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

const POLLING: &str = "drawbridge";
const SERVING: &str = "drawbridge-api";
const API: &str = "44444444-4444-4444-8444-444444444444";
const READER: &str = "55555555-5555-4555-8555-555555555555";
const CONNECTOR: &str = "66666666-6666-4666-8666-666666666666";

/// The emulated cloud's address for a function URL.
fn address(emulator: &Emulator, endpoint: &str) -> String {
    let host = endpoint.strip_prefix("https://").unwrap();
    let id = host.split('.').next().unwrap();
    format!("{}/_aws/lambda-url/{id}", emulator.endpoint_url())
}

async fn ask(method: &str, url: &str, token: &str) -> (u16, Value) {
    let request = Request::builder().method(method).uri(url);
    let request = request
        .header("authorization", format!("Bearer {token}"))
        // The emulated cloud takes no answer that is not text.
        .header("accept-encoding", "identity");
    let transport = HttpTransport::new();
    let sent = transport.send(request.body(Bytes::new()).unwrap()).await;
    let (head, body) = sent.unwrap().into_parts();
    let body = collect(&head.headers, body, 1 << 20).await.unwrap();
    (head.status.as_u16(), serde_json::from_slice(&body).unwrap())
}

fn token(issuer: &Issuer, audience: &str) -> String {
    let (now, tenant) = (Timestamp::now().as_second(), Options::default().tenant_id);
    let claims = json!({
        "ver": "2.0", "iss": format!("{}/{tenant}/v2.0", issuer.url()), "tid": tenant,
        "aud": audience, "azp": READER, "nbf": now - 60, "exp": now + 3600,
    });
    issuer.sign(&claims).unwrap()
}

/// Writes more than a page, as polls of an hour ago did: a segment of each second of a third of a minute.
async fn seed(emulator: &Emulator, bucket: &str) {
    let s3 = drawbridge_store::s3_client(&emulator.sdk_config().await);
    let store = Arc::new(S3Store::new(s3, bucket));
    let tenant = Options::default().tenant_id;
    for format in ["native", "ecs"] {
        let then = Timestamp::now() - SignedDuration::from_hours(1);
        let clock: Arc<dyn Clock> = Arc::new(move || then);
        let queue = ServedQueue::new(store.clone(), clock, "contoso", &tenant, format);
        for n in 0..20 {
            let id = format!("more-{n}");
            let body =
                json!({"FullId": id, "id": id, "event": {"id": id}, "LastProcessedTimeUtc": ""});
            let message = Message {
                key: id,
                group: String::new(),
                time: None,
                body: body.to_string(),
                attributes: Vec::new(),
            };
            assert_eq!(queue.send(&[message]).await.unwrap(), []);
            queue.flush().await.unwrap();
        }
    }
}

/// The products of docs/pull.md: each gets a token of the function's own, and asks as the page says,
/// until there is nothing more.
async fn pull(emulator: &Emulator, address: &str, secret: &str) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pull.md");
    let python = Python::root(emulator);
    let told = python.run("pull.py", &[page, address, CONNECTOR, secret], "");
    let told = told.unwrap_or_else(|error| panic!("{error}\n{}", emulator.log_tail(60)));
    let told: BTreeMap<String, Vec<String>> = serde_json::from_str(&told).unwrap();
    // And as Python's clients do it.
    let found = drawbridge_readers::run("oauth.py", &[address, CONNECTOR, secret], "");
    let found: BTreeMap<String, Vec<String>> = serde_json::from_str(&found).unwrap();
    assert_eq!(found.len(), 3);
    assert!(found.values().all(|ids| ids.len() == 40), "{found:?}");
    // 40 records, or 20 alerts and the 20 of an hour ago.
    for (product, records, earlier) in [
        ("elastic_cel", 20, 20),
        ("elastic_httpjson", 20, 20),
        ("splunk", 20, 20),
        ("qradar", 20, 20),
        ("sentinel", 40, 0),
        ("sumo", 40, 0),
    ] {
        let ids: BTreeSet<&String> = told[product].iter().collect();
        let seeded = ids.iter().filter(|id| id.starts_with("more-")).count();
        let found = (ids.len() - seeded, seeded);
        assert_eq!(found, (records, earlier), "{product}: {ids:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_poll_wrote_is_read_at_the_functions_address() {
    let binaries = drawbridge_e2e::functions().unwrap();
    let newest = Timestamp::now() - SignedDuration::from_mins(2);
    let list: Vec<Value> = (0..20)
        .map(|n| alert(n, newest, &["192.0.2.1", "192.0.2.2"]))
        .collect();
    let list = Alerts::parse(Value::from(list).to_string().as_bytes()).unwrap();
    let known = Options::default();
    let simulator = drawbridge_simulator::start(Options::default(), list)
        .await
        .unwrap();
    let issuer = Issuer::start().await.unwrap();
    let emulator = Emulator::start().await.unwrap();
    let bundle = Bundle::make(&emulator, &binaries).unwrap();
    let [login, graph] = read_from(&simulator);
    let hosts = [(login.0, login.1.as_str()), (graph.0, graph.1.as_str())];
    let stack = Stack::deploy(&emulator, POLLING, &bundle, &hosts).unwrap();
    let secret_of_connector = ClientSecret::generate().unwrap();
    let connector = secret_of_connector.secret();
    let document = tenant_document(POLLING, "contoso")
        + &format!(
            "first_lookback_secs = 7200\n\
             outputs = [\"siem-served\", \"native-served\", \"ecs-served\"]\n\
             [serve]\naudiences = [\"{API}\"]\nclients = [\"{READER}\"]\n\
             [[serve.own_clients]]\nid = \"{CONNECTOR}\"\nsecrets = [\"{}\"]\n",
            secret_of_connector.hash()
        );
    let secret = &known.client_secret;
    stack
        .add_tenant(&emulator, "contoso", &document, secret)
        .await
        .unwrap();
    let bucket = stack.output("BucketName").unwrap();
    let parameters = [
        ("BucketName", bucket),
        ("OwnTokens", "yes"),
        ("LoginUrl", issuer.url()),
        ("GraphUrl", issuer.url()),
    ];
    let api = Stack::deploy_of(&emulator, SERVING, &bundle, "serve.yaml", &parameters).unwrap();
    let address = address(&emulator, api.output("Endpoint").unwrap());
    let url = format!("{address}//api/Alerts");
    let good = token(&issuer, API);
    // Nothing yet, and no folder of segments either.
    let (status, answer) = ask("GET", &url, &good).await;
    assert_eq!(status, 200, "{answer}\n{}", emulator.log_tail(60));
    assert_eq!(answer, json!([]));

    seed(&emulator, bucket).await;
    let polled = stack.invoke("poll", &json!({"tenant": "contoso"})).unwrap();
    assert_eq!(
        // 40 of siem, and 20 each of native and ecs.
        (&polled["ending"], &polled["records"]),
        (&json!("complete"), &json!(80))
    );
    let mut records = Vec::new();
    for _ in 0..240 {
        // What was written is shown ten seconds later.
        let (status, answer) = ask("GET", &url, &good).await;
        assert_eq!(status, 200, "{answer}\n{}", emulator.log_tail(60));
        records = answer.as_array().unwrap().clone();
        if !records.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    assert_eq!(records.len(), 40);
    let stamp = records[0]["LastProcessedTimeUtc"].as_str().unwrap();
    assert!(stamp.ends_with(".0000000Z"), "{stamp}");
    let since = format!("{url}?sinceTimeUtc={stamp}");
    assert_eq!(ask("GET", &since, &good).await, (200, json!([])));

    for format in ["native", "ecs"] {
        let url = format!("{address}/api/{format}?ago=PT10M");
        for _ in 0..240 {
            if ask("GET", &url, &good).await.1 != json!([]) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }
    pull(&emulator, &address, connector.expose_secret()).await;
    for (method, path, token, status) in [
        ("GET", "/api/alerts", token(&issuer, "api://other"), 401),
        ("GET", "/api/ocsf", good.clone(), 404),
        ("POST", "/api/alerts", good.clone(), 405),
    ] {
        let (told, answer) = ask(method, &format!("{address}{path}"), &token).await;
        assert_eq!(told, status, "{answer}");
        assert!(answer["error"]["message"].is_string(), "{answer}");
    }
    let log = emulator.log_tail(4000);
    assert!(!log.contains(&good), "a token is in the log");
    assert!(
        !log.contains(connector.expose_secret()),
        "a secret is in the log"
    );
    api.delete().unwrap();
    assert!(
        ask("GET", &url, &good).await.0 >= 400,
        "the address is gone with its stack"
    );
}
