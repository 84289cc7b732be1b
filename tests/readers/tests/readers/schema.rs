//! The records of the goldens and of generated alerts are what `docs/schema` says, by the validator that
//! others use.

use std::fs;
use std::path::{Path, PathBuf};

use drawbridge_alert::Alert;
use drawbridge_readers::run;
use drawbridge_record::{Body, Change, Format, format, formats};
use drawbridge_simulator::{Alerts, GenerateOptions};
use serde_json::{Value, json};

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// What the validator says of each record.
fn problems(format: &str, records: &[String]) -> Vec<Vec<String>> {
    let schema = root(&format!("docs/schema/{format}.schema.json"));
    let input = records.join("\n") + "\n";
    let said = run("json_schema.py", &[schema.to_str().unwrap()], &input);
    let said: Vec<Vec<String>> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said.len(), records.len());
    said
}

fn goldens(format: &str) -> Vec<String> {
    let cases = fs::read_dir(root("shared/record/tests/golden").join(format)).unwrap();
    let texts = cases.map(|case| fs::read_to_string(case.unwrap().path().join("records.ndjson")));
    let texts: Vec<String> = texts.map(Result::unwrap).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    lines.map(str::to_owned).collect()
}

fn generated(format: &dyn Format) -> Vec<String> {
    let alerts = Alerts::generate(&GenerateOptions {
        count: 48 * 4,
        seed: 7,
        from: "2026-02-03T00:00:00Z".parse().unwrap(),
        to: "2026-02-04T00:00:00Z".parse().unwrap(),
    });
    let mut records = Vec::new();
    for text in alerts.texts() {
        let alert = Alert::decode(std::str::from_utf8(text).unwrap()).unwrap();
        let drafts = format.drafts(&alert);
        records.extend(drafts.map(|draft| draft.write(0, Change::New).body));
    }
    records
}

#[test]
fn the_records_of_every_json_format_are_valid() {
    let mut wrong = Vec::new();
    let json = formats()
        .iter()
        .filter(|format| format.body() == Body::Json);
    for format in json {
        let name = format.name();
        let mut records = goldens(name);
        assert!(!records.is_empty(), "{name}");
        records.extend(generated(*format));
        for problem in problems(name, &records).concat() {
            wrong.push(format!("{name}: {problem}"));
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A schema is worth nothing if it takes everything.
#[test]
fn a_broken_record_is_refused() {
    // The object, its member, and what is put there; nothing takes it away.
    for (name, object, member, value) in [
        ("siem", "", "More", Some(json!("x"))),
        ("siem", "", "Url", None),
        ("siem", "", "AlertPart", Some(json!("0"))),
        ("native", "", "id", None),
        ("ocsf", "/metadata", "more", Some(json!(1))),
        ("ecs", "/event", "kind", Some(json!(1))),
        ("ecs", "", "more", Some(json!(1))),
    ] {
        let record = generated(format(name).unwrap()).remove(0);
        let mut broken: Value = serde_json::from_str(&record).unwrap();
        assert_eq!(problems(name, &[record]), [[""; 0]]);
        let object = broken.pointer_mut(object).unwrap().as_object_mut().unwrap();
        match value {
            Some(value) => drop(object.insert(member.to_owned(), value)),
            None => assert!(object.remove(member).is_some()),
        }
        let problems = problems(name, &[broken.to_string()]);
        assert!(!problems[0].is_empty(), "{name} takes {broken}");
    }
}
