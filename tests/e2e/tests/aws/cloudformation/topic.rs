use drawbridge_e2e::{
    Bundle, Consumer, Stack, create_secret, functions, read_from, tenant_document,
};
use drawbridge_simulator::{Alerts, Options, Simulator};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::world;
use crate::alerts::{alert, bodies};

const STACK: &str = "fanned-out";
const TENANT: &str = "contoso";

async fn simulator(alerts: &[Value]) -> Simulator {
    let alerts = Alerts::parse(Value::from(alerts).to_string().as_bytes()).unwrap();
    let started = drawbridge_simulator::start(Options::default(), alerts);
    started.await.unwrap()
}

/// The smallest stack: no tenant in its parameters, and objects alone, told of through a topic.
/// What is wrong with its tenants is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_stack_that_begins_without_a_tenant() {
    let binaries = functions().unwrap();
    let newest = Timestamp::now() - SignedDuration::from_mins(2);
    let alerts: Vec<Value> = (0..30).map(|n| alert(n, newest, &["192.0.2.1"])).collect();
    let simulator = simulator(&alerts).await;
    let emulator = world::emulator().await;
    let [login, graph] = read_from(&simulator);
    let parameters = [
        ("SiemOutput", "objects"),
        ("Fanout", "yes"),
        ("Federation", "yes"),
        ("Schedule", "rate(10 minutes)"),
        (login.0, &login.1),
        (graph.0, &graph.1),
    ];
    let bundle = Bundle::make(&emulator, &binaries).unwrap();
    let stack = Stack::deploy(&emulator, STACK, &bundle, &parameters).unwrap();
    assert!(stack.output("SiemQueueUrl").is_err(), "nobody asked for it");
    assert!(stack.output("SecretArn").is_err(), "nobody needs it");
    assert!(
        stack
            .output("PollRoleArn")
            .unwrap()
            .starts_with("arn:aws:iam::")
    );
    assert!(
        stack
            .output("SiemObjectsTopicArn")
            .unwrap()
            .starts_with("arn:aws:sns:")
    );

    let nobody = stack.invoke("dispatch", &json!({})).unwrap_err();
    assert!(
        nobody.to_string().contains("there is no tenant"),
        "{nobody}"
    );
    let key = format!("tenants/{TENANT}.toml");
    stack
        .put_document(&emulator, &key, r#"tenantid = "hunter2""#)
        .await
        .unwrap();
    let job = json!({"tenant": TENANT});
    let broken = stack.invoke("poll", &job).unwrap_err().to_string();
    assert!(
        broken.contains("tenants/contoso.toml cannot be read"),
        "{broken}"
    );
    assert!(broken.contains("did you mean `tenant_id`?"), "{broken}");
    assert!(!broken.contains("hunter2"), "{broken}");
    let log = emulator.log_tail(200);
    assert!(log.contains("\"ConfigErrors\":1"), "{log}");

    let document = tenant_document(STACK, TENANT);
    let secret = Options::default().client_secret;
    let add = stack.add_tenant(&emulator, TENANT, &document, &secret);
    add.await.unwrap();
    let told = stack.invoke("dispatch", &json!({})).unwrap();
    assert_eq!(told["jobs"], 1, "{told}");
    let reader = Consumer::create(&emulator, &stack, "SiemObjects").unwrap();
    let read = reader.read_objects(1).unwrap();
    let mut expected: Vec<Value> = bodies(&alerts)
        .values()
        .map(|body| serde_json::from_str(body).unwrap())
        .collect();
    for record in &read {
        let place = expected.iter().position(|other| other == record);
        expected.remove(place.unwrap_or_else(|| panic!("came twice, or is another: {record}")));
    }
    assert_eq!(expected, Vec::<Value>::new(), "these did not come");

    // A document reads no secret but its own, whoever wrote it: neither another stack's nor that of
    // another tenant.
    create_secret(&emulator, "drawbridge/another/litware", "hunter3")
        .await
        .unwrap();
    let key = "tenants/litware.toml";
    let job = json!({"tenant": "litware"});
    for curious in [
        tenant_document("another", "litware"),
        tenant_document(STACK, TENANT),
    ] {
        stack.put_document(&emulator, key, &curious).await.unwrap();
        let refused = stack.invoke("poll", &job).unwrap_err().to_string();
        let own = format!("drawbridge/{STACK}/litware");
        assert!(refused.contains(&own), "{refused}");
    }
}
