//! The tables against Graph's published schema, which is not part of this repository.

use std::path::Path;

use serde_json::{Map, Value};

use super::super::alert::ALERT;
use super::super::convert::ODATA_TYPE;
use super::super::property::{Holds, Shape};
use super::kinds;

const GRAPH: &str = "microsoft.graph.security.";

/// A type's own properties and those that it inherits.
fn properties(schema: &Value, name: &str) -> Map<String, Value> {
    let of = &schema[name];
    let mut all = match of["base"].as_str() {
        Some(base) => properties(schema, base),
        None => Map::new(),
    };
    all.extend(of["properties"].as_object().cloned().unwrap_or_default());
    all
}

fn check(schema: &Value, shape: &'static Shape, name: &str) {
    let known = properties(schema, name);
    assert!(!known.is_empty(), "{name} is not in the schema");
    for property in shape.properties() {
        // On ip and url evidence too, as alerts have it and the schema does not.
        if [ODATA_TYPE, "mdeDeviceId"].contains(&property.graph) {
            continue;
        }
        let found = known.get(property.graph);
        let found = found.unwrap_or_else(|| panic!("{name} has no {}", property.graph));
        let of = found["type"].as_str().unwrap_or_default();
        match property.holds {
            Holds::Object(inner) => check(schema, inner, of),
            Holds::Evidence("") => assert_eq!(of, format!("{GRAPH}alertEvidence")),
            Holds::Evidence(kind) => assert_eq!(of, format!("{GRAPH}{kind}Evidence")),
            Holds::Long => assert!(of.starts_with("Edm.Int"), "{name} {}", property.graph),
            Holds::Date => assert_eq!(of, "Edm.DateTimeOffset"),
            Holds::Json => assert_eq!(of, format!("{GRAPH}dictionary")),
            Holds::Any | Holds::Id | Holds::Ip | Holds::Uri => {}
        }
    }
}

#[test]
fn every_property_is_in_the_schema() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/reference/graph/alert-incident.v1.0-Prod.types.json");
    let Ok(text) = std::fs::read_to_string(file) else {
        println!("skipped: the references are not here");
        return;
    };
    let schema = serde_json::from_str(&text).unwrap();
    check(&schema, &ALERT, &format!("{GRAPH}alert"));
    for kind in kinds() {
        check(
            &schema,
            &kind.shape,
            &format!("{GRAPH}{}Evidence", kind.name),
        );
    }
}
