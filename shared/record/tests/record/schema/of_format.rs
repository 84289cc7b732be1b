//! The JSON Schema of a format's records, out of the table of its fields.

use drawbridge_record::{Field, Format};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// The schema, in the dialect of 2020-12.
pub(crate) fn schema(format: &dyn Format, version: &str) -> Value {
    let name = format.name();
    let fields = format.fields();
    let mut root = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("urn:drawbridge:schema:{name}:{version}"),
        "title": format!("A record of the format {name}, version {version}"),
        "description": format.about(),
        "type": "object",
    });
    // Alerts of Graph as they are: what they hold is Graph's to say.
    if name == "native" {
        root["required"] = json!(["id"]);
        root["properties"] = json!({"id": {"type": "string", "minLength": 1}});
        return root;
    }
    for field in &fields {
        let path: Vec<&str> = field.name.split('.').collect();
        place(&mut root, &path, field);
    }
    // The only format of which each key is always there.
    if name == "siem" {
        let names = fields.iter().map(|field| field.name);
        root["required"] = names.collect();
    }
    root
}

/// Puts a field where its path leads to, and makes the objects on the way.
fn place(object: &mut Value, path: &[&str], field: &Field) {
    let [name, rest @ ..] = path else { return };
    if object.get("additionalProperties").is_none() {
        object["additionalProperties"] = json!(false);
    }
    if *name == "*" {
        object["additionalProperties"] = leaf(field);
        return;
    }
    let (name, is_list) = match name.strip_suffix("[]") {
        Some(name) => (name, true),
        None => (*name, false),
    };
    let properties = object
        .as_object_mut()
        .unwrap()
        .entry("properties")
        .or_insert_with(|| Map::new().into());
    let properties = properties.as_object_mut().unwrap();
    if rest.is_empty() {
        let value = match is_list {
            true => list(&leaf(field)),
            false => leaf(field),
        };
        properties.insert(name.to_owned(), value);
        return;
    }
    let inner = properties.entry(name).or_insert_with(|| match is_list {
        true => list(&json!({"type": "object"})),
        false => json!({"type": "object"}),
    });
    // An object whose own line stands before those of its members, as a list or by itself.
    match inner.get_mut("items") {
        Some(items) => place(items, rest, field),
        None => place(inner, rest, field),
    }
}

fn list(items: &Value) -> Value {
    json!({"type": "array", "items": items})
}

/// What a field holds, and where it comes from.
fn leaf(field: &Field) -> Value {
    let mut leaf = match field.kind.strip_suffix(" array") {
        Some(kind) => list(&of_kind(kind)),
        None => of_kind(field.kind),
    };
    let texts = [&*field.from, field.rule].map(str::trim);
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    if !texts.is_empty() {
        leaf["description"] = texts.join(": ").into();
    }
    leaf
}

fn of_kind(kind: &str) -> Value {
    match kind {
        "string" => json!({"type": "string"}),
        // JSON has one type for all of them, and an index of Elasticsearch, which a reader has to make anew
        // for another, does not.
        "keyword" | "constant_keyword" | "wildcard" | "match_only_text" | "ip" => {
            json!({"type": "string", "x-ecs-type": kind})
        }
        "date" => json!({"type": "string", "format": "date-time"}),
        "number" => json!({"type": "number"}),
        "long" => json!({"type": "integer"}),
        "boolean" => json!({"type": "boolean"}),
        "boolean or null" => json!({"type": ["boolean", "null"]}),
        // Elasticsearch takes a list for every field: these are lists where Graph's are.
        "text" => json!({"type": ["string", "array"], "items": {"type": "string"}}),
        "object" => json!({"type": "object"}),
        "geo_point" => json!({
            "type": "object",
            "properties": {"lat": {"type": "number"}, "lon": {"type": "number"}},
            "required": ["lat", "lon"],
        }),
        "as the name says" => json!({}),
        kind => panic!("what is {kind}?"),
    }
}

/// SHA-256 of a schema without its words and its version: of what a reader can rely on.
pub(crate) fn digest(schema: &Value) -> String {
    let mut schema = schema.clone();
    if let Some(root) = schema.as_object_mut() {
        for name in ["$id", "title"] {
            root.remove(name);
        }
    }
    without_words(&mut schema);
    hex::encode(Sha256::digest(schema.to_string()))
}

fn without_words(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            // A property of this name is an object.
            members.retain(|name, value| name != "description" || !value.is_string());
            members.values_mut().for_each(without_words);
        }
        Value::Array(values) => values.iter_mut().for_each(without_words),
        _ => {}
    }
}

#[test]
fn words_change_no_digest_and_fields_do() {
    let siem = drawbridge_record::format("siem").unwrap();
    let one = schema(siem, "1.0");
    let mut other = one.clone();
    other["description"] = json!("other words");
    other["$id"] = json!("other");
    other["properties"]["AlertId"]["description"] = json!("other words");
    assert_eq!(digest(&one), digest(&other));
    for change in [
        |schema: &mut Value| schema["properties"]["AlertId"]["type"] = json!("number"),
        |schema: &mut Value| schema["properties"]["More"] = json!({"type": "string"}),
        |schema: &mut Value| drop(schema["properties"].as_object_mut().unwrap().remove("Url")),
        |schema: &mut Value| schema["properties"]["description"] = json!({"type": "string"}),
    ] {
        let mut changed = one.clone();
        change(&mut changed);
        assert_ne!(digest(&one), digest(&changed));
    }
}

/// JSON Schema has no word for it, and a mapping of Elasticsearch cannot change.
#[test]
fn another_type_of_ecs_changes_the_digest() {
    let schema_of = |kind| {
        let mut root = json!({"type": "object"});
        let field = Field {
            name: "host.ip",
            kind,
            from: "`ipInterfaces`".into(),
            rule: "",
        };
        place(&mut root, &["host", "ip"], &field);
        root
    };
    let kinds = [
        "keyword",
        "constant_keyword",
        "wildcard",
        "match_only_text",
        "ip",
        "date",
        "string",
    ];
    let mut digests: Vec<String> = kinds.iter().map(|kind| digest(&schema_of(kind))).collect();
    let arrays = ["keyword array", "ip array"];
    digests.extend(arrays.iter().map(|kind| digest(&schema_of(kind))));
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), kinds.len() + arrays.len());
}
