//! Readers of records out of a queue: the body is the record.

use std::collections::BTreeSet;

use drawbridge_record::{Body, format, formats};

use crate::consumers::index::{Shape, rows};
use crate::consumers::{alerts, bridge};

/// The bodies that the mapping alone makes, and how many there are.
fn mapped(name: &str) -> Vec<String> {
    let format = format(name).unwrap();
    let alerts = alerts::all();
    let records = alerts
        .iter()
        .flat_map(|alert| alerts::records(format, alert));
    records.map(|record| record.body).collect()
}

#[tokio::test]
async fn a_message_is_one_record_and_says_what_it_is() {
    for format in formats() {
        let read = bridge::read(format.name()).await;
        let wanted = mapped(format.name());
        assert_eq!(read.messages.len(), wanted.len(), "{}", format.name());
        let mut keys = BTreeSet::new();
        for message in &read.messages {
            let attributes = &message.attributes;
            assert_eq!(attributes["format"], format.name());
            assert_eq!(attributes["tenant"], bridge::TENANT);
            assert_eq!(attributes["change"], "new");
            assert!(attributes.len() <= 9, "{attributes:?}");
            keys.insert(&attributes["key"]);
        }
        assert_eq!(keys.len(), wanted.len(), "{}", format.name());
    }
}

/// For readers that take the body as it is: each row's queue holds the records, and nothing else.
#[tokio::test]
async fn each_rows_queue_holds_its_records() {
    let rows = rows();
    let rows: Vec<_> = rows.iter().filter(|r| r.shape == Shape::Messages).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let read = bridge::read(&row.format).await;
        let bodies = read.messages.iter().map(|message| message.body.clone());
        let bodies: BTreeSet<String> = bodies.map(|body| same(&row.format, &body)).collect();
        let wanted = mapped(&row.format);
        let wanted: BTreeSet<String> = wanted.iter().map(|body| same(&row.format, body)).collect();
        assert!(bodies == wanted, "{} of {}", row.format, row.consumer);
    }
}

/// A text as it is, JSON as its value: in a queue, U+FFFE and U+FFFF are written as escapes.
fn same(name: &str, body: &str) -> String {
    if format(name).unwrap().body() == Body::Text {
        return body.to_owned();
    }
    serde_json::from_str::<serde_json::Value>(body)
        .unwrap()
        .to_string()
}
