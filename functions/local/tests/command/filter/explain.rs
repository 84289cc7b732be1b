//! `explain`: where each key comes from.

use serde_json::{Value, json};

use super::{filter, shapes};
use crate::support::alerts::alert;

#[test]
fn explain_names_every_key_its_value_and_its_source() {
    let outcome = filter(&["explain"], &alert(1, 1).to_string()).well();
    for said in [
        "record 1 of 1 (file, evidence[1])",
        "FileName",
        "from evidence[1].fileDetails.fileName",
        "always empty",
        "synthesised",
    ] {
        assert!(
            outcome.stdout.contains(said),
            "no {said:?} in: {}",
            outcome.stdout
        );
    }
    let mapped = filter(&["map"], &alert(1, 1).to_string()).well();
    let mapped: Value = serde_json::from_str(&mapped.stdout).unwrap();
    let explained = filter(&["explain", "--json"], &alert(1, 1).to_string()).well();
    let explained: Value = serde_json::from_str(&explained.stdout).unwrap();
    let [only] = explained.as_array().unwrap().as_slice() else {
        panic!("{explained}");
    };
    let keys = only["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 50);
    for (key, (name, value)) in keys.iter().zip(mapped.as_object().unwrap()) {
        assert_eq!((&key["key"], &key["value"]), (&json!(name), value));
        assert!(!key["from"].as_str().unwrap().is_empty(), "{name}");
    }
}

#[test]
fn explain_takes_the_first_of_a_list_and_reports_a_bad_one() {
    for text in shapes(&[alert(1, 2), alert(2, 1)]) {
        let explained = filter(&["explain", "--json"], &text).well();
        let explained: Value = serde_json::from_str(&explained.stdout).unwrap();
        assert_eq!(explained.as_array().unwrap().len(), 2);
    }
    filter(&["explain"], r#"{"title":"x"}"#)
        .failed(1, &["cannot be read", "id"])
        .discreet();
}
