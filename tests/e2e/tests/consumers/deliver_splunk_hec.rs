//! Splunk's HTTP Event Collector, which indexes events as it documents them.

use std::collections::BTreeMap;

use drawbridge_intakes::certificate::issued_for;
use drawbridge_intakes::http::{Fake, json as answer};
use drawbridge_intakes::splunk_hec::{EVENTS, SUCCESS, checked};
use drawbridge_record::format;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::consumers::bridge;
use crate::consumers::delivery::{Delivery, SECRET};
use crate::consumers::index::delivered;
use crate::consumers::intake::{First, Taken, busy};
use crate::consumers::lines::escaped;

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

fn events(taken: &Taken) -> Vec<Event> {
    let taken = taken.all();
    let events = taken.iter().flat_map(|asked| {
        let events = serde_json::Deserializer::from_str(&asked.body).into_iter();
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
        if let Some(refusal) = checked(asked, SECRET) {
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
    let keys = || events(&taken).into_iter().map(key).collect();
    delivery.arrived_once(keys).await;

    let native = format("native").unwrap();
    let mut indexed: BTreeMap<String, Event> = events(&taken)
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
        let changed = alert["lastUpdateDateTime"].as_str().unwrap();
        let changed: Timestamp = changed.parse().unwrap();
        let millis = (event.time * 1000.0).round() as i64;
        assert_eq!(millis, changed.as_millisecond());
    }
    assert!(indexed.is_empty());
}
