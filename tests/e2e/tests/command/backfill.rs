use aws_sdk_sqs::types::MessageSystemAttributeName::{MessageDeduplicationId, MessageGroupId};
use serde_json::{Value, json};

use crate::run::{command, finish_child, run, until_told};
use crate::stack::{Stack, TENANT, system};

const ASKED: [&str; 7] = [
    "backfill",
    "--tenant",
    TENANT,
    "--from",
    "2026-01-01",
    "--to",
    "2026-01-04",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_is_one_job_on_the_queue_and_its_progress_is_followed() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    let jobs = stack.queue("jobs.fifo").await;
    let place = ["--bucket", &stack.bucket, "--jobs-queue", &jobs];
    let asked: Vec<&str> = ASKED
        .iter()
        .copied()
        .chain(place)
        .chain(["--yes"])
        .collect();
    let no_wait: Vec<&str> = asked.iter().copied().chain(["--no-wait"]).collect();
    run(&no_wait).await.well();

    let sent = stack.drain(&jobs).await;
    assert_eq!(sent.len(), 1);
    assert_eq!(system(&sent[0], &MessageGroupId).as_deref(), Some(TENANT));
    let job: Value = serde_json::from_str(sent[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(job["why"], "backfill");
    assert_eq!(
        job["window"],
        json!({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"})
    );
    assert_eq!(job["backfill"]["then"].as_array().unwrap().len(), 2);
    let id = job["backfill"]["id"].as_str().unwrap();

    // Asked for again while it is under way, it is only watched: here, until the function that is
    // played here has done it.
    let watching = until_told(command(&asked).await, "watching").await;
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
    assert_eq!(stack.drain(&jobs).await.len(), 0);

    let bucket = ["--bucket", &stack.bucket];
    let status = run(&["backfill", "status", bucket[0], bucket[1]])
        .await
        .well();
    assert!(
        status.stdout.contains(id) && status.stdout.contains("done"),
        "{}",
        status.stdout
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_backfill_is_resumed_with_another_job() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    let jobs = stack.queue("jobs.fifo").await;
    let place = [
        "--bucket",
        &stack.bucket,
        "--jobs-queue",
        &jobs,
        "--no-wait",
    ];
    let asked: Vec<&str> = ASKED
        .iter()
        .copied()
        .chain(place)
        .chain(["--yes"])
        .collect();
    run(&asked).await.well();
    let first = stack.drain(&jobs).await.remove(0);
    let job: Value = serde_json::from_str(first.body.as_deref().unwrap()).unwrap();
    let id = job["backfill"]["id"].as_str().unwrap();
    let key = format!("backfills/{TENANT}/{id}.json");
    let mut progress: Value = serde_json::from_str(&stack.text(&key).await.unwrap()).unwrap();
    progress["stopped"] = json!("the secret has expired");
    let left = progress["left"].as_array_mut().unwrap();
    let failed = left.remove(0);
    progress["failed"] = json!([failed]);
    stack.put(&key, &progress).await;

    let resume: Vec<&str> = ["backfill", "resume", id]
        .into_iter()
        .chain(place)
        .collect();
    run(&resume).await.well();
    let second = stack.drain(&jobs).await.remove(0);
    // The same windows, what failed first; and not taken for the first message.
    assert_eq!(second.body, first.body);
    assert_ne!(
        system(&second, &MessageDeduplicationId),
        system(&first, &MessageDeduplicationId)
    );
    let progress: Value = serde_json::from_str(&stack.text(&key).await.unwrap()).unwrap();
    assert_eq!(progress["stopped"], json!(null));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_queue_of_jobs_nothing_is_noted() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    let bucket = ["--bucket", &stack.bucket, "--yes"];
    let asked: Vec<&str> = ASKED.iter().copied().chain(bucket).collect();
    run(&asked).await.failed(&["--jobs-queue", "JobsQueueUrl"]);
    let status = run(&["backfill", "status", "--bucket", &stack.bucket])
        .await
        .well();
    assert!(status.stdout.contains("no backfills"), "{}", status.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_tenant_is_not_backfilled_in_vain() {
    let stack = Stack::create().await;
    stack.put_tenant().await;
    let jobs = stack.queue("jobs.fifo").await;
    let place = ["--bucket", &stack.bucket];
    let pause: Vec<&str> = ["tenants", "pause", TENANT]
        .into_iter()
        .chain(place)
        .collect();
    run(&pause).await.well();
    let rest = ["--jobs-queue", &jobs, "--yes"];
    let asked: Vec<&str> = ASKED.iter().copied().chain(place).chain(rest).collect();
    run(&asked).await.failed(&["is paused", "resume it first"]);
    assert_eq!(stack.drain(&jobs).await.len(), 0);
}
