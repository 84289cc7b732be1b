//! Every key against the published dictionaries: name, type and length.

use std::collections::HashMap;

use drawbridge_record::format;

const CEF: &str = include_str!("cef-dictionary.txt");
const LEEF: &str = include_str!("leef-attributes.txt");

/// What a dictionary says of a key: its type, its limit (`-` for none), and perhaps `reserved`.
fn entries(list: &'static str) -> HashMap<&'static str, Vec<&'static str>> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let mut entries = HashMap::new();
    for line in lines {
        let mut words = line.split(' ');
        entries.insert(words.next().unwrap(), words.collect());
    }
    entries
}

#[test]
fn every_key_of_cef_is_in_the_dictionary_or_plainly_ones_own() {
    let dictionary = entries(CEF);
    assert!(dictionary.len() > 100);
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
        let [wanted, length] = dictionary[field.name][..] else {
            panic!("{}: type and length", field.name);
        };
        assert_eq!(wanted, kind, "{}", field.name);
        if field.name.ends_with("Label") {
            assert!(field.rule.len() <= length.parse().unwrap());
        } else {
            assert_eq!(length.trim_matches('-'), limit, "{}", field.name);
        }
    }
}

/// As the documentation of the format says.
#[test]
fn every_predefined_key_has_a_column_in_common_security_log() {
    let columns = entries(include_str!("commonsecuritylog.txt"));
    for field in format("cef").unwrap().fields() {
        let is_own = field.name.starts_with("MicrosoftDefender");
        let is_header = field.kind == "header field" || field.kind.starts_with("header field,");
        if !is_header && !field.name.ends_with("Label") {
            assert_eq!(columns.contains_key(field.name), !is_own, "{}", field.name);
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
    assert_eq!(labels.len(), 13);
    let distinct: std::collections::HashSet<_> = labels.iter().collect();
    assert_eq!(distinct.len(), labels.len());
}

#[test]
fn every_attribute_of_leef_is_predefined_or_custom() {
    let list = entries(LEEF);
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
            // A reserved one has a third word.
            let [wanted, limits] = list[field.name][..] else {
                panic!("{}: type and limits", field.name);
            };
            assert_eq!(wanted, kind, "{}", field.name);
            // A range is no length.
            let is_range = ["1-10", "0-65535"].contains(&limits);
            assert!(
                is_range || limits.trim_matches('-') == limit,
                "{}",
                field.name
            );
        }
    }
}
