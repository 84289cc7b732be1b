//! The `ecs` records of the goldens against the table of fields, and the table against ECS itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use drawbridge_alert::Alert;
use drawbridge_record::ecs::{DataStream, Ecs};
use drawbridge_record::{Field, Format as _, records};
use serde_json::{Value, json};

const KEPT: &str = "m365_defender.alert";

const ECS: Ecs = Ecs::new(DataStream::DEFAULT);

/// The alerts of all goldens.
fn alerts() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ecs");
    let mut alerts = Vec::new();
    for case in fs::read_dir(folder).unwrap() {
        for file in fs::read_dir(case.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|end| end == "json") {
                alerts.push(fs::read_to_string(path).unwrap());
            }
        }
    }
    assert!(alerts.len() >= 10);
    alerts
}

fn record(alert: &str) -> Value {
    let alert = Alert::decode(alert).unwrap();
    let mut records: Vec<Value> = records(&ECS, &alert)
        .map(|record| serde_json::from_str(&record.body).unwrap())
        .collect();
    assert_eq!(records.len(), 1);
    records.remove(0)
}

/// Every value that is no object, by its dotted path; below `m365_defender.alert` and `labels`,
/// only the members.
fn leaves(record: &Value) -> BTreeMap<String, Value> {
    fn add(value: &Value, path: String, leaves: &mut BTreeMap<String, Value>) {
        let is_kept = path
            .strip_prefix(KEPT)
            .is_some_and(|rest| rest.contains('.'));
        match value.as_object() {
            Some(members) if path != "labels" && !path.ends_with("geo.location") && !is_kept => {
                for (name, value) in members {
                    let dot = if path.is_empty() { "" } else { "." };
                    add(value, format!("{path}{dot}{name}"), leaves);
                }
            }
            _ => {
                leaves.insert(path, value.clone());
            }
        }
    }
    let mut all = BTreeMap::new();
    add(record, String::new(), &mut all);
    all
}

fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        "keyword" | "wildcard" | "match_only_text" => value.is_string(),
        "date" => is_date(value),
        "long" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "ip" => value.as_str().unwrap().parse::<std::net::IpAddr>().is_ok(),
        "constant_keyword" => value.is_string(),
        "geo_point" => {
            let point = value.as_object().unwrap();
            point.len() == 2 && point["lat"].is_f64() && point["lon"].is_f64()
        }
        "object" => value.as_object().unwrap().values().all(|label| {
            let texts = label
                .as_array()
                .map_or(std::slice::from_ref(label), Vec::as_slice);
            texts.iter().all(Value::is_string)
        }),
        _ => false,
    }
}

