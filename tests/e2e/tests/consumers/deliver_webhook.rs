//! A receiver of the webhook, in Python as `docs/deliver.md` shows it.

use drawbridge_e2e::Python;
use drawbridge_intakes::certificate::issued_for;
use drawbridge_intakes::http::{Fake, ReceivedRequest, json as answer};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cloud;
use crate::consumers::bridge;
use crate::consumers::delivery::{Delivery, SECRET};
use crate::consumers::index::delivered;
use crate::consumers::intake::{First, Taken, busy};

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
    let named = |asked: &ReceivedRequest| -> Vec<String> {
        let keys = asked.headers["x-drawbridge-keys"].split(',');
        keys.map(str::to_owned).collect()
    };
    let keys = || taken.all().iter().flat_map(named).collect();
    delivery.arrived_once(keys).await;

    let records = delivery.by_key();
    let taken = taken.all();
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
async fn verified(taken: &[ReceivedRequest]) -> Vec<Verified> {
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
