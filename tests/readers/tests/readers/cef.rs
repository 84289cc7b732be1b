//! The `cef` records as others read them: pycef parses each line, and cefevent, which knows the
//! extension dictionary, takes each value and writes it the same.

use std::fs;
use std::path::Path;

use drawbridge_alert::Alert;
use drawbridge_record::format;
use serde_json::{Value, json};

/// The alerts of the goldens of `cef`.
fn alerts() -> Vec<String> {
    let goldens =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/record/tests/golden/cef");
    let cases = fs::read_dir(goldens).unwrap();
    let files = cases.flat_map(|case| fs::read_dir(case.unwrap().path()).unwrap());
    files
        .map(|file| file.unwrap().path())
        .filter(|file| file.extension().is_some_and(|ext| ext == "json"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect()
}

/// The records of an alert, each with the values that it was made from.
fn records(alert: &str) -> Vec<Value> {
    let cef = format("cef").unwrap();
    let alert = Alert::decode(alert).unwrap();
    let lines: Vec<_> = drawbridge_record::records(cef, &alert)
        .map(|record| record.body)
        .collect();
    let explained = cef.explain(&alert);
    assert_eq!(lines.len(), explained.len());
    let of_each = lines.into_iter().zip(explained);
    of_each
        .map(|(line, explained)| {
            let keys = explained.keys.iter();
            let keys: Vec<(&str, &str)> = keys
                .map(|key| (key.key.as_ref(), key.value.as_str().unwrap()))
                .filter(|(_, value)| !value.is_empty())
                .collect();
            json!({"line": line, "keys": keys})
        })
        .collect()
}

#[test]
fn others_read_what_was_written() {
    let records: Vec<Value> = alerts().iter().flat_map(|alert| records(alert)).collect();
    assert!(records.len() > 15);
    let input: Vec<String> = records.iter().map(|record| format!("{record}\n")).collect();
    let printed = drawbridge_readers::run("cef.py", &[], &input.concat());
    let (differences, counts) = match printed.trim_end().rsplit_once('\n') {
        Some((differences, counts)) => (differences, counts),
        None => ("", printed.trim_end()),
    };
    assert_eq!(differences, "");
    let counts: Value = serde_json::from_str(counts).unwrap();
    // Everything was compared, and the faults of the readers that the script works around are there.
    for (count, least) in [
        ("values", 500),
        ("built", 300),
        ("bad_headers", 1),
        ("stripped", 1),
        ("bare_returns", 1),
    ] {
        assert!(
            counts[count].as_u64().unwrap() >= least,
            "{count}: {counts}"
        );
    }
}
