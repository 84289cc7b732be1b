//! The tables against Graph's published schema, and against themselves: a name has one type.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::super::alert::ALERT;
use super::super::name::{Names, ODATA_TYPE};
use super::super::property::{Holds, Property, Shape};
use super::{Kind, UNKNOWN, kinds};

const SCHEMA: &str = include_str!("../../../../alert/tests/facts/graph.json");

/// What Graph has as a number and Elastic's mapping as a keyword.
const NUMBERS_AS_TEXT: &[&str] = &["appId", "instanceId", "saasAppId", "osBuild", "rbacGroupId"];

/// A type's properties with their types, also those that it inherits.
fn properties(schema: &Value, name: &str) -> BTreeMap<String, String> {
    let of = &schema[name];
    let mut all = match of["base"].as_str() {
        Some(base) => properties(schema, base),
        None => BTreeMap::new(),
    };
    let own = of["properties"].as_object().unwrap();
    all.extend(own.iter().map(|(name, of)| {
        let of = of.as_str().unwrap().trim_end_matches("[]");
        (name.clone(), of.to_owned())
    }));
    assert!(!all.is_empty(), "{name} is not in the schema");
    all
}

/// Whether a property is kept as what Graph has it as.
fn fits(schema: &Value, property: &Property, of: &str, seen: &mut Vec<String>) -> bool {
    match property.holds {
        Holds::Object(inner) => {
            check(schema, inner, of, seen);
            true
        }
        Holds::Evidence("") => of == "alertEvidence",
        Holds::Evidence(kind) => of == format!("{kind}Evidence"),
        Holds::Long => of.starts_with("Int"),
        Holds::Float => of == "Double",
        Holds::Flag => of == "Boolean",
        Holds::Date => of == "DateTimeOffset",
        Holds::Json => of == "dictionary",
        Holds::Ip | Holds::Uri => of == "String",
        Holds::Text => matches!(of, "String" | "Guid") || NUMBERS_AS_TEXT.contains(&property.graph),
    }
}

fn check(schema: &Value, shape: &'static Shape, name: &str, seen: &mut Vec<String>) {
    let known = properties(schema, name);
    for property in shape.properties() {
        // On ip and url evidence too, as alerts have it and the schema does not.
        if [ODATA_TYPE, "mdeDeviceId"].contains(&property.graph) {
            continue;
        }
        // What the ECS fields say in full, and is text where they cannot.
        if property.name.is_empty() {
            assert!(known.contains_key(property.graph), "{}", property.graph);
            continue;
        }
        let of = known.get(property.graph);
        let of = of.unwrap_or_else(|| panic!("{name} has no {}", property.graph));
        seen.push(format!("{name}.{}", property.graph));
        assert!(
            fits(schema, property, of, seen),
            "{name}.{} is a {of}",
            property.graph
        );
    }
    // What the tables do not have is text.
    for (property, of) in &known {
        let is_kept = shape.properties().any(|known| known.graph == property);
        let is_text = matches!(of.as_str(), "String" | "Guid");
        assert!(is_kept || is_text, "{name}.{property} is a {of}");
    }
}

fn schema() -> Value {
    serde_json::from_str::<Value>(SCHEMA).unwrap()["types"].take()
}

#[test]
fn every_property_is_kept_as_what_graph_has_it_as() {
    let schema = schema();
    let mut seen = Vec::new();
    check(&schema, &ALERT, "alert", &mut seen);
    for kind in kinds() {
        for shape in shapes(kind) {
            check(&schema, shape, &format!("{}Evidence", kind.name), &mut seen);
        }
    }
    assert!(seen.len() > 300, "{}", seen.len());
}

fn shapes(kind: &'static Kind) -> impl Iterator<Item = &'static Shape> {
    std::iter::once(&kind.shape).chain(kind.within)
}

/// What the mapping of an index has for a name.
#[derive(Debug, Clone, PartialEq)]
enum Type {
    Text,
    /// Another than text, by its name.
    Of(&'static str),
    /// All evidence is one object to a mapping.
    Evidence,
    Object(BTreeMap<String, Type>),
}

/// The types of evidence of every kind and place, as they come up.
#[derive(Default)]
struct Evidence(BTreeMap<String, Type>);

impl Evidence {
    fn of(&mut self, shape: &'static Shape) -> BTreeMap<String, Type> {
        let mut names = BTreeMap::new();
        for group in shape.groups {
            let grouped = shape.properties().filter(|p| p.group == *group);
            let members = grouped.map(|p| (p.name.to_owned(), self.of_property(p)));
            names.insert((*group).to_owned(), Type::Object(members.collect()));
        }
        for property in shape.properties() {
            if property.group.is_empty() && !property.name.is_empty() {
                names.insert(property.name.to_owned(), self.of_property(property));
            }
        }
        names
    }

    fn of_property(&mut self, property: &Property) -> Type {
        match property.holds {
            Holds::Text | Holds::Json => Type::Text,
            Holds::Long => Type::Of("long"),
            Holds::Float => Type::Of("float"),
            Holds::Flag => Type::Of("boolean"),
            Holds::Date => Type::Of("date"),
            Holds::Ip => Type::Of("ip"),
            Holds::Uri => Type::Of("object"),
            Holds::Evidence(_) => Type::Evidence,
            Holds::Object(shape) if shape.base.is_empty() => Type::Object(self.of(shape)),
            Holds::Object(shape) => {
                self.add(shape);
                Type::Evidence
            }
        }
    }

    fn add(&mut self, shape: &'static Shape) {
        for (name, of) in self.of(shape) {
            self.add_name(name, of);
        }
    }

    fn add_name(&mut self, name: String, of: Type) {
        match self.0.get(&name) {
            Some(known) => assert_eq!(*known, of, "{name}"),
            None => {
                self.0.insert(name, of);
            }
        }
    }
}

#[test]
fn a_name_has_one_type_in_evidence_of_all_kinds() {
    let schema = schema();
    let mut evidence = Evidence::default();
    for kind in kinds() {
        for shape in shapes(kind) {
            evidence.add(shape);
        }
    }
    evidence.add(&UNKNOWN);
    // And what the tables do not have, under the names that it is written under.
    for kind in kinds() {
        let known = properties(&schema, &format!("{}Evidence", kind.name));
        let known: HashSet<&str> = known.keys().map(String::as_str).collect();
        let kept = kind.shape.properties().map(|p| p.graph).collect();
        let mut names = Names::default();
        for other in known.difference(&kept) {
            let name = names.free(
                other,
                |name| super::is_no_text(&kind.shape, name),
                |name| kind.shape.keeps(name),
            );
            assert_eq!(&name, other, "Graph has another type under that name");
            evidence.add_name(name.into_owned(), Type::Text);
        }
    }
    assert!(evidence.0.len() > 200, "{}", evidence.0.len());
    for (name, of) in [
        ("ip_address", Type::Of("ip")),
        ("ip_evidence", Type::Evidence),
        ("urls", Type::Text),
        ("url_evidence", Type::Evidence),
        ("registry", Type::Text),
        ("registry_evidence", Type::Evidence),
        ("app_id", Type::Text),
        ("resource_location", Type::Text),
    ] {
        assert_eq!(evidence.0.get(name), Some(&of), "{name}");
    }
    let is_no_text = |of: &Type| *of != Type::Text;
    for (name, of) in &evidence.0 {
        assert_eq!(
            super::is_no_text(&super::UNKNOWN, name),
            is_no_text(of),
            "{name}"
        );
    }
}
