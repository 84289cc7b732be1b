//! `src/ocsf/fields.tsv` holds what a record is really made from.
//!
//! The goldens say what the objects of an alert may hold. Out of that comes one alert per type of
//! evidence with all of it, and then, for each value of its record, that alert without what the
//! value came from, again and again until it comes from nothing: so every choice is seen.
//! `DRAWBRIDGE_BLESS=1` writes the first three columns anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use drawbridge_alert::Alert;
use drawbridge_record::format;
use serde_json::{Map, Value, json};

const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ocsf/fields.tsv");

/// Objects with the members of others.
const SAME: &[(&str, &str)] = &[
    ("account", "userEvidence"),
    ("blobContainer", "blobContainerEvidence"),
    ("cloudResource", "azureResourceEvidence"),
    ("clusterIP", "ipEvidence"),
    ("containers", "containerEvidence"),
    ("destinationAddress", "ipEvidence"),
    ("dnsServerIp", "ipEvidence"),
    ("fileHashes", "fileHashEvidence"),
    ("files", "fileEvidence"),
    ("host", "deviceEvidence"),
    ("hostIpAddress", "ipEvidence"),
    ("image", "containerImageEvidence"),
    ("imageFile", "fileDetails"),
    ("ioTHub", "azureResourceEvidence"),
    ("ipAddress", "ipEvidence"),
    ("namespace", "kubernetesNamespaceEvidence"),
    ("nics", "nicEvidence"),
    ("parentProcessImageFile", "fileDetails"),
    ("podIp", "ipEvidence"),
    ("processes", "processEvidence"),
    ("sourceAddress", "ipEvidence"),
    ("storageResource", "azureResourceEvidence"),
    ("urls", "urlEvidence"),
];

/// Where a value came from that stands for one that Graph did not send.
const NOTHING_SENT: &str = "Graph sent no value for it";

/// From so many types on, a property is one that all have.
const ALL: usize = 15;

type Object = Map<String, Value>;

/// What is known of objects, by what they are.
#[derive(Default)]
struct Shapes(BTreeMap<String, Object>);

impl Shapes {
    /// What an object is: its type, or the member that it is in.
    fn name(member: &str, object: &Object) -> String {
        let kind = object.get("@odata.type").and_then(Value::as_str);
        let kind = kind.and_then(|kind| kind.rsplit('.').next());
        let same = SAME.iter().find(|(name, _)| *name == member);
        let same = same.map_or(member, |(_, same)| same);
        kind.unwrap_or(same).to_owned()
    }

    fn learn(&mut self, member: &str, value: &Value) {
        match value {
            Value::Object(object) => {
                let name = Self::name(member, object);
                for (member, value) in object {
                    self.learn(member, value);
                    let says = !value.is_null() && *value != "" && *value != json!([]);
                    if says && *value != "unknown" {
                        let known = self.0.entry(name.clone()).or_default();
                        known.entry(member).or_insert_with(|| value.clone());
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(member, item)),
            _ => (),
        }
    }

    /// A value with all that is known of its objects.
    fn whole(&self, member: &str, value: &Value, depth: usize) -> Value {
        match value {
            Value::Object(object) if depth < 6 => {
                let name = Self::name(member, object);
                let known = self.0.get(&name).unwrap_or(object).iter();
                let members = known.map(|(member, value)| {
                    let value = self.whole(member, value, depth + 1);
                    (member.clone(), value)
                });
                Value::Object(members.collect())
            }
            Value::Array(items) => {
                let items = items.iter().map(|item| self.whole(member, item, depth));
                Value::Array(items.collect())
            }
            value => value.clone(),
        }
    }
}

/// The alerts of the goldens, but for those that are there to do harm.
fn goldens() -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files = Vec::new();
    for format in ["ocsf", "ecs", "siem", "cef"] {
        for case in fs::read_dir(root.join(format)).unwrap() {
            let case = case.unwrap().path();
            let all = fs::read_dir(&case)
                .unwrap()
                .map(|file| file.unwrap().path());
            if !case.ends_with("hostile") {
                files.extend(all.filter(|file| file.extension().is_some_and(|end| end == "json")));
            }
        }
    }
    files.sort();
    let alerts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    alerts
        .filter_map(|json| serde_json::from_str(&json).ok())
        .collect()
}

/// Takes a value out of an alert: `evidence[0].roles[1]`.
fn remove(alert: &mut Value, path: &str) {
    let pointer = path.replace("@odata.type", "@odata_type");
    let pointer = pointer.replace(['.', '['], "/").replace(']', "");
    let pointer = format!("/{}", pointer.replace("@odata_type", "@odata.type"));
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match alert.pointer_mut(parent) {
        Some(Value::Object(object)) => drop(object.remove(last)),
        Some(Value::Array(items)) => items[last.parse::<usize>().unwrap()] = Value::Null,
        _ => (),
    }
}

/// A path with `[]` for any place in a list.
fn plain(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |plain, part| {
        plain + "[" + &part[part.find(']').unwrap()..]
    })
}

/// What a value comes from: types of evidence, and properties of them.
type Sources = BTreeSet<(String, String)>;

