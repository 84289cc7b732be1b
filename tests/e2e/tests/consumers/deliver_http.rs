//! Intakes that `deliver` posts to. Each says first that it is busy; what it takes later is read as
//! the product would, and compared with the alerts that the simulated Graph has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};

use drawbridge_e2e::Python;
use drawbridge_intakes::certificate::issued_for;
use drawbridge_intakes::http::{Asked, Fake, Told, json as answer};
use drawbridge_intakes::sentinel::{self, DCR, STREAM, TENANT as DIRECTORY};
use drawbridge_intakes::splunk_hec::{self, EVENTS, SUCCESS};
use drawbridge_intakes::splunk_soar::Soar;
use drawbridge_record::{Record, format};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::delivery::{Delivery, First, SECRET};
use crate::index::delivered;
use crate::lines::escaped;
use crate::{bridge, cloud};

/// Busy for a second.
fn busy(status: u16, body: &str) -> Told {
    let after = ("retry-after", "1".to_owned());
    Told::Answer(status, vec![after], body.to_owned())
}

/// The requests that an intake has taken.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<Asked>>>);

impl Taken {
    fn note(&self, asked: &Asked) {
        self.0.lock().unwrap().push(asked.clone());
    }

    fn bodies(&self) -> Vec<String> {
        let taken = self.0.lock().unwrap();
        taken.iter().map(|asked| asked.body.clone()).collect()
    }
}

/// An event as HEC documents it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    time: f64,
    host: String,
    source: String,
    sourcetype: String,
    index: String,
    event: Box<RawValue>,
    fields: BTreeMap<String, String>,
}

