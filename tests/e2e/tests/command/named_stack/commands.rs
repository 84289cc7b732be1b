use drawbridge_e2e::{Bundle, Stack};
use drawbridge_simulator::Options;
use drawbridge_store::Store as _;
use serde_json::{Value, json};

use super::{TENANT, World, functions_that_do_nothing};
use crate::command::run::run;

/// Each command that takes a place, with nothing but the stack's name.
#[tokio::test(flavor = "multi_thread")]
async fn every_command_needs_nothing_but_the_stacks_name() {
    let known = Options::default();
    let parameters = [
        ("TenantId", "33333333-3333-4333-8333-333333333333"),
        ("ClientId", &*known.client_id),
        ("TenantName", "first"),
        ("OcsfOutput", "objects"),
    ];
    let world = World::deploy("by-name", &parameters).await;
    world.polled("first").await;

    let status = world.run(&["status", "--json"]).await.well();
    assert!(status.stdout.contains(TENANT), "{}", status.stdout);
    // The secret's prefix and the hosts of the simulator are the stack's.
    let check = world.run(&["tenants", "check", TENANT]).await.well();
    assert!(check.stdout.contains("Graph answers"), "{}", check.stdout);
    assert!(world.simulator.stats().token_requests > 0);
    // It knows the tenant of the stack's parameters.
    let pause = world.run(&["tenants", "pause", "first"]).await;
    pause.failed(&[
        "the tenant of the stack's parameters",
        "tenants add first --stack by-name",
    ]);

    let added = world.add_fabrikam(&[]).await.well();
    assert!(added.stdout.contains("--stack by-name"), "{}", added.stdout);
    for args in [
        &["tenants", "list"][..],
        &["tenants", "pause", "fabrikam"],
        &["tenants", "resume", "fabrikam"],
        &["tenants", "allow", "fabrikam"],
        &["tenants", "remove", "fabrikam", "--yes"],
        &["tenants", "purge", "fabrikam", "--dry-run"],
        &["state", "show"],
        &[
            "state",
            "reset",
            "--tenant",
            TENANT,
            "--to",
            "2026-01-01",
            "--yes",
        ],
        &[
            "backfill",
            "--tenant",
            TENANT,
            "--from",
            "2026-01-01",
            "--to",
            "2026-01-02",
            "--yes",
            "--no-wait",
        ],
        &["backfill", "status"],
        &["replay", "list"],
    ] {
        world.run(args).await.well();
    }
    let status = world.run(&["backfill", "status", "--json"]).await.well();
    let status: Value = serde_json::from_str(status.stdout.lines().next().unwrap()).unwrap();
    let id = status["id"].as_str().unwrap();
    world.run(&["backfill", "cancel", id]).await.well();
    world
        .run(&["backfill", "resume", id, "--no-wait"])
        .await
        .well();
}

/// An alert goes to all outputs that the stack has, a record to its own, and dead letters to their queue.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_replayed_goes_to_the_queues_that_the_stack_names() {
    let parameters = [
        ("OcsfOutput", "objects"),
        ("NativeOutput", "messages"),
        ("MessagePointers", "yes"),
    ];
    let world = World::deploy("replayed", &parameters).await;
    let alert = json!({
        "id": "a1", "severity": "high", "serviceSource": "microsoftDefenderForEndpoint",
        "createdDateTime": "2026-01-01T00:00:00Z", "lastUpdateDateTime": "2026-01-01T00:00:00Z",
    });
    let long = json!({"long": "x".repeat(1 << 20)}).to_string();
    for (key, item) in [
        (
            "alerts/a",
            json!({"reason": "an older release", "alert": alert}),
        ),
        (
            "records/c",
            json!({
                "tenant": TENANT, "reason": "MessageTooLong", "key": "k", "record": long,
                "output": "native", "group": TENANT, "attributes": {"key": "k"},
            }),
        ),
    ] {
        world
            .put(&format!("quarantine/{TENANT}/{key}.json"), &item)
            .await;
    }
    world.run(&["replay", "run", "--all"]).await.well();
    let depth = async |output: &str| {
        let url = world.stack.output(output).unwrap();
        let asked = world.sqs.get_queue_attributes().queue_url(url);
        let asked = asked.attribute_names("ApproximateNumberOfMessages".into());
        let counts = asked.send().await.unwrap().attributes.unwrap();
        counts.values().next().unwrap().parse::<u32>().unwrap()
    };
    // The long one went as a pointer, since the stack says that its reader resolves it.
    assert_eq!(
        (depth("SiemQueueUrl").await, depth("NativeQueueUrl").await),
        (1, 2)
    );
    let objects = drawbridge_store::Catalogue::list(&world.store, "ocsf/")
        .await
        .unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");

    world.send("SiemDeadLetterQueueUrl", "one").await;
    world.send("NativeDeadLetterQueueUrl", "two").await;
    let dead = ["replay", "dead-letters"];
    world
        .run(&[&dead[..], &["--output", "siem"]].concat())
        .await
        .well();
    assert_eq!(
        (
            depth("SiemQueueUrl").await,
            depth("NativeDeadLetterQueueUrl").await
        ),
        (2, 1)
    );
    world.run(&dead).await.well();
    assert_eq!(
        (
            depth("NativeQueueUrl").await,
            depth("NativeDeadLetterQueueUrl").await
        ),
        (3, 0)
    );
    let none = world.run(&[&dead[..], &["--output", "ecs"]].concat()).await;
    none.failed(&["no output \"ecs\"", "siem"]);

    // A document that names what the stack does not have is told, and nothing is sent.
    let key = format!("tenants/{TENANT}.toml");
    let text = world.store.get(&key).await.unwrap().unwrap().body;
    let text = String::from_utf8(text.to_vec()).unwrap() + "outputs = [\"ecs\"]\n";
    world
        .stack
        .put_document(world.emulator, &key, &text)
        .await
        .unwrap();
    world
        .put(
            &format!("quarantine/{TENANT}/alerts/b.json"),
            &json!({"reason": "r", "alert": alert}),
        )
        .await;
    let told = world.run(&["replay", "run", "--all"]).await;
    assert!(
        told.stdout
            .contains("writes to ecs, which the stack replayed does not have"),
        "{}",
        told.stdout
    );
    told.failed(&["not delivered"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_no_stacks_that_polls_is_told_apart() {
    let world = World::deploy("the-one", &[]).await;
    let missing = run(&["status", "--stack", "nowhere"]).await;
    missing.failed(&["the stack nowhere", "list-stacks", "AWS_REGION"]);
    let binaries = functions_that_do_nothing();
    let bundle = Bundle::make(world.emulator, binaries.path()).unwrap();
    let bucket = world.stack.output("BucketName").unwrap();
    let parameters = [("BucketName", bucket)];
    Stack::deploy_of(world.emulator, "serves", &bundle, "serve.yaml", &parameters).unwrap();
    let serves = run(&["doctor", "--stack", "serves"]).await;
    serves.failed(&["serves is the stack of serve.yaml", "the stack that polls"]);
    let dead = run(&["replay", "dead-letters"]).await;
    assert_eq!(dead.code, Some(2), "{}", dead.stderr);
    assert!(dead.stderr.contains("--stack NAME"), "{}", dead.stderr);
}
