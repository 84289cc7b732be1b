use drawbridge_simulator::{Alerts, Options};

use crate::cloud;
use crate::run::run;
use crate::stack::Stack;

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
    let (login, graph) = (simulator.login_url(), simulator.graph_url());
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
        "--login-url",
        login.as_str(),
        "--graph-url",
        graph.as_str(),
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
    let check = run(&with(&["tenants", "check", "--all"])).await.well();
    assert!(check.stdout.contains("Graph answers"), "{}", check.stdout);
    assert_eq!(simulator.stats().token_requests, 1);

    manager
        .put_secret_value()
        .secret_id(&secret)
        .secret_string("MARKER")
        .send()
        .await
        .unwrap();
    let check = run(&with(&["tenants", "check", "contoso"])).await;
    assert!(
        check.stdout.contains("the client secret is wrong"),
        "{}",
        check.stdout
    );
    assert!(!check.stdout.contains("MARKER") && !check.stderr.contains("MARKER"));
    check.failed(&["1 of 1 tenants do not work"]);

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
    run(&["tenants", "list", "--jobs-queue", "u"])
        .await
        .failed(&["--jobs-queue goes with --bucket"]);
}