fn is_date(value: &Value) -> bool {
    let text = value.as_str().unwrap();
    text.len() == 24 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

#[test]
fn every_value_is_of_a_documented_field_and_of_its_type() {
    let fields = ECS.fields();
    let mut unseen: BTreeSet<&str> = fields
        .iter()
        .map(|field| field.name)
        .filter(|name| !name.starts_with(KEPT))
        .collect();
    for alert in alerts() {
        for (path, value) in leaves(&record(&alert)) {
            if path.starts_with(KEPT) {
                continue;
            }
            let field = fields.iter().find(|field| field.name == path);
            let field = field.unwrap_or_else(|| panic!("{path} is not documented"));
            unseen.remove(field.name);
            let (kind, is_array) = split(field);
            assert_eq!(value.is_array(), is_array, "{path}");
            let values = value
                .as_array()
                .map_or(std::slice::from_ref(&value), Vec::as_slice);
            assert!(!values.is_empty(), "{path}");
            assert!(
                values.iter().all(|value| fits(kind, value)),
                "{path}: {value}"
            );
        }
    }
    assert!(unseen.is_empty(), "no golden has {unseen:?}");
}

fn split(field: &Field) -> (&'static str, bool) {
    match field.kind.split_once(' ') {
        Some((kind, "array")) => (kind, true),
        _ => (field.kind, false),
    }
}

#[test]
fn nothing_is_null_or_empty() {
    fn check(value: &Value) {
        match value {
            Value::Null => panic!("a null"),
            Value::String(text) => assert!(!text.is_empty() && !text.starts_with("0001-01-01")),
            Value::Array(items) => {
                assert!(!items.is_empty());
                items.iter().for_each(check);
            }
            Value::Object(members) => {
                assert!(!members.is_empty());
                members.values().for_each(check);
            }
            _ => {}
        }
    }
    for alert in alerts() {
        check(&record(&alert));
    }
}

#[test]
fn what_is_explained_is_what_is_written() {
    for alert in alerts() {
        let explained = ECS.explain(&Alert::decode(&alert).unwrap());
        let keys = explained.into_iter().flat_map(|record| record.keys);
        let explained: BTreeMap<String, Value> = keys
            .map(|key| {
                assert!(!key.from.is_empty(), "{}", key.key);
                (key.key.into_owned(), key.value)
            })
            .collect();
        assert_eq!(explained, leaves(&record(&alert)));
    }
}

#[test]
fn a_source_is_a_path_in_the_alert() {
    let alert = alerts()
        .into_iter()
        .find(|alert| alert.contains("da00000001_1"))
        .unwrap();
    let explained = ECS.explain(&Alert::decode(&alert).unwrap());
    let from = |path: &str| {
        let key = explained[0].keys.iter().find(|key| key.key == path);
        key.unwrap().from.clone()
    };
    assert_eq!(from("host.os.version"), "evidence[0].version");
    assert_eq!(
        from("process.parent.name"),
        "evidence[1].parentProcessImageFile.fileName"
    );
    assert_eq!(
        from("process.executable"),
        "evidence[1].imageFile.filePath, evidence[1].imageFile.fileName"
    );
    assert_eq!(
        from("event.type"),
        "evidence[4].@odata.type, evidence[2].@odata.type"
    );
    assert_eq!(
        from("related.ip"),
        "evidence[0].ipInterfaces, evidence[0].lastExternalIpAddress, evidence[0].resourceAccessEvents[0].ipAddress"
    );
    assert_eq!(from("m365_defender.alert.incident_id"), "incidentId");
}

#[test]
fn no_object_is_deeper_than_an_index_takes() {
    fn levels(value: &Value) -> usize {
        match value {
            Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or(0),
            Value::Array(items) => items.iter().map(levels).max().unwrap_or(0),
            _ => 0,
        }
    }
    let deep = format!(r#"{}"the end"{}"#, r#"{"a":"#.repeat(40), "}".repeat(40));
    let alert = format!(r#"{{"id":"da1","new":{deep},"evidence":[{{"new":{deep}}}]}}"#);
    let record = record(&alert);
    assert!(levels(&record) <= 20);
    assert_eq!(record.to_string().matches("the end").count(), 2);
}

#[test]
fn what_a_field_has_no_room_for_is_kept() {
    let many = |n: usize| (0..n).map(|n| format!("https://host-{n}.example/"));
    let labels: serde_json::Map<String, Value> = many(300).map(|url| (url, json!("x"))).collect();
    let alert = json!({"id": "da1", "tenantId": ["first", "second"], "systemTags": ["a", "a", "b"],
        "customDetails": labels, "evidence": [
            {"@odata.type": "#microsoft.graph.security.analyzedMessageEvidence",
             "urls": many(300).collect::<Vec<_>>()}]});
    let record = record(&alert.to_string());
    let kept = &record["m365_defender"]["alert"];
    assert_eq!(record["url"]["full"].as_array().unwrap().len(), 256);
    assert_eq!(kept["evidence"][0]["urls"].as_array().unwrap().len(), 300);
    assert_eq!(record["labels"].as_object().unwrap().len(), 256);
    let details: Value = serde_json::from_str(kept["customDetails"].as_str().unwrap()).unwrap();
    assert_eq!(details.as_object().unwrap().len(), 300);
    assert_eq!(record["cloud"]["account"]["id"], "first");
    assert_eq!(kept["tenant_id"], json!(["first", "second"]));
    assert_eq!(record["tags"], json!(["a", "b"]));
    assert_eq!(kept["systemTags"], Value::Null);
}

/// The lines of a file of facts.
fn facts(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|line| !line.starts_with('#'))
}

#[test]
fn ecs_has_every_field_with_that_type() {
    let lines = facts(include_str!("../ecs_facts/ecs-fields.txt"));
    let ecs: BTreeMap<&str, Vec<&str>> = lines
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap(), words.collect())
        })
        .collect();
    let fields = ECS.fields();
    let fields = fields.iter().filter(|field| !field.name.starts_with(KEPT));
    let mut count = 0;
    for field in fields {
        count += 1;
        let (kind, is_array) = split(field);
        let known = &ecs[field.name];
        assert_eq!(kind, known[0], "{}", field.name);
        // Elastic's pipeline makes arrays of many more, and Elasticsearch has no other type for one.
        assert!(is_array || known.len() == 1, "{} is an array", field.name);
    }
    assert_eq!(count, ecs.len());
}

/// The allowed values of a categorization field, each with the event types expected with it.
fn allowed(field: &str) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let lines = facts(include_str!("../ecs_facts/ecs-categories.txt"));
    let of_field = lines.filter_map(|line| line.strip_prefix(field)?.strip_prefix(' '));
    let values = of_field.map(|line| match line.split_once(": ") {
        Some((name, types)) => (name, types.split(", ").collect()),
        None => (line, BTreeSet::new()),
    });
    values.collect()
}

#[test]
fn kind_category_and_type_are_as_ecs_allows() {
    let kinds = allowed("event.kind");
    let categories = allowed("event.category");
    let types = allowed("event.type");
    assert!(kinds.contains_key("alert") && types.contains_key("indicator"));
    assert!(categories["registry"].contains("access") && !categories["registry"].contains("info"));
    let determinations = ["apt", "malware", "phishing", "maliciousUserActivity"]
        .map(|word| json!({"id": "da1", "determination": word, "evidence": []}).to_string());
    for alert in alerts().into_iter().chain(determinations) {
        let event = record(&alert)["event"].clone();
        assert!(kinds.contains_key(event["kind"].as_str().unwrap()));
        let words = |name: &str| -> Vec<String> {
            let words = event[name].as_array().into_iter().flatten();
            words
                .map(|word| word.as_str().unwrap().to_owned())
                .collect()
        };
        let (has, of) = (words("category"), words("type"));
        for word in &of {
            let expected = has
                .iter()
                .any(|category| categories[category.as_str()].contains(word.as_str()));
            assert!(
                types.contains_key(word.as_str()) && expected,
                "{word} with {has:?}"
            );
        }
        for category in &has {
            let expected = &categories[category.as_str()];
            let has_one = of.iter().any(|word| expected.contains(word.as_str()));
            assert!(has_one, "{category} with {of:?}");
        }
    }
}

#[test]
fn every_kind_of_evidence_of_the_schema_is_in_a_golden() {
    let file: Value =
        serde_json::from_str(include_str!("../../../alert/tests/facts/graph.json")).unwrap();
    let types = file["types"].as_object().unwrap().iter();
    let kinds = types.filter(|(_, of)| of["base"] == "alertEvidence");
    let goldens = alerts().concat();
    let mut count = 0;
    for (kind, _) in kinds {
        count += 1;
        let named = format!("\"#microsoft.graph.security.{kind}\"");
        assert!(goldens.contains(&named), "{kind}");
    }
    assert_eq!(count, 48);
}
