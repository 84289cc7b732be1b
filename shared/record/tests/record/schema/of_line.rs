//! The description of a format whose records are lines of text: what stands in the header and under
//! which key, out of the table of its fields. No schema language is for such lines, so that this is plain
//! JSON, with the words of JSON Schema for what it has words for.

use drawbridge_alert::Alert;
use drawbridge_record::{Field, Format, records};
use serde_json::{Map, Value, json};

/// How the kind of a header's field begins.
const HEADER: &str = "header field";

/// The description.
pub(crate) fn fields(format: &dyn Format, version: &str) -> Value {
    let name = format.name();
    let fields = format.fields();
    let is_of_header = |field: &&Field| field.kind.starts_with(HEADER);
    let header: Vec<Value> = fields.iter().filter(is_of_header).map(described).collect();
    let keys = fields.iter().filter(|field| !is_of_header(field));
    let line = line(format);
    let begins = line.splitn(5, '|').take(4).map(|field| format!("{field}|"));
    let begins: String = begins.collect();
    json!({
        "$id": format!("urn:drawbridge:fields:{name}:{version}"),
        "title": format!("A record of the format {name}, version {version}"),
        "description": format.about(),
        "begins": begins,
        "separator": if line.contains('\t') { "\t" } else { " " },
        "header": header,
        "keys": keys.map(described).collect::<Vec<_>>(),
    })
}

/// A line: each begins with the version of the format, vendor, product and its version.
fn line(format: &dyn Format) -> String {
    let alert = Alert::decode(r#"{"id": "da1", "title": "T", "severity": "low"}"#).unwrap();
    records(format, &alert).next().unwrap().body
}

/// A field: its type and limit, or the constant that it is, and where it comes from.
fn described(field: &Field) -> Value {
    let (kind, limit) = match field.kind.split_once(", at most ") {
        Some((kind, limit)) => (kind, Some(limit.parse::<u32>().unwrap())),
        None => (field.kind, None),
    };
    let kind = match kind {
        HEADER => "string",
        kind => kind,
    };
    let mut described = Map::from_iter([
        ("name".to_owned(), json!(field.name)),
        ("type".to_owned(), json!(kind)),
    ]);
    if let Some(limit) = limit {
        described.insert("maxLength".to_owned(), json!(limit));
    }
    let texts = if field.from == "constant" {
        described.insert("const".to_owned(), json!(field.rule));
        vec!["the name of the key before it"]
    } else {
        vec![&*field.from, field.rule]
    };
    let texts = texts.into_iter().map(str::trim);
    let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
    if !texts.is_empty() {
        described.insert("description".to_owned(), texts.join(": ").into());
    }
    described.into()
}

#[test]
fn limits_types_and_constants_change_the_digest_and_words_do_not() {
    let cef = drawbridge_record::format("cef").unwrap();
    let one = fields(cef, "1.0");
    assert_eq!(one["begins"], "CEF:0|Microsoft|Microsoft Defender ATP|2.0|");
    assert_eq!(one["separator"], " ");
    assert_eq!(one["header"][1]["maxLength"], 512);
    let leef = fields(drawbridge_record::format("leef").unwrap(), "1.0");
    assert_eq!(leef["separator"], "\t");
    let label = one["keys"].as_array().unwrap().iter();
    let label = label.clone().find(|key| key["name"] == "cs2Label").unwrap();
    assert_eq!(label["const"], "FullId");
    let digest = super::of_format::digest;
    let mut other = one.clone();
    other["keys"][0]["description"] = json!("other words");
    other["$id"] = json!("other");
    assert_eq!(digest(&one), digest(&other));
    for change in [
        |it: &mut Value| it["keys"][3]["maxLength"] = json!(7),
        |it: &mut Value| it["keys"][0]["type"] = json!("string"),
        |it: &mut Value| it["begins"] = json!("CEF:1|"),
        |it: &mut Value| drop(it["keys"].as_array_mut().unwrap().pop()),
    ] {
        let mut changed = one.clone();
        change(&mut changed);
        assert_ne!(digest(&one), digest(&changed));
    }
}
