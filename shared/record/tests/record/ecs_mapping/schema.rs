//! Objects made by Graph's schema.

use serde_json::{Map, Value, json};

const SCHEMA: &str = include_str!("../../../../alert/tests/facts/graph.json");

/// The types that an alert is made of.
pub(crate) struct Schema(Value);

impl Schema {
    pub(crate) fn read() -> Self {
        let mut file: Value = serde_json::from_str(SCHEMA).unwrap();
        Self(file["types"].take())
    }

    /// The kinds of evidence.
    pub(crate) fn kinds(&self) -> Vec<String> {
        let types = self.0.as_object().unwrap().iter();
        let kinds = types.filter(|(_, of)| of["base"] == "alertEvidence");
        kinds.map(|(name, _)| name.clone()).collect()
    }

    /// A type's properties with their types, also those that it inherits.
    pub(crate) fn properties(&self, name: &str) -> Vec<(String, String)> {
        let of = &self.0[name];
        let mut all = match of["base"].as_str() {
            Some(base) => self.properties(base),
            None => Vec::new(),
        };
        let own = of["properties"].as_object().unwrap().iter();
        all.extend(own.map(|(name, of)| (name.clone(), of.as_str().unwrap().to_owned())));
        all
    }

    /// An object with every property that the type has, as deep as that.
    pub(crate) fn object(&self, name: &str, depth: usize) -> Value {
        let mut object = self.named(name);
        for (property, of) in self.properties(name) {
            let value = match of.strip_suffix("[]") {
                Some(of) => self.value(of, depth).map(|value| json!([value, value])),
                None => self.value(&of, depth),
            };
            if let Some(value) = value {
                object.insert(property, value);
            }
        }
        object.into()
    }

    /// An object of that type whose every property has that value; the value where it is none.
    pub(crate) fn object_of(&self, of: &str, value: &Value) -> Value {
        let of = match of.trim_end_matches("[]") {
            "alertEvidence" => "deviceEvidence",
            of => of,
        };
        if !self.0[of].is_object() {
            return value.clone();
        }
        let mut object = self.named(of);
        for (property, _) in self.properties(of) {
            object.insert(property, value.clone());
        }
        object.into()
    }

    /// An object with no more than the name of its type, where it is evidence.
    pub(crate) fn named(&self, name: &str) -> Map<String, Value> {
        let mut object = Map::new();
        if self.0[name]["base"] == "alertEvidence" {
            let odata_type = format!("#microsoft.graph.security.{name}");
            object.insert("@odata.type".to_owned(), odata_type.into());
        }
        object
    }

    fn value(&self, of: &str, depth: usize) -> Option<Value> {
        Some(match of {
            "String" | "Guid" => json!("some text"),
            "Boolean" => json!(true),
            "Int32" | "Int64" => json!(4711),
            "Double" => json!(12.5),
            "DateTimeOffset" => json!("2026-09-01T10:00:00.1234567Z"),
            _ if depth == 0 => return None,
            "dictionary" => json!({"key": "value", "other.key": 1}),
            "alertEvidence" => self.object("kubernetesClusterEvidence", depth - 1),
            of => self.object(of, depth - 1),
        })
    }
}
