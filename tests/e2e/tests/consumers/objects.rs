//! Readers of objects that S3 tells of: each row's reader finds every record of its format.

use std::collections::BTreeSet;

use drawbridge_record::{Body, format, formats};

use crate::aws::objects::rules::READERS;
use crate::consumers::bridge::{self, Read};
use crate::consumers::index::{Shape, rows};
use crate::consumers::{alerts, lines};

/// The notifications of each format are good for every reader whose rules are known, whoever the
/// row names: a row can be moved to another reader without a change here.
#[tokio::test]
async fn every_known_reader_finds_every_object_of_every_format() {
    for format in formats() {
        let Read { notified, .. } = bridge::read(format.name()).await;
        assert!(notified.objects.len() > 1, "{}", format.name());
        for reader in READERS {
            let mut found = BTreeSet::new();
            for body in &notified.bodies {
                let told = reader
                    .objects(body)
                    .unwrap_or_else(|field| panic!("{} stumbles over {field}", reader.name));
                for (bucket, key) in told {
                    notified.object(&bucket, &key);
                    assert!(found.insert(key), "{} reads one twice", reader.name);
                }
            }
            assert_eq!(found.len(), notified.objects.len(), "{}", reader.name);
        }
    }
}

/// An object is what every reader takes: named by its content, compressed without being said to be,
/// not empty.
#[tokio::test]
async fn objects_are_typed_and_named_for_their_readers() {
    for format in formats() {
        let Read { notified, .. } = bridge::read(format.name()).await;
        let (extension, content_type) = match format.body() {
            Body::Text => (".log.gz", "text/plain"),
            Body::Json => (".jsonl.gz", "application/x-ndjson"),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
        for object in &notified.objects {
            assert!(object.key.ends_with(extension), "{}", object.key);
            assert!(object.key.chars().all(plain), "{}", object.key);
            assert_eq!(object.content_type, content_type);
            assert!(matches!(
                object.content_encoding.as_deref(),
                None | Some("")
            ));
            assert!(object.size > 0 && object.lines.iter().all(|line| !line.is_empty()));
        }
    }
}

/// Each row: what its reader makes of the lines is the records, each once.
#[tokio::test]
async fn each_rows_lines_are_its_records() {
    let rows = rows();
    let rows: Vec<_> = rows.iter().filter(|r| r.shape == Shape::Objects).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let format = format(&row.format).unwrap();
        let alerts = alerts::all();
        let wanted = alerts
            .iter()
            .flat_map(|alert| alerts::records(format, alert));
        let wanted: BTreeSet<String> = wanted.map(|r| lines::escaped(format, &r.body)).collect();
        let Read { notified, .. } = bridge::read(&row.format).await;
        let split = lines::of(&row.consumer);
        let mut read = BTreeSet::new();
        for object in &notified.objects {
            let body: String = object.lines.iter().flat_map(|l| [l, "\n"]).collect();
            for event in split(&object.key, &body)
                .unwrap_or_else(|what| panic!("{} of {}: {what}", row.format, row.consumer))
            {
                assert!(read.insert(event), "{} reads one twice", row.consumer);
            }
        }
        assert!(read == wanted, "{} of {}", row.format, row.consumer);
    }
}

/// Before 4.13, Wazuh empties no event before it fills it with the next one of the object, and
/// leaves `null` out: a key that a record lacks shows the value of the one before. `siem` has all
/// keys always, so that only its two flags are mixed up; `docs/consumers/wazuh.md` says so, and why
/// no other format is for such a Wazuh.
#[tokio::test]
async fn wazuh_mixes_up_two_flags_of_siem_and_more_of_the_others() {
    let mut mixed_up = BTreeSet::new();
    for object in &bridge::read("siem").await.notified.objects {
        mixed_up.extend(lines::mixed_up_by_wazuh(&object.lines));
    }
    let flags = ["RemediationIsSuccess", "WasExecutingWhileDetected"];
    assert_eq!(mixed_up, flags.map(str::to_owned).into());
    for format in ["native", "ocsf", "ecs"] {
        let objects = &bridge::read(format).await.notified.objects;
        let mut mixed_up = objects
            .iter()
            .flat_map(|o| lines::mixed_up_by_wazuh(&o.lines));
        assert!(
            mixed_up.any(|key| !flags.contains(&key.as_str())),
            "{format}"
        );
    }
}
