//! The `ecs` records of the goldens against the table of fields, and the table against ECS itself.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by failing")]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use drawbridge_alert::Alert;
use drawbridge_record::ecs::Ecs;
use drawbridge_record::{Field, FirstReading, Format as _};
use serde_json::{Value, json};

const KEPT: &str = "m365_defender.alert";

/// A file of the published references, which are not part of this repository.
fn reference(path: &str) -> Option<String> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/reference")
        .join(path);
    let text = fs::read_to_string(file).ok();
    if text.is_none() {
        println!("skipped: the references are not here");
    }
    text
}

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
    let mut records = Vec::new();
    Ecs.map(&alert, &mut FirstReading::default(), &mut |record| {
        records.push(serde_json::from_str(&record.body).unwrap());
    });
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
            Some(members) if path != "labels" && !is_kept => {
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
    let fields = Ecs.fields();
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
        let explained = Ecs.explain(&Alert::decode(&alert).unwrap());
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
    let explained = Ecs.explain(&Alert::decode(&alert).unwrap());
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
        "evidence[0].lastExternalIpAddress, evidence[0].lastIpAddress, evidence[7].ipAddress.ipAddress"
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
    assert_eq!(levels(&record), 20);
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
    assert_eq!(kept["customDetails"].as_object().unwrap().len(), 300);
    assert_eq!(record["cloud"]["account"]["id"], "first");
    assert_eq!(kept["tenantId"], json!(["first", "second"]));
    assert_eq!(record["tags"], json!(["a", "b"]));
    assert_eq!(kept["systemTags"], Value::Null);
}

/// What ECS says of a field: its type, and whether it is always an array.
fn ecs_fields(yaml: &str) -> BTreeMap<String, (String, bool)> {
    let mut fields = BTreeMap::new();
    let mut name = String::new();
    let mut is_normalize = false;
    for line in yaml.lines() {
        if let Some(found) = line.strip_prefix("- name: ") {
            name = found.trim_matches('\'').to_owned();
        } else if let Some(kind) = line.strip_prefix("  type: ") {
            fields.insert(name.clone(), (kind.to_owned(), false));
        } else if is_normalize && line == "  - array" {
            fields.get_mut(&name).unwrap().1 = true;
        }
        is_normalize = line == "  normalize:";
    }
    fields
}

#[test]
fn ecs_has_every_field_with_that_type() {
    let Some(yaml) = reference("formats/ecs/fields.yaml") else {
        return;
    };
    let ecs = ecs_fields(&yaml);
    assert!(ecs.len() > 2000 && ecs["host.ip"] == ("ip".to_owned(), true));
    for field in Ecs.fields() {
        if field.name.starts_with(KEPT) {
            continue;
        }
        let (kind, is_array) = split(&field);
        let (ecs_kind, must_be_array) = &ecs[field.name];
        assert_eq!(kind, ecs_kind, "{}", field.name);
        // Elastic's pipeline makes arrays of many more, and Elasticsearch has no other type for one.
        assert!(is_array || !must_be_array, "{} is an array", field.name);
    }
}

/// The allowed values of a categorization field, each with the event types expected with it.
fn allowed(yaml: &str, field: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut allowed = BTreeMap::new();
    let mut types = BTreeSet::new();
    let lines = yaml
        .lines()
        .skip_while(|line| line.trim() != format!("{field}:"));
    for line in lines
        .skip(1)
        .take_while(|line| !line.starts_with("  event."))
    {
        if let Some(expected) = line.strip_prefix("      - ") {
            types.insert(expected.to_owned());
        } else if let Some(name) = line.get(6..).and_then(|line| line.strip_prefix("name: ")) {
            allowed.insert(name.to_owned(), std::mem::take(&mut types));
        }
    }
    allowed
}

#[test]
fn kind_category_and_type_are_as_ecs_allows() {
    let Some(yaml) = reference("formats/ecs/categorization.yaml") else {
        return;
    };
    let kinds = allowed(&yaml, "event.kind");
    let categories = allowed(&yaml, "event.category");
    let types = allowed(&yaml, "event.type");
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
                .any(|category| categories[category].contains(word));
            assert!(types.contains_key(word) && expected, "{word} with {has:?}");
        }
        for category in &has {
            let has_one = of.iter().any(|word| categories[category].contains(word));
            assert!(has_one, "{category} with {of:?}");
        }
    }
}