/// The type of each path, and what it comes from.
#[derive(Default)]
struct Seen(BTreeMap<String, (&'static str, Sources)>);

impl Seen {
    /// Looks at the record of an alert, and then at what else each of its values may come from.
    fn look(&mut self, alert: &Value, about: &str, known: &mut BTreeSet<(String, String)>) {
        let mut all = self.note(alert);
        all.retain(|path, _| known.insert((about.to_owned(), path.clone())));
        for (path, sources) in all {
            let (mut less, mut sources) = (alert.clone(), Some(sources));
            while let Some(taken) = sources.filter(|sources| !sources.is_empty()) {
                let before = less.clone();
                taken.iter().for_each(|source| remove(&mut less, source));
                assert_ne!(less, before, "{path} does not come from {taken:?}");
                self.look(&less, about, known);
                sources = self.note(&less).remove(&path);
            }
        }
    }

    /// Notes the values of a record; gives the places in the alert that each came from.
    fn note(&mut self, alert: &Value) -> BTreeMap<String, Vec<String>> {
        let json = alert.to_string();
        let Ok(decoded) = Alert::decode(&json) else {
            return BTreeMap::new();
        };
        let record = format("ocsf").unwrap().explain(&decoded).remove(0);
        let keys = record.keys.into_iter().map(|key| {
            let kind = match key.value {
                Value::String(_) => "string",
                Value::Number(_) => "number",
                Value::Bool(_) => "boolean",
                _ => "object",
            };
            let is_own = key.from.starts_with("fixed: ") || key.from == NOTHING_SENT;
            let all = key.from.split(", ").filter(|_| !is_own);
            let sources: Vec<String> = all.map(str::to_owned).collect();
            let named = sources.iter().filter_map(|source| named(alert, source));
            let seen = self
                .0
                .entry(plain(&key.key))
                .or_insert((kind, BTreeSet::new()));
            // Evidence that could not be read is a text.
            assert!(seen.0 == kind || key.key.ends_with(".data"), "{}", key.key);
            seen.1.extend(named);
            (key.key.into_owned(), sources)
        });
        keys.collect()
    }
}

/// The type of evidence and the property at a place in an alert; none of a type that is spelt oddly.
fn named(alert: &Value, source: &str) -> Option<(String, String)> {
    let Some(rest) = source.strip_prefix("evidence[") else {
        return Some((String::new(), plain(source)));
    };
    let (index, property) = rest.split_once(']').unwrap();
    let kind = &alert["evidence"][index.parse::<usize>().unwrap()]["@odata.type"];
    let kind = kind
        .as_str()?
        .rsplit('.')
        .next()?
        .strip_suffix("Evidence")?;
    let is_usual = kind.starts_with(char::is_lowercase);
    is_usual.then(|| (kind.to_owned(), plain(property.trim_start_matches('.'))))
}

/// Sets a member of a value, wherever it is.
fn set(value: &mut Value, member: &str, to: &Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                if name == member {
                    *value = to.clone();
                }
                set(value, member, to);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set(item, member, to)),
        _ => (),
    }
}

/// What a path comes from, in the words of the documentation; what `before` has in its order.
fn in_words(sources: &Sources, before: &str) -> String {
    let of_all = |property: &String| {
        let with = sources
            .iter()
            .filter(|(kind, own)| own == property && !kind.is_empty());
        with.count() >= ALL
    };
    let words = sources.iter().map(|(kind, property)| match kind.as_str() {
        _ if of_all(property) && property.is_empty() => "any evidence".to_owned(),
        _ if of_all(property) => format!("any evidence's `{property}`"),
        "" => format!("`{property}`"),
        kind => format!("{kind} `{property}`"),
    });
    let words: BTreeSet<String> = words.collect();
    let known: Vec<&str> = before
        .split(", ")
        .filter(|word| words.contains(*word))
        .collect();
    let new = words.iter().map(String::as_str);
    let new: Vec<&str> = new.filter(|word| !known.contains(word)).collect();
    [known, new].concat().join(", ")
}

#[test]
fn the_table_holds_what_records_are_made_from() {
    let mut shapes = Shapes::default();
    let goldens = goldens();
    for alert in &goldens {
        shapes.learn("alert", alert);
    }
    let mut seen = Seen::default();
    let mut known = BTreeSet::new();
    let kinds: BTreeMap<&String, &Object> = shapes
        .0
        .iter()
        .filter(|(name, _)| name.ends_with("Evidence"))
        .collect();
    assert!(kinds.len() > 35);
    let mut alert = shapes.0["alert"].clone();
    alert.insert("evidence".into(), json!([]));
    seen.look(&Value::Object(alert), "", &mut known);
    for (name, members) in kinds {
        let piece = shapes.whole(name, &Value::Object(members.clone()), 0);
        let alert = json!({"id": "da1", "evidence": [piece]});
        seen.look(&alert, name, &mut known);
        for (member, value) in [
            ("userSid", json!("S-1-5-18")),
            ("roles", json!(["destination"])),
            ("resourceId", json!("/subscriptions/s/resourceGroups/g")),
        ] {
            let mut other = alert.clone();
            set(&mut other, member, &value);
            if other != alert {
                seen.look(&other, &format!("{name} {member}"), &mut known);
            }
        }
    }
    for alert in &goldens {
        seen.note(alert);
    }

    let before = fs::read_to_string(TABLE).unwrap();
    let rows: Vec<Vec<&str>> = before
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let mut table = String::new();
    for row in &rows {
        if let Some((kind, sources)) = seen.0.remove(row[0]) {
            let from = in_words(&sources, row[2]);
            table += &format!("{}\t{kind}\t{from}\t{}\t{}\n", row[0], row[3], row[4]);
        }
    }
    for (path, (kind, sources)) in seen.0 {
        table += &format!("{path}\t{kind}\t{}\t\t\n", in_words(&sources, ""));
    }
    if std::env::var_os("DRAWBRIDGE_BLESS").is_some() {
        fs::write(TABLE, table).unwrap();
        return;
    }
    assert!(
        before == table,
        "run the tests with DRAWBRIDGE_BLESS=1 to renew {TABLE}"
    );
}
