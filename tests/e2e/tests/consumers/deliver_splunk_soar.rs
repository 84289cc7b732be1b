//! Splunk SOAR, whose playbooks look for CEF's names.

use std::collections::BTreeSet;
use std::sync::Arc;

use drawbridge_intakes::certificate::issued_for;
use drawbridge_intakes::http::Fake;
use drawbridge_intakes::splunk_soar::Soar;
use drawbridge_record::Record;
use serde_json::{Value, json};

use crate::consumers::delivery::{Delivery, SECRET};
use crate::consumers::index::delivered;
use crate::consumers::intake::{First, busy};

#[tokio::test(flavor = "multi_thread")]
async fn soar_has_a_container_of_each_alert_and_artifacts_with_cef() {
    let row = delivered("Splunk SOAR", "siem", "splunk-soar");
    let issued = issued_for("localhost");
    let first = First::default();
    let soar = Arc::new(Soar {
        token: SECRET.to_owned(),
        ..Soar::default()
    });
    let state = Arc::clone(&soar);
    let fake = Fake::tls(&issued, move |_, asked| match first.is_it() {
        true => busy(503, ""),
        false => state.reply(asked),
    })
    .await;
    let settings = json!({"url": fake.url, "ca": issued.ca_pem});
    let delivery = Delivery::begin(&row, settings).await;
    // As often as one was posted and taken; the search before it is no post.
    let keys = || {
        let artifacts = soar.artifacts.lock().unwrap();
        artifacts.keys().map(|(_, key)| key.clone()).collect()
    };
    delivery.arrived_once(keys).await;

    let containers = soar.containers.lock().unwrap();
    let ids = delivery.records.iter().map(|record| &record.alert_id);
    let ids: BTreeSet<&String> = ids.collect();
    assert_eq!(containers.keys().collect::<BTreeSet<_>>(), ids);
    let artifacts = soar.artifacts.lock().unwrap();
    let mut with_cef = BTreeSet::new();
    for record in &delivery.records {
        let container = containers[&record.alert_id];
        let artifact = &artifacts[&(container, record.key.clone())];
        with_cef.extend(cef_keys(record, artifact));
    }
    assert_eq!(with_cef.len(), CEF.len(), "only {with_cef:?} were seen");
    for container in containers.values() {
        let mut of_alert = artifacts.iter().filter(|((of, _), _)| of == container);
        assert!(of_alert.any(|(_, artifact)| artifact["run_automation"] == true));
    }
}

/// SOAR's names for what playbooks look for, and those of the record.
const CEF: [(&str, &str); 7] = [
    ("deviceHostname", "ComputerDnsName"),
    ("destinationUserName", "UserName"),
    ("sourceAddress", "IpAddress"),
    ("requestURL", "Url"),
    ("fileName", "FileName"),
    ("fileHashSha256", "Sha256"),
    ("cmdLine", "CommandLine"),
];

/// The CEF keys that an artifact has; it has all of the record, and a type for each of them.
fn cef_keys(record: &Record, artifact: &Value) -> Vec<&'static str> {
    let body: Value = serde_json::from_str(&record.body).unwrap();
    let (cef, types) = (&artifact["cef"], &artifact["cef_types"]);
    for (name, value) in body.as_object().unwrap() {
        assert_eq!(cef[name], *value, "{name}");
    }
    let mut found = Vec::new();
    for (name, of_record) in CEF {
        if body[of_record] == "" {
            assert_eq!(cef.get(name), None, "{name}");
        } else {
            assert_eq!(cef[name], body[of_record], "{name}");
            assert!(types[name].is_array(), "{name}");
            found.push(name);
        }
    }
    found
}
