//! Records of one alert.

mod properties;

use serde_json::{Value, json};

use super::*;

fn rows(records: Value) -> Vec<Row> {
    let Value::Array(records) = records else {
        panic!("no list")
    };
    let maps = records.into_iter().map(|record| match record {
        Value::Object(map) => Row::of(map, |_, _| {}),
        _ => panic!("no record"),
    });
    maps.collect()
}

#[test]
fn records_are_matched_by_their_entity() {
    let old = rows(json!([
        {"FileName": "a.exe", "Sha1": "AA", "CommandLine": ""},
        {"IpAddress": "192.0.2.1"},
        {"FileName": "b.exe", "Sha1": ""},
        {"UserName": "liz"},
        {"FileName": "gone.exe"},
        {"MachineName": "ws-1"},
    ]));
    let new = rows(json!([
        {"MachineName": "ws-1"},
        {"FileName": "a.exe", "Sha1": "aa", "CommandLine": "a.exe /x"},
        {"UserName": "liz", "FileName": "B.exe", "Sha1": "bb"},
        {"FileName": "a.exe", "Sha1": "aa", "CommandLine": ""},
        {"UserName": "Liz"},
        {"UserName": "liz", "IpAddress": "192.0.2.1"},
    ]));
    let mut found = pair(&old, &new, true);
    found.pairs.sort_unstable();
    use PairedBy::{Address, Hash, Name, NoEntity};
    let expected = [
        (0, 3, Hash),
        (1, 5, Address),
        (2, 2, Name),
        (3, 4, Name),
        (5, 0, NoEntity),
    ];
    assert_eq!(found.pairs, expected);
    assert_eq!((found.only_old, found.only_new), (vec![4], vec![1]));
}

#[test]
fn records_of_ours_are_matched_by_their_key() {
    let old = rows(json!([{"FullId": "da1:x", "Sha1": "a"}, {"FullId": "da1:y", "Sha1": "b"}]));
    let new = rows(json!([{"FullId": "1:y", "Sha1": "a"}, {"FullId": "1:x", "Sha1": "b"}]));
    let pairs = pair(&old, &new, true).pairs;
    assert_eq!(pairs, [(0, 1, PairedBy::Key), (1, 0, PairedBy::Key)]);
}

#[test]
fn an_alert_without_a_common_entity_is_compared_all_the_same() {
    let old = rows(json!([{"FileName": "a"}]));
    let new = rows(json!([{"IpAddress": "192.0.2.1"}, {"IpAddress": "192.0.2.2"}]));
    let found = pair(&old, &new, true);
    assert_eq!(found.pairs, [(0, 0, PairedBy::AlertAlone)]);
    assert_eq!((found.only_old.len(), found.only_new.len()), (1, 2));
}

#[test]
fn many_records_of_one_hash_are_told_apart_by_their_devices() {
    let device = |n: usize| json!({"Sha1": "aa", "MachineName": format!("ws-{n}"), "AlertPart": n});
    let old = rows((0..200).map(device).collect());
    let new = rows((0..200).rev().map(device).collect());
    let pairs = pair(&old, &new, true).pairs;
    assert_eq!(pairs.len(), 200);
    assert!(pairs.iter().all(|(o, n, _)| o + n == 199), "{pairs:?}");
}

#[test]
fn a_record_without_a_word_of_its_entity_is_none_that_is_missing() {
    let old = rows(json!([{"Severity": "High"}, {"Severity": "High"}, {"Severity": "High"}]));
    let new = rows(json!([{"Url": "a"}, {"Url": "b"}]));
    let found = pair(&old, &new, false);
    // Each is compared; the third with a record that is compared already.
    assert_eq!(found.pairs.len(), 3, "{found:?}");
    assert!(
        found.only_old.is_empty() && found.only_new.is_empty(),
        "{found:?}"
    );
    assert_eq!(pair(&old, &new, true).only_old.len(), 3);
}

/// The values of a key that differ in a pair.
fn crossed(key: &str, old: &[Row], new: &[Row]) -> Vec<String> {
    let pairs = pair(old, new, true).pairs;
    let n = KEYS.iter().position(|other| other.name == key).unwrap();
    let crossed = pairs
        .iter()
        .filter(|(o, new_one, _)| !value::alike(n, &old[*o], &new[*new_one]));
    crossed
        .map(|(o, n, _)| format!("{} {}", old[*o].text(key), new[*n].text(key)))
        .collect()
}

