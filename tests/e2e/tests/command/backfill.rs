use drawbridge_store::{Catalogue as _, Store as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::command::run::{command, finish_child, run, run_told, until_told};
use crate::command::stack::{Stack, TENANT};

const ASKED: [&str; 7] = [
    "backfill",
    "--tenant",
    TENANT,
    "--from",
    "2026-01-01",
    "--to",
    "2026-01-04",
];

/// The backfill of these tests, on that stack.
fn asked<'a>(stack: &'a Stack, args: &[&'a str]) -> Vec<&'a str> {
    let place = ["--bucket", &stack.bucket, "--yes"];
    ASKED.iter().chain(&place).chain(args).copied().collect()
}

/// The backfills in the tenant's state, by their ids.
async fn in_state(stack: &Stack) -> serde_json::Map<String, Value> {
    let state = stack.text(&format!("state/{TENANT}.json")).await.unwrap();
    let state: Value = serde_json::from_str(&state).unwrap();
    state["backfills"].as_object().unwrap().clone()
}

/// What is to be read, as a backfill in the state says it.
fn ranges(backfill: &Value) -> Value {
    let ranges = backfill["ranges"].as_array().unwrap().iter();
    ranges
        .map(|range| json!([range["from"], range["to"]]))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_is_in_the_tenants_state_and_its_progress_is_followed() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    run(&asked(&stack, &["--no-wait"])).await.well();
    let backfills = in_state(&stack).await;
    let (id, backfill) = backfills.iter().next().unwrap();
    let all = json!([["2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"]]);
    assert_eq!(ranges(backfill), all);

    // Asked for again it is the same one, watched until the polls that are played here have done it.
    let watching = until_told(command(&asked(&stack, &[])).await, "the next poll").await;
    assert_eq!(in_state(&stack).await, backfills);
    let key = format!("backfills/{TENANT}/{id}.json");
    let mut progress: Value = serde_json::from_str(&stack.text(&key).await.unwrap()).unwrap();
    progress["left"] = json!([]);
    progress["alerts"] = json!(7);
    progress["records"] = json!(9);
    stack.put(&key, &progress).await;
    let watched = finish_child(watching).await.well();
    assert!(
        watched
            .stdout
            .contains("done, 100 %: 7 alerts read, 9 records"),
        "{}",
        watched.stdout
    );

    let status = run(&["backfill", "status", "--bucket", &stack.bucket])
        .await
        .well();
    assert!(
        status.stdout.contains(id) && status.stdout.contains("done"),
        "{}",
        status.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_backfill_is_resumed_with_what_failed() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    run(&asked(&stack, &["--no-wait"])).await.well();
    let id = in_state(&stack).await.keys().next().unwrap().clone();
    let key = format!("backfills/{TENANT}/{id}.json");
    let mut progress: Value = serde_json::from_str(&stack.text(&key).await.unwrap()).unwrap();
    progress["stopped"] = json!("the secret has expired");
    progress["left"] = json!([]);
    let failed = json!([{"from": "2025-12-30T00:00:00Z", "to": "2025-12-31T00:00:00Z"}]);
    progress["failed"] = failed.clone();
    stack.put(&key, &progress).await;

    let resume = ["backfill", "resume", &id, "--bucket", &stack.bucket];
    run(&[&resume[..], &["--no-wait"]].concat()).await.well();
    let all = json!([
        ["2025-12-30T00:00:00Z", "2025-12-31T00:00:00Z"],
        ["2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"]
    ]);
    assert_eq!(ranges(&in_state(&stack).await[&id]), all);
    let progress: Value = serde_json::from_str(&stack.text(&key).await.unwrap()).unwrap();
    assert_eq!(progress["stopped"], json!(null));
    assert_eq!(
        (&progress["left"], &progress["failed"]),
        (&failed, &json!([]))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_tenant_is_not_backfilled_in_vain() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    let pause = ["tenants", "pause", TENANT, "--bucket", &stack.bucket];
    run(&pause).await.well();
    run(&asked(&stack, &[]))
        .await
        .failed(&["is paused", "resume it first"]);
    assert_eq!(stack.text(&format!("state/{TENANT}.json")).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_no_tenant_has_gets_no_state() {
    let stack = Stack::create().await;
    run(&asked(&stack, &[]))
        .await
        .failed(&["no tenant is called \"contoso\"", "tenants list"]);
    assert_eq!(stack.text(&format!("state/{TENANT}.json")).await, None);
    // The tenant of the stack's parameters has none but a state.
    let key = format!("state/{TENANT}.json");
    let polled = async |last_success: Option<Timestamp>| {
        let state = json!({"version": 1, "watermark": null, "first_from": null,
                           "last_success": last_success, "saved": null, "outputs": {}});
        stack.put(&key, &state).await;
    };
    let begin = asked(&stack, &["--no-wait"]);
    // One that was polled long ago may be one that was removed.
    polled(None).await;
    let long_ago = run_told(None, &begin).await;
    long_ago.failed(&["no tenant is called", "FirstTenant"]);
    polled(Some(Timestamp::now())).await;
    run(&begin).await.failed(&["no tenant is called"]);
    let noted = run_told(None, &begin).await.well();
    assert!(
        noted.stderr.contains("the stack's parameters"),
        "{}",
        noted.stderr
    );
    assert_eq!(in_state(&stack).await.len(), 1);
    // What it is told is no question.
    polled(None).await;
    let first = format!(
        r#"[{{"name":"{TENANT}","tenant_id":"t.example","secret":"s",
            "client_id":"00000000-0000-0000-0000-00000000000c"}}]"#
    );
    let told = run_told(Some(&first), &begin).await.well();
    assert!(!told.stderr.contains("has no document"), "{}", told.stderr);
    assert_eq!(in_state(&stack).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_function_would_refuse_is_not_backfilled_in_vain() {
    let stack = Stack::create().await;
    let ids = "tenant_id = \"t.example\"\nclient_id = \"00000000-0000-0000-0000-00000000000c\"\n";
    for (secret, words) in [
        ("drawbridge/prod/victim", "not this tenant's"),
        ("drawbridge/staging/contoso", "not this tenant's"),
    ] {
        let document = format!("{ids}secret = \"{secret}\"\n");
        let key = format!("tenants/{TENANT}.toml");
        let put = stack.store.put(&key, document.into(), "application/toml");
        put.await.unwrap();
        let begun = run(&asked(&stack, &["--no-wait"])).await;
        begun.failed(&[words, "the backfill was not started"]);
    }
    assert_eq!(stack.text(&format!("state/{TENANT}.json")).await, None);
    assert!(stack.store.list("backfills/").await.unwrap().is_empty());
}
