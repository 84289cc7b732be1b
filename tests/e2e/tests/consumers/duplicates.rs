//! By what the pages say that duplicates are known: it keeps records and versions apart.

use std::collections::BTreeSet;

use drawbridge_record::{Notation, Rewrite, format, formats};
use serde_json::Value;

use crate::consumers::{alerts, bridge};

/// What a reader compares, by the pages' sections on duplicates: the key in the record, or the alert's id
/// with its time. It is read here without the parsers of `deliver`.
fn key(name: &str, body: &str) -> String {
    let layout = format(name).unwrap().layout();
    let between = |begin: &str, end: &str| {
        let (_, rest) = body.split_once(begin).unwrap();
        rest.split(end).next().unwrap().to_owned()
    };
    let member = |name: &str| match layout.notation {
        Notation::Json => {
            let record: Value = serde_json::from_str(body).unwrap();
            let pointer = format!("/{}", name.replace('.', "/"));
            record
                .pointer(&pointer)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        }
        // A custom string, which its label follows.
        Notation::Cef => between(&format!(" {name}="), &format!(" {name}Label=")),
        Notation::Leef => between(&format!("\t{name}="), "\t"),
    };
    match (layout.key, layout.alert_id) {
        // A line leaves out what the key is padded with.
        (Some(key), _) => member(key) + layout.key_suffix,
        (None, Some(id)) => member(id) + " " + &member(layout.times[0].0),
        (None, None) => panic!("{name} has nothing by which duplicates are known"),
    }
}

#[tokio::test]
async fn dropping_duplicates_drops_no_record() {
    for format in formats() {
        let messages = &bridge::read(format.name()).await.messages;
        let keys = messages.iter().map(|m| key(format.name(), &m.body));
        let keys: BTreeSet<String> = keys.collect();
        assert_eq!(keys.len(), messages.len(), "{}", format.name());
        // Where the record itself has the key of the message, a reader may take either.
        if format.layout().key.is_some() {
            let attributes = messages.iter().map(|m| m.attributes["key"].clone());
            assert_eq!(keys, attributes.collect(), "{}", format.name());
        }
    }
}

/// An alert that has changed is a new record for the formats that say so, and no other for the rest.
#[test]
fn a_new_version_is_no_duplicate() {
    let first = alerts::sample();
    let mut later: Value = serde_json::from_str(&first).unwrap();
    later["status"] = "resolved".into();
    later["lastUpdateDateTime"] = "2026-03-02T03:45:00Z".into();
    let later = later.to_string();
    for name in formats().iter().map(|format| format.name()) {
        let format = format(name).unwrap();
        let keys = |alert: &str| {
            let records = alerts::records(format, alert).into_iter();
            let keys: Vec<String> = records.map(|record| key(name, &record.body)).collect();
            keys
        };
        assert_eq!(keys(&first), keys(&first), "{name}");
        let is_another = keys(&first) != keys(&later);
        assert_eq!(is_another, format.rewrite() == Rewrite::Changes, "{name}");
    }
}