/// What is the same record but for the spelling of some other key stays the partner, whichever record is
/// gone and in whatever order they come.
#[test]
fn another_spelling_crosses_no_records() {
    let process = |command: &str, user: &str| json!({"Sha1": "aa", "FileName": "p.exe", "CommandLine": command, "UserName": user});
    let url = |path: &str, user: &str| json!({"IpAddress": "192.0.2.1", "Url": format!("http://x.test/{path}"), "UserName": user});
    let path = |path: &str, user: &str| json!({"FileName": "p.exe", "FilePath": format!("C:\\{path}"), "UserName": user});
    type Make<'m> = &'m dyn Fn(&str, &str) -> Value;
    let kinds: [(&str, Make<'_>); 3] = [
        ("CommandLine", &process),
        ("Url", &url),
        ("FilePath", &path),
    ];
    for (key, record) in kinds {
        let [a, b, c] = ["a", "b", "c"].map(|what| record(what, "CORP\\liz"));
        let [a2, b2, c2] = ["a", "b", "c"].map(|what| record(what, "liz"));
        for (old, new, only_old) in [
            (json!([a, b]), json!([b2]), 1),
            (json!([b, a]), json!([b2]), 1),
            (json!([a, b, c]), json!([c2, b2, a2]), 0),
            (json!([c, b, a]), json!([b2, c2]), 1),
        ] {
            let (old, new) = (rows(old), rows(new));
            assert_eq!(crossed(key, &old, &new), [""; 0], "{key}");
            assert_eq!(pair(&old, &new, true).only_old.len(), only_old, "{key}");
        }
    }
}

/// A user alone is known by the account, and a file by its path with its name and without.
#[test]
fn users_and_paths_are_known_in_either_spelling() {
    let users = |names: [&str; 2]| rows(json!(names.map(|name| json!({"UserName": name}))));
    let (old, new) = (users(["CORP\\ann", "CORP\\bob"]), users(["bob", "ann"]));
    assert_eq!(crossed("UserName", &old, &new), [""; 0]);
    assert_eq!(pair(&old, &new, true).pairs.len(), 2);
    let gone = pair(&old, &users(["bob", "eve"]), true);
    assert_eq!(
        (gone.pairs.len(), gone.only_old, gone.only_new),
        (1, vec![0], vec![1])
    );
    let file = |path: String| json!({"Sha1": "aa", "FileName": "x.exe", "FilePath": path});
    let old = rows((0..3).map(|n| file(format!("C:\\d{n}\\x.exe"))).collect());
    let new = rows((1..3).rev().map(|n| file(format!("C:\\d{n}"))).collect());
    assert_eq!(crossed("FilePath", &old, &new), [""; 0]);
}

#[test]
fn many_records_of_one_hash_are_told_apart_by_all_that_they_say() {
    let process = |n: usize, user: &str| json!({"Sha1": "aa", "CommandLine": format!("p {n}"), "UserName": user, "MachineName": "ws"});
    let old = rows((0..300).map(|n| process(n, "CORP\\liz")).collect());
    let new = rows((0..300).rev().map(|n| process(n, "liz")).collect());
    assert_eq!(crossed("CommandLine", &old, &new), [""; 0]);
}

/// A file on two devices of which one is gone and one is new, and on one that is called otherwise now.
#[test]
fn a_file_on_another_device_is_another_record() {
    let on = |names: &[&str]| {
        let records = names
            .iter()
            .map(|name| json!({"Sha1": "aa", "MachineName": name}));
        rows(records.collect())
    };
    let found = pair(&on(&["a", "b"]), &on(&["b", "c"]), true);
    assert_eq!(found.pairs, [(1, 0, PairedBy::Hash)]);
    assert_eq!((found.only_old, found.only_new), (vec![0], vec![1]));
    assert_eq!(
        pair(&on(&["a"]), &on(&["c"]), true).pairs,
        [(0, 0, PairedBy::Hash)]
    );
}

/// An export without a key `Url` still says which user and device its records are of.
#[test]
fn a_record_that_names_its_user_or_device_does_not_vanish() {
    let file = json!({"FileName": "a.exe", "UserName": "u", "MachineName": "ws-1"});
    let ann = json!({"UserName": "ann", "MachineName": "ws-1"});
    let device = json!({"MachineName": "ws-2"});
    let new = rows(json!([file]));
    for gone in [&ann, &device] {
        let found = pair(&rows(json!([file, gone])), &new, false);
        assert_eq!((found.pairs.len(), found.only_old), (1, vec![1]), "{gone}");
    }
    // One that names the same is of one of these, and nobody knows which.
    for known in [
        json!({"MachineName": "ws-1"}),
        json!({"MachineName": "ws-1", "UserName": "u"}),
    ] {
        let found = pair(&rows(json!([known])), &new, false);
        assert_eq!(found.pairs, [(0, 0, PairedBy::AlertAlone)], "{known}");
        assert!(
            found.only_old.is_empty() && found.only_new.is_empty(),
            "{found:?}"
        );
    }
}
