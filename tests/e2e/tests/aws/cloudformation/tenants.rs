use std::collections::BTreeSet;

use drawbridge_e2e::{Consumer, tenant_document};
use drawbridge_store::{Catalogue as _, Store as _};
use serde_json::{Value, json};

use super::cost::Cost;
use super::world::{STACK, World};

const ADDED: &str = "fabrikam";
const PAUSED: &str = "litware";

/// A tenant that is added as a document is polled at the next tick, without an update of the stack,
/// and one that is paused is not. Its records go where its document says: as objects that S3 tells
/// a queue of, and as messages that are delivered.
pub(crate) async fn a_document_adds_a_tenant(world: &World, secret: &str) {
    let reader = Consumer::create(&world.emulator, &world.stack, "NativeObjects").unwrap();
    let document = tenant_document(STACK, ADDED) + "outputs = [\"native\", \"native-objects\"]\n";
    let add = world
        .stack
        .add_tenant(&world.emulator, ADDED, &document, secret);
    add.await.unwrap();
    let paused = tenant_document(STACK, ADDED);
    let key = format!("tenants/paused/{PAUSED}.toml");
    let put = world.stack.put_document(&world.emulator, &key, &paused);
    put.await.unwrap();

    let before = Cost::of_dispatch(world);
    let told = world.stack.invoke("dispatch", &json!({})).unwrap();
    assert_eq!(told["jobs"], 2, "{told}");
    Cost::of_dispatch(world)
        .minus(&before)
        .assert_is(&[("s3:ListBucket", 1), ("sqs:SendMessage", 1)]);
    let state = format!("state/{ADDED}.json");
    world
        .wait(120, "the new tenant was not polled", async || {
            world.store.get(&state).await.unwrap().is_some()
        })
        .await;

    let alerts: Vec<Value> = reader.read_objects(1).unwrap();
    let ids: BTreeSet<&str> = alerts.iter().map(|a| a["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), alerts.len(), "an alert came twice");
    assert!(ids.contains("da0") && ids.contains("da-missed"), "{ids:?}");
    assert!(
        reader
            .python()
            .run("read_notified.py", &[world.url("SiemQueueUrl"), "0"], "")
            .is_err(),
        "the reader of one output can read another one"
    );

    world
        .wait(180, "not every record was delivered", async || {
            world.intake.records().len() >= alerts.len()
        })
        .await;
    let delivered = world.intake.records();
    let delivered: BTreeSet<&str> = delivered
        .iter()
        .map(|a| a["id"].as_str().unwrap())
        .collect();
    assert_eq!(delivered, ids);
    world
        .wait(60, "delivered records are still on the queue", async || {
            world.depth("NativeQueueUrl").await == 0
        })
        .await;

    let states = world.store.list("state/").await.unwrap();
    assert!(states.iter().all(|key| !key.contains(PAUSED)), "{states:?}");
    world
        .store
        .delete(&format!("tenants/{ADDED}.toml"))
        .await
        .unwrap();
    let told = world.stack.invoke("dispatch", &json!({})).unwrap();
    assert_eq!(told["jobs"], 1, "{told}");
    world
        .wait(60, "a job is not done", async || {
            world.depth("JobsQueueUrl").await == 0
        })
        .await;
}