fn events(bodies: &[String]) -> Vec<Event> {
    let events = bodies.iter().flat_map(|body| {
        let events = serde_json::Deserializer::from_str(body).into_iter();
        events.map(Result::unwrap).collect::<Vec<Event>>()
    });
    events.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn splunk_hec_indexes_each_alert_as_graph_sent_it() {
    let row = delivered("Splunk", "native", "splunk-hec");
    let issued = issued_for("localhost");
    let (first, taken) = (First::default(), Taken::default());
    let noted = taken.clone();
    let fake = Fake::tls(&issued, move |_, asked| {
        assert_eq!(asked.path, EVENTS);
        if let Some(refusal) = splunk_hec::checked(asked, SECRET) {
            return refusal;
        }
        if first.is_it() {
            return busy(503, r#"{"text":"Server is busy","code":9}"#);
        }
        noted.note(asked);
        answer(200, SUCCESS)
    })
    .await;
    let settings = json!({"url": fake.url, "ca": issued.ca_pem, "index": "security"});
    let delivery = Delivery::begin(&row, settings).await;
    let key = |event: Event| event.fields["key"].clone();
    let keys = || events(&taken.bodies()).into_iter().map(key).collect();
    delivery.arrived_once(keys).await;

    let native = format("native").unwrap();
    let mut indexed: BTreeMap<String, Event> = events(&taken.bodies())
        .into_iter()
        .map(|event| (event.fields["alert_id"].clone(), event))
        .collect();
    for text in &delivery.alerts {
        let alert: Value = serde_json::from_str(text).unwrap();
        let event = indexed.remove(alert["id"].as_str().unwrap()).unwrap();
        // Byte for byte, but for the two characters that SQS takes as escapes only.
        assert!(
            event.event.get() == escaped(native, text),
            "{}",
            alert["id"]
        );
        assert_eq!(event.sourcetype, "ms365:defender:incident:alerts");
        assert_eq!((&*event.host, &*event.source), ("drawbridge", "drawbridge"));
        assert_eq!(event.index, "security");
        assert_eq!(event.fields["tenant"], bridge::TENANT);
        let changed = instant(&alert["lastUpdateDateTime"]).unwrap();
        let millis = (event.time * 1000.0).round() as i64;
        assert_eq!(millis, changed.as_millisecond());
    }
    assert!(indexed.is_empty());
}

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
        false => state.told(asked),
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

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_rows_have_the_columns_of_its_table() {
    let row = delivered("Microsoft Sentinel", "siem", "sentinel");
    let (first, taken) = (First::default(), Taken::default());
    let noted = taken.clone();
    let fake = Fake::start(move |_, asked| {
        sentinel::azure(asked, SECRET, |asked| {
            if first.is_it() {
                return busy(429, "");
            }
            noted.note(asked);
            sentinel::taken(asked)
        })
    })
    .await;
    let settings = json!({
        "url": fake.url, "login_url": fake.url, "dcr": DCR, "stream": STREAM,
        "tenant_id": DIRECTORY, "client_id": "app",
    });
    let delivery = Delivery::begin(&row, settings).await;
    let rows = || -> Vec<Value> {
        let taken = taken.0.lock().unwrap();
        taken.iter().flat_map(sentinel::rows).collect()
    };
    let key = |row: &Value| row["FullId"].as_str().unwrap().to_owned();
    delivery
        .arrived_once(|| rows().iter().map(key).collect())
        .await;

    let columns = columns();
    let records = delivery.by_key();
    for mut row in rows() {
        for (name, value) in row.as_object().unwrap() {
            let kind = columns
                .get(name)
                .unwrap_or_else(|| panic!("no column {name}"));
            assert!(fits(kind, value), "{name} is {kind}");
        }
        let time = row.as_object_mut().unwrap().remove("TimeGenerated");
        let body: Value = serde_json::from_str(&records[&*key(&row)].body).unwrap();
        assert_eq!(row, body);
        let times = ["LastProcessedTimeUtc", "AlertTime"].map(|name| instant(&body[name]));
        assert_eq!(time.as_ref().and_then(instant), times[0].or(times[1]));
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

/// The columns that the deployed data collection rule declares for the stream, with their types.
fn columns() -> BTreeMap<String, String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../infra/sentinel/table.json"
    );
    let template: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let resources = template["resources"].as_array().unwrap();
    let rule = resources
        .iter()
        .find(|resource| resource["type"] == "Microsoft.Insights/dataCollectionRules");
    let declared = &rule.unwrap()["properties"]["streamDeclarations"][STREAM]["columns"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let columns = declared.as_array().unwrap().iter();
    columns
        .map(|column| (text(&column["name"]), text(&column["type"])))
        .collect()
}

/// Whether a value is kept in a column of that type: Azure Monitor makes others null.
fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "datetime" => instant(value).is_some(),
        "long" => value.is_i64(),
        "boolean" => value.is_boolean() || value.is_null(),
        _ => panic!("no type is called {kind}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_checks_signatures_as_the_page_says_takes_each_record() {
    let row = delivered("Others", "siem", "webhook");
    let issued = issued_for("localhost");
    let (first, taken) = (First::default(), Taken::default());
    let noted = taken.clone();
    let fake = Fake::tls(&issued, move |_, asked| {
        assert_eq!(
            (&*asked.method, &*asked.path),
            ("POST", "/alerts?from=defender")
        );
        if first.is_it() {
            return busy(503, "");
        }
        noted.note(asked);
        answer(204, "")
    })
    .await;
    let url = format!("{}alerts?from=defender", fake.url);
    let delivery = Delivery::begin(&row, json!({"url": url, "ca": issued.ca_pem})).await;
    let named = |asked: &Asked| -> Vec<String> {
        let keys = asked.headers["x-drawbridge-keys"].split(',');
        keys.map(str::to_owned).collect()
    };
    let keys = || taken.0.lock().unwrap().iter().flat_map(named).collect();
    delivery.arrived_once(keys).await;

    let records = delivery.by_key();
    let taken = taken.0.lock().unwrap().clone();
    let read = verified(&taken).await;
    for (asked, read) in taken.iter().zip(read) {
        assert!(read.is_signed && !read.is_signed_when_changed);
        let bodies = named(asked).into_iter().map(|key| {
            let body = &records[&*key].body;
            serde_json::from_str::<Value>(body).unwrap()
        });
        assert_eq!(read.records, bodies.collect::<Vec<_>>());
    }
}

/// What a receiver of the webhook makes of a request.
#[derive(Deserialize)]
struct Verified {
    is_signed: bool,
    /// The same of a request with another byte in it.
    is_signed_when_changed: bool,
    records: Vec<Value>,
}

/// The requests as Python reads them, by the lines that `docs/deliver.md` shows.
async fn verified(taken: &[Asked]) -> Vec<Verified> {
    let requests: Vec<Value> = taken
        .iter()
        .map(|asked| {
            json!({
                "timestamp": asked.headers["x-drawbridge-timestamp"],
                "signature": asked.headers["x-drawbridge-signature"],
                "body": asked.body,
            })
        })
        .collect();
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/deliver.md");
    let args = [page.to_owned(), SECRET.to_owned()];
    let python = Python::root(cloud::emulator().await);
    let input = Value::from(requests).to_string();
    let told = bridge::run_on(&python, "receive_webhook.py", &args, input).await;
    serde_json::from_str(&told).unwrap()
}
