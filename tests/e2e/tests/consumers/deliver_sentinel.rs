//! Microsoft Sentinel's Logs Ingestion API, and the columns of the table behind it.

use std::collections::BTreeMap;
use std::fs;

use drawbridge_intakes::http::Fake;
use drawbridge_intakes::sentinel::{self, DCR, STREAM, TENANT as DIRECTORY};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::consumers::delivery::{Delivery, SECRET};
use crate::consumers::index::delivered;
use crate::consumers::intake::{First, Taken, busy};

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
    let rows = || -> Vec<Value> { taken.all().iter().flat_map(sentinel::rows).collect() };
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
