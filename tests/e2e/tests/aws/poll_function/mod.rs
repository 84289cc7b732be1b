//! The poll function in the emulated cloud: a job on the queue leads to the
//! records on the other one, with the secret from Secrets Manager and the watermark in S3.

mod stack;

use crate::alerts::{alert, bodies};
use drawbridge_emulator::Emulator;
use drawbridge_simulator::Alerts;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_on_the_queue_leads_to_every_record_once() {
    let bootstrap = drawbridge_e2e::functions().unwrap().join("poll");
    let newest = Timestamp::now() - SignedDuration::from_mins(2);
    let alerts: Vec<Value> = (0..120)
        .map(|n| alert(n, newest, &["192.0.2.1", "192.0.2.2"]))
        .collect();
    let text = Value::from(alerts.clone()).to_string();
    let simulator =
        drawbridge_simulator::start(stack::simulated(), Alerts::parse(text.as_bytes()).unwrap())
            .await
            .unwrap();
    let emulator = Emulator::start().await.unwrap();
    let secret = stack::simulated().client_secret;
    let stack = Stack::create(&emulator, &simulator, &secret, &bootstrap).await;

    stack.send_job().await;
    assert_eq!(stack.receive(240).await, bodies(&alerts));

    // The records are sent before the state is saved.
    stack.jobs_are_done().await;
    let again = stack.invoke();
    assert_eq!(again["ending"], "complete", "{again}");
    assert_eq!(
        (&again["records"], &again["suppressed"]),
        (&json!(0), &json!(240)),
        "{again}"
    );
    let watermark: Timestamp = stack.state().await["watermark"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(watermark > newest, "{watermark}");

    let grown = alert(0, newest, &["192.0.2.9", "192.0.2.2", "192.0.2.1"]);
    simulator.set_alert(&grown.to_string());
    let third = stack.invoke();
    assert_eq!(third["records"], 1, "{third}");
    let new = stack.receive(1).await;
    let body: Value = serde_json::from_str(new.values().next().unwrap()).unwrap();
    assert_eq!(
        (&body["IpAddress"], &body["AlertPart"]),
        (&json!("192.0.2.9"), &json!(2))
    );
    let log = emulator.log_tail(2000);
    assert!(!log.contains(&secret), "the secret is in the log");
    assert!(!log.contains("192.0.2.9"), "an alert is in the log");
}
