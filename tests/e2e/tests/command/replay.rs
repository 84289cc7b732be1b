use serde_json::{Value, json};

use crate::command::run::run;
use crate::command::stack::{Stack, TENANT, attribute};

#[tokio::test(flavor = "multi_thread")]
async fn items_of_the_quarantine_go_to_the_stacks_queues_and_gaps_to_the_state() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    let records = stack.queue("records").await;
    let alert = json!({
        "id": "a1", "severity": "high", "serviceSource": "microsoftDefenderForEndpoint",
        "createdDateTime": "2026-01-01T00:00:00Z", "lastUpdateDateTime": "2026-01-01T00:00:00Z",
    });
    let window = json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:10:00Z"});
    for (key, item) in [
        (
            "alerts/a",
            json!({"reason": "an older release", "alert": alert}),
        ),
        ("gaps/b", json!({"reason": "503", "window": window})),
        (
            "records/c",
            json!({"reason": "refused", "key": "k", "record": "{\"a\":1}", "output": "siem"}),
        ),
    ] {
        stack
            .put(&format!("quarantine/{TENANT}/{key}.json"), &item)
            .await;
    }
    let place = ["--bucket", &stack.bucket];
    let all: Vec<&str> = ["replay", "run", "--all"]
        .into_iter()
        .chain(place)
        .collect();
    let without = run(&all).await;
    assert!(
        without.stdout.contains("give --queue URL"),
        "{}",
        without.stdout
    );
    without.failed(&["2 of 3 items"]);
    // The gap is to be read from now on.
    let state = stack.text("state/contoso.json").await.unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    let [unread] = state["unread"].as_array().unwrap().as_slice() else {
        panic!("{state}");
    };
    assert_eq!(json!({"from": unread["from"], "to": unread["to"]}), window);

    let with = ["--queue", &records, "--output", "native-objects"];
    let with: Vec<&str> = all.iter().copied().chain(with).collect();
    run(&with).await.well();
    let mut there = stack.drain(&records).await;
    there.sort_by_key(|message| attribute(message, "alert-id"));
    assert_eq!(there.len(), 2);
    assert_eq!(there[0].body.as_deref(), Some("{\"a\":1}"));
    assert_eq!(attribute(&there[0], "key").as_deref(), Some("k"));
    assert_eq!(attribute(&there[1], "alert-id").as_deref(), Some("a1"));
    for key in ["alerts/a", "gaps/b", "records/c"] {
        assert_eq!(
            stack.text(&format!("quarantine/{TENANT}/{key}.json")).await,
            None
        );
        let moved = format!("quarantine/replayed/{TENANT}/{key}.json");
        assert!(stack.text(&moved).await.is_some(), "{moved}");
    }
    let objects = drawbridge_store::Catalogue::list(&stack.store, "native/")
        .await
        .unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");
    // The state knows what was sent, as after a poll.
    let state = stack.text("state/contoso.json").await.unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    assert_eq!(state["outputs"]["siem"]["alerts"], 1);
    let list = run(&["replay", "list", "--bucket", &stack.bucket])
        .await
        .well();
    assert!(
        list.stdout.contains("nothing is in quarantine"),
        "{}",
        list.stdout
    );
}

/// An item that the poll function put aside, as it does without `MessagePointers`.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_no_message_holds_waits_for_a_reader_of_pointers() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    let records = stack.queue("records-with-pointers").await;
    let body = json!({"long": "x".repeat(1 << 20)}).to_string();
    let item = json!({
        "tenant": TENANT, "reason": "the queue refused it: MessageTooLong", "key": "k",
        "record": body, "output": "siem", "group": TENANT, "attributes": {"key": "k"},
    });
    let key = format!("quarantine/{TENANT}/records/c.json");
    stack.put(&key, &item).await;
    let all = [
        "replay",
        "run",
        "--all",
        "--bucket",
        &stack.bucket,
        "--queue",
        &records,
    ];
    let without = run(&all).await;
    assert!(
        without.stdout.contains("give --pointers"),
        "{}",
        without.stdout
    );
    without.failed(&["the item was not delivered"]);
    assert!(stack.text(&key).await.is_some());

    let with: Vec<&str> = all.iter().copied().chain(["--pointers"]).collect();
    run(&with).await.well();
    assert_eq!(stack.text(&key).await, None);
    let sent = stack.drain(&records).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(attribute(&sent[0], "key").as_deref(), Some("k"));
    let size = attribute(&sent[0], "ExtendedPayloadSize");
    assert_eq!(size, Some(body.len().to_string()));
    let pointer: Value = serde_json::from_str(sent[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(pointer[1]["s3BucketName"], stack.bucket);
    let whole = stack.text(pointer[1]["s3Key"].as_str().unwrap()).await;
    assert!(whole.as_deref() == Some(&*body), "another body");
}
