//! Every key against the published dictionaries: name, type and length.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use drawbridge_record::format;

/// The entries of a list in YAML, each a map of the properties that stand on one line. Enough for
/// the two files that it reads.
fn reference(path: &str) -> Option<HashMap<String, HashMap<String, String>>> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/reference/formats")
        .join(path);
    let Ok(text) = fs::read_to_string(file) else {
        println!("skipped: the published dictionaries are not here");
        return None;
    };
    let mut entries = HashMap::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(key) = line.strip_prefix("- key: ") {
            name = key.to_owned();
            entries.insert(name.clone(), HashMap::new());
        } else if let Some((property, value)) = line.trim().split_once(": ")
            && line.starts_with("  ")
            && !line.starts_with("   ")
            && let Some(entry) = entries.get_mut(&name)
        {
            let value = value.trim_matches('\'').to_owned();
            entry.entry(property.to_owned()).or_insert(value);
        }
    }
    Some(entries)
}

#[test]
fn every_key_of_cef_is_in_the_dictionary_or_plainly_ones_own() {
    let Some(dictionary) = reference("cef/extensions.yaml") else {
        return;
    };
    assert!(dictionary.len() > 150);
    for field in format("cef").unwrap().fields() {
        let (kind, limit) = field
            .kind
            .split_once(", at most ")
            .unwrap_or((field.kind, ""));
        if kind == "header field" {
            let limits = [
                ("deviceEventClassId", "1023"),
                ("name", "512"),
                ("severity", ""),
            ];
            assert!(limits.contains(&(field.name, limit)));
            continue;
        }
        if let Some(rest) = field.name.strip_prefix("MicrosoftDefender") {
            // VendornameProductnameExplanatoryKeyName, in one word.
            assert!(rest.bytes().all(|b| b.is_ascii_alphanumeric()));
            assert!(!dictionary.contains_key(field.name) && limit.is_empty());
            continue;
        }
        let entry = &dictionary[field.name];
        assert_eq!(entry["audience"], "producer", "{}", field.name);
        assert_eq!(entry["since"], "0.1", "{}: CEF:0 has it", field.name);
        assert_eq!(entry["type"], kind, "{}", field.name);
        let length = entry.get("length").map_or("", String::as_str);
        if field.name.ends_with("Label") {
            assert!(field.rule.len() <= length.parse().unwrap());
        } else {
            assert_eq!(length, limit, "{}", field.name);
        }
    }
}

#[test]
fn every_custom_key_of_cef_has_its_label() {
    let fields = format("cef").unwrap().fields();
    let custom = |name: &str| {
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        [
            "cs",
            "cn",
            "cfp",
            "flexString",
            "deviceCustomDate",
            "flexDate",
        ]
        .contains(&stem)
            || name.starts_with("c6a")
    };
    let mut labels = Vec::new();
    for field in fields
        .iter()
        .filter(|field| custom(field.name) && !field.name.ends_with("Label"))
    {
        let label = format!("{}Label", field.name);
        labels.push(
            fields
                .iter()
                .find(|field| field.name == label)
                .unwrap()
                .rule,
        );
    }
    assert_eq!(labels.len(), 12);
    let distinct: std::collections::HashSet<_> = labels.iter().collect();
    assert_eq!(distinct.len(), labels.len());
}

#[test]
fn every_attribute_of_leef_is_predefined_or_custom() {
    let Some(list) = reference("leef/attributes.yaml") else {
        return;
    };
    assert_eq!(list.len(), 45);
    for field in format("leef").unwrap().fields() {
        let (kind, limit) = field
            .kind
            .split_once(", at most ")
            .unwrap_or((field.kind, ""));
        if kind == "header field" {
            assert_eq!((field.name, limit), ("EventID", "255"));
        } else if kind.starts_with("custom ") {
            let same = list.keys().find(|key| key.eq_ignore_ascii_case(field.name));
            assert_eq!(same, None);
            assert!(limit.is_empty() && field.name.bytes().all(|b| b.is_ascii_alphanumeric()));
        } else {
            let entry = &list[field.name];
            assert_eq!(entry["type"], kind, "{}", field.name);
            assert!(!entry.contains_key("reserved"), "{}", field.name);
            let limits = entry.get("limits").map_or("", String::as_str);
            assert!(
                limits == limit || (field.name, limits) == ("sev", "1-10"),
                "{}",
                field.name
            );
        }
    }
}
