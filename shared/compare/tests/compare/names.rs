//! Keys under other names: in the export, in one record beside another, and in a new release.

use drawbridge_compare::{Report, Verdict};
use serde_json::{Value, json};

use crate::export::{alert, compare, key, lines, old};
use crate::releases::mapped;

/// The record with a key under another name, in its place.
fn renamed(record: &Value, from: &str, to: &str) -> Value {
    let members = record.as_object().unwrap().iter();
    let members = members.map(|(name, value)| {
        let name = if name == from { to } else { name };
        (name.to_owned(), value.clone())
    });
    Value::Object(members.collect())
}

fn all_renamed(records: &[Value], from: &str, to: &str) -> Vec<Value> {
    let records = records.iter();
    records.map(|record| renamed(record, from, to)).collect()
}

fn against(old: &[Value], new: &[Value]) -> Report {
    compare(lines(old).as_bytes(), lines(new).as_bytes())
}

#[test]
fn a_key_that_a_new_release_renames_is_lost() {
    let before = mapped();
    for (from, to) in [
        ("IoaDefinitionId", "IoaDefinitiondId"),
        ("AlertId", "alertid"),
        ("FullId", "fullID"),
        ("Sha1", "SHA1"),
    ] {
        let report = against(&before, &all_renamed(&before, from, to));
        // It is still known which record is which.
        assert_eq!(report.alerts.by_id, 3, "{to}");
        assert_eq!(report.losses.count, 3, "{to}: {:?}", report.losses);
        let key = key(&report, from);
        assert_eq!((key.verdict, key.emptied), (Verdict::Never, 3), "{to}");
        assert!(
            key.text.contains(&format!("NEW has it as {to}")),
            "{}",
            key.text
        );
        assert!(!key.text.contains("wherever Graph sends"), "{}", key.text);
        assert_eq!(key.examples[0].new, None);
        assert_eq!(report.new.other_names[to], (key.key, 3));
    }
}

#[test]
fn a_name_that_both_sides_have_is_found_by_the_same_rule() {
    let lower = all_renamed(&mapped(), "AlertTitle", "alerttitle");
    let report = against(&lower, &lower);
    assert_eq!(report.losses.count, 0);
    assert_eq!(key(&report, "AlertTitle").verdict, Verdict::AsBefore);
    // One that is neither the key's nor that of the rule is not.
    let report = against(&lower, &all_renamed(&mapped(), "AlertTitle", "ALERTTITLE"));
    assert_eq!(report.losses.count, 3);
    // The key's own is where the page sends the author of the rule.
    let report = against(&lower, &mapped());
    assert_eq!(report.losses.count, 0);
}

/// A table has columns for the names of all its records, and nothing in those of the others.
#[test]
fn a_table_of_several_generations_says_what_its_records_say() {
    let tags = |n: u64, device: &str, cloud: &str| {
        let record = renamed(&old(n), "DeviceCreatedMachineTags", device);
        let mut record = renamed(&record, "CloudCreatedMachineTags", cloud);
        record[device] = json!(format!("device {n}"));
        record[cloud] = json!(format!("cloud {n}"));
        record
    };
    let olds = [
        tags(1, "BuiltInMachineTags", "UserDefinedMachineTags"),
        renamed(
            &tags(2, "devicecreatedmachinetags", "CloudCreatedMachineTags"),
            "IoaDefinitionId",
            "IoaDefinitiondId",
        ),
        tags(3, "DeviceCreatedMachineTags", "CloudCreatedMachineTags"),
    ];
    let mut names: Vec<&String> = Vec::new();
    for name in olds.iter().flat_map(|old| old.as_object().unwrap().keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let cell = |record: &Value, name: &str| record.get(name).cloned().unwrap_or(Value::Null);
    let rows: Vec<Value> = olds
        .iter()
        .map(|old| names.iter().map(|name| cell(old, name)).collect())
        .collect();
    let columns: Vec<Value> = names
        .iter()
        .map(|name| olds.iter().map(|old| cell(old, name)).collect())
        .collect();
    let news = lines(&(1..=3).map(alert).collect::<Vec<_>>());
    let expected = compare(lines(&olds).as_bytes(), news.as_bytes());
    for table in [
        json!({"fields": names, "rows": rows}),
        json!({"fields": names, "columns": columns}),
    ] {
        let report = compare(table.to_string().as_bytes(), news.as_bytes());
        for name in [
            "DeviceCreatedMachineTags",
            "CloudCreatedMachineTags",
            "IoaDefinitionId",
        ] {
            let said = |report| serde_json::to_value(key(report, name)).unwrap();
            assert_eq!(said(&report), said(&expected), "{name}");
        }
        assert_eq!(key(&report, "CloudCreatedMachineTags").emptied, 3);
        assert_eq!(report.old.other_names, expected.old.other_names);
    }
}

#[test]
fn two_values_of_one_key_are_told() {
    let mut record = old(1);
    record["BuiltInMachineTags"] = json!("gold");
    record["DeviceCreatedMachineTags"] = json!("silver");
    record["alertTitle"] = record["AlertTitle"].clone();
    let report = against(&[record], &[alert(1)]);
    let told = serde_json::to_value(&report.old).unwrap();
    assert_eq!(
        told["other_values"],
        json!({"BuiltInMachineTags": ["DeviceCreatedMachineTags", 1]})
    );
    let tags = key(&report, "DeviceCreatedMachineTags");
    assert_eq!(tags.examples[0].old.as_deref(), Some("silver"));
}