#[test]
fn every_kind_of_evidence_of_the_schema_is_in_a_golden() {
    let Some(types) = reference("graph/alert-incident.v1.0-Prod.types.json") else {
        return;
    };
    let types: Value = serde_json::from_str(&types).unwrap();
    let of_base = |base: &Value| base["base"] == "microsoft.graph.security.alertEvidence";
    let kinds = types
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, of)| of_base(of));
    let goldens = alerts().concat();
    let mut count = 0;
    for (kind, _) in kinds {
        count += 1;
        assert!(goldens.contains(&format!("\"#{kind}\"")), "{kind}");
    }
    assert_eq!(count, 48);
}

/// What Elastic's pipeline makes of Microsoft's own sample, in the fields that both have.
#[test]
fn microsofts_sample_has_the_values_of_elastics_pipeline() {
    let Some(page) = reference("graph/list-incidents.2026.expand-alerts.response.json") else {
        return;
    };
    let page: Value = serde_json::from_str(&page).unwrap();
    let alert = &page["value"][0]["alerts"][0];
    let leaves = leaves(&record(&alert.to_string()));
    for (path, value) in [
        ("@timestamp", json!("2026-02-25T16:29:33.100Z")),
        (
            "cloud.account.id",
            json!("cfcdbe43-297b-4c6b-ac7e-8d7f6befb514"),
        ),
        ("event.created", json!("2026-01-22T12:09:22.856Z")),
        ("event.start", json!("2026-01-22T12:08:16.140Z")),
        ("event.end", json!("2026-01-22T13:36:33.640Z")),
        ("event.duration", json!(5_297_500_000_000_i64)),
        ("event.kind", json!("alert")),
        (
            "event.category",
            json!(["host", "iam", "network", "process"]),
        ),
        ("event.type", json!(["info"])),
        ("event.action", json!(["detected"])),
        ("event.severity", json!(47)),
        ("event.provider", json!("microsoftDefenderForEndpoint")),
        ("event.url", alert["alertWebUrl"].clone()),
        ("message", alert["description"].clone()),
        (
            "host.id",
            json!(["335b3ef544f5d3690b6c75c776dc3e52bb3485c4"]),
        ),
        ("host.os.name", json!(["Windows11"])),
        ("host.os.version", json!(["25H2"])),
        ("process.command_line", json!(["\"powershell.exe\" "])),
        (
            "process.hash.sha1",
            json!(["eb42621654e02faf2de940442b6deb1a77864e5b"]),
        ),
        ("process.pid", json!([9112, 9420])),
        ("process.parent.pid", json!([5308])),
        (
            "process.start",
            json!(["2026-01-22T12:05:36.246Z", "2026-01-22T13:36:17.809Z"]),
        ),
        ("process.parent.start", json!(["2026-01-22T12:00:07.039Z"])),
        ("process.user.name", json!(["adminlocal"])),
        ("user.domain", json!(["W11PRO-TEST"])),
        ("user.name", json!(["adminlocal"])),
        ("threat.technique.subtechnique.id", json!(["T1546.003"])),
        ("threat.tactic.name", json!(["Persistence"])),
        ("m365_defender.alert.status", json!("new")),
        ("m365_defender.alert.classification", json!("truePositive")),
        ("m365_defender.alert.incident_id", json!("29")),
    ] {
        assert_eq!(leaves.get(path), Some(&value), "{path}");
    }
    let has = |path: &str, value: &str| {
        let values = leaves[path].as_array().unwrap();
        assert!(values.iter().any(|v| v == value), "{path}: {value}");
    };
    has("host.ip", "fe80::8505:87aa:de7a:4c9f");
    has("related.ip", "fe80::8505:87aa:de7a:4c9f");
    has(
        "related.user",
        "S-1-5-21-2144799004-2815524614-4183675894-1001",
    );
    has("related.user", "admin@contoso.com");
    has("related.hosts", "w11pro-test");
    has("related.hash", "eb42621654e02faf2de940442b6deb1a77864e5b");
    let evidence = &leaves["m365_defender.alert.evidence"];
    assert_eq!(
        evidence[0]["rbac_group"],
        json!({"id": "125", "name": "Clients"})
    );
    assert_eq!(evidence[0]["os_build"], "26200");
    let parent = &evidence[4]["parent_process"];
    assert_eq!(parent["image_file"]["name"], "explorer.exe");
    assert_eq!(
        evidence[4]["process"]["creation_datetime"],
        "2026-01-22T13:36:17.809Z"
    );
}
