//! The tenant of the stack's parameters, which has no document: what docs/deploy.md makes.

use drawbridge_simulator::Options;
use drawbridge_store::{Catalogue as _, Store as _};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{TENANT, World};
use crate::command::answering::{Answer, answering};
use crate::command::run::{Outcome, run, run_told};

/// A stack that has no tenant but that of its parameters.
async fn deploy(name: &str) -> World {
    let known = Options::default();
    let parameters = [
        ("TenantId", &*known.tenant_id),
        ("ClientId", &known.client_id),
        ("TenantName", "main"),
        ("OcsfOutput", "objects"),
    ];
    let world = World::deploy(name, &parameters).await;
    for key in [
        format!("tenants/{TENANT}.toml"),
        format!("state/{TENANT}.json"),
    ] {
        world.store.delete(&key).await.unwrap();
    }
    world.polled("main").await;
    world
}

/// What a command with `--json` told, a line each.
fn json_lines(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_knows_it_by_the_stacks_name_alone() {
    let world = deploy("first-day").await;
    let list = world.run(&["tenants", "list"]).await.well();
    for word in ["main", "of the stack's parameters", "secret"] {
        assert!(list.stdout.contains(word), "no {word} in: {}", list.stdout);
    }
    // A busy machine takes minutes to come here.
    let says_when = [" min ago", " s ago"]
        .iter()
        .any(|ago| list.stdout.contains(ago));
    assert!(says_when, "{}", list.stdout);
    let list = world.run(&["tenants", "list", "--json"]).await.well();
    let [main] = json_lines(&list).try_into().unwrap();
    assert_eq!(
        (&main["name"], &main["of_parameters"], &main["document"]),
        (&json!("main"), &json!(true), &Value::Null)
    );
    // Its secret has no value yet, as before the fourth step of the page.
    let check = world.run(&["tenants", "check", "--all"]).await;
    assert!(
        check.stdout.contains("main (of the stack's parameters)"),
        "{}",
        check.stdout
    );
    check.failed(&["1 tenant does not work"]);
    let secret = Options::default().client_secret;
    let put = world.stack.put_secret(world.emulator, &secret);
    put.await.unwrap();
    for names in ["--all", "main"] {
        let check = world.run(&["tenants", "check", names]).await.well();
        for word in ["ok      main (of the stack's parameters)", "Graph answers"] {
            assert!(check.stdout.contains(word), "{}", check.stdout);
        }
    }
    assert!(world.simulator.stats().token_requests > 0);
    // Whoever may not read the secret is told so.
    let proxy = answering(world.emulator.endpoint_url(), |head, _| {
        let is_meant = head.contains("secretsmanager.GetSecretValue");
        is_meant.then(|| Answer {
            status: 400,
            content_type: "application/x-amz-json-1.1",
            body: r#"{"__type":"AccessDeniedException","Message":"sensitive"}"#.to_owned(),
        })
    });
    let denied = world
        .run_at(Some(&proxy), &["tenants", "check", "main"])
        .await;
    for word in ["sign-in", "secretsmanager:GetSecretValue"] {
        assert!(denied.stdout.contains(word), "{}", denied.stdout);
    }
    denied.failed(&["1 tenant does not work"]);

    let doctor = world.run(&["doctor", "--json"]).await.well();
    for (about, text) in [
        ("documents", "1 tenant"),
        ("main: sign-in", "token"),
        ("main: alerts", "Graph answers"),
        ("main: polls", "last good one"),
    ] {
        let is_told = json_lines(&doctor)
            .iter()
            .any(|line| line["about"] == about && line["text"].as_str().unwrap().contains(text));
        assert!(is_told, "nothing of {about}: {}", doctor.stdout);
    }

    // A bucket alone does not tell of it, and the way out that is named is one.
    let bucket = world.stack.output("BucketName").unwrap();
    let unknown = run_told(None, &["tenants", "check", "main", "--bucket", bucket]).await;
    unknown.failed(&["give --stack NAME"]);
    let unknown = run_told(None, &["tenants", "list", "--bucket", bucket]).await;
    assert!(
        unknown.stderr.contains("give --stack NAME"),
        "{}",
        unknown.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_quarantine_of_it_is_replayed() {
    let world = deploy("put-aside").await;
    let alert = json!({
        "id": "a1", "severity": "high", "serviceSource": "microsoftDefenderForEndpoint",
        "createdDateTime": "2026-01-01T00:00:00Z", "lastUpdateDateTime": "2026-01-01T00:00:00Z",
    });
    let hour = |hour: i64| Timestamp::from_second(1_767_225_600 + 3600 * hour).unwrap();
    for (key, item) in [
        (
            "alerts/a",
            json!({"reason": "an older release", "alert": alert}),
        ),
        (
            "records/b",
            json!({
                "tenant": "main", "reason": "r", "key": "k", "record": "{}", "output": "siem",
                "group": "main", "attributes": {"key": "k"},
            }),
        ),
        (
            "gaps/c",
            json!({"reason": "500", "window": {"from": hour(0), "to": hour(1)}}),
        ),
    ] {
        let key = format!("quarantine/main/{key}.json");
        world.put(&key, &item).await;
    }
    let replayed = world.run(&["replay", "run", "--all"]).await.well();
    assert!(
        replayed.stdout.contains("mapped anew") && replayed.stdout.contains("sent to siem"),
        "{}",
        replayed.stdout
    );
    let objects = world.store.list("ocsf/v1/main/").await.unwrap();
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert_eq!(
        world.store.list("quarantine/main/").await.unwrap(),
        Vec::<String>::new()
    );
}

/// The poll function would refuse it at each poll.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_names_no_output_that_the_stack_lacks() {
    let world = deploy("two-outputs").await;
    let there = "it has ocsf-objects, siem,";
    let refused = world.add_fabrikam(&["--output", "ocsf"]).await;
    refused.failed(&["names ocsf", "the stack two-outputs", there]);
    let key = "tenants/fabrikam.toml";
    assert!(world.store.get(key).await.unwrap().is_none());
    world.add_fabrikam(&["--output", "siem"]).await.well();
    let text = world.store.get(key).await.unwrap().unwrap().body;
    let text = String::from_utf8(text.to_vec()).unwrap();
    let text = text.replace("\"siem\"", "\"ecs-objects\"");
    let put = world.stack.put_document(world.emulator, key, &text);
    put.await.unwrap();
    let check = world.run(&["tenants", "check", "fabrikam"]).await;
    for words in ["names ecs-objects", there] {
        assert!(check.stdout.contains(words), "{}", check.stdout);
    }
    check.failed(&["does not work"]);
    // A bucket alone does not tell which outputs there are.
    let bucket = world.stack.output("BucketName").unwrap();
    let check = run(&["tenants", "check", "fabrikam", "--bucket", bucket]).await;
    let words = "whether the stack has the outputs that the document names is not known";
    assert!(check.stdout.contains(words), "{}", check.stdout);
}
