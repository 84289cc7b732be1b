//! Validates `ocsf` records with the schema that OCSF publishes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use drawbridge_alert::Alert;
use drawbridge_readers::run;
use drawbridge_record::{Change, format};
use drawbridge_simulator::{Alerts, GenerateOptions};
use serde_json::{Map, Value, json};

const GOLDENS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../shared/record/tests/golden/ocsf"
);

/// Graph's types as it publishes them.
const GRAPH: &str = include_str!("../../../../shared/alert/tests/facts/graph.json");

/// The record of an alert.
fn record(alert: &str, change: Change) -> String {
    let alert = Alert::decode(alert).unwrap();
    let drafts = format("ocsf").unwrap().drafts(&alert);
    drafts.map(|draft| draft.write(0, change).body).collect()
}

/// What the validator says of each record.
fn problems(records: &[String]) -> Vec<Vec<String>> {
    let said = run("ocsf_schema.py", &[], &(records.join("\n") + "\n"));
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

/// Graph's types, and the members of its enumerations.
struct Graph {
    types: Value,
    members: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn read() -> Self {
        let mut facts: Value = serde_json::from_str(GRAPH).unwrap();
        let enumerations = facts["enumerations"].as_object().unwrap().values();
        let members = enumerations
            .flat_map(|enumeration| {
                let members = texts(&enumeration["members"]);
                let of = texts(&enumeration["of"]);
                of.into_iter()
                    .map(move |property| (property, members.clone()))
            })
            .collect();
        let types = facts["types"].take();
        Self { types, members }
    }

    fn evidence(&self) -> Vec<&String> {
        let types = self.types.as_object().unwrap().iter();
        let evidence = types.filter(|(_, of)| of["base"] == "alertEvidence");
        evidence.map(|(name, _)| name).collect()
    }

    /// An object of a type, every property filled; `n` varies the members of enumerations.
    fn object(&self, kind: &str, n: usize, depth: usize) -> Value {
        let definition = &self.types[kind];
        let bases = [definition["base"].as_str().unwrap_or_default(), kind];
        let mut object = Map::new();
        for base in bases {
            let Some(properties) = self.types[base]["properties"].as_object() else {
                continue;
            };
            for (name, of) in properties {
                let of = of.as_str().unwrap();
                let (of, is_many) = match of.strip_suffix("[]") {
                    Some(of) => (of, true),
                    None => (of, false),
                };
                if depth == 0 && of.ends_with("Evidence") {
                    continue;
                }
                let value = match self.members.get(&format!("{base}.{name}")) {
                    Some(members) => json!(members[n % members.len()]),
                    None => self.value(name, of, n, depth.saturating_sub(1)),
                };
                let value = if is_many {
                    json!([value, value])
                } else {
                    value
                };
                object.insert(name.clone(), value);
            }
        }
        Value::Object(object)
    }

    fn value(&self, name: &str, of: &str, n: usize, depth: usize) -> Value {
        match of {
            "String" if name == "ipAddress" => json!(["192.0.2.1", "2001:db8::1", "none"][n % 3]),
            "String" if name == "macAddress" => json!(["00:1a:2b:3c:4d:5e", "none"][n % 2]),
            "String"
                if name.to_lowercase().contains("email") || name.ends_with("PrincipalName") =>
            {
                json!(["a@b.example", "none"][n % 2])
            }
            "String" => json!("a text"),
            "DateTimeOffset" => json!("2026-02-03T04:05:06.7890123Z"),
            "Guid" => json!("66666666-6666-4666-8666-666666666666"),
            "Boolean" => json!(n.is_multiple_of(2)),
            "Double" => json!(52.5),
            "Int32" | "Int64" => json!(n * 30_000),
            of => self.object(of, n, depth),
        }
    }
}

fn texts(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn alerts_built_from_graphs_schema_are_valid() {
    let graph = Graph::read();
    let evidence = graph.evidence();
    assert_eq!(evidence.len(), 48);
    let mut records = Vec::new();
    for kind in evidence {
        for _ in 0..6 {
            let n = records.len();
            let mut alert = graph.object("alert", n, 1);
            let mut piece = graph.object(kind, n, 2);
            piece["@odata.type"] = json!(format!("#microsoft.graph.security.{kind}"));
            alert["id"] = json!("da1");
            alert["evidence"] = json!([piece]);
            records.push(record(&alert.to_string(), Change::New));
        }
    }
    assert_eq!(types(&records).len(), 48);
    assert_valid(&records);
}

/// The validator is worth nothing if it takes everything.
#[test]
fn a_broken_record_is_refused() {
    let broken = |pointer: &str, name: &str, value: Value| -> String {
        let golden = Path::new(GOLDENS).join("every_type/records.ndjson");
        let golden = fs::read_to_string(golden).unwrap();
        let mut record: Value = serde_json::from_str(&golden).unwrap();
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
