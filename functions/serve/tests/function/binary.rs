//! The binary, by Lambda's Runtime API, over the emulated S3.

use std::fs::File;
use std::process::Stdio;
use std::sync::Arc;

use bytes::Bytes;
use drawbridge_emulator::Emulator;
use drawbridge_issuer::Issuer;
use drawbridge_queue::{Message, Queue as _, ServedQueue};
use drawbridge_store::{S3Store, Store as _};
use drawbridge_time::Clock;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::runtime::Runtime;
use crate::stack::{API, CLIENT, DIRECTORY, document, event};

const BUCKET: &str = "state";

/// As the template sets it, for Lambda's front.
fn start(emulator: &Emulator, issuer: &Issuer, runtime: &Runtime, log: &TempDir) -> Child {
    let log = File::create(log.path().join("log")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_serve"))
        .env_clear()
        .envs(emulator.env())
        .env("AWS_LAMBDA_RUNTIME_API", &runtime.address)
        .env("AWS_LAMBDA_FUNCTION_NAME", "serve")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("DRAWBRIDGE_BUCKET", BUCKET)
        .env("DRAWBRIDGE_LOGIN_URL", issuer.url())
        .env("DRAWBRIDGE_GRAPH_URL", issuer.url())
        .env("DRAWBRIDGE_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

fn token(issuer: &Issuer, audience: &str) -> String {
    let now = Timestamp::now().as_second();
    let claims = json!({
        "ver": "2.0", "iss": format!("{}/{DIRECTORY}/v2.0", issuer.url()), "tid": DIRECTORY,
        "aud": audience, "azp": CLIENT, "nbf": now - 60, "exp": now + 3600,
    });
    issuer.sign(&claims).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_poll_wrote_into_the_bucket_is_streamed() {
    let emulator = Emulator::start().await.unwrap();
    let issuer = Issuer::start().await.unwrap();
    let s3 = drawbridge_store::s3_client(&emulator.sdk_config().await);
    s3.create_bucket().bucket(BUCKET).send().await.unwrap();
    let store = Arc::new(S3Store::new(s3, BUCKET));
    let toml = "application/toml";
    let text = Bytes::from(document(""));
    store.put("tenants/contoso.toml", text, toml).await.unwrap();
    // As if it was written a minute ago.
    let clock: Arc<dyn Clock> = Arc::new(|| Timestamp::now() - SignedDuration::from_mins(1));
    let queue = ServedQueue::new(store.clone(), clock, "contoso", DIRECTORY, "siem");
    for id in 0..3 {
        let body = json!({"FullId": id, "Title": "MARKER", "LastProcessedTimeUtc": ""});
        let message = Message {
            key: id.to_string(),
            group: String::new(),
            time: None,
            body: body.to_string(),
            attributes: Vec::new(),
        };
        assert_eq!(queue.send(&[message]).await.unwrap(), []);
        // One segment each: what is written behind it has a later second.
        queue.flush().await.unwrap();
    }
    let log = TempDir::new().unwrap();
    let mut runtime = Runtime::start().await;
    let mut child = start(&emulator, &issuer, &runtime, &log);

    let good = token(&issuer, API);
    let asked = event(
        "GET",
        "//api/Alerts",
        "client_secret=MARKER-of-a-query",
        &good,
    );
    let (prelude, body) = runtime.offer(asked).await;
    assert_eq!(
        prelude["statusCode"],
        200,
        "{}",
        String::from_utf8_lossy(&body)
    );
    assert_eq!(
        prelude["headers"]["content-type"],
        "application/json; charset=utf-8"
    );
    let records: Vec<Value> = serde_json::from_slice(&body).unwrap();
    let ids: Vec<_> = records.iter().map(|record| &record["FullId"]).collect();
    assert_eq!(ids, [0, 1, 2]);
    let stamps: Vec<_> = records
        .iter()
        .map(|r| r["LastProcessedTimeUtc"].as_str())
        .collect();
    assert!(stamps.is_sorted() && stamps[0] < stamps[1] && stamps[1] < stamps[2]);
    // Behind the last one there is nothing.
    let since = format!("sinceTimeUtc={}", stamps[2].unwrap());
    let (_, body) = runtime
        .offer(event("GET", "/api/alerts", &since, &good))
        .await;
    assert_eq!(body, b"[]");

    let other = token(&issuer, "api://other");
    for (event, status) in [
        (event("GET", "/api/alerts", "", &other), 401),
        (event("POST", "/api/alerts", "", &good), 405),
        (event("GET", "/api/ocsf", "", &good), 404),
        (json!("no event at all"), 404),
    ] {
        let (prelude, body) = runtime.offer(event).await;
        assert_eq!(prelude["statusCode"], status);
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert!(body["error"]["code"].is_string());
    }
    child.kill().await.unwrap();
    let log = std::fs::read_to_string(log.path().join("log")).unwrap();
    assert!(
        log.contains("\"records\":3") && log.contains("\"status\":401"),
        "{log}"
    );
    assert!(!log.contains("MARKER"), "a record or a query is in the log");
    assert!(
        !log.contains(&good) && !log.contains(&other),
        "a token is in the log"
    );
}
