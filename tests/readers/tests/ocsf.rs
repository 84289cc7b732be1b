//! Validates `ocsf` records with the schema that OCSF publishes.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use drawbridge_alert::Alert;
use drawbridge_readers::run;
use drawbridge_record::{Change, format};
use drawbridge_simulator::{Alerts, GenerateOptions};
use serde_json::{Map, Value, json};

const GOLDENS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/record/tests/golden/ocsf"
);

/// A file of the published references, which are not part of this repository.
fn reference(path: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/reference")
        .join(path);
    if !file.exists() {
        println!("skipped: the references are not here");
    }
    file.exists().then_some(file)
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// The record of an alert.
fn record(alert: &str, change: Change) -> String {
    let alert = Alert::decode(alert).unwrap();
    let drafts = format("ocsf").unwrap().drafts(&alert);
    drafts.map(|draft| draft.write(0, change).body).collect()
}

/// What the validator says of each record.
fn problems(records: &[String]) -> Vec<Vec<String>> {
    let schemas: Vec<PathBuf> = ["all", "core"]
        .iter()
        .filter_map(|kind| {
            reference(&format!(
                "formats/ocsf/detection_finding-1.8.0-{kind}.schema.json"
            ))
        })
        .collect();
    let schemas: Vec<&str> = schemas.iter().map(|file| file.to_str().unwrap()).collect();
    let said = run("ocsf_schema.py", &schemas, &(records.join("\n") + "\n"));
    let said: Vec<Vec<String>> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(said.len(), records.len());
    said
}

fn assert_valid(records: &[String]) {
    assert!(!records.is_empty());
    for (record, problems) in records.iter().zip(problems(records)) {
        assert!(problems.is_empty(), "{problems:#?} in {record}");
    }
}

fn goldens() -> Vec<String> {
    let cases = fs::read_dir(GOLDENS).unwrap();
    let records =
        cases.map(|case| fs::read_to_string(case.unwrap().path().join("records.ndjson")).unwrap());
    let lines: Vec<String> = records.collect();
    lines
        .iter()
        .flat_map(|records| records.lines())
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_golden_records_are_valid() {
    assert_valid(&goldens());
}

/// The models of other libraries take the records, but for faults that `ocsf_models.py` lists.
#[test]
fn the_models_of_others_take_the_golden_records() {
    let records = goldens();
    let said = run("ocsf_models.py", &[], &(records.join("\n") + "\n"));
    let lines: Vec<Vec<Value>> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let (stale, of_records) = lines.split_last().unwrap();
    assert_eq!(of_records.len(), records.len());
    for (record, wrong) in records.iter().zip(of_records) {
        assert!(wrong.is_empty(), "{wrong:#?} in {record}");
    }
    assert!(stale.is_empty(), "these faults are gone: {stale:#?}");
}

/// The evidence types of a record, by their names.
fn types(records: &[String]) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for record in records {
        let record: Value = serde_json::from_str(record).unwrap();
        for evidence in record["evidences"].as_array().into_iter().flatten() {
            types.insert(evidence["name"].as_str().unwrap().to_owned());
        }
    }
    types
}

#[test]
fn generated_alerts_of_all_types_are_valid() {
    let alerts = Alerts::generate(&GenerateOptions {
        count: 4 * 48 * 3,
        seed: 2004,
        from: "2026-02-03T00:00:00Z".parse().unwrap(),
        to: "2026-02-04T00:00:00Z".parse().unwrap(),
    });
    let records: Vec<String> = alerts
        .texts()
        .zip([Change::New, Change::Changed].into_iter().cycle())
        .map(|(alert, change)| record(std::str::from_utf8(alert).unwrap(), change))
        .collect();
    // And one of tomorrow.
    assert_eq!(types(&records).len(), 48 + 1);
    assert_valid(&records);
}

/// A value of a type of Graph's schema, every property filled; `n` varies the members of enums.
fn of_schema(types: &Value, kind: &str, n: usize, depth: usize) -> Value {
    match kind {
        "Edm.String" => return json!("a text"),
        "Edm.DateTimeOffset" => return json!("2026-02-03T04:05:06.7890123Z"),
        "Edm.Guid" => return json!("66666666-6666-4666-8666-666666666666"),
        "Edm.Boolean" => return json!(n.is_multiple_of(2)),
        "Edm.Double" => return json!(52.5),
        "Edm.Int32" | "Edm.Int64" => return json!(n * 30_000),
        _ => {}
    }
    let definition = &types[kind];
    if let Some(members) = definition["members"].as_object() {
        return json!(members.keys().nth(n % members.len()).unwrap());
    }
    let mut object = Map::new();
    let bases = [definition["base"].as_str().unwrap_or_default(), kind];
    for (name, property) in bases
        .iter()
        .filter_map(|base| types[base]["properties"].as_object())
        .flatten()
    {
        let kind = property["type"].as_str().unwrap();
        if depth == 0 && kind.ends_with("Evidence") {
            continue;
        }
        let value = match name.as_str() {
            "ipAddress" if kind == "Edm.String" => {
                json!(["192.0.2.1", "2001:db8::1", "none"][n % 3])
            }
            "macAddress" => json!(["00:1a:2b:3c:4d:5e", "none"][n % 2]),
            name if name.to_lowercase().contains("email") || name.ends_with("PrincipalName") => {
                json!(["a@b.example", "none"][n % 2])
            }
            _ => of_schema(types, kind, n, depth.saturating_sub(1)),
        };
        let value = if property["collection"] == true {
            json!([value, value])
        } else {
            value
        };
        object.insert(name.clone(), value);
    }
    Value::Object(object)
}

#[test]
fn alerts_built_from_graphs_schema_are_valid() {
    let Some(file) = reference("graph/alert-incident.v1.0-Prod.types.json") else {
        return;
    };
    let types_of_graph = read(&file);
    let evidence: Vec<&String> = types_of_graph
        .as_object()
        .unwrap()
        .keys()
        .filter(|name| name.ends_with("Evidence") && !name.ends_with(".alertEvidence"))
        .collect();
    assert_eq!(evidence.len(), 48);
    let mut records = Vec::new();
    for kind in &evidence {
        for n in 0..6 {
            let mut alert = of_schema(&types_of_graph, "microsoft.graph.security.alert", n, 1);
            let mut piece = of_schema(&types_of_graph, kind, n, 2);
            piece["@odata.type"] = json!(format!("#{kind}"));
            alert["id"] = json!("da1");
            alert["evidence"] = json!([piece]);
            records.push(record(&alert.to_string(), Change::New));
        }
    }
    assert_eq!(types(&records).len(), 48);
    assert_valid(&records);
}

#[test]
fn the_official_samples_are_valid() {
    let mut records = Vec::new();
    for (path, alerts) in [
        ("graph/list-alerts_v2.response.json", "/value"),
        (
            "graph/list-incidents.2026.expand-alerts.response.json",
            "/value/0/alerts",
        ),
    ] {
        let Some(file) = reference(path) else { return };
        let page = read(&file);
        for alert in page.pointer(alerts).unwrap().as_array().unwrap() {
            records.push(record(&alert.to_string(), Change::New));
            records.push(record(&alert.to_string(), Change::Changed));
        }
    }
    assert_valid(&records);
}

/// The validator is worth nothing if it takes everything.
#[test]
fn a_broken_record_is_refused() {
    let broken = |pointer: &str, name: &str, value: Value| -> String {
        let golden = Path::new(GOLDENS).join("every_type/records.ndjson");
        let mut record = read(&golden);
        let place = record
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap();
        match value {
            Value::String(word) if word == "absent" => assert!(place.remove(name).is_some()),
            value => {
                assert_ne!(place.get(name), Some(&value));
                place.insert(name.to_owned(), value);
            }
        }
        record.to_string()
    };
    let absent = || json!("absent");
    let records = [
        broken("", "unheard_of", json!(1)),
        broken("", "time", absent()),
        broken("", "time", json!("2026-02-03T04:05:06Z")),
        broken("", "severity_id", json!(7)),
        broken("", "severity", json!("medium")),
        broken("", "activity_id", json!(2)),
        broken("", "comment", Value::Null),
        broken("", "cloud", absent()),
        broken("/metadata", "profiles", json!(["cloud"])),
        broken("/metadata", "extensions", absent()),
        broken("/metadata/product", "name", json!("")),
        broken("/finding_info", "uid", absent()),
        broken("/finding_info/attacks/0", "tactic", absent()),
        broken("/device", "type_id", absent()),
        broken("/device", "ip", json!("localhost")),
        broken("", "evidences", json!([{"name": "x"}])),
        broken("", "evidences", json!([{"file": {"name": "x"}}])),
        broken("", "evidences", json!([{"process": {"name": "x"}}])),
        broken("", "evidences", json!([{"user": {"domain": "x"}}])),
        broken(
            "",
            "evidences",
            json!([{"email": {"from": "x", "subject": "x"}}]),
        ),
        broken(
            "",
            "evidences",
            json!([{"src_endpoint": {"ip": "192.0.2.1", "port": 70_000}}]),
        ),
        r#"{"class_uid":2004,"class_uid":2004}"#.to_owned(),
    ];
    for (record, problems) in records.iter().zip(problems(&records)) {
        assert!(!problems.is_empty(), "taken for valid: {record}");
    }
}
