//! `compare`: an old export beside new records.

mod documented;
mod trouble;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::command::{drawbridge, run};

pub(crate) fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/command/fixtures/compare")
        .join(file)
}

fn shown(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn json_is_for_scripts() {
    let (old, new) = (fixture("old.json"), fixture("alerts.json"));
    let outcome = run(drawbridge(&["compare", shown(&old), shown(&new), "--json"])).well();
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["alerts"]["by_id"], 2);
    assert_eq!(report["alerts"]["by_id_without_prefix"], 1);
    assert_eq!(
        report["alerts"]["only_old"]["first"][0]["title"],
        "A scheduled task was made"
    );
    assert_eq!(report["keys"].as_array().unwrap().len(), 50);
    let source = &report["keys"][27];
    assert_eq!(
        (&source["key"], &source["verdict"]),
        (&Value::from("Source"), &Value::from("never"))
    );
    assert!(
        source["text"]
            .as_str()
            .unwrap()
            .contains("Replace \"Windows Defender ATP\" by \"EDR\"")
    );
}

/// What `map` wrote is compared as the alerts are.
#[test]
fn records_and_folders_of_them_are_read() {
    let (old, alerts) = (fixture("old.json"), fixture("alerts.json"));
    let mapped = run(drawbridge(&["map", shown(&alerts)])).well().stdout;
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("contoso");
    std::fs::create_dir(&inner).unwrap();
    std::fs::write(inner.join("siem.ndjson"), mapped).unwrap();
    std::fs::write(
        inner.join("native.ndjson"),
        "{\"id\":\"da1\",\"evidence\":[]}\n",
    )
    .unwrap();
    let keys = |new: &Path| {
        let outcome = run(drawbridge(&["compare", shown(&old), shown(new), "--json"])).well();
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        report["keys"].clone()
    };
    let expected = keys(&alerts);
    assert_eq!(keys(folder.path()), expected);
    assert_eq!(keys(&inner.join("siem.ndjson")), expected);
}

#[test]
fn above_the_bound_the_exit_code_is_1() {
    let (old, new) = (fixture("old.json"), fixture("alerts.json"));
    let with = |bound| {
        run(drawbridge(&[
            "compare",
            shown(&old),
            shown(&new),
            "--fail-on",
            bound,
        ]))
    };
    with("100%").well();
    with("1000").well();
    with("0").failed(1, &["more than --fail-on allows"]);
    with("5%").failed(1, &["more than --fail-on allows"]);
    for bound in ["a lot", "101%", "NaN", "1e9", "%"] {
        with(bound).failed(
            2,
            &[
                "--fail-on",
                "a number such as 10, or a percentage such as 2.5%",
            ],
        );
    }
}

#[test]
fn keys_of_new_alone_and_two_ways_to_write_nothing_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut old: Vec<Value> =
        serde_json::from_slice(&std::fs::read(fixture("old.json")).unwrap()).unwrap();
    for record in &mut old {
        record["Actor"] = Value::Null;
    }
    std::fs::write(path("old.json"), Value::from(old).to_string()).unwrap();
    let mapped = run(drawbridge(&["map", shown(&fixture("alerts.json"))]))
        .well()
        .stdout;
    let with_more = mapped.replace("\"Actor\"", "\"RiskScore\":\"7\",\"Actor\"");
    std::fs::write(path("new.ndjson"), with_more).unwrap();
    let (old, new) = (path("old.json"), path("new.ndjson"));
    let said = run(drawbridge(&["compare", shown(&old), shown(&new)]))
        .well()
        .stdout;
    assert!(said.contains("and that OLD lacks: RiskScore."), "{said}");
    let line = "null on one side and \"\" on the other: Actor";
    assert!(said.contains(line), "{said}");
    assert!(said.contains("AlertPart                 3 "), "{said}");
    assert!(said.contains("matches as before; made up here"), "{said}");
}

/// A rule that tests a key for `""` misses `null`, be the key empty in all records or in some.
#[test]
fn null_is_told_of_every_key() {
    let mut old: Vec<Value> =
        serde_json::from_slice(&std::fs::read(fixture("old.json")).unwrap()).unwrap();
    let mut new = old.clone();
    for key in ["Actor", "MachineGroup"] {
        old[0][key] = Value::Null;
        new[0][key] = "".into();
    }
    for records in [&mut old, &mut new] {
        records[1]["MachineGroup"] = "Servers".into();
    }
    let folder = tempfile::tempdir().unwrap();
    let files = [("old.json", old), ("new.json", new)].map(|(name, records)| {
        let file = folder.path().join(name);
        std::fs::write(&file, Value::from(records).to_string()).unwrap();
        file
    });
    let [old, new] = &files;
    let printed = run(drawbridge(&["compare", shown(old), shown(new)])).well();
    let told = "null on one side and \"\" on the other: Actor, MachineGroup (";
    assert!(printed.stdout.contains(told), "{}", printed.stdout);
}

/// The name that a key has in the new release is on the screen and in the page.
#[test]
fn a_renamed_key_is_told_with_its_new_name() {
    let mapped = run(drawbridge(&["map", shown(&fixture("alerts.json"))]));
    let mapped = mapped.well().stdout;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("old.ndjson"), &mapped).unwrap();
    let renamed = mapped
        .replace("\"IoaDefinitionId\"", "\"IoaDefinitiondId\"")
        .replace("\"AlertId\"", "\"alertid\"");
    std::fs::write(path("new.ndjson"), renamed).unwrap();
    let (old, new, page) = (path("old.ndjson"), path("new.ndjson"), path("page.html"));
    let args = ["compare", shown(&old), shown(&new), "--html", shown(&page)];
    let outcome = run(drawbridge(&[&args[..], &["--fail-on", "0"]].concat()));
    let screen = outcome.failed(1, &["more than --fail-on allows"]).stdout;
    let page = std::fs::read_to_string(page).unwrap();
    for (key, name) in [
        ("AlertId", "alertid"),
        ("IoaDefinitionId", "IoaDefinitiondId"),
    ] {
        for told in [&screen, &page] {
            for words in [
                format!("NEW has {key} as {name} ("),
                format!(
                    "A rule on {key} never matches again: no new record has a key of this name"
                ),
            ] {
                assert!(told.contains(&words), "{words}");
            }
        }
    }
}
