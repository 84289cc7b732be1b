use drawbridge_cursor::State;
use drawbridge_simulator::{Alerts, Options};
use drawbridge_store::{Catalogue as _, Store as _};
use jiff::Timestamp;
use serde_json::json;

use crate::cloud;
use crate::command::run::{command, finish, run, run_told};
use crate::command::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn a_stacks_tenants_are_added_listed_checked_and_paused() {
    let stack = Stack::create().await;
    let known = Options::default();
    let none = Alerts::parse(b"[]").unwrap();
    let simulator = drawbridge_simulator::start(known.clone(), none)
        .await
        .unwrap();
    let secret = cloud::unique("drawbridge/prod/contoso/secret");
    let manager = aws_sdk_secretsmanager::Client::new(&cloud::config().await);
    let created = manager
        .create_secret()
        .name(&secret)
        .secret_string(&known.client_secret);
    created.send().await.unwrap();

    let place = ["--bucket", &stack.bucket];
    // A stack of the same administrator's has the same as its parameters.
    let hosts = [
        ("DRAWBRIDGE_LOGIN_URL", simulator.login_url().to_string()),
        ("DRAWBRIDGE_GRAPH_URL", simulator.graph_url().to_string()),
    ];
    let check = async |args: &[&str]| {
        let mut check = command(args).await;
        check.envs(hosts.clone());
        finish(check).await
    };
    let add = [
        "tenants",
        "add",
        "contoso",
        "--tenant-id",
        &known.tenant_id,
        "--client-id",
        &known.client_id,
        "--secret",
        &secret,
        place[0],
        place[1],
    ];
    let added = run(&add).await.well();
    assert!(
        added.stdout.contains(&format!("--bucket {}", stack.bucket)),
        "{}",
        added.stdout
    );
    assert!(
        stack
            .text("tenants/contoso.toml")
            .await
            .unwrap()
            .contains(&secret)
    );
    run(&add).await.failed(&["already", "--replace"]);

    let with =
        |command: &[&'static str]| -> Vec<&str> { command.iter().copied().chain(place).collect() };
    let list = run(&with(&["tenants", "list"])).await.well();
    assert!(
        list.stdout.contains("contoso") && list.stdout.contains("never"),
        "{}",
        list.stdout
    );
    let checked = check(&with(&["tenants", "check", "--all"])).await.well();
    assert!(
        checked.stdout.contains("Graph answers"),
        "{}",
        checked.stdout
    );
    assert_eq!(simulator.stats().token_requests, 1);

    manager
        .put_secret_value()
        .secret_id(&secret)
        .secret_string("MARKER")
        .send()
        .await
        .unwrap();
    let checked = check(&with(&["tenants", "check", "contoso"])).await;
    assert!(
        checked.stdout.contains("the client secret is wrong"),
        "{}",
        checked.stdout
    );
    assert!(!checked.stdout.contains("MARKER") && !checked.stderr.contains("MARKER"));
    checked.failed(&["1 tenant does not work"]);

    run(&with(&["tenants", "pause", "contoso"])).await.well();
    assert_eq!(stack.text("tenants/contoso.toml").await, None);
    assert!(stack.text("tenants/paused/contoso.toml").await.is_some());
    run(&with(&["tenants", "check", "--all"]))
        .await
        .failed(&["no tenant to check"]);
    run(&with(&["tenants", "resume", "contoso"])).await.well();
    run(&with(&["tenants", "remove", "contoso", "--yes"]))
        .await
        .well();
    assert_eq!(stack.text("tenants/contoso.toml").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_is_named() {
    let outcome = run(&["tenants", "list", "--bucket", "no-such-bucket"]).await;
    outcome.failed(&["no-such-bucket", "NoSuchBucket"]);
}

/// What a stack keeps of a tenant, with `@` for its name.
const KEPT: [&str; 6] = [
    "siem/v1/@/2026-01-01/20260101T000000000Z-1.jsonl.gz",
    "quarantine/@/gaps/1.json",
    "quarantine/replayed/@/alerts/1.json",
    "backfills/@/1.json",
    "state/@.before-20260101T000000000Z.json",
    "tenants/paused/@.toml",
];

/// Puts all of that into a stack's bucket, and a state that was saved then.
async fn keep(stack: &Stack, name: &str, saved: Timestamp) {
    for key in KEPT {
        stack.put(&key.replace('@', name), &json!(12345)).await;
    }
    let state = State {
        saved: Some(saved),
        ..State::default()
    };
    let body = state.encode().unwrap().into();
    let key = format!("state/{name}.json");
    let put = stack.store.put(&key, body, "application/json");
    put.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_a_stack_keeps_of_a_tenant_is_purged() {
    let stack = Stack::create().await;
    let now = Timestamp::now();
    for name in ["a", "a-b"] {
        keep(&stack, name, now).await;
    }
    let list = "[a]\ntenant_id = \"t\"\nclient_id = \"c\"\n\n[a-b]\ntenant_id = \"t\"\nclient_id = \"c\"\n";
    let put = |key: &'static str, text: &'static str| {
        let body = bytes::Bytes::from_static(text.as_bytes());
        stack.store.put(key, body, "text/plain")
    };
    put("admin/tenants.toml", list).await.unwrap();
    put("oversize/siem/1", "12345").await.unwrap();
    let all = || async { stack.store.list("").await.unwrap() };
    let before = all().await;
    let with = |more: &[&'static str]| -> Vec<&str> {
        let purge = ["tenants", "purge", "a", "--bucket", &stack.bucket];
        purge.into_iter().chain(more.iter().copied()).collect()
    };

    let dry = run(&with(&["--dry-run", "--json"])).await.well();
    let told: serde_json::Value = serde_json::from_str(&dry.stdout).unwrap();
    let quarantine = json!({"kind": "quarantine", "objects": 2, "bytes": 10});
    assert!(
        told["kinds"].as_array().unwrap().contains(&quarantine),
        "{told}"
    );
    put("tenants/a.toml", "").await.unwrap();
    run(&with(&["--yes"]))
        .await
        .failed(&["tenants/a.toml", "tenants pause a --bucket"]);
    stack.store.delete("tenants/a.toml").await.unwrap();
    run(&with(&[])).await.failed(&["8 objects", "--yes"]);
    assert_eq!(all().await, before);

    let purged = run(&with(&["--yes"])).await.well();
    for words in [
        "removed 8 objects",
        "oversize/",
        "queues",
        "Secrets Manager",
    ] {
        assert!(purged.stdout.contains(words), "{}", purged.stdout);
    }
    let is_other = |key: &&String| {
        key.contains("a-b") || key.starts_with("admin/") || key.starts_with("oversize/")
    };
    let others: Vec<String> = before.iter().filter(is_other).cloned().collect();
    assert_eq!(all().await, others);
    let list = stack.text("admin/tenants.toml").await.unwrap();
    assert!(list.contains("[a-b]") && !list.contains("[a]"), "{list}");
    let again = run(&with(&["--yes"])).await;
    again.failed(&["nothing is kept of \"a\" ", "no tenant is called \"a\" "]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_stacks_parameters_may_still_poll_is_not_purged() {
    let stack = Stack::create().await;
    let now = Timestamp::now();
    keep(&stack, "first", now).await;
    stack
        .store
        .delete("tenants/paused/first.toml")
        .await
        .unwrap();
    let purge = [
        "tenants",
        "purge",
        "first",
        "--yes",
        "--bucket",
        &stack.bucket,
    ];
    run_told(None, &purge)
        .await
        .failed(&["nothing was removed", "stack's parameters"]);
    // It is told that this one is no such tenant.
    run(&purge)
        .await
        .failed(&["nothing was removed", "was just removed"]);
    let long_ago = now - jiff::SignedDuration::from_hours(2);
    keep(&stack, "first", long_ago).await;
    stack
        .store
        .delete("tenants/paused/first.toml")
        .await
        .unwrap();
    run(&purge).await.well();
    assert_eq!(stack.store.list("").await.unwrap(), Vec::<String>::new());
}

/// The tenant of the stack's parameters, which needs no document.
const FIRST: &str = r#"[{"name":"first","tenant_id":"t.example","secret":"s",
    "client_id":"00000000-0000-0000-0000-00000000000c"}]"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_tenant_is_told_what_a_document_of_its_name_is_good_for() {
    let stack = Stack::create().await;
    let on = async |args: &[&str]| {
        let place = ["--bucket", &stack.bucket];
        run_told(Some(FIRST), &[args, &place].concat()).await
    };
    for command in ["pause", "remove"] {
        let told = on(&["tenants", command, "first"]).await;
        told.failed(&["the tenant of the stack's parameters", "TenantId"]);
    }
    let add = [
        "tenants",
        "add",
        "first",
        "--tenant-id",
        "other.example",
        "--client-id",
        "00000000-0000-0000-0000-00000000000c",
        "--secret",
        "drawbridge/prod/first",
    ];
    let added = on(&add).await.well();
    assert!(added.stdout.contains("is not read"), "{}", added.stdout);
    assert!(
        added.stdout.contains("--replaces-first-tenant"),
        "{}",
        added.stdout
    );
    on(&["tenants", "pause", "first"]).await.well();
    keep(&stack, "first", Timestamp::UNIX_EPOCH).await;
    let purged = on(&["tenants", "purge", "first", "--yes"]).await;
    purged.failed(&[
        "nothing was removed",
        "the tenant of the stack's parameters",
    ]);
    assert!(stack.text("state/first.json").await.is_some());
    let removed = on(&["tenants", "remove", "first", "--yes"]).await.well();
    assert!(
        removed.stdout.contains("polled by these"),
        "{}",
        removed.stdout
    );
}
